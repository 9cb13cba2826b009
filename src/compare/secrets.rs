//! Which values of an object are secret. When in doubt, a value counts as secret.

mod entries;
mod inner;

use super::identity::Names;
use super::texts::{self, keyed};
use super::tree::Tree;
use super::{kinds, siblings};
use crate::object::labels::{CHECKSUM, REGISTRY_LABEL};
use crate::object::{Map, Value};
use crate::sensitive::name::{is_secret, is_secret_of_value};
use crate::sensitive::{assigned, command};
use entries::{encoded_entry, metadata, plain_value};
use inner::json_of;
use std::cell::Cell;

const ANNOTATIONS: &[&str] = &["metadata", "annotations"];
/// Annotations in which a program keeps a copy of the whole object, in a form that cannot be decoded.
const COPIES: &[&str] = &["objectset.rio.cattle.io/applied"];
/// Fields that only the API server, its controllers and `kubectl apply` write: they are not compared.
const SERVERS: &[&[&str]] = &[
    &["status"],
    &["metadata", "managedFields"],
    &["metadata", "uid"],
    &["metadata", "resourceVersion"],
    &["metadata", "generation"],
    &["metadata", "creationTimestamp"],
    &["metadata", "selfLink"],
    &["metadata", "annotations", "deployment.kubernetes.io/revision"],
    &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
];

/// Turns the objects of one side into trees to compare.
pub(super) struct Reader<'a> {
    /// The names of that side's objects that end in a suffix for their content.
    names: &'a Names,
    /// The registry that the object belongs to.
    registry: &'a str,
    /// How many texts the current one is nested in.
    depth: usize,
    /// Whether a Secret, or something that becomes one, was found.
    met: Cell<bool>,
}

/// The position of a walk through an object.
#[derive(Clone, Copy)]
struct Place<'v> {
    /// The kind of the innermost enclosing object.
    kind: &'v str,
    /// How many keys lead to that object.
    start: usize,
    /// Whether a key on the path is the name of a secret.
    is_secret: bool,
}

impl<'a> Reader<'a> {
    /// A reader of objects.
    pub fn new(names: &'a Names) -> Self {
        Self { names, registry: "", depth: 0, met: Cell::new(false) }
    }

    /// An object, with every secret in it hidden.
    pub fn object(&self, object: &Value) -> Tree {
        let registry = object.str_at(&["metadata", "labels", REGISTRY_LABEL]);
        Reader { registry, ..Reader::new(self.names) }.inside(&[], object)
    }

    /// A value at the end of a path.
    fn inside(&self, path: &[&str], value: &Value) -> Tree {
        let is_secret = path.iter().any(|key| is_secret(key));
        self.walk(Place { kind: "", start: 0, is_secret }, &mut path.to_vec(), value)
    }

    fn walk<'v>(&self, at: Place<'v>, path: &mut Vec<&'v str>, value: &'v Value) -> Tree {
        let own = path.get(at.start..).unwrap_or_default();
        if !own.is_empty() && kinds::hides(at.kind, own, value.as_seq().is_some()) {
            self.met.set(true);
            return texts::opaque_entries(value);
        }
        match (own, value) {
            ([data], Value::Map(map))
                if data.eq_ignore_ascii_case("data") && at.kind.eq_ignore_ascii_case("ConfigMap") =>
            {
                Tree::Map(map.iter().map(|(key, value)| keyed(key, value, self.open_entry(key, value))).collect())
            }
            ([.., "annotations", name], Value::Str(sum)) if name.starts_with(CHECKSUM) => {
                Tree::Name(sum.clone(), self.checked(name))
            }
            ([.., "annotations", name], _) if hides(name, value) => {
                self.met.set(true);
                Tree::opaque(value)
            }
            (_, Value::Map(map)) => self.map(at, path, map),
            (_, Value::Seq(items)) => self.list(at, path, items),
            (_, Value::Str(text)) => match self.names.get(text) {
                Some(base) => Tree::Name(text.clone(), base.clone()),
                None if at.is_secret => Tree::opaque(value),
                None => self.text(text),
            },
            (_, Value::Int(_) | Value::Float(_)) if at.is_secret => Tree::opaque(value),
            _ => Tree::Scalar(value.clone()),
        }
    }

    /// The object that a checksum annotation is computed from.
    fn checked(&self, annotation: &str) -> String {
        let own = annotation.strip_prefix(CHECKSUM).unwrap_or(annotation);
        if self.registry.is_empty() { own.to_owned() } else { format!("{}-{own}", self.registry) }
    }

    fn map<'v>(&self, at: Place<'v>, path: &mut Vec<&'v str>, map: &'v Map) -> Tree {
        let own = kinds::of(map);
        let at = own.map_or(at, |kind| Place { kind, start: path.len(), ..at });
        let is_secret_kind = own.is_some_and(kinds::is_secret);
        if is_secret_kind {
            self.met.set(true);
        }
        let is_reference = kinds::is_reference(|key| map.contains(key));
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            path.push(key);
            if !is_servers(path, value) {
                let is_scalar = !matches!(value, Value::Map(_) | Value::Seq(_));
                let is_named = is_secret(key) || (is_scalar && is_secret_of_value(key));
                let at = Place { is_secret: at.is_secret || is_named, ..at };
                let is_hidden = if is_secret_kind {
                    !kinds::is_open(key, is_reference) || value.as_map().is_some() && key != "metadata"
                } else {
                    is_data_of_secret(own, key, value)
                };
                if is_hidden {
                    self.met.set(true);
                }
                let tree = match key {
                    "data" if is_hidden => self.secret_entries(value, encoded_entry),
                    "stringData" if is_hidden => self.secret_entries(value, plain_value),
                    _ if is_hidden => texts::opaque_entries(value),
                    "metadata" if is_secret_kind || kinds::makes_metadata(at.kind, path) => {
                        metadata(self.walk(at, path, value))
                    }
                    "items" if own.is_some_and(kinds::is_list_of_secrets) => self.secrets(at, path, value),
                    _ => self.walk(at, path, value),
                };
                entries.push(keyed(key, value, tree));
            }
            path.pop();
        }
        if is_secret_kind {
            siblings::join_data(&mut entries);
        }
        siblings::hide(at.kind, &mut entries);
        Tree::Map(entries)
    }

    /// A list; in a list of arguments the value after an option may be secret.
    fn list<'v>(&self, at: Place<'v>, path: &mut Vec<&'v str>, items: &'v [Value]) -> Tree {
        let words: Vec<&str> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
        let secret = command::arguments(&words);
        let item = |(index, item): (usize, &'v Value)| {
            let tree = self.walk(at, path, item);
            if secret.contains(&index) { tree.hidden() } else { tree }
        };
        Tree::Seq(items.iter().enumerate().map(item).collect())
    }
}

/// A value outside of any object of a cluster.
pub(super) fn open(value: &Value) -> Tree {
    Reader::new(&Names::new()).inside(&[], value)
}

/// Whether an entry is the data of a Secret: `data` in a map without a kind, such as a patch or a part of a template,
/// or a key that only Secrets have, in any map.
fn is_data_of_secret(kind: Option<&str>, key: &str, value: &Value) -> bool {
    let is_plain = key.trim().eq_ignore_ascii_case("data");
    assigned::is_data_key(key)
        && if is_plain { kind.is_none() && value.as_map().is_some() } else { value.as_seq().is_none() }
}

/// Whether a field is written by servers alone; so are annotations if all of them are.
fn is_servers(path: &[&str], value: &Value) -> bool {
    let is_servers_own =
        |name: &str| SERVERS.iter().any(|known| known.starts_with(path) && known.last() == Some(&name));
    let is_empty = |map: &Map| !map.is_empty() && map.iter().all(|(name, _)| is_servers_own(name));
    SERVERS.contains(&path) || (path == ANNOTATIONS && value.as_map().is_some_and(is_empty))
}

/// Whether an annotation may reveal a secret: a digest confirms a guess, and a document may be a copy of a whole
/// object.
fn hides(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    name.contains("checksum") || COPIES.contains(&name) || json_of(text).is_some()
}

#[cfg(test)]
mod tests;
