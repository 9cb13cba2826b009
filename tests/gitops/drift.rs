//! Nothing to apply again: `drift.yaml` lists what an API server fills in and what controllers write. After both, a
//! three-way merge as in Argo CD and kubectl must find every object as it was applied.

use super::inputs::{Form, Registry, every_registry};
use super::world::{items, text};
use serde_json::{Map, Value as Json, json};
use std::sync::LazyLock;

/// The limit of etcd for annotations of applied objects.
const LARGEST: usize = 262_144;

fn table() -> &'static Json {
    static TABLE: LazyLock<Json> = LazyLock::new(|| {
        let text = std::fs::read_to_string("tests/gitops/drift.yaml").unwrap();
        serde_yaml::from_str(&text).unwrap()
    });
    &TABLE
}

/// The parts of a path; the name of an annotation has dots of its own and comes last.
fn parts(path: &str) -> Vec<&str> {
    match path.split_once("annotations.") {
        Some((before, name)) => before.split_terminator('.').chain(["annotations", name]).collect(),
        None => path.split_terminator('.').collect(),
    }
}

/// Calls `see` with each value at a path, with `[*]` for every item; creates the last map if it is missing and `makes`
/// is set.
fn visit(value: &mut Json, path: &[&str], makes: bool, see: &mut dyn FnMut(&mut Json)) {
    let Some((part, rest)) = path.split_first() else { return see(value) };
    let (name, every) = part.strip_suffix("[*]").map_or((*part, false), |name| (name, true));
    let Some(map) = value.as_object_mut() else { return };
    if makes && rest.is_empty() && !every && !map.contains_key(name) {
        map.insert(name.to_owned(), json!({}));
    }
    match map.get_mut(name) {
        Some(Json::Array(items)) if every => items.iter_mut().for_each(|item| visit(item, rest, makes, see)),
        Some(inner) if !every => visit(inner, rest, makes, see),
        _ => {}
    }
}

fn values(object: &Json, path: &str) -> Vec<Json> {
    let mut found = Vec::new();
    visit(&mut object.clone(), &parts(path), false, &mut |value| found.push(value.clone()));
    found
}

fn fits(value: &Json, conditions: &Json) -> bool {
    conditions.as_object().into_iter().flatten().all(|(path, wanted)| values(value, path) == [wanted.clone()])
}

fn of_kind(row: &Json, object: &Json) -> bool {
    items(&row["kinds"]).contains(&object["kind"])
}

/// The object as an API server stores it.
pub fn defaulted(mut object: Json) -> Json {
    for row in items(&table()["defaults"]).iter().filter(|row| of_kind(row, &object)).cloned().collect::<Vec<_>>() {
        visit(&mut object, &parts(text(&row["at"])), false, &mut |value| {
            if !fits(value, &row["when"]) {
                return;
            }
            let Some(map) = value.as_object_mut() else { return };
            for (name, default) in row["set"].as_object().unwrap() {
                let beside = text(default).strip_prefix('=').map(|other| map[other].clone());
                map.entry(name).or_insert(beside.unwrap_or_else(|| default.clone()));
            }
        });
    }
    if !is_custom(&object) {
        without_empty(&mut object);
        canonical(&mut object);
    }
    object
}

/// Empty fields of built-in kinds are not stored.
fn without_empty(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(without_empty),
        Json::Object(map) => {
            // Maps from text to text keep what is empty.
            let kept = |key: &str| matches!(key, "annotations" | "labels" | "matchLabels" | "data");
            map.iter_mut().filter(|(key, _)| !kept(key)).for_each(|(_, value)| without_empty(value));
            let is_empty = |value: &Json| matches!(value, Json::Null) || *value == json!("") || *value == json!([]);
            map.retain(|_, value| !is_empty(value));
        }
        _ => {}
    }
}

/// Quantities of built-in kinds are stored in their shortest form.
fn canonical(value: &mut Json) {
    if let Json::Array(items) = value {
        items.iter_mut().for_each(canonical);
    }
    for (key, value) in value.as_object_mut().into_iter().flatten() {
        if let (true, Some(quantity)) = (matches!(key.as_str(), "cpu" | "memory" | "storage"), value.as_str()) {
            *value = json!(shortest(quantity));
        } else {
            canonical(value);
        }
    }
}

fn shortest(quantity: &str) -> String {
    const UNITS: [(&str, u64, &str); 4] = [("m", 1000, ""), ("Ki", 1024, "Mi"), ("Mi", 1024, "Gi"), ("Gi", 1024, "Ti")];
    let digits = quantity.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let (_, unit) = quantity.split_at(digits.len());
    let number: u64 = digits.parse().unwrap();
    match UNITS.iter().find(|(known, ..)| *known == unit) {
        Some((_, factor, next)) if number.is_multiple_of(*factor) => shortest(&format!("{}{next}", number / factor)),
        _ => quantity.to_owned(),
    }
}

pub fn is_custom(object: &Json) -> bool {
    let group = text(&object["apiVersion"]).split('/').next().unwrap_or_default();
    items(&table()["custom"]).iter().any(|custom| custom == group)
}

/// The object after controllers have written to it.
fn written_back(mut object: Json, scaled: bool) -> Json {
    let whole = object.clone();
    for row in items(&table()["writes"]).iter().filter(|row| of_kind(row, &whole)) {
        if !fits(&whole, &row["when"]) || (row["scaled"] == json!(true) && !scaled) {
            continue;
        }
        visit(&mut object, &parts(text(&row["at"])), true, &mut |value| match value {
            Json::Array(list) if row.get("append").is_some() => list.push(row["append"].clone()),
            Json::Array(list) => list.sort_by_key(|item| fits(item, &row["last"])),
            Json::Object(map) => map.extend(row["set"].as_object().cloned().unwrap_or_default()),
            _ => {}
        });
    }
    object["metadata"]["uid"] = json!("1");
    object["metadata"]["annotations"]["argocd.argoproj.io/tracking-id"] = json!("a");
    object["metadata"]["labels"]["kustomize.toolkit.fluxcd.io/name"] = json!("a");
    object
}

/// The key by which a merge recognizes items of a list; nothing for a list that is compared as a whole.
fn merge_key(field: &str, kind: &str) -> Option<&'static str> {
    match (field, kind) {
        ("ports", "Service") => Some("port"),
        _ => table()["merged"][field].as_str(),
    }
}

/// Where a three-way merge would change the live object.
fn differences(applied: &Json, live: &Json, path: &str, kind: Option<&str>, found: &mut Vec<String>) {
    match (applied, live) {
        (Json::Object(applied), Json::Object(live)) => {
            for (key, value) in applied {
                let path = format!("{path}.{key}");
                match live.get(key) {
                    Some(live) => differences(value, live, &path, kind, found),
                    None => found.push(format!("{path} is gone")),
                }
            }
        }
        (Json::Array(ours), Json::Array(theirs)) => {
            let field = path.rsplit('.').next().unwrap_or_default();
            let Some(key) = kind.and_then(|kind| merge_key(field, kind)) else {
                if ours != theirs {
                    found.push(format!("{path} is {theirs:?}, not {ours:?}"));
                }
                return;
            };
            for item in ours {
                match theirs.iter().find(|other| other[key] == item[key]) {
                    Some(other) => differences(item, other, &format!("{path}[{}]", item[key]), kind, found),
                    None => found.push(format!("{path}[{}] is gone", item[key])),
                }
            }
        }
        (applied, live) if applied != live => found.push(format!("{path} is {live}, not {applied}")),
        _ => {}
    }
}

fn drift(object: &Json, scaled: bool) -> Vec<String> {
    let live = written_back(defaulted(object.clone()), scaled);
    let kind = text(&object["kind"]);
    let mut found = Vec::new();
    differences(
        object,
        &live,
        &format!("{kind} {}", object["metadata"]["name"]),
        (!is_custom(object)).then_some(kind),
        &mut found,
    );
    found
}

fn is_scaled(object: &Json, registry: &Registry) -> bool {
    let mut scalers = registry.values().filter(|it| it["kind"] == "HorizontalPodAutoscaler");
    // At 0 an autoscaler does nothing.
    object["kind"] == "Deployment"
        && object["spec"]["replicas"] != 0
        && scalers.any(|it| it["spec"]["scaleTargetRef"]["name"] == object["metadata"]["name"])
}

fn every_object() -> impl Iterator<Item = (&'static Json, bool)> {
    let registries = every_registry(Form::Directory).chain(every_registry(Form::Layers)).map(|(registry, _)| registry);
    registries.flat_map(|registry| {
        let told =
            registry.files.iter().filter(|(path, _)| path.starts_with("flux/kustomization-")).map(|(_, file)| file);
        registry.values().chain(told).map(move |object| (object, is_scaled(object, registry)))
    })
}

#[test]
fn nothing_is_applied_again() {
    let mut found: Vec<String> = every_object().flat_map(|(object, scaled)| drift(object, scaled)).collect();
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn what_the_catalogue_wants_is_written_and_nothing_that_controllers_own() {
    for (object, _) in every_object() {
        let rows = |list: &str| items(&table()[list][text(&object["kind"])]).iter().map(text).collect::<Vec<_>>();
        let what = || format!("{} {}", object["kind"], object["metadata"]["name"]);
        for path in rows("written") {
            let parent = path.rsplit_once('.').map_or(1, |(parent, _)| values(object, parent).len());
            assert!(values(object, path).len() == parent && parent > 0, "{} lacks {path}", what());
        }
        for path in rows("unwritten") {
            assert!(values(object, path).is_empty(), "{} has {path}", what());
        }
        assert!(object.to_string().len() < LARGEST, "{} is too large", what());
        assert!(object.get("status").is_none() && object["metadata"].get("creationTimestamp").is_none(), "{}", what());
    }
}

/// Each of these differences is found.
#[test]
fn a_difference_is_found() {
    let first = |kind: &str| every_object().find(|(object, _)| object["kind"] == kind).unwrap().0.clone();
    let broken = |kind: &str, path: &str, change: &dyn Fn(&mut Json)| {
        let mut object = first(kind);
        visit(&mut object, &parts(path), true, &mut |value| change(value));
        drift(&object, true).len()
    };
    let remove = |name: &'static str| move |value: &mut Json| drop(value.as_object_mut().map(|map| map.remove(name)));
    assert!(broken("ExternalSecret", "spec.data[*].remoteRef", &remove("metadataPolicy")) > 0);
    let reverse = |value: &mut Json| value.as_array_mut().unwrap().reverse();
    assert_eq!(broken("HorizontalPodAutoscaler", "spec.metrics", &reverse), 1);
    let set = |name: &'static str, to: Json| {
        move |value: &mut Json| {
            drop(value.as_object_mut().map(|map: &mut Map<_, _>| map.insert(name.to_owned(), to.clone())))
        }
    };
    assert_eq!(broken("Deployment", "spec", &set("replicas", json!(1))), 1);
    assert!(
        broken("Deployment", "spec.template.spec.containers[*].resources.limits", &set("memory", json!("8192Mi"))) > 0
    );
    assert_eq!(broken("ObjectBucketClaim", "spec", &set("bucketName", json!(""))), 1);
    assert_eq!(broken("Service", "spec", &set("loadBalancerIP", json!(""))), 1);
}
