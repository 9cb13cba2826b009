//! What a text says that is a document, has one in it or is the encoded form of one: it is read like an object of its own.

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

    /// A text: documents with a secret among them are shown as such, and what may be a Secret and cannot be read is not.
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
            // A text without quotes is a document that says itself.
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

    /// Whether what a text is or has in it the encoded form of holds a secret.
    fn holds_secret(&self, inner: &str) -> bool {
        let (tree, has_met) = self.below(|reader| match reader.depth {
            0..=embedded::DEEPEST => reader.text(inner),
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

/// Whether two texts have the same words.
fn is_same(one: &str, two: &str) -> bool {
    one.split_whitespace().eq(two.split_whitespace())
}

/// A document of JSON; nothing where it is not an object and no list.
pub(super) fn json_of(text: &str) -> Option<Value> {
    text.trim_start()
        .starts_with(['{', '['])
        .then(|| serde_json::from_str::<serde_json::Value>(text).ok())?
        .map(Value::from)
}
