//! The schema of config.yaml compared with the rules: an editor accepts everything that the rules accept, and refuses
//! every value of a wrong type.

use super::validator;
use quay_render::catalog::Catalog;
use quay_render::diagnostic::{Severity, codes};
use quay_render::input::{Folder, Inputs, Source};
use quay_render::model::schema::{self, Type};
use quay_render::schemas::Schema;
use quay_render::validate_bundle;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Values of every type and form.
fn values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(5),
        json!(1.5),
        json!("5"),
        json!("text"),
        json!("2w"),
        json!("20G"),
        json!([]),
        json!(["text"]),
        json!(["2w", null]),
        json!([5]),
        json!({}),
        json!({"zzzzzzzz": "text"}),
        json!(["text", {}]),
        json!(["text", {"zzzzzzzz": "text"}]),
    ]
}

fn name_of(field: &'static str) -> String {
    field.replace("<NAME>", "SSO")
}

/// The fields that the rules object to for any reason, and those with a wrong type.
fn by_rules(config: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let source = Source { name: "config.yaml".to_owned(), bytes: config.to_string().into_bytes() };
    let folder = Folder { name: "config-bundle".to_owned(), files: [("config.yaml".to_owned(), source)].into() };
    let said = validate_bundle(&Inputs { name: "DIR".to_owned(), bundle: Some(folder), ..Inputs::default() });
    let (mut any, mut mistyped) = (BTreeSet::new(), BTreeSet::new());
    for diagnostic in said.iter().filter(|diagnostic| diagnostic.severity != Severity::Note) {
        let field = diagnostic.field.as_deref().unwrap_or_default();
        let field = field.split('.').next().unwrap_or_default().to_owned();
        if diagnostic.code == codes::CONFIG_TYPE {
            mistyped.insert(field.clone());
        }
        any.insert(field);
    }
    (any, mistyped)
}

fn compare(config: &Map<String, Value>) {
    let config = Value::from(config.clone());
    let (any, mistyped) = by_rules(&config);
    let validator = validator(Schema::ConfigBundle);
    let refused: BTreeSet<String> = validator
        .iter_errors(&config)
        .map(|error| error.instance_path().to_string().split('/').nth(1).unwrap_or_default().to_owned())
        .collect();
    let shown = |names: Vec<&String>| {
        names.iter().map(|name| format!("{name}: {}\n", config[name.as_str()])).collect::<String>()
    };
    let too_strict = shown(refused.difference(&any).collect());
    assert!(too_strict.is_empty(), "the schema refuses what no rule objects to:\n{too_strict}");
    let too_lax = shown(mistyped.difference(&refused).collect());
    assert!(too_lax.is_empty(), "the schema takes what is of a wrong type:\n{too_lax}");
}

#[test]
fn fields_are_of_the_type_that_the_rules_want() {
    for value in values() {
        // Of one code a hundred are kept of a file.
        for facts in schema::fields().chunks(100) {
            compare(&facts.iter().map(|fact| (name_of(fact.name), value.clone())).collect());
        }
    }
}

#[test]
fn members_are_of_the_type_that_the_rules_want() {
    let release = Catalog::shipped().unwrap().number();
    for value in values() {
        let all = |map: &str| -> Map<String, Value> {
            schema::members(map)
                .filter(|fact| fact.is_in(release))
                .map(|fact| (fact.name.to_owned(), value.clone()))
                .collect()
        };
        for only in 0..schema::all_members().len() {
            // One member at a time: the comparison is by field.
            let config: Map<String, Value> = schema::fields()
                .iter()
                .filter_map(|fact| {
                    let Type::Members(map) = fact.kind else { return None };
                    let (name, value) = all(map).into_iter().nth(only)?;
                    Some((name_of(fact.name), json!({name: value})))
                })
                .collect();
            if config.is_empty() {
                break;
            }
            compare(&config);
        }
    }
}

#[test]
fn arguments_of_storages_are_of_the_type_that_the_rules_want() {
    let release = Catalog::shipped().unwrap().number();
    for argument in schema::arguments(release) {
        for value in values() {
            let mut arguments: Map<String, Value> = schema::arguments(release)
                .filter(|other| other.driver == argument.driver && other.required)
                .map(|other| (other.name.to_owned(), json!(if other.name == "auth_version" { "3" } else { "text" })))
                .collect();
            arguments.insert(argument.name.to_owned(), value);
            let storage = json!({"DISTRIBUTED_STORAGE_CONFIG": {"default": [argument.driver, arguments]}});
            compare(storage.as_object().unwrap());
        }
    }
}
