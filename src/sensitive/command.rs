//! Secrets on command lines and in files of settings whose names and values are divided by blanks: `--password x`,
//! `-u user:x`, `--from-literal=key=x`, `echo x | docker login --password-stdin`, `requirepass x`.

use super::ends::{Ends, Until, line_before};
use super::name::{is_secret, is_secret_of_value};
use super::operand;
use super::words::{is_of_name, last_name, runs};
use std::collections::BTreeSet;
use std::ops::Range;

/// What of an option's value is secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// All of it.
    Secret,
    /// What is behind the `=`.
    Entry,
    /// What is behind the `:`.
    Login,
}

/// Options that take a user and a password.
const LOGINS: &[&str] = &["-u", "-U", "--user", "--proxy-user", "--creds", "--src-creds", "--dest-creds", "--cred"];
/// Options that take an entry of a Secret.
const ENTRIES: &[&str] = &["--from-literal"];
/// Short options that take a password, by the program, or the subcommand, that they follow.
const SHORT: &[(&str, &[&str])] = &[
    ("-a", &["redis-cli", "valkey-cli"]),
    ("-p", &["login", "sshpass", "mongo", "mongosh", "mongodump", "mongorestore", "mongoexport", "mongoimport"]),
    ("-w", &["ldapadd", "ldapdelete", "ldapmodify", "ldappasswd", "ldapsearch", "ldapwhoami"]),
];
/// Programs whose `-p` has the password in the same word.
const JOINED: &[&str] = &["mariadb", "mariadb-admin", "mariadb-dump", "mysql", "mysqladmin", "mysqldump", "sshpass"];
/// Words by which a program says that it reads passwords from standard input.
const READERS: &[&str] = &["--password-stdin", "passwd --stdin", "chpasswd", "secret create", "=/dev/stdin"];

/// What of the value behind an option is secret; `before` is what stands before the option on the same command line.
fn holds(option: &str, before: &str) -> Option<Holds> {
    let is_short = |(short, programs): &(&str, &[&str])| *short == option && has_program(before, programs);
    if ENTRIES.contains(&option) {
        Some(Holds::Entry)
    } else if LOGINS.contains(&option) {
        Some(Holds::Login)
    } else if is_secret_of_value(option.trim_start_matches('-')) || SHORT.iter().any(is_short) {
        Some(Holds::Secret)
    } else {
        None
    }
}

/// Whether one of some programs is called on a command line.
fn has_program(line: &str, programs: &[&str]) -> bool {
    line.split(|c| !is_of_name(c)).any(|word| programs.contains(&word))
}

/// The part of an option's value that is secret.
fn part(value: &str, holds: Holds) -> Range<usize> {
    let behind = |sign: char| value.find(sign).map_or(value.len()..value.len(), |at| at + 1..value.len());
    match holds {
        Holds::Secret => 0..value.len(),
        Holds::Entry => behind('='),
        // A user and a group by their numbers are no secret.
        Holds::Login if value.chars().all(|c| c.is_ascii_digit() || c == ':') => value.len()..value.len(),
        Holds::Login => behind(':'),
    }
}

/// Which words of a command line, each by itself, hold a secret.
#[must_use]
pub fn arguments(words: &[&str]) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut program = "";
    for (at, word) in words.iter().enumerate() {
        if operand::is_program(word) {
            found.extend(operand::secrets(words.get(at..).unwrap_or_default()).iter().map(|(behind, _)| at + behind));
        }
        if joined(word, program).is_some() {
            found.insert(at);
        }
        if !word.starts_with('-') {
            let name = word.rsplit('/').next().unwrap_or_default();
            program = if is_program(name) { name } else { program };
            continue;
        }
        let value = words.get(at + 1).copied().unwrap_or_default();
        if holds(word, program).is_some_and(|holds| !part(value, holds).is_empty()) {
            found.insert(at + 1);
        }
    }
    found
}

fn is_program(name: &str) -> bool {
    JOINED.contains(&name) || SHORT.iter().any(|(_, programs)| programs.contains(&name))
}

/// Where the password begins in a word that has it behind `-p`.
fn joined(word: &str, before: &str) -> Option<usize> {
    (word.starts_with("-p") && word.len() > 2 && has_program(before, JOINED)).then_some(2)
}

/// Where secrets stand in a text of command lines.
pub(super) fn values(text: &str) -> Vec<Range<usize>> {
    let mut found = options(text);
    found.extend(piped(text));
    found.extend(quoted(text));
    found.extend(operand::values(text));
    if text.trim_end().contains('\n') {
        found.extend(lines(text));
    }
    found
}

/// What follows options.
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
        let password = if option.starts_with("-p") { joined(option, before()) } else { None };
        if let Some(start) = password {
            found.push(at + start..ends.of(text, at + start, Until::Word));
            continue;
        }
        let Some(holds) = holds(option, if option.len() == 2 { before() } else { "" }) else { continue };
        let Some(start) = value_behind(text, at + option.len(), holds) else { continue };
        let end = ends.of(text, start, Until::Word);
        let value = text.get(start..end).unwrap_or_default();
        let part = part(value, holds);
        // Of `key='x y'` the value is in quotes, of `'key=x y'` the whole.
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

/// Where the value of an option begins that ends at a place: behind blanks, in the next line where a backslash or a list
/// says so, in the next text of a list; nothing where there is none.
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

/// What is put into a program that reads a password: `echo x | docker login --password-stdin`, `chpasswd <<< x`.
fn piped(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends) = (Vec::new(), Ends::default());
    for reader in READERS {
        for (at, _) in text.match_indices(reader) {
            if let Some(start) = here_string(text, at + reader.len()) {
                found.push(start..ends.of(text, start, Until::Word));
            }
            let line = line_before(text, at);
            let front = at - line.len();
            let Some((source, _)) = line.rsplit_once('|') else { continue };
            for writer in ["echo ", "printf "] {
                if let Some((before, _)) = source.rsplit_once(writer) {
                    found.push(front + before.len() + writer.len()..front + source.trim_end().len());
                }
            }
        }
    }
    found
}

/// Where the text begins that a command reads that goes on at a place: `... <<< text`.
fn here_string(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let near = rest.char_indices().nth(MOST_BEFORE).and_then(|(end, _)| rest.get(..end)).unwrap_or(rest);
    let begin = near.find("<<<").filter(|begin| near.get(..*begin).is_some_and(|it| !it.contains(ENDS_COMMAND)))?;
    let value = rest.get(begin + 3..)?.trim_start_matches([' ', '\t']);
    Some(text.len() - value.len())
}

const ENDS_COMMAND: [char; 4] = ['\n', ';', '|', '&'];
/// How many characters may be between what reads a password and the text that it is given.
const MOST_BEFORE: usize = 300;

/// What stands in quotes behind a name and a blank: `PASSWORD 'x'`, `IDENTIFIED BY 'x'`.
fn quoted(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut ends) = (Vec::new(), Ends::default());
    for (at, _) in text.match_indices(['\'', '"']) {
        let front = text.get(..at).unwrap_or_default();
        let before = front.trim_end_matches([' ', '\t']);
        let name = last_name(before);
        let is_by = || name.eq_ignore_ascii_case("by") && ends_in_identified(before);
        if before.len() < front.len() && (is_secret(name) || is_by()) {
            found.push(at..ends.of(text, at, Until::Word));
        }
    }
    found
}

fn ends_in_identified(text: &str) -> bool {
    text.split_whitespace().next_back().is_some_and(|by| by.eq_ignore_ascii_case("by"))
        && text.split_whitespace().rev().nth(1).is_some_and(|word| word.eq_ignore_ascii_case("identified"))
}

/// How many words of a line are looked at.
const MOST_WORDS: usize = 64;

/// What files of settings say in lines: `requirepass x`, `machine h login u password x`; and `set aws_secret_access_key x`.
fn lines(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut start) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let words: Vec<_> = runs(line, |c| !c.is_ascii_whitespace()).take(MOST_WORDS).collect();
        let of = |word: &Range<usize>| line.get(word.clone()).unwrap_or_default();
        let has_logins = words.first().is_some_and(|first| matches!(of(first), "machine" | "login" | "default"));
        let value = match words.as_slice() {
            [name, value] if is_setting(of(name)) => Some(value),
            words => words.windows(3).find_map(|it| match it {
                [before, name, value] if is_setting(of(name)) && (has_logins || of(before) == "set") => Some(value),
                _ => None,
            }),
        };
        found.extend(value.map(|value| start + value.start..start + value.end));
        start += line.len();
    }
    found
}

fn is_setting(name: &str) -> bool {
    name.chars().all(is_of_name) && is_secret(name)
}
