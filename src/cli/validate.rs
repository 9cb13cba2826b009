//! `quay-render validate`.

use super::{Fatal, Outcome, Strictness, report, unreadable};
use crate::diagnostic::Severity;
use crate::input;
use crate::{compile, validate_bundle};
use clap::Args;

/// Check an input.
#[derive(Args)]
pub struct Validate {
    /// A directory, a file, or - for standard input; also a config bundle alone: a folder with a config.yaml, or one config.yaml
    input: String,
    /// How the report is printed
    #[arg(long)]
    format: Option<String>,
    #[command(flatten)]
    strictness: Strictness,
}

impl Validate {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut inputs = input::read_checked(&self.input).map_err(unreadable)?;
        inputs.options = self.strictness.options();
        let is_registry = inputs.bundle.is_none() || !inputs.sources.is_empty();
        let diagnostics = if is_registry { compile(&inputs).diagnostics } else { validate_bundle(&inputs) };
        if self.format.as_deref() == Some("json") {
            let rows: Vec<_> = diagnostics.iter().map(|d| serde_json::json!({"severity": d.severity.as_str(), "code": d.code.as_str(), "field": d.field, "message": d.message})).collect();
            super::print(serde_json::json!({"diagnostics": rows}))?;
        } else {
            report(&diagnostics);
        }
        let errors = diagnostics.count(Severity::Error);
        Ok(if errors > 0 { Outcome::Refused } else { Outcome::Done })
    }
}
