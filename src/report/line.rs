//! The visible part of one line of an input, and the mark below it.

use super::public::{Mark, WIDEST};
use super::visible::push;
use std::ops::Range;

/// Replaces everything that is hidden, however long it is.
const MASK: char = '…';
/// What may follow a key instead of a value: the header of a block whose text is below.
const BLOCK_HEADERS: [&str; 6] = ["|", "|-", "|+", ">", ">-", ">+"];

/// The visible part of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line up to the first thing that is not public, which is replaced by a mask.
    chars: Vec<char>,
}

impl Line {
    /// Walks a line from mark to mark. `mark` returns what starts at a column, from 1. Between two marks only the
    /// punctuation of YAML is allowed; the line ends at anything else. `None` if nothing would be visible.
    pub fn of(line: &str, mark: impl Fn(u32) -> Option<Mark>) -> Option<Self> {
        let mut chars: Vec<char> = line.chars().take(WIDEST).collect();
        let is_cut = line.chars().nth(WIDEST).is_some();
        let mut at = 0;
        let mut has_begun = false;
        let is_masked = loop {
            match mark(u32::try_from(at + 1).ok()?) {
                Some(Mark::Public(length)) => {
                    at += length;
                    has_begun = true;
                }
                Some(Mark::Secret) => break true,
                None => match (chars.get(at), has_begun) {
                    (Some(' '), _) | (Some(',' | ']' | '}'), true) => at += 1,
                    (Some('-'), false) if chars.get(at + 1) == Some(&' ') => at += 1,
                    _ => {
                        let rest: String = chars.iter().skip(at).collect();
                        let is_header = BLOCK_HEADERS.contains(&rest.trim_end());
                        at += if has_begun && is_header { rest.chars().count() } else { 0 };
                        break !is_header && !is_comment(&chars, at) && !rest.is_empty();
                    }
                },
            }
        };
        if !has_begun {
            return None;
        }
        chars.truncate(at);
        if is_masked || is_cut {
            chars.push(MASK);
        } else {
            chars.truncate(chars.iter().rposition(|c| *c != ' ').map_or(0, |last| last + 1));
        }
        Some(Self { chars })
    }

    /// The line with its unprintable characters escaped, and the bytes of it that are at `column` (from 1; nothing for
    /// 0). A column in the hidden part becomes that of the mask; one after the line becomes its end.
    pub fn show(&self, column: u32) -> (String, Option<Range<usize>>) {
        let target = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1).min(self.last());
        let (mut text, mut mark) = (String::new(), None);
        for (index, c) in self.chars.iter().enumerate() {
            let start = text.len();
            push(&mut text, *c);
            if index == target {
                mark = Some(start..text.len());
            }
        }
        let end = text.len()..text.len();
        (text, (column > 0).then(|| mark.unwrap_or(end)))
    }

    /// The last place that a mark may point to: the mask, or the place after the last character.
    fn last(&self) -> usize {
        self.chars.len() - usize::from(self.chars.last() == Some(&MASK))
    }
}

/// Whether a comment starts here: after a blank. A line that starts with a comment has no mark at all.
fn is_comment(chars: &[char], at: usize) -> bool {
    chars.get(at) == Some(&'#') && at.checked_sub(1).and_then(|before| chars.get(before)) == Some(&' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line with marks at columns, and what is shown of it.
    fn shown(line: &str, marks: &[(u32, Mark)]) -> Option<String> {
        let line = Line::of(line, |column| marks.iter().find(|(at, _)| *at == column).map(|(_, mark)| *mark));
        line.map(|line| line.show(0).0)
    }

    #[test]
    fn only_what_is_marked_is_seen() {
        let (key, public) = (Mark::Public(2), Mark::Public(3));
        assert_eq!(shown("a: foo # old: bar", &[(1, key), (4, public)]).as_deref(), Some("a: foo"));
        assert_eq!(shown("a: foo", &[(1, key), (4, Mark::Secret)]).as_deref(), Some("a: …"));
        assert_eq!(shown("a: foo", &[(1, key)]).as_deref(), Some("a: …"));
        assert_eq!(shown("a: foo#bar", &[(1, key), (4, public)]).as_deref(), Some("a: foo…"));
        assert_eq!(shown("a: &x foo", &[(1, key), (7, public)]).as_deref(), Some("a: …"));
        assert_eq!(shown("- - a: foo", &[(5, key)]).as_deref(), Some("- - a: …"));
        assert_eq!(shown("a: |  ", &[(1, key)]).as_deref(), Some("a: |"));
        assert_eq!(shown("a: |2", &[(1, key)]).as_deref(), Some("a: …"));
        assert_eq!(shown("a:", &[(1, key)]).as_deref(), Some("a:"));
    }

    #[test]
    fn nothing_is_seen_of_a_line_without_a_public_beginning() {
        assert_eq!(shown("foo", &[]), None);
        assert_eq!(shown("# a: foo", &[]), None);
        assert_eq!(shown("- foo", &[(3, Mark::Secret)]), None);
        assert_eq!(shown("  ", &[]), None);
        assert_eq!(shown("-a: foo", &[(2, Mark::Public(2))]), None);
    }

    #[test]
    fn the_mark_is_its_character_and_never_behind_the_mask() {
        let marked = |line: &str, length, column| {
            let line = Line::of(line, |at| (at == 1).then_some(Mark::Public(length))).unwrap();
            let (text, mark) = line.show(column);
            mark.map(|mark| (text.get(..mark.start).unwrap().to_owned(), text.get(mark).unwrap().to_owned()))
        };
        let wanted = |before: &str, mark: &str| Some((before.to_owned(), mark.to_owned()));
        assert_eq!(marked("日x: secret", 3, 2), wanted("日", "x"));
        assert_eq!(marked("a: secret", 2, 4), wanted("a: ", "…"));
        assert_eq!(marked("a: secret", 2, 9), wanted("a: ", "…"));
        assert_eq!(marked("a\u{202e}b: x", 4, 2), wanted("a", "\\u{202e}"));
        assert_eq!(marked("a:", 2, 9), wanted("a:", ""));
        assert_eq!(marked("a: x", 2, 0), None);
    }
}
