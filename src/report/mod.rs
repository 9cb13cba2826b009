//! Diagnostics in the form for their reader: a terminal, a program, a code scanner, a workflow.
//!
//! These functions are pure: a [`Report`] goes in, a text comes out. No form shows the value of a secret, nor its
//! length. Messages hold none; lines of the input may hold some, so only the parts that are known to be public are
//! shown: see [`Sources`].

mod github;
mod json;
mod line;
mod place;
mod public;
mod sarif;
mod sources;
mod text;
mod visible;

pub(crate) use crate::sensitive::MASK;
pub use sources::Sources;
pub(crate) use text::Paint;
pub(crate) use visible::{line, visible};

use crate::diagnostic::{Allowed, Diagnostics, Severity};
use std::fmt;
use std::str::FromStr;

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Lines for people.
    Text,
    /// One object for programs: see [`Report::json`].
    Json,
    /// SARIF 2.1.0 for code scanners.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl Format {
    /// Every form with its name on the command line.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("text", Self::Text), ("json", Self::Json), ("sarif", Self::Sarif), ("github", Self::Github)];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }
}

/// The name on the command line.
impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, format)| *format).ok_or(UnknownFormat)
    }
}

/// There is no form with that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFormat;

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
        write!(f, "the formats are {}", names.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}

/// All diagnostics for an input.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The diagnostics, in order.
    pub diagnostics: &'a Diagnostics,
    /// Findings of rules that the user switched off.
    pub allowed: &'a [Allowed],
}

impl<'a> Report<'a> {
    /// A report with no rule switched off.
    #[must_use]
    pub fn new(diagnostics: &'a Diagnostics) -> Self {
        Self { diagnostics, allowed: &[] }
    }

    /// The report in a form. Only text uses `sources`, to show lines of the input, and `color`.
    #[must_use]
    pub fn render(&self, format: Format, sources: Option<&Sources<'_>>, color: bool) -> String {
        match format {
            Format::Text => self.text(sources, color),
            Format::Json => self.json(),
            Format::Sarif => self.sarif(),
            Format::Github => self.github(),
        }
    }

    /// How many diagnostics there are of a severity.
    fn count(&self, severity: Severity) -> usize {
        self.diagnostics.count(severity)
    }
}

/// `1 error`, `2 errors`.
fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostic, Location, codes};

    #[test]
    fn every_format_says_how_many_more_there_are_and_counts_all() {
        let mut all = Diagnostics::new();
        for line in 1..=1_000 {
            let at = Location { file: "a.yaml".to_owned(), line, column: 1 };
            all.push(Diagnostic::new(codes::CONFIG_UNKNOWN, "unknown").at(at.clone()));
            if line > 900 {
                all.push(Diagnostic::new(codes::FIELD_VALUE, "wrong").at(at));
            }
        }
        let report = Report::new(&all);
        for (name, format) in Format::ALL {
            let text = report.render(*format, None, false);
            assert_eq!(text.matches("and 900 more warnings in this file").count(), 1, "{name}");
            assert_eq!(text.matches("more errors").count(), 0, "{name}");
            assert!(text.matches("field-value").count() >= 100, "{name}");
        }
        assert!(report.json().contains("\"errors\": 100,\n    \"warnings\": 1000"), "{}", report.json());
        assert!(report.github().ends_with("quay-render: 100 errors, 1000 warnings, 0 notes, 0 allowed\n"));
    }

    #[test]
    fn each_format_is_found_by_its_name() {
        for (name, format) in Format::ALL {
            assert_eq!(name.parse(), Ok(*format));
            assert_eq!(format.as_str(), *name);
        }
        assert_eq!("xml".parse::<Format>(), Err(UnknownFormat));
        assert_eq!(UnknownFormat.to_string(), "the formats are text, json, sarif, github");
    }
}
