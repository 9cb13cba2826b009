//! `quay-render build`.

use super::{Fatal, Outcome, Strictness, failed, print, read, report};
use crate::output::{self, Report};
use crate::{compile, emit, immutable};
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Render a registry.
#[derive(Args)]
pub struct Build {
    /// A directory, a file, or - for standard input
    input: String,
    /// The directory to write; what is no longer wanted there is removed, what is not quay-render's stays
    #[arg(long, value_name = "DIR", required_unless_present = "stdout")]
    out: Option<PathBuf>,
    /// Print one stream of documents instead
    #[arg(long, conflicts_with = "out")]
    stdout: bool,
    /// Take over files that a person edited or put in the way
    #[arg(long, requires = "out")]
    force: bool,
    /// Read image overrides from the operator's variables RELATED_IMAGE_COMPONENT_* too
    #[arg(long)]
    env_images: bool,
    #[command(flatten)]
    strictness: Strictness,
}

impl Build {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut inputs = read(&self.input, self.out.as_deref(), self.env_images)?;
        inputs.options = self.strictness.options();
        let compiled = compile(&inputs);
        report(&compiled.diagnostics, Some(&inputs));
        let Some(rendered) = compiled.registry else {
            if let Some(out) = self.out.filter(|out| output::unfinished(out)) {
                eprintln!(
                    "{}: an earlier run was interrupted; the next build that is not refused completes it",
                    out.display()
                );
            }
            return Ok(Outcome::Refused);
        };
        let Some(out) = self.out else {
            print(emit::stream(&rendered.objects))?;
            return Ok(Outcome::Done);
        };
        let review = |old: &BTreeMap<String, Vec<u8>>| {
            let named = old.iter().map(|(path, bytes)| (out.join(path).display().to_string(), bytes.as_slice()));
            immutable::review(named, &rendered.objects)
        };
        match output::write_reviewed(&out, &rendered.files(), rendered.lock_key().as_ref(), self.force, &review) {
            Ok(done) => {
                report(&done.review, None);
                eprintln!("{}: {}", out.display(), summary(&done));
                Ok(Outcome::Done)
            }
            Err(failure) => failed(failure),
        }
    }
}

fn summary(report: &Report) -> String {
    let resumed = if report.completed_journal { "an interrupted run was completed; " } else { "" };
    format!(
        "{resumed}{} added, {} changed, {} removed, {} unchanged",
        report.added.len(),
        report.changed.len(),
        report.removed.len(),
        report.unchanged
    )
}
