//! The comparison for programs.

use crate::compare::{self, Change, Class, Comparison, Delta, Field, Presence};
use crate::object::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the format. It grows when a member changes its meaning or is removed; new members do not change it.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    same: bool,
    summary: BTreeMap<&'static str, usize>,
    changes: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    class: &'static str,
    group: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
    meanings: Vec<Meaning<'a>>,
    fields: Vec<Difference<'a>>,
}

#[derive(Serialize)]
struct Meaning<'a> {
    kind: &'static str,
    message: &'a str,
    hint: Option<&'a str>,
}

#[derive(Serialize)]
struct Difference<'a> {
    path: String,
    change: &'static str,
    secret: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<&'a [String]>,
}

/// The word for a class.
fn id(class: Class) -> &'static str {
    match class {
        Class::Changed => "changed",
        other => other.as_str(),
    }
}

impl Comparison {
    /// One JSON object, pretty printed, with a line break at the end:
    ///
    /// ```json
    /// {
    ///   "version": 1,
    ///   "same": false,
    ///   "summary": {"blocked": 0, "changed": 0, "destroyed": 0, "new": 0, "restarted": 1, "unchanged": 42},
    ///   "changes": [{
    ///     "class": "restarted", "group": "apps", "kind": "Deployment", "namespace": "quay", "name": "registry-quay-app",
    ///     "meanings": [{"kind": "restart", "message": "pods of ... restart: image of quay-app", "hint": null}],
    ///     "fields": [{
    ///       "path": "spec.template.spec.containers[quay-app].image", "change": "changed", "secret": false,
    ///       "old": "quay@sha256:1", "new": "quay@sha256:2"
    ///     }]
    ///   }]
    /// }
    /// ```
    ///
    /// `change` is `added`, `removed`, `changed`, `content` (it names an object by its content, `content_of`), `suffix`,
    /// `order` or `form`. A secret has neither `old` nor `new`; a text of several lines has `lines` in their place.
    #[must_use]
    pub fn json(&self) -> String {
        let counts = Class::ALL.iter().map(|(class, ..)| (id(*class), self.count(*class)));
        let document = Document {
            version: VERSION,
            same: self.is_same(),
            summary: counts.chain([("unchanged", self.unchanged)]).collect(),
            changes: self.changes.iter().map(entry).collect(),
        };
        // The document has only texts, numbers and lists, so this cannot fail.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

fn entry(change: &Change) -> Entry<'_> {
    let identity = &change.identity;
    Entry {
        class: id(change.class),
        group: &identity.group,
        kind: &identity.kind,
        namespace: Some(identity.namespace.as_str()).filter(|namespace| !namespace.is_empty()),
        name: &identity.name,
        meanings: change.meanings.iter().map(meaning).collect(),
        fields: change.fields.iter().map(difference).collect(),
    }
}

fn meaning(meaning: &compare::Meaning) -> Meaning<'_> {
    Meaning { kind: meaning.sort.id(), message: &meaning.text, hint: meaning.advice.as_deref() }
}

fn difference(field: &Field) -> Difference<'_> {
    let changed = Difference {
        path: field.path.to_string(),
        change: "changed",
        secret: matches!(field.delta, Delta::Secret(_)),
        old: None,
        new: None,
        content_of: None,
        lines: None,
    };
    match &field.delta {
        Delta::Added(new) => Difference { change: "added", new: Some(new), ..changed },
        Delta::Removed(old) => Difference { change: "removed", old: Some(old), ..changed },
        Delta::Changed(old, new) => Difference { old: Some(old), new: Some(new), ..changed },
        Delta::Lines(lines) => Difference { lines: Some(lines), ..changed },
        Delta::Secret(Presence::Added) => Difference { change: "added", ..changed },
        Delta::Secret(Presence::Removed) => Difference { change: "removed", ..changed },
        Delta::Secret(Presence::Changed) => changed,
        Delta::Follows(name) => Difference { change: "content", content_of: Some(name), ..changed },
        Delta::Suffix => Difference { change: "suffix", ..changed },
        Delta::Order => Difference { change: "order", ..changed },
        Delta::Form => Difference { change: "form", ..changed },
    }
}

#[cfg(test)]
mod tests {
    use crate::compare::report::tests::sample;

    #[test]
    fn a_program_gets_everything_but_the_secrets() {
        let json: serde_json::Value = serde_json::from_str(&sample().json()).unwrap();
        assert_eq!(json["version"], 1);
        assert_eq!(json["same"], false);
        assert_eq!(json["summary"]["changed"], 3);
        assert_eq!(json["changes"][0]["class"], "destroyed");
        assert_eq!(json["changes"][0]["meanings"][0]["kind"], "data-deleted");
        assert_eq!(json["changes"][1]["fields"][0]["old"], "a");
        let secret = json["changes"].as_array().unwrap().iter().find(|it| it["kind"] == "Secret").unwrap();
        let wanted = serde_json::json!([
            {"path": "data.k", "change": "changed", "secret": true},
            {"path": "data.gone", "change": "removed", "secret": true},
            {"path": "data.new", "change": "added", "secret": true},
        ]);
        assert_eq!(secret["fields"], wanted);
    }
}
