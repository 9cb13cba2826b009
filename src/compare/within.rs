//! Documents within texts: a Secret may stand in a value of a ConfigMap, in a patch, in a script, as it is or encoded.

use crate::diagnostic::Diagnostics;
use crate::object::Value;
use crate::yaml::{self, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How far texts within texts are looked into. What lies deeper, and may be a Secret, is not shown.
pub(super) const DEEPEST: usize = 8;
/// The shortest text that is looked into when it is in base64.
const SHORTEST: usize = 24;
/// How far behind the word `kind` what it says stands at most, in a text that cannot be read as documents.
const NEAR: usize = 40;

/// Whether documents may stand in a text, one of them a Secret: a cheap question that is never wrong with no.
pub(super) fn may_hold_secret(text: &str) -> bool {
    // A key and its value; letters may be written as escapes, and all of it may be encoded.
    text.contains([':', '?'])
        && (text.contains(['\\', '!', '%'])
            || has_word(text, "kind") && has_word(text, "secret")
            || text.split(|c| !is_base64(c)).any(|word| word.len() >= SHORTEST))
}

/// The documents of a text, JSON or YAML; nothing where some of it cannot be read.
pub(super) fn documents(text: &str) -> Option<Vec<Value>> {
    json(text).or_else(|| {
        let mut problems = Diagnostics::new();
        let documents = yaml::parse_own(text, &Origin { file: "", within: None }, &mut problems);
        (!problems.has_errors()).then(|| documents.iter().map(|document| document.root.to_value()).collect())
    })
}

/// A stream of JSON; nothing where its first value is no object and no list.
fn json(text: &str) -> Option<Vec<Value>> {
    text.trim_start().starts_with(['{', '[']).then_some(())?;
    let values = serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>();
    values.map(|value| value.ok().map(Value::from)).collect()
}

/// Whether a text that cannot be read as documents (a template, a script) speaks of a Secret.
pub(super) fn speaks_of_secret(text: &str) -> bool {
    names_secret(text) || text.contains('%') && names_secret(&String::from_utf8_lossy(&percent_decoded(text)))
}

/// What the words of such a text are the encoded form of.
pub(super) fn encoded_words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c| !is_base64(c)).filter_map(decoded)
}

fn names_secret(text: &str) -> bool {
    let text = unescaped(text).to_ascii_lowercase();
    text.match_indices("kind").any(|(at, word)| {
        let behind: String = text.get(at + word.len()..).unwrap_or_default().chars().take(NEAR).collect();
        // The second is the same in base64.
        ["secret", "u2vjcmv0"].iter().any(|word| behind.contains(word))
    })
}

/// What a text is the encoded form of: base64, or a `data:` URL.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = match text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("data:")) {
        Some(_) => {
            let (head, body) = text.split_once(',')?;
            let body = percent_decoded(body);
            if head.ends_with(";base64") { STANDARD.decode(body).ok()? } else { body }
        }
        None => {
            let is_letter = |c: char| is_base64(c) || matches!(c, '\n' | '\r' | ' ');
            (text.len() >= SHORTEST && text.chars().all(is_letter)).then_some(())?;
            STANDARD.decode(text.split_ascii_whitespace().collect::<String>()).ok()?
        }
    };
    String::from_utf8(bytes).ok()
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                out.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
            }
            None => {
                out.push(b'%');
                out.extend_from_slice(part.as_bytes());
            }
        }
    }
    out
}

/// A text with the escapes of JSON and YAML for letters written out.
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
            None => {
                out.push('\\');
                out.push_str(part);
            }
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
        for text in ["kind: ConfigMap", "a secret of any kind", r"\u00zz kind"] {
            assert!(!speaks_of_secret(text), "{text}");
        }
        assert!(!may_hold_secret("kind secret") && !may_hold_secret("a: secret") && may_hold_secret("k: !!binary U2"));
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
