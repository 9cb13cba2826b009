//! Only public values are shown: a value in a place for another type, another name, or no such text is not.

use crate::support::files;
use std::fs;
use std::path::Path;
use std::process::Command;

fn run(folder: &Path, line: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let ended = command.args(line.split(' ')).current_dir(folder).output().unwrap();
    [ended.stdout, ended.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat()
}

/// The referenced example in the folder `in`, with a file changed.
fn referenced(file: &str, change: impl Fn(String) -> String) -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    files::copy(Path::new("examples/referenced"), &temp.path().join("in"));
    let path = temp.path().join("in").join(file);
    let text = fs::read_to_string(&path).unwrap_or_default();
    fs::write(path, change(text)).unwrap();
    temp
}

#[test]
fn of_the_render_config_only_what_is_declared_and_of_its_type_is_shown() {
    for more in [
        "  pasword: hunter2",
        "  paused: {a: hunter2}",
        "  fips: hunter2",
        "  diagnostics: {hostname: {level: hunter2}}",
        "  diagnostics: {feature-flag: {level: hunter2}}",
        "  knownFields: [hunter2]",
        "  knownFields: [{MY: hunter2}]",
        "  objectStorage: {bucket: {host: hunter2@example.com}}",
        "  objectStorage: {bucket: {secretKey: hunter2}}",
        "  rerun: 'password=hunter2'",
        "  access: {type: service, annotations: {example.com/a: Basic dXNlcjpodW50ZXIy}}",
    ] {
        let temp = referenced("render-config.yaml", |text| {
            let name = more.trim().split(':').next().unwrap();
            assert!(!text.contains(&format!("\n  {name}:")) || name == "objectStorage" || name == "access", "{name}");
            text.replace(&format!("\n  {name}:"), "\n  unknown:").trim_end().to_owned() + "\n" + more + "\n"
        });
        for format in ["text", "json"] {
            let shown = run(temp.path(), &format!("show render-config in --format {format}"));
            assert!(shown.contains("spec.release") && shown.contains("3.5"), "{more}: {shown}");
            assert!(shown.contains("********"), "{more}: {shown}");
            assert!(!shown.contains("hunter2") && !shown.contains("dXNlcjpodW50ZXIy"), "{more}: {shown}");
        }
    }
}

#[test]
fn a_config_shows_no_more_than_is_published() {
    for more in [
        "BUILDLOGS_REDIS: {host: hunter2@redis.example.com}",
        "MAIL_SERVER: hunter2@smtp.example.com",
        "BUILDMAN_HOSTNAME: hunter2@h.example.com",
        "BRANDING: {logo: hunter2@h}",
        "REGISTRY_TITLE: password=hunter2",
        "REGISTRY_TITLE: 'Passwort: hunter2'",
        "REGISTRY_TITLE: 'Registre (mot de passe : hunter2)'",
        "CONTACT_INFO: ['hasło=hunter2']",
        "REGISTRY_TITLE: \"a\\npassword: |\\n  hunter2\"",
        "REGISTRY_TITLE_SHORT: 'Authorization: Bearer hunter2'",
        "AVATAR_KIND: [hunter2]",
    ] {
        let change = |text: String| {
            let name = more.split(':').next().unwrap();
            let kept: String =
                text.lines().filter(|line| !line.starts_with(name)).map(|line| line.to_owned() + "\n").collect();
            kept + more + "\n"
        };
        let temp = referenced("config-bundle/config.yaml", change);
        files::copy(Path::new("examples/referenced"), &temp.path().join("before"));
        for line in [
            "show config in",
            "show config in --format json",
            "diff before in",
            "diff in before",
            "diff before in --format json",
            "build in --stdout",
        ] {
            let shown = run(temp.path(), line);
            assert!(!shown.contains("hunter2"), "{line}: {more}: {shown}");
        }
    }
}

#[test]
fn what_speaks_of_no_secret_stays_public() {
    for title in
        ["Registry für alle", "Registre : équipe plateforme", "Passwort vergessen? Zimmer 4", "平台组：镜像仓库"]
    {
        let temp = referenced("config-bundle/config.yaml", |text| format!("{text}\nREGISTRY_TITLE_SHORT: '{title}'\n"));
        let built = run(temp.path(), "build in --stdout");
        let is_shown = |line: &str| line.contains("REGISTRY_TITLE_SHORT: ") && line.contains(title);
        assert!(built.lines().any(is_shown), "{title}: {built}");
    }
}

#[test]
fn a_file_for_everybody_is_one_by_its_content() {
    let robots = "# for all\nUser-agent: *\nDisallow: /v2/\n\nSitemap: https://h.example.com/map.xml\n";
    for (file, content, is_public) in [
        ("robots.txt", robots.as_bytes(), true),
        ("robots.txt", b"User-agent: *\r\nAllow: /\r\n", true),
        ("robots.txt", b"hunter2marker\n", false),
        ("robots.txt", b"User-agent: *\npassword: hunter2marker\n", false),
        ("robots.txt", b"# token=hunter2marker\n", false),
        ("robots.txt", b"Sitemap: https://hunter2marker@h.example.com/\n", false),
        ("favicon.ico", b"\x00\x00\x01\x00 icon", true),
        ("favicon.ico", b"\x89PNG\r\n\x1a\n icon", true),
        ("favicon.ico", b"GIF89a icon", true),
        ("favicon.ico", b"\xff\xd8\xff icon", true),
        ("favicon.ico", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>", true),
        ("favicon.ico", b"<svg><!-- password=hunter2marker --></svg>", false),
        ("favicon.ico", b"hunter2marker", false),
    ] {
        let temp = referenced("keep", |_| String::new());
        fs::remove_file(temp.path().join("in/keep")).unwrap();
        fs::write(temp.path().join("in/config-bundle").join(file), content).unwrap();
        let cluster_secrets = run(temp.path(), "show secrets in");
        let case = String::from_utf8_lossy(content);
        assert_eq!(!cluster_secrets.contains(file), is_public, "{file}: {case}: {cluster_secrets}");
        let built = run(temp.path(), "build in --stdout");
        assert!(built.contains("kind: Deployment"), "{file}: {case}: {built}");
        assert!(!built.contains("hunter2marker"), "{file}: {case}");
        assert!(!built.contains("aHVudGVyMm1hcmtlc"), "{file}: {case}");
    }
}

#[test]
fn a_version_that_is_none_is_not_shown() {
    for (version, is_shown) in [("3.5.0", true), ("v3.4.2", true), ("3.5.0-hunter2 x", false), ("hunter2", false)] {
        let status = format!("status: {{currentVersion: \"{version}\"}}\n");
        let temp = referenced("quayregistry.yaml", |text| text.trim_end().to_owned() + "\n" + &status);
        for format in ["text", "json"] {
            let shown = run(temp.path(), &format!("show status in --format {format}"));
            assert_eq!(shown.contains(version), is_shown, "{shown}");
            assert!(!shown.contains("hunter2") && shown.contains("currentVersion"), "{shown}");
        }
    }
}
