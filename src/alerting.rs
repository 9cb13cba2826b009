//! What all alerts have in common is laid on their rules: the table `components/alerts/alerts.yaml`, what a RenderConfig
//! sets of each, and the labels by which one registry's alerts are told from another's.

use crate::catalog::Release;
use crate::model::monitoring::{AlertSettings, Monitoring, Scrape};
use crate::object::{Map, Object, Value};
use crate::yaml;

/// The label with the registry's name.
pub const REGISTRY: &str = "quayregistry";

/// What stands for the name of an alert in the URL of runbooks.
const ALERT: &str = "{alert}";
/// The kind that holds rules.
const RULES: &str = "PrometheusRule";
/// The key of a ConfigMap with rules.
const RULES_FILE: &str = "quay.rules.yaml";

/// Lays settings on the rules of a registry.
pub struct Alerting<'a> {
    release: &'a Release,
    registry: &'a str,
    namespace: &'a str,
    /// What is set; nothing in the shape of the operator, whose rules have no labels of ours.
    set: Option<&'a Monitoring>,
}

impl<'a> Alerting<'a> {
    /// For a registry, in the shape of the operator without settings.
    #[must_use]
    pub fn new(release: &'a Release, registry: &'a str, namespace: &'a str, set: Option<&'a Monitoring>) -> Self {
        Self { release, registry, namespace, set }
    }

    /// Completes the rules of all objects that hold some; an object that has none left goes.
    pub fn lay(&self, objects: &mut Vec<Object>) {
        objects.retain_mut(|object| {
            let is_of_rules = object.kind() == RULES;
            let groups = object.map_mut_if(&["spec"]).filter(|_| is_of_rules).and_then(|spec| spec.get_mut("groups"));
            let Some(Value::Seq(groups)) = groups else { return true };
            groups.retain_mut(|group| {
                let rules = group.as_map_mut().and_then(|group| group.get_mut("rules"));
                let Some(Value::Seq(rules)) = rules else { return true };
                rules.retain_mut(|rule| rule.as_map_mut().is_none_or(|rule| self.complete(rule)));
                !rules.is_empty()
            });
            !groups.is_empty()
        });
        if self.set.is_some_and(|set| set.scrape == Scrape::Annotations) {
            objects.iter_mut().filter(|object| object.kind() == RULES).for_each(to_file);
        }
    }

    /// Completes a rule; false if it is switched off.
    fn complete(&self, rule: &mut Map) -> bool {
        let name = rule.get("alert").and_then(Value::as_str).map(str::to_owned);
        let set = name.as_deref().and_then(|name| self.set?.alert(name));
        if set.is_some_and(|set| set.disabled.is_some()) {
            return false;
        }
        let standard = name.as_deref().and_then(|name| self.release.alerts.alerts.get(name));
        let mut labels = Map::new();
        if let Some(standard) = standard {
            labels.insert("severity", set.and_then(|set| set.severity.as_ref()).unwrap_or(&standard.severity).as_str());
        }
        if let Some(monitoring) = self.set {
            labels.insert("namespace", self.namespace);
            labels.insert(REGISTRY, self.registry);
            if name.is_some() {
                extend(&mut labels, monitoring, set);
            }
        }
        if let Some(Value::Map(own)) = rule.remove("labels") {
            own.into_iter().for_each(|(key, value)| {
                labels.insert(key, value);
            });
        }
        let annotations = rule.remove("annotations");
        if let Some(standard) = standard {
            let hold = set.and_then(|set| set.hold.as_ref()).unwrap_or(&standard.hold);
            if hold != "0s" {
                rule.insert("for", hold.as_str());
            }
        }
        if !labels.is_empty() {
            rule.insert("labels", labels);
        }
        if let Some(Value::Map(mut annotations)) = annotations {
            if let (Some(name), Some(url)) = (&name, self.set.and_then(|set| set.runbooks.as_ref())) {
                annotations.insert("runbook_url", runbook(url, &name.to_ascii_lowercase()));
            }
            rule.insert("annotations", annotations);
        }
        true
    }
}

/// The URL of a runbook: the place of `{alert}` in that of the page, else an anchor.
fn runbook(page: &str, alert: &str) -> String {
    if page.contains(ALERT) { page.replace(ALERT, alert) } else { format!("{page}#{alert}") }
}

/// Adds what the user sets: of the alert before that of all.
fn extend(labels: &mut Map, monitoring: &Monitoring, set: Option<&AlertSettings>) {
    let own = set.into_iter().flat_map(|set| &set.labels);
    for (name, value) in monitoring.alert_labels.iter().chain(own) {
        labels.insert(name.as_str(), value.as_str());
    }
}

/// Makes a ConfigMap of an object with rules: its key is the file that a Prometheus without an operator reads.
fn to_file(object: &mut Object) {
    let mut value = Map::new();
    value.insert("apiVersion", "v1");
    value.insert("kind", "ConfigMap");
    if let Some(metadata) = object.value.at(&["metadata"]) {
        value.insert("metadata", metadata.clone());
    }
    let mut data = Map::new();
    data.insert(RULES_FILE, object.value.at(&["spec"]).map(yaml::emit).unwrap_or_default());
    value.insert("data", data);
    *object = Object::new(&object.component, value.into());
}
