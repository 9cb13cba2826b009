//! The parts of a Secret that may be shown: entry names, public fields of config.yaml, and known metadata.

use super::{Place, Reader, open};
use crate::compare::tree::Tree;
use crate::compare::{config, kinds};
use crate::diagnostic::Diagnostics;
use crate::model::bundle::is_config;
use crate::object::{Map, Value};
use crate::yaml::{self, Dialect, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl Reader<'_> {
    /// The items of a list of Secrets.
    pub(super) fn secrets<'v>(&self, at: Place<'v>, path: &[&'v str], value: &'v Value) -> Tree {
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

    /// The entries of a Secret; if it is not a map, or a key is not a valid name, everything is hidden.
    pub(super) fn secret_entries(&self, value: &Value, entry: fn(&Self, &str, &Value) -> Tree) -> Tree {
        match value {
            Value::Map(map) if map.iter().all(|(key, _)| is_name(key)) => {
                Tree::Map(map.iter().map(|(key, value)| (key.to_owned(), entry(self, key, value))).collect())
            }
            other => Tree::opaque(other),
        }
    }

    /// A text that may be secret. If it is a config.yaml, its public fields are shown.
    pub(super) fn plain_entry(&self, key: &str, text: &str) -> Tree {
        let config = if is_config(key) { config_of(text) } else { None };
        config.map_or_else(
            || Tree::Opaque(text.to_owned()),
            |config| Tree::Inner(text.to_owned(), Box::new(config::tree(&config, open))),
        )
    }
}

/// An entry of a Secret, decoded: the same bytes may be encoded in several ways.
pub(super) fn encoded_entry(reader: &Reader<'_>, key: &str, value: &Value) -> Tree {
    let text: String = value.as_str().unwrap_or_default().split_whitespace().collect();
    let plain = STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    match plain {
        Some(plain) if value.as_str().is_some() => reader.plain_entry(key, &plain),
        _ => Tree::opaque(value),
    }
}

/// An entry of a Secret's `stringData`.
pub(super) fn plain_value(reader: &Reader<'_>, key: &str, value: &Value) -> Tree {
    match value {
        Value::Str(text) => reader.plain_entry(key, text),
        other => Tree::Opaque(yaml::flow(other)),
    }
}

/// The fields of a config.yaml; nothing if it cannot be parsed.
fn config_of(text: &str) -> Option<Map> {
    let mut problems = Diagnostics::new();
    let origin = Origin { file: "config.yaml", within: None };
    let root = yaml::parse_one(text, &origin, Dialect::Python, &mut problems)?;
    match root.to_value() {
        Value::Map(map) if !problems.has_errors() => Some(map),
        _ => None,
    }
}

/// The metadata of a Secret; fields that are not known may hold a secret.
pub(super) fn metadata(tree: Tree) -> Tree {
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

/// Whether a text may be a key of a Secret. Anything else may be a secret typed in the wrong place.
fn is_name(key: &str) -> bool {
    key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
