//! The effective value of each setting, and where it comes from.

use super::targets::{Landing, is, is_rendered, landings, maps};
use super::{Laid, laid, of_shape};
use crate::catalog::{Release, Targets};
use crate::kubernetes::merge;
use crate::kubernetes::settings::Setting;
use crate::model::patches::Patch;
use crate::model::registry::Registry;
use crate::model::settings::{Given, Settings};
use crate::object::{Map, Object, Value};

/// A setting of a component, as the output has it.
pub struct Current {
    /// The component, by its name in `spec.components`.
    pub component: String,
    pub setting: &'static Setting,
    pub value: Value,
    /// The files and lines that set it, the winning one first; none if it is the release's own.
    pub origins: Vec<String>,
    /// Whether it is the release's own, in whole or in part.
    pub is_of_release: bool,
}

/// All settings of all rendered components that have a value, in the order of the tables.
#[must_use]
pub fn current(
    objects: &[Object],
    release: &Release,
    registry: &Registry,
    shape: &str,
    settings: &Settings,
    patches: &[Patch],
) -> Vec<Current> {
    let name_of_registry = &registry.name.value;
    let shape = of_shape(shape, name_of_registry);
    let laid = laid(release, &shape, settings);
    let mut objects = objects.to_vec();
    let mut found = Vec::new();
    for (name, targets, _) in release.settings() {
        if !is_rendered(&objects, targets, name_of_registry) {
            continue;
        }
        for setting in targets.settings() {
            let own = laid.iter().find(|laid| laid.component == name && laid.setting.name == setting.name);
            let over = overridden(registry, name, setting.name);
            let place = setting.places.first();
            let there =
                place.filter(|place| place.shape.is_empty() && place.on.iter().all(|role| role.is_rendered_before()));
            let there = there.and_then(|place| {
                let maps = maps(&mut objects, name_of_registry, targets, place);
                let value = maps.into_iter().next().and_then(|(_, map)| map.at(&place.at).cloned());
                value.map(|value| of_autoscaler(setting, value))
            });
            let said = match (own, over) {
                (own, Some(over)) => Some(merge(own.map(|own| own.value.clone()), over.value.clone(), setting.kind)),
                (Some(own), None) => Some(own.value.clone()),
                (None, None) => None,
            };
            let value = match (there, &said) {
                (Some(value), _) if !is_own_list(setting) => value,
                (_, Some(said)) => said.clone(),
                _ => continue,
            };
            let patched = patched(&objects, name_of_registry, targets, setting, patches);
            let origins = patched.chain(over.into_iter().flat_map(Given::files).map(ToString::to_string));
            let origins = origins.chain(own.map(origins_of).unwrap_or_default()).collect();
            let is_of_release = said.is_none_or(|said| said != value);
            found.push(Current { component: name.to_owned(), setting, value, origins, is_of_release });
        }
    }
    found
}

/// The patches that changed a setting's value, the last one first.
fn patched<'a>(
    objects: &[Object],
    registry: &str,
    targets: &Targets,
    setting: &Setting,
    patches: &'a [Patch],
) -> impl Iterator<Item = String> + use<'a> {
    let landings: Vec<Landing<'_>> = setting.places.iter().flat_map(|place| landings(targets, place)).collect();
    let is_of = |patch: &&Patch| {
        landings.iter().filter(|landing| landing.paths.iter().any(|path| patch.change.says(path))).any(|landing| {
            let mut own = objects.iter().filter(|object| is(object, landing.kind, landing.name, registry));
            own.any(|object| patch.has_changed(object))
        })
    };
    let found: Vec<&Patch> = patches.iter().rev().filter(is_of).collect();
    found.into_iter().map(|patch| format!("{} ({})", patch.field, patch.at))
}

/// The override of a setting of a component in the QuayRegistry.
fn overridden<'a>(registry: &'a Registry, component: &str, setting: &str) -> Option<&'a Given> {
    let laid = registry.components.iter().filter_map(|entry| entry.overrides.as_ref()).flat_map(|all| &all.given);
    let mut on_it = laid.filter(|laid| laid.on.iter().any(|on| on == component)).map(|laid| &laid.given);
    on_it.find(|given| given.setting.name == setting)
}

/// Whether the templates' own volumes, containers, labels or annotations do not count as the value of a setting.
fn is_own_list(setting: &Setting) -> bool {
    let name = setting.name;
    let lists = ["volumes", "volumeMounts", "initContainers", "sidecars", "imagePullSecrets"];
    lists.contains(&name) || name.ends_with("abels") || name.ends_with("nnotations")
}

/// Reduces an autoscaler to its bounds.
fn of_autoscaler(setting: &Setting, value: Value) -> Value {
    match value {
        Value::Map(map) if setting.name == "autoscaler" => {
            map.into_iter().filter(|(name, _)| setting.kind.field(name).is_some()).collect::<Map>().into()
        }
        value => value,
    }
}

fn origins_of(laid: &Laid<'_>) -> Vec<String> {
    laid.given.iter().rev().flat_map(|given| given.files()).map(ToString::to_string).collect()
}
