//! Random patches compared with kustomize: both give the same result, except for the order of lists with keys.

use super::programs::kubectl;
use crate::support::{self, every_field::Dice};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;

/// How many rounds there are, and how many objects are patched in each.
const ROUNDS: u64 = 40;
const PATCHES: &str = "quay-render.dev/patches";

/// The objects of a registry with some patches, by kind and name.
fn rendered(patches: &[Json]) -> Option<BTreeMap<String, Json>> {
    let compiled = support::settings::compiled(None, json!({"patches": patches}));
    let objects = compiled.registry?.objects;
    let all = objects.iter().map(|object| {
        let mut value = serde_json::to_value(&object.value).unwrap();
        let annotations = value["metadata"]["annotations"].as_object_mut();
        if let Some(annotations) = annotations {
            annotations.remove(PATCHES);
        }
        (format!("{} {}", object.kind(), object.base_name), value)
    });
    Some(all.collect())
}

/// The key by which kustomize recognizes the items of a list in a pod.
fn key(list: &str) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "ports" => Some("containerPort"),
        "hostAliases" => Some("ip"),
        "topologySpreadConstraints" => Some("topologyKey"),
        _ => None,
    }
}

/// The same with the items of such lists sorted by key, and without empty maps of annotations.
fn ordered(value: &Json, name: &str) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.iter().filter(|(key, value)| !(*key == "annotations" && **value == json!({})));
            kept.map(|(key, value)| (key.clone(), ordered(value, key))).collect::<serde_json::Map<_, _>>().into()
        }
        Json::Array(items) => {
            let mut items: Vec<Json> = items.iter().map(|item| ordered(item, "")).collect();
            if let Some(key) = key(name) {
                items.sort_by_key(|item| item[key].to_string());
            }
            items.into()
        }
        other => other.clone(),
    }
}

/// Something to add to a pod, its container or its object, or to remove from it.
fn merge(dice: &mut Dice, container: &str) -> Json {
    let of_pod = |pod: Json| json!({"spec": {"template": {"spec": pod}}});
    let of_container = |mut it: Json| {
        it["name"] = json!(container);
        of_pod(json!({"containers": [it]}))
    };
    let number = dice.below(4);
    match dice.below(14) {
        0 => json!({"metadata": {"annotations": {format!("example.com/{number}"): "x"}, "labels": {"team": "a"}}}),
        1 => of_pod(json!({"hostAliases": [{"ip": format!("10.0.0.{number}"), "hostnames": ["a", "b"]}]})),
        2 => of_pod(json!({"tolerations": [{"key": format!("k{number}"), "operator": "Exists"}]})),
        3 => of_pod(json!({"volumes": [{"name": format!("v{number}"), "emptyDir": {"sizeLimit": "1Gi"}}]})),
        4 => of_pod(json!({"volumes": [{"name": format!("v{number}"), "$patch": "delete"}]})),
        5 => of_pod(json!({"initContainers": [{"name": format!("i{number}"), "image": "x", "args": ["a"]}]})),
        6 => of_pod(
            json!({"containers": [{"name": format!("c{number}"), "image": "x", "env": [{"name": "A", "value": "1"}]}]}),
        ),
        7 => of_container(json!({"env": [{"name": format!("E{number}"), "value": format!("{}", dice.below(3))}]})),
        8 => of_container(
            json!({"env": [{"name": format!("E{number}"), "value": null, "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}),
        ),
        9 => of_container(json!({"lifecycle": {"preStop": {"exec": {"command": ["true", format!("{number}")]}}}})),
        10 => of_container(json!({"resources": {"limits": {"cpu": format!("{}", number + 4), "memory": null}}})),
        11 => of_container(json!({"terminationMessagePath": if number > 1 { json!("/x") } else { Json::Null }})),
        12 => json!({"spec": {"template": {"metadata": {"annotations": {"a": format!("{number}")}}}}}),
        _ => of_container(json!({"securityContext": {"$patch": "replace", "runAsNonRoot": true}})),
    }
}

/// The same as operations.
fn operations(dice: &mut Dice) -> Json {
    let pod = "/spec/template/spec";
    match dice.below(4) {
        0 => {
            json!([{"op": "add", "path": format!("{pod}/dnsPolicy"), "value": "Default"}, {"op": "test", "path": format!("{pod}/dnsPolicy"), "value": "Default"}])
        }
        1 => {
            json!([{"op": "add", "path": format!("{pod}/containers/0/env/-"), "value": {"name": format!("J{}", dice.below(9)), "value": "x"}}])
        }
        2 => {
            json!([{"op": "add", "path": format!("{pod}/schedulerName"), "value": "a"}, {"op": "copy", "from": format!("{pod}/schedulerName"), "path": format!("{pod}/hostname")}, {"op": "remove", "path": format!("{pod}/schedulerName")}])
        }
        _ => {
            json!([{"op": "add", "path": format!("{pod}/nodeSelector"), "value": {"a/b": "c"}}, {"op": "replace", "path": format!("{pod}/nodeSelector/a~1b"), "value": "d"}])
        }
    }
}

#[test]
fn random_patches_are_laid_as_kustomize_lays_them() {
    let mut dice = Dice::new(29);
    let fresh = rendered(&[]).unwrap();
    let pods: Vec<&String> = fresh.keys().filter(|name| name.starts_with("Deployment ")).collect();
    let mut laid = 0;
    for round in 0..ROUNDS {
        let object = pods[dice.below(pods.len())];
        let (kind, name) = object.split_once(' ').unwrap();
        let container = fresh[object]["spec"]["template"]["spec"]["containers"][0]["name"].as_str().unwrap();
        let patch = |dice: &mut Dice| {
            let patch = if dice.below(4) == 0 { operations(dice) } else { merge(dice, container) };
            json!({"target": {"kind": kind, "name": name}, "patch": patch})
        };
        let patches: Vec<Json> = (0..=dice.below(4)).map(|_| patch(&mut dice)).collect();
        let Some(own) = rendered(&patches) else { continue };
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("object.yaml"), serde_yaml::to_string(&fresh[object]).unwrap()).unwrap();
        let texts = patches.iter().map(|patch| {
            let mut it = patch["patch"].clone();
            if let Some(map) = it.as_object_mut() {
                map.insert("apiVersion".to_owned(), "apps/v1".into());
                map.insert("kind".to_owned(), kind.into());
                map.entry("metadata").or_insert(json!({}))["name"] = name.into();
            }
            json!({"target": patch["target"], "patch": serde_yaml::to_string(&it).unwrap()})
        });
        let kustomization = json!({"resources": ["object.yaml"], "patches": texts.collect::<Vec<_>>()});
        fs::write(folder.path().join("kustomization.yaml"), serde_yaml::to_string(&kustomization).unwrap()).unwrap();
        let stream = kubectl(&["kustomize", folder.path().to_str().unwrap()]);
        let theirs = Json::deserialize(serde_yaml::Deserializer::from_str(&stream)).unwrap();
        assert_eq!(ordered(&own[object], ""), ordered(&theirs, ""), "{round}: {patches:#?}");
        // And nothing else changes.
        assert!(own.iter().all(|(name, value)| name == object || fresh[name] == *value), "{round}");
        laid += 1;
    }
    assert!(laid > ROUNDS / 2, "{laid}");
}
