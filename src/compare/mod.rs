//! Differences between two sets of objects, and what they mean for the cluster that has the old ones.
//!
//! [`compare`] matches objects by their identity, compares them field by field and says what follows: pods that
//! restart, fields that an API server refuses to change, data that is deleted, access that changes. The result holds no
//! value of a secret: it says that a secret changed, in any form, and nothing more. [`report`] prints the result.

mod config;
mod embedded;
mod encoded;
mod fields;
mod identity;
mod kinds;
mod labels;
mod lines;
mod meaning;
pub mod report;
mod rules;
mod secrets;
mod siblings;
mod texts;
mod tree;

pub use fields::{Delta, Field, Path, Presence, Step};
pub use meaning::{Meaning, Sort};

use crate::immutable::Table;
use crate::object::Identity;
use crate::object::{Map, Value};
use identity::{Names, Pair};
use secrets::Reader;
use std::collections::BTreeSet;

/// What happens to an object, in the order that a reviewer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// It is deleted.
    Destroyed,
    /// It has to be deleted and created again: the API server refuses the change.
    Blocked,
    /// Its pods restart, or it runs again.
    Restarts,
    /// It is created.
    New,
    /// It changes otherwise.
    Changed,
}

impl Class {
    /// All classes in order, each with the word for it in a summary and the heading of its objects.
    pub const ALL: &'static [(Self, &'static str, &'static str)] = &[
        (Self::Destroyed, "destroyed", "Destroyed"),
        (Self::Blocked, "blocked", "Blocked: to be deleted and made anew"),
        (Self::Restarts, "restarted", "Restarts"),
        (Self::New, "new", "New"),
        (Self::Changed, "changed otherwise", "The rest"),
    ];

    /// The word for this class in a summary.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(class, ..)| *class == self).map_or("", |(_, word, _)| word)
    }
}

/// An object that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which one.
    pub identity: Identity,
    /// What happens to it.
    pub class: Class,
    /// Where it differs; empty if only one side has it.
    pub fields: Vec<Field>,
    /// What that means.
    pub meanings: Vec<Meaning>,
}

/// Everything that differs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The objects that differ, by class and then by identity.
    pub changes: Vec<Change>,
    /// How many objects are the same on both sides.
    pub unchanged: usize,
}

impl Comparison {
    /// How many objects are of a class.
    #[must_use]
    pub fn count(&self, class: Class) -> usize {
        self.changes.iter().filter(|change| change.class == class).count()
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changes.is_empty()
    }

    /// `1 destroyed, 0 blocked, 2 restarted, 1 new, 3 changed otherwise, 40 unchanged`.
    #[must_use]
    pub fn totals(&self) -> String {
        let counts = Class::ALL.iter().map(|(class, word, _)| format!("{} {word}, ", self.count(*class)));
        counts.collect::<String>() + &format!("{} unchanged", self.unchanged)
    }
}

/// The objects among documents: those with a kind and a name or `generateName`, also inside a `List`. The spelling of
/// `kind` does not matter, nor a missing apiVersion. kustomize's own files are left out.
#[must_use]
pub fn objects(documents: Vec<Value>) -> Vec<Value> {
    let mut found = Vec::new();
    for document in documents {
        let api = document.str_at(&["apiVersion"]);
        let Some(kind) = document.as_map().and_then(kinds::of).filter(|kind| !kind.is_empty()) else { continue };
        if api.starts_with("kustomize.config.k8s.io/") {
            continue;
        }
        match document.at(&["items"]).and_then(Value::as_seq) {
            Some(items) if kind.ends_with("List") => {
                let of = kind.strip_suffix("List").unwrap_or_default();
                found.extend(objects(items.iter().map(|item| typed(item, api, of)).collect()));
            }
            _ if identity::name(&document).is_empty() => {}
            _ => found.push(document),
        }
    }
    found
}

/// An item of a list of one kind, with that kind added: the API server leaves it out of the items.
fn typed(item: &Value, api: &str, kind: &str) -> Value {
    match item {
        Value::Map(map) if !kind.is_empty() && kinds::of(map).is_none() => {
            let mut whole = map.clone();
            whole.insert("apiVersion", api);
            whole.insert("kind", kind);
            whole.into()
        }
        other => other.clone(),
    }
}

/// The value of a field of config.yaml with each secret masked; `is_declared` says whether the user declared the field
/// in `spec.knownFields` because the tables do not know it.
#[must_use]
pub fn masked(field: &str, value: &Value, is_declared: bool) -> Value {
    config::field(field, value, is_declared, secrets::open).masked()
}

/// A whole config.yaml, Quay's or Clair's, with each secret masked.
#[must_use]
pub fn masked_config(config: &Map) -> Value {
    config::tree(config, secrets::open).masked()
}

/// Compares two sets of objects: `old` is what a cluster has, `new` what it shall have, `table` what it refuses to change.
#[must_use]
pub fn compare(old: &[Value], new: &[Value], table: &Table) -> Comparison {
    let (old_names, new_names) = (identity::names(old), identity::names(new));
    let mut comparison = Comparison::default();
    let mut found: Vec<(Pair<'_>, Vec<Field>)> = Vec::new();
    for pair in identity::pair(old, new) {
        let fields = fields_of(&pair, &old_names, &new_names);
        match (pair.old, pair.new) {
            (Some(_), Some(_)) if fields.is_empty() => comparison.unchanged += 1,
            _ => found.push((pair, fields)),
        }
    }
    let cluster = meaning::Cluster::new(old, new, &found, table);
    for (pair, fields) in found {
        let meanings = meaning::of(&pair, &fields, &cluster);
        let class = class(&pair, &meanings);
        comparison.changes.push(Change { identity: pair.identity, class, fields, meanings });
    }
    comparison.changes.sort_by(|a, b| (a.class, &a.identity).cmp(&(b.class, &b.identity)));
    comparison
}

fn fields_of(pair: &Pair<'_>, old_names: &Names, new_names: &Names) -> Vec<Field> {
    let (Some(old), Some(new)) = (pair.old, pair.new) else { return Vec::new() };
    let (old, new) = (Reader::new(old_names).object(old), Reader::new(new_names).object(new));
    let mut fields = fields::compare(&old, &new);
    // If anything else differs, the name changes with it; only alone is it a difference of its own.
    let is_name = |field: &Field| field.path.is_below(&["metadata", "name"]);
    if !fields.iter().all(is_name) {
        fields.retain(|field| !is_name(field));
    }
    for field in fields.iter_mut().filter(|field| is_name(field)) {
        field.delta = Delta::Suffix;
    }
    // A pod refers to the same object in many places.
    let mut told = BTreeSet::new();
    fields.retain(|field| match &field.delta {
        Delta::Follows(name) => told.insert(name.clone()),
        _ => true,
    });
    fields
}

fn class(pair: &Pair<'_>, meanings: &[Meaning]) -> Class {
    let has = |sorts: &[Sort]| meanings.iter().any(|meaning| sorts.contains(&meaning.sort));
    match (pair.old, pair.new) {
        (_, None) => Class::Destroyed,
        (None, _) => Class::New,
        _ if has(&[Sort::Immutable]) => Class::Blocked,
        _ if has(&[Sort::Restart, Sort::RunsAgain]) => Class::Restarts,
        _ => Class::Changed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;
    use crate::yaml::{self, Origin};

    /// Compares by the rules of the newest release.
    pub fn compare(old: &[Value], new: &[Value]) -> Comparison {
        super::compare(old, new, &Table::newest().unwrap())
    }

    /// A value from YAML.
    pub fn value(text: &str) -> Value {
        let mut problems = Diagnostics::new();
        let documents = yaml::parse_own(text, &Origin { file: "test", within: None }, &mut problems);
        assert!(!problems.has_errors(), "{text}");
        documents.first().unwrap().root.to_value()
    }

    /// An object in namespace quay: `apps/v1/Deployment`, its name, and its other fields.
    pub fn object(kind: &str, name: &str, rest: &str) -> Value {
        let (api, kind) = kind.rsplit_once('/').unwrap();
        let rest = if rest == "{}" { "" } else { rest };
        value(&format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, namespace: quay}}\n{rest}\n"))
    }

    #[test]
    fn what_is_destroyed_comes_first_then_what_restarts_then_what_is_new() {
        let pods = |image: &str| format!("spec: {{template: {{spec: {{containers: [{{name: c, image: {image}}}]}}}}}}");
        let old = [
            object("v1/Service", "a", "spec: {sessionAffinity: None}"),
            object("apps/v1/Deployment", "b", &pods("x")),
            object("v1/Service", "gone", "{}"),
            object("v1/Service", "same", "{}"),
            object("apps/v1/Deployment", "s", "spec: {selector: {a: b}}"),
        ];
        let new = [
            object("v1/Service", "new", "{}"),
            object("v1/Service", "same", "{}"),
            object("v1/Service", "a", "spec: {sessionAffinity: ClientIP}"),
            object("apps/v1/Deployment", "b", &pods("z")),
            object("apps/v1/Deployment", "s", "spec: {selector: {a: c}}"),
        ];
        let found = compare(&old, &new);
        let changes: Vec<_> = found.changes.iter().map(|it| format!("{} {}", it.class.as_str(), it.identity)).collect();
        assert_eq!(
            changes,
            [
                "destroyed Service quay/gone",
                "blocked Deployment quay/s",
                "restarted Deployment quay/b",
                "new Service quay/new",
                "changed otherwise Service quay/a",
            ]
        );
        assert_eq!(found.totals(), "1 destroyed, 1 blocked, 1 restarted, 1 new, 1 changed otherwise, 1 unchanged");
        assert!(compare(&old, &old).is_same());
    }

    #[test]
    fn a_name_that_follows_content_is_a_difference_only_where_nothing_else_is() {
        let secret = |name: &str, data: &str| object("v1/Secret", name, &format!("data: {{a: {data}}}"));
        let deltas = |new: Value| -> Vec<Delta> {
            let found = compare(&[secret("a-2222222222", "eA==")], &[new]);
            found.changes.into_iter().flat_map(|change| change.fields).map(|field| field.delta).collect()
        };
        assert_eq!(deltas(secret("a-4444444444", "eQ==")), [Delta::Secret(Presence::Changed)]);
        assert_eq!(deltas(secret("a-4444444444", "eA==")), [Delta::Suffix]);
    }

    #[test]
    fn objects_are_taken_out_of_lists_and_the_rest_is_left_out() {
        let documents = vec![
            value("{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: A, metadata: {name: a}}]}"),
            value("{apiVersion: v1, kind: B, metadata: {name: b}}"),
            value("{apiVersion: v1, kind: NoName}"),
            value("{kind: NoApi, metadata: {name: c}}"),
            value("{Kind: secret, metadata: {name: c}}"),
            value("{apiVersion: v1, kind: DList, items: [{metadata: {name: a}}]}"),
            value("{metadata: {name: NoKind}}"),
            value("{apiVersion: kustomize.config.k8s.io/v1beta1, kind: Kustomization, metadata: {name: d}}"),
            value("[1]"),
        ];
        let kinds: Vec<_> = objects(documents).iter().map(|it| identity::of(it).kind).collect();
        assert_eq!(kinds, ["A", "B", "NoApi", "Secret", "D"]);
    }
}
