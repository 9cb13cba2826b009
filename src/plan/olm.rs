//! The operators that the Operator Lifecycle Manager installs: what the templates of `components/olm/` and
//! `components/storageoperator/` are given.

use super::proxy;
use crate::check::Resolved;
use crate::check::operator::Installed;
use crate::model::Model;
use crate::model::operator::Operator as Settings;
use crate::model::storage_gateway::StorageGateway;
use crate::model::subscription::Subscription;
use crate::object::{Map, Value};
use serde::Serialize;

/// An operator that is installed by a Subscription, whichever it is.
#[derive(Serialize)]
pub struct Operator {
    /// The name of Subscription and OperatorGroup.
    pub name: String,
    /// The namespace that it is installed in.
    pub namespace: String,
    /// Whether that Namespace is rendered, apart from the registry's own.
    pub renders_namespace: bool,
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
    let subscription = &settings.subscription;
    let [package, source, source_namespace] = origin(model, subscription, ["quay-operator", "project-quay"]);
    Operator {
        name: package.clone(),
        namespace: own.namespace.clone(),
        renders_namespace: own.renders_namespace,
        renders_group: own.renders_group,
        watches: if settings.is_own() { watches(&own.namespace) } else { Map::new() },
        package,
        channel: own.channel.clone(),
        source,
        source_namespace,
        starting_csv: own.starting_csv.clone(),
        approval: subscription.approval.value.clone(),
        config: config(model, resolved, settings),
    }
}

/// The operator of a storage gateway, if the output installs it: it watches its own namespace, and no other (guide 2.2.3).
pub fn of_gateway(model: &Model, resolved: &Resolved, gateway: &StorageGateway) -> Option<Operator> {
    let subscription = &gateway.operator.as_ref()?.subscription;
    let [package, source, source_namespace] = origin(model, subscription, ["odf-operator", "noobaa-operator"]);
    let renders_group = subscription.group.as_ref().is_none_or(|given| given.value);
    Some(Operator {
        name: package.clone(),
        namespace: gateway.namespace.clone(),
        renders_namespace: renders_group && gateway.namespace != resolved.namespace,
        renders_group,
        watches: watches(&gateway.namespace),
        package,
        channel: subscription.channel.clone().unwrap_or_default(),
        source,
        source_namespace,
        starting_csv: subscription.starting_csv.as_ref().map(|version| version.value.clone()),
        approval: subscription.approval.value.clone(),
        config: Map::new(),
    })
}

/// The package, and the catalog with its namespace; the defaults are packages on OpenShift and elsewhere.
fn origin(model: &Model, subscription: &Subscription, packages: [&str; 2]) -> [String; 3] {
    let [package, source, source_namespace] = if model.config.cluster.is_openshift() {
        [packages[0], "redhat-operators", "openshift-marketplace"]
    } else {
        [packages[1], "operatorhubio-catalog", "olm"]
    };
    let or = |given: &Option<String>, standard: &str| given.clone().unwrap_or_else(|| standard.to_owned());
    [
        or(&subscription.package, package),
        or(&subscription.source, source),
        or(&subscription.source_namespace, source_namespace),
    ]
}

/// One namespace alone.
fn watches(namespace: &str) -> Map {
    [("targetNamespaces".to_owned(), vec![namespace.to_owned()].into())].into_iter().collect()
}

/// Images (guide 7.1.5.2), proxy, more variables, and nodes (guide 4.2.3).
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
    env.extend(settings.env.iter().map(|variable| named(&variable.name.value, &variable.value.value)));
    if !settings.resources.is_empty() {
        config.insert("resources", settings.resources.clone());
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
