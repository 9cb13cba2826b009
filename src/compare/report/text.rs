//! The comparison for a terminal.

use super::lines;
use crate::compare::{Change, Class, Comparison};
use crate::report::{Paint, visible};
use anstyle::{AnsiColor, Style};

const BOLD: Style = Style::new().bold();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// The sign in front of an object.
fn sign(class: Class) -> char {
    match class {
        Class::Destroyed => '-',
        Class::New => '+',
        Class::Blocked | Class::Restarts | Class::Changed => '~',
    }
}

/// A line in the color of a sign.
fn painted(paint: &Paint, sign: Option<char>, line: &str) -> String {
    match sign {
        Some('-') => paint.with(RED, line),
        Some('+') => paint.with(GREEN, line),
        Some('~') => paint.with(YELLOW, line),
        _ => line.to_owned(),
    }
}

impl Comparison {
    /// The consequences; then the objects that differ, with their fields, under a heading for each class; then
    /// [`Comparison::totals`], which stands alone if nothing differs.
    #[must_use]
    pub fn text(&self, color: bool) -> String {
        let paint = Paint(color);
        let mut out = String::new();
        for (sort, text, advice) in self.meanings() {
            out.push_str(&format!("{}: {text}\n", paint.with(BOLD, sort.as_str())));
            out.extend(advice.map(|advice| format!("  {} {advice}\n", paint.with(GREEN, "hint:"))));
        }
        for (class, _, heading) in Class::ALL {
            let mut changes = self.changes.iter().filter(|change| change.class == *class).peekable();
            if changes.peek().is_some() {
                out.push_str(&format!("{}{}\n", if out.is_empty() { "" } else { "\n" }, paint.with(BOLD, heading)));
            }
            changes.for_each(|change| object(change, &paint, &mut out));
        }
        out + if self.is_same() { "" } else { "\n" } + &self.totals() + "\n"
    }
}

fn object(change: &Change, paint: &Paint, out: &mut String) {
    let sign = sign(change.class);
    let head = format!("{sign} {}", visible(&change.identity.to_string()));
    out.push_str(&format!("{}\n", painted(paint, Some(sign), &head)));
    for (sign, line) in change.fields.iter().flat_map(lines) {
        // A line of a multi-line text starts with its own sign.
        let inside = if sign == ' ' { line.trim_start().chars().next() } else { Some(sign) };
        out.push_str(&format!("    {}\n", painted(paint, inside, &format!("{sign} {line}"))));
    }
}
