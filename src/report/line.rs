//! One line of an input, as far as it may be shown, and the mark below it.

use super::public::{Mark, WIDEST};
use super::visible::{columns, push};

/// What stands for everything that is not shown, however long it is.
const MASK: char = '…';
/// How many characters of a line are shown.
const WIDTH: usize = 120;
/// What may stand behind a key instead of a value: the header of a block whose text is below.
const BLOCK_HEADERS: [&str; 6] = ["|", "|-", "|+", ">", ">-", ">+"];

/// What may be shown of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line up to the first thing that is not public, and a mask in its place.
    chars: Vec<char>,
}

impl Line {
    /// Walks a line from mark to mark. `mark` tells what starts at a column, from 1. Between two marks only the
    /// punctuation of YAML may stand; at anything else the line ends. `None` where nothing would be seen.
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

    /// The line, and what leads to `column` (from 1; 0 for none) below it. A line that is too long is cut to what
    /// stands around the column; a column in what is not shown is that of the mask.
    pub fn show(&self, column: u32) -> (String, Option<String>) {
        let target = usize::try_from(column).unwrap_or(usize::MAX).saturating_sub(1).min(self.last());
        let start = if self.chars.len() <= WIDTH { 0 } else { target.saturating_sub(WIDTH / 2) };
        let end = self.chars.len().min(start + WIDTH);
        let (mut text, mut below) = (String::new(), String::new());
        if start > 0 {
            text.push(MASK);
            below.push(' ');
        }
        for (index, c) in self.chars.iter().enumerate().take(end).skip(start) {
            let before = text.len();
            push(&mut text, *c);
            if index < target {
                let width: usize = text.get(before..).unwrap_or_default().chars().map(columns).sum();
                below.extend(std::iter::repeat_n(' ', width));
            }
        }
        if end < self.chars.len() {
            text.push(MASK);
        }
        (text, (column > 0).then(|| below + "^"))
    }

    /// The last place that a mark may point to: the mask, or what is behind the last character.
    fn last(&self) -> usize {
        self.chars.len() - usize::from(self.chars.last() == Some(&MASK))
    }
}

/// Whether a comment starts here: behind a blank. A line that starts with one has no mark at all.
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
    fn the_mark_stands_below_its_character_and_never_behind_the_mask() {
        let of = |line: &str, length| Line::of(line, |at| (at == 1).then_some(Mark::Public(length))).unwrap();
        assert_eq!(of("日x: secret", 3).show(2), ("日x: …".to_owned(), Some("  ^".to_owned())));
        assert_eq!(of("a: secret", 2).show(4).1.as_deref(), Some("   ^"));
        assert_eq!(of("a: secret", 2).show(9).1.as_deref(), Some("   ^"));
        assert_eq!(of("a\u{202e}b: x", 4).show(3), ("a\\u{202e}b: …".to_owned(), Some("         ^".to_owned())));
        assert_eq!(of("a: x", 2).show(0).1, None);
    }

    #[test]
    fn a_long_line_is_cut_around_the_column() {
        let text: String = (0..400).map(|n| char::from(b'a' + u8::try_from(n % 26).unwrap())).collect();
        let line = Line::of(&text, |at| (at == 1).then_some(Mark::Public(400))).unwrap();
        let (start, below) = line.show(1);
        assert_eq!((start.chars().count(), below.as_deref()), (WIDTH + 1, Some("^")));
        let (middle, below) = line.show(200);
        assert_eq!(middle.chars().count(), WIDTH + 2);
        let column = below.unwrap().chars().count();
        assert_eq!(middle.chars().nth(column - 1), text.chars().nth(199));
        let (end, _) = line.show(400);
        assert!(end.starts_with('…') && end.ends_with(text.get(395..).unwrap()));
    }
}
