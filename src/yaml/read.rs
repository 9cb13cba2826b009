//! Parses a text into its documents.

use super::limits::Limits;
use super::syntax::{Fault, gate};
use super::tree::{Builder, Stop};
use super::{Dialect, Document, Node, Origin, Pos, check};
use crate::diagnostic::{Diagnostics, codes};
use granit_parser::Event;

/// The result of reading a text.
#[derive(Default)]
struct Stream {
    /// The documents that could be read and are not empty, with their index in the stream.
    documents: Vec<(usize, Document)>,
    /// Where each document starts, empty ones included.
    starts: Vec<Pos>,
    faults: Vec<Fault>,
    /// The first document that could not be read.
    first_broken: Option<usize>,
}

/// Reads all documents of a text; an empty one is skipped.
///
/// Problems go to `diagnostics`. A document with a syntax error or beyond the limits is left out, and reading continues
/// at the next `---`. After any other problem the document is kept, without refused keys, and with refused values as
/// text.
#[must_use]
pub fn parse(text: &str, origin: &Origin<'_>, dialect: Dialect, diagnostics: &mut Diagnostics) -> Vec<Document> {
    let stream = Stream::read(text, origin, dialect, Limits::INPUT).report(origin, diagnostics);
    stream.documents.into_iter().map(|(_, document)| document).collect()
}

/// Reads all documents of what was exported of a cluster, like [`parse`]: such a text may be larger than a file of an input.
#[must_use]
pub fn parse_export(text: &str, origin: &Origin<'_>, diagnostics: &mut Diagnostics) -> Vec<Document> {
    let stream = Stream::read(text, origin, Dialect::Kubernetes, Limits::EXPORT).report(origin, diagnostics);
    stream.documents.into_iter().map(|(_, document)| document).collect()
}

/// Reads all documents of a text that this program wrote or rendered itself, like [`parse`] but without checking it
/// with libyaml and without tracing character positions, which cost more than the reading itself. The limits do not
/// apply either, as the input has already been held to them.
#[must_use]
pub fn parse_own(text: &str, origin: &Origin<'_>, diagnostics: &mut Diagnostics) -> Vec<Document> {
    let mut stream = Stream::default();
    stream.read_documents(Builder::own(text, origin), origin);
    stream.report(origin, diagnostics).documents.into_iter().map(|(_, document)| document).collect()
}

/// Reads a text that should be a single document, like [`parse`]: its root, or `None` if it is empty or unreadable. A
/// second document is not read, which a warning reports.
#[must_use]
pub fn parse_one(text: &str, origin: &Origin<'_>, dialect: Dialect, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut stream = Stream::read(text, origin, dialect, Limits::INPUT);
    if let Some(second) = stream.starts.get(1) {
        let message = "a second document starts here; only the first is read";
        let fault = Fault::new(codes::YAML_SECOND_DOCUMENT, *second, message);
        stream.faults.push(fault.hint("keep one document: Quay refuses a config.yaml with two"));
    }
    let documents = stream.report(origin, diagnostics).documents;
    documents.into_iter().map(|(_, document)| document.root).next()
}

impl Stream {
    fn read(text: &str, origin: &Origin<'_>, dialect: Dialect, limits: Limits) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > limits.bytes {
            let message = format!("the text is larger than {} MiB", limits.bytes >> 20);
            return Self::refused(vec![Fault::new(
                codes::YAML_LIMIT,
                origin.locate(Pos { line: 1, column: 1 }),
                message,
            )]);
        }
        let unprintable = check::unprintable(text);
        if !unprintable.is_empty() {
            return Self::refused(unprintable.iter().map(|found| Fault::of_character(found, origin)).collect());
        }
        let mut stream = Self::default();
        stream.read_documents(Builder::new(text, origin, dialect, limits), origin);
        stream.pass_gate(text, origin);
        stream
    }

    fn refused(faults: Vec<Fault>) -> Self {
        Self { faults, ..Self::default() }
    }

    fn read_documents(&mut self, mut builder: Builder<'_>, origin: &Origin<'_>) {
        let text = builder.text;
        let mut skipped_from = None;
        loop {
            let stop = match self.read_document(&mut builder, origin, &mut skipped_from) {
                Ok(true) => continue,
                Ok(false) => break,
                Err(stop) => stop,
            };
            self.first_broken.get_or_insert(self.starts.len().saturating_sub(1));
            self.faults.push(stop.fault);
            skipped_from = Some(line_end(text, stop.byte));
            // Beyond a limit of the whole text every further document would give the same error.
            if builder.is_spent()
                || !builder.takes_documents(self.starts.len())
                || !matches!(builder.events.proceed_next_document(), Ok(true))
            {
                break;
            }
        }
        builder.opaque.extend(skipped_from.map(|from| from..text.len()));
        // Of two faults on one line, the one about a TAB is the cause. PyYAML refuses every TAB; kubectl's reader
        // accepts one that separates, as before a comment.
        let is_broken = |tab: &Fault| self.faults.iter().any(|fault| fault.at.line == tab.at.line);
        let tabs: Vec<_> = check::tabs(text, &builder.opaque)
            .iter()
            .map(|found| Fault::of_tab(found, origin))
            .filter(|tab| builder.dialect == Dialect::Python || is_broken(tab))
            .collect();
        self.faults.retain(|fault| fault.code != codes::YAML_SYNTAX || tabs.iter().all(|t| t.at.line != fault.at.line));
        self.faults.extend(tabs);
        self.faults.append(&mut builder.faults);
    }

    /// Reads the next document and what precedes it. Returns whether there may be more.
    fn read_document<'a>(
        &mut self,
        builder: &mut Builder<'a>,
        origin: &Origin<'_>,
        skipped_from: &mut Option<usize>,
    ) -> Result<bool, Stop> {
        let found = builder.next();
        if found.is_err() {
            // The text between two documents is wrong: a directive, or the start of a document.
            self.starts.push(Pos::default());
        }
        match found? {
            None | Some((Event::StreamEnd, _)) => Ok(false),
            Some((Event::DocumentStart(is_explicit, _), span)) => {
                let start = origin.locate(super::text::position_of(&span.start));
                let number = self.starts.len();
                self.starts.push(start);
                if !builder.takes_documents(self.starts.len()) {
                    let fault = Fault::new(
                        codes::YAML_LIMIT,
                        start,
                        format!("more than {} documents", builder.limits.documents),
                    );
                    let byte = span.start.byte_offset().unwrap_or_default();
                    return Err(Stop { fault: fault.hint("spread them over several files"), byte });
                }
                let byte = span.start.byte_offset().unwrap_or_default();
                builder.opaque.extend(skipped_from.take().filter(|from| *from < byte).map(|from| from..byte));
                if let Some(root) = builder.root()? {
                    let line = if is_explicit { start.line } else { root.pos.line };
                    self.documents.push((number, Document { root, line }));
                }
                Ok(true)
            }
            Some(_) => Ok(true),
        }
    }

    /// Removes the document that libyaml refuses, unless a fault has already been found there.
    fn pass_gate(&mut self, text: &str, origin: &Origin<'_>) {
        // libyaml's time grows with the square of the nesting.
        if self.faults.iter().any(|fault| fault.code == codes::YAML_LIMIT) {
            return;
        }
        let Some((refused, fault)) = gate(text, origin) else { return };
        if self.first_broken.is_some_and(|broken| broken <= refused) {
            return;
        }
        self.documents.retain(|(number, _)| *number != refused);
        if self.faults.iter().all(|known| known.at.line != fault.at.line) {
            self.faults.push(fault);
        }
    }

    fn report(mut self, origin: &Origin<'_>, diagnostics: &mut Diagnostics) -> Self {
        for fault in std::mem::take(&mut self.faults) {
            diagnostics.push(fault.into_diagnostic(origin));
        }
        self
    }
}

/// The end of the line that `byte` is in.
fn line_end(text: &str, byte: usize) -> usize {
    text.get(byte..).and_then(|rest| rest.find(['\n', '\r'])).map_or(text.len(), |length| byte + length)
}
