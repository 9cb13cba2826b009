//! The dashboard in Grafana's forms, checked by the types of Grafana's own packages (tests/models/dashboard.ts).

use super::dashboards::all_forms;
use super::{array, object};
use crate::support::models::{problems_in_grafana, with};
use serde_json::{Value, json};

/// The dashboard as the sidecar is given it, and as the operator is.
fn forms(release: &str) -> [Value; 2] {
    let rendered = all_forms(release);
    let of_sidecar = object(&rendered, "ConfigMap", "grafana-dashboard").unwrap()["data"]["ns.a.json"].take();
    let of_operator = object(&rendered, "GrafanaDashboard", "grafana-dashboard").unwrap()["spec"]["json"].take();
    [of_sidecar, of_operator].map(|text| serde_json::from_str(text.as_str().unwrap()).unwrap())
}

#[test]
fn grafana_has_every_field_of_the_dashboard() {
    let dashboards = ["3.5", "3.18"].map(forms).concat();
    let found = problems_in_grafana(&dashboards);
    assert_eq!(found.len(), dashboards.len());
    assert_eq!(found.concat(), Vec::<String>::new());
}

/// The types do refuse what Grafana would drop or take for something else.
#[test]
fn grafana_s_types_refuse_what_it_has_not() {
    let [dashboard, _] = forms("3.18");
    let at = |kind: &str| array(&dashboard, "panels").iter().position(|panel| panel["type"] == kind).unwrap();
    let (row, number, lines) = (at("row"), at("stat"), at("timeseries"));
    // Where, what, and how many of the two releases of Grafana refuse it.
    let mistakes = [
        ("/schemaVersion".to_owned(), json!("38"), 2),
        ("/time".to_owned(), json!("now-1h"), 2),
        ("/refreshes".to_owned(), json!("30s"), 2),
        ("/templating/list/0/type".to_owned(), json!("data source"), 2),
        ("/templating/list/0/current".to_owned(), json!({}), 2),
        ("/templating/list/0/hide".to_owned(), json!(7), 2),
        (format!("/panels/{row}/collapse"), json!(false), 2),
        (format!("/panels/{number}/titel"), json!("Users"), 2),
        (format!("/panels/{number}/options/colourMode"), json!("value"), 2),
        (format!("/panels/{number}/options/graphMode"), json!("areas"), 2),
        (format!("/panels/{number}/options/reduceOptions/calc"), json!(["last"]), 2),
        (format!("/panels/{number}/options/legend"), json!({"showLegend": true}), 2),
        // It came with Grafana 11.
        (format!("/panels/{number}/options/percentChangeColorMode"), json!("standard"), 1),
        (format!("/panels/{number}/fieldConfig/override"), json!([]), 2),
        (format!("/panels/{lines}/type"), json!("graph"), 2),
        (format!("/panels/{lines}/options/colorMode"), json!("value"), 2),
        (format!("/panels/{lines}/options/legend/displayMode"), json!("lines"), 2),
        (format!("/panels/{lines}/gridPos/w"), json!("6"), 2),
        (format!("/panels/{lines}/gridPos/x"), json!(24), 2),
        (format!("/panels/{lines}/gridPos/z"), json!(0), 2),
        (format!("/panels/{lines}/fieldConfig/defaults/unit"), json!("reqp"), 2),
        (format!("/panels/{lines}/fieldConfig/defaults/units"), json!("s"), 2),
        (format!("/panels/{lines}/fieldConfig/defaults/decimals"), json!("2"), 2),
        (format!("/panels/{lines}/fieldConfig/defaults/color"), json!({"mode": "rainbow"}), 2),
        (format!("/panels/{lines}/fieldConfig/defaults/custom/fillopacity"), json!(20), 2),
        (format!("/panels/{lines}/fieldConfig/defaults/custom/stacking/mode"), json!("stacked"), 2),
        (format!("/panels/{lines}/targets/0/expr"), Value::Null, 2),
        (format!("/panels/{lines}/targets/0/query"), json!("up"), 2),
        (format!("/panels/{lines}/targets/0/format"), json!("timeseries"), 2),
        (format!("/panels/{lines}/targets/0/datasource/type"), json!("loki"), 2),
    ];
    let wrong: Vec<Value> = mistakes.iter().map(|(path, value, _)| with(&dashboard, path, value.clone())).collect();
    for ((path, _, times), found) in mistakes.iter().zip(problems_in_grafana(&wrong)) {
        // A value that decides of what type its object is, is told of at the object.
        let (parent, _) = path.rsplit_once('/').unwrap();
        assert_eq!(found.len(), *times, "{path}: {found:?}");
        assert!(found.iter().all(|problem| problem.contains(parent)), "{path}: {found:?}");
    }
}
