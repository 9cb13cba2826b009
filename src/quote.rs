//! How messages and quoted lines repeat the user's text: only if it is allowed in its place, or close to that. Any
//! other text may be a secret typed into the wrong place.

use crate::sensitive::{self, MASK};

/// What is expected in a place, as far as that helps to recognize secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// One of some words.
    OneOf(Vec<&'a str>),
    /// A number; also a version, duration, size or address range.
    Number,
    /// The name of an object, an image or a class.
    Name,
    /// The name of a field of config.yaml.
    Field,
    /// Any text.
    Text,
}

/// The words for true and false, including those of YAML 1.1.
pub const FLAGS: &[&str] = &["true", "false", "yes", "no", "on", "off"];

impl Form<'_> {
    /// Whether a text in such a place may be quoted. `takes_at` as in [`sensitive::is_harmless`].
    #[must_use]
    pub fn may_quote(&self, text: &str, takes_at: bool) -> bool {
        let fits = match self {
            Self::OneOf(words) => text.is_empty() || is_nearly_word(text, words),
            Self::Number => is_nearly_number(text),
            Self::Name => is_nearly_name(text),
            Self::Field => text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'),
            Self::Text => true,
        };
        fits && sensitive::is_harmless(text, takes_at)
    }

    /// The text in quotes, or a mask.
    #[must_use]
    pub fn quoted(&self, text: &str) -> String {
        if self.may_quote(text, false) { format!("{text:?}") } else { MASK.to_owned() }
    }
}

/// The text in quotes if it is close to one of these words, else a mask.
#[must_use]
pub fn word(text: &str, words: &[&str]) -> String {
    Form::OneOf(words.to_vec()).quoted(text)
}

/// The text in quotes if it is close to a number, else a mask.
#[must_use]
pub fn number(text: &str) -> String {
    Form::Number.quoted(text)
}

/// The text unquoted if it is close to a number, else a mask.
#[must_use]
pub fn bare_number(text: &str) -> &str {
    if Form::Number.may_quote(text, false) { text } else { MASK }
}

/// The text in quotes if it is close to a name, else a mask.
#[must_use]
pub fn name(text: &str) -> String {
    Form::Name.quoted(text)
}

/// The text unquoted if it is close to a name, else a mask.
#[must_use]
pub fn bare_name(text: &str) -> &str {
    if Form::Name.may_quote(text, false) { text } else { MASK }
}

/// Digits with a few short units, `v1.33`, `1h30m`, `-5`, or an address range; also words for none or all.
fn is_nearly_number(text: &str) -> bool {
    const WORDS: &[&str] = &["unlimited", "latest", "none"];
    let is_of_range = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '/');
    let is_range = text.contains([':', '.']) && text.len() <= 49 && text.chars().all(is_of_range);
    let digits = text.trim_start_matches(['v', 'V', '-', '+', '.']);
    let units: Vec<&str> = digits.split(|c: char| !c.is_alphabetic()).filter(|unit| !unit.is_empty()).collect();
    let is_measure = text.len() <= 24
        && digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | ' '))
        && units.len() <= 3
        && units.iter().all(|unit| unit.len() <= 2);
    text.is_empty() || is_range || is_measure || is_nearly_word(text, WORDS)
}

/// Whether a text is one of the words, a prefix of one, or a typo: up to a third of a word may differ, which is
/// stricter than the guesses in hints.
fn is_nearly_word(text: &str, words: &[&str]) -> bool {
    let slips = |word: &str| strsim::osa_distance(&text.to_lowercase(), &word.to_lowercase());
    words.iter().any(|word| *word == text || (text.len() > 2 && word.starts_with(text)))
        || nearest(text, words).is_some_and(|word| slips(word) <= (word.len() / 3).max(1))
}

/// Whether a text has only letters, digits and signs of names. A word that mixes upper case, lower case and digits
/// looks more like a password or a key, in a path or not; the parts between dots are judged separately, and so is a
/// tag.
fn is_nearly_name(text: &str) -> bool {
    let is_of_names = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@');
    let is_mixed = |word: &str| {
        let has = |is_one: fn(&char) -> bool| word.chars().any(|c| is_one(&c));
        has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit)
    };
    let (path, name) = match text.rsplit_once(':') {
        Some((path, tag)) if path.contains('/') => (path, tag),
        _ if text.contains('/') => (text, ""),
        _ => ("", text),
    };
    text.len() <= 253 && text.chars().all(is_of_names) && !is_mixed(path) && !name.split('.').any(is_mixed)
}

/// With more known names no nearest one is searched: the tables have fewer, and lists by users may be long.
const MOST_NAMES: usize = 1_000;
/// The maximum number of names in a hint.
const MOST_LISTED: usize = 30;

/// A list of names for a hint, truncated if there are many.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    match names.get(..MOST_LISTED) {
        Some(first) if names.len() > MOST_LISTED => {
            format!("{} and {} more", first.join(", "), names.len() - MOST_LISTED)
        }
        _ => names.join(", "),
    }
}

/// The known name nearest to a misspelt one, if it is close enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let length = name.chars().count();
    let lower = name.to_lowercase();
    let mut best = None;
    for other in known.iter().take(MOST_NAMES) {
        let size = other.chars().count();
        let allowed = size.max(6) / 3;
        // Names of very different lengths cannot be close, and comparing long ones would be slow.
        if length.abs_diff(size) > allowed {
            continue;
        }
        let distance = strsim::osa_distance(&lower, &other.to_lowercase());
        if distance <= allowed && best.is_none_or(|(nearer, _)| distance < nearer) {
            best = Some((distance, *other));
        }
    }
    best.map(|(_, other)| other)
}

/// The beginning of a hint with the nearest known name, if it is close enough to be meant.
#[must_use]
pub fn nearest_hint(name: &str, known: &[&str]) -> String {
    nearest(name, known).map(|near| format!("the nearest is {near:?}; ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_to_what_a_place_takes_is_repeated_and_nothing_else() {
        for text in
            ["5", "-1", "v1.33.2", "1h30m", "10 m", "20Gi", "3.5.0-rc1", "10.0.0.0/8", "fd00::1/8", "unlimted", ""]
        {
            assert_eq!(number(text), format!("{text:?}"));
        }
        for text in ["My_Secret", "quay.io/Q/q:V3", "-a", "", "example.com/internal", "DISTRIBUTED_STORAGE_CONFIG.s3"] {
            assert_eq!(name(text), format!("{text:?}"));
        }
        assert_eq!(word("alow", &["allow", "deny"]), "\"alow\"");
        for text in ["hunter2", "5hunter", "8f3a9c1d7e", "correct horse", "123456789012345678901234567890"] {
            assert_eq!(number(text), MASK);
        }
        for text in [
            "Sup3rS3cret",
            "a.Sup3rS3cret",
            "wJalrXUtn/K7MDENG/bPxRfiCY",
            "quay.io/q:Sup3rS3cret",
            "correct horse",
            "p!w",
            "token@h",
        ] {
            assert_eq!(name(text), MASK);
        }
        for text in ["hunter2", "dxxy", "al"] {
            assert_eq!(word(text, &["allow", "deny"]), MASK);
        }
        assert_eq!(Form::Field.quoted("S3_KEY"), "\"S3_KEY\"");
        for text in ["hunter2", "S3cret", "DB-URI"] {
            assert_eq!(Form::Field.quoted(text), MASK);
        }
        assert_eq!(Form::Text.quoted("password=x"), MASK);
    }

    #[test]
    fn a_list_of_many_names_is_cut() {
        assert_eq!(listed(&["a", "b"]), "a, b");
        assert!(listed(&["a"; 1_000]).ends_with("a, a and 970 more"));
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour_and_a_strange_one_none() {
        let known = ["objectstorage", "postgres", "clair"];
        assert_eq!(nearest("objectstorge", &known), Some("objectstorage"));
        assert_eq!(nearest("Clair", &known), Some("clair"));
        assert_eq!(nearest("kubernetes", &known), None);
    }
}
