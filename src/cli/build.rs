//! `quay-render build`.

use super::{Fatal, Outcome, Strictness, failed, print, read, report};
use crate::diagnostic::{Diagnostics, codes};
use crate::output::{self, Change, Failure, Report};
use crate::{Rendered, compile, emit, immutable};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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
    /// Write nothing: print the files that differ from what would be written (exit code 1 if any does)
    #[arg(long, requires = "out", conflicts_with = "force")]
    check: bool,
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
            if self.check {
                return Ok(Outcome::NotCompared);
            }
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
        if self.check {
            return check(&out, &rendered);
        }
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

/// Prints each file that is not as `build` would leave it, with what is the matter:
///
/// - `missing`: it is not there;
/// - `changed`: it is as an earlier build left it, and the input asks for something else;
/// - `edited`: a person changed it, or it was written with other keys;
/// - `foreign`: it is in the way, and quay-render has not written it;
/// - `stale`: it is no longer part of the output.
fn check(out: &Path, rendered: &Rendered) -> Result<Outcome, Fatal> {
    let (files, key) = (rendered.files(), rendered.lock_key());
    let plan = match output::compare(out, &files, key.as_ref(), true) {
        Ok(plan) => plan,
        Err(Failure::Refused(problems)) => {
            report(&problems, None);
            // A link or a directory in the way of a file is a difference; in every other case nobody can tell.
            let differs = problems.iter().all(|problem| problem.code == codes::OUTPUT_FOREIGN);
            return Ok(if differs { Outcome::Differs } else { Outcome::NotCompared });
        }
        Err(failure @ Failure::Io { .. }) => return Err(failure.into()),
    };
    let touched = match output::compare(out, &files, key.as_ref(), false) {
        Err(Failure::Refused(problems)) => touched(&problems),
        _ => BTreeMap::new(),
    };
    let mut differing = 0;
    for (path, change) in plan.changes() {
        let by_person = touched.get(&out.join(path).display().to_string());
        let word = match change {
            Change::Unchanged => continue,
            Change::Added => "missing",
            Change::Changed => by_person.copied().unwrap_or("changed"),
            Change::Removed => by_person.copied().unwrap_or("stale"),
        };
        differing += 1;
        print(format_args!("{word:<7} {path}\n"))?;
    }
    if differing == 0 && !plan.is_empty() {
        differing = 1;
        print(format_args!("{:<7} {}\n", "changed", output::LOCK))?;
    }
    eprintln!("{}: {differing} of {} files differ", out.display(), plan.changes().count());
    Ok(if differing == 0 { Outcome::Done } else { Outcome::Differs })
}

/// The files that a build would refuse to overwrite, and why, by their place.
fn touched(problems: &Diagnostics) -> BTreeMap<String, &'static str> {
    let word = |code| if code == codes::OUTPUT_EDITED { "edited" } else { "foreign" };
    let places = problems.iter().filter_map(|it| Some((it.location.as_ref()?.file.clone(), word(it.code))));
    places.collect()
}
