//! Splits a text into words.

use std::ops::Range;

/// The ranges of the runs of certain characters, in order.
pub fn runs(text: &str, is_of_run: impl Fn(char) -> bool) -> impl Iterator<Item = Range<usize>> {
    let gaps = text.match_indices(move |c| !is_of_run(c)).chain([(text.len(), "")]);
    let mut start = 0;
    gaps.map(move |(at, gap)| std::mem::replace(&mut start, at + gap.len())..at).filter(|run| !run.is_empty())
}

/// Whether a character may be part of the name of a variable, option, key or program.
pub(super) fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The name at the end of a text.
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
