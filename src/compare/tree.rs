//! A value prepared for comparing: some parts may be shown, others only compared.

use super::kinds;
use crate::object::{Map, Value};
use crate::report::MASK;
use crate::yaml;

/// A text with secrets in it.
#[derive(Clone, PartialEq)]
pub(super) struct Masked {
    /// The whole text.
    pub raw: String,
    /// The text with its secrets masked.
    pub shown: String,
    /// The secrets.
    pub hidden: Vec<String>,
}

/// A value in which every secret is marked. It can only be printed through [`Tree::masked`].
#[derive(Clone, PartialEq)]
pub(super) enum Tree {
    /// Anything that may be shown and is neither a list nor a map.
    Scalar(Value),
    /// A text with parts that must be hidden.
    Text(Masked),
    /// A value that is compared and never shown.
    Opaque(String),
    /// The name of an object with a suffix for its content: in full, and without the suffix.
    Name(String, String),
    /// A list.
    Seq(Vec<Tree>),
    /// A map, in the order of the document.
    Map(Vec<(String, Tree)>),
    /// A document inside a text: the text, and the parsed document.
    Inner(String, Box<Tree>),
}

impl Tree {
    /// A value to hide.
    pub fn opaque(value: &Value) -> Self {
        match value {
            Value::Str(text) => Self::Opaque(text.clone()),
            // Marked as not a text, so that `1` and `"1"` differ.
            other => Self::Opaque(format!("\u{0}{}", yaml::flow(other))),
        }
    }

    /// Hides a scalar or a text that turned out to be secret.
    pub fn hidden(&self) -> Self {
        match self {
            Self::Scalar(value) => Self::opaque(value),
            Self::Text(text) => Self::Opaque(text.raw.clone()),
            Self::Inner(text, _) => Self::Opaque(text.clone()),
            other => other.clone(),
        }
    }

    /// The same with everything hidden but the keys.
    pub fn veiled(&self) -> Self {
        match self {
            Self::Seq(items) => Self::Seq(items.iter().map(Self::veiled).collect()),
            Self::Map(entries) => Self::Map(entries.iter().map(|(key, tree)| (key.clone(), tree.veiled())).collect()),
            Self::Name(full, _) => Self::Opaque(full.clone()),
            other => other.hidden(),
        }
    }

    /// Whether it is a map of kind Secret: an object or a reference to one.
    pub fn is_of_secret(&self) -> bool {
        let is_secret = |tree: &Tree| matches!(tree, Self::Scalar(Value::Str(kind)) if kinds::is_secret(kind));
        matches!(self, Self::Map(entries) if entries.iter().any(|(key, tree)| kinds::is_kind(key) && is_secret(tree)))
    }

    /// A map with every entry hidden that would be secret in a Secret.
    pub fn as_of_secret(&self) -> Self {
        let is_reference = kinds::is_reference(|key| self.get(key).is_some());
        let entry = |(key, tree): &(String, Tree)| {
            let is_open = kinds::is_open(key, is_reference) && (key == "metadata" || !matches!(tree, Self::Map(_)));
            (key.clone(), if is_open { tree.clone() } else { tree.veiled() })
        };
        match self {
            Self::Map(entries) => Self::Map(entries.iter().map(entry).collect()),
            other => other.veiled(),
        }
    }

    /// Whether any part of it is hidden.
    pub fn has_secret(&self) -> bool {
        match self {
            Self::Opaque(_) | Self::Text(_) => true,
            Self::Scalar(_) | Self::Name(..) => false,
            Self::Seq(items) => items.iter().any(Self::has_secret),
            Self::Map(entries) => entries.iter().any(|(_, tree)| tree.has_secret()),
            Self::Inner(_, tree) => tree.has_secret(),
        }
    }

    /// Whether it is hidden as a whole.
    pub fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque(_))
    }

    /// The visible part, with a mask for each secret.
    pub fn masked(&self) -> Value {
        match self {
            Self::Scalar(value) => value.clone(),
            Self::Text(text) => text.shown.as_str().into(),
            Self::Name(_, base) => base.as_str().into(),
            Self::Opaque(_) => MASK.into(),
            Self::Seq(items) => Value::Seq(items.iter().map(Self::masked).collect()),
            Self::Map(entries) => {
                entries.iter().map(|(key, tree)| (key.clone(), tree.masked())).collect::<Map>().into()
            }
            Self::Inner(_, tree) => tree.masked(),
        }
    }

    /// The visible part, if it is a text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(value) => value.as_str(),
            Self::Text(text) => Some(&text.shown),
            Self::Name(_, base) => Some(base),
            Self::Opaque(_) => Some(MASK),
            Self::Seq(_) | Self::Map(_) => None,
            Self::Inner(_, tree) => tree.text(),
        }
    }

    /// Every secret in it, in the order of the document.
    pub fn secrets(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.gather(&mut found);
        found
    }

    fn gather<'t>(&'t self, found: &mut Vec<&'t str>) {
        match self {
            Self::Opaque(raw) => found.push(raw),
            Self::Text(text) => found.extend(text.hidden.iter().map(String::as_str)),
            Self::Scalar(_) | Self::Name(..) => {}
            Self::Seq(items) => items.iter().for_each(|item| item.gather(found)),
            Self::Map(entries) => entries.iter().for_each(|(_, tree)| tree.gather(found)),
            Self::Inner(_, tree) => tree.gather(found),
        }
    }

    /// The visible text, if it has several lines.
    pub fn lines(&self) -> Option<&str> {
        let text = match self {
            Self::Scalar(Value::Str(text)) => text,
            Self::Text(text) => &text.shown,
            _ => return None,
        };
        text.contains('\n').then_some(text)
    }

    /// The items, mutable; nothing unless it is a list.
    pub fn items_mut(&mut self) -> &mut [Tree] {
        match self {
            Self::Seq(items) => items,
            _ => &mut [],
        }
    }

    /// The value of a key, mutable, if it is a map with that key.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match self {
            Self::Map(entries) => entries.iter_mut().find(|(name, _)| name == key).map(|(_, tree)| tree),
            _ => None,
        }
    }

    /// A map without a key.
    pub fn without(mut self, key: &str) -> Self {
        if let Self::Map(entries) = &mut self {
            entries.retain(|(name, _)| name != key);
        }
        self
    }

    /// The value of a key, if it is a map with that key.
    pub fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, tree)| tree),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_masked_says_nothing_and_still_differs() {
        let (one, two) = (Tree::opaque(&"hunter2".into()), Tree::opaque(&"a far longer secret".into()));
        assert!(one != two && one == one.clone());
        assert_eq!(one.masked(), two.masked());
        assert!(Tree::opaque(&Value::Int("1".into())) != Tree::opaque(&"1".into()));
    }
}
