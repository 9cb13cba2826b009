//! How Prometheus finds the pods, and what it may read.

use super::{EXPORTERS, STANDARD, array, compiled, made, object, rendered};
use crate::support::example;
use quay_render::{Rendered, compile, input};
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

#[test]
fn exporters_are_found_in_each_way() {
    let found = |scrape: &str| {
        let spec = format!(
            "{STANDARD}  redisPassword: true\n  monitoring:\n    prometheus: other\n    scrape: {scrape}\n{EXPORTERS}"
        );
        made("a", "ns", &spec)
    };
    for (exporter, port) in [("postgres-exporter", 9187), ("clair-pg-exporter", 9187), ("redis-exporter", 9121)] {
        let rendered = found("ServiceMonitor");
        let service = object(&rendered, "Service", exporter).unwrap();
        assert_eq!(service["spec"]["ports"][0]["port"], port);
        assert_eq!(service["metadata"]["labels"]["quay-component"], "monitoring");
        let monitor = object(&rendered, "ServiceMonitor", "quay-metrics-monitor").unwrap();
        assert!(array(&monitor["spec"], "endpoints").contains(&json!({"port": "exporter"})));
        let rendered = found("PodMonitor");
        assert!(object(&rendered, "Service", exporter).is_none());
        let monitor = object(&rendered, "PodMonitor", &format!("{exporter}-monitor")).unwrap();
        assert_eq!(monitor["spec"]["selector"]["matchLabels"]["quay-component"], exporter);
        let endpoint = &monitor["spec"]["podMetricsEndpoints"][0];
        assert_eq!(endpoint["port"], "exporter");
        assert_eq!(endpoint["relabelings"][0]["replacement"], format!("a-{exporter}"));
        let rendered = found("annotations");
        let service = object(&rendered, "Service", exporter).unwrap();
        assert_eq!(service["metadata"]["annotations"]["prometheus.io/port"], port.to_string());
    }
}

/// Each logs in as Quay or Clair does, with the password from the same Secret, and keeps no session in a database that a
/// restore renames: `<registry>-quay-database`, and `postgres` of Clair's server.
#[test]
fn exporters_log_in_to_what_they_ask() {
    let spec = format!("{STANDARD}  redisPassword: true\n  monitoring:\n{EXPORTERS}");
    let rendered = made("a", "ns", &spec);
    let env = |name: &str| {
        let deployment = object(&rendered, "Deployment", name).unwrap();
        deployment["spec"]["template"]["spec"]["containers"][0]["env"].clone()
    };
    let password_of = |name: &str, variable: &str| {
        let all = env(name);
        let own = all.as_array().unwrap().iter().find(|it| it["name"] == variable).unwrap();
        own["valueFrom"]["secretKeyRef"].clone()
    };
    assert_eq!(env("postgres-exporter")[0]["value"], "a-quay-database:5432/postgres?sslmode=disable&connect_timeout=3");
    assert_eq!(
        env("clair-pg-exporter")[0]["value"],
        "a-clair-postgres:5432/template1?sslmode=disable&connect_timeout=3"
    );
    assert_eq!(env("redis-exporter")[0]["value"], "redis://a-quay-redis:6379");
    for (exporter, variable, server, of_server) in [
        ("postgres-exporter", "DATA_SOURCE_PASS", "quay-database", "POSTGRESQL_PASSWORD"),
        ("clair-pg-exporter", "DATA_SOURCE_PASS", "clair-postgres", "POSTGRESQL_ADMIN_PASSWORD"),
        ("redis-exporter", "REDIS_PASSWORD", "quay-redis", "REDIS_PASSWORD"),
    ] {
        assert_eq!(password_of(exporter, variable), password_of(server, of_server), "{exporter}");
    }
}

#[test]
fn an_exporter_s_image_is_one_by_its_digest_for_a_server_of_the_registry() {
    let said = |spec: &str| compiled("a", "ns", &format!("{STANDARD}{spec}")).err().unwrap();
    let loose = said("  monitoring: {exporters: {postgres: quay.io/prometheuscommunity/postgres-exporter:v0.17.1}}\n");
    assert!(loose.contains("error[image-digest]: render-config.yaml:"), "{loose}");
    let odd = said("  monitoring: {exporters: {mysql: x}}\n");
    assert!(odd.contains("\"mysql\""), "{odd}");
}

#[test]
fn an_exporter_without_a_server_of_ours_is_not_used() {
    let sources = |managed: bool| {
        let name = if managed { "monitoring" } else { "unmanaged-redis" };
        let mut inputs = input::read(&example(name).display().to_string(), None).unwrap();
        for source in inputs.sources.iter_mut().filter(|source| source.name.ends_with("render-config.yaml")) {
            let text = String::from_utf8(source.bytes.to_vec()).unwrap();
            source.bytes = if managed { text } else { text + "  monitoring:\n" + EXPORTERS }.into();
        }
        compile(&inputs)
    };
    let compiled = sources(false);
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let unused: Vec<&String> = said.iter().filter(|said| said.contains("[setting-unused]")).collect();
    assert!(matches!(unused[..], [one] if one.contains("spec.monitoring.exporters.redis: is not used")), "{said:#?}");
    let rendered = compiled.registry.unwrap();
    assert!(object(&rendered, "Deployment", "postgres-exporter").is_some());
    assert!(object(&rendered, "Deployment", "redis-exporter").is_none());
    assert!(object(&sources(true).registry.unwrap(), "Deployment", "redis-exporter").is_some());
}
