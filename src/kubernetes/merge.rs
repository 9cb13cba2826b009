//! Merges values like a strategic merge of Kubernetes.

use super::{Form, Kind};
use crate::object::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Fields of which a value has only one: a new one replaces the old. In a Volume that is every field but the name.
pub(super) const ONE_OF: &[(&str, &[&str])] = &[
    ("EnvVar", &["value", "valueFrom"]),
    ("EnvVarSource", &["configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"]),
    ("LifecycleHandler", &["exec", "httpGet", "sleep", "tcpSocket"]),
    ("Probe", &["exec", "grpc", "httpGet", "tcpSocket"]),
];
/// A deployment strategy of one type has no settings of another.
const STRATEGY: &str = "DeploymentStrategy";

/// Merges a value of a type over another: fields and members are merged, and list items with the same key; any other
/// value is replaced. Null removes the value below.
#[must_use]
pub fn merge(below: Option<Value>, above: Value, kind: Kind) -> Value {
    match (kind.form(), above) {
        (Form::Fields | Form::Map | Form::Names, Value::Map(upper)) => {
            let map = match below {
                Some(Value::Map(map)) => map,
                _ => Map::new(),
            };
            members(map, upper, kind).into()
        }
        (Form::List, Value::Seq(upper)) => match (below, kind.key().zip(kind.inner())) {
            (Some(Value::Seq(items)), Some((key, inner))) => Value::Seq(by_key(items, upper, key, inner)),
            (_, inner) => {
                let inner = inner.map(|(_, inner)| inner).or(kind.inner()).unwrap_or(kind);
                Value::Seq(upper.into_iter().map(|item| merge(None, item, inner)).collect())
            }
        },
        (_, above) => above,
    }
}

fn members(mut map: Map, upper: Map, kind: Kind) -> Map {
    drop_others(&mut map, &upper, kind);
    let mut gone = BTreeSet::new();
    for (name, value) in upper {
        let below = map.get_mut(&name).map(|below| std::mem::replace(below, Value::Null));
        let inner = kind.field(&name).map(|field| field.kind).or(kind.inner());
        match (value, inner) {
            (Value::Null, _) => drop(gone.insert(name)),
            (value, Some(inner)) => drop(map.insert(name, merge(below, value, inner))),
            (value, None) => drop(map.insert(name, value)),
        }
    }
    if gone.is_empty() {
        return map;
    }
    map.into_iter().filter(|(name, _)| !gone.contains(name)).collect()
}

/// Removes the fields that a new value of a one-of field replaces.
fn drop_others(map: &mut Map, upper: &Map, kind: Kind) {
    let given = |name: &str| upper.get(name).is_some_and(|value| *value != Value::Null);
    let others: Vec<&str> = match kind.as_str() {
        "Volume" => kind.fields().iter().map(|field| field.name).filter(|name| *name != "name").collect(),
        STRATEGY if upper.get("type").is_some() && upper.get("type") != map.get("type") => {
            drop(map.remove("rollingUpdate"));
            return;
        }
        name => ONE_OF.iter().find(|(owner, _)| *owner == name).map(|(_, fields)| fields.to_vec()).unwrap_or_default(),
    };
    if others.iter().any(|name| given(name)) {
        for name in others.iter().filter(|name| !given(name)) {
            map.remove(name);
        }
    }
}

fn by_key(mut items: Vec<Value>, upper: Vec<Value>, key: &str, inner: Kind) -> Vec<Value> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    // A port is a number; a text with the same digits is another key.
    let name = |item: &Value| match item.at(&[key])? {
        Value::Str(text) => Some(format!("text {text}")),
        Value::Int(digits) => Some(format!("number {digits}")),
        _ => None,
    };
    for (place, item) in items.iter().enumerate() {
        if let Some(name) = name(item) {
            places.entry(name).or_insert(place);
        }
    }
    for item in upper {
        let name = name(&item);
        match name.as_ref().and_then(|name| items.get_mut(*places.get(name)?)) {
            Some(known) => *known = merge(Some(std::mem::replace(known, Value::Null)), item, inner),
            None => {
                places.extend(name.map(|name| (name, items.len())));
                items.push(merge(None, item, inner));
            }
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn value(text: &str) -> Value {
        let origin = yaml::Origin { file: "", within: None };
        let documents = yaml::parse_own(text, &origin, &mut crate::diagnostic::Diagnostics::new());
        documents[0].root.to_value()
    }

    #[test]
    fn values_are_laid_over_values_as_their_types_say() {
        for (kind, below, above, merged) in [
            (
                "list of EnvVar by name",
                "[{name: a, value: x}, {name: b, value: y}]",
                "[{name: b, value: z}, {name: c, value: w}]",
                "[{name: a, value: x}, {name: b, value: z}, {name: c, value: w}]",
            ),
            (
                "list of EnvVar by name",
                "[{name: a, value: x}]",
                "[{name: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
                "[{name: a, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
            ),
            ("list of Toleration", "[{key: a}]", "[{key: b}]", "[{key: b}]"),
            (
                "ResourceRequirements",
                "{limits: {cpu: '2', memory: 8Gi}}",
                "{limits: {cpu: null, memory: 4Gi}}",
                "{limits: {memory: 4Gi}}",
            ),
            ("ResourceRequirements", "{}", "{limits: {cpu: null}}", "{limits: {}}"),
            (
                "Probe",
                "{tcpSocket: {port: 1}, periodSeconds: 5}",
                "{httpGet: {port: 2}}",
                "{periodSeconds: 5, httpGet: {port: 2}}",
            ),
            (
                "Probe",
                "{tcpSocket: {port: 1}, periodSeconds: 5}",
                "{periodSeconds: 6}",
                "{tcpSocket: {port: 1}, periodSeconds: 6}",
            ),
            (
                "list of Volume by name",
                "[{name: a, emptyDir: {}}]",
                "[{name: a, secret: {secretName: s}}]",
                "[{name: a, secret: {secretName: s}}]",
            ),
            (
                "DeploymentStrategy",
                "{type: RollingUpdate, rollingUpdate: {maxSurge: 1}}",
                "{type: Recreate}",
                "{type: Recreate}",
            ),
            ("labels", "{a: b, e: f}", "{c: d, a: null}", "{e: f, c: d}"),
            (
                "list of ContainerPort by containerPort",
                "[{containerPort: 80, name: a}, {containerPort: 81}]",
                "[{containerPort: 80, name: b}, {containerPort: 82}]",
                "[{containerPort: 80, name: b}, {containerPort: 81}, {containerPort: 82}]",
            ),
        ] {
            assert_eq!(merge(Some(value(below)), value(above), Kind::new(kind)), value(merged), "{kind}: {above}");
        }
    }
}
