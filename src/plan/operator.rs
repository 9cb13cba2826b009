//! What an operator makes a registry of: the QuayRegistry and the config bundle, as the user wrote them.

use crate::check::Resolved;
use crate::check::operator::Installed;
use crate::kubernetes::merge;
use crate::model::Model;
use crate::model::declared::GUIDE_STORAGE;
use crate::model::registry::{Component, kind};
use crate::model::settings::Override;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Map, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// What an operator is given.
#[derive(Serialize)]
pub struct OperatorPlan {
    /// The labels and annotations of the QuayRegistry.
    pub labels: Map,
    pub annotations: Map,
    /// Its `spec`; empty if it says nothing.
    pub spec: Map,
    /// The Secret with the bundle; nothing where it is not in the output.
    pub bundle: Option<BundleSecret>,
}

/// The Secret with the bundle.
#[derive(Serialize)]
pub struct BundleSecret {
    /// Its name.
    pub name: String,
    /// Its keys, each in base64.
    pub data: Map,
}

/// A copy of the object that `kubectl apply` keeps in an annotation.
const COPY: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// What the operator of a registry is given; nothing where its objects are rendered.
pub fn operator(model: &Model, resolved: &Resolved) -> Option<OperatorPlan> {
    let own = resolved.operator.as_ref()?;
    let written = &model.registry.written;
    let (mut labels, mut annotations) = (written.labels.clone(), written.annotations.clone());
    labels.insert(REGISTRY_LABEL, resolved.name.as_str());
    annotations.remove(COPY);
    Some(OperatorPlan { labels, annotations, spec: spec(model, resolved, own), bundle: bundle(model, own) })
}

fn spec(model: &Model, resolved: &Resolved, own: &Installed) -> Map {
    let mut spec = Map::new();
    if let Some(name) = &own.bundle {
        spec.insert("configBundleSecret", name.as_str());
    }
    let components = components(model, resolved, own);
    if !components.is_empty() {
        spec.insert("components", Value::Seq(components));
    }
    spec
}

/// The listed components, and behind them all others: the operator fills them in, and whoever applies the QuayRegistry again
/// would take them away. Where none is listed, nobody does.
fn components(model: &Model, resolved: &Resolved, own: &Installed) -> Vec<Value> {
    let kinds: Vec<&str> = resolved.release.kinds().into_iter().map(|(name, _)| name).collect();
    let mut listed: Vec<(&str, Map)> = Vec::new();
    for entry in model.registry.written.components.iter().filter_map(Value::as_map) {
        let Some(name) = entry.get("kind").and_then(Value::as_str) else { continue };
        let name = if name == GUIDE_STORAGE { kind::OBJECT_STORAGE } else { name };
        // Of later operators, which this one would refuse.
        let Some(name) = kinds.iter().find(|known| **known == name) else { continue };
        let mut entry = entry.clone();
        entry.insert("kind", *name);
        if resolved.release.kind(name).is_some_and(|facts| facts.always) {
            entry.insert("managed", true);
        }
        keep_known(&mut entry, model.registry.components.iter().find(|component| component.kind == *name));
        listed.push((name, entry));
    }
    if listed.is_empty() && own.overrides.is_empty() {
        return Vec::new();
    }
    for choice in &resolved.components {
        if listed.iter().all(|(name, _)| *name != choice.kind) {
            let entry =
                [("kind".to_owned(), choice.kind.as_str().into()), ("managed".to_owned(), choice.managed.into())];
            listed.push((&choice.kind, entry.into_iter().collect()));
        }
    }
    for (name, entry) in &mut listed {
        let over = own.overrides.iter().find(|component| component.kind == *name);
        let given = over.and_then(|component| component.overrides.as_ref());
        given.iter().flat_map(|overrides| &overrides.given).for_each(|over| lay(entry, over));
    }
    listed.into_iter().map(|(_, entry)| entry.into()).collect()
}

const OVERRIDES: &str = "overrides";

/// Leaves out the overrides that no API server of that release knows, of which a warning speaks.
fn keep_known(entry: &mut Map, component: Option<&Component>) {
    let Some(overrides) = entry.get(OVERRIDES) else { return };
    let known = component.and_then(|component| component.overrides.as_ref());
    let is_known = |name: &str| {
        known.is_some_and(|known| {
            known.given.iter().any(|over| base(over) == name)
                || known.idle.iter().any(|idle| idle.is_known && idle.field.rsplit('.').next() == Some(name))
        })
    };
    let kept: Map =
        overrides.as_map().cloned().unwrap_or_default().into_iter().filter(|(name, _)| is_known(name)).collect();
    if kept.is_empty() {
        entry.remove(OVERRIDES);
    } else {
        entry.insert(OVERRIDES, kept);
    }
}

/// The name of an override in a QuayRegistry: the table has some for one kind alone.
fn base(over: &Override) -> &'static str {
    over.given.setting.name.rsplit('.').next().unwrap_or_default()
}

/// Lays a setting of the RenderConfig under what the QuayRegistry itself says.
fn lay(entry: &mut Map, over: &Override) {
    if !entry.contains(OVERRIDES) {
        entry.insert(OVERRIDES, Map::new());
    }
    let Some(overrides) = entry.get_mut(OVERRIDES).and_then(Value::as_map_mut) else { return };
    let (name, value) = (base(over), over.given.value.clone());
    let laid = match overrides.get(name).cloned() {
        Some(own) => merge(Some(value), own, over.given.setting.kind),
        None => value,
    };
    overrides.insert(name, laid);
}

/// Every key, byte for byte.
fn bundle(model: &Model, own: &Installed) -> Option<BundleSecret> {
    let name = own.bundle.clone().filter(|_| !model.config.secrets.are_referenced() && model.bundle.at.is_some())?;
    let mut data: Map =
        model.bundle.written().map(|file| (file.key.clone(), STANDARD.encode(&file.bytes).into())).collect();
    data.sort();
    Some(BundleSecret { name, data })
}
