//! The bundle's `clair-config.yaml`: what is merged into Clair's own configuration, as later operators do.

use super::secrets::reference;
use crate::object::Value;
use crate::sensitive;

/// Its key in the bundle.
pub const CLAIR_CONFIG: &str = "clair-config.yaml";

/// The parts of Clair that have a database each.
pub const SECTIONS: &[&str] = &["indexer", "matcher", "notifier"];

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
    fn a_text_is_shown_where_it_is_known_to_hold_no_secret() {
        for (path, text) in [
            ("log_level", "debug"),
            ("updaters.sets", "rhel"),
            ("notifier.webhook.target", "https://registry.example.com/x"),
            ("indexer.connstring", "host=db port=5432 dbname=clair user=clair sslmode=verify-full"),
            ("matchers.config.crda.key", ""),
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
