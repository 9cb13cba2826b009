//! Kubernetes' own types, as far as pods, claims and autoscalers are made of them, and how values of them are merged: the
//! rows of `components/kubernetes/types.tsv`.

pub mod fit;
pub mod merge;
pub mod nodes;
mod quantity;
pub mod settings;
pub mod shapes;
pub mod strategic;

pub use merge::merge;
pub use quantity::{is_quantity, quantity, size};

use crate::broken::Broken;
use crate::table::{NO_ROW, Table};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The type of a value, as the table writes it: `list of EnvVar by name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(&'static str);

/// What a value of a type is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A text.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A number with a unit: `500m`, `8Gi`.
    Quantity,
    /// A whole number, or a text.
    IntegerOrText,
    /// A list of values of a type.
    List,
    /// A map with members of any name.
    Map,
    /// A map of labels, or of annotations.
    Names,
    /// A map of the type's fields.
    Fields,
}

/// A field of a type.
#[derive(Debug)]
pub struct Field {
    /// The name of the type.
    pub owner: &'static str,
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a value of the type needs it.
    pub is_required: bool,
    /// The words that it takes; none where it takes any text.
    pub words: Vec<&'static str>,
    /// The minor version of Kubernetes 1 that has it first, where the oldest of the table has it not.
    since: Option<u32>,
    /// The minor version that has it last, where the newest has it not.
    until: Option<u32>,
}

const TABLE: &str = include_str!("../../components/kubernetes/types.tsv");

static FIELDS: LazyLock<Table<Field>> = LazyLock::new(|| {
    Table::read("kubernetes/types.tsv", TABLE, |row| match *row {
        [owner, name, kind, need, words, since, until] => Ok(Field {
            owner,
            name,
            kind: Kind(kind),
            is_required: need == "required",
            words: words.split(", ").filter(|word| !word.is_empty()).collect(),
            since: minor(since)?,
            until: minor(until)?,
        }),
        _ => Err(NO_ROW.to_owned()),
    })
});

/// The fields of each type, which stand together.
static TYPES: LazyLock<BTreeMap<&str, &[Field]>> = LazyLock::new(|| {
    let types = FIELDS.rows.chunk_by(|field, next| field.owner == next.owner);
    types.filter_map(|fields| Some((fields.first()?.owner, fields))).collect()
});

fn minor(version: &str) -> Result<Option<u32>, String> {
    match version.strip_prefix("1.").map(str::parse) {
        Some(Ok(minor)) => Ok(Some(minor)),
        _ if version.is_empty() => Ok(None),
        _ => Err(format!("{version:?} is no version of Kubernetes 1")),
    }
}

/// Looks at all tables of `components/kubernetes/`.
///
/// # Errors
/// When a row of one is broken, or names a type that none has.
pub fn check() -> Result<(), Broken> {
    FIELDS.check()?;
    match FIELDS.rows.iter().find(|field| !field.kind.is_known()) {
        Some(Field { owner, name, kind, .. }) => {
            Err(Broken::new("kubernetes/types.tsv", format!("no type is called {:?}, that of {owner}.{name}", kind.0)))
        }
        None => settings::check().and_then(|()| shapes::check()).and_then(|()| nodes::check()),
    }
}

/// The names of all types, in order.
pub fn types() -> impl Iterator<Item = &'static str> {
    TYPES.keys().copied()
}

impl Kind {
    /// The type that a table names: one of its notations, or `TYPE.FIELD` for that of a field.
    #[must_use]
    pub fn new(notation: &'static str) -> Self {
        let of_field = notation.split_once('.').and_then(|(owner, name)| Self(owner).field(name));
        of_field.map_or(Self(notation), |field| field.kind)
    }

    /// The words that a value of the type takes that a table names so; none where it takes any text.
    #[must_use]
    pub fn words_of(notation: &'static str) -> &'static [&'static str] {
        let field = notation.split_once('.').and_then(|(owner, name)| Self(owner).field(name));
        field.map(|field| field.words.as_slice()).unwrap_or_default()
    }

    /// The notation.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether the tables know it.
    #[must_use]
    pub fn is_known(self) -> bool {
        match self.form() {
            Form::Fields => TYPES.contains_key(self.0),
            Form::List | Form::Map => self.inner().is_some_and(Self::is_known),
            _ => true,
        }
    }

    /// What its values are written as.
    #[must_use]
    pub fn form(self) -> Form {
        match self.0 {
            "text" => Form::Text,
            "boolean" => Form::Boolean,
            "integer" => Form::Integer,
            "number" => Form::Number,
            "quantity" => Form::Quantity,
            "integer or text" => Form::IntegerOrText,
            "labels" | "annotations" => Form::Names,
            text if text.starts_with("list of ") => Form::List,
            text if text.starts_with("map of ") => Form::Map,
            _ => Form::Fields,
        }
    }

    /// The type of the items of a list, or of the members of a map of any names.
    #[must_use]
    pub fn inner(self) -> Option<Self> {
        if self.form() == Form::Names {
            return Some(Self("text"));
        }
        let inner = self.0.strip_prefix("list of ").or_else(|| self.0.strip_prefix("map of "))?;
        Some(Self(inner.split_once(" by ").map_or(inner, |(inner, _)| inner)))
    }

    /// The field by which items of a list are the same one; nothing where a list is one value.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        self.0.split_once(" by ").map(|(_, key)| key)
    }

    /// The fields of a type, in the order of their names.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        TYPES.get(self.0).copied().unwrap_or_default()
    }

    /// A field of a type.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// Whether one text, number or truth value is written for it.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        !matches!(self.form(), Form::List | Form::Map | Form::Names | Form::Fields)
    }
}

impl Field {
    /// Why a Kubernetes of that version has no such field; nothing where it has it.
    #[must_use]
    pub fn lack(&self, (major, minor): (u32, u32)) -> Option<String> {
        let minor = if major > 1 { u32::MAX } else { minor };
        let since = self.since.filter(|since| minor < *since);
        let until = self.until.filter(|until| minor > *until);
        match (since, until) {
            (Some(since), _) => Some(format!("Kubernetes 1.{minor} has no such field: it came with 1.{since}")),
            (_, Some(until)) => Some(format!("Kubernetes 1.{minor} has no such field: 1.{until} was the last with it")),
            _ => None,
        }
    }

    /// Whether nobody may read what a user writes here: it may be a secret, whatever it looks like.
    #[must_use]
    pub fn may_be_secret(&self) -> bool {
        matches!((self.owner, self.name), ("EnvVar" | "HTTPHeader", "value") | (_, "command" | "args"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_table_is_known() {
        check().unwrap_or_else(|broken| panic!("{broken}"));
        assert_eq!(
            TYPES.values().map(|fields| fields.len()).sum::<usize>(),
            TABLE.lines().filter(|it| !it.starts_with('#')).count() - 1
        );
        for field in TYPES.values().copied().flatten() {
            assert!(field.kind.is_known(), "{}.{}: {}", field.owner, field.name, field.kind.0);
            if let Some(key) = field.kind.key() {
                let item = field.kind.inner().unwrap();
                assert!(item.field(key).is_some(), "{}.{}: no field {key}", field.owner, field.name);
            }
        }
    }

    #[test]
    fn a_field_knows_its_versions() {
        let grpc = Kind::new("Probe").field("grpc").unwrap();
        assert_eq!(grpc.lack((1, 22)).unwrap(), "Kubernetes 1.22 has no such field: it came with 1.23");
        assert_eq!((grpc.lack((1, 23)), grpc.lack((2, 0))), (None, None));
        assert_eq!(Kind::new("Container.imagePullPolicy").as_str(), "text");
    }
}
