//! The part of a URL that may be public: `scheme://host[:port][/path]`, with only the characters below. As it lists
//! what is allowed, anything unforeseen is refused.

use std::borrow::Cow;

/// The characters of a host besides letters and digits.
const OF_HOST: &[char] = &['.', '-', '_', '*'];
/// The characters of a path besides letters and digits. `:` and `,` join several URLs; the caller decides whether `@`
/// is allowed.
const OF_PATH: &[char] = &['@', '/', '.', '-', '_', '~', '+', '*', ':', ',', '%', '!', '(', ')', '{', '}'];
/// Punctuation after a URL in a sentence, and signs that begin an empty part.
const OF_SENTENCES: &[char] = &[':', ',', ';', '.', '!', '?', ')', ']', '}', '…', '#', '&'];

/// Whether a word is a URL that is just a location, or no URL.
pub(super) fn is_plain(word: &str) -> bool {
    let word = word.trim_end_matches(OF_SENTENCES);
    let mut starts = word.match_indices("//").filter(|(at, _)| begins_authority(word, *at)).peekable();
    if starts.peek().is_none() {
        return has_no_parts(word);
    }
    starts.all(|(at, slashes)| is_place(word.get(at + slashes.len()..).unwrap_or_default()))
}

/// Whether two slashes begin a host: after a scheme's colon, or at the start of a word except for brackets.
fn begins_authority(word: &str, at: usize) -> bool {
    let front = word.get(..at).unwrap_or_default();
    front.ends_with(':') || front.chars().all(|c| !c.is_alphanumeric())
}

/// Whether the text after the two slashes is a host, a port and a path.
fn is_place(rest: &str) -> bool {
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    are_servers(authority) && path.chars().all(|c| c.is_alphanumeric() || OF_PATH.contains(&c))
}

/// Whether a text is a host with or without a port, or several of them separated by commas.
pub(super) fn are_servers(text: &str) -> bool {
    text.split(',').all(is_server)
}

/// Whether a text is a host with or without a port: a name, or an IPv6 address in brackets.
fn is_server(text: &str) -> bool {
    let is_port = |port: &str| port.chars().all(|c| c.is_ascii_digit());
    if let Some((address, port)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        let is_address = address.contains(':') && address.chars().all(|c| c.is_ascii_hexdigit() || ":.".contains(c));
        return is_address && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (host, port) = text.rsplit_once(':').unwrap_or((text, ""));
    is_port(port) && host.chars().all(|c| c.is_alphanumeric() || OF_HOST.contains(&c))
}

/// Whether a word without a scheme has no parameters and no fragment: nothing after a `?` or a `#` that follows
/// something, and no `name=` after a `?`, `#`, `;` or `&`.
fn has_no_parts(word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']');
    let mut parts = word.match_indices(['?', '#', ';', '&']).map(|(at, sign)| (at, sign, word.get(at + 1..)));
    parts.all(|(at, sign, rest)| {
        let rest = rest.unwrap_or_default();
        let value = rest.trim_start_matches(is_name);
        let is_named = value.len() < rest.len() && value.starts_with('=');
        let is_behind = at > 0 && !rest.is_empty() && matches!(sign, "?" | "#");
        !is_named && !is_behind
    })
}

/// A text with look-alike characters replaced by ASCII ones, and without invisible characters.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().filter_map(plain_sign).collect()) }
}

/// The ASCII character that `c` is a wide or small form of (Unicode, Halfwidth and Fullwidth Forms, Small Form
/// Variants, and other signs of URLs by NFKC); `None` for a character of zero width.
fn plain_sign(c: char) -> Option<char> {
    let code = u32::from(c);
    match c {
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' => None,
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0),
        '\u{fe52}' | '\u{2024}' => Some('.'),
        '\u{fe54}' | '\u{37e}' => Some(';'),
        '\u{fe55}' | '\u{2236}' | '\u{fe13}' => Some(':'),
        '\u{fe56}' | '\u{fe16}' => Some('?'),
        '\u{fe5f}' => Some('#'),
        '\u{fe60}' => Some('&'),
        '\u{fe66}' | '\u{207c}' | '\u{208c}' => Some('='),
        '\u{fe6a}' => Some('%'),
        '\u{fe6b}' => Some('@'),
        '\u{2044}' | '\u{2215}' => Some('/'),
        '\u{fe68}' => Some('\\'),
        other => Some(other),
    }
}
