//! Documents within texts: a value of a ConfigMap, a patch or a script may contain a Secret, in plain text or encoded.

use super::encoded::{self, from_hex, shifted, standard};
use crate::diagnostic::Diagnostics;
use crate::object::Value;
use crate::sensitive::{holds_private_key, uri};
use crate::yaml::{self, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;

/// How many levels of texts within texts are examined. A deeper text that may be a Secret is hidden.
pub(super) const DEEPEST: usize = 8;
/// How many bytes may be decoded in all: a multiple of the text's length, or the constant for a short text. Each step
/// makes several shorter texts of one, so a crafted text could otherwise take 7 to the power of [`DEEPEST`] steps.
const DECODED: usize = 8;
const DECODED_OF_SHORT: usize = 1 << 20;
/// The shortest base64 text that is decoded.
const SHORTEST: usize = 24;
/// The shortest run of printable characters in decoded bytes that counts as text and not as chance.
const PART: usize = 8;

/// Whether a text may contain a Secret. A cheap check: yes may be wrong, no never is.
pub(super) fn may_hold_secret(text: &str) -> bool {
    // Escapes, and in YAML the tag for binary, may hide any words.
    text.contains(['\\', '!']) || speaks_of_secret(text)
}

/// Whether a text may be documents with named entries. A cheap check: yes may be wrong, no never is.
pub(super) fn may_be_documents(text: &str) -> bool {
    let has_entries = || text.contains('\n') && [": ", ":\n", "- "].iter().any(|sign| text.contains(sign));
    text.trim_start().starts_with(['{', '[']) || has_entries() || may_hold_secret(text)
}

/// The documents in a text, JSON or YAML; nothing if any part of it cannot be parsed.
pub(super) fn documents(text: &str) -> Option<Vec<Value>> {
    json(text).or_else(|| {
        let mut problems = Diagnostics::new();
        let documents = yaml::parse_own(text, &Origin { file: "", within: None }, &mut problems);
        (!problems.has_errors()).then(|| documents.iter().map(|document| document.root.to_value()).collect())
    })
}

/// A stream of JSON values; nothing unless the first one is an object or a list.
fn json(text: &str) -> Option<Vec<Value>> {
    text.trim_start().starts_with(['{', '[']).then_some(())?;
    let values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    values.map(|value| value.ok().map(Value::from)).collect()
}

/// Whether a text, or anything that it encodes in whole or in part, mentions a Secret.
pub(super) fn speaks_of_secret(text: &str) -> bool {
    names_secret(text) || encodes_secret(text)
}

/// Whether anything that a text encodes, in whole or in part, mentions a Secret or holds a private key.
pub(super) fn encodes_secret(text: &str) -> bool {
    openings(text)
        .is_none_or(|found| found.iter().any(|inner| names_secret(inner) || holds_private_key(inner.as_bytes())))
}

pub(super) fn names_secret(text: &str) -> bool {
    // The last word is "Secret" in base64.
    let has_kind = || has_word(text, "kind") && (has_word(text, "secret") || has_word(text, "u2vjcmv0"));
    // Only a Secret has the first of these words; kustomize makes Secrets from the second.
    has_word(text, "stringdata") || has_word(text, "secretgenerator") || has_kind()
}

/// All texts that a text encodes, in whole or in part, at every depth; nothing if the depth or the amount exceeds the
/// limits above.
fn openings(text: &str) -> Option<BTreeSet<String>> {
    let mut left = (text.len() * DECODED).max(DECODED_OF_SHORT);
    let mut open = |text: &str| {
        let inner = opened(text);
        left = left.checked_sub(inner.iter().map(String::len).sum())?;
        Some(inner)
    };
    let (mut found, mut level) = (BTreeSet::new(), open(text)?);
    for _ in 0..DEEPEST {
        let fresh: Vec<String> = level.into_iter().filter(|inner| found.insert(inner.clone())).collect();
        level = Vec::new();
        for inner in &fresh {
            level.extend(open(inner)?);
        }
        if level.is_empty() {
            return Some(found);
        }
    }
    level.iter().all(|inner| found.contains(inner)).then_some(found)
}

/// The texts that one step of decoding finds in a text. Each is shorter than the text.
fn opened(text: &str) -> Vec<String> {
    let percent = || String::from_utf8_lossy(&uri::decoded(text)).into_owned();
    let plain = [text.contains('%').then(percent), text.contains('\\').then(|| unescaped(text))];
    let plain = plain.into_iter().flatten().filter(|inner| inner.len() < text.len());
    let is_standard = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
    let is_for_urls = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut runs = runs(text, is_standard);
    if text.contains(['-', '_']) {
        runs.extend(self::runs(text, is_for_urls).iter().map(|run| standard(run)));
    }
    let words = runs.iter().flat_map(|run| shifted(run));
    let mut found: Vec<String> = plain.chain(words.map(|bytes| parts(&bytes))).collect();
    for run in self::runs(text, |c| c.is_ascii_hexdigit()) {
        found.extend((0..2).filter_map(|shift| Some(parts(&from_hex(run.get(shift..)?)))));
    }
    found.retain(|inner| !inner.is_empty());
    found
}

/// Runs of certain letters that are long enough, without the blanks and line breaks inside them.
fn runs(text: &str, is_letter: impl Fn(char) -> bool) -> Vec<String> {
    // A line break that was escaped twice leaves a backslash.
    let is_blank = |c: char| c.is_whitespace() || c == '\\';
    let found = text.split(|c: char| !is_letter(c) && !is_blank(c));
    let found = found.filter(|run| run.len() >= SHORTEST).map(|run| run.split(is_blank).collect::<String>());
    found.filter(|run| run.len() >= SHORTEST).collect()
}

/// The readable parts of some bytes, in UTF-8 or UTF-16.
fn parts(bytes: &[u8]) -> String {
    let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
    let parts = plain.split(|byte| !byte.is_ascii_graphic() && !byte.is_ascii_whitespace());
    let parts = parts.filter(|part| part.len() >= PART).filter_map(|part| std::str::from_utf8(part).ok());
    parts.collect::<Vec<_>>().join(" ")
}

/// The text that base64 or a `data:` URL encodes.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = match text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        Some(_) => {
            let (head, body) = text.split_once(',')?;
            let body = uri::decoded(body);
            if head.ends_with(";base64") { STANDARD.decode(body).ok()? } else { body }
        }
        None => {
            let is_letter = |c: char| is_base64(c) || matches!(c, '\n' | '\r' | ' ');
            (text.len() >= SHORTEST && text.chars().all(is_letter)).then_some(())?;
            STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok()?
        }
    };
    encoded::text_of(&bytes)
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

/// A text with the escapes of JSON and YAML replaced by their characters.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let length = [("u", 4), ("x", 2), ("U", 8)].iter().find(|(sign, _)| part.starts_with(sign)).map(|it| it.1);
        let digits = length.and_then(|length| part.get(1..=length));
        match digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32) {
            Some(c) => {
                out.push(c);
                out.push_str(part.get(1 + digits.map_or(0, str::len)..).unwrap_or_default());
            }
            // Which kind of blank it is does not matter.
            None => match part.strip_prefix(['n', 'r', 't']) {
                Some(rest) => {
                    out.push('\n');
                    out.push_str(rest);
                }
                None => {
                    out.push('\\');
                    out.push_str(part);
                }
            },
        }
    }
    out
}

/// Whether a text has a word of lower-case letters, in any case.
fn has_word(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_in_every_form_that_is_applied() {
        for (text, count) in [
            ("kind: Secret\n---\nkind: A\n", Some(2)),
            (r#"{"kind": "Secret"}{"kind": "A"}"#, Some(2)),
            ("[{kind: Secret}]", Some(1)),
            ("a text", Some(1)),
            ("a: b: c", None),
            ("{{ if .x }}\nkind: Secret\n{{ end }}", None),
        ] {
            assert_eq!(documents(text).map(|found| found.len()), count, "{text}");
        }
    }

    #[test]
    fn a_text_that_cannot_be_read_is_looked_at_by_its_words() {
        for text in ["kind: Secret", "\"KIND\" :\n \"secret\"", r#""\u006bind": "\x53ecret" \"#, "kind: &a Secret"] {
            assert!(speaks_of_secret(text) && may_hold_secret(text), "{text}");
        }
        for text in ["kind: ConfigMap", "a secret", r"\u00zz kind"] {
            assert!(!speaks_of_secret(text), "{text}");
        }
        assert!(!may_hold_secret("a: secret") && may_hold_secret("k: !!binary U2"));
    }

    #[test]
    fn a_secret_is_found_however_it_is_encoded_within_a_text() {
        let inner = "kind: Secret\nstringData: {a: b}\n";
        let hex = base16ct::lower::encode_string(inner.as_bytes());
        let encoded = STANDARD.encode(inner);
        let percent: String = encoded.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let (first, rest) = encoded.split_at(10);
        for text in [
            format!("echo {encoded} | base64 -d | kubectl apply -f -"),
            format!(r#"a: "base64 -d\n{first}\\n{rest}\n"#),
            format!("a long word or two {first}\n   {rest}"),
            encoded.trim_end_matches('=').to_owned(),
            format!("cat <<END\nsource: DATA:,{percent}\nEND"),
            format!("xxd -r {hex}"),
            STANDARD.encode(STANDARD.encode(&encoded)),
        ] {
            assert!(encodes_secret(&text) && may_hold_secret(&text), "{text}");
        }
        assert!(!encodes_secret(&STANDARD.encode("kind: ConfigMap\ndata: {a: b}\n")) && !encodes_secret(inner));
    }

    #[test]
    fn what_decodes_to_ever_more_is_given_up() {
        // Decodes to letters again at every shift of six bits, and as hexadecimal digits too.
        let text = "61616161".repeat(200_000);
        assert!(openings(&text).is_some() || encodes_secret(&text));
        let mut text = "kind of a letter, and no more than that".to_owned();
        while text.len() < 1 << 20 {
            text = STANDARD.encode(format!("{text} {text}"));
        }
        assert!(encodes_secret(&text));
    }

    #[test]
    fn encoded_texts_are_decoded() {
        let encoded = STANDARD.encode("kind: Secret\ndata: {}\n");
        let percent = "data:text/plain,kind%3A%20Secret%zz";
        assert_eq!(decoded(&encoded).as_deref(), Some("kind: Secret\ndata: {}\n"));
        assert_eq!(decoded(&format!("data:;base64,{encoded}")).as_deref(), Some("kind: Secret\ndata: {}\n"));
        assert_eq!(decoded(percent).as_deref(), Some("kind: Secret%zz"));
        assert_eq!((decoded("short"), decoded("a text with blanks, and a comma")), (None, None));
    }
}
