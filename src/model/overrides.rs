//! Translates `overrides` of a QuayRegistry, which came with later operators, into settings of a RenderConfig.

use super::fields::Fields;
use super::shown::repeated_setting;
use crate::catalog::Release;
use crate::kubernetes::settings;
use crate::object::{Map, Value};
use crate::yaml;

/// The longest such text, in bytes: nobody reads more in a hint.
const LONGEST: usize = 16 << 10;

/// The settings equivalent to the `overrides` of a component, as the text of a RenderConfig; `None` if there are none,
/// or the text is too long. With `only`, just those of that one override. Possible secrets are masked.
pub fn as_settings(entry: &Fields<'_>, kind: &str, release: &Release, only: Option<&str>) -> Option<String> {
    let overrides = entry.get("overrides")?.to_value();
    let mut components = Map::new();
    for (name, value) in overrides.as_map()?.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)) {
        // Until operator 3.12 the volume of clair was that of its database.
        let component = if (kind, name) == ("clair", "volumeSize") { "clairpostgres" } else { kind };
        let takes = release.settings().any(|(known, targets, _)| {
            known == component && settings::find(name).is_some_and(|setting| targets.take(setting))
        });
        if !takes || matches!(value, Value::Null) {
            continue;
        }
        let value = repeated_setting(component, name, value);
        if !components.contains(component) {
            components.insert(component, Map::new());
        }
        if let Some(settings) = components.get_mut(component).and_then(Value::as_map_mut) {
            settings.insert(name, value);
        }
    }
    if components.is_empty() {
        return None;
    }
    let mut spec = Map::new();
    spec.insert("components", components);
    let mut config = Map::new();
    config.insert("spec", spec);
    Some(yaml::emit(&config.into()).trim_end().to_owned()).filter(|text| text.len() <= LONGEST)
}
