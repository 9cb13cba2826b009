//! Where values end in a text.

/// Where values end, found from left to right: what ended one of them ends the next one too, where it stands behind its
/// start.
#[derive(Default)]
pub(super) struct Ends {
    line: usize,
    word: usize,
    single: usize,
    double: usize,
    element: usize,
}

/// What a value goes on to, where it is in no quotes.
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
    /// Where a value ends: in quotes behind the closing one, else where `until` says.
    pub fn of(&mut self, text: &str, start: usize, until: Until) -> usize {
        let ends_line = |c: char| matches!(c, '\n' | '\r');
        let ends_word = |c: char| c.is_whitespace() || matches!(c, '&' | ';' | '\'' | '"');
        match (text.get(start..).and_then(|rest| rest.chars().next()), until) {
            (_, Until::Element) => next(&mut self.element, text, start, |c| c == '<'),
            (Some('\''), _) => (next(&mut self.single, text, start + 1, |c| c == '\'') + 1).min(text.len()),
            (Some('"'), _) => (next(&mut self.double, text, start + 1, |c| c == '"') + 1).min(text.len()),
            (_, Until::Line) => next(&mut self.line, text, start, ends_line),
            (_, Until::Word) => next(&mut self.word, text, start, ends_word),
        }
    }
}

/// Where the next such character stands from a place on, which `found` keeps for later places; the text's end where there
/// is none.
fn next(found: &mut usize, text: &str, from: usize, ends: impl Fn(char) -> bool) -> usize {
    if *found < from {
        *found = text.get(from..).and_then(|rest| rest.find(ends)).map_or(text.len(), |at| from + at);
    }
    *found
}
