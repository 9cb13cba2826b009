//! Reading and writing as callers see it: values, positions, problems.

mod positions;
mod problems;
mod properties;
mod values;

use super::*;
use crate::diagnostic::Diagnostics;

/// The documents and the diagnostics, each as `code line:column message`.
fn read(text: &str, dialect: Dialect) -> (Vec<Document>, Vec<String>) {
    let mut diagnostics = Diagnostics::new();
    let documents = parse(text, &Origin { file: "f", within: None }, dialect, &mut diagnostics);
    (documents, shown(&diagnostics))
}

fn shown(diagnostics: &Diagnostics) -> Vec<String> {
    let place = |l: &Location| format!("{}:{}", l.line, l.column);
    diagnostics
        .iter()
        .map(|d| format!("{} {} {}", d.code, d.location.as_ref().map(place).unwrap_or_default(), d.message))
        .collect()
}

/// The only document of a text without problems.
fn one(text: &str, dialect: Dialect) -> Node {
    let (mut documents, problems) = read(text, dialect);
    assert_eq!(problems, [""; 0], "{text:?}");
    assert_eq!(documents.len(), 1, "{text:?}");
    documents.remove(0).root
}

fn python(text: &str) -> Node {
    one(text, Dialect::Python)
}

fn problems(text: &str) -> Vec<String> {
    read(text, Dialect::Python).1
}

/// Finds `needle` in `text`: its line and column.
fn place_of(text: &str, needle: &str) -> Pos {
    let (before, _) = text.split_once(needle).expect("the needle is in the text");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Pos { line: line as u32, column: column as u32 }
}
