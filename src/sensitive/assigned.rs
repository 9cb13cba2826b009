//! Finds secrets by their names: `password=x`, `mot de passe : x`, `"token": "x"`, `<password>x</password>`,
//! `{name: DB_PASSWORD, value: x}`, `Authorization: Basic dXNlcjpwYXNz`; also those that the sibling modules find in
//! command lines, calls, scripts and sentences.

use super::block;
use super::ends::{Ends, Until};
use super::name::{is_secret, is_secret_of_value, is_secret_variable};
use super::phrase::{self, Phrase};
use super::words::{is_of_name, last_name, runs};
use super::{call, command, hash, options, prompt, sentence, table};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::ops::Range;

/// The ranges of the values of secret names, unordered: `password=x`, `"token": "x"`, `apiKey: x`, `--password x`; and
/// of the credentials of requests, `Basic dXNlcjpwYXNz`.
#[must_use]
pub fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = said(text);
    // Of a one-line text with escaped line breaks, also each line by itself: `a\npassword=x\nb`.
    if ESCAPES.iter().any(|(escape, _)| text.contains(escape)) {
        found
            .extend(said(&ESCAPES.iter().fold(text.to_owned(), |text, (escape, blanks)| text.replace(escape, blanks))));
    }
    found.retain(|range| !range.is_empty());
    found
}

/// How blanks are escaped, and blanks of the same length.
const ESCAPES: &[(&str, &str)] = &[("\\n", " \n"), ("\\r", " \n"), ("\\t", "  ")];

fn said(text: &str) -> Vec<Range<usize>> {
    let mut found = signed(text);
    found.extend(authorizations(text));
    found.extend(hash::values(text));
    found.extend(command::values(text));
    found.extend(call::values(text));
    found.extend(prompt::values(text));
    found.extend(sentence::values(text));
    found.extend(table::values(text));
    found
}

/// Keys for the name of the sibling `value`.
const NAMES: &[&str] = &["field", "header", "key", "name", "param", "property", "variable"];
/// Keys for the value of the sibling name.
const VALUES: &[&str] =
    &["content", "default", "defaultvalue", "example", "literal", "stringvalue", "text", "value", "values"];
/// The fields that hold a Secret's entries.
const DATA: &[&str] = &["data", "stringdata", "binarydata", "encrypteddata"];

/// Whether a key is for the name of a sibling value.
#[must_use]
pub fn is_name_key(key: &str) -> bool {
    is_among(NAMES, key)
}

/// Whether a key is for the value of a sibling name.
#[must_use]
pub fn is_value_key(key: &str) -> bool {
    is_among(VALUES, key)
}

/// Whether a Secret holds its entries in a field of that name.
#[must_use]
pub fn is_data_key(key: &str) -> bool {
    is_among(DATA, key.trim())
}

fn is_among(known: &[&str], key: &str) -> bool {
    known.iter().any(|it| it.eq_ignore_ascii_case(key))
}

/// Whether a path of a patch leads into the data of a Secret: `/data/password`, `/spec/template/stringData`.
#[must_use]
pub fn is_data_path(path: &str) -> bool {
    path.trim().split(['/', '.', '[']).any(is_data_key)
}

/// Whether `auth` holds a user and a password, plain or in base64, as in registry logins.
#[must_use]
pub fn is_login(key: &str, value: &str) -> bool {
    let value = value.trim();
    let is_pair = || value.contains(':') && !value.contains(|c: char| c.is_ascii_whitespace());
    let is_encoded = || STANDARD_NO_PAD.decode(value.trim_end_matches('=')).is_ok_and(|bytes| bytes.contains(&b':'));
    key.trim_start_matches('_').eq_ignore_ascii_case("auth") && (is_pair() || is_encoded())
}

/// Terraform's name for the default value of a variable.
const DEFAULT: &str = "default";

/// Whether a text ends within the block of a variable with a secret name: `variable "db_password" { default`.
fn is_of_variable(front: &str) -> bool {
    let start = (front.len().saturating_sub(LONGEST)..=front.len()).find(|at| front.is_char_boundary(*at));
    let block = start.and_then(|start| front.get(start..)).and_then(|near| near.rsplit_once("variable \""));
    let named = block.and_then(|(_, block)| block.split_once('"'));
    named.is_some_and(|(name, block)| is_secret_of_value(name) && !block.contains("\n}"))
}

/// Whether an HTTP header holds a cookie: `Cookie: session=x`.
fn is_cookie(name: &str, value: &str) -> bool {
    ["cookie", "set-cookie"].iter().any(|header| header.eq_ignore_ascii_case(name)) && value.contains('=')
}

/// Signs between a name and its value, including those of non-Latin scripts.
const SIGNS: [char; 7] = [':', '=', '>', '：', '＝', '→', '⇒'];

/// The values after a name and a sign.
fn signed(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends, mut is_named) = (Vec::new(), Ends::default(), false);
    let mut done = 0;
    for (at, sign) in text.match_indices(SIGNS) {
        let (front, rest) = (text.get(..at).unwrap_or_default(), text.get(at + sign.len()..).unwrap_or_default());
        let (front, is_arrow) = front.strip_suffix(" -").map_or((front, false), |front| (front, sign == ">"));
        let (name, until) = match sign {
            ">" if !is_arrow => (element(front), Until::Element),
            "=" | "＝" => (name_before(front), Until::Word),
            _ => (name_before(front), Until::Line),
        };
        let phrase = if at < done || until == Until::Element { None } else { phrase::last(front) };
        let is_phrase = phrase == Some(Phrase::Secret);
        if at < done
            || (sign == ":" && rest.starts_with("//"))
            || phrase == Some(Phrase::Harmless)
            || (name.is_empty() && !is_phrase)
        {
            continue;
        }
        // `name => value`, `name := value`, `name == value`.
        let rest = if until == Until::Element { rest } else { rest.trim_start_matches(['=', '>']) };
        let start = text.len() - rest.trim_start_matches([' ', '\t']).len();
        if (is_name_key(name) && !is_phrase) || name.eq_ignore_ascii_case("path") {
            let value = word(rest);
            is_named = if is_name_key(name) { is_secret_variable(value) } else { is_data_path(value) };
        } else if is_secret(name)
            // A map or a list under such a name does not hold the secret itself.
            || (is_secret_of_value(name) && !rest.trim_start_matches([' ', '\t']).starts_with(['{', '[']))
            || is_login(name, word(rest)) || is_cookie(name, word(rest))
            || (name == DEFAULT && is_of_variable(front)) || (is_named && is_value_key(name)) || is_phrase
        {
            let whole = match until {
                Until::Line => block::end(text, block::start_of_name(front), start),
                Until::Word => in_three_quotes(text, start),
                Until::Element => None,
            };
            let end = whole.unwrap_or_else(|| ends.of(text, start, until));
            // A value that begins in the next line.
            let start = text.get(start..end).map_or(start, |value| end - value.trim_start().len());
            found.push(start..end);
            done = end;
        } else if let Some(holds) = options::of_setting(name).filter(|_| sign == "=" && begins_line(front, name)) {
            let end = ends.of(text, start, until);
            found.push(start + options::part(text.get(start..end).unwrap_or_default(), holds).start..end);
        }
    }
    found
}

/// Whether the name at the end of a text is the first word of its line, as in configuration files.
fn begins_line(front: &str, name: &str) -> bool {
    let before = front.trim_end_matches(phrase::is_around).strip_suffix(name).unwrap_or_default();
    let blanks = before.chars().rev().take(LONGEST).find(|c| !matches!(c, ' ' | '\t' | '-'));
    blanks.is_none_or(|c| c == '\n')
}

/// The end of a triple-quoted value, which may have several lines.
fn in_three_quotes(text: &str, start: usize) -> Option<usize> {
    let value = text.get(start..)?;
    let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| value.starts_with(quotes))?;
    let inner = value.get(quotes.len()..)?;
    Some(inner.find(quotes).map_or(text.len(), |at| start + at + 2 * quotes.len()))
}

/// How much of a name's value is examined.
const LONGEST: usize = 300;

/// The first word of a text, possibly quoted and after blanks.
fn word(text: &str) -> &str {
    let text = text.trim_start_matches([' ', '\t', '"', '\'']);
    let end = text.char_indices().take(LONGEST).find(|(_, c)| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '<'));
    let end = end.map_or_else(|| text.char_indices().nth(LONGEST).map_or(text.len(), |it| it.0), |it| it.0);
    text.get(..end).unwrap_or_default()
}

/// The name of the XML element in which a text ends: `<password type="x"`.
fn element(text: &str) -> &str {
    let start = text.char_indices().rev().take(LONGEST).find(|(_, c)| matches!(c, '<' | '>'));
    let tag = start.filter(|(_, c)| *c == '<').and_then(|(at, _)| text.get(at + 1..)).unwrap_or_default();
    tag.get(..tag.find(|c| !is_of_name(c)).unwrap_or(tag.len())).unwrap_or_default()
}

/// The words after `Basic` that encode a user and a password, and those after `Bearer` that are of no language.
fn authorizations(text: &str) -> Vec<Range<usize>> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=' | '-' | '_' | '.' | '~');
    let (mut found, mut before) = (Vec::new(), "");
    for range in runs(text, is_of_word) {
        let word = text.get(range.clone()).unwrap_or_default();
        let is_secret = if before.eq_ignore_ascii_case("basic") {
            STANDARD_NO_PAD.decode(word.trim_end_matches('=')).is_ok_and(|bytes| bytes.contains(&b':'))
        } else {
            before.eq_ignore_ascii_case("bearer") && word.len() >= 16 && word.contains(|c: char| c.is_ascii_digit())
        };
        if is_secret {
            found.push(range);
        }
        before = word;
    }
    found
}

/// The name at the end of a text, possibly quoted or in brackets, before blanks.
fn name_before(text: &str) -> &str {
    last_name(text.trim_end_matches(phrase::is_around))
}
