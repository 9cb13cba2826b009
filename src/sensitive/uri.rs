//! Secrets in URLs, however the URL is written: `https://TOKEN@h/`, `u:p@broker:9092`, `:p@h`, `?token=X`,
//! `#access_token=X`.

mod grammar;

use grammar::{are_servers, folded, is_plain};
use std::borrow::Cow;
use std::ops::Range;

/// How often a text is percent-decoded before it is given up: nobody encodes more often in earnest.
const DEPTH: usize = 4;

/// How many URLs one word may be joined of; in more of them nobody looks for anything.
const MOST: usize = 16;

/// Whether each URL of a text names a place and nothing more, percent-encoded or not, and no server without a scheme has
/// more either. With `takes_at` an `@` by itself ends no user.
#[must_use]
pub fn is_harmless(text: &str, takes_at: bool) -> bool {
    is_everywhere(text, |text| {
        let text = without_digests(text);
        let is_at = text.contains('@') && (!takes_at || text.contains("//"));
        !is_at && has_no_parts(&text)
    })
}

fn has_no_parts(text: &str) -> bool {
    in_text(text).is_empty() && words(text).into_iter().all(|word| text.get(word).is_some_and(is_plain))
}

/// Whether a text is harmless by some rule as it is, and percent-decoded once and more often; each time with plain signs
/// in place of those that look like them.
pub(super) fn is_everywhere(text: &str, is_harmless: impl Fn(&str) -> bool) -> bool {
    let mut text = folded(text);
    for _ in 0..DEPTH {
        if !is_harmless(&text) {
            return false;
        }
        match decoded_text(&text).filter(|decoded| *decoded != text) {
            Some(decoded) => text = Cow::Owned(folded(&decoded).into_owned()),
            None => return true,
        }
    }
    false
}

/// An image's digest begins with an `@` behind which no server stands.
fn without_digests(text: &str) -> Cow<'_, str> {
    if text.contains(DIGEST) { Cow::Owned(text.replace(DIGEST, "")) } else { Cow::Borrowed(text) }
}

const DIGEST: &str = "@sha256:";

/// Where what may be secret stands in the URLs of a text, in order: user and password, with the `@` behind them as the
/// end; parameters behind a `?`, `;` or `&`; a fragment behind a `#`. A URL whose parts cannot be told apart is hidden whole.
#[must_use]
pub fn hidden(text: &str) -> Vec<Range<usize>> {
    // A text of scripts has many a `;` and `?`: only what is a URL, or becomes one by decoding, is looked at. An `@` in a
    // path is often that of a profile.
    let may_be_one = |word: &str| word.contains('%') || word.contains("//") || folded(word) != word;
    with_whole_words(text, |word| !may_be_one(word) || is_everywhere(&without_digests(word), has_no_parts))
}

/// The same, of all that a server without a scheme may have besides, and what stands before any other `@`, be it a name.
#[must_use]
pub fn hidden_or_named(text: &str) -> Vec<Range<usize>> {
    let mut found = with_whole_words(text, |word| is_harmless(word, true));
    for word in words(text) {
        let part = text.get(word.clone()).unwrap_or_default();
        let at = part.rfind('@').filter(|at| part.get(*at..).is_some_and(|rest| !rest.starts_with(DIGEST)));
        let user = at.and_then(|at| part.get(..at)).filter(|user| !user.is_empty() && !user.contains("://"));
        found.extend(user.filter(|user| *user != EXAMPLE).map(|user| word.start..word.start + user.len()));
    }
    merged(found)
}

/// What is secret in URLs, and each word that is not harmless by some rule and has no part that could be told apart.
fn with_whole_words(text: &str, is_harmless: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut found = merged(in_text(text));
    let mut parts = found.clone().into_iter().peekable();
    for word in words(text) {
        while parts.next_if(|range| range.end <= word.start).is_some() {}
        let has_part = parts.peek().is_some_and(|range| range.start < word.end);
        let part = text.get(word.clone()).unwrap_or_default();
        let part = part.replacen(&format!("://{PLACEHOLDER}@"), "://", 1);
        if !has_part && !is_harmless(&part) {
            found.push(word);
        }
    }
    merged(found)
}

/// Whose address of mail messages give as an example.
const EXAMPLE: &str = "quay";

/// Ranges in order, those that touch made one.
fn merged(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in found {
        match merged.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => merged.push(range),
        }
    }
    merged
}

fn in_text(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    if !text.contains(['@', '?', '#']) && !text.contains("://") {
        return found;
    }
    for word in words(text) {
        let part = text.get(word.clone()).unwrap_or_default();
        let starts: Vec<usize> = part.match_indices("://").map(|(at, _)| word.start + at + 3).take(MOST + 1).collect();
        match starts.as_slice() {
            [] => without_scheme(part, word.start, &mut found),
            starts if starts.len() > MOST => found.push(word),
            starts => {
                let mut done = word.start;
                for start in starts.iter().filter(|start| **start > word.start) {
                    // What is between the two is a part of the first already.
                    if *start > done {
                        done = with_scheme(text, done, *start, word.end, &mut found);
                    }
                }
            }
        }
    }
    found
}

/// The words of a text; a quotation mark behind a backslash ends none.
fn words(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut start, mut is_escaped) = (Vec::new(), 0, false);
    for (at, c) in text.char_indices() {
        let ends = c.is_whitespace() || (matches!(c, '"' | '\'' | '`' | '<' | '>') && !is_escaped);
        is_escaped = c == '\\' && !is_escaped;
        if ends {
            if start < at {
                found.push(start..at);
            }
            start = at + c.len_utf8();
        }
    }
    if start < text.len() {
        found.push(start..text.len());
    }
    found
}

/// A word from its authority on. A password may have any character, so what cannot be a port is one up to the last `@` of
/// the word, every `@` of a URL that is not the web's ends one, and where the word has none, one may stand behind a blank.
///
/// Returns the end of what is secret before the path: a URL joined to this one begins behind it.
fn with_scheme(text: &str, begin: usize, start: usize, end: usize, found: &mut Vec<Range<usize>>) -> usize {
    let word = text.get(start..end).unwrap_or_default();
    let is_web = text.get(begin..start).is_some_and(|front| front.ends_with("http://") || front.ends_with("https://"));
    let authority = word.get(..word.find(['/', '?', '#']).unwrap_or(word.len())).unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let is_host = is_host(host);
    let at = if is_web && is_host { authority.rfind('@') } else { word.rfind('@') };
    let tail = match at {
        Some(at) if word.get(..at) == Some(PLACEHOLDER) => start + at,
        Some(at) => {
            found.push(start..start + at);
            start + at
        }
        None => match behind_blank(text, start, end) {
            Some(last) => {
                found.push(start..last);
                return last;
            }
            None if !is_host => {
                found.push(start..start + authority.len());
                start + authority.len()
            }
            None => start,
        },
    };
    let rest = text.get(tail..end).unwrap_or_default();
    if let Some(sign) = rest.find(['?', '#', ';', '&']).filter(|sign| sign + 1 < rest.len()) {
        found.push(tail + sign + 1..end);
    }
    tail
}

/// How messages say that a user and a password belong in a place.
const PLACEHOLDER: &str = "USER:PASSWORD";

/// Whether a text can be a host with or without a port, or several, and not a user with a password.
fn is_host(text: &str) -> bool {
    // A sentence may go on behind it.
    let text = text.trim_end_matches([':', ',', ';', '.']);
    !text.contains('%') && are_servers(text)
}

/// The last `@` of the line behind a word, before the next URL of the line.
fn behind_blank(text: &str, start: usize, end: usize) -> Option<usize> {
    let rest = text.get(end..).unwrap_or_default();
    // The next URL first: what is searched for one word is then searched for no other, however long the line is.
    let line = rest.get(..rest.find("://").unwrap_or(rest.len())).unwrap_or_default();
    let line = line.get(..line.find('\n').unwrap_or(line.len())).unwrap_or_default();
    let has_user = text.get(start..end).is_some_and(|word| !word.contains(['/', '?', '#']));
    let is_digest = |at: &usize| line.get(*at..).is_some_and(|rest| rest.starts_with(DIGEST));
    line.rfind('@').filter(|at| has_user && !is_digest(at)).map(|at| end + at)
}

/// A word that names a server without a scheme: `u:p@host:9092`, `:p@host`, `token@host:443`, `host/?token=x`.
fn without_scheme(word: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut tail = 0;
    if let Some(at) = word.rfind('@') {
        let (before, behind) = (word.get(..at).unwrap_or_default(), word.get(at..).unwrap_or_default());
        if behind.starts_with(DIGEST) {
            return without_scheme(before, start, found);
        }
        let has_port = behind.rsplit_once(':').is_some_and(|(_, port)| {
            let digits = port.trim_end_matches(|c: char| !c.is_ascii_digit());
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        let user = before.strip_prefix("mailto:").unwrap_or(before);
        // Nothing but a server is followed by a port or a path, or comes behind two slashes.
        if user.contains(':') || has_port || behind.contains('/') || before.starts_with("//") {
            found.push(start..start + at);
        }
        tail = at;
    }
    let rest = word.get(tail..).unwrap_or_default();
    let has_value = |sign: &usize| rest.get(*sign..).is_some_and(|part| part.contains('='));
    if let Some(sign) = rest.find(['?', '#']).filter(has_value) {
        found.push(start + tail + sign + 1..start + word.len());
    }
}

/// The text behind a percent-encoded one; nothing where none of it is encoded.
fn decoded_text(text: &str) -> Option<String> {
    text.contains('%').then(|| String::from_utf8_lossy(&decoded(text)).into_owned())
}

/// The bytes behind a percent-encoded text (RFC 3986, 2.1), as Python's `unquote` has it: a `%` that begins no byte stands
/// for itself.
#[must_use]
pub fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend(parts.next().unwrap_or_default().bytes());
    for part in parts {
        let mut byte = [0];
        match part.get(..2).and_then(|digits| base16ct::mixed::decode(digits, &mut byte).ok()) {
            Some(byte) => {
                bytes.extend(byte);
                bytes.extend(part.bytes().skip(2));
            }
            None => {
                bytes.push(b'%');
                bytes.extend(part.bytes());
            }
        }
    }
    bytes
}

/// Whether each percent sign begins an encoded byte.
#[must_use]
pub fn is_encoded(text: &str) -> bool {
    let is_byte = |rest: &str| matches!(rest.as_bytes(), [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    text.split('%').skip(1).all(is_byte)
}

/// A URI, with what stands before its password and behind it.
pub fn password_of(uri: &str) -> Option<(&str, &str, &str)> {
    let start = uri.find("://")? + 3;
    let rest = uri.get(start..)?;
    let authority = rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let end = start + authority.rfind('@')?;
    let colon = start + uri.get(start..end)?.find(':')? + 1;
    Some((uri.get(..colon)?, uri.get(colon..end)?, uri.get(end..)?))
}

#[cfg(test)]
mod tests;
