//! config.yaml as Quay will read it, with the location of each field.

use super::forms;
use crate::catalog::{Catalog, Number, Release};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::host::{self, Host};
use crate::model::bundle::ConfigFile;
use crate::model::schema::{self, Secrecy};
use crate::yaml::{Data, Node, Pos};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How to locate the positions of a node: in a file, or all at one fixed location.
#[derive(Clone, Copy)]
enum Place<'a> {
    File(&'a str),
    Fixed(&'a Location),
}

impl Place<'_> {
    fn locate(self, pos: Pos) -> Location {
        match self {
            Self::File(file) => Location { file: file.to_owned(), line: pos.line, column: pos.column },
            Self::Fixed(at) => at.clone(),
        }
    }
}

struct Setting<'a> {
    node: Cow<'a, Node>,
    place: Place<'a>,
}

/// The fields of config.yaml.
pub struct Config<'a> {
    settings: BTreeMap<&'a str, Setting<'a>>,
    at: Location,
    referenced: bool,
    release: Number,
}

impl<'a> Config<'a> {
    /// Without any field; `at` is where a missing field would be written.
    #[must_use]
    pub fn new(at: Location) -> Self {
        let release = Catalog::shipped().map(Release::number).unwrap_or_default();
        Self { settings: BTreeMap::new(), at, referenced: false, release }
    }

    /// The same, where a secret may be left to a Secret of the cluster, by naming that or by omitting the field.
    #[must_use]
    pub fn with_references(self, referenced: bool) -> Self {
        Self { referenced, ..self }
    }

    /// All fields of a file, as written.
    #[must_use]
    pub fn of(file: &'a ConfigFile) -> Self {
        let mut config = Self::new(file.location(file.root.pos));
        for entry in file.root.as_map().unwrap_or_default() {
            config.write(file, &entry.key, &entry.value);
        }
        config
    }

    /// The same, as a release reads it.
    #[must_use]
    pub fn of_release(self, release: Number) -> Self {
        Self { release, ..self }
    }

    /// Adds a field as written in a file.
    pub fn write(&mut self, file: &'a ConfigFile, name: &'a str, node: &'a Node) {
        self.settings.insert(name, Setting { node: Cow::Borrowed(node), place: Place::File(&file.file) });
    }

    /// Adds a field that is in no file; `at` is what caused it.
    pub fn provide(&mut self, name: &'a str, node: Node, at: &'a Location) {
        self.settings.insert(name, Setting { node: Cow::Owned(node), place: Place::Fixed(at) });
    }

    /// A field, present or not.
    #[must_use]
    pub fn field(&'a self, name: &str) -> Field<'a> {
        let setting = self.settings.get(name);
        Field {
            path: name.to_owned(),
            fact: schema::field_in(name, self.release),
            release: self.release,
            node: setting.map(|setting| &*setting.node).filter(|node| !node.is_null()),
            place: setting.map_or(Place::Fixed(&self.at), |setting| setting.place),
            holder: setting.map(|setting| setting.node.pos),
            referenced: self.referenced,
        }
    }

    /// The names of all fields that are present, in order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.settings.iter().filter(|(_, setting)| !setting.node.is_null()).map(|(name, _)| *name)
    }
}

/// A field of config.yaml or a member of one, present or not. Null counts as absent.
#[derive(Clone)]
pub struct Field<'a> {
    path: String,
    fact: Option<&'static schema::Fact>,
    /// The release that reads the field.
    release: Number,
    node: Option<&'a Node>,
    place: Place<'a>,
    /// Where a problem with an absent field is reported: at its null, else at the map that it would be a member of.
    holder: Option<Pos>,
    /// Whether a secret may be left to a Secret of the cluster.
    referenced: bool,
}

impl<'a> Field<'a> {
    /// The path: `BUILDLOGS_REDIS.host`. It has no indices: the location shows which item it is.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The field's row in the tables; nothing for an unknown name.
    #[must_use]
    pub fn fact(&self) -> Option<&'static schema::Fact> {
        self.fact
    }

    /// The value as written.
    #[must_use]
    pub fn node(&self) -> Option<&'a Node> {
        self.node
    }

    /// Whether a person wrote the value, rather than a managed component or quay-render.
    #[must_use]
    pub fn is_written(&self) -> bool {
        self.is_given() && matches!(self.place, Place::File(_))
    }

    /// Whether there is a value, of whatever type.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.node.is_some()
    }

    /// Whether the field is null, which counts as absent, but overrides Quay's own default.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.node.is_none() && self.holder.is_some()
    }

    /// Whether the value may be left to a Secret of the cluster.
    #[must_use]
    pub fn may_be_referenced(&self) -> bool {
        self.referenced && self.fact.is_none_or(|fact| fact.secrecy() == Secrecy::Secret)
    }

    /// Whether there is a value that is not an empty text.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.node.is_some_and(|node| node.as_str() != Some(""))
    }

    /// The text; nothing if it is absent or has another type. A plain `yes` or `no` counts as text, as in Quay's
    /// validator.
    #[must_use]
    pub fn text(&self) -> Option<&'a str> {
        let node = self.node?;
        match node.data {
            Data::Bool(_) => node.raw.as_deref().filter(|raw| is_python_word(raw)),
            _ => node.as_str(),
        }
    }

    /// The text, if it is not empty.
    #[must_use]
    pub fn filled_text(&self) -> Option<&'a str> {
        self.text().filter(|text| !text.is_empty())
    }

    /// Its text as a host, if it is a text that is not empty.
    #[must_use]
    pub fn host(&self) -> Option<Host> {
        self.filled_text().map(Host::read)
    }

    /// The truth value.
    #[must_use]
    pub fn flag(&self) -> Option<bool> {
        self.node?.as_bool()
    }

    /// The whole number, even in a notation that Quay's Python reads as text; nothing if it does not fit into 64 bits.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let node = self.node?;
        match &node.data {
            Data::Int(digits) => digits.parse().ok(),
            _ => schema::intended_integer(node)?.parse().ok(),
        }
    }

    /// Whether it is a map, so that its members can be checked.
    #[must_use]
    pub fn is_map(&self) -> bool {
        self.node.is_some_and(|node| node.as_map().is_some())
    }

    /// Whether the whole number is in a range; nothing if it is absent or has another type. A number that does not fit
    /// into 64 bits is in no range.
    #[must_use]
    pub fn number_in(&self, range: std::ops::RangeInclusive<i64>) -> Option<bool> {
        let node = self.node?;
        let is_number = matches!(node.data, Data::Int(_)) || schema::intended_integer(node).is_some();
        is_number.then(|| self.integer().is_some_and(|number| range.contains(&number)))
    }

    /// Whether it is an empty list.
    #[must_use]
    pub fn is_empty_list(&self) -> bool {
        self.node.and_then(Node::as_seq).is_some_and(<[Node]>::is_empty)
    }

    /// Reports a number that is not a port; digits as text count if the tables allow that (guide 3.4.2).
    pub fn check_port(&self, code: Code, out: &mut Diagnostics) {
        let takes_digits = self.fact.is_some_and(|fact| fact.kind == schema::Type::Digits);
        let is_digits = |text: &&str| takes_digits && text.bytes().all(|byte| byte.is_ascii_digit());
        let of_text = || self.filled_text().filter(is_digits).map(|text| host::port(text).is_ok());
        if self.number_in(forms::PORTS).or_else(of_text) == Some(false) {
            out.push(self.problem(code, "is not a port").hint("a whole number from 1 to 65535"));
        }
    }

    /// The note that the value is left to a Secret of the cluster.
    #[must_use]
    pub fn left_to_secret(&self, code: Code) -> Diagnostic {
        self.problem(code, "is left to a Secret, and could not be checked")
    }

    /// A member of the map, present or not.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        self.member_of(self.map(), name)
    }

    /// The tables' name for the map that is the value.
    fn map(&self) -> Option<&'static str> {
        match self.fact.map(|fact| &fact.kind) {
            Some(schema::Type::Members(map) | schema::Type::Pair(map)) => Some(*map),
            _ => None,
        }
    }

    /// A member with the facts of another map of the tables.
    #[must_use]
    pub fn member_of(&self, map: Option<&str>, name: &str) -> Self {
        self.member_at(map, name, self.node.and_then(|node| node.get(name)))
    }

    /// A member whose node is known, with the facts of the tables' map `map`.
    pub(super) fn member_at(&self, map: Option<&str>, name: &str, node: Option<&'a Node>) -> Self {
        Self {
            path: format!("{}.{name}", self.path),
            fact: map.and_then(|map| schema::member(map, name)).filter(|fact| fact.is_in(self.release)),
            release: self.release,
            node: node.filter(|node| !node.is_null()),
            place: self.place,
            referenced: self.referenced,
            holder: node.or(self.node).map(|node| node.pos).or(self.holder),
        }
    }

    /// The release that reads the field.
    pub(super) fn release(&self) -> Number {
        self.release
    }

    /// The members of a map that are not null; none if it is not a map.
    pub fn members(&self) -> impl Iterator<Item = (&'a str, Self)> {
        let entries = self.node.and_then(Node::as_map).unwrap_or_default();
        let given = entries.iter().filter(|entry| !entry.value.is_null());
        given.map(|entry| (entry.key.as_str(), self.member_at(self.map(), &entry.key, Some(&entry.value))))
    }

    /// The items of a list, with the path of the list; none if it is not a list.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        let items = self.node.and_then(Node::as_seq).unwrap_or_default();
        items.iter().map(|node| Self { node: Some(node), ..self.clone() })
    }

    /// The two items of a pair: a text, and a map with the path of the pair. Nothing if it is not a pair.
    #[must_use]
    pub fn pair(&self) -> Option<(Self, Self)> {
        match self.node?.as_seq()? {
            [first, second] => {
                Some((Self { node: Some(first), ..self.clone() }, Self { node: Some(second), ..self.clone() }))
            }
            _ => None,
        }
    }

    /// The location of the value; if it is missing, that of the map that it belongs to.
    #[must_use]
    pub fn location(&self) -> Location {
        let pos = self.node.map(|node| node.pos).or(self.holder).unwrap_or_default();
        self.place.locate(pos)
    }

    /// The location of a position in this field's file.
    #[must_use]
    pub fn locate(&self, pos: Pos) -> Location {
        self.place.locate(pos)
    }

    /// A problem with this field, at its location.
    #[must_use]
    pub fn problem(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, message).at(self.location()).field(&self.path)
    }

    /// Reports a field that is missing or an empty text; `reason` says who needs it. Returns whether it is filled.
    pub fn require(&self, code: Code, reason: &str, hint: &str, out: &mut Diagnostics) -> bool {
        if self.is_filled() {
            return true;
        }
        if !self.is_given() && self.may_be_referenced() {
            out.push(self.left_to_secret(codes::SECRET_ABSENT));
            return true;
        }
        let what = if self.is_given() { "is empty" } else { "is missing" };
        out.push(self.problem(code, format!("{what}: {reason}")).hint(hint));
        false
    }

    /// Like [`Field::require`]; returns the text, if it is one.
    pub fn require_text(&self, code: Code, reason: &str, hint: &str, out: &mut Diagnostics) -> Option<&'a str> {
        if self.require(code, reason, hint, out) { self.text() } else { None }
    }
}

/// The words that are booleans to Quay's Python and text to its validator.
#[must_use]
pub fn is_python_word(raw: &str) -> bool {
    ["yes", "no", "on", "off"].iter().any(|word| raw.eq_ignore_ascii_case(word))
}
