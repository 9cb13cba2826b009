//! What of a text must not be shown: passwords in URLs and behind names such as `password=`, and private keys.

use super::tree::{Masked, Tree};
use crate::object::Value;
use crate::report::MASK;
use crate::sensitive::name::is_secret;
use crate::sensitive::uri;
use std::ops::Range;

/// What a private key in PEM has in its first line.
const PRIVATE_KEY: &str = "PRIVATE KEY-----";

/// Whether a text holds a private key.
pub(super) fn is_private_key(text: &str) -> bool {
    text.contains(PRIVATE_KEY)
}

/// A key as it is shown. A blank that is missing makes a value part of it: `password:x`.
pub(super) fn shown_key(key: &str) -> String {
    match shown(key) {
        Tree::Scalar(_) => key.to_owned(),
        _ if is_private_key(key) => MASK.to_owned(),
        tree => tree.masked().as_str().unwrap_or(MASK).to_owned(),
    }
}

/// A text, with what is secret in it known as such.
pub(super) fn shown(text: &str) -> Tree {
    if is_private_key(text) {
        return Tree::opaque(&text.into());
    }
    let mut ranges = uri::hidden(text);
    ranges.extend(assigned(text));
    ranges.sort_by_key(|range| (range.start, range.end));
    let (mut shown, mut hidden, mut done) = (String::new(), Vec::new(), 0);
    for range in ranges.iter().filter(|range| !range.is_empty()) {
        if range.end <= done {
            continue;
        }
        shown.push_str(text.get(done..range.start).unwrap_or_default());
        // What goes on where another one ended has its mask already.
        shown.push_str(if done > range.start { "" } else { MASK });
        hidden.extend(text.get(range.start.max(done)..range.end).map(str::to_owned));
        done = range.end;
    }
    shown.push_str(text.get(done..).unwrap_or_default());
    match hidden.is_empty() {
        true => Tree::Scalar(Value::Str(shown)),
        false => Tree::Text(Masked { raw: text.to_owned(), shown, hidden }),
    }
}

/// Where the values of secret names stand: `password=x`, `"token": "x"`, `apiKey: x`.
fn assigned(text: &str) -> Vec<Range<usize>> {
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
    text.match_indices([':', '=']).filter(is_value).map(value).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        shown(text).masked().as_str().unwrap().to_owned()
    }

    #[test]
    fn the_value_of_a_secret_name_is_masked_up_to_its_end() {
        for (text, wanted) in [
            ("host=a password=s3cr3t user=b", "host=a password=******** user=b"),
            ("PGPASSWORD='s3 cr3t' psql", "PGPASSWORD=******** psql"),
            ("a\npassword=\"$(cat x)\"\nb", "a\npassword=********\nb"),
            ("password='open", "password=********"),
            ("password=", "password="),
            ("--password=a&token=ü", "--password=********&token=********"),
            ("db.password: s3 cr3t\nport: 5", "db.password: ********\nport: 5"),
            ("{\"apiKey\": \"s3cr3t\", \"a\": 1}", "{\"apiKey\": ********, \"a\": 1}"),
            ("Authorization: Bearer s3cr3t", "Authorization: ********"),
            ("password = s3cr3t", "password = ********"),
            ("password:s3cr3t=token:x", "password:********"),
            ("token://u:p@h", "token://********@h"),
            ("https://u:p@h/?token=s3cr3t", "https://********@h/?********"),
            ("passwordFile: a, keys: b", "passwordFile: a, keys: b"),
            ("no assignment", "no assignment"),
            ("-----BEGIN EC PRIVATE KEY-----\nx", "********"),
        ] {
            assert_eq!(masked(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_hidden_is_kept_for_comparing() {
        let Tree::Text(text) = shown("a://u:p@h password=x") else { panic!("it hides nothing") };
        assert_eq!(text.hidden, ["u:p", "x"]);
    }
}
