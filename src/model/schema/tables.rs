//! The tables of `components/config/`, each read once, and their rows by name.

use super::fact::{Fact, is_after};
use super::types::{Allowed, Secrecy, Type};
use crate::catalog::Number;
use std::sync::LazyLock;

/// An argument of a storage driver.
#[derive(Debug)]
pub struct Argument {
    /// The driver, the first item of the storage's entry.
    pub driver: &'static str,
    /// The argument's name.
    pub name: &'static str,
    /// Whether the driver needs it.
    pub required: bool,
    pub(super) since: &'static str,
}

// Part of the program, so that a build without one of them fails and none is ever empty.
const FIELDS_TABLE: &str = include_str!("../../../components/config/fields.tsv");
const MEMBERS_TABLE: &str = include_str!("../../../components/config/members.tsv");
const STORAGES_TABLE: &str = include_str!("../../../components/config/storages.tsv");

static FIELDS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let fact = |row: Vec<&'static str>| match *row.as_slice() {
        [name, kind, default, group, secret, allowed, since, until, description] => Some(Fact {
            map: "",
            name,
            kind: Type::parse(kind)?,
            default,
            group,
            allowed: Allowed::parse(allowed),
            description,
            secret,
            since,
            until,
        }),
        _ => None,
    };
    rows(FIELDS_TABLE).filter_map(fact).collect()
});

static MEMBERS: LazyLock<Vec<Fact>> = LazyLock::new(|| {
    let fact = |row: Vec<&'static str>| match *row.as_slice() {
        [map, name, kind, default, secret, since, description] => Some(Fact {
            map,
            name,
            kind: Type::parse(kind)?,
            default,
            group: "",
            allowed: Allowed::Any,
            description,
            secret,
            since,
            until: "",
        }),
        _ => None,
    };
    rows(MEMBERS_TABLE).filter_map(fact).collect()
});

static ARGUMENTS: LazyLock<Vec<Argument>> = LazyLock::new(|| {
    let argument = |row: Vec<&'static str>| match *row.as_slice() {
        [driver, name, need, since] => Some(Argument { driver, name, required: need == "required", since }),
        _ => None,
    };
    rows(STORAGES_TABLE).filter_map(argument).collect()
});

/// What a release of Quay may have or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A field of config.yaml.
    Field,
    /// A driver of a storage.
    Driver,
    /// An argument of a storage's driver.
    Argument,
}

/// The release of Quay that a name came with, where it came with a later one than `release`.
#[must_use]
pub fn later(what: What, name: &str, release: Number) -> Option<&'static str> {
    let since = match what {
        What::Field => field(name).map(|fact| fact.since),
        What::Driver => ARGUMENTS.iter().find(|argument| argument.driver == name).map(|argument| argument.since),
        What::Argument => member("storage", name).map(|fact| fact.since),
    };
    since.filter(|since| is_after(since, release))
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

/// Every argument of every storage driver that a release has, in the order of the table.
pub fn arguments(release: Number) -> impl Iterator<Item = &'static Argument> {
    ARGUMENTS.iter().filter(move |argument| !is_after(argument.since, release))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::number;

    #[test]
    fn every_row_of_the_tables_is_read() {
        for (file, table, read) in [
            ("fields.tsv", FIELDS_TABLE, FIELDS.len()),
            ("members.tsv", MEMBERS_TABLE, MEMBERS.len()),
            ("storages.tsv", STORAGES_TABLE, ARGUMENTS.len()),
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
        let columns = FIELDS.iter().chain(MEMBERS.iter()).flat_map(|fact| [fact.since, fact.until]);
        for column in columns.chain(ARGUMENTS.iter().map(|argument| argument.since)) {
            assert!(column.is_empty() || number(column).is_some(), "{column}: no release");
        }
        for argument in ARGUMENTS.iter() {
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
}
