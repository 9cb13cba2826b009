//! `diff` between the two deliveries: what changes hands, and what becomes of the data.

use super::{config, registry};
use crate::support::quay_render;
use std::fs;
use std::path::Path;

fn write(folder: &Path) {
    for (name, config) in [
        (
            "manifests",
            config("3.18", "  secrets: {mode: referenced}\n").replace("delivery: operator", "delivery: manifests"),
        ),
        ("operator", config("3.18", "  secrets: {mode: referenced}\n")),
    ] {
        let path = folder.join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("registry.yaml"), registry("{}")).unwrap();
        fs::write(path.join("render-config.yaml"), config).unwrap();
    }
}

fn diff(folder: &Path, old: &str, new: &str) -> String {
    let output = quay_render().args(["diff", old, new]).current_dir(folder).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_changes_hands_is_told_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let there = diff(folder.path(), "manifests", "operator");
    for line in [
        "changes hands: the registry of QuayRegistry quay/registry is its operator's from now on",
        "changes hands: Deployment quay/registry-quay-app is the operator's from now on",
        "changes hands: PersistentVolumeClaim quay/registry-quay-postgres-13 is the operator's from now on",
        "hint: leave it where it is: the operator goes on with it",
    ] {
        assert!(there.contains(line), "{line}\n{there}");
    }
    assert!(!there.contains("data deleted") && !there.contains("delete it by hand"), "{there}");
    // What the operator does not make is gone, and nobody says otherwise.
    assert!(!there.contains("changes hands: NetworkPolicy"), "{there}");
    let back = diff(folder.path(), "operator", "manifests");
    for line in [
        "data kept: QuayRegistry quay/registry is no longer wanted; its annotations keep it, with all that it owns",
        "hint: do not delete it before its objects are taken over",
        "changes hands: the registry of QuayRegistry quay/registry is no longer its operator's",
        "changes hands: Deployment quay/registry-quay-database is there already: the operator made it",
    ] {
        assert!(back.contains(line), "{line}\n{back}");
    }
}

/// Without the annotations the QuayRegistry takes everything with it.
#[test]
fn an_unprotected_quayregistry_is_data_that_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let path = folder.path().join("operator/render-config.yaml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}  protectData: false\n")).unwrap();
    let back = diff(folder.path(), "operator", "manifests");
    assert!(back.contains("data deleted: QuayRegistry quay/registry is deleted with all that it owns"), "{back}");
}

/// A registry that stays with its operator is a registry like any other.
#[test]
fn nothing_changes_hands_where_the_operator_stays() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let path = folder.path().join("operator/registry.yaml");
    fs::create_dir(folder.path().join("more")).unwrap();
    fs::copy(folder.path().join("operator/render-config.yaml"), folder.path().join("more/render-config.yaml")).unwrap();
    let text = fs::read_to_string(path).unwrap();
    fs::write(
        folder.path().join("more/registry.yaml"),
        text.replace("spec: {}", "spec: {components: [{kind: mirror, managed: false}]}"),
    )
    .unwrap();
    let told = diff(folder.path(), "operator", "more");
    assert!(!told.contains("changes hands") && told.contains("~ QuayRegistry quay/registry"), "{told}");
}
