//! Entries of a map that decide whether another entry of the same map is secret.

use super::kinds;
use super::tree::Tree;
use crate::object::Value;
use crate::sensitive::name::is_secret_variable;
use crate::sensitive::{assigned, command};
use std::collections::{BTreeMap, BTreeSet};

/// Keys that name the kind of object that another entry of the same map applies to.
const SUBJECTS: &[&str] =
    &["groupversionkind", "gvk", "kind", "resource", "resourcekind", "resourcetype", "target", "targetkind"];
/// Keys of the entries that apply to it.
const CONTENTS: &[&str] = &[
    "body", "content", "data", "json", "manifest", "merge", "object", "overlay", "patch", "patches", "spec",
    "template", "value", "values",
];

/// Hides the entries that are secret because of another one; `kind` is the kind of the enclosing object.
pub(super) fn hide(kind: &str, entries: &mut [(String, Tree)]) {
    hide_variable(entries);
    hide_login(entries);
    hide_arguments(entries);
    hide_patch(entries);
    hide_parameters(kind, entries);
}

/// Hides the value of a variable whose name is that of a secret: `{name: DB_PASSWORD, value: ...}`.
fn hide_variable(entries: &mut [(String, Tree)]) {
    let is_secret = |tree: &Tree| tree.text().is_some_and(is_secret_variable);
    if entries.iter().any(|(key, tree)| assigned::is_name_key(key) && is_secret(tree)) {
        for (_, tree) in entries.iter_mut().filter(|(key, _)| assigned::is_value_key(key)) {
            *tree = tree.veiled();
        }
    }
}

/// Hides the login to a registry: `{auth: dXNlcjpwYXNz}`.
fn hide_login(entries: &mut [(String, Tree)]) {
    let is_login = |(key, tree): &&mut (String, Tree)| tree.text().is_some_and(|it| assigned::is_login(key, it));
    for (_, tree) in entries.iter_mut().filter(is_login) {
        *tree = tree.hidden();
    }
}

/// Hides the values of a container's options that are secret for the program that its command calls.
fn hide_arguments(entries: &mut [(String, Tree)]) {
    let words = |name: &str| -> Vec<&str> {
        let items = match entries.iter().find(|(key, _)| key == name) {
            Some((_, Tree::Seq(items))) => items.as_slice(),
            _ => &[],
        };
        items.iter().map(|item| item.text().unwrap_or_default()).collect()
    };
    let command = words("command");
    if command.is_empty() {
        return;
    }
    let first = command.len();
    let secret = command::arguments(&[command, words("args")].concat());
    let items = entries.iter_mut().filter(|(key, _)| key == "args").flat_map(|(_, tree)| tree.items_mut());
    for (_, item) in (first..).zip(items).filter(|(at, _)| secret.contains(at)) {
        *item = item.hidden();
    }
}

/// Hides a patch if its target may be a Secret, a step of a patch that sets a field of a Secret (`{op: add, path:
/// /data/password, value: ...}`), and any other content for a Secret: `{resource: secrets, body: ...}`.
fn hide_patch(entries: &mut [(String, Tree)]) {
    let is_among = |known: &[&str], key: &str| known.iter().any(|it| it.eq_ignore_ascii_case(key));
    // If the map itself is a Secret, its secrets are hidden already.
    let is_own = |key: &str, tree: &Tree| kinds::is_kind(key) && tree.text().is_some_and(kinds::is_secret);
    let is_subject = |(key, tree): &(String, Tree)| {
        is_among(SUBJECTS, key) && !is_own(key, tree) && subject(tree).is_some_and(kinds::may_be_secret)
    };
    let is_open =
        |(key, tree): &(String, Tree)| key == "target" && matches!(tree, Tree::Map(_)) && subject(tree).is_none();
    let is_data = |(key, tree): &(String, Tree)| {
        key.eq_ignore_ascii_case("path") && tree.text().is_some_and(assigned::is_data_path)
    };
    let hidden: &[&str] = if entries.iter().any(is_subject) {
        CONTENTS
    } else if entries.iter().any(is_open) {
        &["patch"]
    } else if entries.iter().any(is_data) {
        &["value"]
    } else {
        return;
    };
    for (_, tree) in entries.iter_mut().filter(|(key, _)| is_among(hidden, key)) {
        *tree = tree.veiled();
    }
}

/// The kind named by an entry that is a text or a map.
fn subject(tree: &Tree) -> Option<&str> {
    match tree {
        Tree::Scalar(Value::Str(kind)) => Some(kind.as_str()),
        Tree::Map(entries) => entries.iter().find(|(key, _)| kinds::is_kind(key)).and_then(|(_, tree)| subject(tree)),
        _ => None,
    }
}

/// Hides the values of a Template's parameters that one of its Secrets uses.
fn hide_parameters(kind: &str, entries: &mut [(String, Tree)]) {
    if !kind.eq_ignore_ascii_case("Template") {
        return;
    }
    let objects = entries.iter().find(|(key, _)| key == "objects").map(|(_, tree)| tree);
    let names: BTreeSet<String> = objects.iter().flat_map(|tree| tree.secrets()).flat_map(parameters).collect();
    let parameters = entries.iter_mut().filter(|(key, _)| key == "parameters").map(|(_, tree)| tree);
    for parameter in parameters.flat_map(Tree::items_mut) {
        let is_taken = parameter.get("name").is_some_and(|it| it.text().is_some_and(|it| names.contains(it)));
        if let Some(value) = parameter.get_mut("value").filter(|_| is_taken) {
            *value = value.hidden();
        }
    }
}

/// The names of the parameters that a text uses: `${NAME}`, `${{NAME}}`.
fn parameters(text: &str) -> impl Iterator<Item = String> {
    text.split("${").skip(1).filter_map(|part| Some(part.split_once('}')?.0.trim_start_matches('{').trim().to_owned()))
}

/// Merges `stringData` into `data`, as the API server does.
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
