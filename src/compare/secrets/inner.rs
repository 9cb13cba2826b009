//! Texts that are documents, contain documents or encode them: these are examined like objects of their own.

use super::Reader;
use crate::compare::texts::{shown, without};
use crate::compare::tree::Tree;
use crate::compare::{embedded, encoded};
use crate::model::bundle::is_config;
use crate::object::Value;
use crate::sensitive::name::is_secret_variable;

impl Reader<'_> {
    /// An entry of a ConfigMap: a config.yaml, a document of JSON, or a text.
    pub(super) fn open_entry(&self, key: &str, value: &Value) -> Tree {
        match value {
            Value::Str(text) if is_config(key) => self.plain_entry(key, text),
            Value::Bool(_) | Value::Null => Tree::Scalar(value.clone()),
            _ if is_secret_variable(key) => Tree::opaque(value),
            Value::Str(text) => match json_of(text) {
                Some(json) if self.depth < embedded::DEEPEST => {
                    Tree::Inner(text.to_owned(), Box::new(self.below(|reader| reader.inside(&[], &json)).0))
                }
                _ => self.text(text),
            },
            other => self.inside(&[], other),
        }
    }

    /// A text: documents with a secret in them are shown as documents; a likely Secret that cannot be parsed is hidden.
    pub(super) fn text(&self, text: &str) -> Tree {
        if let Some(inner) = embedded::decoded(text) {
            return if self.holds_secret(&inner) { Tree::Opaque(text.to_owned()) } else { shown(text) };
        }
        if !embedded::may_be_documents(text) {
            return self.line(text);
        }
        if self.depth >= embedded::DEEPEST {
            return self.hide(text);
        }
        match embedded::documents(text) {
            // A document that is just the text itself, unquoted.
            Some(documents) if matches!(documents.as_slice(), [Value::Str(same)] if is_same(same, text)) => {
                if embedded::encodes_secret(text) {
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
            None if embedded::speaks_of_secret(text) => self.hide(text),
            None => self.line(text),
        }
    }

    /// A text that is not a document.
    fn line(&self, text: &str) -> Tree {
        without(text, encoded::hidden(text, &|inner| self.holds_secret(inner)))
    }

    /// Whether the text that was decoded from another one holds a secret.
    fn holds_secret(&self, inner: &str) -> bool {
        let (tree, has_met) = self.below(|reader| match reader.depth {
            0..=embedded::DEEPEST => reader.text(inner),
            _ => reader.hide(inner),
        });
        has_met || tree.has_secret()
    }

    /// Hides a text that holds a Secret and cannot be parsed.
    fn hide(&self, text: &str) -> Tree {
        self.met.set(true);
        Tree::Opaque(text.to_owned())
    }

    /// Calls a reader on a text nested one level deeper; returns its result, and whether it found a Secret there.
    fn below<T>(&self, read: impl FnOnce(&Reader<'_>) -> T) -> (T, bool) {
        let reader = Reader { depth: self.depth + 1, ..Reader::new(self.names) };
        let found = read(&reader);
        let has_met = reader.met.get();
        self.met.set(self.met.get() || has_met);
        (found, has_met)
    }
}

/// Whether two texts have the same words.
fn is_same(one: &str, two: &str) -> bool {
    one.split_whitespace().eq(two.split_whitespace())
}

/// A JSON document; nothing unless it is an object or a list.
pub(super) fn json_of(text: &str) -> Option<Value> {
    text.trim_start()
        .starts_with(['{', '['])
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())?
        .map(Value::from)
}
