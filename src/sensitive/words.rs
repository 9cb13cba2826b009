//! The words of a text.

use std::ops::Range;

/// Where the runs of certain characters stand, in order.
pub fn runs(text: &str, is_of_run: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let gaps = text.match_indices(move |c| !is_of_run(c)).chain([(text.len(), "")]);
    let mut start = 0;
    gaps.map(move |(at, gap)| std::mem::replace(&mut start, at + gap.len())..at).filter(|run| !run.is_empty())
}

/// Whether a character is one of those of names: of variables, options, keys and programs.
pub(super) fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The name that a text ends with.
pub(super) fn last_name(text: &str) -> &str {
    text.get(text.trim_end_matches(is_of_name).len()..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_what_is_between_other_characters() {
        let of = |text| -> Vec<&str> { runs(text, is_of_name).filter_map(|run| text.get(run)).collect() };
        assert_eq!(of("a-b  c\u{e4}d;"), ["a-b", "c", "d"]);
        assert_eq!(of("; a"), ["a"]);
        assert!(of("").is_empty() && of("\u{e4} ").is_empty());
        assert_eq!((last_name("a b.c"), last_name("a "), last_name("")), ("b.c", "", ""));
    }
}
