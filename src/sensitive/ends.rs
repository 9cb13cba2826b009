//! Finds where values end in a text.

/// The ends of values, searched from left to right: the end of one value is also that of the next, unless that starts
/// after it.
#[derive(Default)]
pub(super) struct Ends {
    line: usize,
    word: usize,
    single: usize,
    double: usize,
    element: usize,
    /// Of a value in several parts: the ends of the first and the last.
    pieces: (usize, usize),
}

/// How far an unquoted value extends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// The end of the line.
    Line,
    /// The end of the word.
    Word,
    /// The next element of XML.
    Element,
}

impl Ends {
    /// The end of a value: after the closing quote if quoted, else as `until` says. Adjacent parts are joined, as in a
    /// shell: `'it'"'"'s'`, `a'b c'd`.
    pub fn of(&mut self, text: &str, start: usize, until: Until) -> usize {
        let first = self.piece(text, start, until);
        if until == Until::Element || (until == Until::Line && !text.get(start..first).is_some_and(is_quoted)) {
            return first;
        }
        if (self.pieces.0..self.pieces.1).contains(&first) {
            return self.pieces.1;
        }
        let mut end = first;
        while goes_on(text, start, end) {
            // A quotation mark that is never closed is an apostrophe, so the value does not extend to another line.
            let line = self.line(text, end);
            end = self.piece(text, end, Until::Word).min(line);
        }
        self.pieces = (first, end);
        end
    }

    fn line(&mut self, text: &str, start: usize) -> usize {
        next(&mut self.line, text, start, |_, c| matches!(c, '\n' | '\r'))
    }

    fn piece(&mut self, text: &str, start: usize, until: Until) -> usize {
        match (text.get(start..).and_then(|rest| rest.chars().next()), until) {
            (_, Until::Element) => next(&mut self.element, text, start, |_, c| c == '<'),
            (Some('\''), _) => (next(&mut self.single, text, start + 1, |_, c| c == '\'') + 1).min(text.len()),
            (Some('"'), _) => {
                let closes = |at: usize, c| c == '"' && !is_escaped(text, at);
                (next(&mut self.double, text, start + 1, closes) + 1).min(text.len())
            }
            (_, Until::Line) => self.line(text, start),
            (_, Until::Word) => {
                let ends = |at, c: char| match c {
                    ' ' => !is_escaped(text, at),
                    c => c.is_whitespace() || matches!(c, '&' | ';' | '\'' | '"'),
                };
                next(&mut self.word, text, start, ends)
            }
        }
    }
}

fn is_quoted(piece: &str) -> bool {
    piece.starts_with(['\'', '"'])
}

/// Whether a character is escaped by a backslash that is not itself escaped.
fn is_escaped(text: &str, at: usize) -> bool {
    let front = text.as_bytes().get(..at).unwrap_or_default();
    front.iter().rev().take(MOST_BACKSLASHES).take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// How many consecutive backslashes are counted.
const MOST_BACKSLASHES: usize = 64;

/// Whether another part of a value follows the one that ends at `end`. A quotation mark begins a part if it is followed
/// by a letter or a digit, or if none is open before the value; otherwise it closes a quotation around the value.
fn goes_on(text: &str, start: usize, end: usize) -> bool {
    let mut rest = text.get(end..).unwrap_or_default().chars();
    let was_quoted = text.get(..end).is_some_and(|front| front.ends_with(['\'', '"'])) && end > start;
    match rest.next() {
        Some(quote @ ('\'' | '"')) => match rest.next() {
            Some(c) if c.is_alphanumeric() => true,
            None => false,
            Some(c) if c.is_whitespace() => false,
            Some(_) => line_before(text, start).matches(quote).count() % 2 == 0,
        },
        Some(c) => was_quoted && (c.is_alphanumeric() || matches!(c, '$' | '_' | '-')),
        None => false,
    }
}

/// How many bytes before a position are examined.
const REACH: usize = 300;

/// The end of the line before a position.
pub(super) fn line_before(text: &str, at: usize) -> &str {
    let start = (at.saturating_sub(REACH)..=at).find(|start| text.is_char_boundary(*start)).unwrap_or(at);
    let near = text.get(start..at).unwrap_or_default();
    near.rsplit_once('\n').map_or(near, |(_, line)| line)
}

/// The position of the next character from `from` on that ends a value, cached in `found` for later calls; the end of
/// the text if there is none.
fn next(found: &mut usize, text: &str, from: usize, ends: impl Fn(usize, char) -> bool) -> usize {
    if *found <= from {
        let rest = text.get(from..).unwrap_or_default();
        *found = rest.char_indices().find(|(at, c)| ends(from + at, *c)).map_or(text.len(), |(at, _)| from + at);
    }
    *found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_behind_its_last_piece() {
        for (text, wanted) in [
            ("x=a'b c'd e", "a'b c'd"),
            ("x='it'\"'\"'s' y", "'it'\"'\"'s'"),
            (r#"x="a\"b" y"#, r#""a\"b""#),
            (r"x=a\ b c", r"a\ b"),
            ("x='it''s'; y", "'it''s'"),
            ("'x=a', 'y=b'", "a"),
            ("[\"x=a\",\"y=b\"]", "a"),
            ("{\"x\"=\"a\",\"y\"=\"b\"}", "\"a\""),
            ("'{\"x\"=\"a\"}' y", "\"a\""),
            ("x=don't\nit's", "don't"),
            ("x=a\ny='b'", "a"),
            ("x=", ""),
        ] {
            let start = text.find('=').unwrap() + 1;
            let end = Ends::default().of(text, start, Until::Word);
            assert_eq!(text.get(start..end), Some(wanted), "{text}");
        }
    }
}
