//! The schemas of settings, from the tables of `components/kubernetes/`.

use super::node::{self, Object, described, with};
use crate::catalog::{Catalog, Release};
use crate::kubernetes::settings::{self, Setting};
use crate::kubernetes::{Form, Kind, types};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A map of settings.
pub fn map(settings: &[&Setting]) -> Object {
    let mut properties = Object::new();
    for setting in settings {
        // In draft 07 a $ref alone would hide everything next to it, even the description.
        let shape = with(Object::new(), "anyOf", vec![reference(&format!("setting.{}", setting.name))]);
        let example = serde_json::from_str(setting.example).unwrap_or(Value::Null);
        properties.insert(
            setting.name.to_owned(),
            with(described(setting.description, shape), "examples", vec![example]).into(),
        );
    }
    node::closed(properties, &[], true)
}

/// The settings of a component in a release; if the release lacks the component, those in any other. Without a name,
/// those of all pods.
pub fn of(component: Option<&str>, release: &Release) -> Vec<&'static Setting> {
    let Some(name) = component else {
        return settings::settings().iter().filter(|setting| setting.is_of_pods).collect();
    };
    let find = |release: &Release| {
        release.settings().find(|(known, ..)| *known == name).map(|(_, targets, _)| targets.settings())
    };
    find(release).or_else(|| Catalog::every().find_map(find)).unwrap_or_default()
}

/// The settings that a release accepts as overrides, in the order of the table; if it accepts none, those of any
/// release.
pub fn of_overrides(release: &Release) -> Vec<&'static Setting> {
    let takes =
        |release: &Release, name: &str| release.rules.overrides.get(name).is_some_and(|taken| taken.since.is_none());
    let none = release.rules.overrides.is_empty();
    let is_taken = |name: &str| takes(release, name) || (none && Catalog::every().any(|any| takes(any, name)));
    settings::settings().iter().filter(|setting| is_taken(setting.name)).collect()
}

/// The definitions that the schemas of some settings refer to: their own, and those of the types they lead to.
pub fn definitions(settings: &[&'static Setting]) -> Object {
    let mut all = Object::new();
    let mut found: Vec<Kind> = Vec::new();
    for setting in settings {
        let mut shape = match setting.kind.form() {
            // A value that is merged into another one need not be complete.
            Form::Fields => fields(setting.kind, false),
            _ => value(setting.kind, setting.words, true),
        };
        match setting.name {
            _ if setting.takes_false => {
                shape =
                    with(Object::new(), "anyOf", vec![Value::from(shape), json!({"type": "boolean", "const": false})]);
            }
            "replicas" | "terminationGracePeriodSeconds" => shape = with(shape, "minimum", 0),
            _ => {}
        }
        all.insert(format!("setting.{}", setting.name), shape.into());
        found.push(setting.kind);
    }
    let mut reached = BTreeSet::new();
    while let Some(kind) = found.pop() {
        found.extend(kind.inner());
        if kind.form() == Form::Fields && reached.insert(kind.as_str()) {
            found.extend(kind.fields().iter().map(|field| field.kind));
        }
    }
    for name in types().filter(|name| reached.contains(name)) {
        all.insert(format!("kubernetes.{name}"), fields(Kind::new(name), true).into());
    }
    all
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/definitions/{name}")})
}

fn fields(kind: Kind, is_whole: bool) -> Object {
    let required = kind.fields().iter().filter(|field| field.is_required && is_whole);
    let required: Vec<&str> = required.map(|field| field.name).collect();
    let property = |field: &crate::kubernetes::Field| {
        let nullable = !required.contains(&field.name);
        (field.name.to_owned(), value(field.kind, &field.words, nullable).into())
    };
    node::closed(kind.fields().iter().map(property).collect(), &required, true)
}

fn value(kind: Kind, words: &[&str], nullable: bool) -> Object {
    match kind.form() {
        Form::Text if !words.is_empty() => node::one_of(words, nullable),
        Form::Text => node::typed("string", nullable),
        Form::Boolean => node::typed("boolean", nullable),
        Form::Integer => node::typed("integer", nullable),
        Form::Number => node::typed("number", nullable),
        Form::Quantity => any(&["string", "number"], nullable),
        Form::IntegerOrText => any(&["string", "integer"], nullable),
        Form::List => node::list(kind.inner().map(|inner| value(inner, &[], false)), nullable),
        Form::Map | Form::Names => {
            let inner = kind.inner().map(|inner| value(inner, &[], true)).unwrap_or_default();
            with(node::typed("object", nullable), "additionalProperties", inner)
        }
        Form::Fields => match reference(&format!("kubernetes.{}", kind.as_str())) {
            Value::Object(object) => object,
            _ => Object::new(),
        },
    }
}

fn any(types: &[&str], nullable: bool) -> Object {
    let types: Vec<&str> = types.iter().copied().chain(nullable.then_some("null")).collect();
    with(Object::new(), "type", types)
}
