//! How messages and shown lines repeat what the user wrote: only where it is what the place takes, or nearly so. What is
//! neither may be a secret that was typed into the wrong place.

use crate::sensitive::{self, MASK};

/// What a place takes, as far as it can be told from a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// One of some words.
    OneOf(Vec<&'a str>),
    /// A number: a version, duration, size, or range of addresses too.
    Number,
    /// A name of an object, an image or a class.
    Name,
    /// The name of a field of config.yaml.
    Field,
    /// Any text.
    Text,
}

/// The words for true and false, in YAML 1.1 as well.
pub const FLAGS: &[&str] = &["true", "false", "yes", "no", "on", "off"];

impl Form<'_> {
    /// Whether a text may be repeated that stands in such a place. `takes_at` as in [`sensitive::is_harmless`].
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

    /// A text in quotes, or a mask.
    #[must_use]
    pub fn quoted(&self, text: &str) -> String {
        if self.may_quote(text, false) { format!("{text:?}") } else { MASK.to_owned() }
    }
}

/// A text in quotes where it is near one of some words, else a mask.
#[must_use]
pub fn word(text: &str, words: &[&str]) -> String {
    Form::OneOf(words.to_vec()).quoted(text)
}

/// A text in quotes where it is near a number, else a mask.
#[must_use]
pub fn number(text: &str) -> String {
    Form::Number.quoted(text)
}

/// A text as it stands where it is near a number, else a mask.
#[must_use]
pub fn bare_number(text: &str) -> &str {
    if Form::Number.may_quote(text, false) { text } else { MASK }
}

/// A text in quotes where it is near a name, else a mask.
#[must_use]
pub fn name(text: &str) -> String {
    Form::Name.quoted(text)
}

/// A text as it stands where it is near a name, else a mask.
#[must_use]
pub fn bare_name(text: &str) -> &str {
    if Form::Name.may_quote(text, false) { text } else { MASK }
}

/// Digits with a few short units, `v1.33`, `1h30m`, `-5`, or a range of addresses; a word for none or all.
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

/// One of some words, its beginning, or one with a slip: a third of a word may be another, which is less than a hint guesses
/// at.
fn is_nearly_word(text: &str, words: &[&str]) -> bool {
    let slips = |word: &str| strsim::osa_distance(&text.to_lowercase(), &word.to_lowercase());
    words.iter().any(|word| *word == text || (text.len() > 2 && word.starts_with(text)))
        || nearest(text, words).is_some_and(|word| slips(word) <= (word.len() / 3).max(1))
}

/// Letters, digits and the signs of names. What has letters of both cases and digits is more like a password or a key, in a
/// path or out of it; dots are between the words of a name, and a tag is by itself.
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

/// Among so many known names a neighbour is looked for: the tables have fewer, and lists that users write may be long.
const MOST_NAMES: usize = 1_000;
/// So many names a hint repeats.
const MOST_LISTED: usize = 30;

/// Names one after another for a hint, the first of them where there are many.
#[must_use]
pub fn listed(names: &[&str]) -> String {
    match names.get(..MOST_LISTED) {
        Some(first) if names.len() > MOST_LISTED => {
            format!("{} and {} more", first.join(", "), names.len() - MOST_LISTED)
        }
        _ => names.join(", "),
    }
}

/// The known name that is nearest to a misspelt one, if one is near enough to be meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let length = name.chars().count();
    let lower = name.to_lowercase();
    let mut best = None;
    for other in known.iter().take(MOST_NAMES) {
        let size = other.chars().count();
        let allowed = size.max(6) / 3;
        // Names of other lengths are no neighbours, and measuring long ones would take long.
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

/// The beginning of a hint that names the nearest known name, if one is near enough to be meant.
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
