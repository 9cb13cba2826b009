//! Monitoring, as its templates need it.

use crate::check::Resolved;
use crate::check::access::Certificate;
use crate::check::images::Exporters;
use crate::model::Model;
use crate::model::Word;
use crate::model::keys::TLS_CERT;
use crate::model::monitoring::{Form, Objective, Prometheus, Scrape};
use crate::pki;
use serde::Serialize;
use std::collections::BTreeMap;

/// Monitoring.
#[derive(Serialize)]
pub struct MonitoringPlan {
    /// How Prometheus finds the pods, in the word of the setting.
    pub scrape: &'static str,
    /// Whether Services have annotations for a Prometheus without an operator.
    pub annotated: bool,
    /// Whose Prometheus scrapes, in the word of the setting.
    pub prometheus: &'static str,
    /// The account that needs rights in the namespace.
    pub account: Option<AccountPlan>,
    /// Labels of monitors and rules.
    pub labels: BTreeMap<String, String>,
    /// The images of exporters.
    pub exporters: Exporters,
    /// The forms of the dashboard, in the words of the setting.
    pub dashboards: Vec<&'static str>,
    /// The folder in Grafana.
    pub folder: String,
    /// The labels of the Grafana.
    pub instance_selector: BTreeMap<String, String>,
    /// The number in the condition of each alert that has one, by its name.
    pub threshold: BTreeMap<String, String>,
    /// The objectives.
    pub objectives: Vec<ObjectivePlan>,
    /// Over how many days they are.
    pub window: u32,
    /// The windows in which requests are watched that spend what is allowed quickly, and those that do it slowly.
    pub fast: Vec<Pace>,
    pub slow: Vec<Pace>,
    /// All of these windows, the shortest first.
    pub windows: Vec<&'static str>,
    /// Below how many requests their alerts are silent.
    pub least_requests: u32,
    /// Certificates whose end is known.
    pub certificates: Vec<CertificatePlan>,
}

/// A ServiceAccount.
#[derive(Serialize)]
pub struct AccountPlan {
    pub name: String,
    pub namespace: String,
}

/// An objective.
#[derive(Serialize)]
pub struct ObjectivePlan {
    /// Its name.
    pub name: String,
    /// The regular expression of the routes that count.
    pub routes: String,
    /// The same of those that are measured in time.
    pub quick: String,
    /// Which share of requests may fail, as a number between 0 and 1.
    pub errors: String,
    /// Which share of the quick ones may take longer.
    pub late: String,
    /// The regular expression of the bound `le`: Prometheus writes whole numbers with or without `.0`.
    pub bound: String,
}

/// A pair of windows, and how many times faster than allowed errors come in both when an alert fires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pace {
    /// The long window: the alert is about something that matters.
    pub long: &'static str,
    /// The short one: it ends soon after the errors do.
    pub short: &'static str,
    /// How many times faster.
    pub factor: String,
}

/// A certificate.
#[derive(Serialize)]
pub struct CertificatePlan {
    /// What it is called in the bundle.
    pub name: &'static str,
    /// The second since 1970 at which it expires.
    pub expires: u64,
}

/// Long window in hours, both windows, and the share of all that is allowed that is spent in the long one, in percent:
/// 2 in an hour or 5 in six wake somebody, 10 in one day or three may wait for the morning.
const FAST: &[(u32, &str, &str, u32)] = &[(1, "1h", "5m", 2), (6, "6h", "30m", 5)];
const SLOW: &[(u32, &str, &str, u32)] = &[(24, "1d", "2h", 10), (72, "3d", "6h", 10)];

/// The Prometheus of OpenShift's platform monitoring.
const PLATFORM: (&str, &str) = ("prometheus-k8s", "openshift-monitoring");
/// All windows, the shortest first.
const WINDOWS: &[&str] = &["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

/// What there is of it.
pub fn monitoring(model: &Model, resolved: &Resolved) -> MonitoringPlan {
    let set = &model.config.monitoring;
    let standard = &resolved.release.alerts;
    let threshold = standard.alerts.iter().filter_map(|(name, alert)| {
        let number = set.alert(name).and_then(|set| set.threshold).or(alert.threshold)?;
        Some((name.clone(), number.to_string()))
    });
    let objectives = standard.objectives.iter().filter_map(|(name, of)| {
        let Objective { availability, latency, seconds } = *set.objectives.get(name)?;
        Some(ObjectivePlan {
            name: name.clone(),
            routes: of.routes.join("|"),
            quick: of.quick.join("|"),
            errors: allowed(availability),
            late: allowed(latency),
            bound: bound(seconds),
        })
    });
    let [fast, slow] = [FAST, SLOW].map(|table| paces(table, set.window));
    let windows = WINDOWS
        .iter()
        .copied()
        .filter(|window| fast.iter().chain(&slow).any(|pace| [pace.long, pace.short].contains(window)));
    let is_openshift = model.config.cluster.is_openshift();
    let is_production = model.config.is_production();
    let prometheus = model.config.prometheus();
    let forms = match set.dashboards.as_ref().filter(|_| is_production) {
        Some(forms) => forms.clone(),
        None if is_openshift || !is_production => vec![Form::Console],
        None => vec![Form::ConfigMap],
    };
    let scrape = if is_production { set.scrape } else { Scrape::ServiceMonitor };
    MonitoringPlan {
        scrape: scrape.word(),
        annotated: !is_production || scrape == Scrape::Annotations,
        prometheus: prometheus.word(),
        account: match prometheus {
            Prometheus::Platform => {
                let (name, namespace) = PLATFORM;
                Some(AccountPlan { name: name.to_owned(), namespace: namespace.to_owned() })
            }
            // It reads all namespaces.
            Prometheus::UserWorkload => None,
            Prometheus::Other => set
                .account
                .as_ref()
                .map(|account| AccountPlan { name: account.name.clone(), namespace: account.namespace.clone() }),
        },
        labels: set.labels.clone(),
        exporters: resolved.exporters.clone(),
        dashboards: forms.into_iter().map(Word::word).collect(),
        folder: set.grafana.folder.clone(),
        instance_selector: set.grafana.instance_selector.clone(),
        windows: windows.collect(),
        fast,
        slow,
        threshold: threshold.collect(),
        objectives: objectives.collect(),
        window: set.window,
        least_requests: set.least_requests,
        certificates: certificates(model, resolved),
    }
}

fn bound(seconds: f64) -> String {
    let text = seconds.to_string();
    if text.contains('.') { text.replace('.', "[.]") } else { format!("{text}([.]0)?") }
}

/// What an objective of so many of 100 leaves.
fn allowed(objective: f64) -> String {
    format!("{:.5}", (100.0 - objective) / 100.0).trim_end_matches('0').to_owned()
}

/// To spend a share of what is allowed over so many days in a window takes a multiple of an even pace. A window is left out
/// where less than an even pace does: that never spends all.
fn paces(table: &[(u32, &'static str, &'static str, u32)], days: u32) -> Vec<Pace> {
    let pace = |&(hours, long, short, percent): &(u32, &'static str, &'static str, u32)| {
        let hundredths = percent * days * 24 / hours;
        (hundredths >= 100).then(|| Pace { long, short, factor: decimal(hundredths) })
    };
    table.iter().filter_map(pace).collect()
}

fn decimal(hundredths: u32) -> String {
    let text = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The registry's own certificate, where the input has it.
fn certificates(model: &Model, resolved: &Resolved) -> Vec<CertificatePlan> {
    if resolved.access.serving != Some(Certificate::Pair) {
        return Vec::new();
    }
    let given = model.bundle.file(TLS_CERT).map(|file| file.bytes.as_ref());
    let cert = given.or_else(|| resolved.generated_pair.as_ref().map(|pair| pair.cert.as_bytes()));
    let expires = cert.and_then(pki::not_after);
    expires.map(|expires| CertificatePlan { name: TLS_CERT, expires }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factors(table: &[(u32, &'static str, &'static str, u32)], days: u32) -> Vec<(&'static str, String)> {
        paces(table, days).into_iter().map(|pace| (pace.long, pace.factor)).collect()
    }

    #[test]
    fn a_month_has_the_paces_of_the_workbook_and_no_pace_is_slower_than_an_even_one() {
        assert_eq!(factors(FAST, 30), [("1h", "14.4".to_owned()), ("6h", "6".to_owned())]);
        assert_eq!(factors(SLOW, 30), [("1d", "3".to_owned()), ("3d", "1".to_owned())]);
        assert_eq!(factors(FAST, 7), [("1h", "3.36".to_owned()), ("6h", "1.4".to_owned())]);
        assert_eq!(factors(SLOW, 7), []);
    }

    #[test]
    fn what_an_objective_allows_is_exact() {
        assert_eq!([99.9, 99.995, 95.0].map(allowed), ["0.001", "0.00005", "0.05"]);
    }

    #[test]
    fn a_bound_matches_as_any_prometheus_writes_it() {
        assert_eq!([1.0, 2.5, 0.005].map(bound), ["1([.]0)?", "2[.]5", "0[.]005"]);
    }
}
