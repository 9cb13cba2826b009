//! What is known of the fields of config.yaml: types, defaults, allowed values, and which of them are secret.
//!
//! The tables of `components/config/` say it; rules, masking, the JSON Schema and the documentation all read them here.

use crate::object::Value;
use crate::quote::{FLAGS, Form};
use crate::sensitive;
use crate::yaml::{self, Node};
use std::sync::LazyLock;

/// The type of a field or member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    Text,
    /// True or false.
    Flag,
    /// A whole number.
    Integer,
    /// A whole number, or its digits as text, or an empty text for none (guide 3.4.2).
    Digits,
    /// A list.
    List(Option<Box<Type>>),
    /// A map with members of any name.
    Map(Option<Box<Type>>),
    /// A map with the members that the table gives to that name.
    Members(&'static str),
    /// A list of exactly two: a text, and a map with the members of that name.
    Pair(&'static str),
}

impl Type {
    /// Reads the tables' notation: `list of string`, `map redis`, `map of pair storage`.
    fn parse(text: &'static str) -> Option<Self> {
        let inner = |rest: &'static str| Self::parse(rest).map(Box::new);
        Some(match text.split_once(' ') {
            None => match text {
                "string" => Self::Text,
                "boolean" => Self::Flag,
                "integer" => Self::Integer,
                "digits" => Self::Digits,
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
}

impl Type {
    /// What may be shown of a value of this type that no table calls secret. Where the tables do not say what a map or
    /// list holds, it may hold a secret.
    fn secrecy(&self) -> Secrecy {
        match self {
            Self::Text | Self::Flag | Self::Integer | Self::Digits => Secrecy::Public,
            Self::Members(_) | Self::Pair(_) => Secrecy::Inside,
            Self::List(None) | Self::Map(None) => Secrecy::Secret,
            Self::List(Some(inner)) => inner.secrecy(),
            Self::Map(Some(inner)) => match inner.secrecy() {
                Secrecy::Secret => Secrecy::Secret,
                Secrecy::Public | Secrecy::Inside => Secrecy::Inside,
            },
        }
    }

    /// Whether a value is of this type. One that is not is not a value that anybody knows, so it may be a secret.
    fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::Null) => true,
            (Self::Text, _) => !matches!(value, Value::Seq(_) | Value::Map(_)),
            (Self::Flag, _) => matches!(value, Value::Bool(_)),
            (Self::Integer, _) => matches!(value, Value::Int(_)),
            (Self::Digits, Value::Str(text)) => text.bytes().all(|byte| byte.is_ascii_digit()),
            (Self::Digits, _) => matches!(value, Value::Int(_)),
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

/// What the texts of a field are limited to.
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
}

impl Allowed {
    fn parse(text: &'static str) -> Self {
        match text {
            "" => Self::Any,
            "duration" => Self::Duration,
            "size" => Self::Size,
            _ => Self::OneOf(text.trim_start_matches("one of ").split(", ").collect()),
        }
    }
}

/// One field of config.yaml, or one member of a map in it.
#[derive(Debug)]
pub struct Fact {
    /// The map that a member belongs to, by the tables' name for it; empty for a field.
    pub map: &'static str,
    /// The name; `<NAME>_LOGIN_CONFIG` stands for any provider's.
    pub name: &'static str,
    /// The type.
    pub kind: Type,
    /// Quay's own default, as JSON; nothing where there is none.
    pub default: &'static str,
    /// The field group of Quay's validator that reads it; nothing where none does.
    pub group: &'static str,
    /// What its text may be.
    pub allowed: Allowed,
    /// What it is for, in one sentence.
    pub description: &'static str,
    secret: &'static str,
}

impl Fact {
    /// Whether its value may be shown: what the table says, else what its type does.
    #[must_use]
    pub fn secrecy(&self) -> Secrecy {
        self.secrecy_of(&self.kind)
    }

    /// The same for a part of its value, which has a type of its own.
    #[must_use]
    pub fn secrecy_of(&self, kind: &Type) -> Secrecy {
        if self.is_secret() { Secrecy::Secret } else { kind.secrecy() }
    }

    fn is_secret(&self) -> bool {
        matches!(self.secret, "yes" | "uri")
    }

    /// Whether a value of it, or a part of that with the type `kind`, may be shown as a whole: it is public, of its type,
    /// and no text in it has a place for a secret.
    #[must_use]
    pub fn may_show(&self, kind: &Type, value: &Value) -> bool {
        self.secrecy_of(kind) == Secrecy::Public && kind.fits(value) && self.is_harmless(value)
    }

    fn is_harmless(&self, value: &Value) -> bool {
        match value {
            Value::Str(text) => sensitive::is_harmless(text, self.takes_at()),
            Value::Seq(items) => items.iter().all(|item| self.is_harmless(item)),
            _ => true,
        }
    }

    /// What its text, or each text of its list, is.
    #[must_use]
    pub fn form(&self) -> Form<'static> {
        match (&self.allowed, &self.kind) {
            (Allowed::OneOf(words), _) => Form::OneOf(words.clone()),
            (Allowed::Duration | Allowed::Size, _) | (_, Type::Integer | Type::Digits) => Form::Number,
            (_, Type::Flag) => Form::OneOf(FLAGS.to_vec()),
            (Allowed::Any, _) => Form::Text,
        }
    }

    /// Whether a line may show a value that stands in its place, or in a part of it with the type `kind`: it may be shown,
    /// or is nearly so.
    #[must_use]
    pub fn may_quote(&self, kind: &Type, value: &Value) -> bool {
        let is_shown = self.may_show(kind, value);
        match value {
            Value::Str(text) => is_shown && self.form().may_quote(text, self.takes_at()),
            _ => is_shown,
        }
    }

    /// Whether an `@` is part of its texts, names of people and addresses of mail.
    fn takes_at(&self) -> bool {
        self.secret == "at"
    }

    /// The default, where it is true or false.
    #[must_use]
    pub fn default_flag(&self) -> Option<bool> {
        self.default.parse().ok()
    }

    /// The default, where it is a list of texts.
    #[must_use]
    pub fn default_texts(&self) -> Vec<String> {
        serde_json::from_str(self.default).unwrap_or_default()
    }

    /// The default, where it is a text.
    #[must_use]
    pub fn default_text(&self) -> Option<&'static str> {
        self.default.strip_prefix('"')?.strip_suffix('"')
    }
}

/// An argument of a storage driver.
#[derive(Debug)]
pub struct Argument {
    /// The driver, the first item of the storage's entry.
    pub driver: &'static str,
    /// The argument's name.
    pub name: &'static str,
    /// Whether the driver does without.
    pub required: bool,
}

// Part of the program, so that a build without one of them fails and none is ever empty.
const FIELDS_TABLE: &str = include_str!("../../components/config/fields.tsv");
const MEMBERS_TABLE: &str = include_str!("../../components/config/members.tsv");
const STORAGES_TABLE: &str = include_str!("../../components/config/storages.tsv");
const LATER_TABLE: &str = include_str!("../../components/config/later.tsv");

static FIELDS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let fact = |row: Vec<&'static str>| match *row.as_slice() {
        [name, kind, default, group, secret, allowed, description] => Some(Fact {
            map: "",
            name,
            kind: Type::parse(kind)?,
            default,
            group,
            allowed: Allowed::parse(allowed),
            description,
            secret,
        }),
        _ => None,
    };
    rows(FIELDS_TABLE).filter_map(fact).collect()
});

static MEMBERS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let fact = |row: Vec<&'static str>| match *row.as_slice() {
        [map, name, kind, default, secret, description] => Some(Fact {
            map,
            name,
            kind: Type::parse(kind)?,
            default,
            group: "",
            allowed: Allowed::Any,
            description,
            secret,
        }),
        _ => None,
    };
    rows(MEMBERS_TABLE).filter_map(fact).collect()
});

static ARGUMENTS: LazyLock<Vec<Argument>> = LazyLock::new(|| {
    let argument = |row: Vec<&'static str>| match *row.as_slice() {
        [driver, name, need] => Some(Argument { driver, name, required: need == "required" }),
        _ => None,
    };
    rows(STORAGES_TABLE).filter_map(argument).collect()
});

/// What later releases of Quay know and this one does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// A field of config.yaml.
    Field,
    /// A driver of a storage.
    Driver,
    /// An argument of a storage's driver.
    Argument,
}

static LATER: LazyLock<Vec<(Later, &'static str, &'static str)>> = LazyLock::new(|| {
    let later = |row: Vec<&'static str>| match *row.as_slice() {
        ["field", name, since] => Some((Later::Field, name, since)),
        ["driver", name, since] => Some((Later::Driver, name, since)),
        ["argument", name, since] => Some((Later::Argument, name, since)),
        _ => None,
    };
    rows(LATER_TABLE).filter_map(later).collect()
});

/// The release of Quay that a name came with, where it came with a later one.
#[must_use]
pub fn later(what: Later, name: &str) -> Option<&'static str> {
    LATER.iter().find(|(kind, known, _)| (*kind, *known) == (what, name)).map(|(.., since)| *since)
}

/// The rows of a table, each as its columns; comments and the head are left out.
pub fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect())
}

/// Every field, in the order of the table.
#[must_use]
pub fn fields() -> &'static [Fact] {
    &FIELDS
}

/// Every member of every map, in the order of the table.
#[must_use]
pub fn all_members() -> &'static [Fact] {
    &MEMBERS
}

/// Every argument of every storage driver, in the order of the table.
#[must_use]
pub fn arguments() -> &'static [Argument] {
    &ARGUMENTS
}

/// The suffix of the fields that configure a login provider.
const LOGIN: &str = "_LOGIN_CONFIG";

/// The fact of a field; any provider's login configuration is one of OIDC.
#[must_use]
pub fn field(name: &str) -> Option<&'static Fact> {
    let find = |name: &str| FIELDS.iter().find(|fact| fact.name == name);
    find(name).or_else(|| {
        let provider = name.strip_suffix(LOGIN)?;
        (!provider.is_empty()).then(|| find("<NAME>_LOGIN_CONFIG")).flatten()
    })
}

/// The members of a map, by the tables' name for it.
pub fn members(map: &str) -> impl Iterator<Item = &'static Fact> {
    MEMBERS.iter().filter(move |fact| fact.map == map)
}

/// The fact of a member of a map.
#[must_use]
pub fn member(map: &str, name: &str) -> Option<&'static Fact> {
    members(map).find(|fact| fact.name == name)
}

/// Whether anybody may read the value of a field that the tables do not know: it stays in the open where secrets are left
/// to the cluster, and is shown. A truth value hides nothing. A number may, so it must not be one of a field whose name
/// speaks of a secret, or is nearly that of one. A text, and a list, are a secret unless the user declared the field
/// (`spec.knownFields`); a map always is, for nobody said anything of its members.
#[must_use]
pub fn may_show_unknown(name: &str, value: &Value, is_declared: bool) -> bool {
    match value {
        Value::Bool(_) | Value::Null => true,
        _ if sensitive::name::is_secret_variable(name) => false,
        Value::Int(_) | Value::Float(_) => is_declared || !is_nearly_secret(name),
        Value::Str(text) => is_declared && sensitive::is_harmless(text, false),
        Value::Date(_) => is_declared,
        Value::Seq(items) => is_declared && items.iter().all(|item| may_show_unknown(name, item, true)),
        Value::Map(_) => false,
    }
}

/// Whether a name may be that of a secret field, misspelt.
fn is_nearly_secret(name: &str) -> bool {
    static NAMES: LazyLock<Vec<&str>> =
        LazyLock::new(|| FIELDS.iter().filter(|fact| fact.is_secret()).map(|fact| fact.name).collect());
    super::nearest(name, &NAMES).is_some()
}

/// The field whose name is nearest to one that the tables do not know.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| FIELDS.iter().map(|fact| fact.name).collect());
    super::nearest(name, &NAMES)
}

/// Whether a top-level field may be shown. What is not known may be a secret.
#[must_use]
pub fn secrecy(name: &str) -> Secrecy {
    field(name).map_or(Secrecy::Secret, Fact::secrecy)
}

/// What may be shown of a member of a map. What the tables do not know may be a secret.
#[must_use]
pub fn member_secrecy(fact: Option<&Fact>) -> Secrecy {
    fact.map_or(Secrecy::Secret, Fact::secrecy)
}

/// Whether a whole number is wanted at a path of field and members.
#[must_use]
pub fn wants_integer(path: &[&str]) -> bool {
    let is_integer = |fact: &Fact| fact.kind == Type::Integer;
    match path {
        [name] => field(name).is_some_and(is_integer),
        // A storage's port may be digits as text (guide 3.4.2).
        ["DISTRIBUTED_STORAGE_CONFIG", ..] => false,
        [_, .., member] => MEMBERS.iter().any(|fact| fact.name == *member && is_integer(fact)),
        [] => false,
    }
}

/// The digits of the whole number that was meant by a text such as `0o17`, `08` or `1_000`, which Quay's Python takes as
/// text and Go's readers as a number. A fraction or an exponent is none.
#[must_use]
pub fn intended_integer(node: &Node) -> Option<String> {
    let (yaml::Data::Str(_), Some(raw)) = (&node.data, node.raw.as_deref()) else { return None };
    match yaml::resolve(raw, yaml::Dialect::Kubernetes) {
        Some(crate::object::Value::Int(digits)) if !raw.contains(['.', 'e', 'E']) || raw.starts_with("0x") => {
            Some(digits)
        }
        _ => None,
    }
}

/// The digits of the whole number that was meant, where one is wanted at a path of field and members.
#[must_use]
pub fn integer_meant(path: &[&str], node: &Node) -> Option<String> {
    if wants_integer(path) { intended_integer(node) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        for (file, table, read) in [
            ("fields.tsv", FIELDS_TABLE, FIELDS.len()),
            ("members.tsv", MEMBERS_TABLE, MEMBERS.len()),
            ("storages.tsv", STORAGES_TABLE, ARGUMENTS.len()),
            ("later.tsv", LATER_TABLE, LATER.len()),
        ] {
            assert!(read > 20, "{file}");
            assert_eq!(rows(table).count(), read, "{file}: a row with another number of columns, or of no known type");
        }
        for fact in FIELDS.iter().chain(MEMBERS.iter()) {
            if let Type::Members(name) | Type::Pair(name) = fact.kind {
                assert!(members(name).next().is_some(), "{}: {name} has no members", fact.name);
            }
            if !fact.default.is_empty() {
                assert!(serde_json::from_str::<serde_json::Value>(fact.default).is_ok(), "{}: default", fact.name);
            }
        }
        for (what, name, _) in LATER.iter() {
            let is_known = match what {
                Later::Field => field(name).is_some_and(|fact| fact.name == *name),
                Later::Driver => arguments().iter().any(|argument| argument.driver == *name),
                Later::Argument => member("storage", name).is_some(),
            };
            assert!(!is_known, "{name} is known, and is said to come later");
        }
        for argument in arguments() {
            assert!(member("storage", argument.name).is_some(), "{} has no type", argument.name);
        }
    }

    #[test]
    fn secrets_are_known_and_so_is_what_may_hold_one() {
        assert_eq!(secrecy("SERVER_HOSTNAME"), Secrecy::Public);
        assert_eq!(secrecy("DB_URI"), Secrecy::Secret);
        assert_eq!(secrecy("SECRET_KEY"), Secrecy::Secret);
        assert_eq!(secrecy("BUILDLOGS_REDIS"), Secrecy::Inside);
        assert_eq!(secrecy("SSO_LOGIN_CONFIG"), Secrecy::Inside);
        assert_eq!(secrecy("_LOGIN_CONFIG"), Secrecy::Secret);
        assert_eq!(secrecy("NEVER_HEARD_OF"), Secrecy::Secret);
        assert_eq!(member_secrecy(member("redis", "host")), Secrecy::Public);
        assert_eq!(member_secrecy(member("redis", "password")), Secrecy::Secret);
        assert_eq!(member_secrecy(member("kinesis", "aws_access_key")), Secrecy::Secret);
        assert_eq!(member_secrecy(member("logs", "elasticsearch_config")), Secrecy::Inside);
        assert_eq!(member_secrecy(member("builder", "EXECUTORS")), Secrecy::Inside);
        assert_eq!(member_secrecy(member("redis", "never_heard_of")), Secrecy::Secret);
    }

    /// No map of the tables is shown without its members being looked at, and none without known members at all.
    #[test]
    fn every_map_is_judged_by_its_members_and_one_of_any_members_is_a_secret() {
        fn holds_maps(kind: &Type) -> bool {
            match kind {
                Type::List(inner) => inner.as_deref().is_none_or(holds_maps),
                Type::Map(_) | Type::Members(_) | Type::Pair(_) => true,
                Type::Text | Type::Flag | Type::Integer | Type::Digits => false,
            }
        }
        for fact in FIELDS.iter().chain(MEMBERS.iter()) {
            assert!(["", "yes", "uri", "at"].contains(&fact.secret), "{}: secret", fact.name);
            assert!(!holds_maps(&fact.kind) || fact.secrecy() != Secrecy::Public, "{}", fact.name);
        }
        assert_eq!(secrecy("BRANDING"), Secrecy::Inside);
        assert_eq!(member_secrecy(member("elasticsearch", "index_settings")), Secrecy::Secret);
    }

    #[test]
    fn a_value_of_another_type_than_its_field_is_not_shown() {
        let shows = |name: &str, value: Value| {
            let fact = field(name).unwrap();
            fact.may_show(&fact.kind, &value)
        };
        assert!(shows("REGISTRY_TITLE", "a@b".into()));
        assert!(shows("SUPER_USERS", vec!["admin"].into()));
        assert!(!shows("SERVER_HOSTNAME", "a@b".into()));
        assert!(!shows("MAIL_PORT", "587".into()));
        assert!(!shows("SUPER_USERS", "admin".into()));
        assert!(!shows("REGISTRY_TITLE", vec!["a"].into()));
        assert!(!shows("TESTING", "false".into()));
        assert!(!shows("SECRET_KEY", "a".into()));
    }

    #[test]
    fn integers_are_wanted_where_the_table_says_so() {
        assert!(wants_integer(&["REPO_MIRROR_INTERVAL"]));
        assert!(wants_integer(&["USER_EVENTS_REDIS", "port"]));
        assert!(!wants_integer(&["DISTRIBUTED_STORAGE_CONFIG", "port"]));
        assert!(!wants_integer(&["SERVER_HOSTNAME"]));
    }
}
