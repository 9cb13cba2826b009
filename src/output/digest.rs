//! The digests of file contents in the lock.

use super::File;
use crate::keyed_digest::{self, Key};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;

const SHA256: &str = "sha256:";
const HMAC: &str = keyed_digest::PREFIX;
const SECRET: &str = "secret";

/// Separates this use of SHA-256 from every other one over the same values.
const DOMAIN: &[u8] = b"quay-render output lock key v1";

/// The key of the HMACs of files with a secret.
pub struct LockKey {
    /// The key for new HMACs.
    now: Option<Key>,
    /// A key of earlier locks: it recognizes their files, and no new HMAC is made with it.
    former: Option<Key>,
}

impl LockKey {
    /// Derives a key from secret parts.
    #[must_use]
    pub fn derive(parts: &[&[u8]]) -> Self {
        Self { now: Some(Key::derive(DOMAIN, parts)), former: None }
    }

    /// Derives a key from DIGEST_KEY, and one from the values used before there was a DIGEST_KEY. Nothing if there is
    /// neither.
    #[must_use]
    pub fn of(digest_key: Option<&[u8]>, former: &[&[u8]]) -> Option<Self> {
        let now = digest_key.map(|key| Key::derive(DOMAIN, &[key]));
        let former = (!former.is_empty()).then(|| Key::derive(DOMAIN, former));
        (now.is_some() || former.is_some()).then_some(Self { now, former })
    }
}

/// A SHA-256 of content.
type Sum = [u8; 32];

/// One file's entry in the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) enum Entry {
    /// The SHA-256 of a file without secrets.
    Sha256(Sum),
    /// The HMAC of a file with a secret: with a plain digest, anybody could test guesses of the secret.
    Hmac(Sum),
    /// A file with a secret that was written without a key: its content is not recorded.
    Secret,
}

impl Entry {
    /// The SHA-256 of `bytes`.
    pub(super) fn plain(bytes: &[u8]) -> Self {
        Self::Sha256(Sha256::digest(bytes).into())
    }

    /// The entry of a file, with `key` for the HMAC.
    pub(super) fn of(file: &File, key: Option<&LockKey>) -> Self {
        match (file.secret, key.and_then(|key| key.now.as_ref())) {
            (false, _) => Self::plain(&file.bytes),
            (true, Some(key)) => Self::Hmac(key.mac(&[&file.bytes])),
            (true, None) => Self::Secret,
        }
    }

    /// Whether this is certainly the entry of `bytes`. Without the right key the answer is no.
    pub(super) fn matches(&self, bytes: &[u8], key: Option<&LockKey>) -> bool {
        match self {
            Self::Sha256(_) => *self == Self::plain(bytes),
            Self::Hmac(sum) => {
                let mut keys = key.into_iter().flat_map(|key| key.now.iter().chain(&key.former));
                keys.any(|key| key.mac(&[bytes]) == *sum)
            }
            Self::Secret => false,
        }
    }

    /// Whether the file holds a secret.
    pub(super) fn is_secret(&self) -> bool {
        !matches!(self, Self::Sha256(_))
    }

    /// Reads what `Display` writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == SECRET {
            return Some(Self::Secret);
        }
        if let Some(hex) = text.strip_prefix(HMAC) {
            return unhex(hex).map(Self::Hmac);
        }
        text.strip_prefix(SHA256).and_then(unhex).map(Self::Sha256)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (prefix, sum) = match self {
            Self::Sha256(sum) => (SHA256, sum),
            Self::Hmac(sum) => (HMAC, sum),
            Self::Secret => return f.write_str(SECRET),
        };
        f.write_str(prefix)?;
        f.write_str(&base16ct::lower::encode_string(sum))
    }
}

impl From<Entry> for String {
    fn from(entry: Entry) -> Self {
        entry.to_string()
    }
}

impl TryFrom<String> for Entry {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no digest that quay-render writes")
    }
}

/// Reads 64 lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<Sum> {
    base16ct::lower::decode_vec(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> File {
        File { bytes: b"password: hunter2\n".to_vec(), secret: true }
    }

    #[test]
    fn digests_are_those_of_the_standards() {
        let plain = File { bytes: b"abc".to_vec(), secret: false };
        let sum = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Entry::of(&plain, None).to_string(), sum);
    }

    #[test]
    fn entries_come_back_from_their_text() {
        let key = LockKey::derive(&[b"k"]);
        let plain = File { bytes: Vec::new(), secret: false };
        for entry in [Entry::of(&plain, None), Entry::of(&secret(), Some(&key)), Entry::of(&secret(), None)] {
            assert_eq!(Entry::parse(&entry.to_string()), Some(entry));
        }
        let digits = "ab".repeat(32);
        for text in
            ["", "Secret", "sha256:", "sha512:00", &digits, &format!("sha256:{digits}a"), &format!("sha256:{digits}ab")]
        {
            assert_eq!(Entry::parse(text), None, "{text}");
        }
        assert_eq!(Entry::parse(&format!("sha256:{}", digits.to_uppercase())), None);
    }

    #[test]
    fn a_secret_is_known_again_under_its_own_key_only() {
        let (key, other) = (LockKey::derive(&[b"k"]), LockKey::derive(&[b"l"]));
        let entry = Entry::of(&secret(), Some(&key));
        assert!(entry.matches(&secret().bytes, Some(&key)));
        assert!(!entry.matches(b"password: hunter3\n", Some(&key)));
        assert!(!entry.matches(&secret().bytes, Some(&other)));
        assert!(!entry.matches(&secret().bytes, None));
        assert!(!Entry::of(&secret(), None).matches(&secret().bytes, Some(&key)));
    }

    #[test]
    fn what_earlier_locks_say_is_known_again_and_not_said_anew() {
        let earlier = Entry::of(&secret(), Some(&LockKey::derive(&[b"a", b"word"])));
        let now = LockKey::of(Some(b"k"), &[b"a", b"word"]).unwrap();
        assert!(earlier.matches(&secret().bytes, Some(&now)) && !earlier.matches(b"another", Some(&now)));
        assert_eq!(Entry::of(&secret(), Some(&now)), Entry::of(&secret(), Some(&LockKey::derive(&[b"k"]))));
        let without = LockKey::of(None, &[b"a", b"word"]).unwrap();
        assert!(earlier.matches(&secret().bytes, Some(&without)));
        assert_eq!(Entry::of(&secret(), Some(&without)), Entry::Secret);
        assert!(LockKey::of(None, &[]).is_none());
    }
}
