//! The schema of config.yaml.
//!
//! No field is required, because managed components write some of them. Unknown fields are allowed, because the
//! compiler only warns of them and `spec.knownFields` declares them; unknown members of known maps are not, because no
//! such member has any effect.

use super::node::{self, Object, described, with};
use crate::catalog::Release;
use crate::model::schema::{self, Allowed, Fact, Secrecy, Type};
use serde_json::{Value, json};

const DESCRIPTION: &str = "Configuration of Quay. What managed components and keys provide is left out of it.";
/// The placeholder for the name of a login provider in the table.
const PROVIDER: &str = "<NAME>";
/// The map of the tables whose members depend on the driver.
const STORAGE: &str = "storage";
/// Fields whose own default is for the machines of Quay's developers: editors must not suggest it.
const DEVELOPERS: &[&str] = &[
    "ACTION_LOG_ARCHIVE_LOCATION",
    "BUILDLOGS_REDIS",
    "DB_URI",
    "DISTRIBUTED_STORAGE_CONFIG",
    "DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS",
    "DISTRIBUTED_STORAGE_PREFERENCE",
    "LDAP_URI",
    "LOG_ARCHIVE_LOCATION",
    "MAIL_DEFAULT_SENDER",
    "SERVER_HOSTNAME",
    "USERFILES_LOCATION",
    "USER_EVENTS_REDIS",
];

/// The schema, without its header.
pub fn schema(release: &Release) -> Object {
    let (mut properties, mut patterns) = (Object::new(), Object::new());
    for fact in super::fields(release) {
        let node = field(fact, release);
        match fact.name.strip_prefix(PROVIDER) {
            Some(suffix) => patterns.insert(provider_pattern(suffix, release), node.into()),
            None => properties.insert(fact.name.to_owned(), node.into()),
        };
    }
    // An empty file is an empty map.
    let root = described(DESCRIPTION, node::typed("object", true));
    let root = with(root, "properties", properties);
    let root = with(root, "patternProperties", patterns);
    with(root, "additionalProperties", true)
}

/// Any name with the suffix except those with a row of their own, whose members differ.
fn provider_pattern(suffix: &str, release: &Release) -> String {
    let own = super::fields(release).filter_map(|fact| fact.name.strip_suffix(suffix));
    let own: Vec<&str> = own.filter(|name| *name != PROVIDER).collect();
    format!("^(?!({}){suffix}$).+{suffix}$", own.join("|"))
}

fn field(fact: &Fact, release: &Release) -> Object {
    let owner = release.kinds().into_iter().find(|(_, kind)| kind.fields.iter().any(|name| name == fact.name));
    let owner = owner.map(|(owner, _)| format!(" Refused while the component {owner} is managed."));
    let description = format!("{}{}", fact.description, owner.unwrap_or_default());
    annotated(fact, &description, shape(&fact.kind, &fact.allowed, true, release), release)
}

/// The members of a map by name. Null counts as absent, except inside a list (measured).
fn members(map: &str, nullable: bool, release: &Release) -> Object {
    super::members(map, release).map(|fact| (fact.name.to_owned(), member(fact, nullable, release).into())).collect()
}

fn member(fact: &Fact, nullable: bool, release: &Release) -> Object {
    annotated(fact, fact.description, shape(&fact.kind, &fact.allowed, nullable, release), release)
}

fn annotated(fact: &Fact, description: &str, shape: Object, release: &Release) -> Object {
    let is_secret = fact.secrecy() == Secrecy::Secret;
    let shape = if is_secret { or_reference(shape) } else { shape };
    let mut node = described(description, shape);
    if let Some(default) = super::default(fact, release).filter(|_| !DEVELOPERS.contains(&fact.name)) {
        node = with(node, "default", default);
    }
    if is_secret {
        node = with(node, "writeOnly", true);
    }
    node
}

/// A secret may be left to a Secret of the cluster (`spec.secrets.mode`).
fn or_reference(shape: Object) -> Object {
    let text = || Value::from(node::typed("string", false));
    let place = node::closed(
        [("name".to_owned(), text()), ("key".to_owned(), text())].into_iter().collect(),
        &["name", "key"],
        false,
    );
    let reference =
        node::closed([("fromSecret".to_owned(), Value::from(place))].into_iter().collect(), &["fromSecret"], false);
    with(Object::new(), "anyOf", vec![Value::from(shape), Value::from(reference)])
}

fn shape(kind: &Type, allowed: &Allowed, nullable: bool, release: &Release) -> Object {
    match kind {
        Type::Text => text(allowed, nullable),
        Type::Flag => node::typed("boolean", nullable),
        Type::Integer => node::typed("integer", nullable),
        Type::Number => node::typed("number", nullable),
        Type::Digits => {
            let kinds: &[&str] = if nullable { &["integer", "string", "null"] } else { &["integer", "string"] };
            with(with(Object::new(), "type", kinds), "pattern", "^[0-9]*$")
        }
        Type::Scalar => {
            let kinds: &[&str] = if nullable { &["integer", "string", "null"] } else { &["integer", "string"] };
            with(Object::new(), "type", kinds)
        }
        Type::List(items) => node::list(items.as_ref().map(|items| shape(items, allowed, false, release)), nullable),
        Type::Map(None) => node::typed("object", nullable),
        Type::Map(Some(inner)) => {
            with(node::typed("object", nullable), "additionalProperties", shape(inner, allowed, nullable, release))
        }
        Type::Members(map) => node::closed(members(map, nullable, release), &[], nullable),
        Type::OrMap(inner) => {
            let either = [shape(inner, allowed, nullable, release), node::typed("object", false)];
            with(Object::new(), "anyOf", either.map(Value::from).to_vec())
        }
        Type::Pair(map) if *map == STORAGE => storage(nullable, release),
        Type::Pair(map) => {
            pair(node::typed("string", false), node::closed(members(map, false, release), &[], false), nullable)
        }
    }
}

fn text(allowed: &Allowed, nullable: bool) -> Object {
    match allowed {
        // The rules check hosts.
        Allowed::Any | Allowed::QualifiedHost => node::typed("string", nullable),
        Allowed::OneOf(values) => node::one_of(values, nullable),
        Allowed::Duration => node::matching("^[0-9]+[smhdw]$", nullable),
        Allowed::Size => node::matching("^[0-9]+[MG]$", nullable),
    }
}

/// A list of exactly two items.
fn pair(first: Object, second: Object, nullable: bool) -> Object {
    let pair = with(node::typed("array", nullable), "items", vec![Value::from(first), second.into()]);
    with(with(pair, "minItems", 2), "maxItems", 2)
}

/// A storage: its driver, and the arguments of that driver. There is a condition for each driver rather than a choice
/// among them, so that an editor names the wrong argument instead of all drivers that have it.
fn storage(nullable: bool, release: &Release) -> Object {
    let mut drivers: Vec<&str> = schema::arguments(release.number()).map(|argument| argument.driver).collect();
    drivers.dedup();
    let first = described("Driver of the storage.", node::one_of(&drivers, false));
    let second = described("Arguments of the driver.", node::typed("object", false));
    let conditions: Vec<Value> = drivers
        .iter()
        .map(|driver| {
            let is_driver = json!({"type": "array", "minItems": 1, "items": [{"const": driver}]});
            json!({"if": is_driver, "then": {"items": [{}, arguments(driver, release)]}})
        })
        .collect();
    with(pair(first, second, nullable), "allOf", conditions)
}

fn arguments(driver: &str, release: &Release) -> Object {
    let own = || schema::arguments(release.number()).filter(|argument| argument.driver == driver);
    let required: Vec<&str> = own().filter(|argument| argument.required).map(|argument| argument.name).collect();
    let properties = own().filter_map(|argument| schema::member(STORAGE, argument.name));
    let properties = properties.map(|fact| (fact.name.to_owned(), member(fact, false, release).into())).collect();
    node::closed(properties, &required, false)
}
