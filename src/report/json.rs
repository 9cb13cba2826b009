//! The report for programs.

use super::Report;
use crate::diagnostic::{Diagnostic, Severity};
use serde::Serialize;

/// The version of the format. It grows when a field changes its meaning or is removed; new fields do not change it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    summary: Summary,
    diagnostics: Vec<Entry<'a>>,
    allowed: Vec<Allowed<'a>>,
}

#[derive(Serialize)]
struct Summary {
    errors: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    field: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    message: &'a str,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Allowed<'a> {
    code: &'a str,
    reason: &'a str,
    count: usize,
}

impl Report<'_> {
    /// One JSON object, pretty printed, with a line break at the end:
    ///
    /// ```json
    /// {
    ///   "version": 1,
    ///   "summary": {"errors": 1, "warnings": 0, "notes": 0},
    ///   "diagnostics": [{
    ///     "code": "component-unknown", "severity": "error", "field": "spec.components[0].kind",
    ///     "file": "my-registry/quayregistry.yaml", "line": 9, "column": 13,
    ///     "message": "unknown component \"storge\"", "hint": "the nearest is \"objectstorage\""
    ///   }],
    ///   "allowed": [{"code": "secret-in-output", "reason": "sops encrypts it", "count": 1}]
    /// }
    /// ```
    ///
    /// `version` is 1 as long as these fields mean what they mean here; fields may be added. `severity` is `error`,
    /// `warning` or `note`. `field`, `file`, `line`, `column` and `hint` are null where there is none. `line` and
    /// `column` count from 1, columns in characters. `file` is the path as the user named it, `<stdin>`,
    /// `environment variable NAME`, or a part of a file: `bundle.yaml: data["config.yaml"]`, whose lines and columns
    /// are those of the decoded text. The order is that of the diagnostics. The summary counts all of them; where there are
    /// more than [`Diagnostics::shown`](crate::diagnostic::Diagnostics::shown) shows, entries of the code `more-problems` say
    /// how many.
    #[must_use]
    pub fn json(&self) -> String {
        let shown = self.diagnostics.shown();
        let document = Document {
            version: VERSION,
            summary: Summary {
                errors: self.count(Severity::Error),
                warnings: self.count(Severity::Warning),
                notes: self.count(Severity::Note),
            },
            diagnostics: shown.iter().map(|it| entry(it)).collect(),
            allowed: self
                .allowed
                .iter()
                .map(|it| Allowed { code: &it.code, reason: &it.reason, count: it.count })
                .collect(),
        };
        pretty(&document)
    }
}

/// Pretty printed, with a line break at the end. Cannot fail for texts and numbers.
pub(super) fn pretty(document: &impl Serialize) -> String {
    serde_json::to_string_pretty(document).unwrap_or_default() + "\n"
}

fn entry(diagnostic: &Diagnostic) -> Entry<'_> {
    let at = diagnostic.location.as_ref();
    Entry {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        field: diagnostic.field.as_deref(),
        file: at.map(|at| at.file.as_str()),
        line: at.map(|at| at.line).filter(|line| *line > 0),
        column: at.filter(|at| at.line > 0).map(|at| at.column).filter(|column| *column > 0),
        message: &diagnostic.message,
        hint: diagnostic.hint.as_deref(),
    }
}
