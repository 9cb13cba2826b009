//! `show status --live`: a cluster that has what is rendered, and what is the matter with one that has not.

use super::command::{adopt, run};
use super::operator::{self, find, without};
use crate::support::printed::fits;
use quay_render::schemas::Printed;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// The state of exported objects, and the exit code.
fn status(objects: &[Value], folder: &Path) -> (i32, Value) {
    fs::write(folder.join("live.json"), operator::written(objects, 0)).unwrap();
    let (code, out, said) = run(&["show", "status", "in", "--live", "live.json", "--format", "json"], folder);
    assert!(!out.is_empty(), "{said}");
    (code, fits(Printed::Status, &out))
}

fn conditions(status: &Value) -> Vec<String> {
    let conditions = status["conditions"].as_array().unwrap();
    conditions.iter().map(|it| format!("{}={}", it["type"].as_str().unwrap(), it["status"].as_str().unwrap())).collect()
}

#[test]
fn what_was_applied_is_ready_and_does_not_differ() {
    for (release, wanted) in [("3.5", 2), ("3.18", 14)] {
        let folder = tempfile::tempdir().unwrap();
        let (code, _, said) = adopt(&operator::export(release, "minimal"), folder.path(), &[]);
        assert_eq!(code, 0, "{said}");
        let (code, stream, said) = run(&["build", "in", "--stdout"], folder.path());
        assert_eq!(code, 0, "{said}");
        let objects = operator::applied(&stream);
        let (code, well) = status(&objects, folder.path());
        assert_eq!((code, well["live"]["drift"].to_string().as_str()), (0, "[]"), "{release}: {well}");
        let told = conditions(&well);
        assert_eq!(told.len(), wanted, "{told:?}");
        assert!(told.iter().all(|it| it.ends_with("=True") != it.starts_with("RolloutBlocked")), "{told:?}");

        let mut ill = objects.clone();
        find(&mut ill, "Deployment", "test-quay-app")["status"]["readyReplicas"] = json!(0);
        find(&mut ill, "Service", "test-quay-app")["spec"]["sessionAffinity"] = json!("ClientIP");
        ill.retain(|object| object["metadata"]["name"] != "test-clair-scripts");
        let (code, ill) = status(&ill, folder.path());
        assert_eq!(code, 1);
        let drift = ill["live"]["drift"].to_string();
        assert!(drift.contains("sessionAffinity") && drift.contains("is missing"), "{drift}");
        let text = conditions(&ill).join(" ");
        assert!(text.contains("Available=False") && text.contains("RolloutBlocked=True"), "{text}");
        assert_eq!(release == "3.18", text.contains("ComponentQuayReady=False"), "{text}");
    }
}

#[test]
fn a_kind_that_was_not_exported_is_not_called_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = operator::export("3.15", "minimal");
    assert_eq!(adopt(&objects, folder.path(), &[]).0, 0);
    objects.retain(|object| object["kind"] != "Route");
    let (code, found) = status(&objects, folder.path());
    let rows = found["live"]["drift"].as_array().unwrap();
    let route = rows.iter().find(|row| row["object"].as_str().unwrap().starts_with("Route ")).unwrap();
    assert_eq!((code, route["what"].as_str()), (1, Some("not exported: Route")), "{found}");
    fs::write(folder.path().join("none.yaml"), "apiVersion: v1\nkind: Service\nmetadata: {name: x, namespace: y}\n")
        .unwrap();
    let (_, _, said) = run(&["show", "status", "in", "--live", "none.yaml"], folder.path());
    assert!(said.contains("routes.route.openshift.io") && said.contains("-n openshift-config-managed"), "{said}");
}

#[test]
fn what_still_belongs_to_the_quay_registry_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut objects = operator::export("3.15", "minimal");
    assert_eq!(adopt(&objects, folder.path(), &[]).0, 0);
    let (code, found) = status(&objects, folder.path());
    let owned =
        objects.iter().filter(|object| object["metadata"]["ownerReferences"][0]["kind"] == "QuayRegistry").count();
    assert_eq!((code, found["live"]["ownedByQuayRegistry"].as_array().unwrap().len()), (1, owned));
    assert_eq!(found["live"]["operatorFinalizer"], true);
    for object in &mut objects {
        without(&mut object["metadata"], "ownerReferences");
        without(&mut object["metadata"], "finalizers");
    }
    let (_, found) = status(&objects, folder.path());
    assert!(found["live"]["ownedByQuayRegistry"].is_null() && found["live"]["operatorFinalizer"] == false);
    // An export of something else says nothing about this registry.
    objects.retain(|object| object["metadata"]["namespace"] == "elsewhere");
    fs::write(folder.path().join("live.json"), operator::written(&objects, 0)).unwrap();
    assert_eq!(run(&["show", "status", "in", "--live", "live.json"], folder.path()).0, 2);
}
