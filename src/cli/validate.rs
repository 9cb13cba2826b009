//! `quay-render validate`.

use super::fleet::{self, Choice};
use super::terminal::{Volume, volume};
use super::words::words;
use super::{Fatal, Outcome, Strictness, count, print, print_lines, said, wants_color};
use crate::diagnostic::{Allowed, Diagnostics, Severity};
use crate::input::{self, Inputs};
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
    /// bundle alone: a folder with a config.yaml, or one config.yaml. Several are reported together
    input: Vec<String>,
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

/// What was found in one input.
struct Found {
    diagnostics: Diagnostics,
    allowed: Vec<Allowed>,
    /// Those whose lines a person is shown.
    inputs: Vec<Inputs>,
    /// How many registries a fleet has.
    registries: Option<usize>,
}

impl Validate {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.input.iter().filter(|input| *input == "-").count() > 1 {
            return Err(Fatal("standard input can be read once".to_owned()));
        }
        let found = self.input.iter().map(|input| self.find(input)).collect::<Result<Vec<_>, _>>()?;
        self.tell(&found)
    }

    fn find(&self, input: &str) -> Result<Found, Fatal> {
        let options = self.strictness.options();
        match fleet::find(input, None, &self.choice, options, false)? {
            Some(_) if self.release.is_some() => Err(Fatal(RELEASE_IS_NAMED.to_owned())),
            Some(run) => {
                let survey = run.compile(|_, _| ())?;
                let registries = Some(run.fleet.members.len());
                let inputs = run.into_noisy(&survey, io::stdout().is_terminal());
                Ok(Found { diagnostics: survey.diagnostics, allowed: survey.allowed, inputs, registries })
            }
            None => self.one(input),
        }
    }

    /// A registry, or a config bundle alone.
    fn one(&self, input: &str) -> Result<Found, Fatal> {
        let mut inputs = input::read_checked(input)?;
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
        Ok(Found { diagnostics, allowed, inputs: vec![inputs], registries: None })
    }

    /// Prints one report of all inputs, and what is to be said of each.
    fn tell(&self, found: &[Found]) -> Result<Outcome, Fatal> {
        let is_person = io::stdout().is_terminal();
        let is_quiet = self.format == Format::Text && volume() == Volume::Quiet;
        let (mut diagnostics, mut allowed) = (Diagnostics::new(), Vec::new());
        for one in found {
            diagnostics.extend(if is_quiet { said(&one.diagnostics) } else { one.diagnostics.clone() });
            fleet::add_allowed(&mut allowed, one.allowed.clone());
        }
        let sources = Sources::of_all(&found.iter().flat_map(|one| &one.inputs).collect::<Vec<_>>());
        let report = Report { diagnostics: &diagnostics, allowed: &allowed };
        print(report.render(self.format, Some(&sources).filter(|_| is_person), wants_color(&io::stdout())))?;
        for (input, one) in self.input.iter().zip(found).filter(|_| self.format == Format::Text && !is_quiet) {
            let [errors, warnings] = [Severity::Error, Severity::Warning].map(|it| one.diagnostics.count(it));
            let verdict = if errors > 0 { "refused" } else { "valid" };
            let what = one.registries.map(|number| format!(" in {}", count(number, "registry"))).unwrap_or_default();
            print_lines(format_args!(
                "{}: {verdict}: {} and {}{what}\n",
                visible(input),
                count(errors, "error"),
                count(warnings, "warning")
            ))?;
        }
        Ok(if found.iter().any(|one| one.diagnostics.has_errors()) { Outcome::Refused } else { Outcome::Done })
    }
}
