//! Every component, and why it is managed or not.

use crate::cli::Fatal;
use crate::cli::map::map;
use crate::object::Value;
use crate::report::visible;
use crate::{Rendered, yaml};
use std::fmt::Write as _;

/// The rows.
pub fn rows(rendered: &Rendered) -> Value {
    let row = |choice: &crate::check::Choice| {
        map([
            ("kind", choice.kind.to_string().into()),
            ("managed", choice.managed.into()),
            ("reason", choice.reason.into()),
        ])
    };
    Value::Seq(rendered.resolved.components.iter().map(row).collect())
}

/// The text in a field of a row.
fn field(row: &Value, name: &str) -> String {
    row.at(&[name]).map(plain).unwrap_or_default()
}

/// The rows as a table.
pub fn text(rows: &Value) -> Result<String, Fatal> {
    let mut out = String::new();
    for row in rows.as_seq().unwrap_or_default() {
        let managed = if field(row, "managed") == "true" { "managed" } else { "unmanaged" };
        writeln!(out, "{:<24} {managed:<10} {}", field(row, "kind"), field(row, "reason"))?;
    }
    Ok(out)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Str(text) => visible(text),
        Value::Bool(flag) => flag.to_string(),
        other => yaml::flow(other),
    }
}
