//! Applies patches as a strategic merge of Kubernetes: by the merge keys of the types, with the directive `$patch`.

use super::Kind;
use crate::object::{Map, Value};

/// The directive in a map or an item of a list.
pub const DIRECTIVE: &str = "$patch";
/// Its allowed values.
pub const DIRECTIVES: &[&str] = &["delete", "merge", "replace"];

/// The type of `spec` for a kind of objects; `None` for kinds not in the tables.
#[must_use]
pub fn spec_of(kind: &str) -> Option<Kind> {
    let name = match kind {
        "Deployment" => "DeploymentSpec",
        "Job" => "JobSpec",
        "Service" => "ServiceSpec",
        "PersistentVolumeClaim" => "PersistentVolumeClaimSpec",
        "HorizontalPodAutoscaler" => "HorizontalPodAutoscalerSpec",
        _ => return None,
    };
    Some(Kind::new(name))
}

/// Merges a patch over an object. Maps are merged, and lists whose items have a key; new list items are appended. Null
/// removes a value.
#[must_use]
pub fn patch(object: &Value, patch: &Value) -> Value {
    let spec = spec_of(object.str_at(&["kind"]));
    let (Some(below), Some(above)) = (object.as_map(), patch.as_map()) else { return object.clone() };
    map(below.clone(), above, &|name| if name == "spec" { spec } else { None }).into()
}

/// The type of a field of a type.
fn field(kind: Option<Kind>, name: &str) -> Option<Kind> {
    let kind = kind?;
    kind.field(name).map(|field| field.kind).or(kind.inner().filter(|_| kind.key().is_none()))
}

fn map(mut below: Map, above: &Map, kind_of: &dyn Fn(&str) -> Option<Kind>) -> Map {
    for (name, value) in above.iter().filter(|(name, _)| *name != DIRECTIVE) {
        match laid(below.get(name), value, kind_of(name)) {
            Some(value) => drop(below.insert(name, value)),
            None => drop(below.remove(name)),
        }
    }
    below
}

/// Merges a value over another; `None` if it removes it.
fn laid(below: Option<&Value>, above: &Value, kind: Option<Kind>) -> Option<Value> {
    match above {
        Value::Null => None,
        Value::Map(upper) => match (directive(upper), below) {
            (Some("delete"), _) => None,
            (Some("replace"), _) | (_, None) => Some(whole(upper, kind)),
            (_, Some(Value::Map(below))) => Some(map(below.clone(), upper, &|name| field(kind, name)).into()),
            _ => Some(whole(upper, kind)),
        },
        Value::Seq(upper) => Some(list(below.and_then(Value::as_seq).unwrap_or_default(), upper, kind)),
        other => Some(other.clone()),
    }
}

/// A map without one below: removals are left out.
fn whole(upper: &Map, kind: Option<Kind>) -> Value {
    map(Map::new(), upper, &|name| field(kind, name)).into()
}

fn directive(map: &Map) -> Option<&str> {
    map.get(DIRECTIVE).and_then(Value::as_str)
}

fn list(below: &[Value], upper: &[Value], kind: Option<Kind>) -> Value {
    let inner = kind.and_then(Kind::inner);
    let says = |item: &Value, word: &str| item.as_map().and_then(directive) == Some(word);
    let is_replaced = upper.iter().any(|item| says(item, "replace") && item.as_map().is_some_and(|map| map.len() == 1));
    let Some(key) = kind.and_then(Kind::key) else {
        return Value::Seq(upper.iter().filter_map(|item| laid(None, item, inner)).collect());
    };
    let mut items = if is_replaced { Vec::new() } else { below.to_vec() };
    for item in upper.iter().filter(|item| item.at(&[key]).is_some()) {
        let place = items.iter().position(|known| known.at(&[key]) == item.at(&[key]));
        match (place, says(item, "delete")) {
            (Some(_), true) => items.retain(|known| known.at(&[key]) != item.at(&[key])),
            (None, true) => {}
            (Some(place), false) => {
                let merged = laid(items.get(place), item, inner);
                if let Some((known, merged)) = items.get_mut(place).zip(merged) {
                    *known = merged;
                }
            }
            (None, false) => items.extend(laid(None, item, inner)),
        }
    }
    Value::Seq(items)
}
