//! A value that is compared: what may be shown of it, and what only differs or does not.

use crate::object::{Map, Value};
use crate::report::MASK;
use crate::yaml;

/// A text with secrets in it.
#[derive(Clone, PartialEq)]
pub(super) struct Masked {
    /// The whole.
    pub raw: String,
    /// What is shown of it.
    pub shown: String,
    /// What is not.
    pub hidden: Vec<String>,
}

/// A value in which every secret is known as one. It cannot be printed but by [`Tree::masked`].
#[derive(Clone, PartialEq)]
pub(super) enum Tree {
    /// Anything that is neither a list nor a map and may be shown.
    Scalar(Value),
    /// A text of which something must not be shown.
    Text(Masked),
    /// What is compared and never shown.
    Opaque(String),
    /// The name of an object that is named by its content: in full, and without the suffix that follows the content.
    Name(String, String),
    /// A list.
    Seq(Vec<Tree>),
    /// A map, in the order of the document.
    Map(Vec<(String, Tree)>),
    /// A document inside a text: the text, and what it says.
    Inner(String, Box<Tree>),
}

impl Tree {
    /// Something that is never shown.
    pub fn opaque(value: &Value) -> Self {
        match value {
            Value::Str(text) => Self::Opaque(text.clone()),
            // Marked as no text, so that `1` and `"1"` differ.
            other => Self::Opaque(format!("\u{0}{}", yaml::flow(other))),
        }
    }

    /// The entries of a map, none of whose values is ever shown; what is no map is not shown at all.
    pub fn opaque_entries(value: &Value) -> Self {
        match value {
            Value::Map(map) => {
                Self::Map(map.iter().map(|(key, value)| (key.to_owned(), Self::opaque(value))).collect())
            }
            other => Self::opaque(other),
        }
    }

    /// A scalar or a text that turned out to be secret.
    pub fn hidden(&self) -> Self {
        match self {
            Self::Scalar(value) => Self::opaque(value),
            Self::Text(text) => Self::Opaque(text.raw.clone()),
            other => other.clone(),
        }
    }

    /// Whether nothing of it may be shown.
    pub fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque(_))
    }

    /// What may be shown, with a mask for each secret.
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

    /// Every secret in it, in the order of the document.
    pub fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Opaque(raw) => vec![raw],
            Self::Text(text) => text.hidden.iter().map(String::as_str).collect(),
            Self::Scalar(_) | Self::Name(..) => Vec::new(),
            Self::Seq(items) => items.iter().flat_map(Self::secrets).collect(),
            Self::Map(entries) => entries.iter().flat_map(|(_, tree)| tree.secrets()).collect(),
            Self::Inner(_, tree) => tree.secrets(),
        }
    }

    /// The text that is shown, where it is one of several lines.
    pub fn lines(&self) -> Option<&str> {
        let text = match self {
            Self::Scalar(Value::Str(text)) => text,
            Self::Text(text) => &text.shown,
            _ => return None,
        };
        text.contains('\n').then_some(text)
    }

    /// The value of a key, where it is a map that has it.
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
