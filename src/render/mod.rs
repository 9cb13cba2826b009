//! From the plan and `components/` to objects. The only user of the template engine.
//!
//! A template is YAML before it is rendered: `${ x }` is one whole scalar, a line that begins with `#%` a statement.
//! The engine quotes: every expression is written as a value, so nothing in it can change the structure around it.

use crate::components;
use crate::diagnostic::Diagnostics;
use crate::object::{Object, Value};
use crate::plan::Plan;
use crate::yaml::{self, Origin};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use std::fmt;

/// A template of this program is wrong. Never the user's mistake; it names the template and never a value.
#[derive(Debug)]
pub struct Broken {
    template: String,
    reason: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "components/{}: {}", self.template, self.reason)
    }
}

impl std::error::Error for Broken {}

/// Renders every component whose condition holds, in the order of the folders and files.
///
/// # Errors
/// When a template is broken.
pub fn render(plan: &Plan) -> Result<Vec<Object>, Broken> {
    let context = minijinja::Value::from(Serde(plan));
    let engine = engine(&context, &plan.registry).map_err(|error| broken("", &error))?;
    let mut objects = Vec::new();
    for component in components::names() {
        if !is_wanted(&engine, component, &context)? {
            continue;
        }
        for (path, source) in components::folder(component) {
            if path.ends_with("/component.yaml") || !path.ends_with(".yaml") {
                continue;
            }
            let rendered = engine.render_named_str(path, source, &context).map_err(|error| broken(path, &error))?;
            objects.extend(parse_all(path, &rendered)?.into_iter().map(|value| Object::new(component, value)));
        }
    }
    Ok(objects)
}

/// Renders one template that belongs to no component, with a context of its own.
///
/// # Errors
/// When the template is broken.
pub fn render_one(path: &str, context: &impl Serialize) -> Result<Vec<Object>, Broken> {
    let context = minijinja::Value::from(Serde(context));
    let engine = plain_engine("").map_err(|error| broken(path, &error))?;
    let source = components::file(path).unwrap_or_default();
    let rendered = engine.render_named_str(path, source, &context).map_err(|error| broken(path, &error))?;
    Ok(parse_all(path, &rendered)?.into_iter().map(|value| Object::new("", value)).collect())
}

/// A component's condition, `when` of its component.yaml.
fn is_wanted(engine: &Environment<'_>, component: &str, context: &minijinja::Value) -> Result<bool, Broken> {
    let path = format!("{component}/component.yaml");
    let facts = parse(&path, components::file(&path).unwrap_or_default())?;
    let condition = facts.as_ref().and_then(|facts| facts.at(&["when"]));
    match condition {
        Some(Value::Bool(always)) => Ok(*always),
        Some(Value::Str(expression)) => {
            let expression = engine.compile_expression(expression).map_err(|error| broken(&path, &error))?;
            Ok(expression.eval(context).map_err(|error| broken(&path, &error))?.is_true())
        }
        _ => Err(Broken { template: path, reason: "has no `when`".to_owned() }),
    }
}

/// The object in a rendered file; none where its statements left nothing.
fn parse(path: &str, rendered: &str) -> Result<Option<Value>, Broken> {
    Ok(parse_all(path, rendered)?.into_iter().next())
}

/// The objects in a rendered template: one, or none, or as many as a loop around a document makes.
fn parse_all(path: &str, rendered: &str) -> Result<Vec<Value>, Broken> {
    let mut problems = Diagnostics::new();
    let documents = yaml::parse_own(rendered, &Origin { file: path, within: None }, &mut problems);
    if let Some(problem) = problems.iter().next() {
        return Err(Broken { template: path.to_owned(), reason: problem.to_string() });
    }
    Ok(documents.into_iter().map(|document| document.root.to_value()).collect())
}

fn broken(path: &str, error: &Error) -> Broken {
    let line = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    Broken { template: error.name().unwrap_or(path).to_owned(), reason: format!("{line}{}", error.kind()) }
}

fn engine(context: &minijinja::Value, registry: &str) -> Result<Environment<'static>, Error> {
    let mut engine = plain_engine(registry)?;
    let (context, registry) = (context.clone(), registry.to_owned());
    engine.add_function("file", move |path: &str, top: Option<&str>| {
        file(path, top.unwrap_or_default(), &context, &registry)
    });
    Ok(engine)
}

/// The engine without `file`, for the files themselves.
fn plain_engine(registry: &str) -> Result<Environment<'static>, Error> {
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
    for (path, part) in components::FILES.iter().filter(|(path, _)| path.contains("/parts/")) {
        engine.add_template(path, part)?;
    }
    let registry = registry.to_owned();
    engine.add_function("name", move |base: &str| format!("{registry}-{base}"));
    engine.set_formatter(|out, _, value| {
        let value = to_value(value)?;
        out.write_str(&yaml::flow(&value)).map_err(|_| Error::new(ErrorKind::WriteFailure, ""))
    });
    Ok(engine)
}

/// A file that a template puts into an object: YAML is rendered and written in the one form that this program writes,
/// JSON has its expressions replaced, anything else is as it is. `top` is YAML that is merged into the first.
fn file(path: &str, top: &str, context: &minijinja::Value, registry: &str) -> Result<String, Error> {
    let missing = || Error::new(ErrorKind::TemplateNotFound, path.to_owned());
    let source = components::file(path).ok_or_else(missing)?;
    if path.ends_with(".yaml") {
        let rendered = plain_engine(registry)?.render_named_str(path, source, context)?;
        let value =
            parse(path, &rendered).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
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
    let top = parse(path, top).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
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
