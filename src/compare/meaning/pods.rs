//! How many pods run after a change.

use super::{Meaning, Sort};
use crate::object::{Identity, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds that have a number of pods.
const COUNTED: &[&str] = &["Deployment", "StatefulSet", "ReplicaSet"];
const SCALER: &str = "HorizontalPodAutoscaler";
const REPLICAS: &[&str] = &["spec", "replicas"];

/// Kind, namespace and name of the object that an autoscaler scales.
type Target<'a> = (&'a str, &'a str, &'a str);

/// What decides the number of pods, on both sides.
pub(super) struct Pods<'a> {
    /// The objects that had an autoscaler before.
    old: BTreeSet<Target<'a>>,
    /// The objects that have one afterwards.
    new: BTreeSet<Target<'a>>,
    /// The objects that exist afterwards, each with its own `replicas`.
    counts: BTreeMap<Target<'a>, Option<&'a Value>>,
}

impl<'a> Pods<'a> {
    /// From the objects of both sides.
    pub fn new(old: &'a [Value], new: &'a [Value]) -> Self {
        let counted = new.iter().filter(|object| COUNTED.contains(&object.str_at(&["kind"])));
        let counts = counted.map(|object| {
            let target = (object.str_at(&["kind"]), namespace(object), object.str_at(&["metadata", "name"]));
            (target, object.at(REPLICAS))
        });
        Self { old: scalers(old), new: scalers(new), counts: counts.collect() }
    }

    /// The consequence of a changed `replicas`.
    pub fn scaled(&self, identity: &Identity, old: &Value, new: &Value) -> Option<Meaning> {
        if !COUNTED.contains(&identity.kind.as_str()) || old.at(REPLICAS) == new.at(REPLICAS) {
            return None;
        }
        let target = (identity.kind.as_str(), namespace(new), new.str_at(&["metadata", "name"]));
        let meaning = |text: String| Meaning::new(Sort::Scaled, text);
        Some(match (old.at(REPLICAS), new.at(REPLICAS)) {
            (Some(old), Some(new)) => {
                meaning(format!("{identity} runs {} pods in place of {}", number(new), number(old)))
            }
            (None, Some(new)) if self.old.contains(&target) => {
                meaning(format!("{identity} runs {} pods, however many its autoscaler has made of them", number(new)))
                    .advise(if number(new) == "0" {
                        "spec.paused asks for this: without it the autoscaler counts again"
                    } else {
                        "leave spec.replicas out, or set it to the number that runs now"
                    })
            }
            (None, Some(new)) => meaning(format!("{identity} runs {} pods, however many run now", number(new))),
            (_, None) => {
                let then = if self.new.contains(&target) { ", until its autoscaler makes more of them" } else { "" };
                meaning(format!("{identity} no longer sets its number of pods: applied, it falls back to 1{then}"))
            }
        })
    }

    /// The consequence of removing an autoscaler.
    pub fn unscaled(&self, identity: &Identity, scaler: &Value) -> Option<Meaning> {
        let target = target(scaler).filter(|_| identity.kind == SCALER)?;
        let (kind, _, name) = target;
        let sets_none = self.counts.get(&target)?.is_none() && !self.new.contains(&target);
        let text =
            format!("{kind} {name} keeps the pods that it has once {identity} is deleted, and nothing scales it");
        sets_none.then(|| {
            Meaning::new(Sort::Scaled, text)
                .advise("delete the autoscaler where nobody prunes; kubectl scale sets another number, and it stays")
        })
    }
}

fn scalers(objects: &[Value]) -> BTreeSet<Target<'_>> {
    let scalers = objects.iter().filter(|object| object.str_at(&["kind"]) == SCALER);
    scalers.filter_map(target).collect()
}

fn target(scaler: &Value) -> Option<Target<'_>> {
    let field = |name| scaler.at(&["spec", "scaleTargetRef", name]).and_then(Value::as_str);
    Some((field("kind")?, namespace(scaler), field("name")?))
}

fn namespace(object: &Value) -> &str {
    object.str_at(&["metadata", "namespace"])
}

fn number(value: &Value) -> String {
    match value {
        Value::Str(text) | Value::Int(text) => text.clone(),
        other => crate::yaml::flow(other),
    }
}
