//! Random documents, layouts and placeholders: `validate` and `build` always agree, and nothing panics.

use super::{BUNDLE, CONFIG, Input, REGISTRY};
use crate::support::random::cases;
use proptest::prelude::*;
use std::path::Path;
use std::process::Command;

const PIECES: &[&str] = &[
    REGISTRY,
    CONFIG,
    BUNDLE,
    "\napiVersion: v1\nkind: Namespace\nmetadata: {name: quay}\n",
    "\napiVersion: v1\nkind: List\nitems: []\n",
    "\nkind: List\nitems: [1, null, {kind: Secret}]\n",
    "\napiVersion: v1\nkind: Secret\nmetadata: {name: other}\ndata: {a: '{{ b }}'}\n",
    "\nsops: {version: 1}\nkind: QuayRegistry\napiVersion: quay.redhat.com/v1\n",
    "\nsecretGenerator: [{name: bundle, literals: ['config.yaml=REGISTRY_TITLE: x']}]\n",
    "\nREGISTRY_TITLE: Example\nSUPER_USERS: [admin]\n",
    "\n[1, {a: b}]\n",
    "\n\"text\"\n",
    "\n{{- if .x }}\n",
    "\na: [\n",
];
const NAMES: &[&str] = &[
    "a.yaml",
    "b.yml",
    "c.json",
    "kustomization.yaml",
    "config.yaml",
    "config-bundle/config.yaml",
    "config-bundle/README.md",
    "config_bundle/config.yaml",
    "values.yaml",
];

fn run(input: &Path, arguments: &[&str]) -> i32 {
    let output = Command::new(env!("CARGO_BIN_EXE_quay-render")).args(arguments).current_dir(input).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked") && !said.contains("error[internal]"), "{arguments:?}: {said}");
    output.status.code().unwrap()
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn validate_and_build_agree(files in proptest::collection::btree_map(0..NAMES.len(), proptest::collection::vec(0..PIECES.len(), 1..4), 1..5)) {
        let input = Input::of(&[]);
        for (name, pieces) in &files {
            let text: Vec<&str> = pieces.iter().map(|piece| PIECES[*piece]).collect();
            input.write(&format!("in/{}", NAMES[*name]), &text.join("---"));
        }
        let validated = run(input.path(), &["validate", "in"]);
        // What holds a config.yaml alone is checked as a bundle, of which nothing can be built.
        let is_alone = !files.values().flatten().any(|piece| PIECES[*piece].contains("kind:"));
        let built = run(input.path(), &["build", "in", "--out", "out"]);
        prop_assert!(is_alone || validated == built, "validate {validated}, build {built}");
        prop_assert_eq!(built == 0, input.path().join("out").exists());
    }
}
