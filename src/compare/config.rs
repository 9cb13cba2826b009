//! Fields of config.yaml, Quay's and Clair's: only values of fields that the tables list as public may be shown.

use super::tree::Tree;
use crate::model::schema::{self, Fact, Secrecy, Type};
use crate::object::{Map, Value};

/// The field that tells Clair's config.yaml from Quay's.
const CLAIR: &str = "indexer";
/// Names of fields, at any depth, that hold no secret in Clair's configuration.
const CLAIR_PUBLIC: &[&str] = &[
    "airgap",
    "buffer_max",
    "callback",
    "delivery_interval",
    "disable_updaters",
    "endpoint",
    "http_listen_addr",
    "indexer_addr",
    "introspection_addr",
    "iss",
    "layer_scan_concurrency",
    "log_level",
    "matcher_addr",
    "max_conn_pool",
    "migrations",
    "name",
    "period",
    "poll_interval",
    "scanlock_retry",
    "service_name",
    "sets",
    "signed",
    "target",
    "update_retention",
];

/// Makes the tree of a public value: a URL in it may still have a password, and a text or a map may be a whole Secret.
pub(super) type Open = fn(&Value) -> Tree;

/// A config.yaml, Quay's or Clair's.
pub(super) fn tree(config: &Map, open: Open) -> Tree {
    // The user's declarations are not part of rendered objects.
    let of = |name: &str, value: &Value| match config.contains(CLAIR) {
        true => clair(name, value, open),
        false => field(name, value, false, open),
    };
    Tree::Map(config.iter().map(|(name, value)| (name.to_owned(), of(name, value))).collect())
}

/// A field of Quay's config.yaml; `is_declared` says whether the user declared it because the tables do not know it.
pub(super) fn field(name: &str, value: &Value, is_declared: bool, open: Open) -> Tree {
    match schema::field(name) {
        Some(fact) => known(value, fact, &fact.kind, open),
        None if schema::may_show_unknown(name, value, is_declared) => open(value),
        None => Tree::opaque(value),
    }
}

/// A value of a field or member that the tables know, or the part of it that has the type `kind`. It is hidden unless
/// the tables say that it is public.
fn known(value: &Value, fact: &Fact, kind: &Type, open: Open) -> Tree {
    match (fact.secrecy_of(kind), kind, value) {
        (Secrecy::Public, ..) if fact.may_show(kind, value) => open(value),
        (Secrecy::Inside, Type::Members(map), Value::Map(entries)) => members(entries, map, open),
        (Secrecy::Inside, Type::Map(Some(inner)), Value::Map(entries)) => {
            Tree::Map(entries.iter().map(|(key, value)| (key.to_owned(), known(value, fact, inner, open))).collect())
        }
        (Secrecy::Inside, Type::List(Some(inner)), Value::Seq(items)) => {
            Tree::Seq(items.iter().map(|item| known(item, fact, inner, open)).collect())
        }
        (Secrecy::Inside, Type::Pair(map), Value::Seq(items)) => match items.as_slice() {
            [name @ Value::Str(_), Value::Map(arguments)] => Tree::Seq(vec![open(name), members(arguments, map, open)]),
            _ => Tree::opaque(value),
        },
        _ => Tree::opaque(value),
    }
}

/// The members of a map; one that the tables do not know may be a secret.
fn members(entries: &Map, map: &str, open: Open) -> Tree {
    let member = |(key, value): (&str, &Value)| {
        let tree = match schema::member(map, key) {
            None => Tree::opaque(value),
            Some(fact) => known(value, fact, &fact.kind, open),
        };
        (key.to_owned(), tree)
    };
    Tree::Map(entries.iter().map(member).collect())
}

/// Clair's fields have no table: a field that is not in the list counts as secret.
fn clair(name: &str, value: &Value, open: Open) -> Tree {
    match value {
        Value::Map(map) => {
            Tree::Map(map.iter().map(|(key, value)| (key.to_owned(), clair(key, value, open))).collect())
        }
        other if CLAIR_PUBLIC.contains(&name) => open(other),
        other => Tree::opaque(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::secrets;
    use crate::compare::tests::value;
    use crate::yaml;

    fn shown(config: &str) -> String {
        yaml::flow(&tree(value(config).as_map().unwrap(), secrets::open).masked())
    }

    #[test]
    fn public_fields_are_shown_and_secret_ones_masked_member_by_member() {
        for (config, wanted) in [
            ("SERVER_HOSTNAME: h", r#"{"SERVER_HOSTNAME": "h"}"#),
            ("SECRET_KEY: {a: b}", r#"{"SECRET_KEY": "********"}"#),
            (
                "BUILDLOGS_REDIS: {host: h, password: p, other: o}",
                r#"{"BUILDLOGS_REDIS": {"host": "h", "password": "********", "other": "********"}}"#,
            ),
            ("BUILDLOGS_REDIS: text", r#"{"BUILDLOGS_REDIS": "********"}"#),
            (
                "DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage, {host: h, s3_secret_key: k}]}",
                r#"{"DISTRIBUTED_STORAGE_CONFIG": {"default": ["S3Storage", {"host": "h", "s3_secret_key": "********"}]}}"#,
            ),
            (
                "DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage]}",
                r#"{"DISTRIBUTED_STORAGE_CONFIG": {"default": "********"}}"#,
            ),
            ("MY_OWN: 1\nMY_PIN_KEY: 1", r#"{"MY_OWN": 1, "MY_PIN_KEY": "********"}"#),
            ("MY_OWN: text", r#"{"MY_OWN": "********"}"#),
        ] {
            assert_eq!(shown(config), wanted, "{config}");
        }
    }

    #[test]
    fn of_clair_only_what_is_known_as_public_is_shown() {
        assert_eq!(
            shown("log_level: info\nindexer: {connstring: c, airgap: false}\nauth: {psk: {key: k, iss: [quay]}}"),
            r#"{"log_level": "info", "indexer": {"connstring": "********", "airgap": false}, "auth": {"psk": {"key": "********", "iss": ["quay"]}}}"#
        );
    }
}
