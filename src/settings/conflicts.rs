//! Settings that contradict what the compiler renders.

use super::targets::{is, maps};
use super::{Laid, autoscaler, find};
use crate::catalog::Targets;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::kubernetes::settings::Place;
use crate::kubernetes::size;
use crate::model::settings::{Given, Setter};
use crate::object::labels::{OWN_ANNOTATIONS, REGISTRY_LABEL};
use crate::object::{Map, Object, Value};
use crate::quote::{listed, nearest};
use std::collections::BTreeSet;

/// The nearest known name is suggested for so many unknown names at most.
const MOST_NEAREST: usize = 20;

/// Finds the contradictions in one component's settings.
pub struct Conflicts<'a> {
    pub registry: &'a str,
    pub targets: &'a Targets,
    pub diagnostics: &'a mut Diagnostics,
}

impl Conflicts<'_> {
    /// Checks a setting before it is applied; returns whether it may be.
    pub fn before(&mut self, objects: &mut [Object], own: &[&Laid<'_>], laid: &Laid<'_>) -> bool {
        match laid.setting.name {
            "labels" | "podLabels" | "serviceLabels" => self.names(objects, laid, &[REGISTRY_LABEL]),
            "annotations" | "podAnnotations" | "serviceAnnotations" => self.names(objects, laid, OWN_ANNOTATIONS),
            "env" => self.items(objects, laid, "name", "is a variable that its container needs"),
            "initContainers" | "sidecars" => self.items(objects, laid, "name", "is the name of a container of its own"),
            "volumes" => self.items(objects, laid, "name", "is the name of a volume of its own"),
            "volumeMounts" => self.mounts(objects, laid),
            "replicas" => self.replicas(objects, own, laid),
            _ => true,
        }
    }

    /// Refuses keys that exist already, or are reserved for the compiler.
    fn names(&mut self, objects: &mut [Object], laid: &Laid<'_>, own: &[&str]) -> bool {
        let mut known: Vec<String> = Vec::new();
        for place in &laid.setting.places {
            for (_, map) in maps(objects, self.registry, self.targets, place) {
                let there = map.at(&place.at).and_then(Value::as_map);
                known.extend(there.into_iter().flat_map(Map::iter).map(|(key, _)| key.to_owned()));
            }
        }
        let is_own = |key: &str| {
            own.iter().any(|own| *own == key || (own.ends_with('/') && key.starts_with(own)))
                || known.iter().any(|known| known == key)
        };
        let keys = laid.value.as_map().into_iter().flat_map(Map::iter).map(|(key, _)| key);
        let refused: Vec<&str> = keys.filter(|key| is_own(key)).collect();
        for key in &refused {
            let message = "is quay-render's own: selectors and tools go by it";
            self.refuse(laid, &format!(".{key}"), message, "take it out");
        }
        refused.is_empty()
    }

    /// Refuses items whose key another item has already.
    fn items(&mut self, objects: &mut [Object], laid: &Laid<'_>, key: &str, message: &str) -> bool {
        let known = self.keys(objects, &laid.setting.places, key);
        let mut is_right = true;
        for given in &laid.given {
            for (index, item) in given.value.as_seq().unwrap_or_default().iter().enumerate() {
                let name = item.str_at(&[key]);
                let is_tunable = laid.setting.name == "env" && self.targets.tunable.iter().any(|it| it == name);
                if known.iter().any(|known| known == name) && !is_tunable {
                    is_right = false;
                    let hint = match self.targets.tunable.as_slice() {
                        [] => "take it out, or give it another name".to_owned(),
                        tunable if laid.setting.name == "env" => {
                            let tunable: Vec<&str> = tunable.iter().map(String::as_str).collect();
                            format!("take it out; of its own variables these may be set: {}", listed(&tunable))
                        }
                        _ => "give it another name".to_owned(),
                    };
                    self.report(codes::SETTING_CONFLICT, given, &format!("[{index}].{key}"), message, &hint);
                }
            }
        }
        is_right
    }

    fn keys(&self, objects: &mut [Object], places: &[Place], key: &str) -> Vec<String> {
        let mut found = Vec::new();
        for place in places {
            for (_, map) in maps(objects, self.registry, self.targets, place) {
                let items = place.at.last().and_then(|name| map.get(name)).and_then(Value::as_seq).unwrap_or_default();
                found.extend(items.iter().map(|item| item.str_at(&[key]).to_owned()));
            }
        }
        found
    }

    /// Refuses mounts above, below or at those of the container itself.
    fn mounts(&mut self, objects: &mut [Object], laid: &Laid<'_>) -> bool {
        let known = self.keys(objects, &laid.setting.places, "mountPath");
        let mut is_right = true;
        for given in &laid.given {
            for (index, item) in given.value.as_seq().unwrap_or_default().iter().enumerate() {
                let path = item.str_at(&["mountPath"]);
                let other = known.iter().find(|known| is_within(path, known) || is_within(known, path));
                if let Some(other) = other {
                    is_right = false;
                    let message = format!("its container mounts a volume at {other}, which the two cannot share");
                    let hint = "mount it elsewhere";
                    self.report(codes::SETTING_CONFLICT, given, &format!("[{index}].mountPath"), &message, hint);
                }
            }
        }
        is_right
    }

    /// Checks the number of pods.
    fn replicas(&mut self, objects: &mut [Object], own: &[&Laid<'_>], laid: &Laid<'_>) -> bool {
        let number = |value: &Value| match value {
            Value::Int(digits) => digits.parse::<u32>().ok(),
            _ => None,
        };
        let wanted = number(&laid.value).unwrap_or_default();
        if let Some(most) = self.targets.most.filter(|most| wanted > *most) {
            let message = format!("more than {most} pod of it would each have data of its own, or share a volume");
            self.refuse(laid, "", &message, "take it out; 0 stops it");
            return false;
        }
        let is_off = find(own, "autoscaler").is_some_and(|laid| laid.value == Value::Bool(false));
        let has_autoscaler = !is_off && autoscaler(objects, self.registry, self.targets).is_some();
        if wanted > 0 && has_autoscaler && laid.given.iter().all(|given| given.setter == Setter::Program) {
            return false;
        }
        if wanted > 0 && has_autoscaler {
            let message = "its autoscaler says how many pods there are";
            self.refuse(laid, "", message, "set autoscaler.minReplicas, or autoscaler: false; 0 stops it");
            return false;
        }
        // A paused component stays at no pods.
        let place = laid.setting.places.first();
        let stopped = |map: &Map| map.get("spec").and_then(|spec| number(spec.at(&["replicas"])?)) == Some(0);
        !place
            .is_some_and(|place| maps(objects, self.registry, self.targets, place).iter().any(|(_, map)| stopped(map)))
    }

    /// Checks a component after all settings are applied.
    pub fn after(&mut self, objects: &mut [Object], own: &[&Laid<'_>]) {
        for laid in own {
            match laid.setting.name {
                "resources" => self.requests(objects, laid),
                "autoscaler" => self.bounds(objects, laid),
                "volumeMounts" => self.volumes_of(objects, laid),
                "volumes" => self.claims(objects, own, laid),
                _ => {}
            }
        }
    }

    /// Refuses a container that requests more than its limit.
    fn requests(&mut self, objects: &mut [Object], laid: &Laid<'_>) {
        let mut found = Vec::new();
        for place in &laid.setting.places {
            for (kind, map) in maps(objects, self.registry, self.targets, place) {
                let of = |name: &str| map.get("resources").and_then(|it| it.at(&[name])).and_then(Value::as_map);
                let (Some(requests), Some(limits)) = (of("requests"), of("limits")) else { continue };
                for (name, request) in requests.iter() {
                    if matches!((size(request), limits.get(name).and_then(size)), (Some(asked), Some(most)) if asked > most)
                    {
                        found.push(format!("the {kind} would ask for more {name} than its limit"));
                    }
                }
            }
        }
        if let Some(message) = found.first() {
            self.refuse(laid, "", message, "write both, requests and limits");
        }
    }

    fn bounds(&mut self, objects: &[Object], laid: &Laid<'_>) {
        let Some(object) = autoscaler(objects, self.registry, self.targets) else { return };
        let of = |name: &str| match object.value.at(&["spec", name])? {
            Value::Int(digits) => digits.parse::<i64>().ok(),
            _ => None,
        };
        if of("minReplicas").is_some_and(|least| least < 1) {
            self.refuse(laid, ".minReplicas", "must be at least 1", "replicas: 0 stops the component");
        } else if of("minReplicas") > of("maxReplicas") {
            self.refuse(laid, "", "minReplicas would be more than maxReplicas", "write both");
        }
    }

    /// Refuses mounts of volumes that do not exist.
    fn volumes_of(&mut self, objects: &mut [Object], laid: &Laid<'_>) {
        let mut known = BTreeSet::new();
        for object in objects.iter() {
            if self.targets.objects().iter().any(|(kind, name)| is(object, kind, name, self.registry)) {
                let volumes = object.pod().and_then(|pod| pod.at(&["volumes"])?.as_seq());
                known.extend(volumes.unwrap_or_default().iter().map(|volume| volume.str_at(&["name"])));
            }
        }
        let names: Vec<&str> = known.iter().copied().collect();
        let mut most = 0..MOST_NEAREST;
        for given in &laid.given {
            for (index, item) in given.value.as_seq().unwrap_or_default().iter().enumerate() {
                let name = item.str_at(&["name"]);
                if !known.contains(name) {
                    let near = most.next().and_then(|_| nearest(name, &names));
                    let hint = match near {
                        Some(near) => format!("the nearest is {near:?}; or add it to volumes"),
                        None => "add it to volumes".to_owned(),
                    };
                    let message = "its pods have no volume of that name";
                    self.report(codes::SETTING_CONFLICT, given, &format!("[{index}].name"), message, &hint);
                }
            }
        }
    }

    /// Refuses claims that several pods would mount.
    fn claims(&mut self, objects: &[Object], own: &[&Laid<'_>], laid: &Laid<'_>) {
        let several = |laid: &Laid<'_>| matches!(&laid.value, Value::Int(digits) if digits != "0" && digits != "1");
        let is_scaled =
            autoscaler(objects, self.registry, self.targets).is_some() || find(own, "replicas").is_some_and(several);
        for given in laid.given.iter().filter(|_| is_scaled) {
            for (index, item) in given.value.as_seq().unwrap_or_default().iter().enumerate() {
                if item.at(&["persistentVolumeClaim"]).is_some() {
                    let message = "several pods mount this claim: with ReadWriteOnce those on other nodes never start";
                    let hint = "the claim must be ReadWriteMany or ReadOnlyMany";
                    self.report(codes::SETTING_SHARED_CLAIM, given, &format!("[{index}]"), message, hint);
                }
            }
        }
    }

    /// Refuses a value in a setting, at the last place that sets its path.
    fn refuse(&mut self, laid: &Laid<'_>, path: &str, message: &str, hint: &str) {
        if let Some(given) = laid.given.last() {
            let says = |given: &&&Given| path.is_empty() || given.place(path) != given.at;
            let given = laid.given.iter().rev().find(says).unwrap_or(given);
            self.report(codes::SETTING_CONFLICT, given, path, message, hint);
        }
    }

    fn report(&mut self, code: Code, given: &Given, path: &str, message: &str, hint: &str) {
        let problem = Diagnostic::new(code, message).at(given.place(path)).field(format!("{}{path}", given.field));
        self.diagnostics.push(problem.hint(hint));
    }
}

/// Whether a path equals another one or is below it.
fn is_within(path: &str, other: &str) -> bool {
    let (path, other) = (path.trim_end_matches('/'), other.trim_end_matches('/'));
    path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
