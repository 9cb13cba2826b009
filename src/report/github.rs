//! Workflow commands of GitHub Actions: each diagnostic becomes an annotation at its line.

use super::place::Place;
use super::visible::{push, visible};
use super::{Report, counted};
use crate::diagnostic::{Diagnostic, Severity};

/// GitHub's name for each severity. It shows the first ten of each in a step.
const COMMANDS: [(Severity, &str); 3] =
    [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "notice")];

impl Report<'_> {
    /// One command for each diagnostic, errors first, then a line for the log with their number.
    #[must_use]
    pub fn github(&self) -> String {
        let mut out = String::new();
        let shown = self.diagnostics.shown();
        for (severity, command) in COMMANDS {
            for diagnostic in shown.iter().filter(|it| it.severity == severity) {
                out.push_str(&annotation(command, diagnostic));
                out.push('\n');
            }
        }
        let counts = COMMANDS.map(|(severity, _)| counted(self.count(severity), severity.as_str()));
        let allowed: usize = self.allowed.iter().map(|it| it.count).sum();
        out.push_str(&format!("quay-render: {}, {allowed} allowed\n", counts.join(", ")));
        out
    }
}

fn annotation(command: &str, diagnostic: &Diagnostic) -> String {
    let mut properties = Vec::new();
    let mut add = |name: &str, value: String| properties.push(format!("{name}={}", property(&value)));
    let mut elsewhere = None;
    if let Some(at) = &diagnostic.location {
        match Place::of(&at.file) {
            Some(place) => {
                add("file", place.path.to_owned());
                if place.is_whole && at.line > 0 {
                    add("line", at.line.to_string());
                    if at.column > 0 {
                        add("col", at.column.to_string());
                    }
                }
                elsewhere = (!place.is_whole).then_some(at);
            }
            None => elsewhere = Some(at),
        }
    }
    add("title", diagnostic.code.to_string());
    let place = elsewhere.map(|at| format!("{at}: ")).unwrap_or_default();
    let field = diagnostic.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    let mut lines = vec![visible(&format!("{place}{field}{}", diagnostic.message))];
    let hint = diagnostic.hint.as_deref().unwrap_or_default().lines().enumerate();
    lines.extend(hint.map(|(index, line)| format!("{}{}", if index == 0 { "hint: " } else { "" }, visible(line))));
    format!("::{command} {}::{}", properties.join(","), data(&lines.join("\n")))
}

/// Escapes the data of a command, as GitHub's toolkit does.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property likewise. A line break in a file's name is kept, because the name leads to the file; other
/// control characters are not.
fn property(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        if matches!(c, '\r' | '\n') { shown.push(c) } else { push(&mut shown, c) }
    }
    data(&shown).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Location, codes};

    fn said(diagnostics: Vec<Diagnostic>) -> String {
        let mut all = Diagnostics::new();
        diagnostics.into_iter().for_each(|it| all.push(it));
        Report::new(&all).github()
    }

    #[test]
    fn errors_come_first_and_a_summary_last() {
        let found = said(vec![
            Diagnostic::new(codes::INPUT_SKIPPED, "skipped"),
            Diagnostic::new(codes::IMAGE_UNUSED, "unused"),
            Diagnostic::new(codes::FIELD_VALUE, "wrong"),
        ]);
        assert_eq!(
            found,
            "::error title=field-value::wrong\n::warning title=image-unused::unused\n\
             ::notice title=input-skipped::skipped\nquay-render: 1 error, 1 warning, 1 note, 0 allowed\n"
        );
    }

    #[test]
    fn no_text_ends_its_command() {
        let at = Location { file: "a,b:c%\n.yaml".into(), line: 2, column: 3 };
        let found = said(vec![
            Diagnostic::new(codes::FIELD_UNKNOWN, "unknown \"x\n::error::y\"\u{1b}[0m 5%").at(at).hint("one\ntwo"),
        ]);
        assert_eq!(
            found.lines().next(),
            Some(
                "::error file=a%2Cb%3Ac%25%0A.yaml,line=2,col=3,title=field-unknown::\
                 unknown \"x\\n::error::y\"\\u{1b}[0m 5%25%0Ahint: one%0Atwo"
            )
        );
    }

    #[test]
    fn what_is_no_line_of_a_file_is_said_in_the_message() {
        let part = Location { file: "b.yaml: data[\"config.yaml\"]".into(), line: 2, column: 3 };
        let found = said(vec![
            Diagnostic::new(codes::FIELD_VALUE, "wrong").at(part),
            Diagnostic::new(codes::FIELD_VALUE, "wrong").at(Location::file("<stdin>")),
        ]);
        let mut lines = found.lines();
        assert_eq!(
            lines.next(),
            Some("::error file=b.yaml,title=field-value::b.yaml: data[\"config.yaml\"]:2:3: wrong")
        );
        assert_eq!(lines.next(), Some("::error title=field-value::<stdin>: wrong"));
    }
}
