//! The bundle's `clair-config.yaml`: what is merged into Clair's own configuration, as later operators do.

use super::secrets::reference;
use crate::object::Value;
use crate::sensitive;

/// Its key in the bundle.
pub const CLAIR_CONFIG: &str = "clair-config.yaml";

/// The files of the bundle with the certificate and the key that Clair serves, as later operators call them.
pub const CLAIR_CERT: &str = "clair-ssl.crt";
/// The key.
pub const CLAIR_KEY: &str = "clair-ssl.key";

/// How the names of those files of the bundle begin that are Clair's and not Quay's.
const CLAIR_S: &str = "clair-";
/// Where Clair's pod has its configuration, and those files beside it.
pub const FOLDER: &str = "/clair/";
/// Where it has the CAs that it trusts.
const TRUSTED: [&str; 2] = ["/run/certs/", "/var/run/certs/"];

/// Whether a file of the bundle is for Clair alone, beside its configuration.
#[must_use]
pub fn is_clair_s(key: &str) -> bool {
    key.starts_with(CLAIR_S) && key != CLAIR_CONFIG
}

/// The name of a file among the CAs that Clair trusts, of a path to it.
#[must_use]
pub fn trusted(path: &str) -> Option<&str> {
    TRUSTED.iter().find_map(|folder| path.strip_prefix(folder))
}

/// The parts of Clair that have a database each.
pub const SECTIONS: &[&str] = &["indexer", MATCHER, "notifier"];

/// The part that knows the vulnerabilities.
pub const MATCHER: &str = "matcher";

/// How a part reaches its database.
pub const CONNSTRING: &str = "connstring";

/// The texts that may be shown, whatever their release of Clair: by their whole path, or with everything below. Any other
/// text may be a secret, as the headers of a webhook, the login of a broker and the keys of matchers are.
const PUBLIC: &[&str] = &[
    "http_listen_addr",
    "indexer.indexer_addr",
    "indexer.scanner.dist",
    "indexer.scanner.package",
    "indexer.scanner.repo",
    "introspection_addr",
    "log_level",
    "matcher.indexer_addr",
    "matcher.period",
    "matchers.names",
    "metrics.name",
    "metrics.prometheus.endpoint",
    "notifier.delivery_interval",
    "notifier.indexer_addr",
    "notifier.matcher_addr",
    "notifier.poll_interval",
    "notifier.webhook.callback",
    "notifier.webhook.target",
    "trace.jaeger.agent.endpoint",
    "trace.jaeger.service_name",
    "trace.name",
    "updaters.sets",
];

/// The arguments of a connstring by their names: `host=db user=clair`, or those behind the question mark of a URI.
#[must_use]
pub fn arguments(connstring: &str) -> Vec<(String, String)> {
    if connstring.contains("://") {
        let query = connstring.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        return pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect();
    }
    let mut found = Vec::new();
    let mut rest = connstring.trim_start();
    while let Some((name, value)) = rest.split_once('=') {
        let (value, after) = value_of(value.trim_start());
        found.push((name.trim().to_owned(), value));
        rest = after.trim_start();
    }
    found
}

/// A value at the start of a text, perhaps in single quotes, and what is behind it.
fn value_of(text: &str) -> (String, &str) {
    let quoted = text.strip_prefix('\'');
    let text = quoted.unwrap_or(text);
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            '\'' if quoted.is_some() => return (value, text.get(at + 1..).unwrap_or_default()),
            c if quoted.is_none() && c.is_whitespace() => return (value, text.get(at..).unwrap_or_default()),
            c => value.push(c),
        }
    }
    (value, "")
}

fn decoded(text: &str) -> String {
    String::from_utf8_lossy(&sensitive::uri::decoded(text)).into_owned()
}

/// Whether a text may stand where everybody can read it. `path` is the dotted path of its keys.
#[must_use]
pub fn may_show(path: &str, text: &str) -> bool {
    let is_connstring = SECTIONS.iter().any(|section| path.strip_prefix(section) == Some(".connstring"));
    if is_connstring {
        // One without a password names a server and nothing else.
        let has_word = |word: &str| text.to_ascii_lowercase().contains(word);
        return !has_word("pass") && !has_word("service") && sensitive::is_harmless(text, false);
    }
    let is_below =
        |known: &&str| path.strip_prefix(*known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    text.is_empty() || (PUBLIC.iter().any(is_below) && sensitive::is_harmless(text, false))
}

/// Whether a value is a text, or leaves one to a Secret.
#[must_use]
pub fn is_text(value: &Value) -> bool {
    value.as_str().is_some() || reference(value).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connstring_is_taken_apart_in_both_its_forms() {
        let of = |text: &str| -> Vec<String> {
            arguments(text).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
        };
        assert_eq!(
            of("host=db  user = 'a b\\' =c' sslmode=verify-full"),
            ["host=db", "user=a b' =c", "sslmode=verify-full"]
        );
        assert_eq!(
            of("postgresql://clair:p@db/clair?sslmode=require&sslkey=%2Fclair%2Fk"),
            ["sslmode=require", "sslkey=/clair/k"]
        );
        for text in ["", "   ", "nothing", "postgresql://db/clair"] {
            assert!(arguments(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_text_is_shown_where_it_is_known_to_hold_no_secret() {
        for (path, text) in [
            ("log_level", "debug"),
            ("updaters.sets", "rhel"),
            ("notifier.webhook.target", "https://registry.example.com/x"),
            ("indexer.connstring", "host=db port=5432 dbname=clair user=clair sslmode=verify-full"),
            ("matchers.config.crda.key", ""),
            ("indexer.connstring", "host=db sslcert=/clair/clair-database.crt sslkey=/clair/clair-database.key"),
        ] {
            assert!(may_show(path, text), "{path}");
        }
        for (path, text) in [
            ("indexer.connstring", "host=db user=clair password=p"),
            ("indexer.connstring", "host=db PASSFILE=/p"),
            ("matcher.connstring", "postgresql://clair:p@db/clair"),
            ("notifier.webhook.target", "https://u:p@registry.example.com/x"),
            ("notifier.webhook.headers.Authorization", "Bearer t"),
            ("notifier.amqp.uris", "amqp://broker"),
            ("matchers.config.crda.key", "k"),
            ("log_level_of_mine", "x"),
        ] {
            assert!(!may_show(path, text), "{path}");
        }
    }
}
