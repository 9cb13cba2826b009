//! The examples of `docs/settings-and-patches.md`, tried.

use super::objects_of;
use crate::support;
use crate::support::template;
use quay_render::object::labels::PATCHES;
use serde_json::{Value as Json, json};

const PAGE: &str = include_str!("../../docs/settings-and-patches.md");

/// The `spec` in the first block of YAML after a line of the page.
fn block(behind: &str) -> Json {
    let rest = PAGE.split_once(behind).unwrap_or_else(|| panic!("{behind}")).1;
    let text = rest.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0;
    let document: Json = serde_yaml::from_str(&text.replace("my-registry", "registry")).unwrap();
    document["spec"].clone()
}

#[test]
fn three_replicas_infrastructure_nodes_and_a_larger_volume_are_five_lines() {
    let spec = block("The three commonest");
    let rest = PAGE.split_once("The three commonest").unwrap().1;
    let lines = rest.split_once("```yaml\n").unwrap().1.split_once("```").unwrap().0.lines().count();
    assert!(lines <= 5, "{lines}");
    let objects = objects_of(support::settings::compiled(None, spec.clone()), &spec);
    assert_eq!(objects["HorizontalPodAutoscaler quay-app"]["spec"]["minReplicas"], 3);
    let claim = &objects["PersistentVolumeClaim quay-database"]["spec"];
    assert_eq!(
        (&claim["resources"]["requests"]["storage"], &claim["storageClassName"]),
        (&json!("200Gi"), &json!("fast"))
    );
    let mut pods = 0;
    for (name, object) in objects.iter().filter(|(_, object)| template(object).is_object()) {
        let pod = &template(object)["spec"];
        assert_eq!(pod["nodeSelector"], json!({"node-role.kubernetes.io/infra": ""}), "{name}");
        assert_eq!(
            pod["tolerations"],
            json!([{"key": "node-role.kubernetes.io/infra", "operator": "Exists"}]),
            "{name}"
        );
        pods += 1;
    }
    assert_eq!(pods, 9);
}

#[test]
fn the_patches_of_the_page_land() {
    let spec = block("## Patches");
    let objects = objects_of(support::settings::compiled(None, spec.clone()), &spec);
    let pod = &objects["Deployment quay-app"]["spec"]["template"]["spec"];
    assert_eq!(pod["hostAliases"][0]["hostnames"], json!(["ldap.example.com"]));
    assert_eq!(objects["Route quay"]["metadata"]["annotations"]["example.com/team"], "registry");
    let of = |name: &str| objects[name]["metadata"]["annotations"][PATCHES].clone();
    assert_eq!((of("Deployment quay-app"), of("Route quay")), (json!("spec.patches[0]"), json!("spec.patches[1]")));
}
