//! Fields and settings, each with the place that says it.

use crate::check::{Field, Origin};
use crate::cli::Fatal;
use crate::compare::{Path, Step};
use crate::model::Setting;
use crate::model::patches::Patch;
use crate::object::{Map, Object, Value};
use crate::report::visible;
use crate::{Rendered, compare, model, settings, yaml};
use serde::Serialize;
use std::fmt::Write as _;

/// A field with its value and where it comes from.
#[derive(Serialize)]
pub struct SettingRow {
    field: String,
    value: Value,
    origin: String,
}

impl SettingRow {
    /// Writes the row as YAML, after its origin.
    pub fn write(self, out: &mut String) -> Result<(), Fatal> {
        let mut entry = Map::new();
        entry.insert(visible(&self.field), self.value);
        writeln!(out, "# {}", visible(&self.origin))?;
        out.push_str(&yaml::emit(&entry.into()));
        Ok(())
    }
}

/// The fields of a RenderConfig.
pub fn render_config(settings: Vec<Setting>) -> impl Iterator<Item = SettingRow> {
    settings.into_iter().map(|setting| SettingRow {
        field: setting.path.into_iter().map(Step::Key).collect::<Path>().to_string(),
        value: setting.value,
        origin: setting.at.to_string(),
    })
}

/// The fields of the merged config.yaml.
pub fn config(rendered: &Rendered) -> impl Iterator<Item = SettingRow> {
    rendered.resolved.config.0.iter().map(|field: &Field| SettingRow {
        field: field.name.clone(),
        value: compare::masked(&field.name, &field.value, rendered.model.config.declares(&field.name)),
        origin: origin(&field.origin),
    })
}

fn origin(origin: &Origin) -> String {
    match origin {
        Origin::Default => "default of the release".to_owned(),
        Origin::Bundle(location) | Origin::Fragment(location) => location.to_string(),
        Origin::Own => "quay-render".to_owned(),
        Origin::Access => "spec.access".to_owned(),
        Origin::Component(kind) => format!("component {kind}"),
    }
}

/// What holds of each setting of each component.
pub fn settings(rendered: &Rendered) -> impl Iterator<Item = SettingRow> {
    let (resolved, config) = (&rendered.resolved, &rendered.model.config);
    let release = format!("release {}", resolved.release.name);
    let (registry, objects, patches) = (&rendered.model.registry, &rendered.objects, &config.patches);
    let all = settings::current(objects, &resolved.release, registry, &config.shape, &config.settings, patches);
    let settings = all.into_iter().map(move |current| {
        let own = current.is_of_release.then(|| release.clone());
        SettingRow {
            field: format!("spec.components.{}.{}", current.component, current.setting.name),
            value: model::shown_setting(&current.component, current.setting.name, &current.value),
            origin: current.origins.into_iter().chain(own).collect::<Vec<_>>().join(", "),
        }
    });
    settings.chain(patches.iter().map(|patch| SettingRow {
        field: patch.field.clone(),
        value: patched(objects, patch),
        origin: patch.at.to_string(),
    }))
}

/// The objects that a patch changed.
fn patched(objects: &[Object], patch: &Patch) -> Value {
    let name = |object: &Object| Value::from(format!("{} {}", object.kind(), object.base_name));
    Value::Seq(objects.iter().filter(|object| patch.has_changed(object)).map(name).collect())
}
