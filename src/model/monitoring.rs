//! `spec.monitoring` of the RenderConfig: metrics, alerts, objectives and dashboards (guide 6.2).

use super::Spanned;
use super::fields::{Fields, Word};
use crate::catalog::Release;
use crate::diagnostic::{Diagnostics, Location, codes};
use crate::quote;
use std::collections::BTreeMap;

/// `spec.monitoring`.
pub struct Monitoring {
    /// Where it is; `None` if it is left out.
    pub at: Option<Location>,
    /// `scrape`: how Prometheus finds the pods.
    pub scrape: Scrape,
    /// `prometheus`: whose; `None` for the platform's default.
    pub prometheus: Option<Spanned<Prometheus>>,
    /// `account`: that of a Prometheus that may read nothing in the namespace by itself.
    pub account: Option<Account>,
    /// `labels` of monitors and rules.
    pub labels: BTreeMap<String, String>,
    /// `exporters`: their images.
    pub exporters: Exporters,
    /// `dashboards`; `None` for the platform's default.
    pub dashboards: Option<Vec<Form>>,
    /// `grafana`: where the dashboard is shown.
    pub grafana: Grafana,
    /// `objectives.window`, in days.
    pub window: u32,
    /// `objectives.leastRequests`.
    pub least_requests: u32,
    /// The objectives by name, all of the release.
    pub objectives: BTreeMap<String, Objective>,
    /// `alerts`: what is set of each.
    pub alerts: BTreeMap<String, AlertSettings>,
    /// `alertLabels`: labels of all alerts.
    pub alert_labels: BTreeMap<String, String>,
    /// `runbooks`: the URL of the page.
    pub runbooks: Option<String>,
}

/// How Prometheus finds the pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrape {
    /// A ServiceMonitor of its operator.
    ServiceMonitor,
    /// A PodMonitor of its operator.
    PodMonitor,
    /// Annotations of Services, and rules in a ConfigMap.
    Annotations,
}

impl Word for Scrape {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("ServiceMonitor", Self::ServiceMonitor),
        ("PodMonitor", Self::PodMonitor),
        ("annotations", Self::Annotations),
    ];
}

/// Whose Prometheus scrapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prometheus {
    /// OpenShift's own, which scrapes namespaces with a label.
    Platform,
    /// OpenShift's for user workloads, which ignores namespaces with that label.
    UserWorkload,
    /// Another.
    Other,
}

impl Word for Prometheus {
    const WORDS: &'static [(&'static str, Self)] =
        &[("platform", Self::Platform), ("userWorkload", Self::UserWorkload), ("other", Self::Other)];
}

/// A ServiceAccount.
pub struct Account {
    /// Where it is set.
    pub at: Location,
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
}

/// The images of exporters, which no release has.
#[derive(Default)]
pub struct Exporters {
    /// That of PostgreSQL.
    pub postgres: Option<Spanned<String>>,
    /// That of Redis.
    pub redis: Option<Spanned<String>>,
}

/// A form of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For OpenShift's console.
    Console,
    /// A ConfigMap for a sidecar of Grafana.
    ConfigMap,
    /// An object of Grafana's operator.
    GrafanaDashboard,
}

impl Word for Form {
    const WORDS: &'static [(&'static str, Self)] =
        &[("console", Self::Console), ("configMap", Self::ConfigMap), ("grafanaDashboard", Self::GrafanaDashboard)];
}

/// `grafana`.
pub struct Grafana {
    /// The folder.
    pub folder: String,
    /// The labels of the Grafana.
    pub instance_selector: BTreeMap<String, String>,
}

/// An objective, with the release's values where nothing is set.
#[derive(Clone, Copy, Debug)]
pub struct Objective {
    /// How many of 100 requests are answered without an error of the server, with at most three decimals.
    pub availability: f64,
    /// How many of 100 quick requests are answered in time, with at most three decimals.
    pub latency: f64,
    /// Which time, in seconds.
    pub seconds: f64,
}

/// What is set of an alert.
#[derive(Clone, Debug, Default)]
pub struct AlertSettings {
    /// `severity`.
    pub severity: Option<String>,
    /// `for`.
    pub hold: Option<String>,
    /// `threshold`.
    pub threshold: Option<f64>,
    /// `labels`.
    pub labels: BTreeMap<String, String>,
    /// `disabled`: why it is left out.
    pub disabled: Option<String>,
}

/// What holds where the map with the field is left out, as its declaration says.
const WINDOW: u32 = 30;
const LEAST_REQUESTS: u32 = 100;
const FOLDER: &str = "Quay";
/// The labels that alerts of ours have already.
const OWN_LABELS: &[&str] =
    &["alertname", "severity", "namespace", "quayregistry", "objective", "window", "certificate", "database"];

/// Reads it; everything has a default.
pub(super) fn read(spec: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> Monitoring {
    let map = spec.map("monitoring", diagnostics);
    let map = map.as_ref();
    let objectives = map.and_then(|map| map.map("objectives", diagnostics));
    let mut count = |name, standard| {
        objectives.as_ref().and_then(|map| map.count(name, diagnostics)).map_or(standard, |count| count.value)
    };
    let (window, least_requests) = (count("window", WINDOW), count("leastRequests", LEAST_REQUESTS));
    let grafana = map.and_then(|map| map.map("grafana", diagnostics));
    let selector = grafana.as_ref().map(|map| map.labels("instanceSelector", diagnostics)).filter(|it| !it.is_empty());
    Monitoring {
        at: map.map(Fields::place),
        scrape: map
            .and_then(|map| map.choice("scrape", diagnostics))
            .map_or(Scrape::ServiceMonitor, |scrape| scrape.value),
        prometheus: map.and_then(|map| map.choice("prometheus", diagnostics)),
        account: map.and_then(|map| account(&map.map("account", diagnostics)?, diagnostics)),
        labels: map.map(|map| map.labels("labels", diagnostics)).unwrap_or_default(),
        exporters: map.map(|map| exporters(map, diagnostics)).unwrap_or_default(),
        dashboards: map.and_then(|map| dashboards(map, diagnostics)),
        grafana: Grafana {
            folder: grafana.map_or_else(|| FOLDER.to_owned(), |map| map.text_or_default("folder", diagnostics)),
            instance_selector: selector
                .unwrap_or_else(|| BTreeMap::from([("dashboards".to_owned(), "grafana".to_owned())])),
        },
        window,
        least_requests,
        objectives: all_objectives(objectives.as_ref(), facts, diagnostics),
        alerts: map.map(|map| alerts(map, facts, diagnostics)).unwrap_or_default(),
        alert_labels: map.map(|map| alert_labels(map, "alertLabels", diagnostics)).unwrap_or_default(),
        runbooks: map.and_then(|map| map.valid_text("runbooks", diagnostics)).map(|url| url.value),
    }
}

fn account(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Account> {
    let (name, namespace) = (map.valid_text("name", diagnostics), map.valid_text("namespace", diagnostics));
    Some(Account { at: map.place(), name: name?.value, namespace: namespace?.value })
}

fn exporters(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Exporters {
    let Some(map) = map.map("exporters", diagnostics) else { return Exporters::default() };
    Exporters { postgres: map.text("postgres", diagnostics), redis: map.text("redis", diagnostics) }
}

fn dashboards(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Vec<Form>> {
    map.get("dashboards")?;
    let mut forms: Vec<Form> = Vec::new();
    for form in map.texts("dashboards", diagnostics).iter().filter_map(|word| Form::parse(word)) {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    Some(forms)
}

fn all_objectives(
    map: Option<&Fields<'_>>,
    facts: &Release,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<String, Objective> {
    let mut found = BTreeMap::new();
    for (name, standard) in &facts.alerts.objectives {
        let set = map.and_then(|map| map.map(name, diagnostics));
        let mut share =
            |field, standard: f64| set.as_ref().and_then(|set| share(set, field, diagnostics)).unwrap_or(standard);
        let (availability, latency) =
            (share("availability", standard.availability), share("latency", standard.latency));
        let seconds = set
            .as_ref()
            .and_then(|set| set.decimal("seconds", diagnostics))
            .map_or(standard.seconds, |given| given.value);
        found.insert(name.clone(), Objective { availability, latency, seconds });
    }
    found
}

/// How many of 100 requests, with at most three decimals.
fn share(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<f64> {
    let given = map.decimal(name, diagnostics)?.value;
    let is_right = (given * 1000.0 - (given * 1000.0).round()).abs() < 1e-6;
    if !is_right {
        map.refuse_by_hint(codes::FIELD_VALUE, name, "has more than three decimals".to_owned(), diagnostics);
    }
    is_right.then_some(given)
}

fn alerts(map: &Fields<'_>, facts: &Release, diagnostics: &mut Diagnostics) -> BTreeMap<String, AlertSettings> {
    let Some(alerts) = map.map("alerts", diagnostics) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for entry in alerts.entries() {
        let Some(standard) = facts.alerts.alerts.get(&entry.key) else { continue };
        let Some(set) = alerts.map(&entry.key, diagnostics) else { continue };
        let threshold = set.decimal("threshold", diagnostics);
        if threshold.is_some() && standard.threshold.is_none() {
            let message = format!("is not used: the condition of {} has no number", entry.key);
            set.refuse(codes::SETTING_UNUSED, "threshold", message, "take it out", diagnostics);
        }
        let reason = set.text("disabled", diagnostics).map(|reason| reason.value.trim().to_owned());
        if reason.as_deref() == Some("") {
            set.missing("disabled", diagnostics);
        }
        let settings = AlertSettings {
            severity: set.text("severity", diagnostics).map(|text| text.value),
            hold: set.valid_text("for", diagnostics).map(|text| text.value),
            threshold: threshold.map(|number| number.value),
            labels: alert_labels(&set, "labels", diagnostics),
            disabled: reason.filter(|reason| !reason.is_empty()),
        };
        found.insert(entry.key.clone(), settings);
    }
    found
}

/// Labels of alerts, whose names have the syntax of Prometheus.
fn alert_labels(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
    let Some(inner) = map.open_map(name, diagnostics) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for entry in inner.entries() {
        let Some(text) = inner.text(&entry.key, diagnostics) else { continue };
        let key = entry.key.as_str();
        let is_label = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !key.starts_with("__");
        if !is_label {
            let message = format!("{} is not the name of a label of Prometheus", quote::name(key));
            let hint = "letters, digits and `_`, none of the digits first";
            inner.refuse(codes::FIELD_VALUE, key, message, hint, diagnostics);
        } else if OWN_LABELS.contains(&key) {
            let message = format!("{key:?} is quay-render's own");
            inner.refuse(codes::FIELD_VALUE, key, message, "take another name", diagnostics);
        } else {
            found.insert(key.to_owned(), text.value);
        }
    }
    found
}

impl Monitoring {
    /// What is set of an alert.
    #[must_use]
    pub fn alert(&self, name: &str) -> Option<&AlertSettings> {
        self.alerts.get(name)
    }
}
