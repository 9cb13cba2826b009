//! The report for people, with the lines of the input where they may be shown.

use super::visible::visible;
use super::{Report, Sources};
use crate::diagnostic::{Diagnostic, Severity};

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
const FAINT: &str = "\x1b[2m";
const GREEN: &str = "\x1b[32m";

/// The color of each severity.
fn color_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[1;33m",
        Severity::Note => "\x1b[1;36m",
    }
}

/// Colors a text, or does not.
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// The text in a color, where there are colors.
    pub(crate) fn with(&self, color: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("{color}{text}{RESET}") } else { text.to_owned() }
    }
}

impl Report<'_> {
    /// Each diagnostic as its `Display` has it: `severity[code]: place: field: message`, the hint's lines below; where
    /// there are sources, the line of the input between the two. Then what is allowed. No character of it but the
    /// colors' own drives a terminal.
    #[must_use]
    pub fn text(&self, sources: Option<&Sources<'_>>, color: bool) -> String {
        let paint = Paint(color);
        let mut out = String::new();
        for diagnostic in &self.diagnostics.shown() {
            out.push_str(&head(diagnostic, &paint));
            out.extend(sources.and_then(|sources| excerpt(diagnostic, sources, &paint)));
            for (index, line) in diagnostic.hint.as_deref().unwrap_or_default().lines().enumerate() {
                let start = if index == 0 { paint.with(GREEN, "hint:") + " " } else { " ".repeat(6) };
                let text = if index == 0 { visible(line) } else { super::line(line) };
                out.push_str(&format!("  {start}{text}\n"));
            }
        }
        for allowed in self.allowed {
            let times = if allowed.count == 1 { "once".to_owned() } else { format!("{} times", allowed.count) };
            let name = paint.with(FAINT, &format!("allowed[{}]", visible(&allowed.code)));
            out.push_str(&format!("{name}: {times}: {}\n", visible(&allowed.reason)));
        }
        out
    }
}

fn head(diagnostic: &Diagnostic, paint: &Paint) -> String {
    let severity = format!("{}[{}]", diagnostic.severity.as_str(), diagnostic.code);
    let mut line = paint.with(color_of(diagnostic.severity), &severity) + ": ";
    if let Some(at) = &diagnostic.location {
        line.push_str(&paint.with(BOLD, &visible(&at.to_string())));
        line.push_str(": ");
    }
    if let Some(field) = &diagnostic.field {
        line.push_str(&visible(field));
        line.push_str(": ");
    }
    line + &visible(&diagnostic.message) + "\n"
}

/// The line of the input with its number, and a mark below the column.
fn excerpt(diagnostic: &Diagnostic, sources: &Sources<'_>, paint: &Paint) -> Option<String> {
    let at = diagnostic.location.as_ref().filter(|at| at.line > 0)?;
    let (text, below) = sources.line(&at.file, at.line)?.show(at.column);
    let number = at.line.to_string();
    let gutter = |number: &str| paint.with(FAINT, &format!("  {number} |"));
    let blank = gutter(&" ".repeat(number.len()));
    let mut lines = format!("{blank}\n{} {text}\n", gutter(&number));
    if let Some(below) = below {
        lines.push_str(&format!("{blank} {}\n", paint.with(color_of(diagnostic.severity), &below)));
    }
    Some(lines)
}
