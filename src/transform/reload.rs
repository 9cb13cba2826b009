//! Objects that the cluster changes independently of the output: a reloader restarts pods for them.

use super::annotate;
use crate::object::labels::{INJECTED_CA, RELOADED_CONFIG_MAPS, RELOADED_SECRETS};
use crate::object::{Object, Value};
use std::collections::BTreeSet;

/// Where a pod template names an object: its kind, the enclosing field, and the field of the name.
const NAMED: [(&str, &str, &str); 7] = [
    ("Secret", "secret", "secretName"),
    ("Secret", "secret", "name"),
    ("Secret", "secretKeyRef", "name"),
    ("Secret", "secretRef", "name"),
    ("ConfigMap", "configMap", "name"),
    ("ConfigMap", "configMapKeyRef", "name"),
    ("ConfigMap", "configMapRef", "name"),
];

/// Annotates every Deployment, for a reloader, with each Secret and ConfigMap that its pods read and whose content is
/// not in the output: no name or checksum reflects its changes. Must run before names get content suffixes.
pub fn annotate_readers(objects: &mut [Object]) {
    for (kind, annotation) in [("Secret", RELOADED_SECRETS), ("ConfigMap", RELOADED_CONFIG_MAPS)] {
        let known: BTreeSet<String> = objects.iter().filter(|it| holds_content(it, kind)).map(name).collect();
        for object in objects.iter_mut().filter(|object| object.kind() == "Deployment") {
            let mut read = BTreeSet::new();
            if let Some(template) = object.value.at(&["spec", "template"]) {
                collect(template, kind, &mut read);
            }
            let changing: Vec<&str> = read.difference(&known).map(String::as_str).collect();
            if !changing.is_empty() {
                annotate(object, annotation, &changing.join(","));
            }
        }
    }
}

fn name(object: &Object) -> String {
    object.name().to_owned()
}

/// Whether an object is of a kind and has the same content that pods will see.
fn holds_content(object: &Object, kind: &str) -> bool {
    object.kind() == kind && object.value.at(&["metadata", "annotations", INJECTED_CA]).is_none()
}

fn collect(value: &Value, kind: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Seq(items) => items.iter().for_each(|item| collect(item, kind, found)),
        Value::Map(map) => {
            for (key, value) in map.iter() {
                let named = NAMED.iter().filter(|(of, field, _)| *of == kind && *field == key);
                let names = named.filter_map(|(.., name)| value.at(&[name]).and_then(Value::as_str));
                found.extend(names.map(str::to_owned));
                collect(value, kind, found);
            }
        }
        _ => {}
    }
}
