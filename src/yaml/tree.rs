//! Builds nodes from parser events: anchors, tags, keys, `<<`, and limits against small texts that make large trees.

use super::limits::Limits;
use super::syntax::{Events, Fault, MAX_NESTING, parser};
use super::text::{Text, position_of};
use super::{Data, Dialect, Entry, Node, Origin, Pos, check, maps, scalar};
use crate::diagnostic::codes;
use crate::object::Value;
use granit_parser::{Event, ScalarStyle, ScanError, Span, StructureStyle, Tag};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

pub(super) const STANDARD_TAGS: &str = "tag:yaml.org,2002:";

/// Why a document was abandoned, and the parser's byte position.
pub(super) struct Stop {
    pub fault: Fault,
    pub byte: usize,
}

type Step<T> = Result<T, Stop>;

/// The size of a node, for the limits.
#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
}

struct Anchored {
    node: Node,
    size: Size,
    height: usize,
}

enum Key {
    Name(String, Pos),
    Merge(Pos),
    Refused,
}

/// Builds the trees of one text.
pub(super) struct Builder<'a> {
    pub(super) text: &'a str,
    origin: &'a Origin<'a>,
    pub(super) dialect: Dialect,
    pub events: Events<'a>,
    /// Problems that do not prevent reading the rest of the document.
    pub faults: Vec<Fault>,
    /// Byte ranges of quoted and block scalars, in order.
    pub opaque: Vec<Range<usize>>,
    anchors: BTreeMap<usize, Anchored>,
    anchor_names: BTreeSet<Cow<'a, str>>,
    used: Size,
    in_brackets: bool,
    /// Whether this program made the text. Such a text is not read again, so the positions of its characters are not
    /// needed, and its size is not limited, as its input has been.
    is_own: bool,
    pub(super) limits: Limits,
    max_nesting: usize,
    last_end: Pos,
    last_byte: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(text: &'a str, origin: &'a Origin<'a>, dialect: Dialect, limits: Limits) -> Self {
        Self { limits, ..Self::with(text, origin, dialect, MAX_NESTING, false) }
    }

    /// A builder for a text that this program made: it may nest deeper, as it contains nested parts of the input.
    pub(super) fn own(text: &'a str, origin: &'a Origin<'a>) -> Self {
        Self::with(text, origin, Dialect::Kubernetes, 2 * MAX_NESTING, true)
    }

    fn with(text: &'a str, origin: &'a Origin<'a>, dialect: Dialect, max_nesting: usize, is_own: bool) -> Self {
        Self {
            text,
            origin,
            dialect,
            events: parser(text, max_nesting),
            faults: Vec::new(),
            opaque: Vec::new(),
            anchors: BTreeMap::new(),
            anchor_names: BTreeSet::new(),
            used: Size::default(),
            in_brackets: false,
            is_own,
            limits: Limits::INPUT,
            max_nesting,
            last_end: Pos { line: 1, column: 1 },
            last_byte: 0,
        }
    }

    /// The next event, or `None` after the last.
    pub(super) fn next(&mut self) -> Step<Option<(Event<'a>, Span)>> {
        loop {
            match self.events.next_event() {
                None => return Ok(None),
                Some(Ok((Event::Anchor(_, name), span))) => self.name_anchor(name, span),
                Some(Ok((event, span))) => {
                    self.last_byte = span.end.byte_offset().unwrap_or(self.last_byte);
                    return Ok(Some((event, span)));
                }
                Some(Err(error)) => return Err(self.stop_at(&error)),
            }
        }
    }

    /// PyYAML, unlike others, refuses two anchors of the same name in a document.
    fn name_anchor(&mut self, name: Cow<'a, str>, span: Span) {
        if !self.anchor_names.insert(name) && self.dialect == Dialect::Python {
            let fault = Fault::new(codes::YAML_VALUE, self.place(span), "an anchor of this name is further up");
            self.faults.push(fault.hint("name it differently; quote a text that starts with &"));
        }
    }

    fn stop_at(&self, error: &ScanError) -> Stop {
        let byte = error.marker().byte_offset().unwrap_or(self.text.len());
        self.tab_behind(error, byte).unwrap_or_else(|| Stop { fault: Fault::of_parser(error, self.origin), byte })
    }

    /// When the parser fails at a TAB, it points to the start of the scalar, which may be lines above.
    fn tab_behind(&self, error: &ScanError, byte: usize) -> Option<Stop> {
        use granit_parser::ErrorKind as E;
        if !matches!(
            error.kind(),
            E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabInPlainScalar
        ) {
            return None;
        }
        let mut tab = check::tabs(self.text.get(byte..)?, &[]).into_iter().next()?;
        let start = position_of(error.marker());
        if tab.at.line == 1 {
            tab.at.column += start.column - 1;
        }
        tab.at.line += start.line - 1;
        Some(Stop { fault: Fault::of_tab(&tab, self.origin), byte: byte + tab.byte })
    }

    fn stop(&self, fault: Fault) -> Stop {
        Stop { fault, byte: self.last_byte }
    }

    /// The next event, which must exist within a document.
    fn require(&mut self) -> Step<(Event<'a>, Span)> {
        match self.next()? {
            Some(found) => Ok(found),
            None => Err(self.stop(Fault::new(codes::YAML_SYNTAX, self.last_end, "the document is not complete"))),
        }
    }

    /// The root of a document whose start was read; `None` if the document is empty.
    pub(super) fn root(&mut self) -> Step<Option<Node>> {
        self.anchors.clear();
        self.anchor_names.clear();
        let (event, span) = self.require()?;
        let is_empty = matches!(&event, Event::Scalar(_, style, 0, None) if is_absent(*style, span));
        let root = self.node(event, span, 0)?;
        Ok((!is_empty).then_some(root))
    }

    fn place(&self, span: Span) -> Pos {
        self.origin.locate(position_of(&span.start))
    }

    fn spend(&mut self, cost: Size, at: Pos) -> Step<()> {
        self.used = Size { nodes: self.used.nodes + cost.nodes, bytes: self.used.bytes + cost.bytes };
        if !self.is_spent() {
            return Ok(());
        }
        let message = format!(
            "more than {} values or {} MiB, counting what aliases repeat",
            self.limits.nodes,
            self.limits.bytes >> 20
        );
        Err(self.stop(Fault::new(codes::YAML_LIMIT, at, message)))
    }

    /// Whether the text as a whole exceeds the limits.
    pub(super) fn is_spent(&self) -> bool {
        !self.is_own && (self.used.nodes > self.limits.nodes || self.used.bytes > self.limits.bytes)
    }

    /// Whether a text may have that many documents.
    pub(super) fn takes_documents(&self, count: usize) -> bool {
        self.is_own || count <= self.limits.documents
    }

    fn check_nesting(&self, depth: usize, at: Pos) -> Step<()> {
        if depth <= self.max_nesting {
            return Ok(());
        }
        Err(self.stop(Fault::too_deep(at)))
    }

    /// The node that starts with `event`, inside `depth` lists and maps.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Step<Node> {
        let pos = self.place(span);
        let before = self.used;
        let (node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, pos, depth),
            Event::Scalar(value, style, anchor, tag) => {
                let value = if is_absent(style, span) { Cow::Borrowed("") } else { value };
                self.spend(Size { nodes: 1, bytes: value.len() }, pos)?;
                (self.scalar(&value, style, tag.as_deref(), span, false), anchor)
            }
            Event::SequenceStart(style, anchor, tag) => {
                self.open(tag.as_deref(), "seq", span, depth)?;
                (Node { pos, data: self.within(style, |it| it.list(depth + 1))?, raw: None }, anchor)
            }
            Event::MappingStart(style, anchor, tag) => {
                self.open(tag.as_deref(), "map", span, depth)?;
                (Node { pos, data: self.within(style, |it| it.map(depth + 1))?, raw: None }, anchor)
            }
            _ => return Err(self.stop(Fault::new(codes::YAML_SYNTAX, pos, "a value is missing"))),
        };
        self.remember(anchor, &node, before)?;
        Ok(node)
    }

    /// Keeps a copy of an anchored node. It counts as much as the node, so that nested anchors stay within the limits.
    fn remember(&mut self, anchor: usize, node: &Node, before: Size) -> Step<()> {
        if anchor == 0 {
            return Ok(());
        }
        let size = Size { nodes: self.used.nodes - before.nodes, bytes: self.used.bytes - before.bytes };
        self.spend(size, node.pos)?;
        self.anchors.insert(anchor, Anchored { node: node.clone(), size, height: height(node) });
        Ok(())
    }

    fn alias(&mut self, id: usize, pos: Pos, depth: usize) -> Step<Node> {
        let Some(anchored) = self.anchors.get(&id) else {
            self.faults.push(Fault::new(codes::YAML_VALUE, pos, "an alias repeats a value that it is part of"));
            return Ok(Node { pos, data: Data::Null, raw: None });
        };
        let size = anchored.size;
        self.check_nesting(depth + anchored.height, pos)?;
        let node = anchored.node.clone();
        self.spend(size, pos)?;
        Ok(node)
    }

    /// Counts and checks a list or map that begins: its size, depth and tag.
    fn open(&mut self, tag: Option<&Tag>, wanted: &str, span: Span, depth: usize) -> Step<()> {
        let pos = self.place(span);
        self.spend(Size { nodes: 1, bytes: 0 }, pos)?;
        self.check_nesting(depth + 1, pos)?;
        if let Some(tag) = tag.filter(|tag| tag.suffix_in_namespace(STANDARD_TAGS).as_deref() != Some(wanted)) {
            self.refuse_tag(tag, span);
        }
        Ok(())
    }

    /// Reads the inside of a list or map, keeping track of whether it is in brackets.
    fn within<T>(&mut self, style: StructureStyle, read: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        let was_in_brackets = self.in_brackets;
        self.in_brackets |= style == StructureStyle::Flow;
        let inside = read(self);
        self.in_brackets = was_in_brackets;
        inside
    }

    fn list(&mut self, depth: usize) -> Step<Data> {
        let mut items = Vec::new();
        loop {
            match self.require()? {
                (Event::SequenceEnd, _) => {
                    items.shrink_to_fit();
                    return Ok(Data::Seq(items));
                }
                (event, span) => add(&mut items, self.node(event, span, depth)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Step<Data> {
        let mut entries = Vec::new();
        let mut layers = Vec::new();
        loop {
            let (event, span) = self.require()?;
            if matches!(event, Event::MappingEnd) {
                break;
            }
            let key = self.key(event, span, depth)?;
            let (event, span) = self.require()?;
            let value = self.node(event, span, depth)?;
            match key {
                Key::Name(key, key_pos) => add(&mut entries, Entry { key, key_pos, value }),
                Key::Merge(at) => match maps::merge_sources(value, at) {
                    Ok(sources) => layers.extend(sources),
                    Err(fault) => self.faults.push(fault),
                },
                Key::Refused => {}
            }
        }
        entries.shrink_to_fit();
        self.faults.extend(maps::duplicates(&entries));
        if layers.is_empty() {
            return Ok(Data::Map(entries));
        }
        layers.push(entries);
        Ok(Data::Map(maps::overlay(layers)))
    }

    /// Turns a key into text: a scalar of another kind as it was written, with a warning.
    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Step<Key> {
        let pos = self.place(span);
        let node = match event {
            Event::Scalar(value, style, 0, None) if !is_absent(style, span) => {
                if style == ScalarStyle::Plain && value == "<<" {
                    return Ok(Key::Merge(pos));
                }
                self.spend(Size { nodes: 1, bytes: value.len() }, pos)?;
                self.scalar(&value, style, None, span, true)
            }
            event => self.node(event, span, depth)?,
        };
        self.last_end = self.origin.locate(position_of(&span.end));
        let kind = node.kind_name();
        match (node.data, node.raw) {
            (Data::Str(text), _) => Ok(Key::Name(text.value, pos)),
            (Data::Bool(_) | Data::Int(_) | Data::Float(_) | Data::Date(_), Some(raw)) => {
                let message = format!("this key is {kind} to its reader; it is read as text");
                self.faults.push(Fault::new(codes::YAML_KEY_TYPE, pos, message).hint("quote it"));
                Ok(Key::Name(raw.into(), pos))
            }
            _ => {
                let fault = Fault::new(codes::YAML_KEY, pos, format!("a key must be a text, this one is {kind}"));
                self.faults.push(fault.hint("quote the key; quote a text that starts with { or ["));
                Ok(Key::Refused)
            }
        }
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span, is_key: bool) -> Node {
        let is_plain = style == ScalarStyle::Plain;
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if !is_plain {
            self.opaque.extend(span.byte_range());
        }
        // An empty block has no character to point to; the parser would point to the one after it.
        let is_nowhere = is_block && is_empty(span);
        let pos = if is_nowhere { self.last_end } else { self.place(span) };
        if is_plain && self.in_brackets && value.contains('?') {
            // PyYAML and kubectl end the text there; libyaml and YAML 1.2 do not.
            let fault = Fault::new(codes::YAML_SYNTAX, pos, "a text in brackets holds a question mark");
            self.faults.push(fault.hint("quote it"));
        }
        let name = tag.map(|tag| tag.suffix_in_namespace(STANDARD_TAGS).unwrap_or_default());
        let meaning = match name.as_deref() {
            None if is_plain && !(is_key && value == "=") => self.meaning(value, pos),
            None | Some("str") => Value::Str(String::new()),
            Some(name) => self.tagged(name, tag, value, span, pos),
        };
        let data = match meaning {
            Value::Null => Data::Null,
            Value::Bool(truth) => Data::Bool(truth),
            Value::Int(digits) => Data::Int(digits),
            Value::Float(number) => Data::Float(number),
            Value::Date(text) => Data::Date(text),
            _ if is_nowhere || self.is_own => Data::Str(Text::at(value, pos)),
            _ => Data::Str(Text::decoded(value, style, span, self.text, &|at| self.origin.locate(at))),
        };
        Node { pos, data, raw: (is_plain && tag.is_none()).then(|| value.into()) }
    }

    /// The meaning of a plain scalar; one that the reader refuses is reported and treated as text.
    fn meaning(&mut self, plain: &str, pos: Pos) -> Value {
        scalar::explain(plain, self.dialect).unwrap_or_else(|reason| {
            let fault = Fault::new(codes::YAML_VALUE, pos, format!("this value cannot be read: {reason}"));
            self.faults.push(fault.hint("quote it if it is text"));
            Value::Str(String::new())
        })
    }

    /// The value of a scalar with a standard tag.
    fn tagged(&mut self, name: &str, tag: Option<&Tag>, value: &str, span: Span, pos: Pos) -> Value {
        let resolved = scalar::explain(value, self.dialect);
        match (name, resolved) {
            ("null", Ok(value @ Value::Null))
            | ("bool", Ok(value @ Value::Bool(_)))
            | ("int", Ok(value @ Value::Int(_)))
            | ("float", Ok(value @ Value::Float(_))) => return value,
            ("float", Ok(Value::Int(digits))) => {
                if let Some(number) = digits.parse().ok().filter(|number: &f64| number.is_finite()) {
                    return Value::Float(number);
                }
            }
            ("null" | "bool" | "int", _) => {}
            _ => {
                if let Some(tag) = tag {
                    self.refuse_tag(tag, span);
                }
                return Value::Str(String::new());
            }
        }
        self.faults.push(Fault::new(codes::YAML_VALUE, pos, format!("this value is not a !!{name}")));
        Value::Str(String::new())
    }

    /// The message omits the tag's text: it may be a password that starts with `!`. In config.yaml a custom tag is no
    /// error: the validator ignores it, and the output has none.
    fn refuse_tag(&mut self, tag: &Tag, span: Span) {
        let start = span.tag_start().unwrap_or(span.start);
        if self.dialect == Dialect::Python && tag.suffix_in_namespace(STANDARD_TAGS).is_none() {
            let at = self.origin.locate(position_of(&start));
            let fault = Fault::new(codes::YAML_TAG, at, "a tag that YAML does not know; the value is read without it");
            self.faults.push(fault.hint("remove the tag: Quay's Python stops at it; quote a text that starts with !"));
            return;
        }
        let fault =
            Fault::new(codes::YAML_VALUE, self.origin.locate(position_of(&start)), "this tag has no meaning here");
        self.faults.push(
            fault.hint("quote a text that starts with !; known are !!str !!int !!float !!bool !!null !!seq !!map"),
        );
    }
}

/// Adds an item to a list or map. Most have just one, so the first gets no spare capacity: in a deep tree that would
/// exceed the nodes.
pub(super) fn add<T>(items: &mut Vec<T>, item: T) {
    if items.is_empty() {
        items.reserve_exact(1);
    }
    items.push(item);
}

fn is_empty(span: Span) -> bool {
    span.end.index() <= span.start.index()
}

/// The parser represents an absent value as a plain `~` of no width.
pub(super) fn is_absent(style: ScalarStyle, span: Span) -> bool {
    style == ScalarStyle::Plain && is_empty(span)
}

/// The depth of nested lists and maps in a node, including itself.
fn height(node: &Node) -> usize {
    match &node.data {
        Data::Seq(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Data::Map(entries) => 1 + entries.iter().map(|entry| height(&entry.value)).max().unwrap_or(0),
        _ => 0,
    }
}
