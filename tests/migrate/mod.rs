//! QuayEcosystems that are migrated: for each row of the table of guide 5.5.2 what is written, reported and refused.
//!
//! A folder below `cases/` is a case: its QuayEcosystem, what is expected, and in `case.txt` what differs from the others. Of
//! the Secrets, `secrets.yaml` beside the cases is exported with it: `secrets: hostname` takes those of a registry with a host
//! name of its own, `secrets: none` takes none, `edit: FROM => TO` changes their text, `arguments:` has more arguments.

mod machine;
mod page;
mod secrecy;

use crate::support::golden::{Tree, compare, compare_tree, read_tree};
use crate::support::{quay_render, repository};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Values that are secret in the files, as they stand there.
const SECRETS: &[&str] = &[
    "60593413270829370163017251957812303911274914617395720457214512937",
    "114953086206107206170146372850157193037290155139284190732918305716",
    "EXAMPLEOLDPASSWORD",
    "EXAMPLEROOTPASSWORD",
    "EXAMPLEACCESSKEY",
    "EXAMPLESECRETKEY",
    "PRIVATE KEY",
];

struct Case {
    name: String,
    folder: PathBuf,
    options: Vec<(String, String)>,
}

/// What a run said and wrote.
struct Run {
    code: i32,
    printed: String,
    said: String,
    folder: tempfile::TempDir,
}

fn cases() -> Vec<Case> {
    let root = repository().join("tests/migrate/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.into_iter().map(Case::read).collect()
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let text = fs::read_to_string(folder.join("case.txt")).unwrap_or_default();
        let option =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Self { name, options: text.lines().map(option).collect(), folder }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.options.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The Secrets that are exported.
    fn secrets(&self) -> String {
        let file = match self.all("secrets").next() {
            None => "secrets.yaml",
            Some("hostname") => "secrets-hostname.yaml",
            Some("none") => return String::new(),
            Some(other) => panic!("{}: secrets: {other}", self.name),
        };
        let mut text = fs::read_to_string(repository().join("tests/migrate").join(file)).unwrap();
        let authority = authority(&text);
        for edit in self.all("edit") {
            let (from, to) = edit.split_once(" => ").unwrap();
            let [from, to] = [from, to].map(|it| it.replace("\\n", "\n").replace("@ca@", &STANDARD.encode(&authority)));
            assert!(text.contains(&from), "{}: {from}", self.name);
            text = text.replace(&from, &to);
        }
        if self.name == "certificate-of-its-own" {
            text = with_certificate_apart(&text);
        }
        text
    }

    /// Runs the command in a folder of its own.
    fn run(&self, more: &[&str]) -> Run {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(self.folder.join("ecosystem.yaml"), folder.path().join("ecosystem.yaml")).unwrap();
        fs::write(folder.path().join("secrets.yaml"), self.secrets()).unwrap();
        let own = self.all("arguments").flat_map(|it| it.split(' '));
        let mut command = quay_render();
        command.args(["migrate", "ecosystem.yaml", "secrets.yaml"]).args(own).args(more).current_dir(folder.path());
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (printed, said) = (text(output.stdout), text(output.stderr));
        Run { code: output.status.code().unwrap(), printed, said, folder }
    }
}

/// A CA of the Secrets.
fn authority(text: &str) -> String {
    let block = text.split("extra_ca_certs_company.crt: |\n").nth(1).unwrap();
    block.lines().take_while(|line| line.starts_with("    ")).map(|line| format!("{}\n", line.trim_start())).collect()
}

/// Puts `tls.crt` and `tls.key`, and all behind them of the first Secret, into one of their own.
fn with_certificate_apart(text: &str) -> String {
    let apart =
        "---\napiVersion: v1\nkind: Secret\nmetadata: {name: registry-tls, namespace: quay}\nstringData:\n  tls.crt: |";
    text.replacen("  tls.crt: |", apart, 1)
}

/// Neither in plain text nor encoded.
fn assert_tight(case: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{case}: a secret is shown: {secret}");
        assert!(!text.contains(STANDARD.encode(secret).trim_end_matches('=')), "{case}: a secret is shown, encoded");
    }
}

#[test]
fn every_row_of_the_table_is_migrated_or_refused_as_expected() {
    let mut problems = Vec::new();
    let cases = cases();
    assert!(cases.len() >= 35, "{}", cases.len());
    for case in &cases {
        let run = case.run(&["--out", "my-registry"]);
        let reported = case.run(&["--report"]);
        assert_tight(&case.name, &(run.printed.clone() + &run.said + &reported.printed + &reported.said));
        let out = run.folder.path().join("my-registry");
        let mut found = Tree::new();
        found.insert(PathBuf::from("said.txt"), run.said.clone());
        found.insert(PathBuf::from("report.md"), reported.printed.clone());
        if run.code == 0 {
            assert_eq!(run.printed, reported.printed, "{}", case.name);
            assert_eq!(reported.code, 0, "{}: {}", case.name, reported.said);
            found.extend(written(&case.name, &out));
        } else {
            assert_eq!((run.code, run.printed.as_str()), (1, ""), "{}", case.name);
            assert!(!out.exists(), "{}: something is written", case.name);
        }
        let mut golden = read_tree(&case.folder);
        golden.retain(|path, _| path.starts_with("expected"));
        problems.extend(compare_tree(&case.name, &case.folder.join("expected"), &found));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is compared of an input: the documents, config.yaml, and the modes of all files.
fn written(case: &str, out: &Path) -> Tree {
    let mut found = Tree::new();
    let mut modes = String::new();
    for (path, text) in read_tree(out) {
        let mode = fs::metadata(out.join(&path)).unwrap().permissions().mode() & 0o777;
        let is_secret = path.starts_with("config-bundle") || path.ends_with("keys.yaml");
        assert_eq!(mode == 0o600, is_secret, "{case}: {}", path.display());
        modes.push_str(&format!("{mode:o} {}\n", path.display()));
        if is_secret && path.extension().is_none_or(|it| it != "yaml") || path.ends_with("keys.yaml") {
            continue;
        }
        if !is_secret {
            assert_tight(case, &text);
        }
        found.insert(if path.ends_with(".gitignore") { PathBuf::from("gitignore") } else { path }, text);
    }
    let keys = fs::read_to_string(out.join("keys.yaml")).unwrap();
    assert!(keys.contains(&format!("SECRET_KEY: \"{}\"", SECRETS[1])), "{case}");
    assert!(keys.contains(&format!("DATABASE_SECRET_KEY: \"{}\"", SECRETS[0])), "{case}");
    found.insert(PathBuf::from("modes.txt"), modes);
    found
}

#[test]
fn what_is_written_is_valid_and_renders() {
    for case in cases() {
        let run = case.run(&["--out", "my-registry"]);
        if run.code != 0 {
            continue;
        }
        let folder = run.folder.path();
        for arguments in [&["validate", "my-registry"][..], &["build", "my-registry", "--out", "deploy"]] {
            let output = quay_render().args(arguments).current_dir(folder).output().unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success() && !said.contains("warning["), "{}: {arguments:?}: {said}", case.name);
        }
        let deploy = read_tree(&folder.join("deploy"));
        assert_paused(&case.name, &deploy);
        for (path, text) in &deploy {
            if path.file_name().unwrap().to_str().unwrap().starts_with("service-my-registry-quay-app.") {
                let is_balanced = text.contains("type: LoadBalancer");
                let is_route = fs::read_to_string(folder.join("my-registry/render-config.yaml")).unwrap();
                assert_eq!(is_balanced, is_route.contains("type: LoadBalancer"), "{}", case.name);
                let selector = "  selector:\n    app: quay\n    quay-component: quay-app\n    quay-operator/quayregistry: my-registry\n";
                assert!(text.contains(selector), "{}: {text}", case.name);
            }
        }
    }
}

/// No pod of Quay runs before the data is there, and nothing has the name of an object of the old operator but the Route.
fn assert_paused(case: &str, deploy: &Tree) {
    let old = [
        "my-registry-quay",
        "my-registry-quay-config",
        "my-registry-quay-repomirror",
        "my-registry-quay-postgresql",
        "my-registry-clair-postgresql",
        "my-registry-clair",
        "my-registry-redis",
        "my-registry-quay-ssl",
        "my-registry-clair-ssl",
        "my-registry-clair-config",
        "my-registry-security-scanner",
        "my-registry-registry",
        "quay-enterprise-config-secret",
        "quay-enterprise-cert-secret",
    ];
    for (path, text) in deploy {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let is_old = old
            .iter()
            .any(|old| name.ends_with(&format!("-{old}")) && name.matches('-').count() == old.matches('-').count() + 1);
        assert!(!is_old || name == "route-my-registry-quay", "{case}: {}", path.display());
        if ["deployment-my-registry-quay-app", "deployment-my-registry-quay-mirror"].contains(&name) {
            assert!(text.contains("replicas: 0"), "{case}: {name}");
        }
    }
}

#[test]
fn the_database_is_dumped_from_the_old_server_and_restored_into_the_new_one() {
    let case = Case::read(repository().join("tests/migrate/cases/route"));
    let run = case.run(&["--out", "my-registry"]);
    let show = |arguments: &[&str]| {
        let output = quay_render()
            .args(["show", "restore", "my-registry"])
            .args(arguments)
            .current_dir(run.folder.path())
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, job) = show(&["--manifest"]);
    assert_eq!(code, 0, "{job}");
    assert_tight("show restore", &job);
    // The name of the Secret with the new password, which is random, follows its content.
    let (before, rest) = job.split_once("my-registry-postgres-config-secret-").unwrap();
    let job = format!("{before}my-registry-postgres-config-secret-CONTENT\n{}", rest.split_once('\n').unwrap().1);
    let mut problems = Vec::from_iter(compare("tests/migrate/restore.yaml", &job));
    let (code, steps) = show(&[]);
    assert_eq!(code, 0, "{steps}");
    problems.extend(compare("tests/migrate/restore.txt", &steps));
    assert!(problems.is_empty(), "{}", problems.concat());
    let (code, said) = show(&["--backup", "latest"]);
    assert_eq!(code, 1);
    assert!(said.contains("take it out to restore a backup"), "{said}");
    let (code, said) = show(&["--database", "clair"]);
    assert_eq!(code, 1);
    assert!(said.contains("nothing is backed up"), "{said}");
}

#[test]
fn an_input_with_a_quay_ecosystem_names_the_command_in_one_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(repository().join("tests/migrate/cases/route/ecosystem.yaml"), folder.path().join("ecosystem.yaml"))
        .unwrap();
    for command in ["validate", "build"] {
        let more: &[&str] = if command == "build" { &["--stdout"] } else { &[] };
        let output = quay_render().arg(command).arg(folder.path()).args(more).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(said.matches("error[").count(), 1, "{said}");
        assert!(said.contains("quay-render migrate FILE... --out DIR"), "{said}");
    }
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let case = Case::read(repository().join("tests/migrate/cases/route"));
    let run = case.run(&["--out", "."]);
    assert_eq!(run.code, 1, "{}", run.said);
    assert!(run.said.contains("error[output-foreign]: . is there and not an empty directory"), "{}", run.said);
    assert_eq!(read_tree(run.folder.path()).len(), 2);
}
