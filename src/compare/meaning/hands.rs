//! Registries that an operator makes on one side, and that are rendered on the other.

use super::{Meaning, Sort};
use crate::compare::rules;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Identity, Value};
use std::collections::BTreeSet;

/// A registry: its namespace and its name.
type Registry<'a> = (&'a str, &'a str);

/// The registries that change hands.
pub(super) struct Hands<'a> {
    /// From the output to an operator.
    to_operator: BTreeSet<Registry<'a>>,
    /// From an operator to the output.
    from_operator: BTreeSet<Registry<'a>>,
}

impl<'a> Hands<'a> {
    /// From the objects of both sides.
    pub(super) fn new(old: &'a [Value], new: &'a [Value]) -> Self {
        let (made_before, made_now) = (made(old), made(new));
        let (rendered_before, rendered_now) = (rendered(old), rendered(new));
        let both = |one: &BTreeSet<Registry<'a>>, other: &BTreeSet<Registry<'a>>| one & other;
        Self {
            to_operator: &both(&rendered_before, &made_now) - &made_before,
            from_operator: &both(&made_before, &rendered_now) - &made_now,
        }
    }

    /// Whether an object becomes an operator's.
    pub(super) fn are_for(&self, identity: &Identity, object: &Value) -> bool {
        let label = object.str_at(&["metadata", "labels", REGISTRY_LABEL]);
        self.to_operator.contains(&(identity.namespace.as_str(), label))
            && rules::MADE_BY_OPERATOR.contains(&identity.kind.as_str())
    }

    /// What becomes of an object that only one side has.
    pub(super) fn of(&self, identity: &Identity, object: &Value) -> Option<Meaning> {
        let label = object.str_at(&["metadata", "labels", REGISTRY_LABEL]);
        let registry = (
            identity.namespace.as_str(),
            if identity.kind == rules::REGISTRY { identity.name.as_str() } else { label },
        );
        let is_made = rules::MADE_BY_OPERATOR.contains(&identity.kind.as_str());
        let meaning = |text: String| Meaning::new(Sort::ChangesHands, text);
        match (self.to_operator.contains(&registry), self.from_operator.contains(&registry)) {
            (true, _) if identity.kind == rules::REGISTRY => Some(
                meaning(format!("the registry of {identity} is its operator's from now on"))
                    .advise("let nothing prune before the operator has taken its objects over, and have the keys where it looks for them, or it makes new ones: docs/keeping-the-operator.md"),
            ),
            (_, true) if identity.kind == rules::REGISTRY => Some(
                meaning(format!("the registry of {identity} is no longer its operator's"))
                    .advise("take it over first: `quay-render adopt`; an operator that still runs would change everything back"),
            ),
            (true, _) if is_made => Some(meaning(format!("{identity} is the operator's from now on"))),
            (_, true) if is_made => Some(meaning(format!("{identity} is there already: the operator made it"))),
            _ => None,
        }
    }
}

/// The registries with a QuayRegistry.
fn made(objects: &[Value]) -> BTreeSet<Registry<'_>> {
    let registries = objects.iter().filter(|object| object.str_at(&["kind"]) == rules::REGISTRY);
    registries.map(|object| (object.str_at(&["metadata", "namespace"]), object.str_at(&["metadata", "name"]))).collect()
}

/// The registries with a Deployment.
fn rendered(objects: &[Value]) -> BTreeSet<Registry<'_>> {
    let deployments = objects.iter().filter(|object| object.str_at(&["kind"]) == "Deployment");
    let named = deployments.map(|object| {
        (object.str_at(&["metadata", "namespace"]), object.str_at(&["metadata", "labels", REGISTRY_LABEL]))
    });
    named.filter(|(_, name)| !name.is_empty()).collect()
}
