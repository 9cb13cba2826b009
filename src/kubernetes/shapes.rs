//! The settings that the shapes of the output make: the rows of `components/kubernetes/shapes.tsv`.

use super::settings::{self, Setting};
use crate::broken::Broken;
use crate::object::{Map, Value};
use crate::table::{NO_ROW, Table};
use std::sync::LazyLock;

/// One setting of a shape.
#[derive(Debug)]
pub struct Row {
    /// The shape, by its name in `spec.shape`.
    pub shape: &'static str,
    /// The component, by its name in `spec.components`.
    pub component: &'static str,
    pub setting: &'static Setting,
    /// The value, as JSON with `@registry@` for the registry's name.
    pub value: &'static str,
    read: Value,
    /// The source of the value.
    pub source: &'static str,
    /// What it is for.
    pub reason: &'static str,
}

const TABLE: &str = include_str!("../../components/kubernetes/shapes.tsv");

static ROWS: LazyLock<Table<Row>> = LazyLock::new(|| {
    Table::read("kubernetes/shapes.tsv", TABLE, |row| match *row {
        [shape, component, setting, value, source, reason] => {
            let setting = settings::find(setting).ok_or_else(|| format!("no setting is called {setting:?}"))?;
            let read: serde_json::Value = serde_json::from_str(value).map_err(|_| format!("{value:?} is not JSON"))?;
            Ok(Row { shape, component, setting, value, read: read.into(), source, reason })
        }
        _ => Err(NO_ROW.to_owned()),
    })
});

/// Checks the table.
pub(super) fn check() -> Result<(), Broken> {
    ROWS.check()
}

/// All rows, in the order of the table.
#[must_use]
pub fn rows() -> &'static [Row] {
    &ROWS.rows
}

impl Row {
    /// The value for a registry of that name.
    #[must_use]
    pub fn value(&self, registry: &str) -> Value {
        named(&self.read, registry)
    }
}

fn named(value: &Value, registry: &str) -> Value {
    match value {
        Value::Str(text) if text == "@registry@" => registry.into(),
        Value::Seq(items) => Value::Seq(items.iter().map(|item| named(item, registry)).collect()),
        Value::Map(map) => {
            map.iter().map(|(key, inner)| (key.to_owned(), named(inner, registry))).collect::<Map>().into()
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(ROWS.rows.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count() - 1);
        for row in ROWS.rows.iter() {
            assert!(row.value("a") != Value::Null && !row.reason.is_empty(), "{}.{}", row.component, row.setting.name);
        }
    }
}
