//! From the plan and `components/` to objects.

use crate::catalog::{Broken, Component, Release, When};
use crate::object::Object;
use crate::plan::Plan;
use crate::template::Engine;
use minijinja::value::Serde;
use minijinja::{Error, ErrorKind};
use serde::Serialize;
use std::sync::Arc;

/// Renders every component whose condition holds, in the order of the folders and files.
///
/// # Errors
/// When a template is broken.
pub fn render(release: &Arc<Release>, plan: &Plan) -> Result<Vec<Object>, Broken> {
    let engine = Engine::new(release, minijinja::Value::from(Serde(plan)), &plan.registry)?;
    let mut objects = Vec::new();
    for component in &release.components {
        if !is_wanted(&engine, component)? {
            continue;
        }
        for (path, _) in release.templates(component) {
            objects.extend(engine.values(path)?.into_iter().map(|value| Object::new(&component.name, value)));
        }
    }
    Ok(objects)
}

/// Renders one template that belongs to no component, with a context of its own.
///
/// # Errors
/// When the template is broken.
pub fn render_one(release: &Arc<Release>, path: &str, context: &impl Serialize) -> Result<Vec<Object>, Broken> {
    let engine = Engine::new(release, minijinja::Value::from(Serde(context)), "")?.of_file();
    Ok(engine.values(path)?.into_iter().map(|value| Object::new("", value)).collect())
}

/// A component's condition.
fn is_wanted(engine: &Engine, component: &Component) -> Result<bool, Broken> {
    let expression = match &component.when {
        When::Fixed(always) => return Ok(*always),
        When::Expression(expression) => expression,
    };
    let wrong = |error: Error| Broken::new(&component.file(), format!("when: {}: {expression}", error.kind()));
    let compiled = engine.environment()?.compile_expression(expression);
    let held = compiled.and_then(|expression| expression.eval(&engine.context)).map_err(wrong)?;
    if held.is_undefined() {
        return Err(wrong(Error::from(ErrorKind::UndefinedError)));
    }
    Ok(held.is_true())
}
