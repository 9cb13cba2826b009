//! Renders objects from the plan and `components/`.

use crate::catalog::{Broken, Delivery, Release};
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Object, Value, template_path};
use crate::plan::Plan;
use crate::template::{self, Engine, Facts};
use minijinja::value::Serde;
use serde::Serialize;
use std::sync::Arc;

/// Renders every component of a delivery whose condition holds, in the order of the folders and files.
///
/// # Errors
/// If a template is invalid, or an object lacks the label that identifies a registry's objects.
pub fn render(release: &Arc<Release>, plan: &Plan, delivery: Delivery) -> Result<Vec<Object>, Broken> {
    let facts = Facts::of(plan);
    let engine = Engine::new(release, facts.value(), &plan.registry)?;
    let mut objects = Vec::new();
    for component in &release.components {
        if !component.deliveries.contains(&delivery) || !template::is_wanted(release, component, &facts)? {
            continue;
        }
        for (path, _) in release.templates(component) {
            for value in engine.values(path)? {
                check_labels(path, &value, &plan.registry)?;
                objects.push(Object::new(&component.name, value));
            }
        }
    }
    Ok(objects)
}

/// Renders one template that belongs to no component, with a context of its own.
///
/// # Errors
/// If the template is invalid.
pub fn render_one(release: &Arc<Release>, path: &str, context: &impl Serialize) -> Result<Vec<Object>, Broken> {
    let engine = Engine::new(release, minijinja::Value::from(Serde(context)), "")?.of_file();
    Ok(engine.values(path)?.into_iter().map(|value| Object::new("", value)).collect())
}

/// Checks for the label that identifies a registry's objects: on the object, and on the pods or objects made from it.
/// Selectors must never change, so they are kept as in the template.
fn check_labels(path: &str, value: &Value, registry: &str) -> Result<(), Broken> {
    let mut places: Vec<Vec<&str>> = vec![vec!["metadata", "labels"]];
    let template = template_path(value.str_at(&["kind"]));
    if value.at(template).is_some() {
        places.push([template, &["metadata", "labels"]].concat());
    }
    let has = |place: &Vec<&str>| {
        let label = value.at(place).and_then(Value::as_map).and_then(|labels| labels.get(REGISTRY_LABEL));
        label.and_then(Value::as_str) == Some(registry)
    };
    match places.into_iter().find(|place| !has(place)) {
        None => Ok(()),
        Some(place) => {
            let reason = format!("{} has no \"{REGISTRY_LABEL}: ${{ registry }}\"", place.join("."));
            Err(Broken::new(path, reason))
        }
    }
}
