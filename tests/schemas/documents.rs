//! The schemas of QuayRegistry and RenderConfig compared with their readers: a document with all fields, changed in one
//! place at a time, is valid for both or for neither.

use super::validator;
use quay_render::compile;
use quay_render::diagnostic::{Code, Diagnostic, codes};
use quay_render::input::{Inputs, Source};
use quay_render::schemas::Schema;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The diagnostics from reading the two documents. Others come from stages that see more than one field.
const READING: &[Code] = &[
    codes::FIELD_UNKNOWN,
    codes::FIELD_TYPE,
    codes::FIELD_VALUE,
    codes::FIELD_MISSING,
    codes::FIELD_LATER,
    codes::RELEASE_UNKNOWN,
    codes::COMPONENT_UNKNOWN,
    codes::REGISTRY_NAME,
    codes::IMAGE_DIGEST,
];
/// A name that no field has or resembles.
const STRANGE: &str = "zzzzzzzzzzzzzzzzzzzz";
/// Fields that the release of these documents lacks: the reader says what to do instead.
const LATER: &[&str] = &["spec.components[0].overrides"];

fn file(schema: Schema) -> &'static str {
    if schema == Schema::Registry { "registry.json" } else { "config.json" }
}

/// The reader's diagnostics for a document, with a valid one of the other kind.
fn said(schema: Schema, document: &Value) -> Vec<Diagnostic> {
    let (other, beside) = match schema {
        Schema::RenderConfig => (Schema::Registry, modest_registry()),
        _ => (Schema::RenderConfig, complete(Schema::RenderConfig)),
    };
    let source = |schema: Schema, document: &Value| Source {
        name: file(schema).to_owned(),
        bytes: document.to_string().into_bytes(),
    };
    let sources = vec![source(schema, document), source(other, &beside)];
    let compiled = compile(&Inputs { name: "DIR".to_owned(), sources, ..Inputs::default() });
    let of_reader = |diagnostic: &&Diagnostic| READING.contains(&diagnostic.code);
    compiled.diagnostics.iter().filter(of_reader).cloned().collect()
}

/// A registry that needs only a namespace in the RenderConfig.
fn modest_registry() -> Value {
    json!({
        "apiVersion": "quay.redhat.com/v1",
        "kind": "QuayRegistry",
        "metadata": {"name": "registry"},
        "spec": {"components": [{"kind": "route", "managed": false}]},
    })
}

/// A document with every field of the schema, except those of later releases.
fn complete(schema: Schema) -> Value {
    let json = schema.json();
    let mut document = sample(&json, &json);
    for path in LATER.iter().filter(|_| schema == Schema::Registry) {
        document = without(&document, &pointer(path));
    }
    document
}

/// A path as a JSON pointer.
fn pointer(path: &str) -> String {
    format!("/{}", path.replace('[', "/").replace(']', "").replace('.', "/"))
}

fn resolve<'a>(root: &'a Value, node: &'a Value) -> &'a Value {
    match node.pointer("/allOf/0/$ref").and_then(Value::as_str) {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).expect("a definition"),
        None => node,
    }
}

fn sample(root: &Value, node: &Value) -> Value {
    let node = resolve(root, node);
    let given = node.pointer("/examples/0").or_else(|| node.get("default")).or_else(|| node.pointer("/enum/0"));
    if let Some(value) = given {
        return value.clone();
    }
    match types(node).first().copied() {
        Some("object") => {
            let members = properties(node).map(|(name, node)| (name.clone(), sample(root, node)));
            members.collect::<Map<String, Value>>().into()
        }
        Some("array") => json!([sample(root, &node["items"])]),
        Some("boolean") => json!(true),
        _ => json!("text"),
    }
}

fn types(node: &Value) -> Vec<&str> {
    match &node["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

fn properties(node: &Value) -> impl Iterator<Item = (&String, &Value)> {
    node.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// A place in a document.
struct Place {
    /// As a JSON pointer.
    pointer: String,
    /// As in diagnostics.
    path: String,
    /// Whether it is a map with known fields and no others.
    closed: bool,
    /// Whether a reader checks it.
    read: bool,
}

/// Every place below a node of the schema. Of names that share a definition, only one is included.
fn places(root: &Value, node: &Value, pointer: &str, path: &str, found: &mut Vec<Place>) {
    let mut shared = false;
    for (name, property) in properties(node) {
        if property.get("allOf").is_some() && std::mem::replace(&mut shared, true) {
            continue;
        }
        let node = resolve(root, property);
        let pointer = format!("{pointer}/{name}");
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let open = types(node).first().is_none_or(|kind| *kind == "object") && node["additionalProperties"] != false;
        let kind_of_document = path == "apiVersion" || path == "kind";
        let closed = node["additionalProperties"] == false;
        found.push(Place { pointer: pointer.clone(), path: path.clone(), closed, read: !open && !kind_of_document });
        places(root, node, &pointer, &path, found);
        let item = &node["items"];
        if item["additionalProperties"] == false {
            let (pointer, path) = (format!("{pointer}/0"), format!("{path}[0]"));
            found.push(Place { pointer: pointer.clone(), path: path.clone(), closed: true, read: true });
            places(root, item, &pointer, &path, found);
        }
    }
}

fn places_of(schema: Schema) -> Vec<Place> {
    let json = schema.json();
    let mut found = vec![Place { pointer: String::new(), path: String::new(), closed: true, read: false }];
    places(&json, &json, "", "", &mut found);
    found.retain(|place| !LATER.iter().any(|later| place.path.starts_with(later)));
    found
}

fn without(document: &Value, pointer: &str) -> Value {
    let mut document = document.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(map.shift_remove(name)),
        Value::Array(items) => items.clear(),
        other => panic!("{pointer}: {other}"),
    }
    document
}

fn with(document: &Value, pointer: &str, value: Value) -> Value {
    let mut document = document.clone();
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

const DOCUMENTS: [Schema; 2] = [Schema::Registry, Schema::RenderConfig];

#[test]
fn a_document_of_all_fields_is_right_for_schema_and_reader() {
    for schema in DOCUMENTS {
        let document = complete(schema);
        assert_eq!(super::objections(schema, &document), Vec::<String>::new(), "{}", schema.name());
        assert!(said(schema, &document).is_empty(), "{}: {:#?}", schema.name(), said(schema, &document));
    }
}

#[test]
fn a_document_with_one_change_is_right_for_both_or_for_neither() {
    for schema in DOCUMENTS {
        let (validator, document) = (validator(schema), complete(schema));
        let mut changes = 0;
        for place in places_of(schema).iter().filter(|place| place.read) {
            let values = [json!(null), json!(true), json!(5), json!("zzz"), json!(""), json!([]), json!({})];
            let replaced = values.into_iter().map(|value| (value.to_string(), with(&document, &place.pointer, value)));
            for (change, document) in replaced.chain([("removed".to_owned(), without(&document, &place.pointer))]) {
                let (fits, said) = (validator.is_valid(&document), said(schema, &document));
                let verdict = if fits { "takes" } else { "refuses" };
                assert_eq!(
                    fits,
                    said.is_empty(),
                    "{}: the schema {verdict} {} as {change}, and the reader says {said:#?}\ncomponents/config/documents.tsv",
                    schema.name(),
                    place.path,
                );
                changes += 1;
            }
        }
        assert!(changes > 60, "{}: only {changes} changes", schema.name());
    }
}

/// The reader lists the fields that it knows for an unknown one.
#[test]
fn the_fields_of_every_map_are_those_that_the_reader_knows() {
    for schema in DOCUMENTS {
        let (json, document) = (schema.json(), complete(schema));
        // The names in spec.diagnostics are those of the rules.
        for place in places_of(schema).iter().filter(|place| place.closed && place.path != "spec.diagnostics") {
            let mut map = document.pointer(&place.pointer).unwrap().clone();
            map.as_object_mut().unwrap().insert(STRANGE.to_owned(), json!("text"));
            let changed =
                if place.pointer.is_empty() { map.clone() } else { with(&document, &place.pointer, map.clone()) };
            let said = said(schema, &changed);
            let at =
                |name: &str| if place.path.is_empty() { name.to_owned() } else { format!("{}.{name}", place.path) };
            let hint = said.iter().find(|diagnostic| diagnostic.field.as_deref() == Some(at(STRANGE).as_str()));
            let hint = hint.and_then(|diagnostic| diagnostic.hint.as_deref()).unwrap_or_default();
            let known = hint.strip_prefix("the fields here are ");
            let known = known.unwrap_or_else(|| panic!("{}: the reader names no fields: {said:#?}", place.path));
            let known: BTreeSet<String> =
                known.split(", ").map(at).filter(|path| !LATER.contains(&path.as_str())).collect();
            let described: BTreeSet<String> =
                map.as_object().unwrap().keys().filter(|name| *name != STRANGE).map(|name| at(name)).collect();
            assert_eq!(described, known, "rows of {} against what its reader knows", schema.name());
        }
        assert!(json["properties"].is_object());
    }
}

#[test]
fn the_rules_are_those_whose_severity_may_be_changed() {
    let json = Schema::RenderConfig.json();
    let rules = json.pointer("/properties/spec/properties/diagnostics/properties").and_then(Value::as_object).unwrap();
    let expected: Vec<&str> = codes::ALL.iter().filter(|code| code.is_rule()).map(|code| code.as_str()).collect();
    assert_eq!(rules.keys().collect::<Vec<_>>(), expected);
    for (name, rule) in rules {
        assert!(rule["description"].as_str().is_some_and(|text| text.len() > 20), "{name}");
    }
}

#[test]
fn each_value_of_a_list_is_one_that_the_reader_takes() {
    for schema in DOCUMENTS {
        let (json, document) = (schema.json(), complete(schema));
        let mut values = 0;
        for place in places_of(schema).iter().filter(|place| place.read) {
            let path = place
                .pointer
                .replace("/0/", "/items/")
                .replace('/', "/properties/")
                .replace("/properties/items", "/items");
            let Some(all) = json.pointer(&path).and_then(|node| node["enum"].as_array()) else { continue };
            for value in all {
                let said = said(schema, &with(&document, &place.pointer, value.clone()));
                assert!(said.is_empty(), "{} as {value}: {said:#?}", place.path);
                values += 1;
            }
        }
        assert!(values > 5, "{}: only {values} values", schema.name());
    }
}

/// The overrides that a registry may have, in a release that supports them.
#[test]
fn overrides_are_right_for_both_or_for_neither() {
    let registry = |kind: &str, overrides: Value| {
        let mut document = modest_registry();
        document["spec"]["components"] = json!([{"kind": kind, "managed": true, "overrides": overrides}]);
        document
    };
    let taken = |document: &Value| {
        let mut beside = complete(Schema::RenderConfig);
        beside["spec"]["release"] = "3.18".into();
        let source =
            |name: &str, document: &Value| Source { name: name.to_owned(), bytes: document.to_string().into_bytes() };
        let sources = vec![source("registry.json", document), source("config.json", &beside)];
        let compiled = compile(&Inputs { name: "DIR".to_owned(), sources, ..Inputs::default() });
        !compiled
            .diagnostics
            .iter()
            .any(|it| READING.contains(&it.code) && it.location.as_ref().is_some_and(|at| at.file == "registry.json"))
    };
    let json = Schema::Registry.json();
    let fields = &json["properties"]["spec"]["properties"]["components"]["items"]["properties"]["overrides"];
    let mut seen = 0;
    for (name, field) in properties(fields) {
        let kind = if ["volumeSize", "storageClassName"].contains(&name.as_str()) { "postgres" } else { "quay" };
        let own = field["examples"][0].clone();
        let others =
            [json!(5), json!("zzz"), json!([]), json!({}), json!({"zzz": 1}), json!([{"zzz": 1}]), json!(null)];
        // Whether a text is a quantity, the schema does not say.
        let others = others.into_iter().filter(|value| !(name == "volumeSize" && value.is_string()));
        for value in [own.clone()].into_iter().chain(others) {
            let document = registry(kind, json!({name: value}));
            let objections = super::objections(Schema::Registry, &document);
            assert_eq!(objections.is_empty(), taken(&document), "{name}: {value}: {objections:?}");
            seen += 1;
        }
        assert!(taken(&registry(kind, json!({name: own}))), "{name}");
    }
    assert!(seen > 50, "{seen}");
    let strange = registry("quay", json!({STRANGE: 1}));
    assert!(!super::objections(Schema::Registry, &strange).is_empty() && !taken(&strange));
}
