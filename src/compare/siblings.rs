//! What one entry of a map says of another: whether it holds a secret.

use super::tree::Tree;
use crate::object::Value;
use crate::sensitive::name::is_secret_variable;
use std::collections::{BTreeMap, BTreeSet};

/// A variable's value is secret where its name says so: `{name: DB_PASSWORD, value: ...}`.
pub(super) fn hide_variable(entries: &mut [(String, Tree)]) {
    let name = entries.iter().find(|(key, _)| key == "name").map(|(_, tree)| tree.masked());
    if name.as_ref().and_then(Value::as_str).is_some_and(is_secret_variable) {
        for (_, tree) in entries.iter_mut().filter(|(key, _)| key == "value") {
            *tree = tree.hidden();
        }
    }
}

/// A patch is secret where a Secret is its target, and a step of one where it sets what a Secret has:
/// `{op: add, path: /data/password, value: ...}`.
pub(super) fn hide_patch(entries: &mut [(String, Tree)]) {
    let is_data = |path: &str| ["/data", "/stringData"].iter().any(|front| path.starts_with(front));
    let hidden = entries.iter().find_map(|(key, tree)| match (key.as_str(), tree) {
        ("target", target) if target.is_of_secret() => Some("patch"),
        ("path", Tree::Scalar(Value::Str(path))) if is_data(path) => Some("value"),
        _ => None,
    });
    for (_, tree) in entries.iter_mut().filter(|(key, _)| Some(key.as_str()) == hidden) {
        *tree = tree.veiled();
    }
}

/// The values of a Template's parameters are secret where a Secret of it takes them.
pub(super) fn hide_parameters(kind: &str, entries: &mut [(String, Tree)]) {
    if !kind.eq_ignore_ascii_case("Template") {
        return;
    }
    let objects = entries.iter().find(|(key, _)| key == "objects").map(|(_, tree)| tree);
    let names: BTreeSet<String> = objects.iter().flat_map(|tree| tree.secrets()).flat_map(parameters).collect();
    let parameters = entries.iter_mut().filter(|(key, _)| key == "parameters").map(|(_, tree)| tree);
    for parameter in parameters.flat_map(Tree::items_mut) {
        let is_taken =
            parameter.get("name").is_some_and(|it| it.masked().as_str().is_some_and(|it| names.contains(it)));
        if let Some(value) = parameter.get_mut("value").filter(|_| is_taken) {
            *value = value.hidden();
        }
    }
}

/// The names of the parameters that a text takes: `${NAME}`, `${{NAME}}`.
fn parameters(text: &str) -> impl Iterator<Item = String> {
    text.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0.trim_start_matches('{').trim().to_owned()))
}

/// A Secret as the API server keeps it: what stands in `stringData` is part of `data`.
pub(super) fn join_data(entries: &mut Vec<(String, Tree)>) {
    let place = |entries: &[(String, Tree)], name: &str| {
        entries.iter().position(|(key, tree)| key == name && matches!(tree, Tree::Map(_)))
    };
    let Some(at) = place(entries, "stringData") else { return };
    let Some(of) = place(entries, "data") else {
        let is_alone = entries.iter().all(|(key, _)| key != "data");
        if let Some((key, _)) = entries.get_mut(at).filter(|_| is_alone) {
            "data".clone_into(key);
        }
        return;
    };
    let (_, texts) = entries.remove(at);
    let of = if at < of { of - 1 } else { of };
    if let (Tree::Map(texts), Some((_, Tree::Map(data)))) = (texts, entries.get_mut(of)) {
        let mut texts: BTreeMap<String, Tree> = texts.into_iter().collect();
        for (key, tree) in data.iter_mut() {
            if let Some(text) = texts.remove(key) {
                *tree = text;
            }
        }
        data.extend(texts);
    }
}
