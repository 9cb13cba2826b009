//! Diagnostics for config bundles: every rule about Quay's configuration, where it passes, where it fails, at the edge.
//!
//! A file `tests/rules/<group>.cases` holds cases. Each begins with a line `=== what it shows`. Then come lines `+
//! NAME: FILE` for files next to config.yaml (FILE below tests/rules/files), `- FIELD` to leave out a field of
//! `complete.yaml`, and optionally `@ DATE`, the day for which certificates are checked, and `! RELEASE`, the release
//! that reads it. Then come fields, which replace those of `complete.yaml` and precede the others. `<group>.txt` holds
//! the diagnostics; `.ci/bless` writes it.

use crate::support::golden;
use quay_render::diagnostic::codes;
use quay_render::input::{Folder, Inputs, Options, Source};
use quay_render::validate_bundle;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

const FOLDER: &str = "tests/rules";

struct Case {
    name: String,
    inputs: Inputs,
}

/// The fields of the complete configuration, each with its lines.
fn complete() -> Vec<(String, String)> {
    let text = fs::read_to_string(format!("{FOLDER}/complete.yaml")).unwrap();
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(':').filter(|_| line.starts_with(|c: char| c.is_ascii_uppercase())) {
            Some((name, _)) => fields.push((name.to_owned(), format!("{line}\n"))),
            None => fields.last_mut().unwrap().1.push_str(&format!("{line}\n")),
        }
    }
    fields
}

fn source(name: &str, bytes: Vec<u8>) -> (String, Source) {
    (name.to_owned(), Source { name: name.to_owned(), bytes })
}

fn case(text: &str) -> Case {
    let (name, rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut files = Vec::new();
    let mut own = String::new();
    let mut left_out = Vec::new();
    let (mut options, mut release) = (Options::default(), None);
    for line in rest.lines() {
        if let Some(date) = line.strip_prefix("@ ") {
            options.as_of = Some(date.parse().unwrap());
            continue;
        }
        if let Some(name) = line.strip_prefix("! ") {
            release = Some(name.to_owned());
            continue;
        }
        if let Some(field) = line.strip_prefix("- ") {
            left_out.push(field);
            continue;
        }
        match line.strip_prefix("+ ").and_then(|file| file.split_once(": ")) {
            Some((key, path)) => files.push(source(key, fs::read(format!("{FOLDER}/files/{path}")).unwrap())),
            None => writeln!(own, "{line}").unwrap(),
        }
    }
    let is_replaced =
        |name: &str| own.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
    let others = complete().into_iter().filter(|(name, _)| !is_replaced(name) && !left_out.contains(&name.as_str()));
    let config: String = std::iter::once(own.clone()).chain(others.map(|(_, lines)| lines)).collect();
    files.push(source("config.yaml", config.into_bytes()));
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let bundle = Some(Folder { name: "bundle".to_owned(), files });
    let inputs = Inputs { name: "bundle".to_owned(), bundle, options, release, ..Inputs::default() };
    Case { name: name.to_owned(), inputs }
}

/// Rules that a bundle alone cannot break, because they need a RenderConfig; `tests/cluster_secrets` and
/// `tests/init.rs` break them.
const OF_WHOLE_INPUTS: [&str; 2] = ["image-tag", "secret-in-input"];

#[test]
fn every_case_is_told_what_its_golden_says() {
    let (mut problems, mut spoken) = (Vec::new(), BTreeSet::new());
    let mut files: Vec<String> =
        fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    for group in files.iter().filter_map(|file| file.strip_suffix(".cases")) {
        let cases = fs::read_to_string(format!("{FOLDER}/{group}.cases")).unwrap();
        let mut found = String::new();
        for case in cases.split("\n=== ").skip(1).map(case) {
            let mut inputs = case.inputs;
            inputs.options.fips = group == "fips";
            let diagnostics = validate_bundle(&inputs);
            spoken.extend(diagnostics.iter().map(|problem| problem.code.as_str()));
            writeln!(found, "=== {}", case.name).unwrap();
            diagnostics.iter().for_each(|problem| writeln!(found, "{problem}").unwrap());
        }
        assert!(!found.contains("hidden"), "{group} tells a secret:\n{found}");
        problems.extend(golden::compare(&format!("{FOLDER}/{group}.txt"), &found));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    let rules = codes::ALL.iter().filter(|code| code.is_rule()).map(|code| code.as_str());
    let silent: Vec<&str> = rules.filter(|rule| !spoken.contains(rule) && !OF_WHOLE_INPUTS.contains(rule)).collect();
    assert!(silent.is_empty(), "no case shows {silent:?}");
}
