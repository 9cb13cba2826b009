//! The template engine; nothing else uses it except the loop over components in `render`.
//!
//! A template is valid YAML even before rendering: `${ x }` is one whole scalar, a line that begins with `#%` a
//! statement. The engine quotes every expression as a value, so that it cannot change the structure around it.

mod held;
mod promql;

use crate::catalog::{Broken, Component, Files, Release, When};
use crate::dashboard::{Dashboard, Reader};
use crate::diagnostic::Diagnostics;
use crate::object::base_names;
use crate::object::{Map, Value};
use crate::yaml::{self, Origin};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use held::Held;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The map that a template renders; `None` if there is no such template.
///
/// # Errors
/// If it is invalid, or does not render a map.
pub fn map(
    release: &Arc<Release>,
    path: &str,
    registry: &str,
    context: &impl Serialize,
) -> Result<Option<Map>, Broken> {
    if release.files.get(path).is_none() {
        return Ok(None);
    }
    let engine = Engine::new(release, minijinja::Value::from(Serde(context)), registry)?;
    engine.of_file().map(path).map(Some)
}

/// The facts that conditions and templates use, converted once.
pub struct Facts(minijinja::Value);

impl Facts {
    /// Converts anything serializable.
    #[must_use]
    pub fn of(facts: &impl Serialize) -> Self {
        Self(minijinja::Value::from(Serde(facts)))
    }

    /// The facts in the form that templates use.
    #[must_use]
    pub fn value(&self) -> minijinja::Value {
        self.0.clone()
    }
}

/// Renders a file as text for people, not as an object: template functions are not available, and values are written
/// unquoted, in YAML as scalars.
///
/// # Errors
/// If the file is invalid.
pub fn text(release: &Release, path: &str, facts: &impl Serialize) -> Result<String, Broken> {
    let template = compiled(release)?.get_template(path);
    let rendered = template.and_then(|template| template.render(minijinja::Value::from(Serde(facts))));
    rendered.map_err(|error| broken(&release.files, path, &error))
}

/// A value for a text, quoted if YAML requires it.
fn written(file: &str, value: &Value) -> String {
    match value.as_str() {
        Some(text) if !file.ends_with(".yaml") => text.to_owned(),
        Some(text) if !text.chars().any(char::is_control) => yaml::emit(value).trim_end().to_owned(),
        // Always on one line, so that it cannot extend beyond its place.
        _ => yaml::flow(value),
    }
}

/// Whether a component's condition holds.
///
/// # Errors
/// If it is not an expression, or uses an unknown fact.
pub fn is_wanted(release: &Release, component: &Component, facts: &Facts) -> Result<bool, Broken> {
    let expression = match &component.when {
        When::Fixed(always) => return Ok(*always),
        When::Expression(expression) => expression,
    };
    let wrong = |error: Error| Broken::new(&component.file(), format!("when: {}: {expression}", error.kind()));
    let compiled = compiled(release)?.compile_expression(expression);
    let held = compiled.and_then(|expression| expression.eval(&facts.0)).map_err(wrong)?;
    if held.is_undefined() {
        return Err(wrong(Error::from(ErrorKind::UndefinedError)));
    }
    Ok(held.is_true())
}

/// The object in a YAML file; `None` if it is empty.
fn parse(path: &str, source: &str) -> Result<Option<Value>, Broken> {
    Ok(parse_all(path, source, source)?.into_iter().next())
}

/// The objects in a rendered template: one, none, or as many as a loop around a document makes.
///
/// # Errors
/// If the rendered text is not YAML.
fn parse_all(path: &str, source: &str, rendered: &str) -> Result<Vec<Value>, Broken> {
    let mut problems = Diagnostics::new();
    let documents = yaml::parse_own(rendered, &Origin { file: path, within: None }, &mut problems);
    let Some(problem) = problems.iter().next() else {
        return Ok(documents.into_iter().map(|document| document.root.into()).collect());
    };
    // The rendered text may be secret and has other lines: the template's line with the same key is reported.
    let at = problem.location.as_ref().and_then(|at| usize::try_from(at.line).ok()?.checked_sub(1));
    let key = at.and_then(|at| rendered.lines().nth(at)?.split_once(':')).map(|(key, _)| format!("{key}:"));
    let line = key.and_then(|key| source.lines().position(|line| line.starts_with(&key))).map(|index| index + 1);
    Err(Broken { file: path.to_owned(), line, reason: format!("renders what is not YAML: {}", problem.message) })
}

/// Names the template and shows the offending line as in the source. An included file reports its own errors.
fn broken(files: &Files, path: &str, error: &Error) -> Broken {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    if let Some(own) = causes.filter_map(|cause| cause.downcast_ref::<Broken>()).last() {
        return own.clone();
    }
    let file = error.name().unwrap_or(path);
    let line = error.line();
    let text = line.and_then(|line| files.get(file)?.lines().nth(line.checked_sub(1)?));
    let text = text.map(|text| format!(": {}", text.trim())).unwrap_or_default();
    Broken { file: file.to_owned(), line, reason: format!("{}{text}", error.kind()) }
}

/// The variable by which functions and the formatter find the current rendering.
const RENDERING: &str = "rendering";

/// The templates of a release, with the facts of one registry.
#[derive(Clone)]
pub struct Engine {
    release: Arc<Release>,
    /// The facts of templates.
    pub context: minijinja::Value,
    registry: String,
    /// Whether this renders a file included by a template, which may not include others.
    is_file: bool,
}

impl Engine {
    /// The templates of `release` for one registry.
    ///
    /// # Errors
    /// If the templates cannot be set up at all.
    pub fn new(release: &Arc<Release>, context: minijinja::Value, registry: &str) -> Result<Self, Broken> {
        compiled(release)?;
        Ok(Self { release: Arc::clone(release), context, registry: registry.to_owned(), is_file: false })
    }

    /// The engine for files included by templates.
    #[must_use]
    pub fn of_file(&self) -> Self {
        Self { is_file: true, ..self.clone() }
    }

    /// The values that a template renders: one, none, or as many as a loop around a document makes.
    ///
    /// # Errors
    /// If the template is invalid or missing, or renders something that is not YAML.
    pub fn values(&self, path: &str) -> Result<Vec<Value>, Broken> {
        let files = &self.release.files;
        if files.get(path).is_none() {
            return Err(Broken::new(path, "is not there"));
        }
        let (rendering, rendered) = self.render(path).map_err(|error| broken(files, path, &error))?;
        self.read(path, &rendering, &rendered)
    }

    /// The text of a template, and the values held back from it.
    fn render(&self, path: &str) -> Result<(Arc<Rendering>, String), Error> {
        let environment = compiled(&self.release).map_err(wrong)?;
        let (rendering, context) = self.begin();
        let rendered = environment.get_template(path)?.render(context)?;
        Ok((rendering, rendered))
    }

    /// Starts a rendering; returns it and the facts including it.
    fn begin(&self) -> (Arc<Rendering>, minijinja::Value) {
        let rendering = Arc::new(Rendering { engine: self.clone(), held: Held::default() });
        let own = minijinja::Value::from_dyn_object(Arc::clone(&rendering));
        (rendering, minijinja::context! { rendering => own, ..self.context.clone() })
    }

    /// The values in a rendered text.
    fn read(&self, path: &str, rendering: &Rendering, rendered: &str) -> Result<Vec<Value>, Broken> {
        let source = self.release.files.get(path).unwrap_or_default();
        let values = self.release.parsed.get_or(rendered, || parse_all(path, source, rendered).map(Arc::from))?;
        let values = values.iter().map(|value| rendering.held.put_back(value));
        values.collect::<Option<_>>().ok_or_else(|| Broken::new(path, "renders a key twice"))
    }

    /// The map that a template renders.
    fn map(&self, path: &str) -> Result<Map, Broken> {
        match self.values(path)?.into_iter().next() {
            Some(Value::Map(map)) => Ok(map),
            _ => Err(Broken::new(path, "renders no map")),
        }
    }
}

/// The rendering of one template.
struct Rendering {
    engine: Engine,
    held: Held,
}

/// Shows nothing, as facts may be secret.
impl fmt::Debug for Rendering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rendering")
    }
}

impl minijinja::value::Object for Rendering {}

/// The current rendering.
fn rendering(state: &State<'_, '_>) -> Result<Arc<Rendering>, Error> {
    let own = state.lookup(RENDERING).and_then(|own| own.downcast_object::<Rendering>());
    own.ok_or_else(|| Error::from(ErrorKind::UndefinedError))
}

/// The templates of a release, each compiled on first use.
fn compiled(release: &Release) -> Result<&Environment<'static>, Broken> {
    let environment = release.templates.get_or_init(|| {
        environment(&release.files).map_err(|error| Broken::new("", format!("no templates: {}", error.kind())))
    });
    environment.as_ref().map_err(Clone::clone)
}

fn environment(files: &Files) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .variable_delimiters("${", "}")
            .block_delimiters("<%", "%>")
            .comment_delimiters("<#", "#>")
            .line_statement_prefix("#%")
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let files = files.clone();
    environment.set_loader(move |path| Ok(files.get(path).map(str::to_owned)));
    environment.add_function("name", |state: &State<'_, '_>, base: &str| {
        Ok::<_, Error>(base_names::named(&rendering(state)?.engine.registry, base))
    });
    environment.add_function("base64", |text: &str| STANDARD.encode(text));
    environment.add_function("promql", promql::string);
    environment.add_function("regex", promql::regex);
    environment.add_function("jobs", |state: &State<'_, '_>, base: &str| {
        Ok::<_, Error>(promql::jobs(&base_names::named(&rendering(state)?.engine.registry, base)))
    });
    environment.add_function("pods", |state: &State<'_, '_>, deployments: Vec<String>| {
        Ok::<_, Error>(promql::pods(&rendering(state)?.engine.registry, &deployments))
    });
    environment.add_function("merge", |state: &State<'_, '_>, path: &str, top: minijinja::Value| {
        merge(&within(state)?, path, &top)
    });
    environment.add_function("file", |state: &State<'_, '_>, path: &str, top: Option<&str>, facts: Kwargs| {
        let mut engine = within(state)?;
        engine.context = minijinja::context! { ..named(&facts)?, ..engine.context };
        file(&engine, path, top.unwrap_or_default())
    });
    environment.add_function("dashboard", |state: &State<'_, '_>, path: &str, reader: &str, facts: Kwargs| {
        let mut engine = within(state)?;
        engine.context = minijinja::context! { ..named(&facts)?, ..engine.context };
        dashboard(&engine, path, reader)
    });
    environment.set_formatter(|out, state, value| {
        let value = value.as_str().map_or_else(|| to_value(value), |text| Ok(text.into()))?;
        let text = match rendering(state) {
            Ok(rendering) => rendering.held.write(value),
            Err(_) => written(state.name(), &value),
        };
        out.write_str(&text).map_err(|_| Error::new(ErrorKind::WriteFailure, ""))
    });
    Ok(environment)
}

/// The engine for files included by the current template.
fn within(state: &State<'_, '_>) -> Result<Engine, Error> {
    let rendering = rendering(state)?;
    if rendering.engine.is_file {
        return Err(Error::new(ErrorKind::InvalidOperation, "a file takes in no other"));
    }
    Ok(rendering.engine.of_file())
}

/// The content of a file for use in an object: YAML is rendered and written in this program's uniform style, JSON has
/// its expressions replaced, anything else is copied. `top` is YAML to merge into the file.
fn file(engine: &Engine, path: &str, top: &str) -> Result<String, Error> {
    let missing = || Error::new(ErrorKind::TemplateNotFound, path.to_owned());
    let source = engine.release.files.get(path).ok_or_else(missing)?;
    if path.ends_with(".yaml") {
        let (rendering, rendered) = engine.render(path)?;
        let values = engine.read(path, &rendering, &rendered).map_err(wrong)?;
        return merged(path, values.into_iter().next(), top);
    }
    if path.ends_with(".json") {
        let at = |line, reason: String| wrong(Broken { file: path.to_owned(), line, reason });
        let mut json: serde_json::Value =
            serde_json::from_str(source).map_err(|error| at(Some(error.line()), error.to_string()))?;
        fill(&mut json, engine, path, source)?;
        return serde_json::to_string_pretty(&json)
            .map(|text| text + "\n")
            .map_err(|error| at(None, error.to_string()));
    }
    Ok(source.to_owned())
}

/// The facts that a template passes on by name.
fn named(facts: &Kwargs) -> Result<minijinja::Value, Error> {
    let own = facts.args().map(|name| Ok((name, facts.get(name)?))).collect::<Result<_, Error>>();
    own.map(|own: BTreeMap<&str, minijinja::Value>| own.into())
}

/// The dashboard that a YAML file defines, as JSON for a reader.
fn dashboard(engine: &Engine, path: &str, reader: &str) -> Result<String, Error> {
    let broken = |reason: String| wrong(Broken::new(path, reason));
    let reader = Reader::find(reader).ok_or_else(|| broken(format!("nobody reads dashboards as {reader:?}")))?;
    let definition = engine.map(path).map_err(wrong)?;
    let definition = serde_json::to_value(definition).and_then(serde_json::from_value::<Dashboard>);
    let dashboard = definition.map_err(|error| broken(error.to_string()))?;
    match dashboard.mistake() {
        Some(mistake) => Err(broken(mistake)),
        None => serde_json::to_string_pretty(&dashboard.write(reader))
            .map(|text| text + "\n")
            .map_err(|error| broken(error.to_string())),
    }
}

/// The map that a YAML file renders, with the entries of another merged over it.
fn merge(engine: &Engine, path: &str, top: &minijinja::Value) -> Result<minijinja::Value, Error> {
    if engine.release.files.get(path).is_none() {
        return Err(Error::new(ErrorKind::TemplateNotFound, path.to_owned()));
    }
    let mut map = engine.map(path).map_err(wrong)?;
    if let Value::Map(top) = to_value(top)? {
        map.merge(top);
    }
    Ok(minijinja::Value::from(Serde(map)))
}

/// Wraps an error in an included file, to pass it through the engine.
fn wrong(broken: Broken) -> Error {
    Error::new(ErrorKind::BadInclude, broken.to_string()).with_source(broken)
}

/// Merges two YAML documents: maps recursively, other values are taken from `top`.
fn merged(path: &str, value: Option<Value>, top: &str) -> Result<String, Error> {
    let top = parse(path, top).map_err(wrong)?;
    let value = match (value, top) {
        (Some(Value::Map(mut base)), Some(Value::Map(top))) => {
            base.merge(top);
            Some(base.into())
        }
        (value, top) => top.or(value),
    };
    let nothing = || wrong(Broken::new(path, "renders nothing"));
    value.map(|value| yaml::emit(&value)).ok_or_else(nothing)
}

/// Replaces each JSON string that is exactly `${ … }` by the value of its expression.
fn fill(json: &mut serde_json::Value, engine: &Engine, path: &str, source: &str) -> Result<(), Error> {
    match json {
        serde_json::Value::Array(items) => items.iter_mut().try_for_each(|item| fill(item, engine, path, source)),
        serde_json::Value::Object(map) => map.values_mut().try_for_each(|value| fill(value, engine, path, source)),
        serde_json::Value::String(text) => {
            let expression = text.strip_prefix("${ ").and_then(|rest| rest.strip_suffix(" }"));
            let Some(value) = expression.map(|expression| evaluate(engine, expression)) else { return Ok(()) };
            *json = value.map_err(|error| {
                // A value may be a secret; the expression is just what the file says.
                let written = serde_json::to_string(text).unwrap_or_default();
                let line = source.lines().position(|line| line.contains(&written)).map(|index| index + 1);
                wrong(Broken { file: path.to_owned(), line, reason: format!("{}: {text}", error.kind()) })
            })?;
            Ok(())
        }
        _ => Ok(()),
    }
}

fn evaluate(engine: &Engine, expression: &str) -> Result<serde_json::Value, Error> {
    let environment = compiled(&engine.release).map_err(wrong)?;
    let value = environment.compile_expression(expression)?.eval(engine.begin().1)?;
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    serde_json::to_value(&value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Converts the engine's value to ours.
fn to_value(value: &minijinja::Value) -> Result<Value, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    let json =
        serde_json::to_value(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    Ok(json.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn rendered(path: &str, source: &str) -> Result<String, String> {
        let standard = Catalog::embedded().standard().unwrap();
        let mut files = standard.files.clone();
        files.insert(path, source);
        files.insert("releases/99/release.yaml", "from: \"3.5\"\nversion: 99.0.0\n");
        files
            .insert("releases/3.5/release.yaml", Catalog::embedded().files().get("releases/3.5/release.yaml").unwrap());
        let release = Catalog::new(files).release("99").unwrap().unwrap();
        let facts =
            minijinja::context! { plain => "registry.example.com", flag => "true", map => "a: b", lines => "a\nb: c" };
        text(&release, path, &facts).map_err(|broken| broken.to_string())
    }

    #[test]
    fn a_text_has_values_as_its_format_writes_them() {
        let source = "#% if flag\na: ${ plain }\nb: ${ flag }\nc: ${ map }\nd: ${ lines }\n#% endif\n";
        let yaml = "a: registry.example.com\nb: \"true\"\nc: \"a: b\"\nd: \"a\\nb: c\"\n";
        assert_eq!(rendered("init/x.yaml", source).unwrap(), yaml);
        assert_eq!(rendered("init/x.md", "${ flag }, ${ map }\n").unwrap(), "true, a: b\n");
        let said = rendered("init/x.md", "a\n${ flagg }\n").unwrap_err();
        assert_eq!(said, "components/init/x.md:2: undefined value: ${ flagg }");
    }
}
