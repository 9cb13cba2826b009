//! Compares the overrides of a QuayRegistry with the settings in the registry's own RenderConfig.

use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::Inputs;
use crate::kubernetes::{Form, Kind};
use crate::model::settings::Given;
use crate::model::{Model, repeated_setting};
use crate::object::Value;
use crate::yaml;

/// The longest value that a message repeats, in bytes.
const LONGEST: usize = 120;

/// Refuses two different values for one setting. Values from folders above and from profiles may be overridden.
pub fn check(model: &Model, inputs: &Inputs, diagnostics: &mut Diagnostics) {
    let is_own = |at: &Location| inputs.sources.iter().any(|source| source.name == at.file);
    for component in &model.registry.components {
        let overrides = component.overrides.iter().flat_map(|overrides| &overrides.given);
        for (on, over) in overrides.flat_map(|over| over.on.iter().map(|on| (on, &over.given))) {
            let of_component = model.config.settings.own.of(on);
            let Some(given) = of_component.iter().find(|given| given.setting.name == over.setting.name) else {
                continue;
            };
            let differing = differing(&given.value, &over.value, over.setting.kind);
            let differing = differing.into_iter().find(|path| is_own(&given.place(path)) && is_own(&over.place(path)));
            if let Some(path) = differing {
                diagnostics.push(differs(on, given, over, &path));
            }
        }
    }
}

/// The paths at which two values differ. In maps of names and lists with keys, only entries that both have are
/// compared.
fn differing(one: &Value, other: &Value, kind: Kind) -> Vec<String> {
    match (kind.form(), one, other) {
        (Form::Names, Value::Map(one), Value::Map(other)) => {
            let differs = |(key, value): (&str, &Value)| other.get(key).is_some_and(|other| other != value);
            one.iter().filter(|(key, value)| differs((key, value))).map(|(key, _)| format!(".{key}")).collect()
        }
        (Form::List, Value::Seq(one), Value::Seq(other)) if kind.key().is_some() => {
            let key = kind.key().unwrap_or_default();
            let differs =
                |item: &Value| other.iter().any(|other| other.str_at(&[key]) == item.str_at(&[key]) && other != item);
            let places = one.iter().enumerate().filter(|(_, item)| differs(item));
            places.map(|(index, _)| format!("[{index}]")).collect()
        }
        (_, one, other) if one != other => vec![String::new()],
        _ => Vec::new(),
    }
}

fn differs(component: &str, given: &Given, over: &Given, path: &str) -> Diagnostic {
    let shown = |value: &Value| {
        let text = yaml::flow(&repeated_setting(component, over.setting.name, value));
        if text.len() > LONGEST { "something else".to_owned() } else { text }
    };
    let message = format!(
        "says {}, and {} says {} ({})",
        shown(&over.value),
        given.field,
        shown(&given.value),
        given.place(path)
    );
    let hint = "say it in one of the two: what the QuayRegistry overrides is laid last";
    Diagnostic::new(codes::SETTING_CONFLICT, message).at(over.at.clone()).field(&over.field).hint(hint)
}
