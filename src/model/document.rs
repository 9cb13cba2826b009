//! One document, and questions that apply to any document.

use super::layers::Files;
use crate::diagnostic::Location;
use crate::yaml::{Data, Entry, Node};

/// A document with the files it comes from.
pub struct Document {
    /// The file as the user named it; a RenderConfig that was merged with those of folders above has theirs too.
    pub files: Files,
    pub root: Node,
}

impl Document {
    /// Where the document begins.
    pub fn place(&self) -> Location {
        self.files.location(self.root.pos)
    }

    /// The first of its files.
    pub fn file(&self) -> &str {
        self.files.first()
    }

    /// `apiVersion`, or an empty text.
    pub fn api(&self) -> &str {
        self.root.get("apiVersion").and_then(Node::as_str).unwrap_or_default()
    }

    /// `kind`, or an empty text.
    pub fn kind(&self) -> &str {
        self.root.get("kind").and_then(Node::as_str).unwrap_or_default()
    }

    /// Whether it is a Secret with that key.
    pub fn has_data(&self, key: &str) -> bool {
        ["data", "stringData"].iter().any(|field| self.root.get(field).is_some_and(|data| data.entry(key).is_some()))
    }

    /// Whether SOPS encrypted any of its values.
    pub fn is_encrypted(&self) -> bool {
        self.root.get("sops").is_some_and(|sops| sops.as_map().is_some())
    }

    /// The documents of a list, as `kubectl get -o yaml` prints it; else the document itself.
    pub(super) fn unwrapped(self) -> Vec<Self> {
        let kind = self.kind();
        let items = match &self.root.data {
            Data::Seq(items) => Some(items),
            _ if kind.ends_with("List") => self.root.get("items").and_then(|items| match &items.data {
                Data::Seq(items) => Some(items),
                _ => None,
            }),
            _ => None,
        };
        let Some(items) = items else { return vec![self] };
        // The items of a typed list may omit apiVersion and kind.
        let of = [("apiVersion", self.api()), ("kind", kind.trim_end_matches("List"))];
        let item = |item: &Node| {
            let mut root = item.clone();
            if let Data::Map(entries) = &mut root.data {
                for (key, value) in of.iter().filter(|(_, value)| !value.is_empty() && *value != "v1") {
                    if entries.iter().all(|entry| entry.key != *key) {
                        let value = Node { pos: item.pos, data: Data::Str((*value).into()), raw: None };
                        entries.insert(0, Entry { key: (*key).to_owned(), key_pos: item.pos, value });
                    }
                }
            }
            Self { files: self.files.clone(), root }
        };
        items.iter().map(item).collect()
    }

    /// `metadata.name`, or an empty text.
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// A text field of the metadata, or an empty text.
    pub fn metadata(&self, field: &str) -> &str {
        self.root.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Node::as_str).unwrap_or_default()
    }
}
