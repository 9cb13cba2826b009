use super::{objects, objects_of, shaped};
use quay_render::catalog::Catalog;
use quay_render::kubernetes::shapes;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn production(components: &Json) -> BTreeMap<String, Json> {
    objects_of(shaped("production", components, &json!({})), components)
}

/// The component's own container.
fn container<'o>(objects: &'o BTreeMap<String, Json>, name: &str) -> &'o Json {
    &objects[name]["spec"]["template"]["spec"]["containers"][0]
}

#[test]
fn production_gives_pods_room_and_company_and_leaves_jobs_and_identities_alone() {
    let (operator, production) = (objects(&json!({}), &json!({})), production(&json!({})));
    let is_more = |name: &&String| {
        // The account of the migration is there in both shapes.
        ["NetworkPolicy ", "PodDisruptionBudget ", "ServiceAccount "].iter().any(|kind| name.starts_with(kind))
            && *name != "ServiceAccount quay-app-upgrade"
            || ["Service mirror-metrics", "Service clair-metrics"].contains(&name.as_str())
    };
    let kept: Vec<_> = production.keys().filter(|name| !is_more(name)).collect();
    assert_eq!(operator.keys().collect::<Vec<_>>(), kept);
    for (name, object) in production.iter().filter(|(name, _)| !is_more(name)) {
        assert_eq!(object["spec"].get("selector"), operator[name]["spec"].get("selector"), "{name}");
        if name.starts_with("PersistentVolumeClaim ") {
            assert_eq!(*object, operator[name]);
        }
        let of_job = |objects: &BTreeMap<String, Json>| {
            let requests = &container(objects, name)["resources"]["requests"];
            ["cpu", "memory"].map(|resource| requests[resource].clone())
        };
        if name == "Job quay-app-upgrade" {
            assert_eq!(of_job(&production), of_job(&operator));
        }
        if name.starts_with("Deployment ") {
            let requests = &container(&production, name)["resources"]["requests"];
            assert!(requests["cpu"].is_string() && requests["memory"].is_string(), "{name}");
        }
    }
    for name in ["quay-app", "clair-app", "quay-mirror"] {
        let object = &production[&format!("Deployment {name}")];
        let term = &object["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
            [0]["podAffinityTerm"];
        let labels = term["labelSelector"]["matchLabels"].as_object().unwrap();
        let own = object["spec"]["template"]["metadata"]["labels"].as_object().unwrap();
        assert!(labels.iter().all(|(key, value)| own.get(key) == Some(value)), "{name}: {labels:?}");
        assert_eq!(labels["quay-operator/quayregistry"], "registry");
    }
    assert_eq!(production["HorizontalPodAutoscaler quay-app"]["spec"]["minReplicas"], 2);
    assert!(production["Deployment quay-app"]["spec"].get("replicas").is_none());
}

#[test]
fn what_is_set_is_laid_over_the_shape() {
    let own = json!({
        "quay": {"autoscaler": false},
        "clair": {"replicas": 1, "resources": {"limits": {"cpu": null}}},
        "clairpostgres": {"env": [{"name": "POSTGRESQL_MAX_CONNECTIONS", "value": "500"}]},
    });
    let objects = production(&own);
    assert_eq!(objects["Deployment quay-app"]["spec"]["replicas"], 2);
    assert_eq!(objects["Deployment clair-app"]["spec"]["replicas"], 1);
    assert_eq!(
        container(&objects, "Deployment clair-app")["resources"]["limits"],
        json!({"memory": "16Gi", "ephemeral-storage": "50Gi"})
    );
    let env = container(&objects, "Deployment clair-postgres")["env"].as_array().unwrap();
    assert!(env.contains(&json!({"name": "POSTGRESQL_MAX_CONNECTIONS", "value": "500"})), "{env:?}");
}

#[test]
fn every_row_of_a_shape_is_a_setting_of_its_component() {
    let release = Catalog::shipped().unwrap();
    for row in shapes::rows() {
        let of = release.settings().find(|(name, ..)| *name == row.component);
        assert!(of.is_some_and(|(_, targets, _)| targets.take(row.setting)), "{}.{}", row.component, row.setting.name);
    }
}
