//! Monitoring (`spec.monitoring`): what does not go together.

use super::components::{Choice, managed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::monitoring::{Monitoring, Prometheus, Scrape};
use crate::model::registry::kind;
use crate::object::{Map, Value};

const FIELD: &str = "spec.monitoring";
/// The label by which OpenShift's platform monitoring finds a namespace, and that of user workloads ignores it.
const PLATFORM_LABEL: &str = "openshift.io/cluster-monitoring";

/// Reports settings that are not used, or contradict each other or the cluster.
pub(super) fn check(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) {
    let set = &model.config.monitoring;
    let Some(at) = &set.at else {
        note_namespace(model, components, diagnostics);
        return;
    };
    let unused = match () {
        () if !managed(components, kind::MONITORING) => Some((
            "monitoring is not managed",
            "take it out; or manage it: spec.components of the QuayRegistry says whether",
        )),
        () if !model.config.is_production() => Some((
            "the shape operator has the operator's metrics, alert and dashboard",
            "take it out; or shape: production",
        )),
        () => None,
    };
    if let Some((why, hint)) = unused {
        let problem = Diagnostic::new(codes::SETTING_UNUSED, format!("is not used: {why}"));
        diagnostics.push(problem.at(at.clone()).field(FIELD).hint(hint));
        return;
    }
    prometheus(model, set, diagnostics);
    note_namespace(model, components, diagnostics);
}

/// Whose Prometheus it is, against the cluster and the labels of the Namespace.
fn prometheus(model: &Model, set: &Monitoring, diagnostics: &mut Diagnostics) {
    let is_openshift = model.config.cluster.is_openshift();
    let whose = model.config.prometheus();
    let mut conflict = |at: &Location, field: &str, message: &str, hint: &str| {
        let problem = Diagnostic::new(codes::MONITORING, message).at(at.clone());
        diagnostics.push(problem.field(format!("{FIELD}{field}")).hint(hint));
    };
    if let Some(given) = &set.prometheus {
        if !is_openshift && given.value != Prometheus::Other {
            let message = "only OpenShift has a Prometheus of its own";
            conflict(&given.at, ".prometheus", message, "prometheus: other, or leave it out");
        }
        if set.scrape == Scrape::Annotations && given.value != Prometheus::Other {
            let message = "OpenShift's Prometheus has an operator, and takes no notice of annotations";
            conflict(&given.at, ".prometheus", message, "scrape: ServiceMonitor; or prometheus: other");
        }
    }
    if let Some(account) = set.account.as_ref().filter(|_| whose != Prometheus::Other) {
        let message = "OpenShift's own Prometheus has the account that it has";
        conflict(&account.at, ".account", message, "take it out; or prometheus: other");
    }
    let labels = model.config.settings.value("namespace", "labels").unwrap_or(Value::Null);
    let label = labels.as_map().and_then(|labels: &Map| labels.get(PLATFORM_LABEL)).and_then(Value::as_str);
    if whose == Prometheus::UserWorkload && label == Some("true") {
        let at = set.prometheus.as_ref().map_or(&model.config.at, |given| &given.at);
        let message = format!("the monitoring of user workloads ignores a namespace with the label {PLATFORM_LABEL}");
        conflict(
            at,
            ".prometheus",
            &message,
            "take the label out of spec.components.namespace; or prometheus: platform",
        );
    }
}

/// Platform monitoring watches labelled namespaces only (guide 6.2).
fn note_namespace(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) {
    let is_platform = model.config.prometheus() == Prometheus::Platform;
    if !model.config.cluster.render_namespace && managed(components, kind::MONITORING) && is_platform {
        let message = "the Namespace is somebody else's, and monitoring needs its label";
        let problem = Diagnostic::new(codes::NAMESPACE_EXTERNAL, message).at(model.config.at.clone());
        let hint = format!("label it: {PLATFORM_LABEL}: \"true\"");
        diagnostics.push(problem.field("spec.cluster.namespace").hint(hint));
    }
}
