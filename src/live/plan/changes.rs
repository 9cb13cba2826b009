//! What changes on the live objects, and why.

use super::Plan;
use crate::compare::report::lines;
use crate::compare::{Change, Class, Field, Sort};
use crate::live::drift::Why;
use crate::report::visible;
use std::fmt::Write as _;

/// Every object that differs, with each field and its reason, by what happens to it; what has no reason comes first.
pub(super) fn text(plan: &Plan<'_>) -> String {
    let mut out = String::new();
    restarts(plan, &mut out);
    let open: Vec<_> = plan.drift.unexplained().collect();
    if !open.is_empty() {
        out.push_str("\n### Without a known reason\n\nThe operator was not seen to write this, or somebody changed it by hand. Look at each.\n\n");
        for (change, field) in open {
            match field {
                Some(field) => {
                    let _ = writeln!(out, "- {}: {}", code(&change.identity.to_string()), field_line(field));
                }
                None => {
                    let what = if change.class == Class::New { "is new" } else { "is no longer rendered" };
                    let _ = writeln!(out, "- {}: {what}", code(&change.identity.to_string()));
                }
            }
        }
    }
    let both = || plan.drift.comparison.changes.iter().zip(&plan.drift.why);
    for (class, heading) in HEADINGS {
        let mut changes = both().filter(|(change, _)| change.class == *class).peekable();
        if changes.peek().is_some() {
            let _ = writeln!(out, "\n### {heading}\n");
        }
        let (labels, rest): (Vec<_>, Vec<_>) = changes.partition(|(change, _)| is_of_labels(change));
        rest.into_iter().for_each(|(change, why)| object(change, why, &mut out));
        labelled(&labels, &mut out);
    }
    if !plan.drift.former.is_empty() {
        out.push_str("\n### Former generations, which no pod uses\n\n");
        for identity in &plan.drift.former {
            let _ = writeln!(out, "- {}", code(&identity.to_string()));
        }
    }
    out
}

/// What happens to objects, and the heading for it.
const HEADINGS: &[(Class, &str)] = &[
    (Class::Blocked, "Refused by the cluster"),
    (Class::Restarts, "Pods restart, or a Job runs again"),
    (Class::New, "New"),
    (Class::Destroyed, "No longer rendered: these stay in the cluster until somebody deletes them"),
    (Class::Changed, "Changed in place"),
];

/// Which pods restart, in one list.
fn restarts(plan: &Plan<'_>, out: &mut String) {
    let meanings = plan.drift.comparison.changes.iter().flat_map(|change| &change.meanings);
    let told = meanings.filter(|it| matches!(it.sort, Sort::Restart | Sort::RunsAgain | Sort::Access | Sort::Scaled));
    let lines: Vec<String> = told.map(|it| format!("- **{}** {}\n", it.sort.as_str(), visible(&it.text))).collect();
    if lines.is_empty() {
        out.push_str("\nNo pod restarts.\n");
    } else {
        let _ = write!(out, "\n{}", lines.concat());
    }
}

/// Whether nothing but labels and annotations changes.
fn is_of_labels(change: &Change) -> bool {
    change.meanings.iter().any(|meaning| meaning.sort == Sort::LabelsOnly)
}

/// Objects whose annotations alone change, those with the same changes together.
fn labelled(changes: &[(&Change, &Why)], out: &mut String) {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for (change, why) in changes {
        let fields = fields(change, why);
        let name = code(&change.identity.to_string());
        match groups.iter_mut().find(|(known, _)| *known == fields) {
            Some((_, names)) => names.push(name),
            None => groups.push((fields, vec![name])),
        }
    }
    for (fields, names) in groups {
        let _ = write!(out, "- {}\n{fields}", names.join(", "));
    }
}

fn object(change: &Change, why: &Why, out: &mut String) {
    let name = code(&change.identity.to_string());
    match why.whole {
        Some(reason) => {
            let _ = writeln!(out, "- {name}: {reason}");
        }
        None => {
            let _ = writeln!(out, "- {name}");
        }
    }
    out.push_str(&fields(change, why));
}

/// The fields of an object, each with its reason.
fn fields(change: &Change, why: &Why) -> String {
    let field = |(field, reasons): (&Field, &Option<Vec<&str>>)| {
        let reason = reasons.as_ref().map_or("**no known reason**".to_owned(), |reasons| reasons.join("; "));
        format!("  - {}\n    {reason}\n", field_line(field))
    };
    change.fields.iter().zip(&why.fields).map(field).collect()
}

/// A field in one line.
fn field_line(field: &Field) -> String {
    let lines = lines(field);
    let more = if lines.len() > 1 { format!(" ({} lines)", lines.len() - 1) } else { String::new() };
    lines.first().map(|(sign, line)| code(&format!("{sign} {line}")) + &more).unwrap_or_default()
}

/// A text as inline code of Markdown, which nothing in it can end.
pub(super) fn code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}
