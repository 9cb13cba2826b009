//! The report: the table of what is migrated for one QuayEcosystem, and what its user does by hand.

use super::rows::{Row, Status};
use crate::model::ecosystem::{Ecosystem, Left};
use std::fmt::Write as _;

/// The report, in Markdown.
#[must_use]
pub fn report(ecosystem: &Ecosystem, rows: &[Row]) -> String {
    let Ecosystem { name, namespace, .. } = ecosystem;
    let mut out = format!("# {namespace}/{name}: from QuayEcosystem to QuayRegistry\n\n{}\n\n", verdict(rows));
    out.push_str("| part | in the QuayEcosystem | status | in the QuayRegistry |\n|---|---|---|---|\n");
    for Row { part, found, status, becomes, .. } in rows {
        _ = writeln!(out, "| {} | {found} | {} | {becomes} |", part.name(), status.word());
    }
    for (row, text) in rows.iter().filter_map(|row| Some((row, row.by_hand.as_ref()?))) {
        _ = write!(out, "\n## {}, by hand\n\n{text}\n", row.part.name());
    }
    left(&ecosystem.left, &mut out);
    out
}

fn verdict(rows: &[Row]) -> String {
    let count = |status: Status| rows.iter().filter(|row| row.status == status).count();
    match count(Status::Unsupported) {
        0 => format!(
            "It can be migrated; {} of {} parts leave something to do by hand.",
            count(Status::ByHand),
            rows.len()
        ),
        1 => "It cannot be migrated as it is: 1 part is not supported.".to_owned(),
        several => format!("It cannot be migrated as it is: {several} parts are not supported."),
    }
}

/// What is set and not carried over; fields with one answer stand together.
fn left(left: &[Left], out: &mut String) {
    if left.is_empty() {
        return;
    }
    out.push_str("\n## Set, and not carried over\n\n");
    let mut answers: Vec<(&str, Vec<String>)> = Vec::new();
    for Left { field, instead } in left {
        let field = format!("`{field}`");
        match answers.iter_mut().find(|(answer, _)| answer == instead) {
            Some((_, fields)) => fields.push(field),
            None => answers.push((instead, vec![field])),
        }
    }
    for (answer, fields) in answers {
        _ = writeln!(out, "- {}: {answer}", fields.join(", "));
    }
}
