//! Outputs with settings, checked by the strict schemas of the oldest, the default and the newest Kubernetes.

use super::programs::Python;
use crate::support::{self, every_field::Dice};
use quay_render::catalog::Catalog;
use quay_render::kubernetes::settings::{Setting, settings};
use serde_json::{Map, Value as Json, json};

const VERSIONS: [(&str, Python); 4] = [
    ("1.18", Python::OldKubernetes),
    ("1.24", Python::OldKubernetes),
    ("1.33", Python::Kubernetes),
    ("1.37", Python::Kubernetes),
];
/// How many registries with random settings.
const ROUNDS: u64 = 12;

fn example(setting: &Setting) -> (String, Json) {
    (setting.name.to_owned(), serde_json::from_str(setting.example).unwrap())
}

/// Some settings of every component, and of all pods.
fn some(dice: &mut Dice) -> (Json, Json) {
    let release = Catalog::shipped().unwrap();
    let mut components = Map::new();
    for (name, targets, _) in release.settings() {
        let all = targets.settings();
        let kept = all.into_iter().filter(|setting| {
            // One account is made once, a mount needs its volume, and grpc and the like their version.
            let is_alone = matches!(setting.name, "serviceAccount" | "volumeMounts" | "replicas" | "accessModes");
            !is_alone && dice.below(3) > 0
        });
        let mut own: Map<String, Json> = kept.map(example).collect();
        // What several settings lay on one object is laid once.
        for (one, other) in [("labels", "podLabels"), ("labels", "serviceLabels")] {
            if own.contains_key(one) {
                own.remove(other);
            }
        }
        if name == "quay" && dice.below(2) > 0 {
            own.remove("autoscaler");
            own.insert("autoscaler".to_owned(), json!(false));
            own.insert("replicas".to_owned(), json!(3));
        }
        components.insert(name.to_owned(), own.into());
    }
    let pods = settings().iter().filter(|setting| setting.is_of_pods && dice.below(2) > 0);
    (components.into(), pods.map(example).collect::<Map<_, _>>().into())
}

fn objects(version: &str, components: &Json, pods: &Json) -> Vec<Json> {
    let compiled = support::settings::compiled(Some(version), json!({"components": components, "pods": pods}));
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let rendered = compiled.registry.unwrap_or_else(|| panic!("{version} {components} {pods}: {said:#?}"));
    rendered.objects.iter().map(|object| serde_json::to_value(&object.value).unwrap()).collect()
}

#[test]
fn what_is_rendered_with_settings_fits_the_strict_schemas() {
    let mut dice = Dice::new(17);
    let mut batches: Vec<(Python, Json)> = Vec::new();
    for _ in 0..ROUNDS {
        let (components, pods) = some(&mut dice);
        let fresh = objects("1.33", &json!({}), &json!({}));
        for (version, python) in VERSIONS {
            let all = objects(version, &components, &pods);
            let changed: Vec<Json> = all.into_iter().filter(|object| !fresh.contains(object)).collect();
            assert!(changed.len() > 5, "{version}: {}", changed.len());
            batches.push((python, json!({"version": version, "objects": changed})));
        }
    }
    let mut problems = Vec::new();
    for python in [Python::Kubernetes, Python::OldKubernetes] {
        let own: Vec<&Json> = batches.iter().filter(|(of, _)| *of == python).map(|(_, batch)| batch).collect();
        problems.extend(python.ask("schemas", &json!(own)));
    }
    problems.sort();
    problems.dedup();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
