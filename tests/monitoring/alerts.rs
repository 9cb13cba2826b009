//! The alerts: each in promtool, in trouble and in health, and all of them by their tables.

use super::{EXPORTERS, STANDARD, array, compiled, data, generated, made, matcher, object, promtool, selectors};
use crate::support::example;
use crate::support::fleet::{config, registry};
use crate::support::registry::Registry;
use promql_parser::label::MatchOp;
use promql_parser::parser;
use quay_render::catalog::Catalog;
use quay_render::{Rendered, compile, input};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// All rules of a registry.
fn rules(rendered: &Rendered) -> Value {
    object(rendered, "PrometheusRule", "quay-prometheus-rules").unwrap()["spec"].take()
}

/// The rules in a file that a case asks for.
fn file(name: &str) -> Value {
    match name {
        "ns/a.yaml" => rules(&made("a", "ns", STANDARD)),
        "ns/a-3.18.yaml" => rules(&made("a", "ns", &STANDARD.replace("3.5", "3.18"))),
        "ns/a-exporters.yaml" => rules(&made("a", "ns", &format!("{STANDARD}  monitoring:\n{EXPORTERS}"))),
        // A pair that ends thirty days after 1970 began.
        "ns/a-cert.yaml" => {
            let text = of_inline().to_string();
            let end = text.split(" - vector").next().unwrap().rsplit('(').next().unwrap();
            serde_json::from_str(&text.replace(end, "2592000")).unwrap()
        }
        "ns/a-cert-manager.yaml" => rules(&made("a", "ns", &format!("{STANDARD}{CERT_MANAGER}"))),
        other => panic!("no rules are called {other}"),
    }
}

pub const CERT_MANAGER: &str = "  access:
    type: route
    tls: passthrough
    certificate: {from: certManager, caKey: ca.crt, certManager: {issuer: {kind: ClusterIssuer, name: internal-ca}}}
";

/// The rules of a registry with a pair that was made for it.
fn of_inline() -> Value {
    let config = config(&format!("{STANDARD}  secrets: {{mode: inline}}\n"));
    let folder = Registry::of(&[("a/quayregistry.yaml", &registry("a", "ns")), ("a/render-config.yaml", &config)]);
    folder.succeed(&["keys", "a"]);
    let inputs = input::read(&folder.at("a").display().to_string(), None).unwrap();
    rules(&compile(&inputs).registry.unwrap())
}

/// The groups that an alert needs: promtool takes minutes for all of them over weeks.
fn needed(rules: &Value, alert: &str) -> Value {
    let has_it = |group: &&Value| array(group, "rules").iter().any(|rule| rule["alert"] == alert);
    let is_recorded = |group: &&Value| alert.contains("Burn") && group["name"] == "quay-objectives.rules";
    let groups = array(rules, "groups").iter().filter(|group| has_it(group) || is_recorded(group));
    serde_json::json!({"groups": groups.collect::<Vec<_>>()})
}

fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/monitoring/alerts");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), data(&format!("alerts/{name}")))).collect()
}

#[test]
fn each_alert_fires_when_it_must_with_its_text_and_at_no_other_time() {
    let mut tried: BTreeMap<String, BTreeSet<bool>> = BTreeMap::new();
    for (name, tests) in cases() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("ns")).unwrap();
        for rules in array(&tests, "rule_files") {
            let path = rules.as_str().unwrap();
            fs::write(folder.path().join(path), needed(&file(path), name.trim_end_matches(".yaml")).to_string())
                .unwrap();
        }
        let of_file = name.trim_end_matches(".yaml");
        for test in array(&tests, "tests") {
            assert!(!array(test, "input_series").is_empty() || test["name"].is_string(), "{name}");
            for expected in array(test, "alert_rule_test") {
                assert_eq!(expected["alertname"], of_file, "{name}");
                tried.entry(of_file.to_owned()).or_default().insert(!array(expected, "exp_alerts").is_empty());
            }
        }
        assert!(array(&tests, "tests").len() >= 2, "{name}: one set of series alone");
        fs::write(folder.path().join(&name), tests.to_string()).unwrap();
        promtool(folder.path(), &["test", "rules", &name]);
    }
    let release = Catalog::embedded().standard().unwrap();
    // tests/backup has those of backups.
    let alerts = release.alert_names().into_iter().filter(|name| !name.starts_with("QuayBackup"));
    for alert in alerts {
        let both = BTreeSet::from([false, true]);
        assert_eq!(tried.get(alert), Some(&both), "{alert} is not seen to fire and to be silent");
    }
}

/// A registry for which everything is rendered.
const EVERYTHING: &str = "  monitoring:\n    prometheus: other\n    scrape: PodMonitor\n";

#[test]
fn rules_of_every_release_pass_the_linter() {
    for release in ["3.5", "3.9", "3.15", "3.18"] {
        for name in ["a", "my-quay"] {
            let folder = tempfile::tempdir().unwrap();
            let spec = format!("{}{EVERYTHING}{EXPORTERS}", STANDARD.replace("3.5", release));
            fs::write(folder.path().join("rules.yaml"), rules(&made(name, "ns", &spec)).to_string()).unwrap();
            promtool(folder.path(), &["check", "rules", "--lint=all", "--lint-fatal", "rules.yaml"]);
        }
    }
}

/// Every rule and alert, with its group.
fn every(rules: &Value) -> Vec<&Value> {
    array(rules, "groups").iter().flat_map(|group| array(group, "rules")).collect()
}

#[test]
fn every_alert_of_the_table_is_rendered_in_some_release_and_no_other() {
    let mut seen = BTreeSet::new();
    let mut look = |rules: &Value| {
        for rule in every(rules).into_iter().filter(|rule| rule["alert"].is_string()) {
            let text = rule.to_string();
            assert!(rule["labels"]["severity"].is_string() && rule["labels"]["quayregistry"].is_string(), "{text}");
            assert!(rule["annotations"]["summary"].is_string() || rule["annotations"]["message"].is_string(), "{text}");
            assert!(rule["annotations"]["description"].is_string(), "{text}");
            seen.insert(rule["alert"].as_str().unwrap().to_owned());
        }
    };
    look(&file("ns/a.yaml"));
    look(&file("ns/a-3.18.yaml"));
    look(&file("ns/a-cert.yaml"));
    look(&file("ns/a-exporters.yaml"));
    let compiled = compile(&input::read(&example("backup").display().to_string(), None).unwrap()).registry.unwrap();
    look(&object(&compiled, "PrometheusRule", "quay-backup-rules").unwrap()["spec"]);
    let release = Catalog::embedded().standard().unwrap();
    assert_eq!(seen.iter().map(String::as_str).collect::<BTreeSet<_>>(), release.alert_names().into_iter().collect());
}

/// Whether a matcher is bound to the objects of a registry: an exact name that begins with the registry's, or a regular
/// expression of which every alternative does.
fn is_bound(op: &MatchOp, value: &str, registry: &str) -> bool {
    let escaped = registry.replace('.', r"\.");
    match op {
        MatchOp::Equal => value.starts_with(&format!("{registry}-")),
        MatchOp::Re(_) if value.starts_with(&format!("{escaped}-(")) => true,
        MatchOp::Re(_) => value.split('|').all(|part| part.starts_with(&format!("{escaped}-"))),
        _ => false,
    }
}

const BINDING: &[&str] =
    &["service", "pod", "deployment", "job_name", "horizontalpodautoscaler", "persistentvolumeclaim", "cronjob"];

/// Checks that every selector of an expression is of this registry alone.
pub fn check_bound(text: &str, registry: &str, namespace: &str) {
    let mut found = Vec::new();
    selectors(&parser::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")), &mut found);
    for selector in found {
        let name = selector.name.as_deref().unwrap_or_default();
        if name.starts_with("certmanager_") {
            assert!(matcher(&selector, "name").is_some_and(|it| it.op == MatchOp::Equal), "{text}");
            let of = matcher(&selector, "exported_namespace").or_else(|| matcher(&selector, "namespace"));
            assert!(of.is_some_and(|it| it.op == MatchOp::Equal), "{text}");
            continue;
        }
        let bound = matcher(&selector, "namespace").unwrap_or_else(|| panic!("{text}: {name} has no namespace"));
        assert_eq!((&bound.op, bound.value.as_str()), (&MatchOp::Equal, namespace), "{text}");
        let by_label = matcher(&selector, "quayregistry");
        let own = by_label.is_some_and(|it| it.op == MatchOp::Equal && it.value == registry);
        let named = BINDING.iter().filter_map(|label| matcher(&selector, label));
        let bound = named.map(|it| is_bound(&it.op, &it.value, registry)).collect::<Vec<_>>();
        assert!(own || (!bound.is_empty() && bound.iter().all(|is| *is)), "{text}: {name} is not bound to {registry}");
    }
}

#[test]
fn every_selector_of_every_rule_is_bound_to_the_registry() {
    for (registry, namespace) in [("a", "ns"), ("a-quay-app", "ns"), ("my-quay", "other")] {
        for release in ["3.5", "3.18"] {
            let spec = format!("{}  monitoring:\n{EXPORTERS}", STANDARD.replace("3.5", release));
            let rules = rules(&made(registry, namespace, &spec));
            for rule in every(&rules) {
                check_bound(rule["expr"].as_str().unwrap(), registry, namespace);
            }
        }
    }
}

#[test]
fn settings_of_alerts_arrive() {
    let spec = format!(
        "{STANDARD}  monitoring:
    alertLabels: {{team: registry}}
    labels: {{release: kube-prometheus-stack}}
    runbooks: https://wiki.example.com/quay
    objectives: {{window: 28, leastRequests: 7, pull: {{availability: 99.95, seconds: 0.5}}}}
    alerts:
      QuayDown: {{severity: info, for: 90s, labels: {{page: 'no'}}}}
      QuayErrorShareHigh: {{threshold: 2.5}}
      QuayQueueStuck: {{disabled: nobody mirrors}}
"
    );
    let rendered = made("a", "ns", &spec);
    let object = object(&rendered, "PrometheusRule", "quay-prometheus-rules").unwrap();
    assert_eq!(object["metadata"]["labels"]["release"], "kube-prometheus-stack");
    let all = every(&object["spec"]);
    let alert = |name: &str| all.iter().copied().find(|rule| rule["alert"] == name);
    let down = alert("QuayDown").unwrap();
    assert_eq!(down["for"], "90s");
    let labels = serde_json::json!({
        "severity": "info", "namespace": "ns", "quayregistry": "a", "team": "registry", "page": "no"
    });
    assert_eq!(down["labels"], labels);
    assert_eq!(down["annotations"]["runbook_url"], "https://wiki.example.com/quay#quaydown");
    assert!(alert("QuayErrorShareHigh").unwrap()["expr"].as_str().unwrap().contains("> 2.5"));
    assert!(alert("QuayQueueStuck").is_none());
    let fast = alert("QuayErrorBudgetBurnFast").unwrap()["expr"].as_str().unwrap();
    assert!(fast.contains("> 13.44") && fast.contains(">= 7\n"), "{fast}");
    let allowed = |record: &str| {
        let of = all.iter().find(|rule| rule["record"] == record && rule["labels"]["objective"] == "pull").unwrap();
        of["expr"].as_str().unwrap()
    };
    assert_eq!(allowed("quay:requests_failed:allowed"), "vector(0.0005)");
    assert!(allowed("quay:requests_late:rate5m").contains(r#"le=~"0[.]5""#));
}

#[test]
fn what_alerts_cannot_be_is_said_where_it_stands() {
    let spec = format!(
        "{STANDARD}  monitoring:
    objectives: {{window: 3, pull: {{availability: 100, latency: 12, seconds: 3}}, pul: {{}}}}
    alertLabels: {{severity: high, 1st: x}}
    runbooks: https://wiki.example.com/#here
    alerts:
      QuayDwn: {{}}
      QuayDown: {{severity: loud, for: 5 minutes, threshold: 3, disabled: ' '}}
"
    );
    let said = compiled("a", "ns", &spec).err().unwrap();
    for part in [
        "window",
        "availability",
        "latency",
        "seconds",
        "\"pul\"",
        "\"severity\"",
        "1st",
        "runbooks",
        "\"QuayDwn\"",
        "QuayDown.severity",
        "QuayDown.for",
        "threshold",
        "disabled",
    ] {
        assert!(said.contains(part), "{part} is not in\n{said}");
    }
}

/// The Deployments of a registry for which everything is rendered.
const DEPLOYMENTS: [&str; 9] = [
    "quay-app",
    "quay-mirror",
    "quay-database",
    "quay-redis",
    "clair-app",
    "clair-postgres",
    "postgres-exporter",
    "clair-pg-exporter",
    "redis-exporter",
];

/// Registries of every possible length of a name, each a part of the next ones', in one namespace with others whose names
/// are theirs and a Deployment's: each is told of its own pods, as the API server cuts their names, and of no other.
#[test]
fn the_pods_of_a_registry_are_its_own_whatever_the_length_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("ns")).unwrap();
    let pod = |registry: &str, deployment: &str| generated(&format!("{registry}-{deployment}-7d4b9c6f5d-"));
    let mut pods = BTreeSet::new();
    let (mut files, mut expected) = (Vec::new(), Vec::new());
    for length in 1..=44 {
        let registry = "a".repeat(length);
        let rules = rules(&made(&registry, "ns", &format!("{STANDARD}  monitoring:\n{EXPORTERS}")));
        let file = format!("ns/{length}.yaml");
        fs::write(folder.path().join(&file), needed(&rules, "QuayPodOutOfMemory").to_string()).unwrap();
        files.push(file);
        for deployment in DEPLOYMENTS {
            let own = pod(&registry, deployment);
            expected.push(serde_json::json!({
                "exp_labels": {"severity": "warning", "namespace": "ns", "quayregistry": registry, "pod": own,
                    "container": "c", "reason": "OOMKilled"},
                "exp_annotations": {"summary": "A pod of the registry has run out of memory", "description":
                    format!("Container c of ns/{own} was killed at its memory limit, and was restarted within the last hour.")},
            }));
            assert!(pods.insert(own), "{registry}: two Deployments have a pod of this name");
            let neighbour = format!("{registry}-{deployment}");
            if neighbour.len() <= 44 {
                pods.extend(DEPLOYMENTS.map(|deployment| pod(&neighbour, deployment)));
            }
        }
        pods.insert(generated(&format!("{registry}-quay-app-upgrade-h1j2k3m4n5-")));
    }
    assert!(pods.len() > 2 * expected.len(), "{} pods, {} of them own", pods.len(), expected.len());
    let series = pods.iter().flat_map(|pod| {
        let labels = format!("namespace=\"ns\",pod=\"{pod}\",container=\"c\"");
        [
            (format!("kube_pod_container_status_last_terminated_reason{{reason=\"OOMKilled\",{labels}}}"), "1x60"),
            (format!("kube_pod_container_status_restarts_total{{{labels}}}"), "0+1x60"),
        ]
    });
    let series = series.map(|(series, values)| serde_json::json!({"series": series, "values": values}));
    let tests = serde_json::json!({"rule_files": files, "evaluation_interval": "1m", "tests": [{
        "interval": "1m", "input_series": series.collect::<Vec<_>>(),
        "alert_rule_test": [{"eval_time": "50m", "alertname": "QuayPodOutOfMemory", "exp_alerts": expected}],
    }]});
    fs::write(folder.path().join("tests.yaml"), tests.to_string()).unwrap();
    promtool(folder.path(), &["test", "rules", "tests.yaml"]);
}
