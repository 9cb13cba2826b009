//! Monitoring: the dashboard within the limits of OpenShift's console, rules and queries in promtool.

mod alerts;
mod dashboards;
mod grafana;
mod pictures;
mod scrapes;

use crate::support::fleet::{config, registry};
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{self, Expr, VectorSelector};
use quay_render::input::{Inputs, Source};
use quay_render::{Rendered, compile};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

pub fn data(file: &str) -> Value {
    yaml(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/monitoring").join(file))
}

fn yaml(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What OpenShift's release 3.5 is where nothing else is said.
const STANDARD: &str = "  release: '3.5'\n  cluster: {platform: openshift, appsDomain: apps.example.com}\n";

/// Lines of `spec.monitoring` that give its servers exporters.
const EXPORTERS: &str = "    exporters:
      postgres: registry.example.com/postgres-exporter@sha256:4f5b2d1c0a9e8f7766554433221100ffeeddccbbaa99887766554433221100ff
      redis: registry.example.com/redis-exporter@sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0
";

/// A registry that is compiled with secrets referenced and these lines in the spec of its RenderConfig.
fn compiled(name: &str, namespace: &str, spec: &str) -> Result<Rendered, String> {
    let source = |name: &str, text: String| Source { name: name.to_owned(), bytes: text.into() };
    let config = config(&format!("{spec}  secrets: {{mode: referenced}}\n"));
    let sources = vec![source("quayregistry.yaml", registry(name, namespace)), source("render-config.yaml", config)];
    rendered(&Inputs { name: name.to_owned(), sources, ..Inputs::default() })
}

/// What an input compiles to, or what is said of it.
fn rendered(inputs: &Inputs) -> Result<Rendered, String> {
    let compiled = compile(inputs);
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    compiled.registry.ok_or_else(|| said.join("\n"))
}

fn made(name: &str, namespace: &str, spec: &str) -> Rendered {
    compiled(name, namespace, spec).unwrap_or_else(|said| panic!("{said}"))
}

/// An object of a kind, by its name without the registry's.
fn object(rendered: &Rendered, kind: &str, base: &str) -> Option<Value> {
    let named = format!("{}-{base}", rendered.resolved.name);
    let of_console = format!("{}.{named}", rendered.resolved.namespace);
    let is_it =
        |it: &&quay_render::object::Object| it.kind() == kind && [base, &named, &of_console].contains(&it.name());
    rendered.objects.iter().find(is_it).map(|object| serde_json::to_value(&object.value).unwrap())
}

/// The rules of a registry in the shape of the operator.
fn rules(registry: &str, namespace: &str) -> Value {
    let rendered = made(registry, namespace, &format!("{STANDARD}  shape: operator\n"));
    object(&rendered, "PrometheusRule", "quay-prometheus-rules").unwrap()["spec"].take()
}

/// The expressions of the dashboard, by panel title.
fn expressions(registry: &str, namespace: &str) -> Map<String, Value> {
    let dashboard = dashboard(registry, namespace);
    let panels = panels(&dashboard).into_iter();
    panels.map(|panel| (panel["title"].as_str().unwrap().to_owned(), panel["targets"][0]["expr"].clone())).collect()
}

fn context(registry: &str, namespace: &str) -> Value {
    json!({ "panels": expressions(registry, namespace) })
}

/// Replaces each `${ path.to.value }` by the context's value.
fn resolve(value: &mut Value, context: &Value) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix("${ ").and_then(|rest| rest.strip_suffix(" }")) {
                let pointer = format!("/{}", path.replace('.', "/"));
                *value = context.pointer(&pointer).unwrap_or_else(|| panic!("unknown value {path}")).clone();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| resolve(item, context)),
        Value::Object(fields) => fields.values_mut().for_each(|field| resolve(field, context)),
        _ => {}
    }
}

/// The dashboard of a registry in the shape of the operator.
fn dashboard(registry: &str, namespace: &str) -> Value {
    let rendered = made(registry, namespace, &format!("{STANDARD}  shape: operator\n"));
    console(&rendered)
}

/// The dashboard for the console.
fn console(rendered: &Rendered) -> Value {
    let object = object(rendered, "ConfigMap", "grafana-dashboard-quay").unwrap();
    serde_json::from_str(object["data"]["quay.json"].as_str().unwrap()).unwrap()
}

fn array<'a>(value: &'a Value, field: &str) -> &'a Vec<Value> {
    value[field].as_array().unwrap_or_else(|| panic!("no list {field} in {value}"))
}

fn panels(dashboard: &Value) -> Vec<&Value> {
    array(dashboard, "rows").iter().flat_map(|row| array(row, "panels")).collect()
}

fn filled(value: &Value, field: &str) -> bool {
    value[field].as_str().is_some_and(|text| !text.is_empty())
}

#[test]
fn every_panel_shows_an_expression_of_its_own() {
    let dashboard = dashboard("a", "ns");
    let targets = panels(&dashboard).into_iter().flat_map(|panel| array(panel, "targets"));
    let shown: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert_eq!((shown.len(), shown.iter().collect::<BTreeSet<_>>().len()), (11, 11));
    assert_eq!(dashboard["title"], "Quay - ns - a");
}

/// The console silently skips what it does not know, so only this test shows it.
#[test]
fn the_dashboard_keeps_to_what_the_console_draws() {
    check_console(&dashboard("a", "ns"));
    check_console(&console(&made("a", "ns", STANDARD)));
}

fn check_console(dashboard: &Value) {
    for row in array(dashboard, "rows") {
        assert!(filled(row, "title") && row["showTitle"] == true && row["collapse"] == false, "{row}");
        let spans: Vec<u64> = array(row, "panels").iter().map(|panel| panel["span"].as_u64().unwrap()).collect();
        assert!(spans.iter().all(|span| [2, 3, 4, 5, 6, 12].contains(span)), "{spans:?}");
        assert_eq!(spans.iter().sum::<u64>() % 12, 0, "{row}");
    }
    let mut ids = BTreeSet::new();
    for panel in panels(dashboard) {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "an id twice: {panel}");
        assert!(filled(panel, "title") && filled(panel, "description"), "{panel}");
        let targets = array(panel, "targets");
        assert!(targets.iter().all(|target| filled(target, "expr") && filled(target, "legendFormat")), "{panel}");
        match panel["type"].as_str().unwrap() {
            "graph" => {
                assert!(panel["stack"].is_boolean() && panel["legend"]["show"] == true, "{panel}");
                assert!(filled(&panel["yaxes"][0], "format"), "{panel}");
            }
            "singlestat" => {
                assert_eq!(targets.len(), 1, "{panel}");
                assert!(filled(panel, "format") && panel["decimals"].is_u64(), "{panel}");
                assert!(array(panel, "valueMaps").iter().all(|map| map["op"] == "="), "{panel}");
            }
            other => panic!("the console draws no {other}"),
        }
    }
    assert!(serde_json::to_vec(dashboard).unwrap().len() < 262_144);
}

/// The console replaces `$name` anywhere and sets variables by position: so there must be no variables and no `$`.
#[test]
fn the_dashboard_needs_no_variables() {
    for dashboard in [dashboard("my-quay", "ns"), console(&made("my-quay", "ns", STANDARD))] {
        assert_eq!(dashboard["templating"]["list"], json!([]));
        let text = dashboard.to_string();
        assert!(!text.contains('$') && !text.contains("datasource"), "{text}");
    }
}

/// Grafana converts rows into its own grid only for schemas older than 16.
#[test]
fn the_dashboard_has_a_schema_whose_rows_grafana_reads() {
    assert!(dashboard("a", "ns")["schemaVersion"].as_u64().unwrap() < 16);
    assert!(console(&made("a", "ns", STANDARD))["schemaVersion"].as_u64().unwrap() < 16);
}

#[test]
fn legends_name_the_labels_the_query_keeps() {
    let dashboard = dashboard("a", "ns");
    for panel in panels(&dashboard).into_iter().filter(|panel| panel["type"] == "graph") {
        let target = &panel["targets"][0];
        let (expr, legend) = (target["expr"].as_str().unwrap(), target["legendFormat"].as_str().unwrap());
        let kept = expr.split_once(" by (").unwrap().1.split_once(')').unwrap().0;
        let kept: Vec<&str> = kept.split(", ").filter(|label| *label != "le").collect();
        let named: Vec<&str> = legend.split("{{").skip(1).map(|rest| rest.split_once("}}").unwrap().0).collect();
        assert_eq!(named, kept, "{panel}");
    }
}

pub fn promtool(folder: &Path, arguments: &[&str]) {
    let output = Command::new("promtool")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("promtool: {error}; it is in the packages that `.ci/setup` installs"));
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "promtool {}:\n{text}", arguments.join(" "));
}

/// Writes the rule file `<namespace>/<registry>.yaml` into a folder, as the Prometheus operator would from the object.
fn write_rules(folder: &Path, file: &str) -> (String, String) {
    let (namespace, registry) = file.strip_suffix(".yaml").and_then(|name| name.split_once('/')).unwrap();
    let spec = rules(registry, namespace);
    fs::create_dir_all(folder.join(namespace)).unwrap();
    fs::write(folder.join(file), spec.to_string()).unwrap();
    (registry.to_owned(), namespace.to_owned())
}

/// Runs a file of promtool's unit tests; its expressions are those of the first registry in its rule files.
fn promtool_test(file: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut tests = data(file);
    let registries: Vec<(String, String)> =
        array(&tests, "rule_files").iter().map(|rules| write_rules(folder.path(), rules.as_str().unwrap())).collect();
    resolve(&mut tests, &context(&registries[0].0, &registries[0].1));
    fs::write(folder.path().join("tests.yaml"), tests.to_string()).unwrap();
    promtool(folder.path(), &["test", "rules", "tests.yaml"]);
}

#[test]
fn the_alert_passes_the_linter() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["ns/a.yaml", "ns/my-quay.yaml"] {
        write_rules(folder.path(), file);
        promtool(folder.path(), &["check", "rules", "--lint=all", "--lint-fatal", file]);
    }
}

#[test]
fn the_alert_fires_for_its_own_pods_alone() {
    promtool_test("restarts-one-registry.yaml");
}

/// The name that an API server makes from `generateName`: shortened so that it is a label with its five random
/// characters.
fn generated(base: &str) -> String {
    base.chars().take(58).collect::<String>() + "x2x7k"
}

/// Every possible length of a registry's name, and every length of a ReplicaSet's hash; each with pods of its migration
/// and of similar registries, whose names the server shortens in the same way.
#[test]
fn the_alert_fires_whatever_the_length_of_the_name() {
    let (hashes, suffix) = (["7d4b9c6f", "7d4b9c6f5", "7d4b9c6f5d"], "7d4b9c6f5d");
    for length in 1..=44 {
        let registry = "a".repeat(length);
        let folder = tempfile::tempdir().unwrap();
        write_rules(folder.path(), &format!("ns/{registry}.yaml"));
        let series = |pod: &str, container: &str| {
            let labels = format!("namespace=\"ns\",pod=\"{pod}\",container=\"{container}\"");
            json!({"series": format!("kube_pod_container_status_restarts_total{{{labels}}}"), "values": "0+1x120"})
        };
        let own = hashes.map(|hash| generated(&format!("{registry}-quay-app-{hash}-")));
        let job = generated(&format!("{registry}-quay-app-upgrade-{suffix}-"));
        let mirror = generated(&format!("{registry}-quay-mirror-{suffix}-"));
        let others = ["-quay-app", "-quay-app-a", "a"].map(|end| format!("{registry}{end}"));
        let others = others.iter().filter(|other| other.len() <= 44);
        let mut pods: Vec<_> =
            others.map(|other| series(&generated(&format!("{other}-quay-app-{suffix}-")), "quay-app")).collect();
        pods.extend([series(&job, "quay-app-upgrade"), series(&mirror, "quay-mirror")]);
        pods.extend(own.iter().map(|pod| series(pod, "quay-app")));
        let alert = |pod: &String| {
            json!({"exp_labels": {"severity": "warning", "namespace": "ns", "pod": pod, "container": "quay-app"},
                "exp_annotations": {"message": "Quay Pod is restarting frequently", "severity_level": "warning",
                "description": format!("ns/{pod} has restarted 60 times in the last hour")}})
        };
        let fires: Vec<_> = own.iter().collect::<BTreeSet<_>>().into_iter().map(alert).collect();
        let tests = json!({"rule_files": [format!("ns/{registry}.yaml")], "evaluation_interval": "1m", "tests": [{
            "interval": "1m", "input_series": pods,
            "alert_rule_test": [{"eval_time": "100m", "alertname": "QuayPodFrequentlyRestarting", "exp_alerts": fires}],
        }]});
        fs::write(folder.path().join("tests.yaml"), tests.to_string()).unwrap();
        promtool(folder.path(), &["test", "rules", "tests.yaml"]);
    }
}

#[test]
fn each_of_three_registries_has_its_own_alert() {
    promtool_test("restarts-name-clash.yaml");
}

#[test]
fn the_panels_show_this_registry_alone() {
    promtool_test("dashboard.yaml");
}

/// Every selector of an expression; an unexpected kind of expression fails, so that none is missed.
fn selectors(expr: &Expr, found: &mut Vec<VectorSelector>) {
    match expr {
        Expr::VectorSelector(selector) => found.push(selector.clone()),
        Expr::MatrixSelector(selector) => found.push(selector.vs.clone()),
        Expr::Aggregate(aggregate) => selectors(&aggregate.expr, found),
        Expr::Paren(paren) => selectors(&paren.expr, found),
        Expr::Binary(binary) => {
            selectors(&binary.lhs, found);
            selectors(&binary.rhs, found);
        }
        Expr::Call(call) => call.args.args.iter().for_each(|argument| selectors(argument, found)),
        Expr::Subquery(subquery) => selectors(&subquery.expr, found),
        Expr::NumberLiteral(_) => {}
        other => panic!("unexpected in an expression: {other}"),
    }
}

fn matcher<'a>(selector: &'a VectorSelector, label: &str) -> Option<&'a Matcher> {
    selector.matchers.matchers.iter().find(|matcher| matcher.name == label)
}

#[test]
fn every_selector_is_bound_to_the_registry() {
    for (registry, namespace, pods) in [
        ("a", "ns", "a-quay-app-[a-z0-9]+(-[a-z0-9]+)?"),
        ("a-quay-app", "ns", "a-quay-app-quay-app-[a-z0-9]+(-[a-z0-9]+)?"),
        ("my-quay", "other", "my-quay-quay-app-[a-z0-9]+(-[a-z0-9]+)?"),
    ] {
        let alert = rules(registry, namespace)["groups"][0]["rules"][0]["expr"].take();
        let all = expressions(registry, namespace).into_iter().map(|(_, expr)| expr).chain([alert]);
        for expr in all {
            let (text, mut found) = (expr.as_str().unwrap(), Vec::new());
            selectors(&parser::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")), &mut found);
            assert!(!found.is_empty(), "{text}");
            for selector in found {
                let bound = matcher(&selector, "namespace").unwrap_or_else(|| panic!("{text}: no namespace"));
                assert_eq!((&bound.op, bound.value.as_str()), (&MatchOp::Equal, namespace), "{text}");
                match matcher(&selector, "service") {
                    Some(bound) => {
                        assert_eq!(bound.op, MatchOp::Equal, "{text}");
                        assert_eq!(bound.value, format!("{registry}-quay-metrics"), "{text}");
                    }
                    None => {
                        let bound = matcher(&selector, "pod").unwrap_or_else(|| panic!("{text}: no pod"));
                        assert!(matches!(bound.op, MatchOp::Re(_)), "{text}");
                        assert_eq!(bound.value, pods, "{text}");
                    }
                }
            }
        }
    }
}

#[test]
fn counters_are_rates_before_they_are_sums() {
    for (title, expr) in expressions("a", "ns") {
        let text = expr.as_str().unwrap();
        assert_eq!(
            text.contains("_total{") || text.contains("_count{"),
            text.starts_with("sum by ("),
            "{title}: {text}"
        );
        assert_eq!(text.contains("sum by ("), text.contains(") (rate("), "{title}: {text}");
    }
}
