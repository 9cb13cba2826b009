//! Sorts documents by apiVersion and kind, never by file name.

use super::document::Document;
use super::intake;
use super::layers::{Files, overlay};
use super::secrets::Mode;
use super::skipped::{self, Skipped};
use super::{API_VERSION, RenderConfig, placeholder, sealed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::{Inputs, Parsed, Shared, Source};
use crate::object::base_names;
use crate::yaml::{self, Dialect, Origin};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The documents of an input, sorted.
#[derive(Default)]
pub struct Documents {
    /// The QuayRegistry.
    pub registry: Option<Document>,
    /// The RenderConfig.
    pub config: Option<Document>,
    /// The SealedValues.
    pub sealed: Option<Document>,
    /// All Secrets: only the registry tells which of them is which.
    pub(super) secrets: Vec<Document>,
    /// Documents for other programs.
    pub(super) skipped: Skipped,
    /// The kinds of documents that unreadable files may contain.
    doubtful: BTreeSet<&'static str>,
}

/// Reads every source and sorts its documents.
pub fn gather(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Documents {
    let mut found = Documents::default();
    if inputs.problems.has_errors() {
        found.doubtful.extend(NEEDED);
    }
    for source in &inputs.sources {
        for document in found.parse(source, parse, diagnostics) {
            found.sort(document, diagnostics);
        }
    }
    let base = found.base(&inputs.above, diagnostics);
    found.config = laid(base, found.config.take());
    found
}

/// The kinds that every input needs.
const NEEDED: [&str; 2] = ["QuayRegistry", "RenderConfig"];

/// Takes out of a document what is refused, before anything reads it.
fn admit(mut document: Document, diagnostics: &mut Diagnostics) -> Document {
    if is_ours(document.api(), document.kind()) && !document.is_encrypted() {
        intake::screen(&mut document, diagnostics);
    }
    document
}

/// Whether documents of that kind are read.
fn is_ours(api: &str, kind: &str) -> bool {
    matches!(
        (api, kind),
        (skipped::QUAY, "QuayRegistry") | (API_VERSION, "RenderConfig" | sealed::KIND) | ("v1", "Secret")
    )
}

/// Merges a document over another, if there are both.
fn laid(below: Option<Document>, above: Option<Document>) -> Option<Document> {
    match (below, above) {
        (Some(below), Some(above)) => {
            let (files, root) = overlay((below.files, below.root), (above.files, above.root));
            Some(Document { files, root })
        }
        (below, above) => above.or(below),
    }
}

/// Reads the documents of a file.
fn parse(source: &Source, text: &str) -> Parsed {
    let mut problems = Diagnostics::new();
    let documents = yaml::parse(text, &origin(source), Dialect::Kubernetes, &mut problems);
    (documents, problems)
}

fn origin(source: &Source) -> Origin<'_> {
    Origin { file: &source.name, within: None }
}

impl Documents {
    fn parse(
        &mut self,
        source: &Source,
        parse: impl FnOnce(&Source, &str) -> Parsed,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Document> {
        let text = match source.text() {
            Ok(text) => text,
            Err(problem) => {
                self.doubtful.extend(NEEDED);
                diagnostics.push(problem);
                return Vec::new();
            }
        };
        if text.starts_with("#!") {
            self.skipped.count("script", Location::file(&source.name));
            return Vec::new();
        }
        let (documents, problems) = parse(source, text);
        if problems.has_errors() {
            self.doubtful.extend(NEEDED.iter().filter(|kind| text.contains(**kind)));
            if let Some(pos) = placeholder::template_line(text) {
                diagnostics.push(placeholder::template(origin(source).location(pos)));
                return Vec::new();
            }
        }
        diagnostics.extend(problems);
        let files = Files::one(&source.name, text);
        documents
            .into_iter()
            .flat_map(|document| Document { files: files.clone(), root: document.root }.unwrapped())
            .map(|document| admit(document, diagnostics))
            .collect()
    }

    /// The RenderConfigs of the folders above, merged, the innermost winning.
    fn base(&mut self, above: &[Vec<Arc<Shared>>], diagnostics: &mut Diagnostics) -> Option<Document> {
        let mut base = None;
        for folder in above {
            let mut level = None;
            for file in folder {
                // Each registry merges its own document over it, so it gets a copy.
                let once = |source: &Source, text: &str| file.parsed(|| parse(source, text)).clone();
                for document in self.parse(&file.source, once, diagnostics) {
                    self.sort_above(document, &mut level, diagnostics);
                }
            }
            base = laid(base, level);
        }
        base
    }

    /// Sorts a document in a folder above registries, where only a RenderConfig is read.
    fn sort_above(&mut self, document: Document, level: &mut Option<Document>, diagnostics: &mut Diagnostics) {
        let (api, kind) = (document.api().to_owned(), document.kind().to_owned());
        if (api.as_str(), kind.as_str()) == (API_VERSION, "RenderConfig") {
            return fill(level, document, &kind, diagnostics);
        }
        let is_secret = (api.as_str(), kind.as_str()) == ("v1", "Secret");
        let is_of_registry =
            is_secret && (document.has_data("config.yaml") || document.name().contains(base_names::KEYS_SECRET));
        if is_secret && !is_of_registry {
            self.skipped.add(&document);
        } else if is_secret || (api == API_VERSION && kind == sealed::KIND) {
            let message = format!("{kind} belongs to one registry, and this folder holds several");
            let problem = Diagnostic::new(codes::INPUT_DOCUMENT, message).at(document.place());
            diagnostics.push(problem.hint("move it into the folder of its QuayRegistry"));
        } else {
            self.sort(document, diagnostics);
        }
    }

    fn sort(&mut self, document: Document, diagnostics: &mut Diagnostics) {
        let slot = match (document.api(), document.kind()) {
            (skipped::QUAY, "QuayRegistry") => &mut self.registry,
            (API_VERSION, "RenderConfig") => &mut self.config,
            (API_VERSION, sealed::KIND) => &mut self.sealed,
            ("v1", "Secret") => return self.secrets.push(document),
            _ => {
                match skipped::mistake(&document) {
                    Some((meant, problem)) => {
                        self.doubtful.extend(meant);
                        diagnostics.push(problem);
                    }
                    None => self.skipped.add(&document),
                }
                return;
            }
        };
        let kind = document.kind().to_owned();
        if document.is_encrypted() {
            self.doubtful.extend(NEEDED.iter().filter(|needed| **needed == kind));
            diagnostics.push(placeholder::encrypted(&document));
        } else {
            fill(slot, document, &kind, diagnostics);
        }
    }

    /// Reports placeholders in the documents that other programs fill in.
    pub fn refuse_placeholders(&self, diagnostics: &mut Diagnostics) {
        for document in [&self.registry, &self.config].into_iter().flatten() {
            placeholder::refuse(&document.root, &|pos| document.files.location(pos), diagnostics);
        }
    }

    /// Reports which of the required documents are missing.
    pub fn report_missing(&self, release: &str, diagnostics: &mut Diagnostics) {
        if self.registry.is_none() && !self.doubtful.contains("QuayRegistry") {
            diagnostics.push(Diagnostic::new(codes::INPUT_MISSING, "the input holds no QuayRegistry").hint(
                "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: my-registry\n  namespace: quay",
            ));
        }
        if self.config.is_none() && !self.doubtful.contains("RenderConfig") {
            let example = format!(
                "apiVersion: {API_VERSION}\nkind: RenderConfig\nspec:\n  release: {release:?}\n  cluster:\n    platform: openshift\n    appsDomain: apps.example.com"
            );
            diagnostics.push(Diagnostic::new(codes::INPUT_MISSING, "the input holds no RenderConfig").hint(example));
        }
    }

    /// Notes that sealed values are unused in the secrets mode of `config`.
    pub fn note_unused(&self, config: &RenderConfig, diagnostics: &mut Diagnostics) {
        let mode = &config.secrets.mode;
        if let Some(sealed) = self.sealed.as_ref().filter(|_| !matches!(mode, Mode::Sealed(_))) {
            let message = format!("SealedValues is not compiled: the mode of secrets is {}", mode.as_str());
            diagnostics.push(Diagnostic::new(codes::INPUT_SKIPPED, message).at(sealed.place()));
        }
    }
}

fn fill(slot: &mut Option<Document>, document: Document, kind: &str, diagnostics: &mut Diagnostics) {
    match slot {
        Some(first) => diagnostics.push(twice(kind, first, &document)),
        None => *slot = Some(document),
    }
}

pub(super) fn twice(kind: &str, first: &Document, second: &Document) -> Diagnostic {
    Diagnostic::new(codes::INPUT_DUPLICATE, format!("a second {kind}; the first is at {}", first.place()))
        .at(second.place())
        .hint("one input is one registry: keep one, or use a directory for each")
}
