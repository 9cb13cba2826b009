//! How a registry is: whether each component is ready, what the operator of its release would report, and how the live
//! objects differ from what is rendered.

use super::drift::Drift;
use super::export::Live;
use super::plan::finalizer_command;
use super::registry::Registry;
use crate::Rendered;
use crate::compare::Class;
use crate::compare::report::lines;
use crate::model::registry::kind;
use crate::object::{Identity, Map, Object, Value};
use std::collections::BTreeSet;

/// The state of a registry.
pub struct Status {
    /// The components in the release's order, each with what keeps it from being ready.
    pub components: Vec<Component>,
    /// The objects that still belong to the QuayRegistry.
    pub owned: Vec<Identity>,
    /// The kinds that are rendered and of which the export has no object: nothing is known of those.
    pub not_exported: BTreeSet<String>,
    /// Whether the QuayRegistry has the operator's finalizer.
    pub has_finalizer: bool,
}

/// The state of a component.
pub struct Component {
    /// Its kind.
    pub kind: String,
    /// Whether it is managed.
    pub managed: bool,
    /// What keeps it from being ready, one line each.
    pub waits: Vec<String>,
}

impl Status {
    /// Looks at the exported objects of a registry.
    #[must_use]
    pub fn of(registry: &Registry<'_>, rendered: &Rendered) -> Self {
        let choices = &rendered.resolved.components;
        let kinds = choices.iter().map(|choice| (choice.kind.clone(), choice.managed));
        // What no QuayRegistry lists, such as the application in early releases.
        let others: BTreeSet<&str> = rendered.objects.iter().map(|object| object.component.as_str()).collect();
        let is_listed = |name: &&str| choices.iter().any(|choice| choice.kind == **name);
        let others = others.into_iter().filter(|name| !is_listed(name)).map(|name| (name.to_owned(), true));
        let components = kinds.chain(others).map(|(kind, managed)| component(registry, rendered, kind, managed));
        let owned = registry.export.objects.iter().filter(|live| !registry.owned(live).is_empty());
        Self {
            components: components.collect(),
            owned: owned.map(|live| Identity::of_value(&live.value)).collect(),
            not_exported: rendered
                .objects
                .iter()
                .map(Object::kind)
                .filter(|kind| registry.export.of_kind(kind).next().is_none())
                .map(str::to_owned)
                .collect(),
            has_finalizer: registry.live.and_then(finalizer_command).is_some(),
        }
    }

    /// Whether every component is ready, and nothing belongs to the QuayRegistry.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.components.iter().all(|component| component.waits.is_empty())
            && self.owned.is_empty()
            && !self.has_finalizer
    }

    /// The conditions that the operator of the release would report: Available and RolloutBlocked, and later also one for each
    /// component.
    #[must_use]
    pub fn conditions(&self, rendered: &Rendered, drift: &Drift) -> Vec<Value> {
        let waits: Vec<&str> =
            self.components.iter().filter(|it| !it.waits.is_empty()).map(|it| it.kind.as_str()).collect();
        let missing = drift.comparison.count(Class::New);
        let created = match missing {
            0 => condition("ComponentsCreated", true, "ComponentsCreationSuccess", "all objects are there"),
            _ => condition(
                "ComponentsCreated",
                false,
                "ComponentCreationFailed",
                &format!("{missing} rendered objects are not in the export"),
            ),
        };
        let blocked = if missing == 0 {
            condition("RolloutBlocked", false, "ComponentsCreationSuccess", "all objects are there")
        } else {
            condition("RolloutBlocked", true, "ComponentCreationFailed", &self.blocked())
        };
        let available = if waits.is_empty() {
            condition("Available", true, "HealthChecksPassing", "all components are healthy")
        } else {
            condition("Available", false, "ComponentNotReady", &format!("not ready: {}", waits.join(", ")))
        };
        if !rendered.resolved.release.holds(&["conditions", "components"]) {
            return vec![available, blocked];
        }
        let of_component = |component: &Component| {
            let name = WORDS
                .iter()
                .find(|(kind, _)| *kind == component.kind)
                .map(|(_, word)| format!("Component{word}Ready"))?;
            Some(match (component.managed, component.waits.as_slice()) {
                (false, _) => condition(&name, true, "ComponentUnmanaged", "it is yours"),
                (true, []) => condition(&name, true, "ComponentReady", "ready"),
                (true, waits) => condition(&name, false, "ComponentNotReady", &waits.join("; ")),
            })
        };
        let own = self.components.iter().filter_map(of_component);
        own.chain([available, created, blocked]).collect()
    }

    /// What to do about rendered objects that the export lacks.
    fn blocked(&self) -> String {
        let kinds: Vec<&str> = self.not_exported.iter().map(String::as_str).collect();
        match kinds.as_slice() {
            [] => "rendered objects are not there: apply the output".to_owned(),
            kinds => format!("not exported: {}", kinds.join(", ")),
        }
    }

    /// The state as a value: components, what still belongs to the QuayRegistry, and the drift, field by field.
    #[must_use]
    pub fn value(&self, drift: &Drift) -> Map {
        let component = |it: &Component| {
            let mut row = Map::new();
            row.insert("kind", it.kind.as_str());
            row.insert("managed", it.managed);
            row.insert("ready", it.waits.is_empty());
            if !it.waits.is_empty() {
                row.insert("waits", it.waits.iter().map(String::as_str).collect::<Vec<_>>());
            }
            Value::Map(row)
        };
        let changes = drift.comparison.changes.iter().map(|change| {
            let mut row = Map::new();
            row.insert("object", change.identity.to_string());
            if change.class == Class::New && self.not_exported.contains(&change.identity.kind) {
                row.insert("what", format!("not exported: {}", change.identity.kind));
            } else {
                row.insert("what", what(change.class));
            }
            let fields: Vec<String> =
                change.fields.iter().flat_map(lines).map(|(sign, line)| format!("{sign} {line}")).collect();
            if !fields.is_empty() {
                row.insert("fields", fields);
            }
            Value::Map(row)
        });
        let changes: Vec<Value> = changes.collect();
        let mut root = Map::new();
        root.insert("components", self.components.iter().map(component).collect::<Vec<_>>());
        if !self.owned.is_empty() {
            root.insert("ownedByQuayRegistry", self.owned.iter().map(ToString::to_string).collect::<Vec<_>>());
        }
        root.insert("operatorFinalizer", self.has_finalizer);
        root.insert("unchanged", i64::try_from(drift.comparison.unchanged).unwrap_or(i64::MAX));
        root.insert("drift", changes);
        root
    }
}

/// The words of the operator for its components, in the names of conditions.
const WORDS: &[(&str, &str)] = &[
    (kind::AUTOSCALER, "HPA"),
    (kind::CLAIR, "Clair"),
    (kind::CLAIR_DATABASE, "ClairPostgres"),
    (kind::MIRROR, "Mirror"),
    (kind::MONITORING, "Monitoring"),
    (kind::OBJECT_STORAGE, "ObjectStorage"),
    (kind::POSTGRES, "Postgres"),
    (kind::REDIS, "Redis"),
    (kind::ROUTE, "Route"),
    (kind::TLS, "TLS"),
    ("quay", "Quay"),
];

/// What happens to an object at the next apply.
fn what(class: Class) -> &'static str {
    match class {
        Class::Destroyed => "is not rendered",
        Class::New => "is missing",
        Class::Blocked => "differs, and the cluster refuses the change",
        Class::Restarts => "differs, and pods restart",
        Class::Changed => "differs",
    }
}

fn condition(name: &str, status: bool, reason: &str, message: &str) -> Value {
    let mut row = Map::new();
    row.insert("type", name);
    row.insert("status", if status { "True" } else { "False" });
    row.insert("reason", reason);
    row.insert("message", message);
    row.into()
}

fn component(registry: &Registry<'_>, rendered: &Rendered, kind: String, managed: bool) -> Component {
    let objects = rendered.objects.iter().filter(|object| object.component == kind);
    let waits = objects.filter_map(|object| wait(registry, object)).collect();
    Component { kind, managed, waits }
}

/// What an object waits for, if it does.
fn wait(registry: &Registry<'_>, object: &Object) -> Option<String> {
    let kind = object.kind();
    if !matches!(
        kind,
        "Deployment" | "Job" | "PersistentVolumeClaim" | "ObjectBucketClaim" | "Route" | "HorizontalPodAutoscaler"
    ) {
        return None;
    }
    let name = object.name();
    let Some(live) = registry.export.find(kind, object.value.str_at(&["metadata", "namespace"]), name) else {
        let is_exported = registry.export.of_kind(kind).next().is_some();
        return Some(if is_exported { format!("{kind} {name} is not there") } else { format!("not exported: {kind}") });
    };
    let why = match kind {
        "Deployment" => deployment(live),
        "Job" => job(live),
        "PersistentVolumeClaim" | "ObjectBucketClaim" => {
            let phase = live.value.str_at(&["status", "phase"]);
            (phase != "Bound").then(|| "is not bound".to_owned())
        }
        "Route" => route(live),
        _ => None,
    }?;
    Some(format!("{kind} {name} {why}"))
}

/// A number at a path; 0 if there is none.
fn number(live: &Live, path: &[&str]) -> i64 {
    match live.value.at(path) {
        Some(Value::Int(digits)) => digits.parse().unwrap_or_default(),
        _ => 0,
    }
}

fn deployment(live: &Live) -> Option<String> {
    let wanted = if live.value.at(&["spec", "replicas"]).is_some() { number(live, &["spec", "replicas"]) } else { 1 };
    let (ready, updated) = (number(live, &["status", "readyReplicas"]), number(live, &["status", "updatedReplicas"]));
    let (seen, own) = (number(live, &["status", "observedGeneration"]), number(live, &["metadata", "generation"]));
    if seen < own {
        return Some("has changed, and its controller has not looked at it yet".to_owned());
    }
    if wanted == 0 {
        return Some("is scaled to no pod".to_owned());
    }
    (ready < wanted || updated < wanted)
        .then(|| format!("has {ready} of {wanted} pods ready, {updated} of them up to date"))
}

fn job(live: &Live) -> Option<String> {
    match JobState::of(live) {
        JobState::Complete => None,
        JobState::Failed => Some("has failed: kubectl logs shows why".to_owned()),
        JobState::Active { failed } => Some(format!("is not done; {failed} tries failed")),
    }
}

/// The state of a Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JobState {
    /// It is done.
    Complete,
    /// It is not tried again.
    Failed,
    /// It runs, or is about to.
    Active {
        /// How many of its tries have failed.
        failed: i64,
    },
}

impl JobState {
    /// Of an exported Job.
    pub(super) fn of(live: &Live) -> Self {
        let is = |name: &str| {
            let conditions = live.value.at(&["status", "conditions"]).and_then(Value::as_seq).unwrap_or_default();
            conditions.iter().any(|it| it.str_at(&["type"]) == name && it.str_at(&["status"]) == "True")
        };
        if is("Complete") {
            Self::Complete
        } else if is("Failed") {
            Self::Failed
        } else {
            Self::Active { failed: number(live, &["status", "failed"]) }
        }
    }
}

fn route(live: &Live) -> Option<String> {
    let ingresses = live.value.at(&["status", "ingress"]).and_then(Value::as_seq).unwrap_or_default();
    let conditions = ingresses.iter().filter_map(|it| it.at(&["conditions"])?.as_seq()).flatten();
    let refused = conditions.filter(|it| it.str_at(&["type"]) == "Admitted").any(|it| it.str_at(&["status"]) != "True");
    if ingresses.is_empty() {
        Some("is served by no router".to_owned())
    } else {
        refused.then(|| "is refused by a router".to_owned())
    }
}
