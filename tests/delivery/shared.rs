//! Registries of a fleet that have an operator in common.

use super::{config, parsed, registry};
use crate::support::quay_render;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;

fn fleet(folder: &Path, members: &[(&str, &str)]) {
    for (name, more) in members {
        let path = folder.join("in").join(name);
        fs::create_dir_all(&path).unwrap();
        fs::write(
            path.join("registry.yaml"),
            registry("{}").replace("registry, namespace: quay", &format!("{name}, namespace: {name}")),
        )
        .unwrap();
        fs::write(path.join("render-config.yaml"), config("3.18", more)).unwrap();
    }
}

fn build(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = quay_render().args(arguments).current_dir(folder).output().unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

fn read(path: &Path) -> Json {
    parsed(&fs::read_to_string(path).unwrap()).remove(0)
}

#[test]
fn an_operator_that_several_have_is_installed_once() {
    let folder = tempfile::tempdir().unwrap();
    fleet(folder.path(), &[("one", ""), ("two", ""), ("three", "  operator: {install: external}\n")]);
    let (code, told) = build(folder.path(), &["build", "in", "--out", "out"]);
    assert_eq!(code, Some(0), "{told}");
    let out = folder.path().join("out");
    let common = read(&out.join("namespaces/olm/subscription-quay-operator.yaml"));
    assert_eq!(common["metadata"]["namespace"], "quay-operator");
    assert!(common["metadata"].get("labels").is_none(), "it is of no registry: {common}");
    assert!(out.join("namespaces/olm/namespace-quay-operator.yaml").exists());
    for name in ["one", "two", "three"] {
        assert!(!out.join(name).join("operator").exists(), "{name}");
        assert!(out.join(name).join("registry/quayregistry").exists(), "{name}");
    }
    let (code, told) = build(folder.path(), &["build", "in", "--out", "out", "--check"]);
    assert_eq!(code, Some(0), "{told}");
    // An output is not taken for a fleet, though QuayRegistries lie below it.
    let (code, told) = build(folder.path(), &["diff", "out", "in"]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = build(folder.path(), &["diff", "out/one", "out/two"]);
    assert_eq!(code, Some(1), "{told}");
    assert!(told.contains("QuayRegistry two/two"), "{told}");
}

#[test]
fn an_operator_is_one_and_the_same() {
    let folder = tempfile::tempdir().unwrap();
    fleet(folder.path(), &[("one", ""), ("two", "  operator: {installPlanApproval: Manual}\n")]);
    let (code, told) = build(folder.path(), &["build", "in", "--out", "out"]);
    assert_eq!(code, Some(1), "{told}");
    let wanted = "error[fleet-collision]: in/two/registry.yaml:3:18: Subscription quay-operator is rendered otherwise by the registry in \
                  the folder one\n  hint: one operator serves all";
    assert!(told.contains(wanted), "{told}");
    assert!(!folder.path().join("out").exists());
}

/// Of two operators that watch the same namespaces the Lifecycle Manager installs one.
#[test]
fn no_operator_is_in_the_way_of_another() {
    let own = "  operator: {installMode: OwnNamespace}\n";
    let said = |members: &[(&str, &str)]| {
        let folder = tempfile::tempdir().unwrap();
        fleet(folder.path(), members);
        build(folder.path(), &["build", "in", "--out", "out"])
    };
    let (code, told) = said(&[("one", own), ("three", ""), ("two", own)]);
    assert_eq!(code, Some(1), "{told}");
    for (folder, at) in [("one", "8:27"), ("two", "8:27")] {
        let wanted = format!(
            "error[operator-groups]: in/{folder}/render-config.yaml:{at}: spec.operator.installMode: the operator watches its namespace alone, \
             and another one, that of the registry in the folder three, all: only one of them is installed\n  hint: one operator for all"
        );
        assert!(told.contains(&wanted), "{wanted} is not in\n{told}");
    }
    assert_eq!(told.matches("operator-groups").count(), 2, "{told}");
    let elsewhere = "  operator: {namespace: operators-2}\n";
    let (code, told) = said(&[("one", ""), ("two", elsewhere)]);
    assert!(
        code == Some(1)
            && told.contains("in/two/render-config.yaml")
            && told.contains("the operator watches all namespaces, and"),
        "{told}"
    );
    // One that is installed elsewhere is known to be another only where it says where.
    let external = "  operator: {install: external}\n";
    let (code, told) = said(&[("one", external), ("two", elsewhere)]);
    assert_eq!(code, Some(0), "{told}");
    let (code, told) = said(&[("one", external), ("two", own)]);
    assert!(code == Some(1) && told.contains("operator-groups"), "{told}");
    let (code, told) =
        said(&[("one", own), ("two", own), ("three", "  operator: {installMode: OwnNamespace, install: external}\n")]);
    assert_eq!(code, Some(0), "{told}");
}
