//! Digests that recognize a plain value.

use crate::keyed_digest::{self, Key};

/// Separates this use of the keys from every other one.
const DOMAIN: &[u8] = b"quay-render sealed value key v1";

/// The key of [`digest`].
pub struct DigestKey(Key);

impl DigestKey {
    /// Derives a key from secret parts. Nothing if all parts are empty: under such a key everybody could test guesses
    /// of a value.
    #[must_use]
    pub fn derive(parts: &[&[u8]]) -> Option<Self> {
        let is_guessed = parts.iter().all(|part| part.is_empty());
        (!is_guessed).then(|| Self(Key::derive(DOMAIN, parts)))
    }
}

/// The HMAC-SHA-256 of `value` for `entry` in `secret` (logical names, not those in the cluster), as `hmac-sha256:` and
/// 64 hexadecimal digits. It may be committed: without the key nobody can test guesses of the value, and equal values
/// of two entries have different digests.
#[must_use]
pub fn digest(key: &DigestKey, secret: &str, entry: &str, value: &[u8]) -> String {
    let length = |part: &[u8]| (part.len() as u64).to_be_bytes();
    let (secret, entry) = (secret.as_bytes(), entry.as_bytes());
    let sum = key.0.mac(&[&length(secret), secret, &length(entry), entry, &length(value), value]);
    keyed_digest::PREFIX.to_owned() + &base16ct::lower::encode_string(&sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn key(parts: &[&[u8]]) -> DigestKey {
        DigestKey::derive(parts).unwrap()
    }

    /// Computed with Python's hashlib and hmac. A change here would reseal every value of every user.
    #[test]
    fn a_digest_stays_what_it_was() {
        let wanted = "hmac-sha256:121b7bf17153e9a7044f4571c20d59db520e88c6d53a5ae851160e908bdc4d61";
        assert_eq!(digest(&key(&[b"one", b"two"]), "database", "password", b"hunter2"), wanted);
    }

    #[test]
    fn whatever_differs_gives_another_digest() {
        let (mine, other) = (key(&[b"k"]), key(&[b"l"]));
        let digests = [
            digest(&mine, "ab", "c", b"d"),
            digest(&mine, "a", "bc", b"d"),
            digest(&mine, "ab", "cd", b""),
            digest(&mine, "ab", "c", b"e"),
            digest(&mine, "ab", "c", b""),
            digest(&mine, "", "ab", b"cd"),
            digest(&other, "ab", "c", b"d"),
            digest(&key(&[b"k", b""]), "ab", "c", b"d"),
            digest(&key(&[b"", b"k"]), "ab", "c", b"d"),
        ];
        assert_eq!(BTreeSet::from_iter(&digests).len(), digests.len(), "{digests:#?}");
        assert_eq!(digest(&key(&[b"k"]), "ab", "c", b"d"), digests[0]);
    }

    #[test]
    fn there_is_no_key_of_nothing() {
        assert!(DigestKey::derive(&[]).is_none());
        assert!(DigestKey::derive(&[b"", b""]).is_none());
        assert!(DigestKey::derive(&[b"", b"k"]).is_some());
    }
}
