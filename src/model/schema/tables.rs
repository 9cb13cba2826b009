//! The tables of `components/config/`, each read once, and their rows by name.

use super::fact::{Fact, has_ended, is_after, release_of};
use super::types::{Allowed, Secrecy, Type};
use crate::catalog::{Broken, Number, number};
use crate::table::{NO_ROW, Table};
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
    since: &'static str,
    until: &'static str,
}

impl Argument {
    /// Whether a release has it.
    fn is_in(&self, release: Number) -> bool {
        !is_after(self.since, release) && !has_ended(self.until, release)
    }
}

// Compiled in, so that a build without one of them fails and none is ever empty.
const FIELDS_TABLE: &str = include_str!("../../../components/config/fields.tsv");
const MEMBERS_TABLE: &str = include_str!("../../../components/config/members.tsv");
const STORAGES_TABLE: &str = include_str!("../../../components/config/storages.tsv");

static FIELDS: LazyLock<Table<Fact>> = LazyLock::new(|| {
    Table::read("config/fields.tsv", FIELDS_TABLE, |row| match *row {
        [name, kind, default, group, secret, allowed, since, until, description] => Fact {
            map: "",
            name,
            kind: type_of(kind)?,
            default,
            default_value: None,
            group,
            allowed: Allowed::parse(allowed),
            description,
            secret,
            since,
            until,
        }
        .checked(),
        _ => Err(NO_ROW.to_owned()),
    })
});

static MEMBERS: LazyLock<Table<Fact>> = LazyLock::new(|| {
    Table::read("config/members.tsv", MEMBERS_TABLE, |row| match *row {
        [map, name, kind, default, secret, since, until, description] => Fact {
            map,
            name,
            kind: type_of(kind)?,
            default,
            default_value: None,
            group: "",
            allowed: Allowed::Any,
            description,
            secret,
            since,
            until,
        }
        .checked(),
        _ => Err(NO_ROW.to_owned()),
    })
});

static ARGUMENTS: LazyLock<Table<Argument>> = LazyLock::new(|| {
    Table::read("config/storages.tsv", STORAGES_TABLE, |row| match *row {
        [driver, name, need, since, until] => {
            release_of(since)?;
            release_of(until)?;
            Ok(Argument { driver, name, required: need == "required", since, until })
        }
        _ => Err(NO_ROW.to_owned()),
    })
});

fn type_of(text: &'static str) -> Result<Type, String> {
    Type::parse(text).ok_or_else(|| format!("no type is called {text:?}"))
}

/// Checks all tables.
///
/// # Errors
/// If a row is invalid, or names a map or an argument that does not exist.
pub fn check() -> Result<(), Broken> {
    FIELDS.check()?;
    MEMBERS.check()?;
    ARGUMENTS.check()?;
    for (file, facts) in [("config/fields.tsv", fields()), ("config/members.tsv", all_members())] {
        if let Some(fact) = overlapping(facts) {
            return Err(Broken::new(file, format!("a release has two rows of {}", fact.name)));
        }
    }
    for fact in FIELDS.rows.iter().chain(&MEMBERS.rows) {
        if let Type::Members(name) | Type::Pair(name) = fact.kind
            && members(name).next().is_none()
        {
            return Err(Broken::new(
                "config/members.tsv",
                format!("{name}, the type of {}, has no members", fact.name),
            ));
        }
    }
    match ARGUMENTS.rows.iter().find(|argument| member("storage", argument.name).is_none()) {
        Some(argument) => Err(Broken::new("config/members.tsv", format!("the map storage lacks {}", argument.name))),
        None => Ok(()),
    }
}

/// The first row that begins before the previous row of the same name has ended.
fn overlapping(facts: &[Fact]) -> Option<&Fact> {
    let pairs = facts.iter().zip(facts.iter().skip(1));
    let mut same = pairs.filter(|(old, new)| (old.map, old.name) == (new.map, new.name));
    same.find(|(old, new)| number(old.until).is_none() || number(new.since) <= number(old.until)).map(|(_, new)| new)
}

/// Something that a release of Quay may or may not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// A field of config.yaml.
    Field(&'a str),
    /// A driver of a storage.
    Driver(&'a str),
    /// An argument of a storage's driver.
    Argument(&'a str, &'a str),
}

/// The release that introduced something, if that is later than `release`.
#[must_use]
pub fn later(what: What<'_>, release: Number) -> Option<&'static str> {
    let argument = |is_it: &dyn Fn(&Argument) -> bool| {
        ARGUMENTS.rows.iter().find(|argument| is_it(argument)).map(|argument| argument.since)
    };
    let since = match what {
        What::Field(name) => first(name).map(|fact| fact.since),
        What::Driver(name) => argument(&|it| it.driver == name),
        What::Argument(driver, name) => argument(&|it| (it.driver, it.name) == (driver, name)),
    };
    since.filter(|since| is_after(since, release))
}

/// The last release whose storage driver accepted an argument, if that is earlier than `release`.
#[must_use]
pub fn ended(driver: &str, name: &str, release: Number) -> Option<&'static str> {
    let mut rows = ARGUMENTS.rows.iter().filter(|argument| (argument.driver, argument.name) == (driver, name));
    rows.next_back().map(|argument| argument.until).filter(|until| has_ended(until, release))
}

/// Every field, in the order of the table.
#[must_use]
pub fn fields() -> &'static [Fact] {
    &FIELDS.rows
}

/// Every member of every map, in the order of the table.
#[must_use]
pub fn all_members() -> &'static [Fact] {
    &MEMBERS.rows
}

/// Every argument of every storage driver that a release has, in the order of the table.
pub fn arguments(release: Number) -> impl Iterator<Item = &'static Argument> {
    ARGUMENTS.rows.iter().filter(move |argument| argument.is_in(release))
}

/// The suffix of the fields that configure a login provider.
const LOGIN: &str = "_LOGIN_CONFIG";

/// The rows of a field, oldest first; the login configuration of an unknown provider counts as OIDC.
fn rows(name: &str) -> impl DoubleEndedIterator<Item = &'static Fact> {
    let is_known = |name: &str| FIELDS.rows.iter().any(|fact| fact.name == name);
    let is_provider = name.strip_suffix(LOGIN).is_some_and(|provider| !provider.is_empty());
    let name = if is_provider && !is_known(name) { "<NAME>_LOGIN_CONFIG" } else { name };
    FIELDS.rows.iter().filter(move |fact| fact.name == name)
}

fn first(name: &str) -> Option<&'static Fact> {
    rows(name).next()
}

/// The row of a field in the newest release that has it.
#[must_use]
pub fn field(name: &str) -> Option<&'static Fact> {
    rows(name).next_back()
}

/// The row of a field in a release; `None` if the release lacks it.
#[must_use]
pub fn field_in(name: &str, release: Number) -> Option<&'static Fact> {
    rows(name).find(|fact| fact.is_in(release))
}

/// The members of a map, by its name in the tables.
pub fn members(map: &str) -> impl Iterator<Item = &'static Fact> {
    MEMBERS.rows.iter().filter(move |fact| fact.map == map)
}

/// The row of a member of a map.
#[must_use]
pub fn member(map: &str, name: &str) -> Option<&'static Fact> {
    members(map).find(|fact| fact.name == name)
}

/// Whether a top-level field may be shown. An unknown one may be a secret.
#[must_use]
pub fn secrecy(name: &str) -> Secrecy {
    field(name).map_or(Secrecy::Secret, Fact::secrecy)
}

/// Whether a member of a map may be shown. One that is not in the tables may be a secret.
#[must_use]
pub fn member_secrecy(fact: Option<&Fact>) -> Secrecy {
    fact.map_or(Secrecy::Secret, Fact::secrecy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        check().unwrap_or_else(|broken| panic!("{broken}"));
        for read in [FIELDS.rows.len(), MEMBERS.rows.len(), ARGUMENTS.rows.len()] {
            assert!(read > 20, "{read}");
        }
    }

    #[test]
    fn a_broken_row_is_named_with_its_line() {
        let fact = |kind: &'static str, default, since| {
            Fact { kind: type_of(kind)?, default, since, ..FIELDS.rows[0].clone() }.checked()
        };
        let read = |text| {
            let table = Table::read("config/x.tsv", text, |row| match *row {
                [kind, default, since] => fact(kind, default, since),
                _ => Err(NO_ROW.to_owned()),
            });
            table.check().map_err(|broken| broken.to_string())
        };
        assert_eq!(read("# a\nb\nboolean\ttrue\t\nlist of string\t[\"2w\"]\t3.6\n"), Ok(()));
        for (text, reason) in [
            ("a\nboolean\ttrue\n", "2: has not the columns of the table's head"),
            ("a\nboolean\ttrue\t\nbool\t\t\n", "3: no type is called \"bool\""),
            ("a\nboolean\tyes\t\n", "2: the default \"yes\" is not of its type"),
            ("a\nlist of string\t[2w]\t\n", "2: the default \"[2w]\" is not of its type"),
            ("a\nlist of string\ttrue\t\n", "2: the default \"true\" is not of its type"),
            ("a\nboolean\ttrue\tlater\n", "2: \"later\" is not a release"),
        ] {
            assert_eq!(read(text), Err(format!("components/config/x.tsv:{reason}")));
        }
    }

    #[test]
    fn a_field_is_as_the_release_knows_it() {
        let words = |release| field_in("LOGS_MODEL", release).map(|fact| &fact.allowed);
        let has = |release, word| matches!(words(release), Some(Allowed::OneOf(words)) if words.contains(&word));
        assert!(has((3, 8), "database") && !has((3, 8), "splunk") && has((3, 9), "splunk"));
        assert_eq!(field_in("CORS_ORIGIN", (3, 7)).map(|fact| &fact.kind), None);
        assert_eq!(field_in("CORS_ORIGIN", (3, 8)).map(|fact| &fact.kind), Some(&Type::Text));
        assert_eq!(field("CORS_ORIGIN").map(|fact| fact.since), Some("3.9"));
        assert_eq!(later(What::Field("CORS_ORIGIN"), (3, 7)), Some("3.8"));
        assert!(field_in("SSO_LOGIN_CONFIG", (3, 5)).is_some());
        let [old, new] =
            ["3.8", "3.9"].map(|release| field_in("LOGS_MODEL", number(release).unwrap()).unwrap().clone());
        assert!(overlapping(&[old.clone(), new.clone()]).is_none());
        assert!(overlapping(&[new, old]).is_some());
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

    /// No map in the tables is shown without checking its members, and none without known members is shown at all.
    #[test]
    fn every_map_is_judged_by_its_members_and_one_of_any_members_is_a_secret() {
        fn holds_maps(kind: &Type) -> bool {
            match kind {
                Type::List(inner) => inner.as_deref().is_none_or(holds_maps),
                Type::Map(_) | Type::Members(_) | Type::Pair(_) => true,
                Type::OrMap(inner) => holds_maps(inner),
                Type::Text | Type::Flag | Type::Integer | Type::Number | Type::Digits | Type::Scalar => false,
            }
        }
        for fact in FIELDS.rows.iter().chain(MEMBERS.rows.iter()) {
            assert!(["", "yes", "uri", "at"].contains(&fact.secret), "{}: secret", fact.name);
            assert!(!holds_maps(&fact.kind) || fact.secrecy() != Secrecy::Public, "{}", fact.name);
        }
        assert_eq!(secrecy("BRANDING"), Secrecy::Inside);
        assert_eq!(member_secrecy(member("elasticsearch", "index_settings")), Secrecy::Secret);
    }
}
