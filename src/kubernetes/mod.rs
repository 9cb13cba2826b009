//! The Kubernetes types needed for pods, claims and autoscalers, and how their values are merged: the rows of
//! `components/kubernetes/types.tsv`.

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

/// The type of a value in the table's notation: `list of EnvVar by name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(&'static str);

/// How values of a type are written.
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
    /// The name of the type that has the field.
    pub owner: &'static str,
    pub name: &'static str,
    /// The type of its value.
    pub kind: Kind,
    /// Whether the type requires it.
    pub is_required: bool,
    /// The allowed words; empty if any text is allowed.
    pub words: Vec<&'static str>,
    /// The first minor version of Kubernetes 1 that has it; `None` if the oldest in the table does.
    since: Option<u32>,
    /// The last minor version that has it; `None` if the newest does.
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

/// The fields of each type, which are adjacent in the table.
static TYPES: LazyLock<BTreeMap<&str, &[Field]>> = LazyLock::new(|| {
    let types = FIELDS.rows.chunk_by(|field, next| field.owner == next.owner);
    types.filter_map(|fields| Some((fields.first()?.owner, fields))).collect()
});

fn minor(version: &str) -> Result<Option<u32>, String> {
    match version.strip_prefix("1.").map(str::parse) {
        Some(Ok(minor)) => Ok(Some(minor)),
        _ if version.is_empty() => Ok(None),
        _ => Err(format!("{version:?} is not a version of Kubernetes 1")),
    }
}

/// Checks all tables of `components/kubernetes/`.
///
/// # Errors
/// If a row is invalid, or names a type that does not exist.
pub fn check() -> Result<(), Broken> {
    FIELDS.check()?;
    match FIELDS.rows.iter().find(|field| !field.kind.is_known()) {
        Some(Field { owner, name, kind, .. }) => {
            Err(Broken::new("kubernetes/types.tsv", format!("no type is called {:?}, that of {owner}.{name}", kind.0)))
        }
        None => settings::check().and_then(|()| shapes::check()).and_then(|()| nodes::check()),
    }
}

/// The names of all types, sorted.
pub fn types() -> impl Iterator<Item = &'static str> {
    TYPES.keys().copied()
}

impl Kind {
    /// The type named by a table: in one of its notations, or as `TYPE.FIELD` for that of a field.
    #[must_use]
    pub fn new(notation: &'static str) -> Self {
        let of_field = notation.split_once('.').and_then(|(owner, name)| Self(owner).field(name));
        of_field.map_or(Self(notation), |field| field.kind)
    }

    /// The allowed words of a type named by a table; empty if any text is allowed.
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

    /// Whether the tables have the type.
    #[must_use]
    pub fn is_known(self) -> bool {
        match self.form() {
            Form::Fields => TYPES.contains_key(self.0),
            Form::List | Form::Map => self.inner().is_some_and(Self::is_known),
            _ => true,
        }
    }

    /// How its values are written.
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

    /// The type of the items of a list, or of the members of a map with members of any name.
    #[must_use]
    pub fn inner(self) -> Option<Self> {
        if self.form() == Form::Names {
            return Some(Self("text"));
        }
        let inner = self.0.strip_prefix("list of ").or_else(|| self.0.strip_prefix("map of "))?;
        Some(Self(inner.split_once(" by ").map_or(inner, |(inner, _)| inner)))
    }

    /// The field that identifies items of a list; `None` if the list is a single value.
    #[must_use]
    pub fn key(self) -> Option<&'static str> {
        self.0.split_once(" by ").map(|(_, key)| key)
    }

    /// The fields of a type, sorted by name.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        TYPES.get(self.0).copied().unwrap_or_default()
    }

    /// A field of a type.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.name == name)
    }

    /// Whether its values are written as a single text, number or boolean.
    #[must_use]
    pub fn is_scalar(self) -> bool {
        !matches!(self.form(), Form::List | Form::Map | Form::Names | Form::Fields)
    }
}

impl Field {
    /// Why Kubernetes of that version lacks the field; `None` if it has it.
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

    /// Whether the user's values must not be shown: they may be secrets, whatever their form.
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
