//! `quay-render diff`.

use super::fleet::{self, Choice};
use super::words::words;
use super::{Fatal, Outcome, only_errors, print, read, report, wants_color};
pub(super) use crate::compare::report::Format;
use crate::compare::{self, compare};
use crate::compile;
use crate::diagnostic::Diagnostics;
use crate::immutable::Table;
use crate::input::{self, Inputs, Options, Source};
use crate::object::Value;
use crate::object::labels::REGISTRY_LABEL;
use crate::yaml::{self, Dialect, Origin};
use clap::Args;
use std::io;
use std::path::Path;

/// Show what differs, field by field, and the effect on the cluster.
///
/// Each side is a directory of manifests, a file of them, an input (a registry or a fleet, which is compiled), or - for
/// standard input. Of secrets it only says that they changed.
#[derive(Args)]
pub struct Diff {
    /// The state before: manifests, an input, or -
    old: String,
    /// The state after: manifests, an input, or -
    #[arg(default_value = ".")]
    new: String,
    /// The format; markdown is for a comment on a pull request
    #[arg(long, default_value = "text", value_parser = words(Format::ALL))]
    format: Format,
    /// Also read image overrides of an input from the operator's variables RELATED_IMAGE_COMPONENT_*
    #[arg(long)]
    env_images: bool,
}

impl Diff {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.old == "-" && self.new == "-" {
            return Err(Fatal("only one of the two can be standard input".to_owned()));
        }
        let (old, new) = (self.side(&self.old)?, self.side(&self.new)?);
        let (Some(old), Some(new)) = (old, new) else { return Ok(Outcome::NotCompared) };
        let comparison = compare(&old, &new, &Table::newest()?);
        print(comparison.render(self.format, wants_color(&io::stdout())))?;
        Ok(if comparison.is_same() { Outcome::Done } else { Outcome::Differs })
    }

    /// The objects of a side; nothing if it is refused, which has already been reported.
    fn side(&self, name: &str) -> Result<Option<Vec<Value>>, Fatal> {
        let choice = Choice { only: Vec::new(), jobs: None };
        if let Some(run) = fleet::find(name, None, &choice, Options::default(), self.env_images)? {
            return fleet::objects(&run);
        }
        let mut inputs = read(name, None, self.env_images)?;
        let mut problems = inputs.problems.clone();
        let mut documents = documents(&inputs.sources, &mut problems);
        if documents.iter().any(is_input) {
            // The input is read again, with the files next to it: keeping both would take twice the memory for a large
            // file.
            drop(documents);
            let compiled = compile(&inputs);
            report(&only_errors(&compiled.diagnostics), Some(&inputs));
            return Ok(compiled.registry.map(|it| it.objects.into_iter().map(|object| object.value).collect()));
        }
        if name != "-" {
            inputs = manifests(name, inputs)?;
            problems = inputs.problems.clone();
            documents = self::documents(&inputs.sources, &mut problems);
        }
        problems.sort();
        report(&only_errors(&problems), Some(&inputs));
        Ok((!problems.has_errors()).then(|| compare::objects(documents)))
    }
}

/// Reads manifests: a directory with everything below it, or one file without the files next to it.
fn manifests(name: &str, mut inputs: Inputs) -> Result<Inputs, Fatal> {
    if Path::new(name).is_dir() {
        return Ok(input::read_tree(name)?);
    }
    inputs.sources.truncate(1);
    Ok(inputs)
}

/// Whether a document makes its file or directory an input, which is compiled or refused. A QuayRegistry that was rendered has
/// the label of rendered objects.
fn is_input(document: &Value) -> bool {
    if !document.str_at(&["metadata", "labels", REGISTRY_LABEL]).is_empty() {
        return false;
    }
    let group = document.str_at(&["apiVersion"]).split('/').next().unwrap_or_default();
    matches!(
        (group, document.str_at(&["kind"])),
        ("quay.redhat.com", "QuayRegistry") | ("quay-render.dev", "RenderConfig")
    )
}

/// All documents of some files.
pub(super) fn documents(sources: &[Source], problems: &mut Diagnostics) -> Vec<Value> {
    let mut found = Vec::new();
    for source in sources {
        let text = match source.text() {
            Ok(text) => text,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let origin = Origin { file: &source.name, within: None };
        let documents = yaml::parse(text, &origin, Dialect::Kubernetes, problems);
        found.extend(documents.iter().map(|document| document.root.to_value()));
    }
    found
}
