//! What the registries of a fleet share, and what they must not have in common.
//!
//! A fleet is one cluster. Each registry is compiled by itself, as if it were alone; here is checked whether they can
//! coexist.

use crate::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Outline;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Identity, Map, Object, Value};
use crate::output::{self, File, FileSet};
use std::collections::{BTreeMap, BTreeSet};

/// The component that renders a Namespace.
const COMPONENT: &str = "namespace";

/// What is kept of a registry after it is compiled.
pub struct Facts {
    /// Its folder in the fleet.
    folder: String,
    /// Its name and namespace.
    identity: (String, String),
    /// Where its name is written.
    at: Location,
    hosts: BTreeSet<String>,
    objects: BTreeSet<Identity>,
    /// The Namespace that it shares with others.
    shared: Option<Object>,
}

/// The namespaces for which several registries render the Namespace.
#[must_use]
pub fn shared_namespaces<'a>(outlines: impl Iterator<Item = &'a Outline>) -> BTreeSet<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for outline in outlines.filter(|outline| outline.renders_namespace) {
        *counts.entry(&outline.namespace).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(namespace, _)| namespace.to_owned()).collect()
}

/// Removes a shared Namespace from a registry, and returns the facts about the rest.
#[must_use]
pub fn take(folder: &str, rendered: &mut Rendered, shared: &BTreeSet<String>) -> Facts {
    let is_shared = |object: &Object| object.kind() == "Namespace" && shared.contains(object.name());
    let found = rendered.objects.iter().position(is_shared);
    let namespace = found.map(|at| rendered.objects.remove(at));
    let resolved = &rendered.resolved;
    let objects = rendered.objects.iter().chain(&rendered.kustomizations);
    let hosts = [Some(&resolved.hostname), resolved.editor_hostname.as_ref(), resolved.builder_hostname.as_ref()];
    Facts {
        folder: folder.to_owned(),
        identity: (resolved.namespace.clone(), resolved.name.clone()),
        at: rendered.model.registry.name.at.clone(),
        hosts: hosts.into_iter().flatten().map(|host| host.text().to_lowercase()).collect(),
        objects: objects.map(|object| Identity::of_value(&object.value).base()).collect(),
        shared: namespace,
    }
}

/// Reports which registries cannot be in the same cluster. `others` are those that were not compiled, by their folders.
#[must_use]
pub fn collisions<'a>(facts: &[Facts], others: impl Iterator<Item = (&'a str, &'a Outline)>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let mut registries: BTreeMap<(String, String), String> = BTreeMap::new();
    for (folder, outline) in others {
        registries.insert((outline.namespace.clone(), outline.name.clone()), folder.to_owned());
    }
    let (mut hosts, mut objects) = (BTreeMap::new(), BTreeMap::new());
    for registry in facts {
        let (namespace, name) = &registry.identity;
        if let Some(other) = registries.get(&registry.identity) {
            let message = format!("registry {namespace}/{name} is in the folder {other} too");
            found.push(collision(registry, message, "give one of them another name or namespace"));
            // Two registries of one name have everything in common, which this message covers.
            continue;
        }
        registries.insert(registry.identity.clone(), registry.folder.clone());
        for host in &registry.hosts {
            if let Some(other) = hosts.insert(host, &registry.folder) {
                let message = format!("the host {host} is also that of the registry in the folder {other}");
                found.push(collision(registry, message, "give one of them another SERVER_HOSTNAME"));
            }
        }
        for object in &registry.objects {
            if let Some(other) = objects.insert(object, &registry.folder) {
                let message = format!("{object} is also rendered by the registry in the folder {other}");
                found.push(collision(registry, message, "give one of the registries another name"));
            }
        }
    }
    found
}

fn collision(registry: &Facts, message: String, hint: &str) -> Diagnostic {
    Diagnostic::new(codes::FLEET_COLLISION, message).at(registry.at.clone()).hint(hint)
}

/// The Namespaces that several registries share, each once.
#[must_use]
pub fn namespaces(facts: &[Facts]) -> Vec<Object> {
    let mut found: BTreeMap<&str, Value> = BTreeMap::new();
    for object in facts.iter().filter_map(|registry| registry.shared.as_ref()) {
        match found.get_mut(object.name()) {
            Some(namespace) => unite(namespace, &object.value),
            None => _ = found.insert(object.name(), object.value.clone()),
        }
    }
    let of_nobody = |mut value: Value| {
        // It belongs to no single registry.
        if let Some(metadata) = value.as_map_mut().and_then(|root| root.get_mut("metadata")?.as_map_mut())
            && let Some(labels) = metadata.get_mut("labels").and_then(Value::as_map_mut)
        {
            labels.remove(REGISTRY_LABEL);
            if labels.is_empty() {
                metadata.remove("labels");
            }
        }
        Object::new(COMPONENT, value)
    };
    found.into_values().map(of_nobody).collect()
}

/// Adds the labels and annotations of one Namespace to another of the same name: all registries get what one needs.
fn unite(namespace: &mut Value, other: &Value) {
    for part in ["labels", "annotations"] {
        let Some(entries) = other.at(&["metadata", part]).and_then(Value::as_map) else { continue };
        let Some(metadata) = namespace.as_map_mut().and_then(|root| root.get_mut("metadata")?.as_map_mut()) else {
            continue;
        };
        if !metadata.contains(part) {
            metadata.insert(part, Map::new());
        }
        let Some(map) = metadata.get_mut(part).and_then(Value::as_map_mut) else { continue };
        for (name, value) in entries.iter() {
            map.insert(name, value.clone());
        }
        map.sort();
    }
}

/// The release for what all registries share: the newest of theirs.
#[must_use]
pub fn release<'a>(outlines: impl Iterator<Item = &'a Outline>) -> String {
    outlines.map(|outline| outline.release.as_str()).max().unwrap_or_default().to_owned()
}

/// The file that lists the directories of a fleet's output, so that a run can tell which are no longer part of it.
pub const LIST: &str = "quay-render.fleet";

/// The files in the top directory: the list of the others.
#[must_use]
pub fn top(directories: &[String], release: &str) -> FileSet {
    let mut files = FileSet::new(release);
    let lines: String = directories.iter().map(|directory| format!("{directory}\n")).collect();
    let text = format!("# The directories that quay-render made of the registries of a fleet.\n{lines}");
    files.insert(LIST, File { bytes: text.into_bytes(), secret: false });
    files
}

/// The directory of the Namespaces that several registries share.
pub const NAMESPACES: &str = "namespaces";

/// Why the folder of a registry cannot be the name of its output, if so.
#[must_use]
pub fn objection(folder: &str) -> Option<String> {
    let is = |part: &str, own: &str| part.eq_ignore_ascii_case(own);
    let first = folder.split('/').next().unwrap_or(folder);
    if let Some(reason) = output::objection(folder) {
        return Some(format!("has a name that no output can have: it {reason}"));
    }
    if is(first, NAMESPACES) {
        return Some(format!("{first} is where the output has the Namespaces that several registries share"));
    }
    if let Some(own) = folder.split('/').find(|part| is(part, LIST) || is(part, output::LOCK)) {
        return Some(format!("{own} is a name that quay-render keeps for itself"));
    }
    if folder.starts_with('#') {
        return Some(format!("begins with #, which makes a comment of it in {LIST}"));
    }
    let is_ragged = |part: &str| part.trim() != part;
    folder.split('/').any(is_ragged).then(|| "has a name that begins or ends with a blank".to_owned())
}

/// The directories that a list names.
pub fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
