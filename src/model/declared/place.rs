//! A place in a document, found by the keys that lead to it.

use super::setting::Inner;
use super::{BELOW, Named, ROWS, Row, is_name, names};
use crate::kubernetes::settings;
use crate::object::Value;
use crate::sensitive::{self, name};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A place in a document: what is declared for the value there.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    document: &'static str,
    /// `None` for the document itself.
    row: Option<&'static Row>,
    /// Whether it is an item or member of the row's value, rather than the value itself.
    is_inner: bool,
    /// Whether the key that leads here is the name of a secret.
    is_named_secret: bool,
    /// The Kubernetes type here, if it is inside a setting.
    kubernetes: Option<Inner>,
}

impl Place {
    /// The document as a whole.
    #[must_use]
    pub fn root(document: &'static str) -> Self {
        Self { document, row: None, is_inner: false, is_named_secret: false, kubernetes: None }
    }

    /// The place of field `key` of the map here; `None` if no such field is declared.
    #[must_use]
    pub fn field(self, key: &str) -> Option<Self> {
        if let Some(inner) = self.kubernetes {
            let is_named_secret = inner.names_secret(key);
            return Some(Self { kubernetes: Some(inner.field(key)?), is_named_secret, ..self });
        }
        if self.is_of_settings() {
            return Some(Self { kubernetes: Some(Inner::of(settings::find(key)?)), ..self });
        }
        if self.takes_any_key() {
            let is_text = self.row.is_some_and(|row| row.kind == "map of string");
            let is_named_secret = is_text && name::is_secret(key);
            return (!self.is_unread()).then_some(Self { is_inner: true, is_named_secret, ..self });
        }
        let (_, row) = self.rows().iter().find(|(part, _)| is_name(part, key))?;
        Some(Self { row: Some(row), is_inner: false, ..self })
    }

    /// Whether the map here has a declared field of that name.
    #[must_use]
    pub fn has_field(self, key: &str) -> bool {
        self.rows().iter().any(|(part, _)| is_name(part, key))
    }

    /// The declared fields of the map here, by name, in the order of the table.
    pub fn fields(self) -> impl Iterator<Item = Named> {
        self.rows().iter().flat_map(|(part, row)| names(part).into_iter().map(move |name| (name, *row)))
    }

    /// The rows of the fields of the map here, each with the last part of its path.
    pub fn rows(self) -> &'static [Named] {
        static ITEMS: LazyLock<BTreeMap<&str, String>> =
            LazyLock::new(|| ROWS.rows.iter().map(|row| (row.path, format!("{}[]", row.path))).collect());
        let path = match self.row {
            None => "",
            Some(row) if self.is_inner => ITEMS.get(row.path).map_or("", String::as_str),
            Some(row) => row.path,
        };
        BELOW.get(&(self.document, path)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the map here holds settings of a component or of all pods, or overrides, which are a subset of these.
    fn is_of_settings(self) -> bool {
        self.kubernetes.is_none() && self.row.is_some_and(|row| matches!(row.kind, "settings" | "overrides"))
    }

    /// The row of the value here; `None` for a document itself, and for an item or member of a row's value.
    #[must_use]
    pub fn row(self) -> Option<&'static Row> {
        self.row.filter(|_| !self.is_inner && self.kubernetes.is_none())
    }

    /// The row of the value here, or of the list or map that contains it.
    #[must_use]
    pub fn any_row(self) -> Option<&'static Row> {
        self.row.filter(|_| self.kubernetes.is_none())
    }

    /// The place of an item of the list here.
    #[must_use]
    pub fn item(self) -> Self {
        match self.kubernetes {
            Some(inner) => Self { kubernetes: inner.item().or(Some(inner)), ..self },
            None => Self { is_inner: true, ..self },
        }
    }

    /// Whether the map here has members of any name.
    #[must_use]
    pub fn takes_any_key(self) -> bool {
        if let Some(inner) = self.kubernetes {
            return inner.takes_any_key();
        }
        !self.is_inner
            && self.row.is_some_and(|row| row.kind.starts_with("map"))
            && !self.row.is_some_and(|row| row.kind == "map" && row.has_fields())
    }

    /// Whether nothing reads the value here or anything below it.
    #[must_use]
    pub fn is_unread(self) -> bool {
        self.row.is_some_and(|row| matches!(row.kind, "any" | "patch") || (row.kind == "map" && !row.has_fields()))
    }

    /// Whether the keys of the map here may be shown.
    #[must_use]
    pub fn shows_keys(self) -> bool {
        !self.is_unread() && self.row.is_none_or(|row| row.secret != "yes")
    }

    /// Whether the value here may be shown, judged by the place alone.
    #[must_use]
    pub fn is_public(self) -> bool {
        if let Some(inner) = self.kubernetes {
            return inner.is_public();
        }
        let is_scalar = |kind: &str| matches!(kind, "string" | "boolean" | "integer" | "number");
        self.row.filter(|row| row.secret != "yes").is_some_and(|row| match row.kind.split_once(" of ") {
            Some((_, inner)) => self.is_inner && is_scalar(inner),
            None => !self.is_inner && is_scalar(row.kind),
        })
    }

    /// Whether a list is expected here.
    #[must_use]
    pub fn takes_items(self) -> bool {
        if let Some(inner) = self.kubernetes {
            return inner.takes_items();
        }
        !self.is_inner && self.row.is_some_and(|row| row.kind.starts_with("list"))
    }

    /// Whether a map is expected here, with declared fields or members of any name.
    #[must_use]
    pub fn takes_fields(self) -> bool {
        if let Some(inner) = self.kubernetes {
            return inner.takes_fields();
        }
        let is_of_fields =
            |kind: &str| matches!(kind, "fields" | "settings" | "overrides") || kind.ends_with(" of fields");
        self.shows_keys() && (self.takes_any_key() || self.row.is_none_or(|row| is_of_fields(row.kind)))
    }

    /// Whether this value may be shown here: the place is public, the value has the right type and is allowed, and
    /// nothing in it looks like a secret.
    #[must_use]
    pub fn may_show(self, value: &Value) -> bool {
        if let Some(inner) = self.kubernetes {
            return inner.is_off(value) || (inner.is_public() && inner.fits(value, |text| self.may_quote(text)));
        }
        let Some(row) = self.row.filter(|_| self.is_public()) else { return matches!(value, Value::Null) };
        match (row.scalar(), value) {
            (_, Value::Null) | ("boolean", Value::Bool(_)) | ("integer" | "number", Value::Int(_)) => true,
            ("number", Value::Float(_)) => true,
            ("string", Value::Str(text)) => self.may_quote(text),
            _ => false,
        }
    }

    /// Whether a message may quote a text that stands here, even if it is a scalar of another type: it is a value
    /// allowed here, or close to one.
    #[must_use]
    pub fn may_quote(self, text: &str) -> bool {
        if let Some(inner) = self.kubernetes {
            return self.is_public() && !self.holds_secret(text) && inner.form().may_quote(text, true);
        }
        let row = self.row.filter(|_| self.is_public());
        row.is_some_and(|row| !self.holds_secret(text) && row.form().may_quote(text, self.takes_at()))
    }

    /// Whether a text here is a secret, by its form or by the name of its key: it is then neither rendered nor shown.
    #[must_use]
    pub fn holds_secret(self, text: &str) -> bool {
        (self.is_named_secret && !text.is_empty()) || !sensitive::is_harmless(text, self.takes_at())
    }

    /// Whether an `@` is part of the syntax of texts here.
    #[must_use]
    pub fn takes_at(self) -> bool {
        // In references of images, and in cloud accounts.
        self.kubernetes.is_some() || self.row.is_some_and(|row| row.secret == "at")
    }
}
