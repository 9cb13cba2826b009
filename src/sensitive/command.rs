//! Secrets on command lines and in configuration files that separate names and values by blanks: `--password x`,
//! `-u user:x`, `--from-literal=key=x`, `echo x | docker login --password-stdin`, `requirepass x`.

use super::ends::{Ends, Until, line_before};
use super::name::is_secret;
use super::options::Holds;
use super::phrase::{self, Phrase};
use super::words::{is_of_name, last_name, runs};
use super::{fed, operand, options};
use std::collections::BTreeSet;
use std::ops::Range;

/// The indices of the words of a command line that hold a secret.
#[must_use]
pub fn arguments(words: &[&str]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut program = "";
    for (at, word) in words.iter().enumerate() {
        if operand::is_program(word) {
            found.extend(operand::secrets(words.get(at..).unwrap_or_default()).iter().map(|(behind, _)| at + behind));
        }
        if options::joined(word, program)
            .is_some_and(|(from, holds)| !options::part(word.get(from..).unwrap_or_default(), holds).is_empty())
        {
            found.insert(at);
        }
        if !word.starts_with('-') {
            let name = word.rsplit('/').next().unwrap_or_default();
            program = if options::is_program(name) { name } else { program };
            continue;
        }
        let value = words.get(at + 1).copied().unwrap_or_default();
        if options::holds(word, program).is_some_and(|holds| !options::part(value, holds).is_empty()) {
            found.insert(at + 1);
        }
    }
    found
}

/// The ranges of secrets in a text of command lines.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = options(text);
    found.extend(fed::values(text));
    found.extend(quoted(text));
    found.extend(operand::values(text));
    found.extend(lines(text));
    found
}

/// The values of options.
fn options(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends) = (Vec::new(), Ends::default());
    let begins = |at: usize| {
        let before = text.get(..at).and_then(|front| front.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | '[' | ',' | ':' | '='))
    };
    for (at, _) in text.match_indices('-').filter(|(at, _)| begins(*at)) {
        let rest = text.get(at..).unwrap_or_default();
        let option = rest.get(..rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())).unwrap_or_default();
        if option.len() < 2 {
            continue;
        }
        let before = || line_before(text, at);
        let word = rest.get(..rest.find(char::is_whitespace).unwrap_or(rest.len())).unwrap_or_default();
        let joined = if options::may_be_joined(word) { options::joined(word, before()) } else { None };
        let (start, holds) = if let Some((from, holds)) = joined {
            (at + from, holds)
        } else {
            let Some(holds) = options::holds(option, if option.len() == 2 { before() } else { "" }) else { continue };
            let Some(start) = value_behind(text, at + option.len(), holds) else { continue };
            (start, holds)
        };
        let end = ends.of(text, start, Until::Word);
        let value = text.get(start..end).unwrap_or_default();
        let part = options::part(value, holds);
        // In `key='x y'` the value is quoted, in `'key=x y'` the whole word.
        let is_quoted = value.starts_with(['"', '\'']);
        let part_end = if is_quoted || part.start == 0 || value.is_empty() {
            end
        } else {
            ends.of(text, start + part.start, Until::Word)
        };
        if !part.is_empty() || (part_end > end) {
            found.push(start + part.start..part_end);
        }
    }
    found
}

/// The start of the value of the option that ends at `end`: after blanks, in the next line after a backslash or in a
/// list, or in the next text of a list. `None` if there is none.
fn value_behind(text: &str, end: usize, holds: Holds) -> Option<usize> {
    let rest = text.get(end..)?;
    let open = rest.trim_start_matches(['"', '\'']);
    if let Some(value) = open.strip_prefix('=').filter(|_| holds != Holds::Secret) {
        return Some(text.len() - value.len());
    }
    let value = open.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '\\'));
    let gap = open.get(..open.len() - value.len())?;
    let (value, is_item) = match value.strip_prefix("- ") {
        Some(value) if gap.contains('\n') => (value.trim_start_matches(' '), true),
        _ => (value, false),
    };
    let is_next = gap.contains([',', '\\']) || is_item || (!gap.is_empty() && !gap.contains('\n'));
    (is_next && !value.is_empty() && !value.starts_with("--")).then_some(text.len() - value.len())
}

/// Quoted text after a name and a blank: `PASSWORD 'x'`, `IDENTIFIED BY 'x'`.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends) = (Vec::new(), Ends::default());
    for (at, _) in text.match_indices(['\'', '"']) {
        let front = text.get(..at).unwrap_or_default();
        let before = front.trim_end_matches([' ', '\t']);
        let name = last_name(before);
        let is_by = || name.eq_ignore_ascii_case("by") && ends_in_identified(before);
        let is_named = || match phrase::last(before) {
            Some(phrase) => phrase == Phrase::Secret,
            None => is_secret(name) || is_by() || SHARED.contains(&name),
        };
        if before.len() < front.len() && is_named() {
            found.push(at..ends.of(text, at, Until::Word));
        }
    }
    found
}

/// The names of secrets in IPsec configuration: `: PSK "x"`.
const SHARED: &[&str] = &["EAP", "PSK", "XAUTH"];

fn ends_in_identified(text: &str) -> bool {
    text.split_whitespace().next_back().is_some_and(|by| by.eq_ignore_ascii_case("by"))
        && text.split_whitespace().rev().nth(1).is_some_and(|word| word.eq_ignore_ascii_case("identified"))
}

/// How many words of a line are examined.
const MOST_WORDS: usize = 64;

/// Values in lines of configuration files: `requirepass x`, `machine h login u password x`,
/// `set aws_secret_access_key x`. In a one-line text only forms that do not occur in sentences.
fn lines(text: &str) -> Vec<Range<usize>> {
    let is_file = text.trim_end().contains('\n');
    let (mut found, mut start) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let ranges: Vec<_> = runs(line, |c| !c.is_ascii_whitespace()).take(MOST_WORDS).collect();
        let words: Vec<&str> = ranges.iter().filter_map(|word| line.get(word.clone())).collect();
        let value = setting(&words, is_file).and_then(|(at, from)| Some((ranges.get(at)?, from)));
        found.extend(value.map(|(value, from)| start + value.start + from..start + value.end));
        start += line.len();
    }
    found
}

/// The index of the word in a configuration line that holds a secret, and the first byte of the secret in it.
fn setting(words: &[&str], is_file: bool) -> Option<(usize, usize)> {
    match words {
        ["machine", _, "account" | "login" | "password", ..] => {
            words.windows(2).position(|it| it.first().is_some_and(|name| is_setting(name))).map(|at| (at + 1, 0))
        }
        [name, _] if is_file && is_setting(name) => Some((1, 0)),
        // A user with a password, as in curl's configuration files.
        [name, value] if is_file => options::of_setting(name).map(|holds| (1, options::part(value, holds).start)),
        // Redis configuration and commands.
        ["user", _, ..] | [_, "setuser" | "SETUSER", ..] => {
            let at = words.iter().position(|word| word.len() > 1 && word.starts_with('>'));
            at.map(|at| (at, 1)).or_else(|| match words {
                [_, _, name, _, ..] if is_file && is_setting(name) => Some((3, 0)),
                _ => None,
            })
        }
        [first, ..] if is_file => {
            let has_logins = matches!(*first, "login" | "default");
            let is_it =
                |it: &[&str]| matches!(it, [before, name, _] if is_setting(name) && (has_logins || *before == "set"));
            words.windows(3).position(is_it).map(|at| (at + 2, 0))
        }
        _ => None,
    }
}

fn is_setting(name: &str) -> bool {
    name.chars().all(|c| is_of_name(c) || c.is_alphanumeric()) && is_secret(name)
}
