//! The registries of a fleet, each in a line.

use crate::Rendered;
use crate::cli::fleet::{self, Choice, One};
use crate::cli::map::map;
use crate::cli::{Fatal, read, report};
use crate::compile;
use crate::input::Options;
use crate::model::Word as _;
use crate::object::Value;
use crate::report::visible;
use std::fmt::Write as _;

/// A row for each registry of a fleet, or for the only one; nothing if one is refused, which has been reported.
pub fn rows(input: &str, one: &One, env_images: bool) -> Result<Option<Value>, Fatal> {
    let choice = Choice { only: one.only.clone().into_iter().collect(), jobs: None };
    let Some(run) = fleet::find(input, None, &choice, Options::default(), env_images)? else {
        let inputs = read(input, None, env_images)?;
        let compiled = compile(&inputs);
        report(&compiled.diagnostics, Some(&inputs));
        return Ok(compiled.registry.map(|rendered| Value::Seq(vec![row(".", &rendered)])));
    };
    let survey = run.compile(|member, rendered| row(&member.name, rendered))?;
    run.report(&survey);
    let rows = survey.made.into_iter().map(|(_, row)| row).collect();
    Ok(Some(Value::Seq(rows)).filter(|_| !survey.diagnostics.has_errors()))
}

fn row(folder: &str, rendered: &Rendered) -> Value {
    let (resolved, config) = (&rendered.resolved, &rendered.model.config);
    map([
        ("folder", folder.into()),
        ("namespace", resolved.namespace.as_str().into()),
        ("name", resolved.name.as_str().into()),
        ("release", resolved.release.name.as_str().into()),
        ("host", resolved.hostname.text().into()),
        ("access", resolved.access.way.word().into()),
        ("secrets", config.secrets.mode.as_str().into()),
        ("paused", config.paused.into()),
    ])
}

/// The columns of the table: all but the last member.
const COLUMNS: [&str; 7] = ["folder", "namespace", "name", "release", "host", "access", "secrets"];

/// The rows as a table.
pub fn text(rows: &Value) -> Result<String, Fatal> {
    let cell = |row: &Value, name: &str| visible(row.str_at(&[name]));
    let rows = rows.as_seq().unwrap_or_default();
    let head = COLUMNS.map(str::to_uppercase);
    let cells = rows.iter().map(|row| COLUMNS.map(|name| cell(row, name)));
    let lines: Vec<[String; 7]> = std::iter::once(head).chain(cells).collect();
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|it| it.chars().count()).max();
    let mut out = String::new();
    for line in &lines {
        let padded = line.iter().enumerate().map(|(column, cell)| {
            let width = width(column).unwrap_or_default();
            format!("{cell:<width$}")
        });
        writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(out)
}
