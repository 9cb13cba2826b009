//! The expressions of the monitoring component: one alert and one dashboard, each bound to a single registry (guide 6.2).
//!
//! One Prometheus may watch many registries, in one namespace or in several. Nothing here may depend on the name of a
//! registry alone, nor on a part of a pod's name: a neighbour's numbers in a graph are worse than no graph.

use serde::Serialize;

/// How long a rate looks back: ten pushes of Quay's thirty seconds, so that a late one leaves no gap.
const WINDOW: &str = "5m";

/// What the templates of `components/monitoring/` are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Monitoring {
    /// The alerts' expressions.
    pub alerts: Alerts,
    /// The dashboard's title and expressions.
    pub dashboard: Dashboard,
}

/// The alerts' expressions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alerts {
    /// QuayPodFrequentlyRestarting (guide 6.2.3).
    pub pod_frequently_restarting: String,
}

/// What of the dashboard depends on the registry (guide 6.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dashboard {
    /// The title, under which the console lists the dashboard; it has to tell registries apart.
    pub title: String,
    /// One expression a panel.
    pub expr: DashboardExpr,
}

/// One expression a panel of the dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DashboardExpr {
    /// Number of organizations.
    pub organizations: String,
    /// Number of repositories.
    pub repositories: String,
    /// Number of users.
    pub users: String,
    /// Number of robot accounts.
    pub robots: String,
    /// Per cent of one CPU, by `process_name`.
    pub cpu: String,
    /// Resident bytes of the largest process, by `process_name`.
    pub memory: String,
    /// Pulls a second, by `status`.
    pub pulls: String,
    /// Pushes a second, by `status`.
    pub pushes: String,
    /// Authentication attempts a second, by `auth_kind` and `success`.
    pub authentication: String,
    /// Requests a second, by `route`.
    pub request_rate: String,
    /// Seconds within which 95 of 100 requests were answered, by `route`.
    pub request_latency_p95: String,
}

/// The expressions for the registry `registry` in `namespace`.
pub fn monitoring(registry: &str, namespace: &str) -> Monitoring {
    let series = |metric: &str| {
        let (namespace, service) = (promql_string(namespace), promql_string(&format!("{registry}-quay-metrics")));
        format!("{metric}{{namespace={namespace},service={service}}}")
    };
    // Every process exports the counts, and those that do not count export 0 for ever: 0 is "not counted", not a count.
    let count = |metric: &str| format!("max({} > 0)", series(metric));
    // A counter exists once a process and restarts with it: the rate is taken of each, and only rates are summed.
    let rate = |labels: &str, metric: &str| format!("sum by ({labels}) (rate({}[{WINDOW}]))", series(metric));
    Monitoring {
        alerts: Alerts {
            pod_frequently_restarting: format!(
                "increase(kube_pod_container_status_restarts_total{{namespace={},container=\"quay-app\",pod=~{}}}[1h]) > 5",
                promql_string(namespace),
                promql_string(&app_pods(registry)),
            ),
        },
        dashboard: Dashboard {
            title: format!("Quay - {namespace} - {registry}"),
            expr: DashboardExpr {
                organizations: count("quay_org_rows"),
                repositories: count("quay_repository_rows"),
                users: count("quay_user_rows"),
                robots: count("quay_robot_rows"),
                cpu: format!("{} * 100", rate("process_name", "process_cpu_seconds_total")),
                memory: format!("max by (process_name) ({})", series("process_resident_memory_bytes")),
                pulls: rate("status", "quay_registry_image_pulls_total"),
                pushes: rate("status", "quay_registry_image_pushes_total"),
                authentication: rate("auth_kind, success", "quay_authentication_attempts_total"),
                request_rate: rate("route", "quay_request_duration_seconds_count"),
                request_latency_p95: format!(
                    "histogram_quantile(0.95, {})",
                    rate("le, route", "quay_request_duration_seconds_bucket")
                ),
            },
        },
    }
}

/// The regular expression of the application pods' names: `<registry>-quay-app-<hash>-<5 characters>`, of which the API
/// server cuts the middle so that 63 are left: with a registry's name of 38 characters the last `-` goes, and with a longer
/// one some of the hash. PromQL anchors it at both ends, and the classes hold no `-`: the pods of a registry named
/// `<registry>-quay-app` do not match. Those of the migration, cut in the same way, may; their container has another name.
fn app_pods(registry: &str) -> String {
    format!("{}-quay-app-[a-z0-9]+(-[a-z0-9]+)?", regex_literal(registry))
}

/// `text` as a regular expression of RE2 that matches it and nothing else; a registry's name may hold dots.
fn regex_literal(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// `text` as a string literal of PromQL.
fn promql_string(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"").replace('\n', "\\n"))
}

#[cfg(test)]
mod tests {
    use promql_parser::label::{MatchOp, Matcher};
    use promql_parser::parser::{self, Expr, VectorSelector};

    use super::*;

    fn expressions(monitoring: &Monitoring) -> Vec<String> {
        let serde_json::Value::Object(panels) = serde_json::to_value(&monitoring.dashboard.expr).unwrap() else {
            panic!("the expressions are fields");
        };
        let panels = panels.values().map(|value| value.as_str().unwrap().to_owned());
        panels.chain([monitoring.alerts.pod_frequently_restarting.clone()]).collect()
    }

    /// Every selector of an expression; an expression of a kind that is not met here fails, lest one goes unseen.
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
            Expr::NumberLiteral(_) => {}
            other => panic!("unexpected in an expression: {other}"),
        }
    }

    fn matcher<'a>(selector: &'a VectorSelector, label: &str) -> Option<&'a Matcher> {
        selector.matchers.matchers.iter().find(|matcher| matcher.name == label)
    }

    #[test]
    fn every_selector_is_bound_to_the_registry() {
        for (registry, namespace) in [("a", "ns"), ("a-quay-app", "ns"), ("my.quay", "other")] {
            let all = expressions(&monitoring(registry, namespace));
            assert_eq!(all.len(), 12);
            for text in all {
                let mut found = Vec::new();
                selectors(&parser::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}")), &mut found);
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
                            let pods = matcher(&selector, "pod").unwrap_or_else(|| panic!("{text}: no pod"));
                            assert!(matches!(pods.op, MatchOp::Re(_)), "{text}");
                            assert_eq!(pods.value, app_pods(registry), "{text}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn counters_are_rates_before_they_are_sums() {
        let expr = monitoring("a", "ns").dashboard.expr;
        for text in [&expr.cpu, &expr.pulls, &expr.pushes, &expr.authentication, &expr.request_rate] {
            assert!(text.starts_with("sum by (") && text.contains(") (rate("), "{text}");
        }
    }

    #[test]
    fn a_dot_is_escaped_for_the_regular_expression_and_for_the_string() {
        let alert = monitoring("my.quay", "ns").alerts.pod_frequently_restarting;
        assert!(alert.contains(r#"pod=~"my\\.quay-quay-app-[a-z0-9]+(-[a-z0-9]+)?""#), "{alert}");
    }

    #[test]
    fn strings_are_escaped() {
        assert_eq!(promql_string("a\"b\\c\nd"), r#""a\"b\\c\nd""#);
        assert_eq!(regex_literal("a.b-c|d"), r"a\.b-c\|d");
    }
}
