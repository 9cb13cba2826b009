//! The form of OpenShift's console.

use super::{Dashboard, Kind, Panel, Query, frame, is_of_numbers, reference};
use serde_json::{Value, json};

/// The last schema with rows: Grafana converts those into its own grid.
const SCHEMA: u32 = 14;

pub(super) fn dashboard(dashboard: &Dashboard) -> Value {
    let mut id = 0;
    let rows = dashboard.rows.iter().map(|row| {
        let panels = row.panels.iter().map(|it| {
            id += 1;
            panel(it, id)
        });
        let panels: Vec<Value> = panels.collect();
        let height = if is_of_numbers(row) { "120px" } else { "250px" };
        json!({"title": row.title, "showTitle": true, "collapse": false, "height": height, "panels": panels})
    });
    let rows: Vec<Value> = rows.collect();
    let mut whole = frame(dashboard, SCHEMA);
    whole.insert("rows".to_owned(), rows.into());
    whole.into()
}

fn panel(panel: &Panel, id: u32) -> Value {
    let unit = panel.unit.name();
    let targets: Vec<Value> = panel.queries.iter().enumerate().map(|(at, it)| target(it, at, panel.kind)).collect();
    match panel.kind {
        Kind::Number => json!({
            "id": id,
            "type": "singlestat",
            "title": panel.title,
            "description": panel.description,
            "span": panel.width,
            "format": unit,
            "decimals": panel.decimals.unwrap_or_default(),
            "valueName": "current",
            "valueMaps": [{"op": "=", "value": "null", "text": "none"}],
            "targets": targets,
        }),
        Kind::Lines => json!({
            "id": id,
            "type": "graph",
            "title": panel.title,
            "description": panel.description,
            "span": panel.width,
            "lines": true,
            "linewidth": 1,
            "fill": i32::from(panel.stack),
            "stack": panel.stack,
            "nullPointMode": "null",
            "legend": {"show": true},
            "tooltip": {"shared": true, "sort": 2, "value_type": "individual"},
            "targets": targets,
            "xaxis": {"mode": "time", "show": true},
            "yaxes": [{"format": unit, "min": 0, "show": true}, {"format": "short", "show": false}],
        }),
    }
}

fn target(query: &Query, index: usize, kind: Kind) -> Value {
    json!({
        "refId": reference(index),
        "expr": query.expr,
        "legendFormat": query.legend,
        "format": "time_series",
        "instant": kind == Kind::Number,
    })
}
