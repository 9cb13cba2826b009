//! From the plan and `components/` to objects. The only user of the template engine.
//!
//! A template is YAML before it is rendered: `${ x }` is one whole scalar, a line that begins with `#%` a statement.
//! The engine quotes: every expression is written as a value, so nothing in it can change the structure around it.

use crate::catalog::{Broken, Component, Files, Release, When};
use crate::diagnostic::Diagnostics;
use crate::object::{Object, Value};
use crate::plan::Plan;
use crate::yaml::{self, Origin};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
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

/// The object in a rendered file; none where its statements left nothing.
fn parse(path: &str, source: &str, rendered: &str) -> Result<Option<Value>, Broken> {
    Ok(parse_all(path, source, rendered)?.into_iter().next())
}

/// The objects in a rendered template: one, or none, or as many as a loop around a document makes.
fn parse_all(path: &str, source: &str, rendered: &str) -> Result<Vec<Value>, Broken> {
    let mut problems = Diagnostics::new();
    let documents = yaml::parse_own(rendered, &Origin { file: path, within: None }, &mut problems);
    let Some(problem) = problems.iter().next() else {
        return Ok(documents.into_iter().map(|document| document.root.to_value()).collect());
    };
    // What was rendered may be a secret, and has lines of its own: the template's is the one that has the same key.
    let at = problem.location.as_ref().and_then(|at| usize::try_from(at.line).ok()?.checked_sub(1));
    let key = at.and_then(|at| rendered.lines().nth(at)?.split_once(':')).map(|(key, _)| format!("{key}:"));
    let line = key.and_then(|key| source.lines().position(|line| line.starts_with(&key))).map(|index| index + 1);
    Err(Broken { file: path.to_owned(), line, reason: format!("renders what is not YAML: {}", problem.message) })
}

/// Names the template and the line, and shows that line as it stands there.
fn broken(files: &Files, path: &str, error: &Error) -> Broken {
    let file = error.name().unwrap_or(path);
    let line = error.line();
    let text = line.and_then(|line| files.get(file)?.lines().nth(line.checked_sub(1)?));
    let text = text.map(|text| format!(": {}", text.trim())).unwrap_or_default();
    Broken { file: file.to_owned(), line, reason: format!("{}{text}", error.kind()) }
}

fn engine<'a>(release: &'a Arc<Release>, context: &minijinja::Value, registry: &str) -> Result<Environment<'a>, Error> {
    let mut engine = plain_engine(&release.files, registry)?;
    let (release, context, registry) = (Arc::clone(release), context.clone(), registry.to_owned());
    engine.add_function("file", move |path: &str, top: Option<&str>| {
        file(&release.files, path, top.unwrap_or_default(), &context, &registry)
    });
    Ok(engine)
}

/// The engine without `file`, for the files themselves.
fn plain_engine<'a>(files: &'a Files, registry: &str) -> Result<Environment<'a>, Error> {
    let mut engine = Environment::new();
    engine.set_syntax(
        SyntaxConfig::builder()
            .variable_delimiters("${", "}")
            .block_delimiters("<%", "%>")
            .comment_delimiters("<#", "#>")
            .line_statement_prefix("#%")
            .keep_trailing_newline(true)
            .build()?,
    );
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    for (path, part) in files.iter().filter(|(path, _)| path.contains("/parts/")) {
        engine.add_template(path, part)?;
    }
    let registry = registry.to_owned();
    engine.add_function("name", move |base: &str| format!("{registry}-{base}"));
    engine.set_formatter(|out, _, value| {
        let value = value.as_str().map_or_else(|| to_value(value), |text| Ok(text.into()))?;
        out.write_str(&yaml::flow(&value)).map_err(|_| Error::new(ErrorKind::WriteFailure, ""))
    });
    Ok(engine)
}

/// A file that a template puts into an object: YAML is rendered and written in the one form that this program writes,
/// JSON has its expressions replaced, anything else is as it is. `top` is YAML that is merged into the first.
fn file(files: &Files, path: &str, top: &str, context: &minijinja::Value, registry: &str) -> Result<String, Error> {
    let missing = || Error::new(ErrorKind::TemplateNotFound, path.to_owned());
    let source = files.get(path).ok_or_else(missing)?;
    if path.ends_with(".yaml") {
        let rendered = plain_engine(files, registry)?.render_named_str(path, source, context)?;
        let value = parse(path, source, &rendered)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
        return merged(path, value, top);
    }
    if path.ends_with(".json") {
        let mut json: serde_json::Value =
            serde_json::from_str(source).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
        fill(&mut json, context)?;
        return serde_json::to_string_pretty(&json)
            .map(|text| text + "\n")
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()));
    }
    Ok(source.to_owned())
}

/// Two documents of YAML as one: maps are merged at every depth, and of anything else that of `top` is taken.
fn merged(path: &str, value: Option<Value>, top: &str) -> Result<String, Error> {
    let top = parse(path, top, top).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    let value = match (value, top) {
        (Some(Value::Map(mut base)), Some(Value::Map(top))) => {
            base.merge(top);
            Some(base.into())
        }
        (value, top) => top.or(value),
    };
    Ok(value.map(|value| yaml::emit(&value)).unwrap_or_default())
}

/// Replaces each string of a JSON document that is exactly `${ path.to.value }`.
fn fill(json: &mut serde_json::Value, context: &minijinja::Value) -> Result<(), Error> {
    match json {
        serde_json::Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, context)),
        serde_json::Value::Object(map) => map.values_mut().try_for_each(|value| fill(value, context)),
        serde_json::Value::String(text) => {
            let Some(path) = text.strip_prefix("${ ").and_then(|rest| rest.strip_suffix(" }")) else { return Ok(()) };
            let value = path.split('.').try_fold(context.clone(), |value, step| value.get_attr(step))?;
            if value.is_undefined() {
                return Err(Error::new(ErrorKind::UndefinedError, path.to_owned()));
            }
            *json = serde_json::to_value(&value)
                .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The engine's value as one of ours.
fn to_value(value: &minijinja::Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let json =
        serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(json.into())
}
