//! The operators that the Operator Lifecycle Manager installs: what the templates of `components/olm/` are given.

use super::proxy;
use crate::check::Resolved;
use crate::check::operator::Installed;
use crate::model::Model;
use crate::model::operator::Operator as Settings;
use crate::object::{Map, Value};
use serde::Serialize;

/// An operator that is installed by a Subscription, whichever it is.
#[derive(Serialize)]
pub struct Operator {
    /// The name of Subscription and OperatorGroup.
    pub name: String,
    /// The namespace that it is installed in.
    pub namespace: String,
    /// Whether that Namespace is rendered, apart from the registry's own; and its labels.
    pub renders_namespace: bool,
    pub labels: Map,
    /// Whether the OperatorGroup is rendered.
    pub renders_group: bool,
    /// Which namespaces it watches, as `spec` of the OperatorGroup; empty for all.
    pub watches: Map,
    /// The package, its channel, and the catalog with its namespace.
    pub package: String,
    pub channel: String,
    pub source: String,
    pub source_namespace: String,
    /// The ClusterServiceVersion to begin with; nothing for the newest.
    pub starting_csv: Option<String>,
    /// `Automatic` or `Manual`.
    pub approval: String,
    /// What its Deployment is told, as `spec.config` of the Subscription; empty for nothing.
    pub config: Map,
}

/// The operators of a registry: its own, if the output installs it.
pub fn operators(model: &Model, resolved: &Resolved) -> Vec<Operator> {
    let settings = model.config.operator.as_ref().filter(|settings| settings.is_installed);
    settings
        .zip(resolved.operator.as_ref())
        .map(|(settings, own)| quay(model, resolved, settings, own))
        .into_iter()
        .collect()
}

fn quay(model: &Model, resolved: &Resolved, settings: &Settings, own: &Installed) -> Operator {
    let [package, source, source_namespace] = if model.config.cluster.is_openshift() {
        ["quay-operator", "redhat-operators", "openshift-marketplace"]
    } else {
        ["project-quay", "operatorhubio-catalog", "olm"]
    };
    let or = |given: &Option<String>, standard: &str| given.clone().unwrap_or_else(|| standard.to_owned());
    let package = or(&settings.package, package);
    Operator {
        name: package.clone(),
        namespace: own.namespace.clone(),
        renders_namespace: own.renders_namespace,
        labels: Map::new(),
        renders_group: own.renders_group,
        watches: if settings.is_own() { watches(&own.namespace) } else { Map::new() },
        package,
        channel: own.channel.clone(),
        source: or(&settings.source, source),
        source_namespace: or(&settings.source_namespace, source_namespace),
        starting_csv: own.starting_csv.clone(),
        approval: settings.approval.value.clone(),
        config: config(model, resolved, settings),
    }
}

/// One namespace alone.
fn watches(namespace: &str) -> Map {
    [("targetNamespaces".to_owned(), vec![namespace.to_owned()].into())].into_iter().collect()
}

/// Images (guide 7.1.5.2), proxy and nodes (guide 4.2.3).
fn config(model: &Model, resolved: &Resolved, settings: &Settings) -> Map {
    let mut env: Vec<Value> = Vec::new();
    let named = |name: &str, value: &str| {
        let entries = [("name".to_owned(), name.into()), ("value".to_owned(), value.into())];
        Value::Map(entries.into_iter().collect())
    };
    // Those that a component uses; the release's own are in the operator.
    let is_override = |(name, image): &(&String, &String)| {
        model.config.images.contains_key(*name) && resolved.release.images.get(*name) != Some(*image)
    };
    env.extend(resolved.images.iter().filter(is_override).map(|(name, image)| named(name, image)));
    let mut config = Map::new();
    if let Some(proxy) = proxy::own(model) {
        env.extend(proxy.urls.iter().filter_map(|(name, url)| Some(named(name, url.as_deref()?))));
        env.push(named("NO_PROXY", &proxy.direct));
        if let Some(secret) = proxy.secret {
            let reference: Map = [("name".to_owned(), secret.into())].into_iter().collect();
            let source: Map = [("secretRef".to_owned(), reference.into())].into_iter().collect();
            config.insert("envFrom", Value::Seq(vec![source.into()]));
        }
    }
    if !env.is_empty() {
        config.insert("env", Value::Seq(env));
    }
    if !settings.node_selector.is_empty() {
        config.insert("nodeSelector", settings.node_selector.clone());
    }
    if !settings.tolerations.is_empty() {
        config.insert("tolerations", Value::Seq(settings.tolerations.clone()));
    }
    config.sort();
    config
}
