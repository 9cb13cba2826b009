//! Which components are managed, and what the bundle must and must not say about them (guide 3.2 to 3.4).

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::Model;
use crate::model::access::Way;
use crate::model::registry::{COMPONENTS, Component, Facts, Kind};
use crate::model::schema::{self, Secrecy};
use crate::yaml::Data;

/// One component, decided.
pub struct Choice {
    /// Which one.
    pub kind: Kind,
    /// Whether quay-render provides it.
    pub managed: bool,
    /// Why.
    pub reason: &'static str,
}

/// Whether a component is managed.
pub fn managed(choices: &[Choice], kind: Kind) -> bool {
    choices.iter().any(|choice| choice.kind == kind && choice.managed)
}

/// Decides every component.
pub fn choose(model: &Model, diagnostics: &mut Diagnostics) -> Vec<Choice> {
    COMPONENTS
        .iter()
        .map(|facts| {
            let entry = model.registry.components.iter().find(|entry| entry.kind == facts.kind);
            let served = is_served(model, facts.kind);
            let elsewhere = facts.kind == Kind::Route && other_way(model);
            let (managed, reason) = match entry {
                Some(entry) if entry.managed => {
                    if elsewhere {
                        diagnostics.push(disagrees(model, entry));
                    }
                    if !served {
                        diagnostics.push(unserved(facts, entry));
                    }
                    (true, "listed as managed")
                }
                Some(entry) => {
                    if facts.kind == Kind::Route && is_route(model) {
                        diagnostics.push(disagrees(model, entry));
                    }
                    (false, "listed as unmanaged")
                }
                None if elsewhere => (false, "not listed, and spec.access says another way in"),
                None if served => (true, "not listed, so managed (guide 3.2)"),
                None => (false, "not listed, and the cluster lacks its API"),
            };
            if managed {
                refuse_fields(model, facts, diagnostics);
            } else {
                require_fields(model, facts, entry, diagnostics);
            }
            Choice { kind: facts.kind, managed, reason }
        })
        .collect()
}

/// Whether `spec.access` names Routes, and whether it names something else.
fn is_route(model: &Model) -> bool {
    model.config.access.as_ref().is_some_and(|access| access.way.value == Way::Route)
}

fn other_way(model: &Model) -> bool {
    model.config.access.as_ref().is_some_and(|access| access.way.value != Way::Route)
}

/// The component and `spec.access` say two things.
fn disagrees(model: &Model, entry: &Component) -> Diagnostic {
    let way = model.config.access.as_ref().map_or(Way::None, |access| access.way.value);
    let message = format!("component route, managed: {}, and spec.access.type: {way} disagree", entry.managed);
    Diagnostic::new(codes::ACCESS_CONFLICT, message)
        .at(entry.at.clone())
        .field(&entry.field)
        .hint("remove the component from the list: spec.access says the way in")
}

fn is_served(model: &Model, kind: Kind) -> bool {
    let cluster = &model.config.cluster;
    match kind {
        Kind::Route => cluster.routes,
        Kind::ObjectStorage => cluster.object_bucket_claims,
        Kind::Monitoring => cluster.monitoring,
        _ => true,
    }
}

fn unserved(facts: &Facts, entry: &Component) -> Diagnostic {
    Diagnostic::new(codes::COMPONENT_API, format!("the cluster has no API for a managed {}", facts.name))
        .at(entry.at.clone())
        .field(&entry.field)
        .hint("managed: false; or where the cluster does have it, say so in RenderConfig, spec.cluster.apis")
}

/// A field given as null counts as given (measured).
fn refuse_fields(model: &Model, facts: &Facts, diagnostics: &mut Diagnostics) {
    let Some(config) = &model.bundle.config else { return };
    for name in facts.fields {
        if let Some(entry) = config.root.entry(name) {
            let message = format!("{} is managed, so this field is quay-render's to write", facts.name);
            let hint = format!(
                "remove it from config.yaml, or list the component as unmanaged:\n- kind: {}\n  managed: false",
                facts.name
            );
            diagnostics.push(
                Diagnostic::new(codes::COMPONENT_FIELDS, message)
                    .at(config.location(entry.key_pos))
                    .field(*name)
                    .hint(hint),
            );
        }
    }
}

fn require_fields(model: &Model, facts: &Facts, entry: Option<&Component>, diagnostics: &mut Diagnostics) {
    if model.bundle.is_unread {
        return;
    }
    for name in facts.required {
        let given = model.bundle.config.as_ref().and_then(|config| config.root.get(name));
        // What is a secret may be left to the cluster.
        let is_referenced = model.config.secrets.are_referenced() && schema::secrecy(name) == Secrecy::Secret;
        if is_referenced || given.is_some_and(|node| !matches!(node.data, Data::Null)) {
            continue;
        }
        let message = format!("{} is unmanaged, and config.yaml of the bundle has no {name}", facts.name);
        let mut problem = Diagnostic::new(codes::COMPONENT_REQUIRED, message)
            .hint(format!("add {name} to config.yaml: Quay does not start without it"));
        match (entry, &model.bundle.config) {
            (Some(entry), _) => problem = problem.at(entry.at.clone()).field(&entry.field),
            (None, Some(config)) => problem = problem.at(config.location(config.root.pos)),
            (None, None) => problem = problem.at(model.registry.name.at.clone()),
        }
        diagnostics.push(problem);
    }
}
