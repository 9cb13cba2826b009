//! `quay-render validate`.

use super::fleet::{self, Choice};
use super::terminal::{Volume, volume};
use super::words::words;
use super::{Fatal, Outcome, Strictness, count, print, print_lines, said, wants_color};
use crate::diagnostic::Severity;
use crate::input;
use crate::report::{Format, Report, Sources, visible};
use crate::{compile, validate_bundle};
use clap::Args;
use std::io::{self, IsTerminal as _};

/// The error for `--release` with an input that names its release.
const RELEASE_IS_NAMED: &str = "--release is for a config bundle alone: a RenderConfig names its release itself";

/// Check an input.
#[derive(Args)]
pub struct Validate {
    /// A directory, a file, or - for standard input; a directory with registries in its folders is a fleet; or a config
    /// bundle alone: a folder with a config.yaml, or one config.yaml
    input: String,
    /// For a config bundle alone: the release of Quay that reads it
    #[arg(long)]
    release: Option<String>,
    /// The format of the report
    #[arg(long, default_value = "text", value_parser = words(Format::ALL))]
    format: Format,
    #[command(flatten)]
    choice: Choice,
    #[command(flatten)]
    strictness: Strictness,
}

impl Validate {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let options = self.strictness.options();
        match fleet::find(&self.input, None, &self.choice, options, false)? {
            Some(_) if self.release.is_some() => Err(Fatal(RELEASE_IS_NAMED.to_owned())),
            Some(run) => {
                let survey = run.compile(|_, _| ())?;
                let inputs = run.noisy(&survey, io::stdout().is_terminal());
                let report = Report { diagnostics: &survey.diagnostics, allowed: &survey.allowed };
                self.tell(
                    &report,
                    &Sources::of_all(&inputs),
                    &format!(" in {}", count(run.fleet.members.len(), "registry")),
                )
            }
            None => self.one(),
        }
    }

    /// A registry, or a config bundle alone.
    fn one(&self) -> Result<Outcome, Fatal> {
        let mut inputs = input::read_checked(&self.input)?;
        inputs.options = self.strictness.options();
        let (diagnostics, allowed) = if inputs.is_bundle_alone() {
            if let Some(name) = &self.release {
                inputs.release = Some(super::releases::find(name)?.name.clone());
            }
            (validate_bundle(&inputs), Vec::new())
        } else if self.release.is_some() {
            return Err(Fatal(RELEASE_IS_NAMED.to_owned()));
        } else {
            let compiled = compile(&inputs);
            (compiled.diagnostics, compiled.allowed)
        };
        self.tell(&Report { diagnostics: &diagnostics, allowed: &allowed }, &Sources::new(&inputs), "")
    }

    fn tell(&self, report: &Report<'_>, sources: &Sources<'_>, what: &str) -> Result<Outcome, Fatal> {
        let is_person = io::stdout().is_terminal();
        let is_quiet = self.format == Format::Text && volume() == Volume::Quiet;
        let said = if is_quiet { said(report.diagnostics) } else { report.diagnostics.clone() };
        let shown = Report { diagnostics: &said, allowed: report.allowed };
        print(shown.render(self.format, Some(sources).filter(|_| is_person), wants_color(&io::stdout())))?;
        let errors = report.diagnostics.count(Severity::Error);
        if self.format == Format::Text && !is_quiet {
            let warnings = report.diagnostics.count(Severity::Warning);
            let verdict = if errors > 0 { "refused" } else { "valid" };
            print_lines(format_args!(
                "{}: {verdict}: {} and {}{what}\n",
                visible(&self.input),
                count(errors, "error"),
                count(warnings, "warning")
            ))?;
        }
        Ok(if errors > 0 { Outcome::Refused } else { Outcome::Done })
    }
}
