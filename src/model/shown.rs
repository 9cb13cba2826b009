//! Which values of documents may be shown.

use super::declared::{self, Place};
use crate::object::{Map, Value};
use crate::sensitive::MASK;

/// A setting of a component, with what may not be shown masked.
#[must_use]
pub fn shown_setting(component: &str, setting: &str, value: &Value) -> Value {
    let place = declared::document("RenderConfig").map(Place::root);
    let place = ["spec", "components", component, setting].iter().try_fold(place, |place, key| Some(place?.field(key)));
    shown(value, place.flatten())
}

/// The part of a setting that a message may quote: what may be shown, without nulls. Programs that rewrite documents
/// turn a member without a value into null, and then its name may itself be a value.
#[must_use]
pub fn repeated_setting(component: &str, setting: &str, value: &Value) -> Value {
    without_nulls(shown_setting(component, setting, value))
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Map(map) => {
            let entries = map.iter().filter(|(_, value)| !matches!(value, Value::Null));
            entries.map(|(key, value)| (key.to_owned(), without_nulls(value.clone()))).collect::<Map>().into()
        }
        Value::Seq(items) => Value::Seq(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// A value with masks for what may not be shown. A value of an undeclared field or of another type is unknown, so it
/// may be a secret.
pub(super) fn shown(value: &Value, place: Option<Place>) -> Value {
    let mask = || Value::from(MASK);
    let Some(place) = place else { return mask() };
    match value {
        Value::Seq(items) if place.takes_items() => {
            Value::Seq(items.iter().map(|item| shown(item, Some(place.item()))).collect())
        }
        Value::Map(map) if place.takes_fields() => {
            map.iter().map(|(key, value)| (key.to_owned(), shown(value, place.field(key)))).collect::<Map>().into()
        }
        other if place.may_show(other) => other.clone(),
        _ => mask(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_a_setting_away_is_shown_and_no_other_value_of_another_type() {
        for (setting, value, wanted) in [
            ("autoscaler", Value::Bool(false), Value::Bool(false)),
            ("networkPolicy", Value::Bool(false), Value::Bool(false)),
            ("networkPolicy", Value::Bool(true), MASK.into()),
            ("networkPolicy", "hunter2".into(), MASK.into()),
            ("resources", Value::Bool(false), MASK.into()),
        ] {
            assert_eq!(shown_setting("quay", setting, &value), wanted, "{setting}");
        }
    }
}
