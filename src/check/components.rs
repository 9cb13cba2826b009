//! Which components are managed, and what the bundle must and must not say about them (guide 3.2 to 3.4).

use crate::catalog::{Kind, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::Model;
use crate::model::access::Way;
use crate::model::monitoring::Scrape;
use crate::model::operator::Operator;
use crate::model::registry::{Component, kind};
use crate::model::schema::{self, Secrecy};
use crate::model::settings::Overrides;
use crate::upgrade::Databases;
use crate::yaml::Data;

/// The decision for one component.
pub struct Choice {
    /// Which one.
    pub kind: String,
    /// Whether quay-render provides it.
    pub managed: bool,
    /// Why.
    pub reason: &'static str,
}

/// Whether a component is managed.
pub fn managed(choices: &[Choice], kind: &str) -> bool {
    choices.iter().any(|choice| choice.kind == kind && choice.managed)
}

/// Whether Clair's database is rendered: along with Clair, unless it is a component of its own.
pub fn has_clair_database(release: &Release, choices: &[Choice]) -> bool {
    let is_own = release.kind(kind::CLAIR_DATABASE).is_some();
    managed(choices, if is_own { kind::CLAIR_DATABASE } else { kind::CLAIR })
}

/// Warns that an entry with overrides and no number of pods gets one pod, if no autoscaler decides.
fn warn_of_replicas(model: &Model, choices: &[Choice], diagnostics: &mut Diagnostics) {
    let Some(scaled) = model.release.rules.overrides.get("replicas") else { return };
    if managed(choices, kind::AUTOSCALER) || !model.release.rules.overrides_drop_replicas {
        return;
    }
    for entry in model.registry.components.iter().filter(|entry| entry.managed && scaled.of.contains(&entry.kind)) {
        let Some(overrides) = &entry.overrides else { continue };
        if overrides.given.iter().all(|laid| laid.given.setting.name != "replicas") {
            let message =
                format!("{} has overrides without replicas, so the operator's two pods become one", entry.kind);
            let problem = Diagnostic::new(codes::OVERRIDE_REPLICAS, message).at(entry.at.clone());
            diagnostics.push(problem.field(&entry.field).hint("replicas: 2   # in overrides"));
        }
    }
}

/// Which databases are rendered: an operator takes its own to another PostgreSQL by itself.
pub fn databases(model: &Model, choices: &[Choice]) -> Databases {
    let is_rendered = |is_managed: bool| is_managed && model.config.operator.is_none();
    Databases {
        quay: is_rendered(managed(choices, kind::POSTGRES)),
        clair: is_rendered(has_clair_database(&model.release, choices)),
        moved_from: model.config.database_upgrade.as_ref().map(|wanted| wanted.from.value.clone()),
    }
}

/// Decides every component.
pub fn choose(model: &Model, diagnostics: &mut Diagnostics) -> Vec<Choice> {
    let mut choices: Vec<Choice> = Vec::new();
    for (name, facts) in model.release.kinds() {
        let entry = model.registry.components.iter().find(|entry| entry.kind == name);
        // An operator of one namespace does no monitoring (guide 5.4.1, 6.2).
        let is_narrow = name == kind::MONITORING && model.config.operator.as_ref().is_some_and(Operator::is_own);
        // A Prometheus without an operator needs none of its kinds.
        let is_plain = name == kind::MONITORING && model.config.monitoring.scrape == Scrape::Annotations;
        let served =
            !is_narrow && (is_plain || facts.needs.as_ref().is_none_or(|needs| model.config.cluster.has(&needs.api)));
        let elsewhere = name == kind::ROUTE && other_way(model);
        let is_said = model.config.access.is_some();
        let without = facts.follows.as_deref().filter(|other| !is_said && !managed(&choices, other));
        let has_files = !facts.files.is_empty() && facts.files.iter().all(|file| model.bundle.file(file).is_some());
        let (is_managed, reason) = match entry {
            _ if facts.always => (true, "always managed"),
            Some(entry) if entry.managed => {
                if elsewhere {
                    diagnostics.push(disagrees(model, entry));
                }
                if let Some(other) = without {
                    diagnostics.push(follows(name, other, entry));
                }
                if is_narrow {
                    diagnostics.push(narrow(entry));
                } else if !served {
                    diagnostics.push(unserved(name, entry));
                }
                (true, "listed as managed")
            }
            Some(entry) => {
                if name == kind::ROUTE && is_route(model) {
                    diagnostics.push(disagrees(model, entry));
                }
                (false, "listed as unmanaged")
            }
            None if has_files => (false, "not listed, and the bundle has its files"),
            None if elsewhere => (false, "not listed, and spec.access says another way in"),
            None if without.is_some() => (false, "not listed, and what it goes with is unmanaged"),
            None if served => (true, "not listed, so managed"),
            None if is_narrow => (false, "not listed, and its operator watches one namespace alone"),
            None => (false, "not listed, and the cluster lacks its API"),
        };
        if let Some(entry) = entry.filter(|entry| !is_managed && overrides_something(entry)) {
            let message = format!("{name} is unmanaged, and has overrides");
            let problem = Diagnostic::new(codes::OVERRIDE_UNMANAGED, message).at(entry.at.clone());
            diagnostics.push(problem.field(&entry.field).hint("take overrides out, or managed: true"));
        }
        if is_managed {
            refuse_fields(model, name, facts, diagnostics);
            if has_files {
                refuse_files(model, name, facts, diagnostics);
            }
        } else {
            require_fields(model, name, facts, entry, diagnostics);
            if !has_files {
                require_files(model, name, facts, entry, diagnostics);
            }
        }
        choices.push(Choice { kind: name.to_owned(), managed: is_managed, reason });
    }
    warn_of_replicas(model, &choices, diagnostics);
    choices
}

/// Whether an entry overrides anything that the operator supports.
fn overrides_something(entry: &Component) -> bool {
    let counts = |overrides: &Overrides| !overrides.given.is_empty() || overrides.idle.iter().any(|idle| idle.is_known);
    entry.overrides.as_ref().is_some_and(counts)
}

/// Whether `spec.access` asks for Routes.
fn is_route(model: &Model) -> bool {
    model.config.access.as_ref().is_some_and(|access| access.way.value == Way::Route)
}

fn other_way(model: &Model) -> bool {
    model.config.access.as_ref().is_some_and(|access| access.way.value != Way::Route)
}

/// A component and `spec.access` contradict each other.
fn disagrees(model: &Model, entry: &Component) -> Diagnostic {
    let way = model.config.access.as_ref().map_or(Way::None, |access| access.way.value);
    let message = format!("component route, managed: {}, and spec.access.type: {way} disagree", entry.managed);
    Diagnostic::new(codes::ACCESS_CONFLICT, message)
        .at(entry.at.clone())
        .field(&entry.field)
        .hint("remove the component from the list: spec.access says the way in")
}

/// Two components that can only be managed together.
fn follows(name: &str, other: &str, entry: &Component) -> Diagnostic {
    let message = format!("component {name}, managed: true, and {other}, managed: false, disagree");
    Diagnostic::new(codes::ACCESS_CONFLICT, message)
        .at(entry.at.clone())
        .field(&entry.field)
        .hint("managed: false, with a pair in the bundle; or say in spec.access of the RenderConfig where TLS ends")
}

fn narrow(entry: &Component) -> Diagnostic {
    let message = "monitoring needs an operator that watches all namespaces, and this one watches its own alone";
    Diagnostic::new(codes::COMPONENT_API, message)
        .at(entry.at.clone())
        .field(&entry.field)
        .hint("managed: false; or installMode: AllNamespaces in spec.operator of the RenderConfig")
}

fn unserved(name: &str, entry: &Component) -> Diagnostic {
    Diagnostic::new(codes::COMPONENT_API, format!("the cluster has no API for a managed {name}"))
        .at(entry.at.clone())
        .field(&entry.field)
        .hint("managed: false; or where the cluster does have it, say so in RenderConfig, spec.cluster.apis")
}

/// A field given as null counts as given (measured).
fn refuse_fields(model: &Model, component: &str, facts: &Kind, diagnostics: &mut Diagnostics) {
    let Some(config) = &model.bundle.config else { return };
    for name in &facts.fields {
        if let Some(entry) = config.root.entry(name) {
            let message = format!("{component} is managed, so this field is quay-render's to write");
            let hint = format!(
                "remove it from config.yaml, or list the component as unmanaged:\n- kind: {component}\n  managed: false"
            );
            diagnostics.push(
                Diagnostic::new(codes::COMPONENT_FIELDS, message)
                    .at(config.location(entry.key_pos))
                    .field(name)
                    .hint(hint),
            );
        }
    }
}

/// Files of a component in the bundle mean that the user provides it.
fn refuse_files(model: &Model, component: &str, facts: &Kind, diagnostics: &mut Diagnostics) {
    let Some(file) = facts.files.first().and_then(|name| model.bundle.file(name)) else { return };
    let files = facts.files.join(" and ");
    let message = format!("{component} is managed, and the bundle has {files}");
    let hint = format!(
        "remove both from the bundle, or list the component as unmanaged:\n- kind: {component}\n  managed: false"
    );
    diagnostics.push(Diagnostic::new(codes::COMPONENT_FIELDS, message).at(file.at.clone()).field(&file.key).hint(hint));
}

/// Requires the files that an unmanaged component needs in the bundle, unless `keys` made them, a Secret of the cluster
/// has them or `spec.access` makes them unnecessary.
fn require_files(
    model: &Model,
    component: &str,
    facts: &Kind,
    entry: Option<&Component>,
    diagnostics: &mut Diagnostics,
) {
    let in_cluster = |file: &String| model.config.secrets.files.contains_key(file);
    let is_elsewhere =
        model.config.access.is_some() || model.registry.tls.as_ref().is_some_and(|tls| tls.secret.is_some());
    let is_left = model.config.secrets.are_referenced() || facts.files.iter().all(in_cluster);
    let is_made = model.config.operator.is_none() && facts.files.iter().all(|file| model.keys.get(file).is_some());
    if facts.files.is_empty() || is_elsewhere || is_left || is_made || model.bundle.is_unread {
        return;
    }
    let files = facts.files.join(" and ");
    let message = format!("{component} is unmanaged, and the bundle lacks {files}");
    let problem = Diagnostic::new(codes::COMPONENT_REQUIRED, message)
        .hint(format!(
            "add {files} to the bundle, or let `quay-render keys` make them; or say in spec.access of the RenderConfig where TLS ends"
        ));
    diagnostics.push(match entry {
        Some(entry) => problem.at(entry.at.clone()).field(&entry.field),
        None => problem.at(model.registry.name.at.clone()),
    });
}

fn require_fields(
    model: &Model,
    component: &str,
    facts: &Kind,
    entry: Option<&Component>,
    diagnostics: &mut Diagnostics,
) {
    if model.bundle.is_unread {
        return;
    }
    for name in &facts.required {
        let given = model.bundle.config.as_ref().and_then(|config| config.root.get(name));
        // A secret may be left to the cluster.
        let is_referenced = model.config.secrets.are_referenced() && schema::secrecy(name) == Secrecy::Secret;
        if is_referenced || given.is_some_and(|node| !matches!(node.data, Data::Null)) {
            continue;
        }
        let message = format!("{component} is unmanaged, and config.yaml of the bundle has no {name}");
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
