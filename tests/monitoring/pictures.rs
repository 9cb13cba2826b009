//! The dashboard as a browser draws it, in Grafana's form and in that of the console, with what a Prometheus server answers:
//! each panel has something to show and keeps to its place, and the pictures in docs/pictures are of what is drawn today.

use super::alerts::CERT_MANAGER;
use super::{EXPORTERS, STANDARD, array, console, made, object};
use crate::support::golden::{blessing, compare};
use crate::support::repository;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const RELEASE: &str = "3.18";

/// A panel as it is defined.
struct Defined<'a> {
    id: String,
    kind: &'a str,
    title: &'a str,
    /// The last part of one of the texts that tell a value has to be one of these.
    units: &'static [&'static str],
    legends: Vec<&'a str>,
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no text {field} in {value}"))
}

fn legends(panel: &Value) -> Vec<&str> {
    array(panel, "targets").iter().map(|target| text(target, "legendFormat")).collect()
}

/// What stands after a number: none after one that is counted.
const NONE: &[&str] = &[""];

fn of_grafana(dashboard: &Value) -> Vec<Defined<'_>> {
    let defined = array(dashboard, "panels").iter().map(|panel| {
        let (id, title) = (panel["id"].to_string(), text(panel, "title"));
        if panel["type"] == "row" {
            return Defined { id, kind: "row", title, units: NONE, legends: Vec::new() };
        }
        let units: &[&str] = match text(&panel["fieldConfig"]["defaults"], "unit") {
            "short" => NONE,
            "percentunit" => &["%"],
            "s" => &[" ms", " s", " min", " hour"],
            "bytes" => &["iB"],
            "Bps" => &["B/s"],
            "ops" => &[" ops/s"],
            "reqps" => &[" req/s"],
            "suffix:days" => &[" days"],
            other => panic!("{title}: no unit {other}"),
        };
        let kind = if panel["type"] == "stat" { "number" } else { "lines" };
        Defined { id, kind, title, units, legends: legends(panel) }
    });
    defined.collect()
}

/// The console knows fewer units, and writes other values as numbers alone.
fn of_console(dashboard: &Value) -> Vec<Defined<'_>> {
    let mut defined = Vec::new();
    for row in array(dashboard, "rows") {
        let title = text(row, "title");
        defined.push(Defined { id: format!("row {title}"), kind: "row", title, units: NONE, legends: Vec::new() });
        for panel in array(row, "panels") {
            let is_number = panel["type"] == "singlestat";
            let units: &[&str] = match text(if is_number { panel } else { &panel["yaxes"][0] }, "format") {
                "percentunit" => &["%"],
                "s" => &[" ms", " s"],
                "bytes" => &["iB"],
                "Bps" => &["Bps"],
                _ => NONE,
            };
            let (id, kind) = (panel["id"].to_string(), if is_number { "number" } else { "lines" });
            defined.push(Defined { id, kind, title: text(panel, "title"), units, legends: legends(panel) });
        }
    }
    defined
}

/// Draws dashboards, and where new pictures are accepted those too, in a folder.
fn drawn(dashboards: &Value, rules: &Value, pictures: &Path) -> Value {
    let mut python = Command::new("python3");
    python.arg(repository().join("tests/monitoring/picture.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    if blessing() {
        python.arg("--pictures").arg(pictures);
    }
    let mut child = python.spawn().unwrap();
    let given = json!({"dashboards": dashboards, "rules": rules, "release": RELEASE, "registry": "quay/registry"});
    child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "picture.py has failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn texts<'a>(panel: &'a Value, field: &str) -> Vec<&'a str> {
    array(panel, field).iter().map(|text| text.as_str().unwrap()).collect()
}

/// Left, top, right and bottom.
fn edges(place: &Value) -> [f64; 4] {
    ["left", "top", "right", "bottom"].map(|edge| place[edge].as_f64().unwrap())
}

/// The dashboard with a title that is too long, a panel that is too low, and one without an answer; and their places.
fn spoilt(dashboard: &Value) -> (Value, [usize; 3]) {
    let mut spoilt = dashboard.clone();
    let panels = spoilt["panels"].as_array_mut().unwrap();
    let mut all = panels.iter_mut().enumerate().filter(|(_, panel)| panel["type"] == "timeseries");
    let mut next = || all.next().unwrap();
    let ((long, title), (low, place), (empty, target)) = (next(), next(), next());
    title["title"] = json!("a title of more words than there is room for ".repeat(3));
    place["gridPos"]["h"] = json!(1);
    target["targets"] = json!([{"expr": "no_such_metric", "legendFormat": "none"}]);
    (spoilt, [long, low, empty])
}

/// Whether two panels lie on each other.
fn meet(one: &Value, other: &Value) -> bool {
    let ([left, top, right, bottom], [its_left, its_top, its_right, its_bottom]) =
        (edges(&one["place"]), edges(&other["place"]));
    its_left < right && left < its_right && its_top < bottom && top < its_bottom
}

fn check(defined: &Defined<'_>, panel: &Value) {
    let title = defined.title;
    assert_eq!((text(panel, "kind"), text(panel, "title")), (defined.kind, title));
    assert_eq!(texts(panel, "outside"), Vec::<&str>::new(), "{title}: this leaves its panel");
    let has_unit = |text: &&str| defined.units.iter().any(|unit| text.ends_with(unit));
    match defined.kind {
        "number" => {
            let value = text(panel, "value");
            assert!(value.starts_with(|first: char| first.is_ascii_digit()) && has_unit(&value), "{title}: {value}");
        }
        "lines" => {
            let (series, names, axis) = (array(panel, "series"), texts(panel, "legend"), texts(panel, "axis"));
            assert!(series.len() >= defined.legends.len(), "{title}: {series:?}");
            let width = panel["place"]["width"].as_f64().unwrap();
            let is_wide = |line: &Value, share: f64| line["width"].as_f64().unwrap() > width * share;
            assert!(series.iter().all(|line| is_wide(line, 0.0)), "{title}: a line of one point: {series:?}");
            assert!(series.iter().any(|line| is_wide(line, 0.7)), "{title}: nothing but short lines: {series:?}");
            let drawn: Vec<&str> = series.iter().map(|line| text(line, "name")).collect();
            assert_eq!(drawn, names, "{title}");
            assert!(names.iter().all(|name| !name.is_empty() && !name.contains("{{")), "{title}: {names:?}");
            assert!(axis.iter().any(has_unit), "{title}: {axis:?} has none of {:?}", defined.units);
            // Nobody knows how many pods there will be: one scrolls to the last of them.
            let is_of_pods = defined.legends.iter().all(|legend| legend.contains("{{pod}}"));
            assert!(panel["hidden"] == 0 || is_of_pods, "{title}: {} of {names:?} are hidden", panel["hidden"]);
        }
        _ => {}
    }
}

#[test]
fn every_panel_is_drawn_in_its_place_and_the_pictures_are_of_today() {
    let monitoring = "  monitoring:\n    prometheus: userWorkload\n    dashboards: [console, grafanaDashboard]\n";
    let spec = format!("{}{CERT_MANAGER}{monitoring}{EXPORTERS}", STANDARD.replace("3.5", RELEASE));
    let rendered = made("registry", "quay", &spec);
    let of_operator = object(&rendered, "GrafanaDashboard", "grafana-dashboard").unwrap()["spec"]["json"].take();
    let for_grafana: Value = serde_json::from_str(of_operator.as_str().unwrap()).unwrap();
    let for_console = console(&rendered);
    let rules = object(&rendered, "PrometheusRule", "quay-prometheus-rules").unwrap()["spec"].take();
    let (spoilt, [long, low, empty]) = spoilt(&for_grafana);
    let folder = tempfile::tempdir().unwrap();
    let dashboards = json!({"dashboard": for_grafana, "dashboard-console": for_console, "spoilt": spoilt});
    let drawn = drawn(&dashboards, &rules, folder.path());

    // What is wrong would be seen.
    let wrong = array(&drawn["spoilt"], "panels");
    assert!(!array(&wrong[long], "outside").is_empty(), "{}", wrong[long]);
    assert!(!array(&wrong[low], "outside").is_empty(), "{}", wrong[low]);
    assert!(array(&wrong[empty], "series").is_empty(), "{}", wrong[empty]);

    let mut stale = Vec::new();
    for (name, defined) in [("dashboard", of_grafana(&for_grafana)), ("dashboard-console", of_console(&for_console))] {
        let panels = array(&drawn[name], "panels");
        assert_eq!(panels.len(), defined.len());
        for (defined, panel) in defined.iter().zip(panels) {
            assert_eq!(text(panel, "id"), defined.id);
            check(defined, panel);
        }
        for (at, panel) in panels.iter().enumerate() {
            let [left, _, right, _] = edges(&panel["place"]);
            assert!(left >= 0.0 && right <= 1400.0, "{name}: {} leaves the page", panel["title"]);
            for other in panels.iter().skip(at + 1) {
                assert!(!meet(panel, other), "{name}: {} lies on {}", other["title"], panel["title"]);
            }
        }
        let file = repository().join("docs/pictures").join(name);
        if blessing() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::copy(folder.path().join(name).with_extension("png"), file.with_extension("png")).unwrap();
        }
        let picture = fs::read(file.with_extension("png")).unwrap_or_default();
        assert!(picture.len() < 300_000, "{name}.png has {} bytes", picture.len());
        let picture = base16ct::lower::encode_string(&Sha256::digest(picture));
        let digest = format!("page {}\npicture {picture}\n", text(&drawn[name], "page"));
        stale.extend(compare(file.with_extension("digest").to_str().unwrap(), &digest));
    }
    assert!(stale.is_empty(), "draw the pictures again with BLESS=1, and look at them:\n{}", stale.join("\n"));
}
