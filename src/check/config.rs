//! config.yaml: what the user may write in it, and how the parts are merged (guide 3.5; the order is measured).
//!
//! In this order: the release's defaults; the user's fields; the fields that the release forces, and the two keys; the
//! fields of each managed component; the bundle's `<component>.config.yaml` last.

use super::components::{Choice, managed};
use super::reached::{ENDS_OUTSIDE, Reached, ends_outside};
use super::secrets::Values;
use super::{Access, given, written};
use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::access::Way;
use crate::model::bundle::ConfigFile;
use crate::model::registry::kind;
use crate::model::{self, Model, schema};
use crate::object::{Map, Value};
use crate::validate;
use crate::yaml::{self, Data, Node};
use std::collections::BTreeMap;

/// The field that tells Quay that it is set up. Only quay-render writes it, like the keys.
const SETUP_COMPLETE: &str = "SETUP_COMPLETE";

/// Where a field of the merged config.yaml comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The release's default.
    Default,
    /// The user's config.yaml.
    Bundle(Location),
    /// The keys, or a field that every registry gets.
    Own,
    /// A managed component.
    Component(String),
    /// `spec.access`.
    Access,
    /// A file of the bundle that is merged on top.
    Fragment(Location),
}

/// One field of the merged config.yaml.
pub struct Field {
    pub name: String,
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// The merged config.yaml, ordered by field name.
pub struct Merged(pub Vec<Field>);

impl Merged {
    /// A field by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Field> {
        let index = self.0.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        self.0.get(index)
    }

    /// The same, to add to it.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Field> {
        let index = self.0.binary_search_by(|field| field.name.as_str().cmp(name)).ok()?;
        self.0.get_mut(index)
    }
}

/// The merged config.yaml during the merge.
struct Merging(BTreeMap<String, (Value, Origin)>);

impl Merging {
    fn set(&mut self, name: &str, value: Value, origin: Origin) {
        self.0.insert(name.to_owned(), (value, origin));
    }

    fn done(self) -> Merged {
        Merged(self.0.into_iter().map(|(name, (value, origin))| Field { name, value, origin }).collect())
    }

    /// Sets a field whose value from the user, if any, the operator silently replaces (measured).
    fn overwrite(
        &mut self,
        name: &str,
        value: Value,
        origin: Origin,
        release: &Release,
        diagnostics: &mut Diagnostics,
    ) {
        if let Some((given, Origin::Bundle(at))) = self.0.get(name)
            && *given != value
            && !is_settled(name, &origin, release)
        {
            let (whose, hint) = match origin {
                Origin::Component(ref kind) => {
                    (format!("the managed {kind}"), "remove the field, or list the component as unmanaged")
                }
                _ => ("quay-render".to_owned(), "remove the field"),
            };
            diagnostics.push(
                Diagnostic::new(codes::CONFIG_OVERWRITTEN, format!("{whose} writes its own value here"))
                    .at(at.clone())
                    .field(name)
                    .hint(hint),
            );
        }
        self.set(name, value, origin);
    }
}

/// Whether the component's own rules cover the field, so that a warning would repeat them.
fn is_settled(name: &str, origin: &Origin, release: &Release) -> bool {
    let Origin::Component(kind) = origin else { return false };
    release.kind(kind).is_some_and(|facts| facts.fields.iter().chain(&facts.required).any(|known| known == name))
}

/// Sorts a map and every map in it, so that the order in which the user wrote fields has no effect.
pub fn order(map: &mut Map) {
    map.sort();
    for (_, value) in map.iter_mut() {
        order_in(value);
    }
}

fn order_in(value: &mut Value) {
    match value {
        Value::Map(map) => order(map),
        Value::Seq(items) => items.iter_mut().for_each(order_in),
        _ => {}
    }
}

/// The value of a node for config.yaml. `0o17` and the like, a text to Python and a number to Go, become that number in
/// a field that takes one; an IPv6 address of Redis loses its brackets.
fn value_of<'a>(path: &mut Vec<&'a str>, node: &'a Node) -> Value {
    match &node.data {
        Data::Map(entries) => {
            let mut map = Map::new();
            for entry in entries {
                path.push(&entry.key);
                map.insert(&*entry.key, value_of(path, &entry.value));
                path.pop();
            }
            map.into()
        }
        Data::Seq(items) => Value::Seq(items.iter().map(|item| value_of(path, item)).collect()),
        _ => match (schema::integer_meant(path, node), schema::address_meant(path, node)) {
            (Some(digits), _) => Value::Int(digits),
            (None, Some(address)) => address.into(),
            (None, None) => node.to_value(),
        },
    }
}

/// Whether a flag is on: the user's value, else the release's default.
pub fn is_on(model: &Model, flag: &str) -> bool {
    match given(model, flag).map(|(_, node)| &node.data) {
        Some(Data::Bool(value)) => *value,
        _ => model.release.defaults.get(flag).and_then(Value::as_bool).unwrap_or_default(),
    }
}

/// The keys that are fields of config.yaml and may be in the bundle as well: field, and name of the value.
fn own_keys(release: &Release) -> impl Iterator<Item = (&str, &str)> {
    let keys = release.keys().filter(|(_, key, _)| key.in_bundle);
    keys.filter_map(|(name, key, _)| Some((key.config.as_ref()?.field.as_str(), name)))
}

/// Whether only quay-render may write a field.
fn is_own(release: &Release, field: &str) -> bool {
    field == SETUP_COMPLETE || own_keys(release).any(|(known, _)| known == field)
}

/// Merges all parts.
pub fn merge(
    model: &Model,
    components: &[Choice],
    reached: &Reached<'_>,
    values: &Values,
    diagnostics: &mut Diagnostics,
) -> Merged {
    let mut merged = Merging(BTreeMap::new());
    for (name, value) in model.release.defaults.iter() {
        merged.set(name, value.clone(), Origin::Default);
    }
    if let Some(config) = &model.bundle.config {
        for entry in config.root.as_map().unwrap_or_default() {
            let value = value_of(&mut vec![&entry.key], &entry.value);
            merged.set(&entry.key, value, Origin::Bundle(config.location(entry.key_pos)));
        }
    }
    let fragments = fragments(model, components, diagnostics);
    for (name, value) in model.release.rules.forced.iter() {
        merged.overwrite(name, value.clone(), Origin::Own, &model.release, diagnostics);
    }
    for (name, value) in own_keys(&model.release).map(|(field, name)| (field, values.get(name))) {
        let is_reference =
            given(model, name).is_some_and(|(_, node)| model::secrets::reference(&node.to_value()).is_some());
        if !(is_reference && model.config.secrets.are_referenced()) {
            merged.set(name, value.into(), Origin::Own);
        }
    }
    for choice in components.iter().filter(|choice| choice.managed) {
        for (name, value) in written::fields(model, &choice.kind, reached, values, diagnostics) {
            let origin = Origin::Component(choice.kind.clone());
            merged.overwrite(&name, value, origin, &model.release, diagnostics);
        }
    }
    if reached.access.is_written && reached.access.way != Way::Route {
        // Other values of the user have been refused, or are allowed to differ.
        for (name, value) in tls_fields(model, reached.access) {
            let is_theirs = reached.access.is_component && given(model, name).is_some();
            if !is_theirs {
                merged.set(name, value, Origin::Access);
            }
        }
    }
    // Quay's own default is http. Clients would then fetch tokens from a URL that only redirects, and Quay would check
    // its health there and never be healthy. A value of the user's stays, as with the operator.
    if !reached.access.is_written && !managed(components, kind::ROUTE) && given(model, "PREFERRED_URL_SCHEME").is_none()
    {
        merged.set("PREFERRED_URL_SCHEME", reached.access.scheme().into(), Origin::Own);
    }
    for (file, entry) in fragments {
        let value = value_of(&mut vec![&entry.key], &entry.value);
        if let Some((_, Origin::Component(kind))) = merged.0.get(&entry.key) {
            diagnostics.push(
                Diagnostic::new(
                    codes::BUNDLE_CONFLICT,
                    format!("{} sets a field that the managed {kind} sets", file.key),
                )
                .at(file.location(entry.key_pos))
                .field(&entry.key)
                .hint("remove it: which of the two won would be chance"),
            );
        }
        merged.set(&entry.key, value, Origin::Fragment(file.location(entry.key_pos)));
    }
    merged.done()
}

/// The merged config.yaml for the rules: a field from a file has its location there, and a field that quay-render
/// writes has `at`.
pub fn as_written<'a>(model: &'a Model, merged: &'a Merged, at: &'a Location) -> validate::Config<'a> {
    let end = model.bundle.config.as_ref().map(|config| config.location(config.root.pos));
    let referenced = model.config.secrets.are_referenced();
    let mut config = validate::Config::new(end.unwrap_or_else(|| at.clone())).with_references(referenced);
    config = config.of_release(model.release.number());
    let written: BTreeMap<&str, (&ConfigFile, &Node)> = nodes(&model.bundle.config);
    let fragments = nodes(&model.bundle.fragments);
    for Field { name, value, origin } in &merged.0 {
        let written = written.get(name.as_str());
        let is_unusable = |(_, node): &&(&ConfigFile, &Node)| node.as_str().is_none_or(str::is_empty);
        let file = match origin {
            Origin::Bundle(_) => written,
            Origin::Fragment(_) => fragments.get(name.as_str()),
            // The user's value is judged here, because it would be used if it were a text.
            Origin::Own if name != "SETUP_COMPLETE" => written,
            Origin::Component(kind) if kind == kind::ROUTE && name == "SERVER_HOSTNAME" => written.filter(is_unusable),
            Origin::Default | Origin::Own | Origin::Access | Origin::Component(_) => None,
        };
        match file {
            Some((file, node)) => config.write(file, name, node),
            None => config.provide(name, value.into(), at),
        }
    }
    config
}

/// Every field of some files with its location; of several, that of the last file, as in the merge.
fn nodes<'a>(files: impl IntoIterator<Item = &'a ConfigFile>) -> BTreeMap<&'a str, (&'a ConfigFile, &'a Node)> {
    let entries =
        |file: &'a ConfigFile| file.root.by_key().into_iter().map(move |(name, entry)| (name, (file, &entry.value)));
    files.into_iter().flat_map(entries).collect()
}

/// The entries of the bundle's `<component>.config.yaml`, without files that a managed component replaces.
fn fragments<'a>(
    model: &'a Model,
    components: &[Choice],
    diagnostics: &mut Diagnostics,
) -> Vec<(&'a ConfigFile, &'a yaml::Entry)> {
    let mut entries: Vec<(&ConfigFile, &yaml::Entry)> = Vec::new();
    let mut first: BTreeMap<&str, &ConfigFile> = BTreeMap::new();
    for file in &model.bundle.fragments {
        let is_written = |kind: &str| model.release.files.get(&format!("{kind}/files/quay-config.yaml")).is_some();
        let kind = file.key.strip_suffix(".config.yaml");
        if let Some(name) = kind.filter(|kind| is_written(kind) && managed(components, kind)) {
            diagnostics.push(
                Diagnostic::new(codes::CONFIG_OVERWRITTEN, format!("{name} is managed and replaces this file"))
                    .at(file.location(file.root.pos))
                    .field(&file.key)
                    .hint("remove the key from the bundle, or list the component as unmanaged"),
            );
            continue;
        }
        for entry in file.root.as_map().unwrap_or_default() {
            let message = match first.get(entry.key.as_str()) {
                Some(other) => format!("{} and {} set the same field", other.key, file.key),
                None if is_own(&model.release, &entry.key) => {
                    format!("{} sets a field that is quay-render's", file.key)
                }
                None => {
                    first.insert(&entry.key, file);
                    entries.push((file, entry));
                    continue;
                }
            };
            diagnostics.push(
                Diagnostic::new(codes::BUNDLE_CONFLICT, message)
                    .at(file.location(entry.key_pos))
                    .field(&entry.key)
                    .hint("keep it in one place"),
            );
        }
    }
    entries
}

/// The fields that tell Quay about TLS in front of it.
fn tls_fields(model: &Model, access: &Access) -> [(&'static str, Value); 2] {
    let outside = ends_outside(model, access);
    [(ENDS_OUTSIDE, outside.into()), ("PREFERRED_URL_SCHEME", access.scheme().into())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_keeps_one_field_of_a_name_in_order() {
        let mut merging = Merging(BTreeMap::new());
        for name in ["B", "A", "B"] {
            merging.set(name, name.into(), Origin::Own);
        }
        let merged = merging.done();
        let names: Vec<&str> = merged.0.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, ["A", "B"]);
        assert!(merged.get("B").is_some() && merged.get("C").is_none());
    }
}
