//! Secrets behind their names: `password=x`, `"token": "x"`, `Authorization: Basic dXNlcjpwYXNz`.

use super::name::is_secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::ops::Range;

/// Where the values of secret names stand: `password=x`, `"token": "x"`, `apiKey: x`; and what a request is authorized with,
/// `Basic dXNlcjpwYXNz`.
#[must_use]
pub fn values(text: &str) -> Vec<Range<usize>> {
    let is_value = |(at, sign): &(usize, &str)| {
        let is_scheme = *sign == ":" && text.get(*at..).is_some_and(|rest| rest.starts_with("://"));
        !is_scheme && is_secret(name_before(text.get(..*at).unwrap_or_default()))
    };
    let mut ends = Ends::default();
    let value = |(at, sign): (usize, &str)| {
        let rest = text.get(at + 1..).unwrap_or_default();
        let start = text.len() - rest.trim_start_matches([' ', '\t']).len();
        start..ends.of(text, start, sign == ":")
    };
    let named = text.match_indices([':', '=']).filter(is_value).map(value).filter(|range| !range.is_empty());
    named.chain(authorizations(text)).collect()
}

/// The words behind `Basic` that say a user and a password, and those behind `Bearer` that look like no word of a language.
fn authorizations(text: &str) -> Vec<Range<usize>> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_' | '.' | '~');
    let (mut found, mut before, mut end) = (Vec::new(), "", 0);
    for word in text.split(|c: char| !is_of_word(c)) {
        let (start, padded) = (end, word.trim_end_matches('='));
        end +=
            word.len() + text.get(start + word.len()..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if word.is_empty() {
            continue;
        }
        let is_secret = if before.eq_ignore_ascii_case("basic") {
            STANDARD_NO_PAD.decode(padded).is_ok_and(|bytes| bytes.contains(&b':'))
        } else {
            before.eq_ignore_ascii_case("bearer") && word.len() >= 16 && word.contains(|c: char| c.is_ascii_digit())
        };
        if is_secret {
            found.push(start..start + word.len());
        }
        before = word;
    }
    found
}

/// The name that a text ends with, perhaps in quotes and before blanks.
fn name_before(text: &str) -> &str {
    let text = text.trim_end_matches([' ', '\t', '"', '\'']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.get(text.trim_end_matches(is_name).len()..).unwrap_or_default()
}

/// Where values end, found from left to right: what ended one of them ends the next one too, where it stands behind its
/// start.
#[derive(Default)]
struct Ends {
    line: usize,
    word: usize,
    single: usize,
    double: usize,
}

impl Ends {
    /// Where a value ends: in quotes behind the closing one, else at the end of the line, or of the word.
    fn of(&mut self, text: &str, start: usize, is_line: bool) -> usize {
        let ends_line = |c: char| matches!(c, '\n' | '\r');
        let ends_word = |c: char| c.is_whitespace() || matches!(c, '&' | ';' | '\'' | '"');
        match text.get(start..).and_then(|rest| rest.chars().next()) {
            Some('\'') => (next(&mut self.single, text, start + 1, |c| c == '\'') + 1).min(text.len()),
            Some('"') => (next(&mut self.double, text, start + 1, |c| c == '"') + 1).min(text.len()),
            _ if is_line => next(&mut self.line, text, start, ends_line),
            _ => next(&mut self.word, text, start, ends_word),
        }
    }
}

/// Where the next such character stands from a place on, which `found` keeps for later places; the text's end where there
/// is none.
fn next(found: &mut usize, text: &str, from: usize, ends: impl Fn(char) -> bool) -> usize {
    if *found < from {
        *found = text.get(from..).and_then(|rest| rest.find(ends)).map_or(text.len(), |at| from + at);
    }
    *found
}
