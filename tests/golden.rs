//! The output of every example, and the diagnostics of every refused input, file by file. A few examples are completely
//! in `golden/`; for each other one, `golden/<case>.diff` has the difference to one of them (`golden/bases.tsv`).
//!
//! `.ci/bless` writes what it finds instead of comparing, and removes stale files. Read the difference before you
//! commit it: it is what somebody applies to a cluster. It never does so if `CI` is set.

use crate::support::golden::{Tree, compare, compare_tree, difference, read_tree};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::{self, Inputs, Source};
use quay_render::{compile, output};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn said(diagnostics: &Diagnostics) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// The output of a fleet's build without a terminal, without the line that counts.
fn built(example: &str, out: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let output = command.args(["build", example, "--out"]).arg(out).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{example}: {text}");
    let (said, summary) = text.trim_end().rsplit_once('\n').unwrap_or(("", text.trim_end()));
    assert!(summary.starts_with(&format!("{}: ", out.display())), "{summary}");
    if said.is_empty() { String::new() } else { format!("{said}\n") }
}

/// The path of a request, as `show access` prints it.
fn shown(example: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let output = command.args(["show", "access", example]).output().unwrap();
    assert!(output.status.success(), "{example}");
    String::from_utf8(output.stdout).unwrap()
}

/// The files of a build. Its .gitignore loses the dot, because here Git must track everything.
fn left_in(out: &Path) -> Tree {
    let bare = |(path, text): (PathBuf, String)| match path.file_name() {
        Some(name) if name == output::IGNORE => (path.with_file_name("gitignore"), text),
        _ => (path, text),
    };
    read_tree(out).into_iter().map(bare).collect()
}

fn folders(root: &str) -> Vec<String> {
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

/// Everything that is compared of an example: its output, the diagnostics, and the path of a request.
fn found(case: &str) -> Tree {
    let example = format!("examples/{case}");
    let out = tempfile::tempdir().unwrap();
    if input::find(&example, None).unwrap().is_some() {
        let said = built(&example, out.path());
        let mut found = left_in(out.path());
        found.insert("diagnostics.txt".into(), said);
        return found;
    }
    let compiled = compile(&input::read(&example, None).unwrap());
    let rendered = compiled.registry.unwrap_or_else(|| panic!("{case}: {}", said(&compiled.diagnostics)));
    output::write(out.path(), &rendered.files(), rendered.lock_key().as_ref(), false).unwrap();
    let mut found = left_in(out.path());
    found.insert("diagnostics.txt".into(), said(&compiled.diagnostics));
    found.insert("access.txt".into(), shown(&example));
    found
}

/// The part that is worth comparing with another example: without the lock, which only has digests of the other files,
/// without the example's own name, and with the data of Secrets as texts. Their keys are public.
fn comparable(case: &str, tree: &Tree) -> Tree {
    let kept = tree.iter().filter(|(path, _)| !path.ends_with(output::LOCK));
    let own = format!("examples/{case}");
    kept.map(|(path, text)| (path.clone(), decoded(&text.replace(&own, "INPUT")))).collect()
}

/// A manifest with the data of a Secret decoded.
fn decoded(text: &str) -> String {
    if !text.contains("\nkind: Secret\n") {
        return text.to_owned();
    }
    let line = |line: &str| {
        let decoded = line.split_once(": ").and_then(|(key, value)| {
            let value = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
            let lines: String = value.lines().map(|line| format!("    {line}\n")).collect();
            key.starts_with("  ").then(|| format!("{key}: |\n{lines}"))
        });
        decoded.unwrap_or_else(|| format!("{line}\n"))
    };
    let (head, data) = text.split_once("\ndata:\n").unwrap_or((text, ""));
    format!("{head}\ndata:\n{}", data.lines().map(line).collect::<String>())
}

/// The base of each example that is stored as a difference, and whether its whole output is stored as well.
fn bases() -> BTreeMap<String, (String, bool)> {
    let text = fs::read_to_string("golden/bases.tsv").unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let row = |row: &str| match *row.split('\t').collect::<Vec<_>>() {
        [case, base] => (case.to_owned(), (base.to_owned(), false)),
        [case, base, "whole"] => (case.to_owned(), (base.to_owned(), true)),
        _ => panic!("{row}"),
    };
    rows.map(row).collect()
}

#[test]
fn every_example_compiles_to_what_is_in_golden() {
    let bases = bases();
    let mut cases = folders("examples");
    cases.retain(|case| Path::new("examples").join(case).is_dir());
    let all: BTreeMap<&str, Tree> = cases.iter().map(|case| (case.as_str(), found(case))).collect();
    let mut problems = Vec::new();
    let mut expected = BTreeSet::new();
    for (case, found) in &all {
        let base = bases.get(*case);
        if base.is_none_or(|(_, is_whole)| *is_whole) {
            problems.extend(compare_tree(case, &Path::new("golden").join(case), found));
            expected.insert((*case).to_owned());
        }
        let Some((base, _)) = base else { continue };
        let differs = difference(&comparable(base, &all[base.as_str()]), &comparable(case, found));
        problems.extend(compare(&format!("golden/{case}.diff"), &differs));
        expected.insert(format!("{case}.diff"));
    }
    let is_case = |name: &String| name.ends_with(".diff") || !name.contains('.');
    let stale = folders("golden").into_iter().filter(|name| is_case(name) && !expected.contains(name));
    problems.extend(stale.map(|name| format!("golden/{name} belongs to no example")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Compiles one file of tests/refusals with a keys file for a registry called `registry`.
fn refusal(case: &str) -> Inputs {
    let source = |name: &str, path: String| Source { name: name.to_owned(), bytes: fs::read(path).unwrap() };
    let file = format!("{case}.yaml");
    let sources = vec![
        source(&file, format!("tests/refusals/{file}")),
        source("keys.yaml", "examples/first-install/keys.yaml".to_owned()),
    ];
    Inputs { name: "DIR".to_owned(), sources, ..Inputs::default() }
}

#[test]
fn every_refused_input_is_told_why() {
    let mut problems = Vec::new();
    for file in folders("tests/refusals") {
        let Some(case) = file.strip_suffix(".yaml") else { continue };
        let mut inputs = refusal(case);
        if case == "keys-missing"
            || case == "registry-missing"
            || case.starts_with("name-")
            || case.starts_with("host-")
        {
            inputs.sources.pop();
        }
        let compiled = compile(&inputs);
        let found = said(&compiled.diagnostics);
        assert!(compiled.registry.is_none(), "{case} is not refused:\n{found}");
        assert!(compiled.diagnostics.count(Severity::Error) > 0, "{case}");
        for secret in ["hidden", "EXAMPLE-SECRET", "EXAMPLE-ACCESS"] {
            assert!(!found.contains(secret), "{case} tells a secret:\n{found}");
        }
        problems.extend(compare(&format!("tests/refusals/{case}.txt"), &found));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
