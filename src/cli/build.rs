//! `quay-render build`.

use super::checked::{checked, counts, reviewed, upgraded};
use super::fleet::{self, Choice};
use super::terminal::tell;
use super::{Fatal, Outcome, Strictness, failed, print, print_lines, read, report};
use crate::output::{self, Failure, Old, Wanted};
use crate::report::visible;
use crate::{Rendered, compile, emit};
use clap::Args;
use std::path::{Path, PathBuf};

/// Render a registry, or all of a fleet.
#[derive(Args)]
pub struct Build {
    /// A directory, a file, or - for standard input; a directory with registries in its folders is a fleet
    input: String,
    /// The directory to write. Files that are no longer wanted are removed; files that quay-render did not write stay
    #[arg(long, value_name = "DIR", required_unless_present = "stdout")]
    out: Option<PathBuf>,
    /// Print one stream of YAML documents instead
    #[arg(long, conflicts_with = "out")]
    stdout: bool,
    /// Write nothing: print the files that differ from what would be written; exit code 1 if any does
    #[arg(long, requires = "out", conflicts_with = "force")]
    check: bool,
    /// Overwrite files that a person edited or put there
    #[arg(long, requires = "out")]
    force: bool,
    /// Also read image overrides from the operator's variables RELATED_IMAGE_COMPONENT_*
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
        let review = |old: &Old<'_>| reviewed(&out, old, &rendered);
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

/// Prints each file that `build` would change, and why.
fn check(out: &Path, rendered: &Rendered) -> Result<Outcome, Fatal> {
    let (files, key) = (rendered.files(), rendered.lock_key());
    let review = |old: &Old<'_>| upgraded(out, old, rendered);
    let checked = match checked(Wanted {
        target: out,
        within: None,
        files: Some(&files),
        key: key.as_ref(),
        force: true,
        review: Some(&review),
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
