//! Applies a single setting.

use super::Laid;
use super::targets::maps;
use crate::catalog::Targets;
use crate::kubernetes::settings::Place;
use crate::kubernetes::{Kind, merge, size};
use crate::model::settings::Setter;
use crate::object::{Map, Object, Value, is_run_once};

/// Applies a setting to every object that it is for. `autoscaler: false` removes the autoscaler.
pub fn setting(objects: &mut Vec<Object>, registry: &str, targets: &Targets, laid: &Laid<'_>) {
    let is_rendered_before = |place: &&Place| place.on.iter().all(|role| role.is_rendered_before());
    if laid.setting.name == "autoscaler" && laid.value == Value::Bool(false) {
        let name = targets.autoscaler.as_deref().unwrap_or_default();
        objects.retain(|object| !super::targets::is(object, "HorizontalPodAutoscaler", name, registry));
        return;
    }
    for place in laid.setting.places.iter().filter(is_rendered_before) {
        // One after the other: null in a later value removes what the template has.
        let given = laid.given.iter().filter(|given| !matches!(given.value, Value::Bool(_)));
        let values: Vec<(bool, (Value, Kind))> =
            given.map(|given| (given.setter == Setter::Program, shaped(laid, &given.value, place))).collect();
        for (owner, map) in maps(objects, registry, targets, place) {
            let before = map.get("resources").cloned();
            // A Job runs once, and needs neither the resources nor the scheduling rules of the pods.
            let own = values.iter().filter(|(is_of_program, _)| !is_of_program || !is_run_once(&owner));
            own.for_each(|(_, (value, kind))| at(map, &place.at, value, *kind));
            if is_run_once(&owner) && laid.setting.name == "resources" {
                keep_requests(map, before.as_ref());
            }
        }
    }
}

/// The value to apply at a place, and its type.
fn shaped(laid: &Laid<'_>, value: &Value, place: &Place) -> (Value, Kind) {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(place.shape) else {
        return (value.clone(), laid.setting.kind);
    };
    let kind = match place.at.last() {
        Some(&"volumes") => "list of Volume by name",
        _ => "list of VolumeMount by mountPath",
    };
    (filled(json.into(), value), Kind::new(kind))
}

/// A shape with the value instead of `@`.
fn filled(shape: Value, value: &Value) -> Value {
    match shape {
        Value::Str(text) if text == "@" => value.clone(),
        Value::Seq(items) => Value::Seq(items.into_iter().map(|item| filled(item, value)).collect()),
        Value::Map(map) => map.into_iter().map(|(key, inner)| (key, filled(inner, value))).collect::<Map>().into(),
        other => other,
    }
}

/// Applies a value at a path below a map; missing maps are created.
fn at(map: &mut Map, path: &[&str], value: &Value, kind: Kind) {
    match path {
        [] => {}
        [last] => {
            let below = map.get(last).cloned();
            match merge(below, value.clone(), kind) {
                Value::Null => drop(map.remove(last)),
                merged => drop(map.insert(*last, merged)),
            }
        }
        [first, rest @ ..] => {
            if map.get(first).is_none_or(|value| value.as_map().is_none()) {
                map.insert(*first, Map::new());
            }
            if let Some(inner) = map.get_mut(first).and_then(Value::as_map_mut) {
                at(inner, rest, value, kind);
            }
        }
    }
}

/// A Job keeps its own requests if they are lower: it runs next to pods that occupy resources of their own and wait for
/// it.
fn keep_requests(container: &mut Map, before: Option<&Value>) {
    let Some(own) = before.and_then(|value| value.at(&["requests"])).and_then(Value::as_map) else { return };
    let requests = container.get_mut("resources").and_then(Value::as_map_mut).and_then(|it| it.get_mut("requests"));
    let Some(requests) = requests.and_then(Value::as_map_mut) else { return };
    for (name, value) in own.iter() {
        let is_less = requests.get(name).is_none_or(|now| size(value) < size(now));
        if is_less {
            requests.insert(name, value.clone());
        }
    }
}
