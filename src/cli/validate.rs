//! `quay-render validate`.

use super::{Fatal, Outcome, Strictness, count, print, unreadable, wants_color};
use crate::diagnostic::Severity;
use crate::input;
use crate::report::{Format, Report, Sources};
use crate::{compile, validate_bundle};
use clap::Args;
use std::io::{self, IsTerminal as _};

/// Check an input.
#[derive(Args)]
pub struct Validate {
    /// A directory, a file, or - for standard input; or a config bundle alone: a folder with a config.yaml, or one
    /// config.yaml
    input: String,
    /// The form of the report: text, json, sarif or github
    #[arg(long, default_value = "text", value_parser = format)]
    format: Format,
    #[command(flatten)]
    strictness: Strictness,
}

fn format(name: &str) -> Result<Format, String> {
    let known: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
    name.parse().map_err(|_| format!("it is one of {}", known.join(", ")))
}

impl Validate {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut inputs = input::read_checked(&self.input).map_err(unreadable)?;
        inputs.options = self.strictness.options();
        let (diagnostics, allowed) = if inputs.is_bundle_alone() {
            (validate_bundle(&inputs), Vec::new())
        } else {
            let compiled = compile(&inputs);
            (compiled.diagnostics, compiled.allowed)
        };
        let report = Report { diagnostics: &diagnostics, allowed: &allowed };
        let is_person = io::stdout().is_terminal();
        let sources = is_person.then(|| Sources::new(&inputs));
        print(report.render(self.format, sources.as_ref(), is_person && wants_color()))?;
        let errors = diagnostics.count(Severity::Error);
        if self.format == Format::Text {
            let warnings = diagnostics.count(Severity::Warning);
            let verdict = if errors > 0 { "refused" } else { "valid" };
            print(format_args!(
                "{}: {verdict}: {} and {}\n",
                self.input,
                count(errors, "error"),
                count(warnings, "warning")
            ))?;
        }
        Ok(if errors > 0 { Outcome::Refused } else { Outcome::Done })
    }
}
