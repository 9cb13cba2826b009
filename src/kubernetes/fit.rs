//! Checks whether a complete value matches a type, whatever its source.

use super::merge::ONE_OF;
use super::{Form, Kind, is_quantity};
use crate::object::Value;

/// The first part of a value that does not match the type: its path, and why.
#[must_use]
pub fn misfit(value: &Value, kind: Kind, path: &str) -> Option<(String, String)> {
    let wrong = |wanted: &str| Some((path.to_owned(), format!("is not {wanted}")));
    match (kind.form(), value) {
        (Form::Text, Value::Str(_))
        | (Form::Boolean, Value::Bool(_))
        | (Form::Number, Value::Int(_) | Value::Float(_)) => None,
        (Form::Integer, Value::Int(_)) | (Form::IntegerOrText, Value::Int(_) | Value::Str(_)) => None,
        (Form::Quantity, Value::Int(_) | Value::Float(_)) => None,
        (Form::Quantity, Value::Str(text)) if is_quantity(text) => None,
        (Form::List, Value::Seq(items)) => {
            let inner = kind.inner()?;
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| misfit(item, inner, &format!("{path}[{index}]")))
        }
        (Form::Map | Form::Names, Value::Map(map)) => {
            let inner = kind.inner()?;
            map.iter().find_map(|(name, value)| misfit(value, inner, &format!("{path}.{name}")))
        }
        (Form::Fields, Value::Map(map)) => {
            let field = |name: &str| format!("{path}.{name}");
            let missing = kind.fields().iter().find(|field| field.is_required && map.get(field.name).is_none());
            if let Some(missing) = missing {
                return Some((field(missing.name), "is required and missing".to_owned()));
            }
            let several = ONE_OF.iter().filter(|(owner, _)| *owner == kind.as_str()).find_map(|(_, names)| {
                let given: Vec<&str> = names.iter().copied().filter(|name| map.contains(name)).collect();
                (given.len() > 1).then(|| format!("has both {}: write null for the one that goes", given.join(" and ")))
            });
            if let Some(message) = several {
                return Some((path.to_owned(), message));
            }
            map.iter().find_map(|(name, value)| match kind.field(name) {
                Some(known) => misfit(value, known.kind, &field(name)),
                // For metadata the table only lists what a user may set.
                None if kind.as_str() == "ObjectMeta" => None,
                None => Some((field(name), "is a field that Kubernetes does not know".to_owned())),
            })
        }
        (Form::Text, _) => wrong("a text"),
        (Form::Boolean, _) => wrong("true or false"),
        (Form::Integer | Form::Number | Form::IntegerOrText, _) => wrong("a number"),
        (Form::Quantity, _) => wrong("a quantity"),
        (Form::List, _) => wrong("a list"),
        (Form::Map | Form::Names | Form::Fields, _) => wrong("a map"),
    }
}
