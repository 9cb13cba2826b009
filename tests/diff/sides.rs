//! `diff`: the differences between neighbouring examples, its sides and forms, and its exit codes.
//!
//! `.ci/bless` writes what it finds instead of comparing, and removes stale files. It never does so if `CI` is set.

use super::secrets::{holders, secrets};
use super::{build, stderr, stdout};
use crate::support::files::copy;
use crate::support::golden::{Tree, compare_tree};
use crate::support::{example, quay_render, repository};
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Output, Stdio};

fn examples() -> Vec<String> {
    let folders =
        fs::read_dir(repository().join("examples")).unwrap().map(Result::unwrap).filter(|it| it.path().is_dir());
    let mut names: Vec<String> = folders.map(|it| it.file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

fn diff(old: &Path, new: &Path, options: &[&str]) -> Output {
    quay_render().arg("diff").args([old, new]).args(options).output().unwrap()
}

fn piped(arguments: &[&Path], input: &[u8]) -> Output {
    let mut command = quay_render();
    command.arg("diff").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn neighbouring_examples_differ_as_expected_and_no_secret_is_told_in_any_form() {
    let secrets = secrets();
    // They would be found: what `build` prints with inline secrets is full of them.
    let stream = quay_render().args(["build", "--stdout"]).arg(example("minimal")).output().unwrap();
    assert!(secrets.iter().filter(|secret| stdout(&stream).contains(secret.as_str())).count() > 5);
    let mut found = Tree::new();
    for pair in examples().windows(2) {
        for format in ["text", "markdown", "json"] {
            let diff = diff(&example(&pair[0]), &example(&pair[1]), &["--format", format]);
            assert_eq!(diff.status.code(), Some(1), "{}", stderr(&diff));
            let text = stdout(&diff);
            let told = secrets.iter().find(|secret| text.contains(secret.as_str()));
            assert_eq!(told, None, "{pair:?} as {format}");
            match format {
                "json" => assert!(serde_json::from_str::<serde_json::Value>(text).unwrap()["changes"].is_array()),
                "markdown" => assert!(text.encode_utf16().count() <= 65_536, "{pair:?}"),
                _ => drop(found.insert(format!("{}--{}.txt", pair[0], pair[1]).into(), text.to_owned())),
            }
        }
    }
    let problems = compare_tree("tests/diff/golden", &repository().join("tests/diff/golden"), &found);
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_secret_that_changes_is_told_as_changed_wherever_it_stands_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in holders() {
        let side = |secret: &str| {
            let path = folder.path().join(format!("{secret}.yaml"));
            fs::write(&path, text(secret)).unwrap();
            path
        };
        let (old, new) = (side("Tr0ub4dor"), side("correcthorse"));
        assert_eq!(diff(&old, &old, &[]).status.code(), Some(0), "{name}");
        for format in ["text", "markdown", "json"] {
            let found = diff(&old, &new, &["--format", format, "--color", "always"]);
            assert_eq!(found.status.code(), Some(1), "{name}: {}", stderr(&found));
            let told = stdout(&found);
            let word = if format == "json" { "\"secret\": true" } else { "(secret) changed" };
            assert!(told.contains(word), "{name} as {format}: {told}");
            for secret in ["Tr0ub4dor", "correcthorse", "VHIwdWI0ZG9y", "Y29ycmVjdGhvcnNl"] {
                assert!(!told.contains(secret) && !stderr(&found).contains(secret), "{name} as {format}: {told}");
            }
        }
    }
}

#[test]
fn an_input_is_the_same_as_the_directory_and_the_stream_that_are_built_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["minimal", "referenced", "sealed"] {
        let (input, out) = (example(name), folder.path().join(name));
        build(name, &out);
        let same = diff(&out, &input, &[]);
        assert_eq!(same.status.code(), Some(0), "{}{}", stdout(&same), stderr(&same));
        assert!(stdout(&same).starts_with("0 destroyed, ") && stdout(&same).lines().count() == 1);
        let stream = quay_render().args(["build", "--stdout"]).arg(&input).output().unwrap().stdout;
        assert_eq!(piped(&[Path::new("-"), &input], &stream).status.code(), Some(0));
        let file = folder.path().join("stream.yaml");
        fs::write(&file, &stream).unwrap();
        assert_eq!(diff(&out, &file, &[]).status.code(), Some(0));
    }
}

#[test]
fn an_object_of_somebody_else_is_compared_too() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    build("minimal", &out);
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: mine}\n";
    fs::create_dir(out.join("more")).unwrap();
    fs::write(out.join("more/mine.yml"), object).unwrap();
    // These hold no object, or are not looked at.
    fs::write(out.join("values.yaml"), "a: 1\n").unwrap();
    fs::write(out.join("notes.txt"), "kind: [").unwrap();
    fs::write(out.join(".hidden.yaml"), "kind: [").unwrap();
    let found = diff(&example("minimal"), &out, &[]);
    assert_eq!(found.status.code(), Some(1));
    assert!(stdout(&found).starts_with("New\n+ ConfigMap mine\n\n0 destroyed, "), "{}", stdout(&found));
}

#[test]
fn a_changed_input_tells_which_pods_restart_over_which_field() {
    let folder = tempfile::tempdir().unwrap();
    let (out, input) = (folder.path().join("out"), folder.path().join("in"));
    build("own-keys", &out);
    copy(&example("own-keys"), &input);
    let path = input.join("config-bundle/config.yaml");
    let config = fs::read_to_string(&path).unwrap();
    fs::write(&path, config + "REGISTRY_TITLE: Mine\n").unwrap();
    let found = diff(&out, &input, &[]);
    let text = stdout(&found);
    assert!(text.contains("quay-app restart: REGISTRY_TITLE of "), "{text}{}", stderr(&found));
    assert!(text.contains("    ~ data[\"config.yaml\"].REGISTRY_TITLE: \"Red Hat Quay\" -> \"Mine\"\n"), "{text}");
    assert!(text.contains("\n0 destroyed, 0 blocked, "), "{text}");
}

#[test]
fn colors_are_there_when_asked_for() {
    let colored = |options: &[&str]| {
        let mut command = quay_render();
        command.arg("diff").args([example("minimal"), example("external")]).args(options);
        stdout(&command.env("NO_COLOR", "1").output().unwrap()).contains('\x1b')
    };
    assert!(colored(&["--color", "always"]));
    assert!(!colored(&["--color", "never"]) && !colored(&[]));
    assert!(!colored(&["--color", "always", "--format", "markdown"]));
    assert!(!colored(&["--color", "always", "--format", "json"]));
}

#[test]
fn what_cannot_be_compared_ends_in_2() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("a.yaml"), text).unwrap();
        path
    };
    let minimal = example("minimal");
    let code = |old: &Path, new: &Path, options: &[&str]| diff(old, new, options).status.code().unwrap();
    let refused = of("refused", "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: r}\n");
    assert_eq!((code(&refused, &minimal, &[]), code(&minimal, &refused, &[])), (2, 2));
    assert!(stderr(&diff(&refused, &minimal, &[])).contains("error[input-missing]"));
    assert_eq!(code(&of("broken", "kind: ["), &minimal, &[]), 2);
    assert_eq!(code(&folder.path().join("none"), &minimal, &[]), 2);
    assert_eq!(code(&minimal, &minimal, &["--format", "xml"]), 2);
    assert_eq!(code(Path::new("-"), Path::new("-"), &[]), 2);
    assert_eq!(quay_render().args(["diff", "one"]).output().unwrap().status.code(), Some(2));
    let outside = of("outside", "apiVersion: v1\nkind: A\nmetadata: {name: a}\n");
    let linked = of("linked", "");
    symlink(outside.join("a.yaml"), linked.join("b.yaml")).unwrap();
    assert_eq!(code(&linked, &minimal, &[]), 2, "a link that leads out");
    assert_eq!(code(&of("empty", ""), &minimal, &[]), 1);
}

#[test]
fn a_secret_of_a_broken_file_is_not_in_what_is_said_of_it() {
    let broken = b"apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2hunter2\n";
    let found = piped(&[Path::new("-"), &example("minimal")], broken);
    assert_eq!(found.status.code(), Some(2));
    assert!(!stderr(&found).contains("hunter2") && !stdout(&found).contains("hunter2"), "{}", stderr(&found));
}
