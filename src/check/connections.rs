//! TLS to the database and to Redis: the files that config.yaml names for it, and what libpq is told besides.
//!
//! Quay's application hands DB_CONNECTION_ARGS to libpq. Its migration hands on the parameters of DB_URI alone, and the
//! check that it starts with knows neither client certificates nor another CA than `database.pem` (Quay 3.5 to 3.18:
//! data/migrations/env.py, config-tool). Without a word they would talk to any server, and in the clear where it asks for
//! no TLS. All of them read libpq's environment, so it says the same.

use super::Merged;
use crate::catalog::Release;
use crate::model::stack;
use crate::object::{Map, Value};
use crate::validate::database::{PEM, VERIFYING};
use std::borrow::Cow;
use std::path::Path;

const DATABASE: &str = "DB_CONNECTION_ARGS";
/// libpq's arguments, each with the variable that says the same.
const VARIABLES: [(&str, &str); 7] = [
    ("sslmode", "PGSSLMODE"),
    (CA, "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    (KEY, "PGSSLKEY"),
    ("sslcrl", "PGSSLCRL"),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
];
const CA: &str = "sslrootcert";
const KEY: &str = "sslkey";

/// The maps that name files, each with the members that do.
const PATHS: [(&str, &[&str]); 4] = [
    (DATABASE, &[CA, "sslcert", KEY, "sslcrl"]),
    ("BUILDLOGS_REDIS", REDIS),
    ("USER_EVENTS_REDIS", REDIS),
    ("PULL_METRICS_REDIS", REDIS),
];
/// The members of a Redis that name files.
pub const REDIS: &[&str] = &["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"];

/// What OpenShift puts among the trusted CAs.
pub const OF_OPENSHIFT: &[&str] = &["extra_ca_certs/service-ca.crt"];

/// The folder in which pods have certificates of the database that are in Secrets of fixed names: where these are mounted.
const MOUNTED: &str = "secrets";
/// And where the image copies them to at its start.
const COPIED: &str = "copies";

/// One of these folders, in releases that have them.
fn folder<'a>(release: &'a Release, name: &str) -> Option<&'a str> {
    release.facts.at(&["application", "database_certificates", name]).and_then(Value::as_str)
}

/// Both of them.
#[must_use]
pub fn mounted(release: &Release) -> Vec<&str> {
    [MOUNTED, COPIED].into_iter().filter_map(|name| folder(release, name)).collect()
}

/// Whether a file that libpq is told of is one of the copies.
#[must_use]
pub fn has_copies(release: &Release, config: &Merged) -> bool {
    let is_there = |value: &str| folder(release, COPIED).is_some_and(|folder| Path::new(value).starts_with(folder));
    variables(config).iter().any(|(_, value)| is_there(value))
}

/// The files of Quay's configuration folder that connections name, by their paths below it.
pub fn files(config: &Merged) -> impl Iterator<Item = &str> {
    let members = PATHS.iter().flat_map(|(field, members)| members.iter().map(move |member| (*field, *member)));
    members.filter_map(|(field, member)| stack::file(text(map(config, field)?, member)?))
}

/// The key that libpq shows to the database: it takes none that another user could read.
#[must_use]
pub fn database_key(config: &Merged) -> Option<&str> {
    stack::file(text(map(config, DATABASE)?, KEY)?)
}

/// What libpq's environment says of TLS; nothing where config.yaml says nothing of it.
#[must_use]
pub fn variables(config: &Merged) -> Vec<(&'static str, String)> {
    let Some(arguments) = map(config, DATABASE) else { return Vec::new() };
    let said =
        |argument: &str| text(arguments, argument).filter(|text| is_plain(text)).map(|it| whole(it).into_owned());
    let is_compared = said("sslmode").is_some_and(|mode| VERIFYING.contains(&mode.as_str()));
    let of = |argument: &str| match said(argument) {
        None if argument == CA && is_compared => Some(format!("{}/{PEM}", stack::STACK)),
        said => said,
    };
    VARIABLES.iter().filter_map(|(argument, variable)| Some((*variable, of(argument)?))).collect()
}

/// Whether a text is a word or a path, in which there is no room for a secret that was written in the wrong place: everybody
/// may read variables.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-/".contains(&byte))
}

/// A path that means the same wherever a program runs.
fn whole(value: &str) -> Cow<'_, str> {
    match stack::file(value) {
        Some(file) => Cow::Owned(format!("{}/{file}", stack::STACK)),
        None => Cow::Borrowed(value),
    }
}

fn map<'a>(config: &'a Merged, field: &str) -> Option<&'a Map> {
    config.get(field)?.value.as_map()
}

fn text<'a>(map: &'a Map, member: &str) -> Option<&'a str> {
    map.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Field, Origin};

    fn config(field: &str, members: &[(&str, &str)]) -> Merged {
        let value: Map = members.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text))).collect();
        Merged(vec![Field { name: field.to_owned(), value: value.into(), origin: Origin::Own }])
    }

    fn told(members: &[(&str, &str)]) -> String {
        let variables = variables(&config(DATABASE, members));
        variables.iter().map(|(name, value)| format!("{name}={value} ")).collect()
    }

    #[test]
    fn libpq_s_environment_says_what_the_arguments_say() {
        assert_eq!(told(&[("threadlocals", "x"), ("sslmode", "")]), "");
        assert_eq!(told(&[("sslmode", "https://user:secret@example.com/"), ("sslkey", "a b")]), "");
        assert_eq!(told(&[("sslmode", "require")]), "PGSSLMODE=require ");
        assert_eq!(
            told(&[("sslkey", "conf/stack/k"), ("sslcert", "/mnt/c"), ("sslmode", "require")]),
            "PGSSLMODE=require PGSSLCERT=/mnt/c PGSSLKEY=/conf/stack/k "
        );
        let compared = "PGSSLMODE=verify-full PGSSLROOTCERT=/conf/stack/";
        assert_eq!(told(&[("sslmode", "verify-full")]), format!("{compared}database.pem "));
        let own = [("sslmode", "verify-full"), ("sslrootcert", "/quay-registry/conf/stack/own.pem")];
        assert_eq!(told(&own), format!("{compared}own.pem "));
    }

    #[test]
    fn files_are_those_of_the_configuration() {
        let database = [("sslrootcert", "/etc/ca.crt"), ("sslcert", "conf/stack/c"), ("sslkey", "conf/stack/k")];
        let database = config(DATABASE, &database);
        assert_eq!(files(&database).collect::<Vec<_>>(), ["c", "k"]);
        assert_eq!(database_key(&database), Some("k"));
        let redis = config("BUILDLOGS_REDIS", &[("ssl_ca_certs", "conf/stack/r"), ("host", "conf/stack/h")]);
        assert_eq!((files(&redis).collect::<Vec<_>>(), database_key(&redis)), (vec!["r"], None));
    }
}
