//! Which values of an object are secret. What cannot be told is one.

use super::identity::Names;
use super::texts::{is_private_key, shown};
use super::tree::{Tree, keyed};
use super::{config, kinds, siblings, within};
use crate::diagnostic::Diagnostics;
use crate::model::bundle::is_config;
use crate::object::marks::{CHECKSUM, REGISTRY_LABEL};
use crate::object::{Map, Value};
use crate::sensitive::name::{is_secret, is_secret_variable};
use crate::yaml::{self, Dialect, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::cell::Cell;

const ANNOTATIONS: &[&str] = &["metadata", "annotations"];
/// Annotations in which a program keeps a copy of the whole object in a form that cannot be looked into.
const COPIES: &[&str] = &["objectset.rio.cattle.io/applied"];
/// What only the API server, its controllers and `kubectl apply` write: it is nobody's wish, so it is not compared.
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

/// Takes the objects of one side for comparing.
pub(super) struct Reader<'a> {
    /// The names of that side that follow content.
    names: &'a Names,
    /// The registry that an object is of.
    registry: &'a str,
    /// How many texts are around.
    depth: usize,
    /// Whether a Secret, or what becomes one, was met.
    met: Cell<bool>,
}

/// Where a walk is.
#[derive(Clone, Copy)]
struct Place<'v> {
    /// The kind of the innermost object around.
    kind: &'v str,
    /// How many keys lead to that object.
    start: usize,
    /// Whether a key on the way is the name of a secret.
    is_secret: bool,
}

impl<'a> Reader<'a> {
    /// A reader of objects.
    pub fn new(names: &'a Names) -> Self {
        Self { names, registry: "", depth: 0, met: Cell::new(false) }
    }

    /// An object, with every secret in it known as one.
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
            return Tree::opaque_entries(value);
        }
        match (own, value) {
            (["data"], Value::Map(map)) if at.kind.eq_ignore_ascii_case("ConfigMap") => {
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

    /// The object whose content a checksum follows.
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
        let mut entries = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            path.push(key);
            if !is_servers(path, value) {
                let at = Place { is_secret: at.is_secret || is_secret(key), ..at };
                let is_hidden =
                    is_secret_kind && (!kinds::is_open(key) || value.as_map().is_some() && key != "metadata");
                let tree = match key {
                    "data" if is_hidden => self.secret_entries(value, encoded_entry),
                    "stringData" if is_hidden => self.secret_entries(value, plain_value),
                    _ if is_hidden => Tree::opaque_entries(value),
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
        siblings::hide_variable(&mut entries);
        siblings::hide_patch(&mut entries);
        siblings::hide_parameters(at.kind, &mut entries);
        Tree::Map(entries)
    }

    /// The items of a list of Secrets.
    fn secrets<'v>(&self, at: Place<'v>, path: &[&'v str], value: &'v Value) -> Tree {
        let item = |item: &'v Value| match item {
            Value::Map(map) if kinds::of(map).is_none() => {
                let mut whole = map.clone();
                whole.insert("kind", "Secret");
                self.inside(&[], &whole.into()).without("kind")
            }
            other => self.walk(at, &mut path.to_vec(), other),
        };
        match value {
            Value::Seq(items) => Tree::Seq(items.iter().map(item).collect()),
            other => Tree::opaque(other),
        }
    }

    /// The entries of a Secret; what is no map, or has a key that is no name, is not shown at all.
    fn secret_entries(&self, value: &Value, entry: fn(&Self, &str, &Value) -> Tree) -> Tree {
        match value {
            Value::Map(map) if map.iter().all(|(key, _)| is_name(key)) => {
                Tree::Map(map.iter().map(|(key, value)| (key.to_owned(), entry(self, key, value))).collect())
            }
            other => Tree::opaque(other),
        }
    }

    /// A list; in one of arguments a value may follow its option.
    fn list<'v>(&self, at: Place<'v>, path: &mut Vec<&'v str>, items: &'v [Value]) -> Tree {
        let mut trees: Vec<Tree> = Vec::with_capacity(items.len());
        let mut is_next = false;
        for item in items {
            let tree = self.walk(at, path, item);
            trees.push(if is_next { tree.hidden() } else { tree });
            is_next = item.as_str().is_some_and(|text| text.starts_with('-') && is_secret(text));
        }
        Tree::Seq(trees)
    }

    /// An entry of a ConfigMap: a config.yaml, a document of JSON, or a text.
    fn open_entry(&self, key: &str, value: &Value) -> Tree {
        match value {
            Value::Str(text) if is_config(key) => self.plain_entry(key, text),
            Value::Bool(_) | Value::Null => Tree::Scalar(value.clone()),
            _ if is_secret_variable(key) => Tree::opaque(value),
            Value::Str(text) => match json_of(text) {
                Some(json) if self.depth < within::DEEPEST => {
                    Tree::Inner(text.to_owned(), Box::new(self.below(|reader| reader.inside(&[], &json)).0))
                }
                _ => self.text(text),
            },
            other => self.inside(&[], other),
        }
    }

    /// A text that may be secret, but for what a config.yaml says.
    fn plain_entry(&self, key: &str, text: &str) -> Tree {
        let config = if is_config(key) { config_of(text) } else { None };
        config.map_or_else(
            || Tree::Opaque(text.to_owned()),
            |config| Tree::Inner(text.to_owned(), Box::new(config::tree(&config))),
        )
    }

    /// A text: documents with a Secret among them are shown as such, and what may be one and cannot be read is not.
    fn text(&self, text: &str) -> Tree {
        if let Some(inner) = within::decoded(text) {
            let holds = || within::may_hold_secret(&inner) && self.below(|reader| reader.text(&inner)).1;
            return if is_private_key(&inner) || holds() { Tree::Opaque(text.to_owned()) } else { shown(text) };
        }
        if !within::may_hold_secret(text) {
            return shown(text);
        }
        if self.depth >= within::DEEPEST {
            return self.hide(text);
        }
        match within::documents(text) {
            // A text without quotes is a document that says itself.
            Some(documents) if matches!(documents.as_slice(), [Value::Str(same)] if same == text.trim()) => {
                if within::encodes_secret(text) {
                    self.hide(text)
                } else {
                    shown(text)
                }
            }
            Some(documents) => {
                let read = |reader: &Reader<'_>| documents.iter().map(|it| reader.inside(&[], it)).collect::<Vec<_>>();
                let (mut trees, has_secret) = self.below(read);
                let only = if trees.len() == 1 { trees.pop() } else { None };
                let tree = only.unwrap_or(Tree::Seq(trees));
                if has_secret { Tree::Inner(text.to_owned(), Box::new(tree)) } else { shown(text) }
            }
            None if within::speaks_of_secret(text) => self.hide(text),
            None => shown(text),
        }
    }

    /// A text that holds a Secret and cannot be looked into.
    fn hide(&self, text: &str) -> Tree {
        self.met.set(true);
        Tree::Opaque(text.to_owned())
    }

    /// What a reader makes of a text in a text, and whether it met a Secret there.
    fn below<T>(&self, read: impl FnOnce(&Reader<'_>) -> T) -> (T, bool) {
        let reader = Reader { depth: self.depth + 1, ..Reader::new(self.names) };
        let found = read(&reader);
        let has_met = reader.met.get();
        self.met.set(self.met.get() || has_met);
        (found, has_met)
    }
}

/// A value that stands in no object of a cluster.
pub(super) fn open(value: &Value) -> Tree {
    Reader::new(&Names::new()).inside(&[], value)
}

/// Whether nobody wishes for a field; or for annotations of which nothing else is left.
fn is_servers(path: &[&str], value: &Value) -> bool {
    let is_servers_own =
        |name: &str| SERVERS.iter().any(|known| known.starts_with(path) && known.last() == Some(&name));
    let is_empty = |map: &Map| !map.is_empty() && map.iter().all(|(name, _)| is_servers_own(name));
    SERVERS.contains(&path) || (path == ANNOTATIONS && value.as_map().is_some_and(is_empty))
}

/// Whether an annotation may tell a secret: a digest tells whether a guess is right, and a document may be a copy of a
/// whole object.
fn hides(name: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    name.contains("checksum") || COPIES.contains(&name) || json_of(text).is_some()
}

/// Whether a text may be a key of a Secret. Anything else may be a value that was typed in the wrong place.
fn is_name(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// An entry of a Secret. The same bytes may be encoded in several ways.
fn encoded_entry(reader: &Reader<'_>, key: &str, value: &Value) -> Tree {
    let text: String = value.as_str().unwrap_or_default().split_whitespace().collect();
    let plain = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match plain {
        Some(plain) if value.as_str().is_some() => reader.plain_entry(key, &plain),
        _ => Tree::opaque(value),
    }
}

/// An entry of a Secret's `stringData`.
fn plain_value(reader: &Reader<'_>, key: &str, value: &Value) -> Tree {
    match value {
        Value::Str(text) => reader.plain_entry(key, text),
        other => Tree::Opaque(yaml::flow(other)),
    }
}

/// The fields of a config.yaml; nothing where it cannot be read.
fn config_of(text: &str) -> Option<Map> {
    let mut problems = Diagnostics::new();
    let origin = Origin { file: "config.yaml", within: None };
    let root = yaml::parse_one(text, &origin, Dialect::Python, &mut problems)?;
    match root.to_value() {
        Value::Map(map) if !problems.has_errors() => Some(map),
        _ => None,
    }
}

/// A document of JSON; nothing where it is no object and no list.
fn json_of(text: &str) -> Option<Value> {
    text.trim_start()
        .starts_with(['{', '['])
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())?
        .map(Value::from)
}

#[cfg(test)]
mod tests;
