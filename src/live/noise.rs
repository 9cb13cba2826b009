//! What a live object has that nobody asked for: the rows of `components/kubernetes/live.tsv`.

use super::reasons::matches;
use crate::broken::Broken;
use crate::object::{Map, Value};
use crate::table::{NO_ROW, Table};
use crate::yaml;
use std::sync::LazyLock;

/// A row of the table.
struct Row {
    kinds: &'static str,
    path: Vec<&'static str>,
    value: Written,
}

/// The value that a row speaks of.
enum Written {
    Any,
    Only(&'static str),
    /// The object as a whole.
    Whole,
}

const TABLE: &str = include_str!("../../components/kubernetes/live.tsv");

static ROWS: LazyLock<Table<Row>> = LazyLock::new(|| {
    Table::read("kubernetes/live.tsv", TABLE, |row| match *row {
        [kinds, path, value, reason] if !kinds.is_empty() && !reason.is_empty() => {
            let value = match value {
                "*" => Written::Any,
                "absent" => Written::Whole,
                only => Written::Only(only),
            };
            let path: Vec<&str> = path.split(' ').filter(|step| !step.is_empty()).collect();
            let fits = path.is_empty() == matches!(value, Written::Whole);
            if fits { Ok(Row { kinds, path, value }) } else { Err("a path and a value belong together".to_owned()) }
        }
        _ => Err(NO_ROW.to_owned()),
    })
});

impl Row {
    fn is_of(&self, kind: &str) -> bool {
        self.kinds == "*" || self.kinds.split(',').any(|known| known == kind)
    }

    fn is_at(&self, path: &[String]) -> bool {
        self.path.len() == path.len() && self.path.iter().zip(path).all(|(pattern, step)| matches(pattern, step))
    }

    fn has(&self, value: &Value) -> bool {
        match self.value {
            Written::Any => true,
            Written::Only(text) => value.as_str() == Some(text) || yaml::flow(value) == text,
            Written::Whole => false,
        }
    }
}

/// Whether the table is whole.
///
/// # Errors
/// If a row of it is invalid.
pub(super) fn check() -> Result<(), Broken> {
    ROWS.check()
}

/// Whether controllers make objects of that kind of others.
pub(super) fn is_made(kind: &str) -> bool {
    ROWS.rows.iter().any(|row| matches!(row.value, Written::Whole) && row.is_of(kind))
}

/// A live object without what nobody asked for.
pub(super) fn bare(live: &Value) -> Value {
    asked(live, None)
}

/// A live object without what nobody asked for: fields of the table that `rendered` does not have.
pub(super) fn asked(live: &Value, rendered: Option<&Value>) -> Value {
    let kind = live.str_at(&["kind"]);
    let rows: Vec<&Row> = ROWS.rows.iter().filter(|row| row.is_of(kind)).collect();
    walk(&rows, &mut Vec::new(), live, rendered).unwrap_or(Value::Null)
}

/// The value without the fields of the rows; nothing if it is one of them, or if nothing is left of it.
fn walk(rows: &[&Row], path: &mut Vec<String>, live: &Value, rendered: Option<&Value>) -> Option<Value> {
    if rendered.is_none() && rows.iter().any(|row| row.is_at(path) && row.has(live)) {
        return None;
    }
    match live {
        Value::Map(map) => {
            let mut kept = Map::new();
            for (key, value) in map.iter() {
                path.push(key.to_owned());
                let other = rendered.and_then(|rendered| rendered.as_map()?.get(key));
                if let Some(value) = walk(rows, path, value, other) {
                    kept.insert(key, value);
                }
                path.pop();
            }
            // A map of nothing but defaults is a default itself.
            let is_emptied = kept.is_empty() && !map.is_empty() && rendered.is_none();
            (!is_emptied).then_some(Value::Map(kept))
        }
        Value::Seq(items) => {
            let others = rendered.and_then(Value::as_seq).unwrap_or_default();
            let item = |(at, item): (usize, &Value)| {
                path.push(at.to_string());
                let kept = walk(rows, path, item, counterpart(item, at, others));
                path.pop();
                kept
            };
            Some(Value::Seq(items.iter().enumerate().filter_map(item).collect()))
        }
        other => Some(other.clone()),
    }
}

/// What tells the items of a list apart, first come first served.
const LABELS: &[&str] = &["name", "mountPath", "containerPort", "port"];

/// The item of the rendered list that is the same thing.
fn counterpart<'a>(item: &Value, at: usize, others: &'a [Value]) -> Option<&'a Value> {
    let label = LABELS.iter().find_map(|key| Some((*key, item.at(&[*key])?)));
    match label {
        Some((key, label)) => others.iter().find(|other| other.at(&[key]) == Some(label)),
        None => others.get(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::yaml::Origin;

    fn value(text: &str) -> Value {
        let origin = Origin { file: "", within: None };
        yaml::parse_own(text, &origin, &mut Diagnostics::new())[0].root.to_value()
    }

    #[test]
    fn the_table_is_whole() {
        assert!(check().is_ok());
    }

    #[test]
    fn only_what_the_table_names_is_left_out_and_only_where_it_is_not_rendered() {
        let live = "{kind: Service, metadata: {name: a, uid: x}, spec: {clusterIP: 1.2.3.4, type: ClusterIP, mine: 1, ports: \
                    [{port: 80, protocol: TCP}, {port: 81, protocol: UDP}]}}";
        let kept = asked(&value(live), None);
        let wanted =
            "{kind: Service, metadata: {name: a}, spec: {mine: 1, ports: [{port: 80}, {port: 81, protocol: UDP}]}}";
        assert_eq!(kept, value(wanted));
        let rendered =
            value("{kind: Service, spec: {clusterIP: None, ports: [{port: 81}, {port: 80, protocol: SCTP}]}}");
        let kept = asked(&value(live), Some(&rendered));
        assert_eq!(kept.str_at(&["spec", "clusterIP"]), "1.2.3.4");
        assert_eq!(kept.at(&["spec", "ports"]).unwrap().as_seq().unwrap()[0].str_at(&["protocol"]), "TCP");
    }

    #[test]
    fn a_map_of_defaults_alone_is_one_and_an_empty_one_stays() {
        let live = value(
            "{kind: Deployment, spec: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%, maxUnavailable: 25%}}, \
             template: {spec: {volumes: [{name: v, emptyDir: {}}]}}}}",
        );
        let kept = asked(&live, None);
        assert_eq!(kept, value("{kind: Deployment, spec: {template: {spec: {volumes: [{name: v, emptyDir: {}}]}}}}"));
    }
}
