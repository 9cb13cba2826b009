//! The dashboards of the shape production: one definition in three forms, and its expressions.

use super::alerts::check_bound;
use super::{EXPORTERS, STANDARD, array, console, made, object, selectors};
use promql_parser::parser;
use quay_render::Rendered;
use quay_render::catalog::number;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{fs, io::Write};

const GRAFANA: &str = "  monitoring:
    dashboards: [console, configMap, grafanaDashboard]
    grafana: {folder: Registries}
";

pub fn all_forms(release: &str) -> Rendered {
    made("a", "ns", &format!("{}{GRAFANA}{EXPORTERS}", STANDARD.replace("3.5", release)))
}

/// The panels of the console's form.
fn panels(rendered: &Rendered) -> Vec<Value> {
    array(&console(rendered), "rows").iter().flat_map(|row| array(row, "panels").clone()).collect()
}

fn expressions(panel: &Value) -> Vec<&str> {
    array(panel, "targets").iter().map(|target| target["expr"].as_str().unwrap()).collect()
}

#[test]
fn the_forms_ask_the_same() {
    let rendered = all_forms("3.18");
    let of_config_map = object(&rendered, "ConfigMap", "a-grafana-dashboard").unwrap();
    assert_eq!(of_config_map["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(of_config_map["metadata"]["annotations"]["grafana_folder"], "Registries");
    let of_config_map: Value = serde_json::from_str(of_config_map["data"]["ns.a.json"].as_str().unwrap()).unwrap();
    let of_operator = object(&rendered, "GrafanaDashboard", "a-grafana-dashboard").unwrap();
    assert_eq!(of_operator["spec"]["instanceSelector"], json!({"matchLabels": {"dashboards": "grafana"}}));
    let of_operator: Value = serde_json::from_str(of_operator["spec"]["json"].as_str().unwrap()).unwrap();
    assert_eq!(of_config_map, of_operator);
    let current: Vec<&Value> = array(&of_operator, "panels").iter().filter(|panel| panel["type"] != "row").collect();
    let old = panels(&rendered);
    assert_eq!(old.len(), current.len());
    for (old, current) in old.iter().zip(current) {
        assert_eq!(old["title"], current["title"]);
        assert_eq!(expressions(old), expressions(current));
        let kinds = (old["type"].as_str().unwrap(), current["type"].as_str().unwrap());
        assert!(matches!(kinds, ("graph", "timeseries") | ("singlestat", "stat")), "{kinds:?}");
    }
}

/// No two panels of Grafana's grid cover the same place, and none leaves it.
#[test]
fn grafana_s_panels_fill_its_grid() {
    let rendered = all_forms("3.18");
    let object = object(&rendered, "GrafanaDashboard", "a-grafana-dashboard").unwrap();
    let dashboard: Value = serde_json::from_str(object["spec"]["json"].as_str().unwrap()).unwrap();
    let mut covered: BTreeMap<(u64, u64), &Value> = BTreeMap::new();
    let mut ids = Vec::new();
    for panel in array(&dashboard, "panels") {
        let place = |field: &str| panel["gridPos"][field].as_u64().unwrap();
        assert!(place("x") + place("w") <= 24, "{panel}");
        for y in place("y")..place("y") + place("h") {
            for x in place("x")..place("x") + place("w") {
                assert!(covered.insert((x, y), panel).is_none(), "two panels at {x}, {y}: {panel}");
            }
        }
        ids.push(panel["id"].as_u64().unwrap());
    }
    let lines = covered.keys().map(|(_, y)| y).max().unwrap() + 1;
    assert_eq!(covered.len() as u64, lines * 24);
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
}

#[test]
fn every_panel_is_bound_to_the_registry_and_says_what_it_is() {
    for (registry, namespace) in [("a", "ns"), ("a-quay-app", "ns"), ("my-quay", "other")] {
        for release in ["3.5", "3.18"] {
            let spec = format!("{}{GRAFANA}{EXPORTERS}", STANDARD.replace("3.5", release));
            for panel in panels(&made(registry, namespace, &spec)) {
                assert!(panel["description"].as_str().is_some_and(|text| text.len() > 20), "{panel}");
                expressions(&panel).iter().for_each(|expr| check_bound(expr, registry, namespace));
            }
        }
    }
}

/// The table of metrics: since and until which release each is there.
fn metrics() -> BTreeMap<String, (Option<String>, Option<String>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/monitoring/metrics.tsv");
    let text = fs::read_to_string(path).unwrap();
    let rows =
        text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    rows.map(|row| (row[0].to_owned(), (given(row[3]), given(row[4])))).collect()
}

#[test]
fn every_metric_is_one_that_the_release_has() {
    let known = metrics();
    for release in ["3.5", "3.6", "3.9", "3.10", "3.15", "3.18"] {
        let rendered = all_forms(release);
        let rules = object(&rendered, "PrometheusRule", "quay-prometheus-rules").unwrap();
        let panels = panels(&rendered);
        let groups = array(&rules["spec"], "groups").iter().flat_map(|group| array(group, "rules"));
        let asked = groups.map(|rule| rule["expr"].as_str().unwrap()).chain(panels.iter().flat_map(expressions));
        for text in asked {
            let mut found = Vec::new();
            selectors(&parser::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")), &mut found);
            for name in found.iter().filter_map(|selector| selector.name.as_deref()) {
                let base = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end));
                let row = known.get(name).or_else(|| known.get(base?));
                let (since, until) = row.unwrap_or_else(|| panic!("{name} is not in the table of metrics: {text}"));
                let at = number(release).unwrap();
                let is_there = since.as_deref().is_none_or(|since| number(since).unwrap() <= at)
                    && until.as_deref().is_none_or(|until| at < number(until).unwrap());
                assert!(is_there, "release {release} has no {name}: {text}");
            }
        }
    }
}

/// A Prometheus server that has scraped what a registry exports answers every expression of every panel.
#[test]
fn a_prometheus_server_answers_every_panel() {
    for release in ["3.5", "3.18"] {
        let rendered = all_forms(release);
        let folder = tempfile::tempdir().unwrap();
        let rules = object(&rendered, "PrometheusRule", "quay-prometheus-rules").unwrap()["spec"].take();
        fs::write(folder.path().join("rules.yaml"), rules.to_string()).unwrap();
        let panels = panels(&rendered);
        let asked: Vec<Value> = panels
            .iter()
            .flat_map(|panel| {
                let unit = if panel["type"] == "graph" { &panel["yaxes"][0]["format"] } else { &panel["format"] };
                expressions(panel)
                    .into_iter()
                    .map(move |expr| json!({"title": panel["title"], "expr": expr, "unit": unit}))
            })
            .collect();
        let answers = ask(&folder.path().join("rules.yaml"), &Value::from(asked.clone()), release);
        let answers = answers.as_array().unwrap();
        assert_eq!(answers.len(), asked.len());
        for (asked, answer) in asked.iter().zip(answers) {
            let title = &asked["title"];
            assert!(answer["error"].is_null(), "{title}: {answer}");
            assert!(answer["series"].as_u64().unwrap() > 0, "{title} is empty: {asked}");
            let (least, most) = (answer["min"].as_f64().unwrap(), answer["max"].as_f64().unwrap());
            let range = match asked["unit"].as_str().unwrap() {
                "percentunit" => 0.0..=1.0,
                "s" => 0.0..=7200.0,
                "d" => 0.0..=36500.0,
                _ => 0.0..=f64::MAX,
            };
            assert!(range.contains(&least) && range.contains(&most), "{title}: {answer}");
        }
    }
}

fn ask(rules: &Path, queries: &Value, release: &str) -> Value {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/monitoring/ask.py");
    let mut child = Command::new("python3")
        .arg(python)
        .arg("--rules")
        .arg(rules)
        .args(["--release", release])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(queries.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "ask.py has failed");
    serde_json::from_slice(&output.stdout).unwrap()
}
