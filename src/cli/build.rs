//! `quay-render build`.

use super::checked::{checked, reviewed, upgraded};
use super::fleet::{self, Choice};
use super::terminal::{print_whole, tell};
use super::words::Form;
use super::{Fatal, Outcome, Strictness, failed, place, read, report, told};
use crate::output::{self, Failure, Old, Wanted};
use crate::{Rendered, compile, emit};
use clap::Args;
use std::path::{Path, PathBuf};

/// Render a registry, or all of a fleet.
#[derive(Args)]
pub struct Build {
    /// A directory, a file, or - for standard input; a directory with registries in its folders is a fleet
    input: String,
    /// The directory to write, or - for standard output. Files that are no longer wanted are removed; files that quay-render did
    /// not write stay
    #[arg(long, value_name = "DIR", required_unless_present = "stdout")]
    out: Option<PathBuf>,
    /// Print one stream of YAML documents instead
    #[arg(long, conflicts_with = "out")]
    stdout: bool,
    /// Write nothing: print the files that differ from what would be written; exit code 1 if any does
    #[arg(long, requires = "out", conflicts_with = "force")]
    check: bool,
    /// Overwrite files that a person edited or put there, and write into a directory that holds nothing but other files
    #[arg(long, requires = "out")]
    force: bool,
    /// The format of what is said of the files: text on standard error, or json on standard output
    #[arg(long, default_value = "text")]
    format: Form,
    /// Also read image overrides from the operator's variables RELATED_IMAGE_COMPONENT_*
    #[arg(long)]
    env_images: bool,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    strictness: Strictness,
}

impl Build {
    pub(super) fn run(mut self) -> Result<Outcome, Fatal> {
        let options = self.strictness.options();
        self.out = self.out.filter(|out| out.as_os_str() != "-");
        if self.out.is_none() && (self.check || self.force || self.format == Form::Json) {
            return Err(Fatal(
                "--check, --force and --format are about a directory, and there is none: --out DIR".to_owned(),
            ));
        }
        match fleet::find(&self.input, self.out.as_deref(), &self.choice, options, self.env_images)? {
            None => self.one(),
            Some(run) => match &self.out {
                None => fleet::stream(&run),
                Some(out) if self.check => fleet::check(&run, out, self.format),
                Some(out) => match place::objection(out, &self.input, self.force) {
                    Some(problem) => failed(problem),
                    None => fleet::write(&run, out, self.force, self.format),
                },
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
            print_whole(emit::stream(&rendered.objects))?;
            return Ok(Outcome::Done);
        };
        if self.check {
            return check(&out, &rendered, self.format);
        }
        if let Some(problem) = place::objection(&out, &self.input, self.force) {
            return failed(problem);
        }
        let review = |old: &Old<'_>| reviewed(&out, old, &rendered);
        match output::write_reviewed(&out, &rendered.files(), rendered.lock_key().as_ref(), self.force, &review) {
            Ok(done) => {
                report(&done.review, None);
                told::written(&out, None, &done, self.format)?;
                Ok(Outcome::Done)
            }
            Err(failure) => failed(failure),
        }
    }
}

/// Prints each file that `build` would change, and why.
fn check(out: &Path, rendered: &Rendered, form: Form) -> Result<Outcome, Fatal> {
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
    report(&checked.problems, None);
    let outcome = if checked.differs() { Outcome::Differs } else { Outcome::Done };
    told::checked(out, &[(String::new(), checked)], form)?;
    Ok(outcome)
}
