//! YAML with positions: reading, resolving scalars, writing.
//!
//! This module is the only user of the YAML libraries. It follows two readers with different rules: Quay reads its
//! `config.yaml` with PyYAML, kubectl and the operator read Kubernetes objects with `sigs.k8s.io/yaml`. What it writes,
//! both read back unchanged.
//!
//! A file may hold secrets: no diagnostic of this module shows the content of a scalar, and only keys that are names
//! and have a value.

mod check;
mod emit;
mod limits;
mod maps;
pub mod raw;
mod read;
mod scalar;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod tree;

pub use emit::{emit, flow};
pub use raw::Raw;
pub use read::{parse, parse_export, parse_one, parse_own};
pub use scalar::{ambiguous, resolve};
pub use syntax::typed;
pub use text::Text;

use crate::diagnostic::Location;
use crate::object::{Map, Value};
use std::collections::BTreeMap;

/// A place in a text: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pos {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// The reader whose rules give a plain scalar its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PyYAML's `safe_load`: Quay's `config.yaml`.
    Python,
    /// kubectl's `sigs.k8s.io/yaml`: Kubernetes objects.
    Kubernetes,
}

/// A value and its position.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq)]
pub struct Node {
    /// Where the value starts. An alias has the position of what it repeats.
    pub pos: Pos,
    pub data: Data,
    /// The text of a plain scalar without a tag, as written (lines folded): the input of [`resolve`] and [`ambiguous`].
    pub raw: Option<Box<str>>,
}

/// A value as the reader of the dialect understands it.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq)]
pub enum Data {
    /// `null`, `~` or nothing at all.
    Null,
    /// `true`, `yes`, `off` and the like.
    Bool(bool),
    /// A whole number in decimal digits, whatever notation it was written in.
    Int(String),
    /// A finite number with a fraction or an exponent.
    Float(f64),
    /// A date or time as written; only in [`Dialect::Python`].
    Date(String),
    /// Text.
    Str(Text),
    /// A list.
    Seq(Vec<Node>),
    /// A map, `<<` already expanded, in the order of the file.
    Map(Vec<Entry>),
}

/// A value without a position.
impl From<&Value> for Node {
    fn from(value: &Value) -> Self {
        let data = match value {
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(*value),
            Value::Int(digits) => Data::Int(digits.clone()),
            Value::Float(number) => Data::Float(*number),
            Value::Date(text) => Data::Date(text.clone()),
            Value::Str(text) => Data::Str(text.as_str().into()),
            Value::Seq(items) => Data::Seq(items.iter().map(Self::from).collect()),
            Value::Map(map) => Data::Map(
                map.iter()
                    .map(|(key, value)| Entry { key: key.to_owned(), key_pos: Pos::default(), value: value.into() })
                    .collect(),
            ),
        };
        Self { pos: Pos::default(), data, raw: None }
    }
}

/// The value alone, moved out of its node: the positions of rendered values are never needed.
impl From<Node> for Value {
    fn from(node: Node) -> Self {
        match node.data {
            Data::Null => Self::Null,
            Data::Bool(value) => Self::Bool(value),
            Data::Int(digits) => Self::Int(digits),
            Data::Float(number) => Self::Float(number),
            Data::Date(text) => Self::Date(text),
            Data::Str(text) => Self::Str(text.value),
            Data::Seq(items) => Self::Seq(items.into_iter().map(Self::from).collect()),
            Data::Map(entries) => Self::Map(entries.into_iter().map(|entry| (entry.key, entry.value.into())).collect()),
        }
    }
}

/// One entry of a map.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq)]
pub struct Entry {
    /// The key; for a number, boolean or date its source text.
    pub key: String,
    /// Where the key starts.
    pub key_pos: Pos,
    pub value: Node,
}

/// The longest key that counts as a name: an annotation's, with a domain of 253 characters, a slash and 63 more.
const LONGEST_NAME: usize = 317;

/// Whether a key is a name: letters, digits, `_`, `-`, `.` and `/`. Any other key may have swallowed its value, as in
/// `{password:hunter2}`, and is never quoted.
#[must_use]
pub fn is_name(key: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    !key.is_empty() && key.len() <= LONGEST_NAME && key.chars().all(is_of_names)
}

impl Entry {
    /// The key, if a message may quote it: it is a name and has a value, so it is not a value itself.
    #[must_use]
    pub fn quotable_key(&self) -> Option<&str> {
        (is_name(&self.key) && !self.value.is_null()).then_some(self.key.as_str())
    }
}

/// One document of a stream.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, PartialEq)]
pub struct Document {
    /// The value of the document.
    pub root: Node,
    /// The line on which the document starts: that of its `---` if it has one.
    pub line: u32,
}

/// Where a text comes from; its diagnostics and positions refer to that.
#[derive(Clone, Copy)]
pub struct Origin<'a> {
    /// The file as the user named it.
    pub file: &'a str,
    /// The scalar of that file that holds the text; all positions are then those in the file. `None` if the text is the
    /// file itself.
    pub within: Option<&'a Text>,
}

impl Origin<'_> {
    /// The position in the file of line and column `at` of the text; the start of the scalar if unknown.
    #[must_use]
    pub fn locate(&self, at: Pos) -> Pos {
        self.within.map_or(at, |text| text.position(at).unwrap_or(text.start()))
    }

    /// The location, for a diagnostic, of a position returned by [`parse`].
    #[must_use]
    pub fn location(&self, at: Pos) -> Location {
        Location { file: self.file.to_owned(), line: at.line, column: at.column }
    }
}

impl Node {
    /// The value without its positions.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.data {
            Data::Null => Value::Null,
            Data::Bool(value) => Value::Bool(*value),
            Data::Int(digits) => Value::Int(digits.clone()),
            Data::Float(number) => Value::Float(*number),
            Data::Date(text) => Value::Date(text.clone()),
            Data::Str(text) => Value::Str(text.value.clone()),
            Data::Seq(items) => Value::Seq(items.iter().map(Self::to_value).collect()),
            Data::Map(entries) => {
                Value::Map(entries.iter().map(|e| (e.key.clone(), e.value.to_value())).collect::<Map>())
            }
        }
    }

    /// The value of `key`, if this is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of `key`, if this is a map that has it.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.as_map()?.iter().find(|entry| entry.key == key)
    }

    /// An index of the entries by key, the first of each, for many lookups.
    #[must_use]
    pub fn by_key(&self) -> BTreeMap<&str, &Entry> {
        self.as_map().unwrap_or_default().iter().rev().map(|entry| (entry.key.as_str(), entry)).collect()
    }

    /// The entries that lead from the root to `pos`; none if `pos` is before the first key.
    #[must_use]
    pub fn path_at(&self, pos: Pos) -> Vec<&Entry> {
        let (mut path, mut node) = (Vec::new(), self);
        loop {
            node = match &node.data {
                Data::Map(entries) => match entries.iter().rfind(|entry| entry.key_pos <= pos) {
                    Some(entry) => {
                        path.push(entry);
                        &entry.value
                    }
                    None => return path,
                },
                Data::Seq(items) => match items.iter().rfind(|item| item.pos <= pos) {
                    Some(item) => item,
                    None => return path,
                },
                _ => return path,
            };
        }
    }

    /// The text, if it is text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_text().map(|text| text.value.as_str())
    }

    /// The text with its positions, if it is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.data {
            Data::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The entries in the order of the file, if it is a map.
    #[must_use]
    pub fn as_map(&self) -> Option<&[Entry]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn as_seq(&self) -> Option<&[Self]> {
        match &self.data {
            Data::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// Whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// Whether nothing at all is written where the value would be.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.is_null() && self.raw.as_deref().is_none_or(str::is_empty)
    }

    /// What kind of value it is, for a message.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.data {
            Data::Null => "null",
            Data::Bool(_) => "true or false",
            Data::Int(_) => "a whole number",
            Data::Float(_) => "a number",
            Data::Date(_) => "a date",
            Data::Str(_) => "a text",
            Data::Seq(_) => "a list",
            Data::Map(_) => "a map",
        }
    }
}
