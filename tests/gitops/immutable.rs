//! What a cluster would refuse to change never gets into the output directory, and stops no sync.

use super::inputs::{Form, every_registry};
use crate::support::files::copy;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn build(folder: &Path, more: &[&str]) -> Output {
    let arguments = [&["build", "in", "--out", "out"], more].concat();
    Command::new(env!("CARGO_BIN_EXE_quay-render")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with an example, built once.
fn built(example: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new("examples").join(example), &folder.path().join("in"));
    assert_eq!(build(folder.path(), &[]).status.code(), Some(0));
    folder
}

/// Each file except the lock, which covers all of them.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap).filter(|it| it.file_type().is_file());
    files.map(|it| (it.path().display().to_string(), fs::read(it.path()).unwrap())).collect()
}

/// The cluster has the state of the old file: here a larger claim, from an earlier output.
fn enlarge(folder: &Path, file: &str) {
    let path = folder.join("out").join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("50Gi"));
    fs::write(path, text.replace("50Gi", "100Gi")).unwrap();
}

const CLAIM: &str = "postgres/persistentvolumeclaim-my-registry-quay-database.yaml";

#[test]
fn a_claim_that_would_shrink_is_refused_whatever_is_forced() {
    let folder = built("minimal");
    enlarge(folder.path(), CLAIM);
    let before = tree(&folder.path().join("out"));
    let output = build(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    // All that is wrong, in one run.
    assert!(said(&output).contains("error[output-edited]") && said(&output).contains("error[output-immutable]"));
    let output = build(folder.path(), &["--force"]);
    assert_eq!(output.status.code(), Some(1));
    let place = format!(
        "error[output-immutable]: out/{CLAIM}:18:16: spec.resources.requests.storage: was 100Gi and is now 50Gi"
    );
    assert!(said(&output).contains(&place) && !said(&output).contains("output-edited"), "{}", said(&output));
    assert_eq!(tree(&folder.path().join("out")), before);
    fs::remove_file(folder.path().join("out").join(CLAIM)).unwrap();
    assert_eq!(build(folder.path(), &[]).status.code(), Some(0));
}

/// In layers a claim is in another file, but it is the same claim.
#[test]
fn a_claim_is_known_again_in_another_form_of_the_output() {
    let folder = built("minimal");
    enlarge(folder.path(), CLAIM);
    let config = folder.path().join("in/render-config.yaml");
    let layers = "  output: layers\n  flux: {path: ., sourceRef: {name: fleet}}\n";
    fs::write(&config, fs::read_to_string(&config).unwrap() + layers).unwrap();
    let output = build(folder.path(), &["--force"]);
    assert!(output.status.code() == Some(1) && said(&output).contains("error[output-immutable]"), "{}", said(&output));
}

#[test]
fn another_type_of_a_service_is_told_and_done() {
    let folder = built("kubernetes");
    let config = folder.path().join("in/render-config.yaml");
    let way = "  access: {type: service, service: {type: LoadBalancer}}\n";
    fs::write(&config, fs::read_to_string(&config).unwrap() + way).unwrap();
    let output = build(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0));
    let told = "note[service-type]: out/quay/service-registry-quay-app.yaml:";
    let change = "spec.type: was ClusterIP and is now LoadBalancer";
    assert!(said(&output).contains(told) && said(&output).contains(change), "{}", said(&output));
    assert!(!said(&build(folder.path(), &[])).contains("service-type"), "told once");
}

/// With any settings and in any form, the selectors of an object depend only on its name.
#[test]
fn selectors_are_the_same_in_every_registry() {
    let mut selectors: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for (registry, _) in every_registry(Form::Directory).chain(every_registry(Form::Layers)) {
        for object in registry.values().filter(|object| object["kind"] == "Deployment" || object["kind"] == "Service") {
            let name = object["metadata"]["labels"]["quay-operator/quayregistry"].as_str().unwrap();
            let own = object["metadata"]["name"].as_str().unwrap().strip_prefix(name).unwrap().to_owned();
            let selector = object["spec"].get("selector").map(Json::to_string).unwrap_or_default();
            let selector = selector.replace(&format!("\"{name}\""), "\"<registry>\"");
            selectors.entry((object["kind"].as_str().unwrap().to_owned(), own)).or_default().insert(selector);
        }
    }
    assert!(selectors.len() > 12, "{selectors:#?}");
    for (object, found) in selectors {
        assert!(found.len() == 1 && found.iter().all(|it| it.contains("<registry>")), "{object:?}: {found:#?}");
    }
}
