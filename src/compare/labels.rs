//! What the items of a list are called, so that each is compared with itself wherever it stands.

use super::tree::Tree;
use crate::object::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that label the items of a list: the first key that all items have, with values that are all different.
const KEYS: &[&str] = &[
    "name",
    "id",
    "mountPath",
    "containerPort",
    "port",
    "key",
    "path",
    "refId",
    "title",
    "alert",
    "record",
    "host",
    "secretKey",
];

/// The labels of the items of both lists, in their order; `None` if nothing tells the items of one apart.
pub(super) fn both(old: &[Tree], new: &[Tree]) -> Option<(Vec<String>, Vec<String>)> {
    let by_key = KEYS.iter().find_map(|key| Some((labels(old, key)?, labels(new, key)?)));
    by_key.or_else(|| rules(old, new))
}

/// The label of each item, if `key` tells the items apart.
fn labels(items: &[Tree], key: &str) -> Option<Vec<String>> {
    distinct(items.iter().map(|item| text(item.get(key)?)).collect::<Option<_>>()?)
}

fn text(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Scalar(Value::Str(text)) => Some(text.clone()),
        Tree::Scalar(Value::Int(digits)) => Some(digits.clone()),
        Tree::Name(_, base) => Some(base.clone()),
        _ => None,
    }
}

fn distinct(labels: Vec<String>) -> Option<Vec<String>> {
    let different: BTreeSet<&String> = labels.iter().collect();
    (different.len() == labels.len()).then_some(labels)
}

/// Rules of Prometheus, several of which may have one name: `quay:requests:rate5m{objective="pull"}`, with the labels in
/// which those of that name differ.
fn rules(old: &[Tree], new: &[Tree]) -> Option<(Vec<String>, Vec<String>)> {
    let name = |rule: &Tree| text(rule.get("alert").or_else(|| rule.get("record"))?);
    let labels = |rule: &Tree| match rule.get("labels") {
        Some(Tree::Map(labels)) => labels.iter().filter_map(|(key, value)| Some((key.clone(), text(value)?))).collect(),
        _ => BTreeMap::<String, String>::new(),
    };
    let mut telling: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for side in [old, new] {
        let mut first: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for rule in side {
            let (name, own) = (name(rule)?, labels(rule));
            let Some(other) = first.get(&name) else {
                first.insert(name, own);
                continue;
            };
            let differ = own.keys().chain(other.keys()).filter(|key| own.get(*key) != other.get(*key)).cloned();
            telling.entry(name).or_default().extend(differ);
        }
    }
    let label = |rule: &Tree| {
        let (name, own) = (name(rule)?, labels(rule));
        let telling = telling.get(&name).into_iter().flatten();
        let parts = telling.filter_map(|key| Some(format!("{key}={:?}", own.get(key)?))).collect::<Vec<_>>();
        Some(if parts.is_empty() { name } else { format!("{name}{{{}}}", parts.join(",")) })
    };
    let all = |side: &[Tree]| distinct(side.iter().map(label).collect::<Option<_>>()?);
    Some((all(old)?, all(new)?))
}
