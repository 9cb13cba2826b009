//! Checks on which YAML readers disagree regardless of grammar: characters that some take for line breaks or refuse,
//! and TABs, which the parser allows in places where PyYAML does not.

use super::Pos;
use std::ops::Range;

/// A character in a place where it is not allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Misplaced {
    pub at: Pos,
    pub byte: usize,
    pub character: char,
}

/// More reports than this would only hide the first: the text is binary, in the wrong encoding, or indented with TABs.
const MAX_REPORTS: usize = 10;

/// Whether a character may appear unescaped in a text: the printable set of YAML 1.1 without its non-ASCII line breaks
/// (text in YAML 1.2) and without the byte order mark (invisible). Includes line feed, carriage return and TAB.
pub(super) fn is_printable(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | ' '..='~' => true,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => false,
        _ => matches!(c, '\u{a0}'..='\u{fffd}' | '\u{10000}'..),
    }
}

/// The first character of each line that must not appear unescaped.
pub(super) fn unprintable(text: &str) -> Vec<Misplaced> {
    first_of_lines(text, |_, c| !is_printable(c)).take(MAX_REPORTS).collect()
}

/// The first TAB of each line outside comments and `opaque`, the ordered byte ranges of quoted and block scalars.
pub(super) fn tabs(text: &str, opaque: &[Range<usize>]) -> Vec<Misplaced> {
    if !text.contains('\t') {
        return Vec::new();
    }
    let mut opaque = opaque.iter().peekable();
    let mut in_comment = false;
    let mut previous = '\n';
    first_of_lines(text, |index, c| {
        while opaque.next_if(|range| range.end <= index).is_some() {}
        let is_opaque = opaque.peek().is_some_and(|range| range.contains(&index));
        in_comment = match c {
            '\n' | '\r' => false,
            '#' => in_comment || (!is_opaque && previous.is_ascii_whitespace()),
            _ => in_comment,
        };
        previous = c;
        c == '\t' && !is_opaque && !in_comment
    })
    .take(MAX_REPORTS)
    .collect()
}

/// The first character of each line for which `is_wrong` holds, given its byte index.
fn first_of_lines(text: &str, mut is_wrong: impl FnMut(usize, char) -> bool) -> impl Iterator<Item = Misplaced> {
    let mut at = Pos { line: 1, column: 0 };
    let mut last_reported = 0;
    let mut after_break = false;
    let mut previous = '\0';
    text.char_indices().filter_map(move |(byte, character)| {
        if after_break && !(previous == '\r' && character == '\n') {
            at = Pos { line: at.line + 1, column: 0 };
        }
        at.column += 1;
        after_break = matches!(character, '\n' | '\r');
        previous = character;
        let wrong = is_wrong(byte, character) && last_reported != at.line;
        if wrong {
            last_reported = at.line;
        }
        wrong.then_some(Misplaced { at, byte, character })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(found: &[Misplaced]) -> Vec<(u32, u32)> {
        found.iter().map(|one| (one.at.line, one.at.column)).collect()
    }

    #[test]
    fn the_first_unprintable_character_of_each_line_is_found() {
        assert_eq!(
            places(&unprintable("a\u{85}b\u{1b}\r\nok\té\u{1f600}\r\u{2028}\n\u{feff}x\u{7f}\u{ffff}")),
            [(1, 2), (3, 1), (4, 1)]
        );
        assert_eq!(unprintable(&"\0\n".repeat(100)).len(), MAX_REPORTS);
    }

    #[test]
    fn a_tab_may_stand_in_a_comment_and_in_an_opaque_range() {
        let text = "a: 'x\ty'\t# b\tc\n\tb: a#\t1\n#\t\n";
        let quoted = 3..8;
        assert_eq!(places(&tabs(text, std::slice::from_ref(&quoted))), [(1, 9), (2, 1)]);
    }
}
