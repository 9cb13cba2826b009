//! How Prometheus finds the pods, and what it may read.

use super::{STANDARD, compiled, made, object, rendered};
use crate::support::example;
use quay_render::{Rendered, input};
use serde_json::{Value, json};

/// A registry on plain Kubernetes, with these lines in the spec of its RenderConfig.
fn on_kubernetes(apis: &str, spec: &str) -> Result<Rendered, String> {
    let mut inputs = input::read(&example("kubernetes").display().to_string(), None).unwrap();
    for source in inputs.sources.iter_mut().filter(|source| source.name.ends_with("render-config.yaml")) {
        let text = String::from_utf8(source.bytes.to_vec()).unwrap();
        let cluster = format!("    platform: kubernetes\n    apis: {apis}\n");
        source.bytes = (text.replace("    platform: kubernetes\n", &cluster) + spec).into();
    }
    for source in inputs.sources.iter_mut().filter(|source| source.name.ends_with("quayregistry.yaml")) {
        let text = String::from_utf8(source.bytes.to_vec()).unwrap();
        source.bytes =
            text.replace("kind: monitoring\n      managed: false", "kind: monitoring\n      managed: true").into();
    }
    rendered(&inputs)
}

fn with(monitoring: &str) -> Rendered {
    made("a", "ns", &format!("{STANDARD}  monitoring: {monitoring}\n"))
}

fn kinds(rendered: &Rendered) -> Vec<(String, String)> {
    let of = rendered.objects.iter().filter(|it| it.component == "monitoring");
    of.map(|it| (it.kind().to_owned(), it.name().to_owned())).collect()
}

fn has(rendered: &Rendered, kind: &str, name: &str) -> bool {
    kinds(rendered).iter().any(|(of, it)| of == kind && it == name)
}

#[test]
fn the_platform_scrapes_a_labelled_namespace_by_its_account() {
    let rendered = made("a", "ns", STANDARD);
    let namespace = object(&rendered, "Namespace", "ns").unwrap();
    assert_eq!(namespace["metadata"]["labels"]["openshift.io/cluster-monitoring"], "true");
    let binding = object(&rendered, "RoleBinding", "quay-metrics").unwrap();
    let subject = json!({"kind": "ServiceAccount", "name": "prometheus-k8s", "namespace": "openshift-monitoring"});
    assert_eq!(binding["subjects"], json!([subject]));
    let monitor = object(&rendered, "ServiceMonitor", "quay-metrics-monitor").unwrap();
    assert_eq!(monitor["spec"]["endpoints"], json!([{"port": "quay-metrics"}, {"port": "clair-introspection"}]));
    for name in ["a-quay-metrics", "a-mirror-metrics", "a-clair-metrics"] {
        let service = object(&rendered, "Service", name).unwrap();
        assert_eq!(service["metadata"]["labels"]["quay-component"], "monitoring", "{name}");
        assert_eq!(service["metadata"]["annotations"]["prometheus.io/scrape"], Value::Null, "{name}");
    }
}

#[test]
fn the_monitoring_of_user_workloads_needs_neither_label_nor_rights() {
    let rendered = with("{prometheus: userWorkload}");
    let namespace = object(&rendered, "Namespace", "ns").unwrap();
    assert_eq!(namespace["metadata"]["labels"]["openshift.io/cluster-monitoring"], Value::Null);
    assert!(kinds(&rendered).iter().all(|(kind, _)| !kind.starts_with("Role")), "{:?}", kinds(&rendered));
    let said = compiled(
        "a",
        "ns",
        &format!(
            "{STANDARD}  monitoring: {{prometheus: userWorkload}}\n  components:\n    namespace: {{labels: {{openshift.io/cluster-monitoring: 'true'}}}}\n"
        ),
    );
    assert!(said.err().unwrap().contains("error[monitoring]: render-config.yaml:"));
}

#[test]
fn a_pod_monitor_gives_series_the_labels_of_a_service() {
    let rendered = with("{scrape: PodMonitor, prometheus: other, account: {name: prometheus, namespace: watch}}");
    for (kind, _) in kinds(&rendered) {
        assert!(!["ServiceMonitor", "Service"].contains(&kind.as_str()), "{kind}");
    }
    for (name, component, port, service) in [
        ("a-quay-metrics-monitor", "quay-app", "quay-metrics", "a-quay-metrics"),
        ("a-mirror-metrics-monitor", "quay-mirror", "quay-metrics", "a-mirror-metrics"),
        ("a-clair-metrics-monitor", "clair-app", "clair-intro", "a-clair-metrics"),
    ] {
        let monitor = object(&rendered, "PodMonitor", name).unwrap();
        let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
        assert_eq!((&endpoint["port"], &endpoint["relabelings"][0]["replacement"]), (&json!(port), &json!(service)));
        assert_eq!(monitor["spec"]["selector"]["matchLabels"]["quay-component"], component);
        let deployment = object(&rendered, "Deployment", &format!("a-{component}")).unwrap();
        let ports = deployment["spec"]["template"]["spec"]["containers"][0]["ports"].as_array().unwrap().clone();
        assert!(ports.iter().any(|it| it["name"] == port), "{component}: {ports:?}");
    }
    let binding = object(&rendered, "RoleBinding", "quay-metrics").unwrap();
    assert_eq!(binding["subjects"][0]["namespace"], "watch");
    let policy = object(&rendered, "NetworkPolicy", "quay-mirror").unwrap().to_string();
    assert!(policy.contains(r#"{"kubernetes.io/metadata.name":"watch"}"#), "{policy}");
}

#[test]
fn a_prometheus_without_an_operator_gets_annotations_and_a_file_of_rules() {
    let rendered = on_kubernetes("{monitoring: false}", "  monitoring: {scrape: annotations}\n").unwrap();
    let service = object(&rendered, "Service", "quay-metrics").unwrap();
    assert_eq!(service["metadata"]["annotations"]["prometheus.io/port"], "9091");
    let of_operator = ["PrometheusRule", "ServiceMonitor", "PodMonitor"];
    assert!(kinds(&rendered).iter().all(|(kind, _)| !of_operator.contains(&kind.as_str())));
    let file = object(&rendered, "ConfigMap", "quay-prometheus-rules").unwrap();
    let rules: Value = serde_yaml::from_str(file["data"]["quay.rules.yaml"].as_str().unwrap()).unwrap();
    assert_eq!(rules["groups"][0]["name"], "quay-alerts.rules");
}

#[test]
fn elsewhere_nothing_is_for_openshift() {
    let rendered = on_kubernetes("{monitoring: true}", "  monitoring: {labels: {release: stack}}\n").unwrap();
    for (kind, name) in kinds(&rendered) {
        let text = object(&rendered, &kind, &name).unwrap().to_string();
        assert!(!text.contains("openshift"), "{kind} {name}");
    }
    let dashboard = format!("{}-grafana-dashboard", rendered.resolved.name);
    assert!(has(&rendered, "ConfigMap", &dashboard));
    let monitor = object(&rendered, "ServiceMonitor", "quay-metrics-monitor").unwrap();
    assert_eq!(monitor["metadata"]["labels"]["release"], "stack");
    for (monitoring, part) in
        [("{prometheus: platform}", "only OpenShift has"), ("{prometheus: userWorkload}", "only OpenShift has")]
    {
        let said = on_kubernetes("{monitoring: true}", &format!("  monitoring: {monitoring}\n")).err().unwrap();
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn what_is_not_used_is_said() {
    for spec in [
        "  shape: operator\n  monitoring: {scrape: PodMonitor}\n",
        "  monitoring: {prometheus: platform, account: {name: a, namespace: b}}\n",
    ] {
        let said = compiled("a", "ns", &format!("{STANDARD}{spec}")).map_or_else(
            |said| said,
            |rendered| {
                assert!(object(&rendered, "PodMonitor", "quay-metrics-monitor").is_none(), "the operator has none");
                String::new()
            },
        );
        assert!(said.is_empty() || said.contains("error[monitoring]"), "{said}");
    }
}
