//! The types of fields and members in the notation of the tables, and what of a value its type allows to show.

use crate::object::Value;

/// The type of a field or member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Integer,
    /// A number, whole or not.
    Number,
    /// A whole number, or its digits as text, or an empty text for none (guide 3.4.2).
    Digits,
    /// A whole number or a text.
    Scalar,
    /// A list.
    List(Option<Box<Type>>),
    /// A map with members of any name.
    Map(Option<Box<Type>>),
    /// A map with the members that the table lists under that name.
    Members(&'static str),
    /// A list of exactly two: a text, and a map with the members of that name.
    Pair(&'static str),
    /// A value of a type, or a map with members of any name.
    OrMap(Box<Type>),
}

impl Type {
    /// Reads the tables' notation: `list of string`, `map redis`, `map of pair storage`.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let inner = |rest: &'static str| Self::parse(rest).map(Box::new);
        if let Some(either) = text.strip_suffix(" or map") {
            return inner(either).map(Self::OrMap);
        }
        Some(match text.split_once(' ') {
            None => match text {
                "string" => Self::Text,
                "boolean" => Self::Flag,
                "integer" => Self::Integer,
                "number" => Self::Number,
                "digits" => Self::Digits,
                "scalar" => Self::Scalar,
                "list" => Self::List(None),
                "map" => Self::Map(None),
                _ => return None,
            },
            Some(("list", rest)) => Self::List(Some(inner(rest.strip_prefix("of ")?)?)),
            Some(("map", rest)) => match rest.strip_prefix("of ") {
                Some(rest) => Self::Map(Some(inner(rest)?)),
                None => Self::Members(rest),
            },
            Some(("pair", name)) => Self::Pair(name),
            Some(_) => return None,
        })
    }

    /// Whether a value of this type may be shown if no table calls it secret. A map or list without declared content
    /// may hold a secret.
    pub(super) fn secrecy(&self) -> Secrecy {
        match self {
            Self::Text | Self::Flag | Self::Integer | Self::Number | Self::Digits | Self::Scalar => Secrecy::Public,
            Self::Members(_) | Self::Pair(_) => Secrecy::Inside,
            Self::List(None) | Self::Map(None) => Secrecy::Secret,
            Self::List(Some(inner)) | Self::OrMap(inner) => inner.secrecy(),
            Self::Map(Some(inner)) => match inner.secrecy() {
                Secrecy::Secret => Secrecy::Secret,
                Secrecy::Public | Secrecy::Inside => Secrecy::Inside,
            },
        }
    }

    /// Whether one of the program's own values has this type; a map always matches, whatever its members.
    #[must_use]
    pub fn is_whole(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::List(None), Value::Seq(_)) | (Self::Map(_) | Self::Members(_), Value::Map(_)) => true,
            (Self::Pair(_), Value::Seq(items)) => items.len() == 2,
            _ => self.fits(value),
        }
    }

    /// Whether a value has this type. If not, nobody knows what it is, so it may be a secret.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) => true,
            (Self::Text, _) => !matches!(value, Value::Seq(_) | Value::Map(_)),
            (Self::Flag, _) => matches!(value, Value::Bool(_)),
            (Self::Integer, _) => matches!(value, Value::Int(_)),
            (Self::Number, _) => matches!(value, Value::Int(_) | Value::Float(_)),
            (Self::Digits, Value::Str(text)) => text.bytes().all(|byte| byte.is_ascii_digit()),
            (Self::Digits, _) => matches!(value, Value::Int(_)),
            (Self::Scalar, _) => matches!(value, Value::Int(_) | Value::Str(_)),
            // A map here is not inspected, so it counts as a secret.
            (Self::OrMap(inner), _) => inner.fits(value),
            (Self::List(Some(inner)), Value::Seq(items)) => items.iter().all(|item| inner.fits(item)),
            _ => false,
        }
    }
}

/// Whether a field's value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// The whole value may.
    Public,
    /// Nothing of it may.
    Secret,
    /// Its members decide.
    Inside,
}

/// Which texts a field allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Any text.
    Any,
    /// One of these.
    OneOf(Vec<&'static str>),
    /// Digits and one unit: `30m`, `2w`.
    Duration,
    /// Digits and `M` or `G`: `20G`.
    Size,
    /// A host with a dot in its name, or `localhost`.
    QualifiedHost,
}

impl Allowed {
    pub(super) fn parse(text: &'static str) -> Self {
        match text {
            "" => Self::Any,
            "duration" => Self::Duration,
            "size" => Self::Size,
            "qualified host" => Self::QualifiedHost,
            _ => Self::OneOf(text.trim_start_matches("one of ").split(", ").collect()),
        }
    }
}
