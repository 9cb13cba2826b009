//! The building blocks of a schema.

use serde_json::{Map, Value, json};

/// A JSON object.
pub type Object = Map<String, Value>;

/// A value of one type; with `nullable`, also null, which readers take as absent.
pub fn typed(kind: &str, nullable: bool) -> Object {
    let kind = if nullable { json!([kind, "null"]) } else { json!(kind) };
    with(Object::new(), "type", kind)
}

/// One of several texts.
pub fn one_of(values: &[&str], nullable: bool) -> Object {
    let null = nullable.then_some(Value::Null);
    let values: Vec<Value> = values.iter().map(|value| json!(value)).chain(null).collect();
    with(typed("string", nullable), "enum", values)
}

/// A text that matches a pattern.
pub fn matching(pattern: &str, nullable: bool) -> Object {
    with(typed("string", nullable), "pattern", pattern)
}

/// A list; its items have the given schema, if there is one.
pub fn list(items: Option<Object>, nullable: bool) -> Object {
    let list = typed("array", nullable);
    match items {
        Some(items) => with(list, "items", items),
        None => list,
    }
}

/// A map with these members and no others.
pub fn closed(properties: Object, required: &[&str], nullable: bool) -> Object {
    let mut map = with(typed("object", nullable), "properties", properties);
    if !required.is_empty() {
        map = with(map, "required", required);
    }
    with(map, "additionalProperties", false)
}

/// The object with one more entry.
pub fn with(mut object: Object, name: &str, value: impl Into<Value>) -> Object {
    object.insert(name.to_owned(), value.into());
    object
}

/// The object after a description, which editors show first.
pub fn described(description: &str, mut rest: Object) -> Object {
    let mut object = with(Object::new(), "description", description);
    object.append(&mut rest);
    object
}
