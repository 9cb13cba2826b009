//! The form of Grafana.

use super::{Dashboard, Kind, Panel, Query, Unit, frame, is_of_numbers, reference};
use crate::object::content_suffix;
use serde_json::{Map, Value, json};

/// The schema of Grafana 10, which later ones read as well.
const SCHEMA: u32 = 38;
/// How wide Grafana's grid is, in our widths.
const GRID: u32 = 2;

pub(super) fn dashboard(dashboard: &Dashboard) -> Value {
    let (mut panels, mut id, mut top) = (Vec::new(), 0, 0);
    for row in &dashboard.rows {
        id += 1;
        panels.push(json!({
            "id": id,
            "type": "row",
            "title": row.title,
            "collapsed": false,
            "gridPos": {"h": 1, "w": 12 * GRID, "x": 0, "y": top},
            "panels": [],
        }));
        top += 1;
        let height = if is_of_numbers(row) { 4 } else { 8 };
        let mut left = 0;
        for it in &row.panels {
            id += 1;
            let place = json!({"h": height, "w": u32::from(it.width) * GRID, "x": left * GRID, "y": top});
            panels.push(panel(it, id, &place));
            left += u32::from(it.width);
            if left >= 12 {
                (left, top) = (0, top + height);
            }
        }
    }
    let mut whole = Map::new();
    // The same for the same registry wherever it is built, so that links and stars outlive every change of panels.
    whole.insert("uid".to_owned(), format!("quay-{}", content_suffix(&dashboard.title)).into());
    whole.extend(frame(dashboard, SCHEMA));
    let sources = json!({
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "hide": 0,
        "refresh": 1,
        "regex": "",
        "multi": false,
        "includeAll": false,
        "options": [],
    });
    whole.insert("templating".to_owned(), json!({"list": [sources]}));
    whole.insert("panels".to_owned(), panels.into());
    whole.into()
}

/// The data source that the viewer chooses.
fn source() -> Value {
    json!({"type": "prometheus", "uid": "${datasource}"})
}

fn panel(panel: &Panel, id: u32, place: &Value) -> Value {
    let targets: Vec<Value> = panel.queries.iter().enumerate().map(|(at, it)| target(it, at, panel.kind)).collect();
    let mut defaults = Map::new();
    let mut set = |name: &str, value: Value| defaults.insert(name.to_owned(), value);
    // Its own unit of days would write 61 of them as 9 weeks.
    let unit = if panel.unit == Unit::Days { "suffix:days" } else { panel.unit.name() };
    set("unit", unit.into());
    if panel.range.is_none() {
        set("min", 0.into());
    }
    if let Some(decimals) = panel.decimals {
        set("decimals", decimals.into());
    }
    let (kind, options) = match panel.kind {
        Kind::Number => {
            set("noValue", "none".into());
            set("color", json!({"mode": "fixed", "fixedColor": "text"}));
            let options = json!({
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "textMode": "value",
                "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
            });
            ("stat", options)
        }
        Kind::Lines => {
            let (fill, mode) = if panel.stack { (20, "normal") } else { (0, "none") };
            let mut custom = json!({
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": fill,
                "showPoints": "never",
                "spanNulls": false,
                "stacking": {"group": "A", "mode": mode},
            });
            if let (Some((least, most)), Some(fields)) = (panel.range, custom.as_object_mut()) {
                // Soft ones: a value outside is shown all the same.
                fields.insert("axisSoftMin".to_owned(), least.into());
                fields.insert("axisSoftMax".to_owned(), most.into());
            }
            set("custom", custom);
            let options = json!({
                "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": true},
                "tooltip": {"mode": "multi", "sort": "desc"},
            });
            ("timeseries", options)
        }
    };
    json!({
        "id": id,
        "type": kind,
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": source(),
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": targets,
    })
}

fn target(query: &Query, index: usize, kind: Kind) -> Value {
    let is_number = kind == Kind::Number;
    json!({
        "refId": reference(index),
        "datasource": source(),
        "expr": query.expr,
        "legendFormat": query.legend,
        "instant": is_number,
        "range": !is_number,
    })
}
