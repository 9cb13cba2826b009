//! HMAC-SHA-256 with a key derived from secrets, to recognize a value again without revealing it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// The prefix of such a digest in text form.
pub const PREFIX: &str = "hmac-sha256:";

/// A key. Its memory is cleared when it is dropped, and it cannot be printed.
///
/// HMAC pads a key with zeros to a block of its hash; this one is already padded.
pub struct Key(Zeroizing<[u8; 64]>);

impl Key {
    /// Derives a key from secret parts for the use named by `domain`: keys for two uses of the same parts are
    /// unrelated. Each part is hashed with its length, so that it cannot be confused with others that concatenate to
    /// the same bytes.
    #[must_use]
    pub fn derive(domain: &[u8], parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in std::iter::once(&domain).chain(parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let sum: Zeroizing<[u8; 32]> = Zeroizing::new(hash.finalize().into());
        Self::padded(sum.as_slice())
    }

    /// A key of at most 64 bytes.
    fn padded(key: &[u8]) -> Self {
        Self(Zeroizing::new(std::array::from_fn(|index| key.get(index).copied().unwrap_or_default())))
    }

    /// The HMAC of the concatenated parts.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new((&*self.0).into());
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        // RFC 4231, case 2.
        let mac = Key::padded(b"Jefe").mac(&[b"what do ya want ", b"for nothing?"]);
        assert_eq!(
            base16ct::lower::encode_string(&mac),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn parts_of_a_key_do_not_run_together_and_uses_are_apart() {
        let keys = [
            Key::derive(b"use", &[]),
            Key::derive(b"use", &[b""]),
            Key::derive(b"use", &[b"ab"]),
            Key::derive(b"use", &[b"a", b"b"]),
            Key::derive(b"use", &[b"b", b"a"]),
            Key::derive(b"other", &[b"ab"]),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(index + 1).all(|other| *other.0 != *key.0));
        }
    }
}
