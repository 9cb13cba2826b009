//! The program itself: each command with inputs whose secrets are all known.

use super::keys::{SWALLOWED, config};
use super::{MODES, Markers, Said, assert_tight, documents, leaks};
use crate::support::every_field::{self, Maker};
use crate::support::files;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use walkdir::WalkDir;

/// Runs the program in a folder; returns the output of both streams, and its exit code.
pub(super) fn run(folder: &Path, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let ended = command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap();
    let text = [ended.stdout, ended.stderr].map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat();
    (text, ended.status.code())
}

/// Every command that must show no secret, for the input `in`, with the state `before` to compare with.
const COMMANDS: &[&str] = &[
    "validate in",
    "validate in --format json",
    "validate in --format sarif",
    "validate in --format github",
    "validate in/config-bundle",
    "build in --out out",
    "build in --out out --check",
    "diff before in",
    "diff before in --format markdown",
    "diff in before --format json",
    "diff out in",
    "show status in",
    "show status in --live out",
    "show status in --live before --format json",
    "show upgrade in --live out",
    "show registries in",
    "show components in",
    "show config in",
    "show config in --format json",
    "show render-config in",
    "show images in",
    "show images in --format json",
    "show images in --form resolve",
    "show images in --form pinned",
    "show images in --form imageset-v1alpha2",
    "show images in --form imageset-v2alpha1",
    "show images in --form skopeo-sync",
    "show images in --form oc-image-mirror",
    "show images in --form crane",
    "show images in --form icsp",
    "show images in --form idms",
    "show images in --form itms",
    "show images in --form registries-conf",
    "show clair-config in",
    "show clair-config in --format json",
    "show delete in",
    "show delete in --format json",
    "show secrets in",
    "show secrets in --format json",
    "show secrets in --make",
    "show access in",
    "show rights in",
    "show backup in",
    "show restore in",
    "show restore in --manifest",
    "show restore in --database clair --backup list --manifest",
    "show settings in",
    "show resources in",
    "show resources in --format json",
    "releases diff 3.5 3.18 in",
    "releases diff 3.5 3.18 in --format json",
    "upgrade in --to 3.6 --plan",
    "upgrade in --to 3.18 --plan",
];
/// Commands with a test of their own, below or in `made`, and those that read no input.
const OTHERS: &[&str] = &[
    "adopt",
    "argocd",
    "completions",
    "explain",
    "help",
    "init",
    "keys",
    "krm",
    "man",
    "migrate",
    "schema",
    "seal",
    "version",
];
/// Commands that print the objects: with secrets inline, these contain the secrets.
const STREAMS: &[&str] = &["build in --stdout"];

/// Everything that the commands print, and the files that must hold no secret.
pub(super) fn said(folder: &Path, mode: &str) -> Said {
    let mut said: Said =
        COMMANDS.iter().map(|line| ((*line).to_owned(), run(folder, &line.split(' ').collect::<Vec<_>>()).0)).collect();
    if mode != "inline" {
        let stream = |line: &&str| ((*line).to_owned(), run(folder, &line.split(' ').collect::<Vec<_>>()).0);
        said.extend(STREAMS.iter().map(stream));
        said.push(("argocd generate".to_owned(), run(&folder.join("in"), &["argocd", "generate"]).0));
        said.push(("argocd parameters".to_owned(), run(&folder.join("in"), &["argocd", "parameters"]).0));
    }
    for entry in
        WalkDir::new(folder.join("out")).into_iter().filter_map(Result::ok).filter(|it| it.file_type().is_file())
    {
        let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
        if !text.lines().any(|line| line == "kind: Secret") {
            said.push((entry.path().display().to_string(), text));
        }
    }
    said
}

/// Writes an input of this mode to the folder `in`, and its earlier state to the folder `before`.
fn prepare(folder: &Path, mode: &str, config: &str) {
    for (name, config) in [("before", every_field::yaml(&before())), ("in", config.to_owned())] {
        let to = folder.join(name);
        files::copy(Path::new("examples/all-unmanaged"), &to);
        let render_config = to.join("render-config.yaml");
        let text = fs::read_to_string(&render_config).unwrap();
        fs::write(&render_config, text.replace("    mode: inline\n", &secrets(mode))).unwrap();
        fs::write(to.join("config-bundle/config.yaml"), config).unwrap();
        for (name, bytes) in every_field::files() {
            fs::write(to.join("config-bundle").join(name), bytes).unwrap();
        }
    }
}

fn secrets(mode: &str) -> String {
    let more = match mode {
        "external" => "    external: {store: {name: vault}}\n".to_owned(),
        "sealed" => {
            let text = fs::read_to_string("examples/sealed/render-config.yaml").unwrap();
            text.split_once("    sealed:\n").map(|(_, rest)| format!("    sealed:\n{rest}")).unwrap()
        }
        _ => String::new(),
    };
    format!("    mode: {mode}\n{more}")
}

fn before() -> serde_json::Map<String, serde_json::Value> {
    let mut config = Maker::new(12).every_field();
    config.retain(|name, _| !matches!(name.as_str(), "SECRET_KEY" | "DATABASE_SECRET_KEY"));
    config
}

/// The secrets of an input, in its config.yaml and its keys file.
fn known(maker: &Maker, folder: &Path) -> Markers {
    let keys = fs::read_to_string(folder.join("in/keys.yaml")).unwrap();
    let values =
        keys.lines().filter_map(|line| line.split_once(": ")).map(|(_, value)| value.trim_matches('"').to_owned());
    let bodies =
        keys.split("PRIVATE KEY-----").filter_map(|part| part.lines().nth(1)).map(|line| line.trim().to_owned());
    let values =
        values.chain(bodies).filter(|value| value.len() > 15 && value.chars().all(|c| c.is_ascii_alphanumeric()));
    Markers(maker.secrets.iter().cloned().chain(values).collect())
}

#[test]
fn no_command_shows_a_secret_of_a_registry_that_it_accepts() {
    let mut found = Vec::new();
    for mode in MODES {
        let temp = tempfile::tempdir().unwrap();
        let mut maker = Maker::new(11);
        let mut config = maker.every_field();
        config.retain(|name, _| !matches!(name.as_str(), "SECRET_KEY" | "DATABASE_SECRET_KEY"));
        prepare(temp.path(), mode, &every_field::yaml(&config));
        let markers = known(&maker, temp.path());
        assert!(markers.0.len() > 40, "{}", markers.0.len());
        let mut all = Said::new();
        if mode == "sealed" {
            for input in ["before", "in"] {
                let (text, code) = run(temp.path(), &["seal", input]);
                assert_eq!(code, Some(0), "{text}");
                all.push(("seal".to_owned(), text));
            }
            let sealed = fs::read_to_string(temp.path().join("in/sealed.yaml")).unwrap();
            all.push(("sealed.yaml".to_owned(), sealed));
        }
        all.extend(said(temp.path(), mode));
        let built = all.iter().find(|(what, _)| what == "show config in").unwrap();
        assert!(built.1.contains("registry.example.com") || built.1.contains("SERVER_HOSTNAME"), "{}", built.1);
        assert!(temp.path().join("out/quay-render.lock").is_file(), "{mode}: {}", all[0].1);
        found.extend(found_in(&markers, &all, mode));
    }
    assert_tight(&found);
}

/// Looks for each secret separately, because those of a real registry have no common prefix.
fn found_in(markers: &Markers, said: &Said, case: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (what, text) in said {
        let leaked =
            markers.0.iter().find(|marker| super::forms(marker).iter().any(|form| text.contains(form.as_str())));
        found.extend(leaked.map(|marker| (format!("{case}: {what}"), marker.clone())));
    }
    found
}

#[test]
fn no_command_shows_a_key_that_has_swallowed_a_value() {
    let mut found = Vec::new();
    for (number, entry) in SWALLOWED.iter().enumerate() {
        let mode = MODES[number % MODES.len()];
        let temp = tempfile::tempdir().unwrap();
        let mut markers = Markers::default();
        let config = documents::flow(&config().into(), &mut Vec::new(), &mut |_| Some(entry(&markers.next())));
        prepare(temp.path(), mode, &config);
        for file in ["render-config.yaml", "quayregistry.yaml", "keys.yaml"] {
            let text = fs::read_to_string(temp.path().join("in").join(file)).unwrap();
            let text = text.replace("metadata:\n", &format!("more: {{{}}}\nmetadata:\n", entry(&markers.next())));
            let text = text.replace("spec:\n", &format!("spec:\n  more: {{{}}}\n", entry(&markers.next())));
            fs::write(temp.path().join("in").join(file), text).unwrap();
        }
        let mut all = said(temp.path(), mode);
        for line in ["keys in", "seal in"] {
            all.push((line.to_owned(), run(temp.path(), &line.split(' ').collect::<Vec<_>>()).0));
        }
        assert!(all[0].1.contains("field-name"), "{}", all[0].1);
        found.extend(leaks(&markers, &all, &format!("{} in {mode}", entry("KEY"))));
    }
    assert_tight(&found);
}

/// Arguments and variables in which a secret was typed, in place of `@`.
const TYPED: &[&str] = &[
    "@",
    "validate in --@",
    "validate in --@=x",
    "build in @ --out out",
    "validate in --format @",
    "validate in --as-of @",
    "validate in --deny @",
    "build in --out out --as-of @",
    "build in --out out --jobs @",
    "build in --out out --only @",
    "validate fleet --only @",
    "validate fleet --only one/@",
    "build fleet --out out --only @",
    "build fleet --stdout --only one --only @",
    "show @ in",
    "show status fleet --only @",
    "show config fleet --only @",
    "keys fleet --only @",
    "seal fleet --only @",
    "diff fleet fleet --format @",
    "explain @",
    "schema @",
    "completions @",
    "argocd @",
    "init new --hostname @",
    "init new --hostname https://u:@@h/",
    "init new --apps-domain @",
    "init new --namespace @",
    "init new --platform @",
    "init new --secrets @",
    "init new --revision @",
    "init new --source https://u:@@h/ --revision 0123456789abcdef0123456789abcdef01234567",
    "init @",
];
const VARIABLES: &[(&str, &str)] = &[
    ("ARGOCD_APP_PARAMETERS", "@"),
    ("ARGOCD_APP_PARAMETERS", "[{\"name\": \"@\", \"string\": \"@\"}]"),
    ("ARGOCD_APP_PARAMETERS", "[{\"name\": \"images\", \"map\": {\"@\": \"@\"}}]"),
    ("ARGOCD_APP_PARAMETERS", "[{\"name\": \"deny-warnings\", \"string\": \"@\"}]"),
    ("ARGOCD_APP_NAMESPACE", "@"),
    ("ARGOCD_APP_NAME", "@"),
    ("ARGOCD_ENV_PASSWORD", "@"),
    ("PARAM_DENY_WARNINGS", "@"),
    ("PARAM_IMAGES_RELATED_IMAGE_COMPONENT_QUAY", "@"),
    ("PARAM_IMAGES_RELATED_IMAGE_COMPONENT_QUAY", "https://u:@@h/a"),
];

/// Passwords that do not resemble any expected word.
const PASSWORDS: &[&str] =
    &["Hunter0000marker", "password=Hunter0000marker", "u:Hunter0000marker@h", "Hunter0000marker!?"];

#[test]
fn nothing_repeats_an_argument_or_a_variable_that_may_be_a_secret() {
    let temp = tempfile::tempdir().unwrap();
    files::copy(Path::new("examples/referenced"), &temp.path().join("in"));
    files::copy(Path::new("examples/referenced"), &temp.path().join("fleet/one"));
    files::copy(Path::new("examples/fleet/team-b"), &temp.path().join("fleet/two"));
    let markers = Markers(vec!["Hunter0000marker".to_owned()]);
    let mut found = Vec::new();
    for password in PASSWORDS {
        let fill = |text: &str| text.replacen('@', password, 1);
        for line in TYPED {
            let words: Vec<String> = line.split(' ').map(fill).collect();
            let (said, code) = run(temp.path(), &words.iter().map(String::as_str).collect::<Vec<_>>());
            // The name of a folder that is to be made is what it is.
            assert!(code != Some(0), "{line} {password}: {said}");
            found.extend(leaks(&markers, &vec![(String::new(), said)], &format!("{line} {password}")));
        }
        for (name, value) in VARIABLES {
            for called in ["generate", "parameters"] {
                let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
                command
                    .args(["argocd", called])
                    .current_dir(temp.path().join("in"))
                    .env(name, value.replace('@', password));
                let ended = command.stdin(Stdio::null()).output().unwrap();
                let said = [ended.stdout, ended.stderr].map(|it| String::from_utf8_lossy(&it).into_owned()).concat();
                found.extend(leaks(
                    &markers,
                    &vec![(String::new(), said)],
                    &format!("argocd {called} {name} {password}"),
                ));
            }
        }
    }
    assert_tight(&found);
}

/// A plain value typed in place of its ciphertext would be committed in a SealedSecret.
#[test]
fn a_secret_in_the_place_of_a_sealed_value_or_of_a_name_beside_it_goes_nowhere() {
    let text = fs::read_to_string("examples/sealed/sealed.yaml").unwrap();
    let markers = Markers(vec!["Hunter0000marker".to_owned()]);
    let mut found = Vec::new();
    for name in ["name", "namespace", "scope", "certificate", "digest", "sealed", "DB_URI.password", "config"] {
        for password in PASSWORDS {
            let is_key = matches!(name, "DB_URI.password" | "config");
            let quoted = format!("\"{password}\"");
            let change = |line: &str| match line.trim_start().split_once(':') {
                Some((key, _)) if key == name => {
                    let indent = &line[..line.len() - line.trim_start().len()];
                    if is_key { format!("{indent}{quoted}:\n") } else { format!("{indent}{key}: {quoted}\n") }
                }
                _ => format!("{line}\n"),
            };
            let temp = tempfile::tempdir().unwrap();
            files::copy(Path::new("examples/sealed"), &temp.path().join("in"));
            // What the file itself is called is nobody's secret.
            let (head, rest) = text.split_once("spec:").unwrap();
            let changed: String = rest.lines().map(change).collect();
            fs::write(temp.path().join("in/sealed.yaml"), format!("{head}spec:{changed}")).unwrap();
            for line in ["validate in", "show secrets in", "build in --out out", "build in --stdout"] {
                let (said, code) = run(temp.path(), &line.split(' ').collect::<Vec<_>>());
                // Nothing reads a digest without the key that it was made with.
                let is_unread = name == "digest" || line.starts_with("show");
                assert!(code == Some(1) || is_unread, "{line} {name} {password}: {said}");
                if !is_key || *password != "Hunter0000marker" {
                    found.extend(leaks(&markers, &vec![(String::new(), said)], &format!("{line} {name} {password}")));
                }
            }
            // It is sealed anew, or refused, and told of neither way.
            fs::create_dir(temp.path().join("fleet")).unwrap();
            fs::rename(temp.path().join("in"), temp.path().join("fleet/one")).unwrap();
            let (mut said, code) = run(temp.path(), &["seal", "fleet", "--only", "one"]);
            if code == Some(0) {
                said += &fs::read_to_string(temp.path().join("fleet/one/sealed.yaml")).unwrap();
            }
            if !is_key || *password != "Hunter0000marker" {
                found.extend(leaks(&markers, &vec![(String::new(), said)], &format!("seal {name} {password}")));
            }
        }
    }
    assert_tight(&found);
}

/// New commands must be examined too.
#[test]
fn every_command_and_everything_that_show_shows_is_looked_at() {
    let (help, _) = run(Path::new("."), &["--help"]);
    let (_, commands) = help.split_once("\n\nUsage: ").unwrap();
    let (commands, _) = commands.split_once("\nOptions:\n").unwrap();
    let of = |line: &str, indent: &str| {
        let rest = line.strip_prefix(indent).filter(|rest| !rest.starts_with(' '))?;
        Some(rest.split([' ', ':']).next().unwrap().to_owned())
    };
    let commands: Vec<String> = commands.lines().filter_map(|line| of(line, "  ")).collect();
    assert!(commands.len() > 12, "{commands:?}");
    let begins = |front: &str| COMMANDS.iter().any(|line| line.starts_with(front));
    for command in commands.iter().filter(|it| !OTHERS.contains(&it.as_str())) {
        assert!(begins(&format!("{command} ")), "{command}");
    }
    let (help, _) = run(Path::new("."), &["show", "--help"]);
    // Options have words too; each form of images is told of below.
    let (arguments, options) = help.split_once("Options:\n").unwrap();
    let words = |text: &str| text.lines().filter_map(|line| of(line, "          - ")).collect::<Vec<_>>();
    let shown = words(arguments);
    assert!(shown.len() > 7, "{shown:?}");
    for what in shown {
        assert!(begins(&format!("show {what} in")), "{what}");
    }
    let (_, forms) = options.split_once("--form ").unwrap();
    let forms = words(forms.split_once("\n      --").unwrap().0);
    assert!(forms.len() > 10, "{forms:?}");
    for form in forms.iter().filter(|form| *form != "list") {
        assert!(begins(&format!("show images in --form {form}")), "{form}");
    }
}
