//! YAML as written, for content that is passed through without being interpreted.
//!
//! [`super::parse`] interprets a text as one reader would. A [`Raw`] does not: each scalar keeps its text, its tag and
//! its quotes, so that any reader still finds what it would have found before. Lists and maps in brackets stay in
//! brackets. Comments and line breaks are lost, and aliases are expanded.
//!
//! Parser, limits, tags and the writing of scalars are shared with the rest of [`super`]. The tree is separate: a
//! [`super::Node`] has position, text and meaning, and is several times as large. With it a request of a few megabytes,
//! most of it only passed on, would not fit into 16 times its size.

mod read;
mod write;

pub use read::{MAX_BYTES, read};

use super::Dialect;
use super::emit::flow;
use super::scalar::resolve;
use crate::object::Value;
use std::collections::BTreeMap;

/// A value as written. It may be a Secret, so it has no form for logs. A request has millions of them, so each is
/// small: tags are rare, and nothing has spare capacity.
#[derive(Clone, PartialEq)]
pub struct Raw {
    /// The tag as written: `!!str`, `!own`, `!<uri>`.
    #[allow(clippy::box_collection, reason = "one word where there is no tag")]
    tag: Option<Box<String>>,
    data: Data,
}

#[derive(Clone, PartialEq)]
enum Data {
    /// Unquoted, so that its reader decides what it is; an empty text means that nothing is written.
    Plain(Box<str>),
    /// In quotes or as a block: text to every reader.
    Quoted(Box<str>, Quotes),
    List(Box<[Raw]>, Layout),
    /// Keys are scalars. A key may occur twice.
    Map(Box<[(Raw, Raw)]>, Layout),
}

/// How a text is quoted.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quotes {
    Single,
    Double,
    /// As a block, or in whatever way suits the text, even unquoted.
    Any,
}

/// How a list or a map is written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    Block,
    /// In brackets, on one line.
    Flow,
}

impl Raw {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self { tag: None, data: Data::Quoted(text.into(), Quotes::Any) }
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self { tag: None, data: Data::List(items.into(), Layout::Block) }
    }

    /// An empty map.
    #[must_use]
    pub fn map() -> Self {
        Self { tag: None, data: Data::Map(Box::default(), Layout::Block) }
    }

    fn tag(&self) -> Option<&str> {
        self.tag.as_deref().map(String::as_str)
    }

    /// The text, if Kubernetes reads it as text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        let is_text = |plain: &str| matches!(resolve(plain, Dialect::Kubernetes), Some(Value::Str(_)));
        match (self.tag(), &self.data) {
            (None | Some("!!str" | "!"), Data::Quoted(text, _)) | (Some("!!str"), Data::Plain(text)) => Some(text),
            (None, Data::Plain(text)) if is_text(text) => Some(text),
            _ => None,
        }
    }

    /// Whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        let is_null = |plain: &str| resolve(plain, Dialect::Kubernetes) == Some(Value::Null);
        match (self.tag(), &self.data) {
            (None, Data::Plain(text)) => is_null(text),
            (Some(tag), _) => tag == "!!null",
            _ => false,
        }
    }

    /// Whether it is null, or an empty list or map.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.data {
            Data::List(items, _) => items.is_empty(),
            Data::Map(entries, _) => entries.is_empty(),
            _ => self.is_null(),
        }
    }

    /// The items, if it is a list.
    #[must_use]
    pub fn items(&self) -> Option<&[Self]> {
        match &self.data {
            Data::List(items, _) => Some(items),
            _ => None,
        }
    }

    /// Converts a list into its items.
    ///
    /// # Errors
    /// The value itself, if it is not a list.
    pub fn into_items(self) -> Result<Vec<Self>, Self> {
        match self.data {
            Data::List(items, _) => Ok(items.into()),
            data => Err(Self { data, ..self }),
        }
    }

    /// Whether it is a map.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.data, Data::Map(..))
    }

    /// The entries of a map with text keys; none if it is not a map.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Self)> {
        let entries = match &self.data {
            Data::Map(entries, _) => entries.as_ref(),
            _ => &[],
        };
        entries.iter().filter_map(|(key, value)| Some((key.as_str()?, value)))
    }

    /// The value of a key, if it is a map that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The value at the end of a path of keys.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text at the end of a path of keys, or an empty one.
    #[must_use]
    pub fn str_at(&self, path: &[&str]) -> &str {
        self.at(path).and_then(Self::as_str).unwrap_or_default()
    }

    /// Sets a key of a map: in place if it exists, else at the end. Does nothing if this is not a map. Returns the old
    /// value.
    pub fn set(&mut self, key: &str, value: Self) -> Option<Self> {
        match self.slot(key) {
            Some(slot) => Some(std::mem::replace(slot, value)),
            None => {
                self.change(|entries| entries.push((Self::text(key), value)));
                None
            }
        }
    }

    /// Sets many keys of a map, each like [`Self::set`].
    pub fn set_all(&mut self, values: impl IntoIterator<Item = (String, Self)>) {
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        if let Data::Map(entries, _) = &self.data {
            let names = entries.iter().enumerate().rev().filter_map(|(place, (key, _))| Some((key.as_str()?, place)));
            places.extend(names.map(|(key, place)| (key.to_owned(), place)));
        }
        self.change(|entries| {
            for (key, value) in values {
                match places.get(&key).and_then(|place| entries.get_mut(*place)) {
                    Some((_, old)) => *old = value,
                    None => {
                        places.insert(key.clone(), entries.len());
                        entries.push((Self::text(key), value));
                    }
                }
            }
        });
    }

    /// Keeps those entries of a map whose value `is_kept`.
    pub fn retain(&mut self, is_kept: impl Fn(&Self) -> bool) {
        self.change(|entries| entries.retain(|(_, value)| is_kept(value)));
    }

    /// Removes a key from a map.
    pub fn remove(&mut self, key: &str) {
        self.change(|entries| entries.retain(|(name, _)| name.as_str() != Some(key)));
    }

    /// Changes the entries of a map.
    fn change(&mut self, change: impl FnOnce(&mut Vec<(Self, Self)>)) {
        if let Data::Map(entries, _) = &mut self.data {
            let mut changed = std::mem::take(entries).into_vec();
            change(&mut changed);
            *entries = changed.into();
        }
    }

    /// The map in a key, for changing; created if absent or null. `None` if there is something else.
    pub fn map_mut(&mut self, key: &str) -> Option<&mut Self> {
        if self.get(key).is_none_or(Self::is_null) {
            self.set(key, Self::map());
        }
        self.slot(key).filter(|value| value.is_map())
    }

    /// What kind of value it is, for a message.
    #[must_use]
    pub fn kind_name(&self) -> &'static str {
        match &self.data {
            _ if self.is_null() => "null",
            Data::List(..) => "a list",
            Data::Map(..) => "a map",
            _ if self.as_str().is_some() => "a text",
            _ => "no text",
        }
    }

    fn slot(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.data {
            Data::Map(entries, _) => {
                entries.iter_mut().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// Converts texts to quoted ones where necessary, and everything else to plain ones.
impl From<&Value> for Raw {
    fn from(value: &Value) -> Self {
        let data = match value {
            Value::Str(text) => Data::Quoted(text.as_str().into(), Quotes::Any),
            Value::Seq(items) => Data::List(items.iter().map(Self::from).collect(), Layout::Block),
            Value::Map(map) => {
                let entries = map.iter().map(|(key, value)| (Self::text(key), value.into()));
                Data::Map(entries.collect(), Layout::Block)
            }
            scalar => Data::Plain(flow(scalar).into()),
        };
        Self { tag: None, data }
    }
}

/// A map of the entries that have a value.
impl FromIterator<(&'static str, Option<Raw>)> for Raw {
    fn from_iter<I: IntoIterator<Item = (&'static str, Option<Raw>)>>(entries: I) -> Self {
        let entries = entries.into_iter().filter_map(|(key, value)| Some((Self::text(key), value?)));
        Self { tag: None, data: Data::Map(entries.collect(), Layout::Block) }
    }
}
