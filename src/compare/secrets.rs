//! Which values of an object are secret. What cannot be told is one.

use super::identity::Names;
use super::texts::{self, keyed, shown, without};
use super::tree::Tree;
use super::{config, encoded, kinds, siblings, within};
use crate::diagnostic::Diagnostics;
use crate::model::bundle::is_config;
use crate::object::marks::{CHECKSUM, REGISTRY_LABEL};
use crate::object::{Map, Value};
use crate::sensitive::name::{is_secret, is_secret_of_value, is_secret_variable};
use crate::sensitive::{assigned, command};
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
        let words: Vec<&str> = items.iter().map(|item| item.as_str().unwrap_or_default()).collect();
        let secret = command::arguments(&words);
        let item = |(index, item): (usize, &'v Value)| {
            let tree = self.walk(at, path, item);
            if secret.contains(&index) { tree.hidden() } else { tree }
        };
        Tree::Seq(items.iter().enumerate().map(item).collect())
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
            |config| Tree::Inner(text.to_owned(), Box::new(config::tree(&config, open))),
        )
    }

    /// A text: documents with a secret among them are shown as such, and what may be a Secret and cannot be read is not.
    fn text(&self, text: &str) -> Tree {
        if let Some(inner) = within::decoded(text) {
            return if self.holds_secret(&inner) { Tree::Opaque(text.to_owned()) } else { shown(text) };
        }
        if !within::may_be_documents(text) {
            return self.line(text);
        }
        if self.depth >= within::DEEPEST {
            return self.hide(text);
        }
        match within::documents(text) {
            // A text without quotes is a document that says itself.
            Some(documents) if matches!(documents.as_slice(), [Value::Str(same)] if is_same(same, text)) => {
                if within::encodes_secret(text) {
                    self.hide(text)
                } else {
                    self.line(text)
                }
            }
            Some(documents) => {
                let read = |reader: &Reader<'_>| documents.iter().map(|it| reader.inside(&[], it)).collect::<Vec<_>>();
                let (mut trees, has_secret) = self.below(read);
                let only = if trees.len() == 1 { trees.pop() } else { None };
                let tree = only.unwrap_or(Tree::Seq(trees));
                if has_secret || tree.has_secret() {
                    Tree::Inner(text.to_owned(), Box::new(tree))
                } else {
                    self.line(text)
                }
            }
            None if within::speaks_of_secret(text) => self.hide(text),
            None => self.line(text),
        }
    }

    /// A text that is no document.
    fn line(&self, text: &str) -> Tree {
        without(text, encoded::hidden(text, &|inner| self.holds_secret(inner)))
    }

    /// Whether what a text is or has in it the encoded form of holds a secret.
    fn holds_secret(&self, inner: &str) -> bool {
        let (tree, has_met) = self.below(|reader| match reader.depth {
            0..=within::DEEPEST => reader.text(inner),
            _ => reader.hide(inner),
        });
        has_met || tree.has_secret()
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

/// Whether two texts have the same words.
fn is_same(one: &str, two: &str) -> bool {
    one.split_whitespace().eq(two.split_whitespace())
}

/// Whether something is the data of a Secret: in a map that says no kind, such as a patch or a part of a template, and
/// under a name that no other kind has it under, in any.
fn is_data_of_secret(kind: Option<&str>, key: &str, value: &Value) -> bool {
    let is_plain = key.trim().eq_ignore_ascii_case("data");
    assigned::is_data_key(key)
        && if is_plain { kind.is_none() && value.as_map().is_some() } else { value.as_seq().is_none() }
}

/// The metadata of a Secret; what is not known of it may hold a secret.
fn metadata(tree: Tree) -> Tree {
    let mark = |(name, tree): (String, Tree)| match kinds::is_open_mark(&name) {
        true => (name, tree),
        false => (name, tree.veiled()),
    };
    let member = |(key, tree): (String, Tree)| {
        let tree = match tree {
            Tree::Map(marks) if matches!(key.as_str(), "labels" | "annotations") => {
                Tree::Map(marks.into_iter().map(mark).collect())
            }
            tree if kinds::is_open_metadata(&key) => tree,
            tree => tree.veiled(),
        };
        (key, tree)
    };
    match tree {
        Tree::Map(members) => Tree::Map(members.into_iter().map(member).collect()),
        tree => tree.veiled(),
    }
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
