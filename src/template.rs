//! The template engine, and the only user of it but for the loop over components in `render`.
//!
//! A template is YAML before it is rendered: `${ x }` is one whole scalar, a line that begins with `#%` a statement.
//! The engine quotes: every expression is written as a value, so nothing in it can change the structure around it.

use crate::catalog::{Broken, Files, Release};
use crate::diagnostic::Diagnostics;
use crate::object::{Map, Value};
use crate::yaml::{self, Origin};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior};
use serde::Serialize;
use std::sync::Arc;

/// The map that a template renders; nothing where there is no such template.
///
/// # Errors
/// When it is broken, or renders something else.
pub fn map(files: &Files, path: &str, registry: &str, context: &impl Serialize) -> Result<Option<Map>, Broken> {
    let Some(source) = files.get(path) else { return Ok(None) };
    let context = minijinja::Value::from(Serde(context));
    let rendered = plain_engine(files, registry).and_then(|engine| engine.render_named_str(path, source, context));
    let rendered = rendered.map_err(|error| broken(files, path, &error))?;
    match parse(path, source, &rendered)? {
        Some(Value::Map(map)) => Ok(Some(map)),
        _ => Err(Broken::new(path, "renders no map")),
    }
}

/// The object in a rendered file; none where its statements left nothing.
fn parse(path: &str, source: &str, rendered: &str) -> Result<Option<Value>, Broken> {
    Ok(parse_all(path, source, rendered)?.into_iter().next())
}

/// The objects in a rendered template: one, or none, or as many as a loop around a document makes.
///
/// # Errors
/// When what is rendered is not YAML.
pub fn parse_all(path: &str, source: &str, rendered: &str) -> Result<Vec<Value>, Broken> {
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
#[must_use]
pub fn broken(files: &Files, path: &str, error: &Error) -> Broken {
    let file = error.name().unwrap_or(path);
    let line = error.line();
    let text = line.and_then(|line| files.get(file)?.lines().nth(line.checked_sub(1)?));
    let text = text.map(|text| format!(": {}", text.trim())).unwrap_or_default();
    Broken { file: file.to_owned(), line, reason: format!("{}{text}", error.kind()) }
}

/// The engine of one registry's templates, with `name`, `file` and `merge`.
///
/// # Errors
/// When a part is broken.
pub fn engine<'a>(
    release: &'a Arc<Release>,
    context: &minijinja::Value,
    registry: &str,
) -> Result<Environment<'a>, Error> {
    let mut engine = plain_engine(&release.files, registry)?;
    let (release, context, registry) = (Arc::clone(release), context.clone(), registry.to_owned());
    let (whole, all, name) = (Arc::clone(&release), context.clone(), registry.clone());
    engine.add_function("merge", move |path: &str, top: minijinja::Value| merge(&whole.files, path, &top, &all, &name));
    engine.add_function("file", move |path: &str, top: Option<&str>| {
        file(&release.files, path, top.unwrap_or_default(), &context, &registry)
    });
    Ok(engine)
}

/// The engine without `file`, for the files themselves.
///
/// # Errors
/// When a part is broken.
pub fn plain_engine<'a>(files: &'a Files, registry: &str) -> Result<Environment<'a>, Error> {
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

/// The map that a file of YAML renders, with the entries of another over its own.
fn merge(
    files: &Files,
    path: &str,
    top: &minijinja::Value,
    context: &minijinja::Value,
    registry: &str,
) -> Result<minijinja::Value, Error> {
    let wrong = |reason: String| Error::new(ErrorKind::BadSerialization, reason);
    let Some(mut map) = map(files, path, registry, context).map_err(|broken| wrong(broken.to_string()))? else {
        return Err(Error::new(ErrorKind::TemplateNotFound, path.to_owned()));
    };
    if let Value::Map(top) = to_value(top)? {
        map.merge(top);
    }
    Ok(minijinja::Value::from(Serde(map)))
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
    let nothing = || Error::new(ErrorKind::BadSerialization, format!("{path} renders nothing"));
    value.map(|value| yaml::emit(&value)).ok_or_else(nothing)
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
