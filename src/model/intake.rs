//! What is refused in a document before anything else reads it: a key that may contain a value, and a secret in a place
//! that everybody can read.
//!
//! A missing blank turns a value into a key: `{host: h, password:hunter2}` has the key `password:hunter2`, and
//! `{host: h, password, hunter2}` the key `hunter2`. Such an entry is removed from the document, so that none of it is
//! rendered, sealed or quoted later.

use super::declared::{self, Place};
use super::document::Document;
use super::fields::unquotable;
use super::names::{CA_CERT, CA_KEY, SECRET_FIELDS, TLS_CERT, TLS_KEY, is_config};
use super::schema::{self, Fact, Secrecy, Type};
use crate::catalog::Names;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::sensitive;
use crate::yaml::{self, Data, Entry, Node, Pos};
use std::collections::BTreeSet;

/// What a node is, which decides how its keys and texts are checked.
#[derive(Clone, Copy)]
pub enum Shape {
    /// A config.yaml, or a fragment of one.
    Config,
    /// The value of a field or member of config.yaml, or a part of one, with its type.
    Value(&'static Fact, &'static Type),
    /// The map in a pair (a name and a map), by its name in the tables.
    Members(&'static str),
    /// A place in a document with declared fields.
    Declared(Place),
    /// A Secret.
    Secret,
    /// Its `data` or `stringData`.
    Data,
    /// A part without a table, which is secret as a whole or not read: its keys must be names.
    Open,
    /// A place below an undeclared field.
    Unknown,
    /// A part that nothing reads.
    Unread,
}

impl Shape {
    /// The shape of a Kubernetes document of that kind.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        match declared::document(kind) {
            Some(document) => Self::Declared(Place::root(document)),
            None if kind == "Secret" => Self::Secret,
            None => Self::Open,
        }
    }

    /// The shape of the value of a key.
    #[must_use]
    pub fn field(self, key: &str) -> Self {
        let value = |fact: Option<&'static Fact>| fact.map_or(Self::Open, |fact| Self::Value(fact, &fact.kind));
        match self {
            Self::Config => value(schema::field(key)),
            Self::Members(map) => value(schema::member(map, key)),
            Self::Value(_, Type::Members(map)) => value(schema::member(map, key)),
            Self::Value(fact, Type::Map(Some(inner))) => Self::Value(fact, inner),
            Self::Declared(place) => match place.field(key) {
                Some(below) if below.is_unread() => Self::Unread,
                Some(below) => Self::Declared(below),
                None => Self::Unknown,
            },
            Self::Secret if matches!(key, "data" | "stringData") => Self::Data,
            // `managedFields`, which the API server writes, has keys of its own.
            Self::Open if key == MANAGED => Self::Unread,
            Self::Secret | Self::Data | Self::Open | Self::Value(..) => Self::Open,
            Self::Unknown => Self::Unknown,
            Self::Unread => Self::Unread,
        }
    }

    /// Whether a key is known here.
    #[must_use]
    pub fn knows(self, key: &str) -> bool {
        match self {
            Self::Config => schema::field(key).is_some(),
            Self::Members(map) => schema::member(map, key).is_some(),
            Self::Value(_, Type::Members(map)) => schema::member(map, key).is_some(),
            Self::Declared(place) => place.field(key).is_some_and(|below| below.is_unread() || !place.takes_any_key()),
            Self::Secret => matches!(key, "data" | "stringData") || SECRET_FIELDS.contains(&key),
            Self::Data => is_config(key) || is_data_name(key),
            Self::Open => key == MANAGED,
            Self::Value(..) | Self::Unknown | Self::Unread => false,
        }
    }

    /// Whether an unknown key here may be null. It may in config.yaml, as Quay has fields that the tables lack, and in
    /// a map with members of any name, where null removes what a RenderConfig further up sets.
    fn takes_null(self) -> bool {
        match self {
            Self::Config | Self::Value(..) | Self::Members(_) | Self::Open | Self::Unread => true,
            Self::Declared(place) => place.takes_any_key(),
            Self::Secret | Self::Data | Self::Unknown => false,
        }
    }

    /// Whether an unknown key here may have no value at all, because nothing of the map is shown or read.
    fn takes_absent(self) -> bool {
        match self {
            Self::Open | Self::Unread => true,
            Self::Value(_, kind) => !matches!(kind, Type::Members(_) | Type::Map(Some(_))),
            _ => false,
        }
    }

    /// The shape of the items of a list; the second item of a pair is its map.
    #[must_use]
    pub fn item(self, index: usize) -> Self {
        match self {
            Self::Value(fact, Type::List(Some(inner))) => Self::Value(fact, inner),
            Self::Value(_, Type::Pair(map)) if index == 1 => Self::Members(map),
            Self::Declared(place) => Self::Declared(place.item()),
            Self::Unread | Self::Unknown => self,
            _ => Self::Open,
        }
    }
}

/// The field of metadata in which the API server keeps its own records.
const MANAGED: &str = "managedFields";

static KEYS: Names = Names::new(|release| release.keys().map(|(name, ..)| name).collect());

/// The names in a Secret that are known to be names, even without a value.
pub(super) fn is_data_name(key: &str) -> bool {
    [CA_CERT, CA_KEY, TLS_CERT, TLS_KEY].contains(&key) || KEYS.has(key)
}

/// Refuses what is not allowed in a document, and removes it.
pub(super) fn screen(document: &mut Document, diagnostics: &mut Diagnostics) {
    let shape = Shape::of(document.kind());
    let refused = Refused::of(&document.root, shape, &|pos| document.files.location(pos), diagnostics);
    refused.remove_from(&mut document.root);
}

/// The refused entries, by the positions of their keys.
#[derive(Default)]
pub struct Refused {
    refused: BTreeSet<Pos>,
    /// The keys that are no error where they stand but must not be quoted either.
    unquotable: BTreeSet<Pos>,
}

impl Refused {
    /// Checks a document, and reports each problem at the location that `locate` gives.
    pub fn of(root: &Node, shape: Shape, locate: &dyn Fn(Pos) -> Location, diagnostics: &mut Diagnostics) -> Self {
        let mut walk = Walk { locate, diagnostics, path: Vec::new(), found: Self::default() };
        walk.node(root, shape);
        walk.found
    }

    /// Whether the key of an entry may be quoted.
    pub fn is_quotable(&self, entry: &Entry) -> bool {
        !self.refused.contains(&entry.key_pos) && !self.unquotable.contains(&entry.key_pos)
    }

    /// Removes the refused entries.
    pub fn remove_from(&self, node: &mut Node) {
        if self.refused.is_empty() {
            return;
        }
        match &mut node.data {
            Data::Map(entries) => {
                entries.retain(|entry| !self.refused.contains(&entry.key_pos));
                entries.iter_mut().for_each(|entry| self.remove_from(&mut entry.value));
            }
            Data::Seq(items) => items.iter_mut().for_each(|item| self.remove_from(item)),
            _ => {}
        }
    }
}

struct Walk<'w, 'n> {
    locate: &'w dyn Fn(Pos) -> Location,
    diagnostics: &'w mut Diagnostics,
    /// The keys that lead to the current node.
    path: Vec<&'n str>,
    found: Refused,
}

impl<'n> Walk<'_, 'n> {
    fn node(&mut self, node: &'n Node, shape: Shape) {
        match &node.data {
            _ if matches!(shape, Shape::Unread) => {}
            Data::Map(entries) => entries.iter().for_each(|entry| self.entry(entry, shape)),
            Data::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.node(item, shape.item(index));
                }
            }
            Data::Str(text) => self.text(node, &text.value, shape),
            _ => {}
        }
    }

    fn entry(&mut self, entry: &'n Entry, shape: Shape) {
        let is_known = || shape.knows(&entry.key);
        let says_nothing = match &entry.value {
            value if value.is_absent() => !shape.takes_absent(),
            value => value.is_null() && !shape.takes_null(),
        };
        if !yaml::is_name(&entry.key) || (says_nothing && !is_known()) {
            self.found.refused.insert(entry.key_pos);
            let problem = unquotable(entry, &self.path.join("."));
            self.diagnostics.push(problem.at((self.locate)(entry.key_pos)));
            return;
        }
        if entry.value.is_absent() && !is_known() {
            self.found.unquotable.insert(entry.key_pos);
        }
        self.path.push(&entry.key);
        self.node(&entry.value, shape.field(&entry.key));
        self.path.pop();
    }

    /// Checks a public text that looks like a secret. In config.yaml a URL with a password goes into a Secret instead.
    fn text(&mut self, node: &Node, text: &str, shape: Shape) {
        let (may_hold_key, may_hold_url) = match shape {
            Shape::Value(fact, kind) => (fact.secrecy_of(kind) != Secrecy::Public, true),
            Shape::Declared(place) => (false, !place.is_public() || !place.holds_secret(text)),
            _ => (true, true),
        };
        let (message, hint) = if !may_hold_key && sensitive::holds_private_key(text.as_bytes()) {
            (
                "holds a private key, where everybody can read it",
                "take it out, and make a new one: this one is known now",
            )
        } else if !may_hold_url {
            (
                "may hold a secret, where everybody can read it: user, parameters or fragment of a URL, or a password behind its name",
                "write the address without what stands before an `@`, or behind a `?`, `;`, `&` or `#`; leave out passwords and tokens",
            )
        } else {
            return;
        };
        let problem = Diagnostic::new(codes::SECRET_EXPOSED, message).at((self.locate)(node.pos));
        self.diagnostics.push(problem.field(self.path.join(".")).hint(hint));
    }
}
