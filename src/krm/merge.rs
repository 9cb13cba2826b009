//! Merges the objects of a registry into the items of a request.

use super::inputs::Chosen;
use super::item::{self, LOCAL};
use super::list::List;
use crate::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::emit;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Identity, Object};
use crate::yaml::Raw;
use std::collections::{BTreeMap, BTreeSet};

/// The prefix of OpenShift's own namespaces, where a registry puts objects for others to read: no registry runs there.
const SHARED: &str = "openshift-";

/// An item of the answer. An unchanged item is kept as its number in the request, because it may have megabytes that
/// need not be copied.
enum Placed {
    /// An item of the request, as it was.
    Kept(usize),
    /// An item of the request with an annotation, or an object that has the item's file.
    There(Raw),
    /// An object without a file so far, with its number among the objects.
    Homeless(Raw, usize),
}

/// The items of the answer, in order.
pub(super) struct Merged(Vec<Placed>);

impl Merged {
    /// The items of the answer, taken from those of the request where unchanged.
    pub(super) fn take(self, items: Vec<Raw>) -> Vec<Raw> {
        let mut items: Vec<Option<Raw>> = items.into_iter().map(Some).collect();
        let placed = self.0.into_iter().filter_map(|placed| match placed {
            Placed::Kept(number) => items.get_mut(number).and_then(Option::take),
            Placed::There(raw) | Placed::Homeless(raw, _) => Some(raw),
        });
        placed.collect()
    }
}

/// The items: objects of `rendered` replace those of an earlier run, new ones come at the end, and the input is
/// annotated. `None` if somebody else's item has the identity of an object.
pub(super) fn merge(
    list: &List,
    chosen: &Chosen<'_>,
    rendered: &Rendered,
    diagnostics: &mut Diagnostics,
) -> Option<Merged> {
    let mut new = New::of(&rendered.objects);
    let standing: BTreeSet<Identity> = list.items.iter().map(item::identity).collect();
    let mut items: Vec<Placed> = Vec::new();
    let mut is_refused = false;
    for (number, (found, name)) in list.items.iter().zip(&list.names).enumerate() {
        // Where an operator makes the objects, the QuayRegistry and its bundle are applied themselves, in its namespace.
        let is_input = chosen.consumed.contains(&number);
        let mut own = item::identity(found);
        if own.namespace.is_empty() {
            own.namespace.clone_from(&rendered.resolved.namespace);
        }
        let delivers = is_input && rendered.resolved.operator.is_some();
        if let Some((number, mut object)) = delivers.then(|| new.objects.remove(&own)).flatten() {
            item::take_over(&mut object, found);
            items.push(match item::path(&object) {
                Some(_) => Placed::There(object),
                None => Placed::Homeless(object, number),
            });
            continue;
        }
        if is_input {
            let marked = marked(found, name, diagnostics);
            is_refused |= marked.is_none();
            items.extend(marked.map(Placed::There));
        } else if is_made(found, rendered) {
            // Without a successor it is no longer wanted.
            items.extend(new.successor(found, &standing).map(|(number, mut object)| {
                item::take_over(&mut object, found);
                match item::path(&object) {
                    Some(_) => Placed::There(object),
                    None => Placed::Homeless(object, number),
                }
            }));
        } else {
            if new.objects.contains_key(&item::identity(found)) {
                diagnostics.push(conflict(found, name, rendered));
                is_refused = true;
            }
            items.push(Placed::Kept(number));
        }
    }
    let mut rest: Vec<(usize, Raw)> = new.objects.into_values().collect();
    rest.sort_by_key(|(number, _)| *number);
    items.extend(rest.into_iter().map(|(number, raw)| Placed::Homeless(raw, number)));
    place(&mut items, list, chosen.folder(), &rendered.objects);
    (!is_refused).then_some(Merged(items))
}

/// The objects that are not among the items yet, each with its number.
struct New {
    objects: BTreeMap<Identity, (usize, Raw)>,
    /// Those whose names depend on their content, by the identity without that.
    named_by_content: BTreeMap<Identity, Vec<Identity>>,
}

impl New {
    fn of(objects: &[Object]) -> Self {
        let mut new = Self { objects: BTreeMap::new(), named_by_content: BTreeMap::new() };
        for (number, object) in objects.iter().enumerate() {
            let object = Raw::from(&object.value);
            let identity = item::identity(&object);
            let base = identity.base();
            if base != identity {
                new.named_by_content.entry(base).or_default().push(identity.clone());
            }
            new.objects.insert(identity, (number, object));
        }
        new
    }

    /// The object that replaces one of an earlier run: that of the same name, or else the one whose name differs only
    /// in the hash of its content.
    fn successor(&mut self, found: &Raw, standing: &BTreeSet<Identity>) -> Option<(usize, Raw)> {
        let old = item::identity(found);
        if let Some(successor) = self.objects.remove(&old) {
            return Some(successor);
        }
        let base = Some(old.base()).filter(|base| *base != old)?;
        let is_next = |next: &&Identity| self.objects.contains_key(next) && !standing.contains(next);
        let next = self.named_by_content.get(&base)?.iter().filter(is_next).min()?;
        self.objects.remove(next)
    }
}

/// An item of the input, annotated as not to be applied.
fn marked(found: &Raw, name: &str, diagnostics: &mut Diagnostics) -> Option<Raw> {
    let mut found = found.clone();
    if item::annotate(&mut found, LOCAL, "true") {
        return Some(found);
    }
    diagnostics.push(
        Diagnostic::new(codes::FIELD_TYPE, "is not a map, so the document cannot be marked as one that is not applied")
            .at(Location::file(name))
            .field("metadata.annotations"),
    );
    None
}

/// Whether an earlier run made an item: its label names the registry, and it is in a namespace of the registry's
/// objects. A registry of the same name in another namespace is a different one.
fn is_made(found: &Raw, rendered: &Rendered) -> bool {
    let resolved = &rendered.resolved;
    let namespace = found.str_at(&["metadata", "namespace"]);
    let is_own_namespace =
        item::is(found, "v1", "Namespace") && found.str_at(&["metadata", "name"]) == resolved.namespace;
    // What installs an operator is in its namespace, or is that.
    let home = if item::is(found, "v1", "Namespace") { found.str_at(&["metadata", "name"]) } else { namespace };
    let mut installs = rendered.objects.iter().filter(|object| object.installs_operator());
    let is_of_operator = installs.any(|object| object.home() == home);
    found.str_at(&["metadata", "labels", REGISTRY_LABEL]) == resolved.name
        && (namespace == resolved.namespace || namespace.starts_with(SHARED) || is_own_namespace || is_of_operator)
}

fn conflict(found: &Raw, name: &str, rendered: &Rendered) -> Diagnostic {
    let kind = found.str_at(&["kind"]);
    let message = format!("{kind} {:?} is in the way of one that is made", found.str_at(&["metadata", "name"]));
    let hint = if kind == "Namespace" {
        "say cluster: {namespace: external} in the RenderConfig, and yours stays".to_owned()
    } else {
        format!(
            "rename or remove it, or give it up: the label {REGISTRY_LABEL}: {} lets it be replaced",
            rendered.resolved.name
        )
    };
    Diagnostic::new(codes::KRM_CONFLICT, message).at(Location::file(name)).field("metadata.name").hint(hint)
}

/// Gives each object without a file the one that `build` would give it, below `folder`. If that file holds other items,
/// the object comes last in it.
fn place(items: &mut [Placed], list: &List, folder: &str, objects: &[Object]) {
    let mut next: BTreeMap<String, u64> = BTreeMap::new();
    for placed in items.iter() {
        let found = match placed {
            Placed::Kept(number) => list.items.get(*number),
            Placed::There(raw) => Some(raw),
            Placed::Homeless(..) => None,
        };
        if let Some((found, path)) = found.and_then(|found| Some((found, item::path(found)?))) {
            let free = next.entry(path.to_owned()).or_default();
            *free = (*free).max(item::index(found).saturating_add(1));
        }
    }
    for placed in items {
        let Placed::Homeless(raw, number) = placed else { continue };
        if let Some(object) = objects.get(*number) {
            let path = format!("{folder}{}", emit::path(object));
            let free = next.entry(path.clone()).or_default();
            item::place(raw, &path, *free);
            *free = free.saturating_add(1);
        }
    }
}
