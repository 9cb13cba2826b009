//! One item of a ResourceList: its identity, its file, and its annotations.

use crate::object::Identity;
use crate::sensitive;
use crate::yaml::Raw;
use std::collections::BTreeSet;

/// The annotation that keeps an item from being applied.
pub(super) const LOCAL: &str = "config.kubernetes.io/local-config";
/// The annotations with the file of an item, the current one and the older one.
pub(super) const PATH: [&str; 2] = ["internal.config.kubernetes.io/path", "config.kubernetes.io/path"];
/// Those with its number in that file, from 0.
pub(super) const INDEX: [&str; 2] = ["internal.config.kubernetes.io/index", "config.kubernetes.io/index"];
/// Those by which kpt and kustomize recognize an item.
const TRACKING: [&str; 3] = ["config.k8s.io/id", "config.kubernetes.io/id", "kustomize.config.k8s.io/id"];
const INTERNAL: &str = "internal.config.kubernetes.io/";

/// The identity of an object.
pub(super) fn identity(object: &Raw) -> Identity {
    Identity::of(|path| object.str_at(path))
}

/// Whether an object has this API version and kind.
pub(super) fn is(object: &Raw, api_version: &str, kind: &str) -> bool {
    object.str_at(&["apiVersion"]) == api_version && object.str_at(&["kind"]) == kind
}

/// An annotation; empty if there is none.
pub(super) fn annotation<'a>(object: &'a Raw, name: &str) -> &'a str {
    object.str_at(&["metadata", "annotations", name])
}

/// Sets an annotation. Returns false if the object has no place for it.
pub(super) fn annotate(object: &mut Raw, name: &str, value: &str) -> bool {
    let Some(annotations) = object.map_mut("metadata").and_then(|metadata| metadata.map_mut("annotations")) else {
        return false;
    };
    if annotations.str_at(&[name]) != value {
        annotations.set(name, Raw::text(value));
    }
    true
}

/// The file of an item, if it has one. Results and reports show it, so a path that may hold a secret is ignored.
pub(super) fn path(object: &Raw) -> Option<&str> {
    let is_path = |path: &&str| !path.is_empty() && sensitive::is_harmless(path, true);
    PATH.iter().map(|name| annotation(object, name)).find(is_path)
}

/// Its number in that file.
pub(super) fn index(object: &Raw) -> u64 {
    INDEX.iter().find_map(|name| annotation(object, name).parse().ok()).unwrap_or_default()
}

/// The name of each item in a diagnostic: its file, and its number there unless that is the first. All names differ.
pub(super) fn names(items: &[Raw]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let name = |(number, item): (usize, &Raw)| {
        let name = match (path(item), index(item)) {
            (Some(path), 0) => path.to_owned(),
            (Some(path), index) => format!("{path}[{index}]"),
            (None, _) => format!("items[{number}]"),
        };
        let name = if seen.insert(name.clone()) { name } else { format!("items[{number}] of {name}") };
        seen.insert(name.clone());
        name
    };
    items.iter().enumerate().map(name).collect()
}

/// Copies the file and other tracking annotations of its predecessor to an object.
pub(super) fn take_over(object: &mut Raw, predecessor: &Raw) {
    let Some(old) = predecessor.at(&["metadata", "annotations"]) else { return };
    let tracks = |name: &str| {
        let known = PATH.iter().chain(&INDEX).chain(&TRACKING);
        name.starts_with(INTERNAL) || known.into_iter().any(|known| *known == name)
    };
    for (name, value) in old.entries().filter(|(name, _)| tracks(name)) {
        if let Some(annotations) = object.map_mut("metadata").and_then(|metadata| metadata.map_mut("annotations")) {
            annotations.set(name, value.clone());
        }
    }
}

/// Sets the file that an object is to be written to.
pub(super) fn place(object: &mut Raw, path: &str, index: u64) {
    let index = index.to_string();
    for (names, value) in [(PATH, path), (INDEX, index.as_str())] {
        for name in names {
            annotate(object, name, value);
        }
    }
}
