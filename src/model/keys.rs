//! The keys Secret: the random values that the operator generates and partly does not keep.
//!
//! It has the operator's own name and keys, so that one read from a cluster works unchanged; it also holds what the
//! operator generates anew at every reconcile.

use super::bundle::{entries, refuse_private_key};
use super::document::Document;
pub use super::names::{CA_CERT, CA_KEY, DIGEST_KEY, EXTRA_CA, TLS_CERT, TLS_KEY};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::object::{Map, Value, base_names};
use crate::secret::Secret;
use crate::yaml;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// 128 bits as hexadecimal digits, the longest of the usual notations.
const LEAST_DIGEST_KEY: usize = 32;
/// Random text has at least this many different characters; a repeated word or a held-down key has fewer.
const LEAST_DIFFERENT: usize = 8;

/// The content of a keys Secret.
#[derive(Default)]
pub struct Keys {
    /// Where it is in the input; `None` if there is none.
    pub at: Option<Location>,
    /// Whether there is a Secret that is probably this one but lacks a name, which has already been reported.
    pub is_unread: bool,
    values: Vec<(String, Secret)>,
}

impl Keys {
    /// The keys of a Secret that cannot be identified for want of a name.
    pub(super) fn unread() -> Self {
        Self { is_unread: true, ..Self::default() }
    }

    /// A value by its key; an empty one counts as missing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.values.iter().find(|(key, _)| key == name).map(|(_, value)| value.expose());
        value.filter(|value| !value.is_empty())
    }

    /// The HMAC key of digests that may be committed.
    #[must_use]
    pub fn digest_key(&self) -> Option<&str> {
        self.get(DIGEST_KEY)
    }

    /// Sets a value.
    pub fn set(&mut self, name: &str, value: Secret) {
        match self.values.iter_mut().find(|(key, _)| key == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name.to_owned(), value)),
        }
    }

    /// The Secret as a document, as the operator writes it.
    #[must_use]
    pub fn document(&self, registry: &str, namespace: &str) -> Zeroizing<String> {
        let mut metadata = Map::new();
        metadata.insert("name", base_names::named(registry, base_names::KEYS_SECRET));
        metadata.insert("namespace", namespace);
        let data: Map = self.iter().map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
        let mut secret = Map::new();
        secret.insert("apiVersion", "v1");
        secret.insert("kind", "Secret");
        secret.insert("metadata", metadata);
        secret.insert("type", "Opaque");
        secret.insert("stringData", data);
        Zeroizing::new(yaml::emit(&secret.into()))
    }

    /// All values, in their order in the Secret.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }
}

/// Whether that is the name of the keys Secret of `registry`, with or without its content suffix.
#[must_use]
pub fn is_name(name: &str, registry: &str) -> bool {
    let Some(rest) = base_names::base(name, registry) else { return false };
    match rest.strip_prefix(base_names::KEYS_SECRET) {
        Some("") => true,
        Some(suffix) => suffix
            .strip_prefix('-')
            .is_some_and(|hash| hash.len() == 10 && hash.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())),
        None => false,
    }
}

/// Reads a keys Secret.
pub(super) fn read(document: &Document, diagnostics: &mut Diagnostics) -> Keys {
    let mut keys = Keys { at: Some(document.place()), ..Keys::default() };
    for entry in entries(document, diagnostics) {
        let Ok(text) = String::from_utf8(entry.bytes) else {
            diagnostics.push(
                Diagnostic::new(codes::KEYS_VALUE, format!("{} is not UTF-8 text", entry.key))
                    .at(entry.at)
                    .hint("was the file damaged? restore it from a backup: the database needs its keys"),
            );
            continue;
        };
        if entry.key == DIGEST_KEY && !text.is_empty() && !may_be_random(&text) {
            diagnostics.push(
                Diagnostic::new(codes::KEYS_VALUE, format!("{} is easily guessed", DIGEST_KEY)).at(entry.at.clone()).hint(
                    "remove it and let `quay-render keys` make one; it has 32 characters or more, all of them random",
                ),
            );
        }
        if [CA_CERT, TLS_CERT].contains(&entry.key) {
            refuse_private_key(entry.key, text.as_bytes(), &entry.at, diagnostics);
        }
        keys.values.push((entry.key.to_owned(), Secret::new(text)));
    }
    keys
}

/// Whether a text is long and varied enough to hold 128 random bits; whether it does, nobody can tell.
fn may_be_random(text: &str) -> bool {
    let different: BTreeSet<char> = text.chars().collect();
    text.chars().count() >= LEAST_DIGEST_KEY && different.len() >= LEAST_DIFFERENT
}

#[cfg(test)]
mod tests {
    use super::{is_name, may_be_random};

    #[test]
    fn what_was_typed_is_no_digest_key() {
        for typed in ["", "hunter2", "0123456789abcdef0123456789abcde", &"0".repeat(64), &"changeme".repeat(8)] {
            assert!(!may_be_random(typed), "{typed}");
        }
        for random in ["6f1c0a9be2d47385aa10c4e95b7f2d36", "7oAU6j7SXReyxxFcMcmw6Qby8sXUPeXM"] {
            assert!(may_be_random(random), "{random}");
        }
    }

    #[test]
    fn the_keys_secret_is_known_with_and_without_its_suffix() {
        assert!(is_name("test-quay-registry-managed-secret-keys", "test"));
        assert!(is_name("test-quay-registry-managed-secret-keys-m4g9729d86", "test"));
        assert!(!is_name("test-quay-registry-managed-secret-keys-m4g972", "test"));
        assert!(!is_name("other-quay-registry-managed-secret-keys", "test"));
    }
}
