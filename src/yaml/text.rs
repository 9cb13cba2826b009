//! Text that knows the position of each of its characters: a `config.yaml` in a Secret gets positions in the Secret.

use super::Pos;
use granit_parser::{ScalarStyle, Span};
use std::str::Chars;
use std::sync::Arc;

/// The value of a text scalar.
#[cfg_attr(test, derive(Debug))]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The decoded text.
    pub value: String,
    /// Where the scalar starts, including its opening quote.
    start: Pos,
    /// The positions of the characters of `value`, ordered; empty if unknown. Shared by the copies that aliases make.
    runs: Arc<[Run]>,
}

/// Characters of one decoded line that are also adjacent in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    decoded: Pos,
    source: Pos,
}

impl Text {
    /// The position in the file of line and column `at` of the decoded text. The position after the last character of a
    /// line counts as part of it. `None` for a line that the text does not have.
    #[must_use]
    pub fn position(&self, at: Pos) -> Option<Pos> {
        let after = self.runs.partition_point(|run| run.decoded <= at);
        let run = self.runs.get(after.checked_sub(1)?).filter(|run| run.decoded.line == at.line)?;
        Some(Pos { line: run.source.line, column: run.source.column + (at.column - run.decoded.column) })
    }

    /// Where the scalar starts, including its opening quote.
    #[must_use]
    pub fn start(&self) -> Pos {
        self.start
    }

    /// The text of a scalar that granit decoded to `value`. `source` is the parsed text; `locate` maps its positions to
    /// those in the file.
    pub(super) fn decoded(
        value: &str,
        style: ScalarStyle,
        span: Span,
        source: &str,
        locate: &dyn Fn(Pos) -> Pos,
    ) -> Self {
        let start = position_of(&span.start);
        let mut cursor = Cursor { rest: span.slice(source).unwrap_or_default().chars(), at: start };
        let mut trace = Trace::new(value, locate);
        let end = match style {
            ScalarStyle::Plain => flow_lines(&mut cursor, &mut trace, None),
            ScalarStyle::SingleQuoted => flow_lines(&mut cursor, &mut trace, Some('\'')),
            ScalarStyle::DoubleQuoted => flow_lines(&mut cursor, &mut trace, Some('"')),
            ScalarStyle::Literal => block_lines(&mut cursor, &mut trace, true),
            ScalarStyle::Folded => block_lines(&mut cursor, &mut trace, false),
        };
        Self { value: value.to_owned(), start: locate(start), runs: trace.finish(end) }
    }

    /// Text of which only the start of its scalar is known.
    pub(super) fn at(value: &str, start: Pos) -> Self {
        Self { value: value.to_owned(), start, runs: Arc::default() }
    }
}

/// Text without a position.
impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self::at(value, Pos::default())
    }
}

/// granit counts columns from 0.
pub(super) fn position_of(marker: &granit_parser::Marker) -> Pos {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: number(marker.line()), column: number(marker.col()).saturating_add(1) }
}

/// Walks through the source of a scalar; any kind of line break is returned as `\n`.
#[derive(Clone)]
struct Cursor<'a> {
    rest: Chars<'a>,
    at: Pos,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<char> {
        self.clone().bump().map(|(c, _)| c)
    }

    fn bump(&mut self) -> Option<(char, Pos)> {
        let at = self.at;
        let mut c = self.rest.next()?;
        if c == '\r' {
            if self.rest.as_str().starts_with('\n') {
                self.rest.next();
            }
            c = '\n';
        }
        self.at = after(at, c == '\n');
        Some((c, at))
    }

    fn skip_while(&mut self, wanted: impl Fn(char, Pos) -> bool) {
        while self.peek().is_some_and(|c| wanted(c, self.at)) {
            self.bump();
        }
    }
}

fn after(at: Pos, is_break: bool) -> Pos {
    if is_break { Pos { line: at.line + 1, column: 1 } } else { Pos { line: at.line, column: at.column + 1 } }
}

/// As many runs as a config.yaml of maximum size could need, with one per line of a few characters; a text made
/// entirely of escapes has more, and its positions are not worth the memory.
const MOST_RUNS: usize = 500_000;

/// Records the position of each decoded character, and whether this walk decodes the same text as granit did.
struct Trace<'a> {
    expected: Chars<'a>,
    locate: &'a dyn Fn(Pos) -> Pos,
    runs: Vec<Run>,
    decoded: Pos,
    /// The position of the next character if it continues the run.
    next: Option<Pos>,
    agrees: bool,
}

impl<'a> Trace<'a> {
    fn new(expected: &'a str, locate: &'a dyn Fn(Pos) -> Pos) -> Self {
        let decoded = Pos { line: 1, column: 1 };
        Self { expected: expected.chars(), locate, runs: Vec::new(), decoded, next: None, agrees: true }
    }

    fn push(&mut self, c: char, at: Pos) {
        self.agrees &= self.expected.next() == Some(c);
        self.mark((self.locate)(at));
        let is_break = c == '\n' || (c == '\r' && !self.expected.as_str().starts_with('\n'));
        self.decoded = after(self.decoded, is_break);
        if is_break {
            self.next = None;
        }
    }

    fn mark(&mut self, source: Pos) {
        if self.next != Some(source) && self.agrees {
            self.runs.push(Run { decoded: self.decoded, source });
        }
        if self.runs.len() > MOST_RUNS {
            self.agrees = false;
            self.runs = Vec::new();
        }
        self.next = Some(after(source, false));
    }

    fn ends_with_breaks(&self) -> bool {
        self.expected.as_str().starts_with('\n')
    }

    /// `end` is where the scalar ends: the position after the last character, if that begins a line.
    fn finish(mut self, end: Pos) -> Arc<[Run]> {
        if self.next.is_none() {
            self.mark((self.locate)(end));
        }
        if self.agrees && self.expected.as_str().is_empty() { self.runs.into() } else { Arc::default() }
    }
}

/// A plain or quoted scalar: line breaks fold, a backslash escapes in double quotes. Returns where its text ends.
fn flow_lines(cursor: &mut Cursor<'_>, trace: &mut Trace<'_>, quote: Option<char>) -> Pos {
    if quote.is_some() {
        cursor.bump();
    }
    while let Some((c, at)) = cursor.bump() {
        match (c, quote) {
            ('\'', Some('\'')) if cursor.peek() == Some('\'') => {
                trace.push(c, at);
                cursor.bump();
            }
            ('\\', Some('"')) => escape(cursor, trace, at),
            (' ' | '\t' | '\n', _) => fold(cursor, trace, c, at),
            _ if Some(c) == quote => return at,
            _ => trace.push(c, at),
        }
    }
    cursor.at
}

/// Blanks stay unless they include a line break; one break becomes a space, each further one stays a break.
fn fold(cursor: &mut Cursor<'_>, trace: &mut Trace<'_>, first: char, at: Pos) {
    let (mut blanks, mut breaks) = (Vec::new(), Vec::new());
    let mut current = Some((first, at));
    while let Some((c, at)) = current {
        match c {
            '\n' => breaks.push(at),
            _ if breaks.is_empty() => blanks.push((c, at)),
            _ => {}
        }
        current = if matches!(cursor.peek(), Some(' ' | '\t' | '\n')) { cursor.bump() } else { None };
    }
    match breaks.as_slice() {
        [] => blanks.iter().for_each(|&(c, at)| trace.push(c, at)),
        [only] => trace.push(' ', *only),
        [_, more @ ..] => more.iter().for_each(|&at| trace.push('\n', at)),
    }
}

/// What follows a backslash in double quotes (YAML 1.1, 5.6); granit has already refused anything else.
fn escape(cursor: &mut Cursor<'_>, trace: &mut Trace<'_>, at: Pos) {
    const NAMED: [(char, char); 18] = [
        ('0', '\0'),
        ('a', '\x07'),
        ('b', '\x08'),
        ('t', '\t'),
        ('\t', '\t'),
        ('n', '\n'),
        ('v', '\x0b'),
        ('f', '\x0c'),
        ('r', '\r'),
        ('e', '\x1b'),
        (' ', ' '),
        ('"', '"'),
        ('/', '/'),
        ('\\', '\\'),
        ('N', '\u{85}'),
        ('_', '\u{a0}'),
        ('L', '\u{2028}'),
        ('P', '\u{2029}'),
    ];
    const DIGITS: [(char, u32); 3] = [('x', 2), ('u', 4), ('U', 8)];
    let Some((name, _)) = cursor.bump() else { return };
    if name == '\n' {
        // An escaped line break is removed with the indentation of the next line; empty lines in between stay.
        cursor.skip_while(|c, _| matches!(c, ' ' | '\t'));
        while cursor.peek() == Some('\n') {
            let at = cursor.at;
            cursor.bump();
            trace.push('\n', at);
            cursor.skip_while(|c, _| matches!(c, ' ' | '\t'));
        }
    } else if let Some((_, length)) = DIGITS.iter().find(|(letter, _)| *letter == name) {
        let digits = (0..*length).filter_map(|_| cursor.bump()?.0.to_digit(16));
        let code = digits.fold(0_u32, |code, digit| code.wrapping_mul(16).wrapping_add(digit));
        trace.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), at);
    } else if let Some((_, meant)) = NAMED.iter().find(|(letter, _)| *letter == name) {
        trace.push(*meant, at);
    }
    // An escape is wider than the single column of the character that it stands for.
    trace.next = None;
}

/// A block scalar from its first character after the indentation, where granit's span starts. Uses libyaml's algorithm.
/// Returns where its text ends.
fn block_lines(cursor: &mut Cursor<'_>, trace: &mut Trace<'_>, literal: bool) -> Pos {
    let margin = cursor.at.column;
    let mut breaks = leading_breaks(cursor, trace);
    let mut line_end: Option<Pos> = None;
    let mut was_blank = false;
    while cursor.at.column == margin && cursor.peek().is_some() {
        let is_blank = matches!(cursor.peek(), Some(' ' | '\t'));
        if let Some(at) = line_end {
            match (literal || was_blank || is_blank, breaks.is_empty()) {
                (true, _) => trace.push('\n', at),
                (false, true) => trace.push(' ', at),
                (false, false) => {}
            }
        }
        breaks.drain(..).for_each(|at| trace.push('\n', at));
        while cursor.peek().is_some_and(|c| c != '\n') {
            if let Some((c, at)) = cursor.bump() {
                trace.push(c, at);
            }
        }
        was_blank = is_blank;
        line_end = cursor.bump().map(|(_, at)| at);
        breaks = blank_lines(cursor, margin);
    }
    // granit has decided, by the header's `-` or `+`, how many of the last breaks belong to the text.
    for at in line_end.into_iter().chain(breaks) {
        if trace.ends_with_breaks() {
            trace.push('\n', at);
        }
    }
    cursor.at
}

/// The empty lines between the header and the span: as many as there are breaks at the start of the text.
fn leading_breaks(cursor: &Cursor<'_>, trace: &Trace<'_>) -> Vec<Pos> {
    let count = trace.expected.clone().take_while(|&c| c == '\n').count();
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let first = cursor.at.line.saturating_sub(count);
    (first..cursor.at.line).map(|line| Pos { line, column: cursor.at.column }).collect()
}

/// Skips indentation up to `margin` and lines that hold nothing more.
fn blank_lines(cursor: &mut Cursor<'_>, margin: u32) -> Vec<Pos> {
    let mut breaks = Vec::new();
    loop {
        cursor.skip_while(|c, at| c == ' ' && at.column < margin);
        if cursor.peek() != Some('\n') {
            return breaks;
        }
        breaks.extend(cursor.bump().map(|(_, at)| at));
    }
}
