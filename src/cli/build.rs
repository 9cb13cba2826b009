//! `quay-render build`.

use super::fleet::{self, Choice};
use super::terminal::tell;
use super::{Fatal, Outcome, Strictness, failed, print, print_lines, read, report};
use crate::diagnostic::{Diagnostics, codes};
use crate::output::{self, Change, Failure, Report, Wanted};
use crate::report::visible;
use crate::{Rendered, compile, emit, immutable};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Render a registry, or all of a fleet.
#[derive(Args)]
pub struct Build {
    /// A directory, a file, or - for standard input; a directory with registries in its folders is a fleet
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
    choice: Choice,
    #[command(flatten)]
    strictness: Strictness,
}

impl Build {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let options = self.strictness.options();
        match fleet::find(&self.input, self.out.as_deref(), &self.choice, options, self.env_images)? {
            None => self.one(),
            Some(run) => match &self.out {
                None => fleet::stream(&run),
                Some(out) if self.check => fleet::check(&run, out),
                Some(out) => fleet::write(&run, out, self.force),
            },
        }
    }

    fn one(self) -> Result<Outcome, Fatal> {
        let mut inputs = read(&self.input, self.out.as_deref(), self.env_images)?;
        inputs.options = self.strictness.options();
        let compiled = compile(&inputs);
        report(&compiled.diagnostics, Some(&inputs));
        let Some(rendered) = compiled.registry else {
            if self.check {
                return Ok(Outcome::NotCompared);
            }
            if let Some(out) = self.out.filter(|out| output::unfinished(out)) {
                tell(format_args!(
                    "{}: an earlier run was interrupted; the next build that is not refused completes it",
                    out.display()
                ));
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
        let review = |old: &BTreeMap<String, Vec<u8>>| reviewed(&out, old, &rendered);
        match output::write_reviewed(&out, &rendered.files(), rendered.lock_key().as_ref(), self.force, &review) {
            Ok(done) => {
                report(&done.review, None);
                tell(format_args!("{}: {}", out.display(), counts(&done)));
                Ok(Outcome::Done)
            }
            Err(failure) => failed(failure),
        }
    }
}

/// What a cluster would make of the files of a directory that are replaced.
pub(super) fn reviewed(out: &Path, old: &BTreeMap<String, Vec<u8>>, rendered: &Rendered) -> Diagnostics {
    let named = old.iter().map(|(path, bytes)| (out.join(path).display().to_string(), bytes.as_slice()));
    immutable::review(named, &rendered.objects, &rendered.resolved.release)
}

/// What a run did, in numbers.
pub(super) fn counts(report: &Report) -> String {
    let resumed = if report.completed_journal { "an interrupted run was completed; " } else { "" };
    format!(
        "{resumed}{} added, {} changed, {} removed, {} unchanged",
        report.added.len(),
        report.changed.len(),
        report.removed.len(),
        report.unchanged
    )
}

/// How a directory differs from what a build would leave.
pub(super) struct Checked {
    /// Each file that does, behind what is the matter with it:
    ///
    /// - `missing`: it is not there;
    /// - `changed`: it is as an earlier build left it, and the input asks for something else;
    /// - `edited`: a person changed it, or it was written with other keys;
    /// - `foreign`: it is in the way, and quay-render has not written it;
    /// - `stale`: it is no longer part of the output.
    pub lines: Vec<(&'static str, String)>,
    /// What is in the way of a file and is none.
    pub problems: Diagnostics,
    /// How many files there are.
    pub total: usize,
}

impl Checked {
    /// A directory that has nothing but what a killed run left.
    pub fn scrap() -> Self {
        Self { lines: vec![("stale", output::STAGING.to_owned())], problems: Diagnostics::new(), total: 0 }
    }

    pub fn differs(&self) -> bool {
        !self.lines.is_empty() || self.problems.has_errors()
    }
}

/// Compares a directory with what is wanted, by force.
///
/// # Errors
/// Where that cannot be told.
pub(super) fn checked(wanted: Wanted<'_>) -> Result<Checked, Failure> {
    let plan = match output::compare_with(wanted) {
        Ok(plan) => plan,
        // A link or a directory in the way of a file is a difference; in every other case nobody can tell.
        Err(Failure::Refused(problems)) if problems.iter().all(|problem| problem.code == codes::OUTPUT_FOREIGN) => {
            return Ok(Checked { lines: Vec::new(), problems, total: 0 });
        }
        Err(failure) => return Err(failure),
    };
    let touched = match output::compare_with(Wanted { force: false, ..wanted }) {
        Err(Failure::Refused(problems)) => touched(&problems),
        _ => BTreeMap::new(),
    };
    let mut lines = Vec::new();
    for (path, change) in plan.changes() {
        let by_person = touched.get(&wanted.target.join(path).display().to_string());
        let word = match change {
            Change::Unchanged => continue,
            Change::Added => "missing",
            Change::Changed => by_person.copied().unwrap_or("changed"),
            Change::Removed => by_person.copied().unwrap_or("stale"),
        };
        lines.push((word, path.to_owned()));
    }
    if output::is_scrap(wanted.target) {
        lines.push(("stale", output::STAGING.to_owned()));
    }
    if lines.is_empty() && !plan.is_empty() {
        let word = if wanted.files.is_some() { "changed" } else { "stale" };
        lines.push((word, output::LOCK.to_owned()));
    }
    Ok(Checked { lines, problems: Diagnostics::new(), total: plan.changes().count() })
}

/// Prints each file that is not as `build` would leave it, with what is the matter.
fn check(out: &Path, rendered: &Rendered) -> Result<Outcome, Fatal> {
    let (files, key) = (rendered.files(), rendered.lock_key());
    let checked = match checked(Wanted {
        target: out,
        within: None,
        files: Some(&files),
        key: key.as_ref(),
        force: true,
        review: None,
    }) {
        Ok(checked) => checked,
        Err(Failure::Refused(problems)) => {
            report(&problems, None);
            return Ok(Outcome::NotCompared);
        }
        Err(failure @ Failure::Io { .. }) => return Err(failure.into()),
    };
    if checked.problems.has_errors() {
        report(&checked.problems, None);
        return Ok(Outcome::Differs);
    }
    for (word, path) in &checked.lines {
        print_lines(format_args!("{word:<7} {}", visible(path)))?;
    }
    tell(format_args!("{}: {} of {} files differ", out.display(), checked.lines.len(), checked.total));
    Ok(if checked.differs() { Outcome::Differs } else { Outcome::Done })
}

/// The files that a build would refuse to overwrite, and why, by their place.
fn touched(problems: &Diagnostics) -> BTreeMap<String, &'static str> {
    let word = |code| if code == codes::OUTPUT_EDITED { "edited" } else { "foreign" };
    let places = problems.iter().filter_map(|it| Some((it.location.as_ref()?.file.clone(), word(it.code))));
    places.collect()
}
