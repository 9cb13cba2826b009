//! Parses a text with a single document, as written.

use super::{Data, Layout, Quotes, Raw};
use crate::diagnostic::{Diagnostics, codes};
use crate::yaml::syntax::{Events, Fault, MAX_NESTING, parser};
use crate::yaml::text::position_of;
use crate::yaml::tree::{STANDARD_TAGS, add, is_absent};
use crate::yaml::{Origin, check};
use granit_parser::{Event, ScalarStyle, Span, StructureStyle, Tag};
use std::collections::BTreeMap;

/// The maximum number of values in a text, including aliases.
const MAX_NODES: usize = 2_000_000;
/// The maximum size of a text in bytes.
pub const MAX_BYTES: usize = 32 << 20;
/// How many values, and how many bytes of text, anchors and aliases may repeat when they are expanded.
const MAX_REPEATED_NODES: usize = 150_000;
const MAX_REPEATED_BYTES: usize = 4 << 20;

type Step<T> = Result<T, Fault>;

struct Anchored {
    raw: Raw,
    nodes: usize,
    bytes: usize,
    height: usize,
}

struct Reader<'a> {
    events: Events<'a>,
    origin: &'a Origin<'a>,
    anchors: BTreeMap<usize, Anchored>,
    /// The values and bytes read so far.
    nodes: usize,
    bytes: usize,
    /// How many of these are copies.
    repeated_nodes: usize,
    repeated_bytes: usize,
    last: Span,
}

/// Reads the single document of a text written by a program, checked by the parser alone; whatever is compiled is read
/// again by [`crate::yaml::parse`]. If it cannot be read, is empty or has a second document, reports a problem and
/// returns `None`.
#[must_use]
pub fn read(text: &str, origin: &Origin<'_>, diagnostics: &mut Diagnostics) -> Option<Raw> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut refuse = |fault: Fault| diagnostics.push(fault.into_diagnostic(origin));
    if text.len() > MAX_BYTES {
        let at = origin.locate(crate::yaml::Pos { line: 1, column: 1 });
        refuse(Fault::new(codes::YAML_LIMIT, at, format!("the text is larger than {} MiB", MAX_BYTES >> 20)));
        return None;
    }
    let unprintable = check::unprintable(text);
    if !unprintable.is_empty() {
        unprintable.iter().for_each(|found| refuse(Fault::of_character(found, origin)));
        return None;
    }
    let mut reader = Reader {
        events: parser(text, MAX_NESTING),
        origin,
        anchors: BTreeMap::new(),
        nodes: 0,
        bytes: 0,
        repeated_nodes: 0,
        repeated_bytes: 0,
        last: Span::default(),
    };
    reader.document().map_err(refuse).ok()
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Step<(Event<'a>, Span)> {
        loop {
            match self.events.next_event() {
                Some(Ok((Event::Anchor(..), _))) => {}
                Some(Ok((event, span))) => {
                    self.last = span;
                    return Ok((event, span));
                }
                Some(Err(error)) => return Err(Fault::of_parser(&error, self.origin)),
                None => return Err(self.fault("the document is not complete")),
            }
        }
    }

    /// A syntax fault at the parser's position.
    fn fault(&self, message: &str) -> Fault {
        Fault::new(codes::YAML_SYNTAX, self.origin.locate(position_of(&self.last.start)), message)
    }

    fn document(&mut self) -> Step<Raw> {
        let mut document = None;
        loop {
            match self.next()? {
                (Event::StreamEnd, _) => return document.ok_or_else(|| self.fault("there is no document")),
                (Event::DocumentStart(..), _) if document.is_some() => {
                    return Err(self.fault("a second document starts here"));
                }
                (Event::DocumentStart(..), _) => {
                    let (event, span) = self.next()?;
                    document = Some(self.node(event, span, 0)?);
                }
                _ => {}
            }
        }
    }

    /// The value that starts with `event`, inside `depth` lists and maps.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Step<Raw> {
        let (nodes, bytes) = (self.nodes, self.bytes);
        let (raw, anchor) = match event {
            Event::Alias(id) => return self.alias(id, depth),
            Event::Scalar(text, style, anchor, tag) => {
                let text: Box<str> = if is_absent(style, span) { Box::default() } else { text.into() };
                self.count(1, text.len())?;
                let data = match style {
                    // A text over several lines can only be text; the meaning of one line depends on its notation.
                    ScalarStyle::Plain if !text.contains('\n') => Data::Plain(text),
                    ScalarStyle::SingleQuoted => Data::Quoted(text, Quotes::Single),
                    ScalarStyle::DoubleQuoted => Data::Quoted(text, Quotes::Double),
                    _ => Data::Quoted(text, Quotes::Any),
                };
                (Raw { tag: tag.as_deref().map(|tag| Box::new(written(tag))), data }, anchor)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(depth)?;
                let data = Data::List(self.list(depth + 1)?, layout(style));
                (Raw { tag: tag.as_deref().map(|tag| Box::new(written(tag))), data }, anchor)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(depth)?;
                let data = Data::Map(self.map(depth + 1)?, layout(style));
                (Raw { tag: tag.as_deref().map(|tag| Box::new(written(tag))), data }, anchor)
            }
            _ => return Err(self.fault("a value is missing")),
        };
        if anchor != 0 {
            let (nodes, bytes) = (self.nodes - nodes, self.bytes - bytes);
            self.repeat(nodes, bytes)?;
            self.anchors.insert(anchor, Anchored { raw: raw.clone(), nodes, bytes, height: height(&raw) });
        }
        Ok(raw)
    }

    fn alias(&mut self, id: usize, depth: usize) -> Step<Raw> {
        let Some(anchored) = self.anchors.get(&id) else {
            return Err(self.fault("an alias repeats a value that it is part of"));
        };
        let (nodes, bytes, height) = (anchored.nodes, anchored.bytes, anchored.height);
        self.check_nesting(depth + height)?;
        self.repeat(nodes, bytes)?;
        self.anchors.get(&id).map(|anchored| anchored.raw.clone()).ok_or_else(|| self.fault("an alias repeats nothing"))
    }

    fn open(&mut self, depth: usize) -> Step<()> {
        self.check_nesting(depth + 1)?;
        self.count(1, 0)
    }

    fn check_nesting(&self, depth: usize) -> Step<()> {
        if depth <= MAX_NESTING {
            return Ok(());
        }
        Err(Fault::too_deep(self.origin.locate(position_of(&self.last.start))))
    }

    /// Counts what is read.
    fn count(&mut self, nodes: usize, bytes: usize) -> Step<()> {
        self.nodes += nodes;
        self.bytes += bytes;
        if self.nodes <= MAX_NODES {
            return Ok(());
        }
        Err(self.beyond(format!("more than {MAX_NODES} values")))
    }

    /// Counts a copy, which also counts as read.
    fn repeat(&mut self, nodes: usize, bytes: usize) -> Step<()> {
        self.repeated_nodes += nodes;
        self.repeated_bytes += bytes;
        if self.repeated_nodes <= MAX_REPEATED_NODES && self.repeated_bytes <= MAX_REPEATED_BYTES {
            return self.count(nodes, bytes);
        }
        let most = MAX_REPEATED_BYTES >> 20;
        Err(self.beyond(format!("aliases repeat more than {MAX_REPEATED_NODES} values or {most} MiB")))
    }

    fn beyond(&self, message: String) -> Fault {
        Fault { code: codes::YAML_LIMIT, ..self.fault(&message) }
    }

    fn list(&mut self, depth: usize) -> Step<Box<[Raw]>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(items.into()),
                (event, span) => add(&mut items, self.node(event, span, depth)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Step<Box<[(Raw, Raw)]>> {
        let mut entries = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(entries.into());
            }
            let key = self.node(event, span, depth)?;
            if matches!(key.data, Data::List(..) | Data::Map(..)) {
                return Err(Fault { code: codes::YAML_KEY, ..self.fault("a key must be a text, this one is not") });
            }
            let (event, span) = self.next()?;
            add(&mut entries, (key, self.node(event, span, depth)?));
        }
    }
}

/// The depth of nested lists and maps in a value, including itself.
fn height(raw: &Raw) -> usize {
    match &raw.data {
        Data::List(items, _) => 1 + items.iter().map(height).max().unwrap_or(0),
        Data::Map(entries, _) => 1 + entries.iter().map(|(_, value)| height(value)).max().unwrap_or(0),
        _ => 0,
    }
}

fn layout(style: StructureStyle) -> Layout {
    if style == StructureStyle::Flow { Layout::Flow } else { Layout::Block }
}

/// A tag in a notation that needs no `%TAG` directive.
fn written(tag: &Tag) -> String {
    if let Some(name) = tag.suffix_in_namespace(STANDARD_TAGS) {
        return format!("!!{}", escaped(&name));
    }
    match tag.parts() {
        ("!", suffix) => format!("!{}", escaped(suffix)),
        ("", "!") => "!".to_owned(),
        (handle, suffix) => format!("!<{handle}{suffix}>"),
    }
}

/// The name of a tag, with characters that would end it as hexadecimal bytes.
fn escaped(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'/' | b':' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
