//! checkov's verdict on the output: golden/checkov.tsv has a reason for each check that fails.

use crate::support::registry::Registry;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const LEDGER: &str = include_str!("../../golden/checkov.tsv");
const PAGE: &str = include_str!("../../docs/hardening.md");
/// Ignored: the platform decides which ids exist, and images are named by digest, not by tag.
const UNCOUNTED: [&str; 2] = ["CKV_K8S_40", "CKV_K8S_15"];
const MOST: usize = 25;

struct Verdict {
    passed: u64,
    /// Each check that fails, with kind and name of the object, without the suffix for its content.
    failed: Vec<(String, String)>,
}

fn verdict(example: &str) -> Verdict {
    let registry = Registry::given(example);
    registry.succeed(&["build", "my-registry", "--out", "out"]);
    let checkov = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-checkov/bin/checkov");
    assert!(checkov.is_file(), "this test needs checkov at {}: run .ci/setup, which installs it", checkov.display());
    let arguments = ["--framework", "kubernetes", "--skip-download", "--quiet", "--compact", "--output", "json"];
    let mut command = Command::new(checkov);
    // A temporary folder is a hidden one, which it would leave out.
    command.args(arguments).arg("--directory").arg(registry.at("out")).env("CKV_IGNORE_HIDDEN_DIRECTORIES", "False");
    let output = command.output().unwrap();
    let said: Json = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let failed = said["results"]["failed_checks"].as_array().unwrap().iter().map(|check| {
        let object: Vec<&str> = check["resource"].as_str().unwrap().splitn(3, '.').collect();
        let name = if object[0] == "Job" { object[2].rsplit_once('-').unwrap().0 } else { object[2] };
        (check["check_id"].as_str().unwrap().to_owned(), format!("{}/{name}", object[0]))
    });
    Verdict { passed: said["summary"]["passed"].as_u64().unwrap(), failed: failed.collect() }
}

/// Whether a text matches a pattern, in which `*` matches anything.
fn is_like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        None => text == pattern,
        Some((front, rest)) => text
            .strip_prefix(front)
            .is_some_and(|text| (0..=text.len()).any(|at| text.is_char_boundary(at) && is_like(&text[at..], rest))),
    }
}

#[test]
fn every_check_that_fails_has_its_reason() {
    let found = verdict("minimal");
    let lines: Vec<Vec<&str>> =
        LEDGER.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect()).collect();
    let mut used = BTreeSet::new();
    for (check, object) in &found.failed {
        let line = lines.iter().position(|line| line[0] == check && is_like(object, line[1]));
        let line = line.unwrap_or_else(|| panic!("{check} fails of {object}, and golden/checkov.tsv says no reason"));
        assert!(!lines[line][2].is_empty());
        used.insert(line);
    }
    let idle: Vec<_> = (0..lines.len()).filter(|line| !used.contains(line)).map(|line| &lines[line]).collect();
    assert!(idle.is_empty(), "nothing fails of these any more: {idle:?}");
    let counted = found.failed.iter().filter(|(check, _)| !UNCOUNTED.contains(&check.as_str())).count();
    assert!(counted <= MOST, "{counted} checks fail");
}

#[test]
fn the_table_of_the_page_says_what_checkov_says() {
    for (shape, example) in [("operator", "operator-shape"), ("production", "minimal")] {
        let Verdict { passed, failed } = verdict(example);
        let all = passed + failed.len() as u64;
        let uncounted = failed.iter().filter(|(check, _)| UNCOUNTED.contains(&check.as_str())).count();
        let row = format!("| shape {shape} | {} of {all} | {uncounted} |", failed.len());
        assert!(PAGE.contains(&row), "docs/hardening.md lacks {row}");
    }
}

#[test]
fn a_pattern_stands_for_any_text() {
    assert!(is_like("Job/a-quay-app-upgrade", "*/*-quay-*app*") && is_like("", "*"));
    assert!(!is_like("Job/a-quay-mirror", "*/*-quay-*app*"));
}
