//! What is said of the files that a build wrote, or would write: in words, or as JSON.

use super::checked::Checked;
use super::terminal::mention;
use super::words::Form;
use super::{Fatal, count, print, print_lines};
use crate::output::Report;
use crate::report::visible;
use crate::schemas::VERSION;
use serde_json::{Value, json};
use std::path::Path;

/// Tells what a build wrote to a directory: that of a registry, or of so many.
pub(super) fn written(out: &Path, registries: Option<usize>, done: &Report, form: Form) -> Result<(), Fatal> {
    if form == Form::Json {
        return print_json(&json!({
            "version": VERSION,
            "directory": out.display().to_string(),
            "registries": registries.unwrap_or(1),
            "added": done.added,
            "changed": done.changed,
            "removed": done.removed,
            "unchanged": done.unchanged,
            "completedInterrupted": done.completed_journal,
        }));
    }
    let registries = registries.map(|number| count(number, "registry") + ": ").unwrap_or_default();
    let resumed = if done.completed_journal { "an interrupted run was completed; " } else { "" };
    mention(format_args!(
        "{}: {registries}{resumed}{} added, {} changed, {} removed, {} unchanged",
        out.display(),
        done.added.len(),
        done.changed.len(),
        done.removed.len(),
        done.unchanged
    ));
    Ok(())
}

/// Tells how the directories of an output differ from what a build would write, each by its path in it; empty for the output
/// itself.
pub(super) fn checked(out: &Path, found: &[(String, Checked)], form: Form) -> Result<(), Fatal> {
    let total: usize = found.iter().map(|(_, checked)| checked.total).sum();
    let differing = found.iter().flat_map(|(path, checked)| {
        let front = if path.is_empty() { String::new() } else { format!("{path}/") };
        checked.lines.iter().map(move |(word, file)| (*word, format!("{front}{file}")))
    });
    if form == Form::Json {
        let blocked = found.iter().flat_map(|(_, checked)| checked.problems.iter());
        let blocked = blocked.filter_map(|problem| Path::new(&problem.location.as_ref()?.file).strip_prefix(out).ok());
        let rows = differing.map(|(state, file)| json!({"file": file, "state": state}));
        let rows: Vec<Value> =
            rows.chain(blocked.map(|file| json!({"file": file.to_string_lossy(), "state": "foreign"}))).collect();
        return print_json(&json!({
            "version": VERSION,
            "directory": out.display().to_string(),
            "files": total,
            "differing": rows,
        }));
    }
    let mut number = 0;
    for (word, file) in differing {
        print_lines(format_args!("{word:<7} {}", visible(&file)))?;
        number += 1;
    }
    let apart: Vec<_> = found.iter().filter(|(_, checked)| checked.differs()).collect();
    if found.len() > 1 {
        for (path, checked) in &apart {
            let name = if path.is_empty() { "the list of directories" } else { path };
            mention(format_args!("{}: {}", visible(name), summed(checked)));
        }
    }
    let of =
        if found.len() > 1 { format!(", in {} of {} directories", apart.len(), found.len()) } else { String::new() };
    mention(format_args!("{}: {number} of {total} files differ{of}", out.display()));
    Ok(())
}

/// `3 of 60 files differ: 2 changed, 1 missing`.
fn summed(checked: &Checked) -> String {
    const WORDS: [&str; 5] = ["changed", "missing", "stale", "edited", "foreign"];
    let number = |word: &str| match word {
        "foreign" if checked.lines.is_empty() => checked.problems.iter().count(),
        word => checked.lines.iter().filter(|(known, _)| *known == word).count(),
    };
    let of = WORDS.map(|word| (number(word), word)).into_iter().filter(|(number, _)| *number > 0);
    let of: Vec<String> = of.map(|(number, word)| format!("{number} {word}")).collect();
    format!("{} of {} files differ: {}", checked.lines.len(), checked.total, of.join(", "))
}

/// Prints one object.
pub(super) fn print_json(value: &Value) -> Result<(), Fatal> {
    print(format_args!("{value:#}\n"))
}
