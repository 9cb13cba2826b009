//! Encoded words of a text that must be hidden: their content is not text (compressed or encrypted), or is a text that
//! holds a secret.

use crate::sensitive::words::runs;
use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use std::iter::Peekable;
use std::ops::Range;

/// Base64 without padding whose last letter may have spare bits: the word may have been cut off anywhere.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
);
/// The shortest word that is examined.
const SHORTEST: usize = 24;
/// The shortest line of a word that is broken into several lines.
const SHORTEST_LINE: usize = 16;
/// The shortest first line of a word with two lines.
const SHORTEST_ALONE: usize = 40;
/// A random word has at least so many letters between two slashes, on average; a file path has fewer.
const SHORTEST_PART: usize = 20;
/// The first bytes of compressed files: gzip, zlib (at each level), zip, bzip2, xz, zstd.
const COMPRESSED: &[&[u8]] = &[
    &[0x1f, 0x8b],
    &[0x78, 0x01],
    &[0x78, 0x5e],
    &[0x78, 0x9c],
    &[0x78, 0xda],
    b"PK\x03\x04",
    b"BZh",
    b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd",
];
/// What begins and ends a block of public text, however random it looks.
const PUBLIC: &[(&str, &str)] = &[
    ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"),
    ("-----BEGIN TRUSTED CERTIFICATE-----", "-----END TRUSTED CERTIFICATE-----"),
    ("-----BEGIN X509 CRL-----", "-----END X509 CRL-----"),
    ("-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"),
    ("-----BEGIN PGP PUBLIC KEY BLOCK-----", "-----END PGP PUBLIC KEY BLOCK-----"),
    ("ssh-", "\n"),
    ("ecdsa-sha2-", "\n"),
];

/// The ranges of encoded words in a text that must be hidden; `holds` says whether a text holds a secret.
pub(super) fn hidden(text: &str, holds: &dyn Fn(&str) -> bool) -> Vec<Range<usize>> {
    // The letters of base64 in both alphabets, the standard one and the one for URLs.
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_');
    let words: Vec<_> = runs(text, is_letter).collect();
    let is_joined = |one: &Range<usize>, next: &Range<usize>| is_next_line(text.get(one.end..next.start));
    let (mut found, mut public): (Vec<Range<usize>>, Option<Public>) = (Vec::new(), None);
    for block in words.chunk_by(is_joined).flat_map(broken) {
        let of = |word: &Range<usize>| text.get(word.clone()).unwrap_or_default();
        if block.iter().all(|word| word.len() < SHORTEST_LINE) {
            continue;
        }
        let public = public.get_or_insert_with(|| Public::of(text));
        if block.first().is_some_and(|word| public.holds(word)) {
            continue;
        }
        if block.len() > 1 && is_secret(&block.iter().map(of).collect::<String>(), holds) {
            found.extend(block.iter().cloned());
        } else {
            found.extend(block.iter().filter(|word| is_secret(of(word), holds)).cloned());
        }
    }
    found
}

/// Groups lines that form one broken word: all of one length, except for a shorter last line.
fn broken(mut lines: &[Range<usize>]) -> Vec<&[Range<usize>]> {
    let mut found = Vec::new();
    while let Some(first) = lines.first() {
        let same = lines.iter().take_while(|line| line.len() == first.len()).count();
        // A single line counts as part of a word, and not as a name, if it is long enough.
        let is_line = if same > 1 { first.len() >= SHORTEST_LINE } else { first.len() >= SHORTEST_ALONE };
        let is_last = |line: &Range<usize>| is_line && line.len() < first.len();
        let (block, rest) = lines.split_at(same + usize::from(lines.get(same).is_some_and(is_last)));
        found.push(block);
        lines = rest;
    }
    found
}

/// Whether only a line break and base64 padding are between two words.
fn is_next_line(between: Option<&str>) -> bool {
    between.is_some_and(|it| it.contains('\n') && it.trim_matches('=').trim().is_empty())
}

/// The public ranges of a text, for words in ascending order: there may be thousands of both.
struct Public {
    /// The ranges that begin after the last word that was asked about, in order.
    rest: Peekable<std::vec::IntoIter<Range<usize>>>,
    /// The furthest end of the ranges that begin before it.
    end: usize,
}

impl Public {
    fn of(text: &str) -> Self {
        let mut found = Vec::new();
        for (begin, end) in PUBLIC {
            let mut done = 0;
            while let Some(start) = text.get(done..).and_then(|rest| rest.find(begin)).map(|at| done + at) {
                let rest = text.get(start..).unwrap_or_default();
                done = start + rest.find(end).map_or(rest.len(), |at| at + end.len());
                found.push(start..done);
            }
        }
        found.sort_by_key(|range| range.start);
        Self { rest: found.into_iter().peekable(), end: 0 }
    }

    /// Whether a word lies in a public range.
    fn holds(&mut self, word: &Range<usize>) -> bool {
        while let Some(range) = self.rest.next_if(|range| range.start <= word.start) {
            self.end = self.end.max(range.end);
        }
        word.end <= self.end
    }
}

/// Whether a word encodes something that must be hidden.
fn is_secret(word: &str, holds: &dyn Fn(&str) -> bool) -> bool {
    if word.len() < SHORTEST {
        return false;
    }
    if word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let bytes = from_hex(word);
        // Other binary data in hexadecimal is a digest, or a commit.
        return is_compressed(&bytes) || text_of(&bytes).is_some_and(|inner| holds(&inner));
    }
    let standard = standard(word);
    let mut forms = shifted(&standard);
    let is_random = is_random(word);
    if is_of_all_letters(word) && decoded(&standard).is_some_and(|bytes| is_compressed(&bytes)) {
        return true;
    }
    let mut has_text = false;
    let is_found = forms.any(|bytes| match text_of(&bytes) {
        Some(inner) => {
            has_text = true;
            holds(&inner)
        }
        None => is_random && is_compressed(&bytes),
    });
    is_found || (is_random && !has_text)
}

/// The bytes of a row of hexadecimal digits; a single digit left at the end is ignored.
pub(super) fn from_hex(run: &str) -> Vec<u8> {
    let pairs = run.get(..run.len() / 2 * 2).unwrap_or_default();
    base16ct::mixed::decode_vec(pairs).unwrap_or_default()
}

/// A word of URL-safe base64 in the standard alphabet.
pub(super) fn standard(word: &str) -> String {
    word.replace('-', "+").replace('_', "/")
}

/// The possible contents of a word in base64: letters in front, as in `\nH4sI`, may have shifted the encoded part.
pub(super) fn shifted(word: &str) -> impl Iterator<Item = Vec<u8>> {
    (0..4).filter_map(|shift| decoded(word.get(shift..)?))
}

fn decoded(word: &str) -> Option<Vec<u8>> {
    // A single letter left over is less than a byte.
    let tail = if word.len() % 4 == 1 { 0 } else { word.len() % 4 };
    BASE64.decode(word.get(..word.len() / 4 * 4 + tail)?).ok()
}

fn is_compressed(bytes: &[u8]) -> bool {
    COMPRESSED.iter().any(|begin| bytes.starts_with(begin))
}

fn has(word: &str, is: fn(&u8) -> bool) -> bool {
    word.as_bytes().iter().any(is)
}

/// Whether a word has upper-case letters, lower-case letters and digits.
fn is_of_all_letters(word: &str) -> bool {
    has(word, u8::is_ascii_uppercase) && has(word, u8::is_ascii_lowercase) && has(word, u8::is_ascii_digit)
}

/// Whether a word looks random: neither natural language, nor a name, nor a path.
fn is_random(word: &str) -> bool {
    let parts = word.split('/').count();
    has(word, u8::is_ascii_uppercase)
        && has(word, u8::is_ascii_digit)
        && (has(word, u8::is_ascii_lowercase) || !word.contains(['-', '_', '/']))
        && word.len() >= parts * SHORTEST_PART
}

/// The text of some bytes in UTF-8 or UTF-16, which may be cut off at both ends.
pub(super) fn text_of(bytes: &[u8]) -> Option<String> {
    if let Some(text) = [u16::from_le_bytes, u16::from_be_bytes].into_iter().find_map(|unit| utf16(bytes, unit)) {
        return Some(text);
    }
    let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let text = String::from_utf8_lossy(&plain);
    let is_read = |c: &char| !c.is_control() && *c != char::REPLACEMENT_CHARACTER || c.is_ascii_whitespace();
    let (all, read) = (text.chars().count(), text.chars().filter(is_read).count());
    // Characters cut off at the ends, and the byte order mark of UTF-16, do not count.
    let is_text = plain.len() * 2 + 2 >= bytes.len() && all <= read + 4 && all * 9 <= read * 10;
    is_text.then(|| text.trim_matches([char::REPLACEMENT_CHARACTER, '\u{feff}']).to_owned())
}

/// The text of some bytes in UTF-16; nothing if too few of its letters are ASCII, which means that it is not text.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units = bytes.as_chunks().0.iter().map(|pair| unit(*pair));
    let text = char::decode_utf16(units).collect::<Result<String, _>>().ok()?;
    let is_read = |c: char| !c.is_control() || c.is_ascii_whitespace();
    let is_text = text.chars().all(is_read) && text.chars().filter(char::is_ascii).count() * 4 >= text.chars().count();
    (is_text && !text.is_empty()).then(|| text.trim_start_matches('\u{feff}').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    fn found(text: &str) -> Vec<Range<usize>> {
        hidden(text, &|inner| inner.contains("password") || !found(inner).is_empty())
    }

    #[test]
    fn what_is_no_text_and_what_holds_a_secret_is_hidden() {
        let gzip = "H4sIAAAAAAAAA8tOzMksyVdISSxJBABZ1ZrDDAAAAA";
        let utf16: Vec<u8> = "password=hunter2".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (text, wanted) in [
            (format!("echo {gzip}== | base64 -d | gunzip | kubectl apply -f -"), gzip.to_owned()),
            (STANDARD.encode(&utf16), STANDARD.encode(&utf16)),
            (STANDARD.encode("a: b\npassword: hunter2"), STANDARD.encode("a: b\npassword: hunter2")),
            (STANDARD.encode(format!("a b c {gzip}")), STANDARD.encode(format!("a b c {gzip}"))),
        ] {
            let shown: String = found(&text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(shown, wanted.trim_end_matches('='), "{text}");
        }
    }

    #[test]
    fn names_digests_and_texts_are_shown() {
        for text in [
            "46334210eeb21aa6205215d1c4dbc40ea3381887",
            "quay.io/projectquay/quay@sha256:46334210eeb21aa6205215d1c4dbc40ea3381887c21a05d0bc47203c8f938987",
            "/usr/share/Foo2/a-long-path/of-a-file/Bar3",
            "my-registry-quay-app-6c5f9d8b7-x2x4z-and-more",
            "SOME_VARIABLE_IN_CAPITALS_2",
            "- path:\n  - SECURITY_SCANNER_V4_PSK\n  from: a",
            "aLongNameOfAFieldInSomeObject",
            "-----BEGIN CERTIFICATE-----\nMIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn9dNuaTAKBggqhkjOPQQDAjASMRAw\n-----END CERTIFICATE-----",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIRi6zePL6mKjOipn9dNuaTAKBggqhkjOPQQDAjASMRAw me",
        ] {
            assert!(found(text).is_empty(), "{text}");
        }
        assert!(found(&STANDARD.encode("a text of several words, and no secret")).is_empty());
    }

    #[test]
    fn what_stands_between_public_texts_is_hidden() {
        let gzip = "H4sIAAAAAAAAA8tOzMksyVdISSxJBABZ1ZrDDAAAAA";
        let certificate = "-----BEGIN CERTIFICATE-----\nMIIBhTCCASugAwIBAgIQIRi6zePL6mKjOipn9dNuaTAKBggqhkjOPQQDAjASMRAw\n-----END CERTIFICATE-----\n";
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIRi6zePL6mKjOipn9dNuaTAKBggqhkjOPQQDAjASMRAw me\n";
        let text = format!("{key}{gzip}.\n{certificate}{gzip}.\n{key}{certificate}{certificate}{gzip}.");
        let shown: Vec<&str> = found(&text).into_iter().filter_map(|range| text.get(range)).collect();
        assert_eq!(shown, [gzip; 3]);
    }
}
