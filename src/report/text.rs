//! The report as text, with the visible parts of the input's lines.

use super::visible::visible;
use super::{Report, Sources};
use crate::diagnostic::{Diagnostic, Severity};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anstyle::{AnsiColor, Style};

/// How wide an excerpt may be, in columns.
const WIDTH: usize = 130;
const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GREEN: Style = AnsiColor::Green.on_default();

/// The style of a severity, and the level that gives an excerpt the same color.
fn level_of(severity: Severity) -> (Style, Level<'static>) {
    let (color, level) = match severity {
        Severity::Error => (AnsiColor::Red, Level::ERROR),
        Severity::Warning => (AnsiColor::Yellow, Level::WARNING),
        Severity::Note => (AnsiColor::Cyan, Level::NOTE),
    };
    (color.on_default().bold(), level)
}

/// Colors texts, or leaves them as they are.
pub(crate) struct Paint(pub(crate) bool);

impl Paint {
    /// The text in a style, if colors are on.
    pub(crate) fn with(&self, style: Style, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

impl Report<'_> {
    /// Each diagnostic in the format of its `Display`: `severity[code]: place: field: message`, the hint's lines below;
    /// with sources, the line of the input between the two. Then the rules that are switched off. It holds no control
    /// characters except those of the colors.
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
    let mut line = paint.with(level_of(diagnostic.severity).0, &severity) + ": ";
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
    let (text, mark) = sources.line(&at.file, at.line)?.show(at.column);
    let (style, level) = level_of(diagnostic.severity);
    let snippet = Snippet::source(text).line_start(usize::try_from(at.line).ok()?).fold(false);
    let snippet = snippet.annotations(mark.map(|mark| AnnotationKind::Primary.span(mark)));
    let renderer = match paint.0 {
        true => Renderer::styled().line_num(FAINT).error(style).warning(style).note(style),
        false => Renderer::plain(),
    };
    let renderer = renderer.term_width(WIDTH);
    let shown = renderer.render(&[Group::with_level(level).element(snippet)]);
    Some(shown.lines().map(|line| format!("  {line}\n")).collect())
}
