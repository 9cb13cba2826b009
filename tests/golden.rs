//! What every example compiles to, and what is said of every input that is refused, file by file.
//!
//! `BLESS=1 cargo test --test golden` writes what it finds instead of comparing, and removes what is stale. Read the
//! difference before you commit it: it is what somebody applies to a cluster. It never blesses where `CI` is set.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::{self, Inputs, Source};
use quay_render::{compile, output};
use similar::TextDiff;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

type Tree = BTreeMap<PathBuf, String>;

fn blessing() -> bool {
    std::env::var_os("BLESS").is_some() && std::env::var_os("CI").is_none()
}

fn said(diagnostics: &Diagnostics) -> String {
    diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

fn read_tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_owned();
            (path, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// Both a missing and an unexpected file fail.
fn compare(case: &str, golden: &Path, found: &Tree) -> Vec<String> {
    if blessing() {
        if golden.exists() {
            fs::remove_dir_all(golden).unwrap();
        }
        for (path, text) in found {
            let path = golden.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        return Vec::new();
    }
    let wanted = read_tree(golden);
    let paths: std::collections::BTreeSet<&PathBuf> = wanted.keys().chain(found.keys()).collect();
    let differing = paths.into_iter().filter_map(|path| match (wanted.get(path), found.get(path)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => {
            let diff = TextDiff::from_lines(old.as_str(), new.as_str());
            Some(format!("{case}/{}\n{}", path.display(), diff.unified_diff().context_radius(2)))
        }
        (Some(_), None) => Some(format!("{case}/{} is missing", path.display())),
        _ => Some(format!("{case}/{} is not in golden", path.display())),
    });
    differing.collect()
}

/// What is in a folder, hidden entries left out.
fn folders(root: &str) -> Vec<String> {
    let names = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

#[test]
fn every_example_compiles_to_its_golden_directory() {
    let mut problems = Vec::new();
    let examples = folders("examples");
    for case in &examples {
        let compiled = compile(&input::read(&format!("examples/{case}"), None).unwrap());
        let rendered = compiled.registry.unwrap_or_else(|| panic!("{case}: {}", said(&compiled.diagnostics)));
        let out = tempfile::tempdir().unwrap();
        output::write(out.path(), &rendered.files(), rendered.lock_key().as_ref(), false).unwrap();
        let mut found = read_tree(out.path());
        found.insert("diagnostics.txt".into(), said(&compiled.diagnostics));
        problems.extend(compare(case, &Path::new("golden").join(case), &found));
    }
    let stale = folders("golden").into_iter().filter(|name| !name.contains('.') && !examples.contains(name));
    problems.extend(stale.map(|name| format!("golden/{name} belongs to no example")));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Compiles one file of tests/refusals beside a keys file for a registry called `registry`.
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
        let path = format!("tests/refusals/{case}.txt");
        if blessing() {
            fs::write(&path, &found).unwrap();
            continue;
        }
        let wanted = fs::read_to_string(&path).unwrap_or_default();
        if wanted != found {
            let diff = TextDiff::from_lines(wanted.as_str(), found.as_str());
            problems.push(format!("{case}\n{}", diff.unified_diff()));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
