//! `diff`: what each pair of neighbouring examples differs in, its sides and forms, and what it ends in.
//!
//! `BLESS=1 cargo test --test diff` writes what it finds instead of comparing. It never blesses where `CI` is set.

use super::{build, copy, example, program, root, stderr, stdout};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use similar::TextDiff;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Output, Stdio};

fn examples() -> Vec<String> {
    let folders = fs::read_dir(root().join("examples")).unwrap().map(Result::unwrap).filter(|it| it.path().is_dir());
    let mut names: Vec<String> = folders.map(|it| it.file_name().into_string().unwrap()).collect();
    names.retain(|name| !name.starts_with('.'));
    names.sort();
    names
}

fn diff(old: &Path, new: &Path, options: &[&str]) -> Output {
    program().arg("diff").args([old, new]).args(options).output().unwrap()
}

fn piped(arguments: &[&Path], input: &[u8]) -> Output {
    let mut command = program();
    command.arg("diff").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Every secret of the examples that is long enough not to stand anywhere by chance: the values of the keys files, each
/// line of those with several, and what the config bundles hold under names of secrets; plain and in base64, as a whole and
/// as a part of what is encoded around it.
fn secrets() -> BTreeSet<String> {
    let mut plain = BTreeSet::new();
    for file in walkdir::WalkDir::new(root().join("examples")).into_iter().map(Result::unwrap) {
        let name = file.file_name().to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(file.path()) else { continue };
        let is_keys = matches!(name.as_str(), "keys.yaml" | "sealed.yaml" | "ssl.key");
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let (key, value) = line.split_once(": ").unwrap_or(("", line));
            let is_secret = ["password", "secret", "_key", "KEY", "PSK"].iter().any(|part| key.contains(part));
            let value = value.trim().trim_matches(['"', '\'']);
            let is_value =
                is_keys && !value.contains([' ', ':']) && !key.ends_with("name") && !key.ends_with("namespace");
            if (is_value || is_secret) && value.len() >= 12 && !value.starts_with("my-registry") {
                plain.insert(value.to_owned());
            }
            let password = value.split_once("://").and_then(|(_, rest)| rest.split_once('@')?.0.split_once(':'));
            plain.extend(password.map(|(_, password)| password.to_owned()).filter(|password| password.len() >= 8));
        }
    }
    assert!(plain.len() > 100, "{}", plain.len());
    let encoded = plain.iter().flat_map(|value| {
        // The same bytes have three forms, by where they begin; the letters at the ends depend on what is around.
        (0..3).filter_map(move |shift| {
            let text = STANDARD.encode([&vec![b' '; shift], value.as_bytes()].concat());
            let inner = text.trim_end_matches('=');
            Some(inner.get(4..inner.len() - 1)?.to_owned()).filter(|inner| inner.len() >= 10)
        })
    });
    let encoded: BTreeSet<String> = encoded.collect();
    plain.into_iter().chain(encoded).collect()
}

#[test]
fn neighbouring_examples_differ_as_expected_and_no_secret_is_told_in_any_form() {
    let bless = std::env::var_os("BLESS").is_some() && std::env::var_os("CI").is_none();
    let folder = root().join("tests/diff/golden");
    let (names, secrets) = (examples(), secrets());
    // They would be found: what `build` prints with inline secrets is full of them.
    let stream = program().args(["build", "--stdout"]).arg(example("minimal")).output().unwrap();
    assert!(secrets.iter().filter(|secret| stdout(&stream).contains(secret.as_str())).count() > 5);
    let mut wanted = BTreeSet::new();
    let mut wrong = Vec::new();
    for pair in names.windows(2) {
        let (old, new) = (example(&pair[0]), example(&pair[1]));
        for format in ["text", "markdown", "json"] {
            let found = diff(&old, &new, &["--format", format]);
            assert_eq!(found.status.code(), Some(1), "{}", stderr(&found));
            let text = stdout(&found);
            let told = secrets.iter().find(|secret| text.contains(secret.as_str()));
            assert_eq!(told, None, "{pair:?} as {format}");
            match format {
                "json" => assert!(serde_json::from_str::<serde_json::Value>(text).unwrap()["changes"].is_array()),
                "markdown" => assert!(text.chars().count() <= 65_536, "{pair:?}"),
                _ => {
                    let name = format!("{}--{}.txt", pair[0], pair[1]);
                    let golden = fs::read_to_string(folder.join(&name)).unwrap_or_default();
                    if bless {
                        fs::create_dir_all(&folder).unwrap();
                        fs::write(folder.join(&name), text).unwrap();
                    } else if golden != text {
                        let diff = TextDiff::from_lines(golden.as_str(), text);
                        wrong.push(format!("{name}\n{}", diff.unified_diff().context_radius(1)));
                    }
                    wanted.insert(name);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for file in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let is_wanted = wanted.contains(&file.file_name().into_string().unwrap());
        if !is_wanted && bless {
            fs::remove_file(file.path()).unwrap();
        } else {
            assert!(is_wanted, "{} belongs to no pair", file.path().display());
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
        let stream = program().args(["build", "--stdout"]).arg(&input).output().unwrap().stdout;
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
        let mut command = program();
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
    assert_eq!(program().args(["diff", "one"]).output().unwrap().status.code(), Some(2));
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
