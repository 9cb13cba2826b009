//! What the shapes of the output set of components: the rows of `components/kubernetes/shapes.tsv`.

use super::settings::{self, Setting};
use crate::object::{Map, Value};
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
    /// Where it is from.
    pub source: &'static str,
    /// What it is for.
    pub reason: &'static str,
}

const TABLE: &str = include_str!("../../components/kubernetes/shapes.tsv");

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let row = |line: &'static str| match *line.split('\t').collect::<Vec<_>>().as_slice() {
        [shape, component, setting, value, source, reason] => {
            Some(Row { shape, component, setting: settings::find(setting)?, value, source, reason })
        }
        _ => None,
    };
    TABLE.lines().filter(|line| !line.starts_with('#')).skip(1).filter_map(row).collect()
});

/// All rows, in the order of the table.
#[must_use]
pub fn rows() -> &'static [Row] {
    &ROWS
}

impl Row {
    /// The value for a registry of that name.
    #[must_use]
    pub fn value(&self, registry: &str) -> Value {
        let json = serde_json::from_str(self.value).unwrap_or(serde_json::Value::Null);
        named(json.into(), registry)
    }
}

fn named(value: Value, registry: &str) -> Value {
    match value {
        Value::Str(text) if text == "@registry@" => registry.into(),
        Value::Seq(items) => Value::Seq(items.into_iter().map(|item| named(item, registry)).collect()),
        Value::Map(map) => map.into_iter().map(|(key, inner)| (key, named(inner, registry))).collect::<Map>().into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read() {
        assert_eq!(ROWS.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count() - 1);
        for row in ROWS.iter() {
            assert!(row.value("a") != Value::Null && !row.reason.is_empty(), "{}.{}", row.component, row.setting.name);
        }
    }
}
