//! Plain scalars that Quay's Python and Go's readers interpret differently. The output has them in an unambiguous form.

use super::{Field, Subject};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::schema::{self, Secrecy};
use crate::quote;
use crate::yaml::{self, Data, Node};
use std::collections::BTreeSet;

/// Warns of each, except for values of a wrong type, which must be rewritten anyway: types are checked before.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let place = |problem: &Diagnostic| problem.location.as_ref().map(|at| (at.file.clone(), at.line, at.column));
    let refused = out.iter().filter(|problem| problem.code == codes::CONFIG_TYPE);
    let refused: BTreeSet<_> = refused.map(place).collect();
    let mut found = Diagnostics::new();
    for name in subject.config.names() {
        let field = subject.field(name);
        if let Some(node) = field.node() {
            walk(&field, &mut vec![name], node, &mut found);
        }
    }
    found.retain(|problem| !refused.contains(&place(problem)));
    out.extend(found);
}

fn walk<'a>(field: &Field<'_>, path: &mut Vec<&'a str>, node: &'a Node, out: &mut Diagnostics) {
    match &node.data {
        Data::Map(entries) => {
            for entry in entries {
                path.push(&entry.key);
                walk(field, path, &entry.value, out);
                path.pop();
            }
        }
        Data::Seq(items) => items.iter().for_each(|item| walk(field, path, item, out)),
        _ => warn(field, path, node, out),
    }
}

fn warn(field: &Field<'_>, path: &[&str], node: &Node, out: &mut Diagnostics) {
    let Some(raw) = node.raw.as_deref() else { return };
    let secret = path.first().is_some_and(|name| schema::secrecy(name) != Secrecy::Public);
    let problem = if let Some(number) = schema::integer_meant(path, node) {
        let shown = if secret { "a number".to_owned() } else { quote::number(raw) };
        let problem = field.problem(codes::CONFIG_INTEGER, format!("{shown} is text for Quay's Python"));
        if secret { problem } else { problem.hint(format!("it is written as {number}; write it so yourself")) }
    } else if yaml::ambiguous(raw) && !secret {
        let message = format!("{raw} is {} for Quay and another value for Go's readers", node.kind_name());
        field
            .problem(codes::YAML_AMBIGUOUS, message)
            .hint("quote it where text is meant; else write it in the common form")
    } else {
        return;
    };
    out.push(problem.at(field.locate(node.pos)).field(path.join(".")));
}
