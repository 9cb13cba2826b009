//! What a plan must never do: delete what is not the operator's, trust an export that proves nothing, or leave the operator
//! running.

use super::command::{adopt, run};
use super::operator::{self, NAMESPACE, find, without};
use serde_json::{Value, json};
use std::fs;

/// The plan for an export.
fn plan(objects: &[Value]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (code, plan, said) = adopt(objects, folder.path(), &[]);
    assert_eq!(code, 0, "{said}");
    plan
}

#[test]
fn no_command_deletes_a_secret_that_is_somebodys() {
    let mut objects = operator::export("3.15", "minimal");
    let mine = json!({"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="},
        "metadata": {"name": "test-quay-config-secret", "namespace": NAMESPACE}});
    objects.push(mine);
    let plan = plan(&objects);
    assert!(plan.contains("kubectl delete secret test-quay-config-secret-"), "the operator's own goes");
    assert!(!plan.contains("kubectl delete secret test-quay-config-secret -n"), "{plan}");
}

#[test]
fn no_command_deletes_the_bundle_whatever_its_name_is() {
    let mut objects = operator::export("3.18", "unmanaged-tls");
    let bundle = find(&mut objects, "QuayRegistry", "test")["spec"]["configBundleSecret"].as_str().unwrap().to_owned();
    find(&mut objects, "Secret", &bundle)["metadata"]["name"] = json!("test-quay-config-secret");
    find(&mut objects, "QuayRegistry", "test")["spec"]["configBundleSecret"] = json!("test-quay-config-secret");
    assert!(!plan(&objects).contains("kubectl delete secret test-quay-config-secret -n"));
}

#[test]
fn what_other_registries_share_is_not_deleted() {
    let plan = plan(&operator::export("3.5", "minimal"));
    assert!(!plan.contains("-n openshift-config-managed\n"), "{plan}");
    assert!(plan.contains("ConfigMap test-grafana-dashboard-quay in openshift-config-managed is shared"), "{plan}");
}

/// The export after the plan: nothing has an owner, and the finalizer is gone.
fn released(release: &str) -> Vec<Value> {
    let mut objects = operator::export(release, "minimal");
    for object in &mut objects {
        without(&mut object["metadata"], "ownerReferences");
    }
    without(&mut find(&mut objects, "QuayRegistry", "test")["metadata"], "finalizers");
    objects
}

fn verify(objects: &[Value]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("second.yaml"), operator::written(objects, 1)).unwrap();
    let (code, _, said) = run(&["adopt", "--verify", "--registry", "ns/test", "second.yaml"], folder.path());
    (code, said)
}

#[test]
fn an_export_without_what_holds_data_or_keys_proves_nothing() {
    for (release, claim) in [("3.5", "test-quay-database"), ("3.18", "test-quay-postgres-13")] {
        assert_eq!(verify(&released(release)).0, 0, "{release}");
        for (kind, name) in [
            ("PersistentVolumeClaim", claim),
            ("ObjectBucketClaim", "test-quay-datastore"),
            ("Deployment", "test-quay-database"),
            ("Secret", "test-quay-registry-managed-secret-keys"),
        ] {
            let mut objects = released(release);
            objects.retain(|it| it["kind"] != kind || !it["metadata"]["name"].as_str().unwrap().starts_with(name));
            let (code, said) = verify(&objects);
            assert!(code == 1 && said.contains("so it proves nothing"), "{release}, {kind}: {said}");
        }
    }
}

#[test]
fn two_exports_of_an_object_with_other_owners_contradict_each_other() {
    let owned = operator::export("3.18", "minimal");
    for objects in [[released("3.18"), owned.clone()].concat(), [owned, released("3.18")].concat()] {
        let (code, said) = verify(&objects);
        assert!(code == 1 && said.contains("error[adopt-contradiction]"), "{said}");
    }
}

#[test]
fn the_operator_is_found_by_the_version_that_its_subscription_installs() {
    let mut objects = operator::export("3.15", "minimal");
    let subscription = find(&mut objects, "Subscription", "quay-operator");
    subscription["metadata"]["name"] = json!("project-quay");
    subscription["spec"] = json!({"name": "project-quay"});
    subscription["status"] = json!({"installedCSV": "quay-operator.v3.15.0"});
    let mut copy = find(&mut objects, "ClusterServiceVersion", "quay-operator.v3.15.0").clone();
    copy["metadata"]["namespace"] = json!("elsewhere");
    copy["metadata"]["labels"] = json!({"olm.copiedFrom": "operators"});
    objects.push(copy);
    let asks = "kubectl patch subscription.operators.coreos.com project-quay -n operators --type=merge -p ";
    let told = plan(&objects);
    assert!(told.contains(&format!("{asks}'{{\"spec\":{{\"installPlanApproval\":\"Manual\"}}}}'")), "{told}");
    assert!(told.contains(&format!("{asks}'{{\"spec\":{{\"installPlanApproval\":\"Automatic\"}}}}'")), "the way back");
    assert!(!told.contains("-n elsewhere --type=json"), "{told}");
    objects.retain(|object| object["kind"] != "Subscription");
    assert!(plan(&objects).contains("# the export holds no Subscription"));
}

#[test]
fn a_directory_is_one_word_of_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export.yaml");
    fs::write(&export, operator::written(&operator::export("3.18", "minimal"), 2)).unwrap();
    let name = "it's mine; rm -rf x";
    let (code, plan, said) = run(&["adopt", "export.yaml", "--registry", "ns/test", "--out", name], folder.path());
    assert_eq!(code, 0, "{said}");
    assert!(plan.contains("quay-render build 'it'\\''s mine; rm -rf x' --out deploy/test"), "{plan}");
    assert!(!plan.contains(&format!(" {name}")), "{plan}");
}
#[test]
fn an_export_may_be_larger_than_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let filler = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "y"}});
    let filler = format!("---\n{filler}\n#{}\n", "x".repeat(5 << 20));
    fs::write(folder.path().join("large.yaml"), filler).unwrap();
    let objects = operator::export("3.15", "minimal");
    let (code, _, said) = adopt(&objects, folder.path(), &["large.yaml"]);
    assert_eq!(code, 0, "{said}");
}
