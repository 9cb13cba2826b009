//! What commands print as JSON, against the schemas that are published of it.

use quay_render::schemas::Printed;
use serde_json::Value;

/// What a command prints, as its schema has it.
pub fn fits(printed: Printed, text: &str) -> Value {
    let (schema, value) =
        (printed.json(), serde_json::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}: {text}")));
    jsonschema::draft7::meta::validate(&schema).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    let objections: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(objections.is_empty(), "{objections:#?}\n{text}");
    // A member that the schema does not name would be published nowhere.
    let (node, of) = value.as_array().map_or((&schema, &value), |rows| (&schema["items"], &rows[0]));
    let members: Vec<&String> = of.as_object().unwrap().keys().collect();
    assert!(members.iter().all(|name| node["properties"].get(name).is_some()), "{members:?}");
    value
}
