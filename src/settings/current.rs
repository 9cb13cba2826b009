//! What holds of each setting, and who said so.

use super::targets::{is_rendered, maps};
use super::{Laid, laid, of_shape};
use crate::catalog::Release;
use crate::kubernetes::settings::{Role, Setting};
use crate::model::settings::Settings;
use crate::object::{Map, Object, Value};

/// A setting of a component, as it is in the output.
pub struct Current {
    /// The component, by its name in `spec.components`.
    pub component: String,
    pub setting: &'static Setting,
    pub value: Value,
    /// The files and lines that say it; none where it is the release's own.
    pub origins: Vec<String>,
    /// Whether all of it or a part is the release's own.
    pub is_of_release: bool,
}

/// Every setting of every component that is rendered, in the order of the tables; none of those that nobody set.
#[must_use]
pub fn current(
    objects: &[Object],
    release: &Release,
    registry: &str,
    shape: &str,
    settings: &Settings,
) -> Vec<Current> {
    let shape = of_shape(shape, registry);
    let laid = laid(release, &shape, settings);
    let mut objects = objects.to_vec();
    let mut found = Vec::new();
    for (name, targets, _) in release.settings() {
        if !is_rendered(&objects, targets, registry) {
            continue;
        }
        for setting in targets.settings() {
            let own = laid.iter().find(|laid| laid.component == name && laid.setting.name == setting.name);
            let place = setting.places.first();
            let there = place.filter(|place| place.shape.is_empty() && place.on != [Role::Account]).and_then(|place| {
                let maps = maps(&mut objects, registry, targets, place);
                let value = maps.into_iter().next().and_then(|(_, map)| map.at(&place.at).cloned());
                value.map(|value| of_autoscaler(setting, value))
            });
            let value = match (there, own) {
                (Some(value), _) if !is_own_list(setting) => value,
                (_, Some(own)) => own.value.clone(),
                _ => continue,
            };
            let origins = own.map(origins).unwrap_or_default();
            let is_of_release = own.is_none_or(|own| own.value != value);
            found.push(Current { component: name.to_owned(), setting, value, origins, is_of_release });
        }
    }
    found
}

/// Whether what the templates have there is no setting: their own volumes, containers, labels and annotations.
fn is_own_list(setting: &Setting) -> bool {
    let name = setting.name;
    let lists = ["volumes", "volumeMounts", "initContainers", "sidecars", "imagePullSecrets"];
    lists.contains(&name) || name.ends_with("abels") || name.ends_with("nnotations")
}

/// The bounds alone.
fn of_autoscaler(setting: &Setting, value: Value) -> Value {
    match value {
        Value::Map(map) if setting.name == "autoscaler" => {
            map.into_iter().filter(|(name, _)| setting.kind.field(name).is_some()).collect::<Map>().into()
        }
        value => value,
    }
}

fn origins(laid: &Laid<'_>) -> Vec<String> {
    laid.given.iter().rev().flat_map(|given| given.files()).map(ToString::to_string).collect()
}
