//! From the plan and `components/` to objects.

use crate::catalog::{Broken, Component, Release, When};
use crate::object::Object;
use crate::plan::Plan;
use crate::template::{broken, engine, parse_all, plain_engine};
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind};
use serde::Serialize;
use std::sync::Arc;

/// Renders every component whose condition holds, in the order of the folders and files.
///
/// # Errors
/// When a template is broken.
pub fn render(release: &Arc<Release>, plan: &Plan) -> Result<Vec<Object>, Broken> {
    let context = minijinja::Value::from(Serde(plan));
    let files = &release.files;
    let engine = engine(release, &context, &plan.registry).map_err(|error| broken(files, "", &error))?;
    let mut objects = Vec::new();
    for component in &release.components {
        if !is_wanted(&engine, component, &context)? {
            continue;
        }
        for (path, source) in release.templates(component) {
            let rendered =
                engine.render_named_str(path, source, &context).map_err(|error| broken(files, path, &error))?;
            let values = parse_all(path, source, &rendered)?;
            objects.extend(values.into_iter().map(|value| Object::new(&component.name, value)));
        }
    }
    Ok(objects)
}

/// Renders one template that belongs to no component, with a context of its own.
///
/// # Errors
/// When the template is broken.
pub fn render_one(release: &Release, path: &str, context: &impl Serialize) -> Result<Vec<Object>, Broken> {
    let context = minijinja::Value::from(Serde(context));
    let files = &release.files;
    let engine = plain_engine(files, "").map_err(|error| broken(files, path, &error))?;
    let source = files.get(path).ok_or_else(|| Broken::new(path, "is not there"))?;
    let rendered = engine.render_named_str(path, source, &context).map_err(|error| broken(files, path, &error))?;
    Ok(parse_all(path, source, &rendered)?.into_iter().map(|value| Object::new("", value)).collect())
}

/// A component's condition.
fn is_wanted(engine: &Environment<'_>, component: &Component, context: &minijinja::Value) -> Result<bool, Broken> {
    let expression = match &component.when {
        When::Fixed(always) => return Ok(*always),
        When::Expression(expression) => expression,
    };
    let wrong = |error: Error| Broken::new(&component.file(), format!("when: {}: {expression}", error.kind()));
    let held = engine.compile_expression(expression).and_then(|expression| expression.eval(context)).map_err(wrong)?;
    if held.is_undefined() {
        return Err(wrong(Error::from(ErrorKind::UndefinedError)));
    }
    Ok(held.is_true())
}
