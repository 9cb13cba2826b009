//! Secrets in URLs in any notation: `https://TOKEN@h/`, `u:p@broker:9092`, `:p@h`, `?token=X`, `#access_token=X`.

mod grammar;

use grammar::{are_servers, folded, is_plain};
use std::borrow::Cow;
use std::ops::Range;

/// How often a text is percent-decoded at most: nobody encodes it more often on purpose.
const DEPTH: usize = 4;

/// The maximum number of URLs joined in one word; words with more are not examined.
const MOST: usize = 16;

/// Whether each URL of a text, percent-encoded or not, is just a location, and so is each server without a scheme. With
/// `takes_at`, an `@` by itself does not end a user name.
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

/// Whether a text passes a check as it is and after each round of percent-decoding, with look-alike characters replaced
/// by plain ones.
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

/// An image's digest begins with an `@` that is not followed by a server.
fn without_digests(text: &str) -> Cow<'_, str> {
    if text.contains(DIGEST) { Cow::Owned(text.replace(DIGEST, "")) } else { Cow::Borrowed(text) }
}

const DIGEST: &str = "@sha256:";

/// The ranges of possible secrets in the URLs of a text, in order: user and password, up to the `@`; parameters after a
/// `?`, `;` or `&`; a fragment after a `#`. A URL that cannot be split into parts is hidden as a whole.
#[must_use]
pub fn hidden(text: &str) -> Vec<Range<usize>> {
    // Scripts have many `;` and `?`, so only words that are URLs, or become URLs by decoding, are examined. An `@` in a
    // path is often that of a profile.
    let may_be_one = |word: &str| word.contains('%') || word.contains("//") || folded(word) != word;
    with_whole_words(text, |word| !may_be_one(word) || is_everywhere(&without_digests(word), has_no_parts))
}

/// Like [`hidden`], but also the extra parts of servers without a scheme, and anything before any other `@`.
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

/// The secret parts of URLs, and each word that fails the check without a part that could be identified.
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

/// The user of the mail address that messages give as an example.
const EXAMPLE: &str = "quay";

/// Ranges in order, with touching ones merged.
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
                    // What lies between the two is already part of the first.
                    if *start > done {
                        done = with_scheme(text, done, *start, word.end, &mut found);
                    }
                }
            }
        }
    }
    found
}

/// The words of a text; an escaped quotation mark ends none.
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

/// Examines a word from its authority on. A password may contain any character, so anything that cannot be a port
/// belongs to it, up to the last `@` of the word. In URLs other than http and https every `@` ends a password, and if
/// the word has none, it may follow after a blank.
///
/// Returns the end of the secret part before the path: a URL joined to this one begins after it.
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

/// How messages show the place for a user and a password.
const PLACEHOLDER: &str = "USER:PASSWORD";

/// Whether a text can be one or several hosts, with or without ports, and not a user with a password.
fn is_host(text: &str) -> bool {
    // A sentence may continue after it.
    let text = text.trim_end_matches([':', ',', ';', '.']);
    !text.contains('%') && are_servers(text)
}

/// The last `@` after a word in its line, before the next URL in that line.
fn behind_blank(text: &str, start: usize, end: usize) -> Option<usize> {
    let rest = text.get(end..).unwrap_or_default();
    // The next URL first: the text searched for one word is then not searched for another, however long the line is.
    let line = rest.get(..rest.find("://").unwrap_or(rest.len())).unwrap_or_default();
    let line = line.get(..line.find('\n').unwrap_or(line.len())).unwrap_or_default();
    let has_user = text.get(start..end).is_some_and(|word| !word.contains(['/', '?', '#']));
    let is_digest = |at: &usize| line.get(*at..).is_some_and(|rest| rest.starts_with(DIGEST));
    line.rfind('@').filter(|at| has_user && !is_digest(at)).map(|at| end + at)
}

/// Examines a word with a server without a scheme: `u:p@host:9092`, `:p@host`, `token@host:443`, `host/?token=x`.
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
        // Only a server is followed by a port or a path, or preceded by two slashes.
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

/// The decoded text of a percent-encoded one; `None` if nothing in it is encoded.
fn decoded_text(text: &str) -> Option<String> {
    text.contains('%').then(|| String::from_utf8_lossy(&decoded(text)).into_owned())
}

/// The decoded bytes of a percent-encoded text (RFC 3986, 2.1), like Python's `unquote`: a `%` that does not begin an
/// encoded byte is kept.
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

/// Splits a URI into the parts before, of and after its password.
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
