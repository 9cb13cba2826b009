//! What of the values of documents may be shown.

use super::declared::{self, Place};
use crate::object::{Map, Value};
use crate::sensitive::MASK;

/// What of a setting of a component may be shown.
#[must_use]
pub fn shown_setting(component: &str, setting: &str, value: &Value) -> Value {
    let place = declared::document("RenderConfig").map(Place::root);
    let place = ["spec", "components", component, setting].iter().try_fold(place, |place, key| Some(place?.field(key)));
    shown(value, place.flatten())
}

/// What of a setting a message may repeat: what may be shown, but for what is null. Programs that read documents and write them
/// make that of a member without a value, and then its name may be a value itself.
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

/// What of a value may be shown. Nothing is known of what stands where no field is declared, or is of another type, so it may
/// be a secret.
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
