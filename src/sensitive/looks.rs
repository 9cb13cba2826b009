//! Classifies words of a sentence that may be a secret.

/// English words about passwords, besides those with [`ENDINGS`].
const STATES: &[&str] = &[
    "a",
    "absent",
    "after",
    "again",
    "all",
    "alone",
    "an",
    "another",
    "any",
    "as",
    "at",
    "bad",
    "base64",
    "before",
    "below",
    "between",
    "bit",
    "bits",
    "blank",
    "both",
    "bound",
    "broken",
    "built",
    "by",
    "byte",
    "bytes",
    "char",
    "character",
    "characters",
    "chars",
    "chosen",
    "clear",
    "confidential",
    "correct",
    "different",
    "digits",
    "done",
    "drawn",
    "due",
    "easy",
    "either",
    "else",
    "empty",
    "enough",
    "equal",
    "false",
    "fine",
    "for",
    "forgotten",
    "found",
    "free",
    "from",
    "frozen",
    "given",
    "gone",
    "good",
    "hard",
    "held",
    "here",
    "hidden",
    "how",
    "if",
    "in",
    "incorrect",
    "intact",
    "internal",
    "invalid",
    "it",
    "its",
    "kept",
    "known",
    "left",
    "less",
    "like",
    "long",
    "longer",
    "lost",
    "made",
    "md5",
    "meant",
    "more",
    "my",
    "n/a",
    "never",
    "new",
    "no",
    "none",
    "not",
    "null",
    "oauth2",
    "of",
    "off",
    "okay",
    "old",
    "on",
    "once",
    "one",
    "only",
    "opaque",
    "open",
    "or",
    "our",
    "out",
    "over",
    "overwritten",
    "per",
    "plain",
    "present",
    "private",
    "public",
    "put",
    "random",
    "read",
    "ready",
    "right",
    "safe",
    "same",
    "secret",
    "secure",
    "seen",
    "sensitive",
    "sent",
    "set",
    "sha1",
    "sha256",
    "sha512",
    "short",
    "shorter",
    "shown",
    "so",
    "some",
    "spent",
    "split",
    "static",
    "stolen",
    "strong",
    "such",
    "sure",
    "taken",
    "text",
    "that",
    "the",
    "their",
    "then",
    "there",
    "these",
    "this",
    "those",
    "three",
    "too",
    "true",
    "two",
    "under",
    "understood",
    "unique",
    "unknown",
    "unset",
    "up",
    "utf8",
    "valid",
    "void",
    "weak",
    "what",
    "when",
    "where",
    "whether",
    "which",
    "who",
    "whose",
    "why",
    "with",
    "within",
    "without",
    "written",
    "wrong",
    "yes",
    "your",
    "yours",
];
/// Endings of English words that describe a state or property.
const ENDINGS: &[&str] = &["able", "ed", "ful", "ible", "ing", "ional", "less", "ly", "ory", "ous"];
/// Prefixes of hyphenated words that describe a property.
const PREFIXES: &[&str] = &["auto", "in", "non", "on", "per", "pre", "read", "self", "well"];
/// A word in capitals up to this length is an abbreviation.
const ABBREVIATION: usize = 5;

/// What a word may be.
#[derive(PartialEq, Eq)]
pub(super) enum Kind {
    /// No secret: a placeholder for one, or a description.
    None,
    /// A word of a language, in letters alone, or several joined by signs used in names.
    Plain,
    Number,
    /// Has digits or signs among letters, or capitals within.
    Odd,
}

/// Classifies a word.
pub(super) fn kind(word: &str) -> Kind {
    let is_plain = |part: &str| {
        let has_hump = part.chars().any(char::is_lowercase) && part.chars().skip(1).any(char::is_uppercase);
        !has_hump && part.chars().all(char::is_alphabetic)
    };
    let is_number = word.chars().all(|c| c.is_ascii_digit() || c.is_ascii_punctuation());
    if !word.contains(char::is_alphanumeric) || is_placeholder(word) || is_state(word) {
        Kind::None
    } else if is_number {
        Kind::Number
    } else if word.split(['-', '_', '.', '\'', '’']).all(is_plain) {
        Kind::Plain
    } else {
        Kind::Odd
    }
}

/// Whether a word describes a state or is possessive: `required`, `base64-encoded`, `per-user`, `Quay's`.
fn is_state(word: &str) -> bool {
    let is_of_letters = |word: &str| word.chars().all(char::is_alphabetic);
    let is_short = || word.len() <= ABBREVIATION && word.chars().all(|c| c.is_ascii_uppercase());
    let is_possessive = || ["'s", "’s"].iter().any(|end| word.strip_suffix(end).is_some_and(is_of_letters));
    let small = word.to_lowercase();
    let is = |word: &str| {
        let has_ending = || ENDINGS.iter().any(|ending| word.strip_suffix(ending).is_some_and(|it| it.len() > 1));
        STATES.contains(&word) || (is_of_letters(word) && has_ending())
    };
    let is_joined = || {
        let is_part = |part: &str| is_of_letters(part) || is_number(part) || STATES.contains(&part);
        let begins = || small.split_once('-').is_some_and(|(first, _)| PREFIXES.contains(&first));
        let ends = || small.rsplit_once('-').is_some_and(|(_, last)| is(last));
        small.split('-').all(is_part) && (begins() || ends())
    };
    is_short() || is_possessive() || is(&small) || is_joined()
}

fn is_number(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
}

/// A word of a sentence without what follows it: punctuation, quotation marks, and HTML.
pub(super) fn bare(word: &str) -> &str {
    let word = word.split("&quot;").next().unwrap_or_default();
    let word = word.split('<').next().filter(|bare| !bare.is_empty()).unwrap_or(word);
    word.trim_end_matches(|c| QUOTES.contains(&c) || BEHIND_WORDS.contains(&c))
}

pub(super) const QUOTES: &[char] = &['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»'];
/// Characters that may follow a word.
const BEHIND_WORDS: &[char] = &['.', ',', ';', ':', '!', '?', ')', ']', '}', '*', '_', '。', '、', '，', '！', '…'];

/// Whether a word stands for a value elsewhere: `$PASSWORD`, `<password>`, `{{ .password }}`, `DB_PASSWORD`, `/run/x`.
pub(super) fn is_placeholder(word: &str) -> bool {
    let is_constant = |word: &str| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let is_small = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let is_variable = |rest: &str| rest.starts_with(['{', '(']) || is_constant(rest) || is_small(rest);
    word.starts_with(['<', '{', '/'])
        || word.starts_with("./")
        || word.contains("://")
        || word.strip_prefix('$').is_some_and(is_variable)
        || (word.contains('_') && is_constant(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_language_are_told_from_others() {
        for (word, wanted) in [
            ("", Kind::None),
            ("required", Kind::None),
            ("base64-encoded", Kind::None),
            ("JWT", Kind::None),
            ("GitHub's", Kind::None),
            ("$PASSWORD", Kind::None),
            ("${PASSWORD:-x}", Kind::None),
            ("DB_PASSWORD", Kind::None),
            ("/run/secrets/db", Kind::None),
            ("https://h/", Kind::None),
            ("swordfish", Kind::Plain),
            ("correct-horse", Kind::Plain),
            ("blue-horse", Kind::Plain),
            ("1234", Kind::Number),
            ("8-20", Kind::Number),
            ("hunter2", Kind::Odd),
            ("hunTer", Kind::Odd),
            ("Name.Other", Kind::Plain),
            ("id_token", Kind::Plain),
            ("[\"", Kind::None),
            ("a:b", Kind::Odd),
            ("$1x!", Kind::Odd),
            ("$ecret1", Kind::Odd),
            ("hunter2-s", Kind::Odd),
            ("8-bit", Kind::None),
            ("n/a", Kind::None),
        ] {
            assert!(kind(word) == wanted, "{word}");
        }
    }
}
