//! What was exported: every object of every file, each once.

use super::noise;
use crate::compare;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::immutable::is_same;
use crate::input::Source;
use crate::object::{Identity, Map, Value};
use crate::yaml::{self, Dialect, Node, Origin};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeMap;

/// An object of the cluster.
pub struct Live {
    /// The object.
    pub value: Value,
    /// Where it is in the files.
    pub at: Location,
}

impl Live {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.value.str_at(&["kind"])
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.value.str_at(&["metadata", "name"])
    }

    /// Its namespace; empty if it has none.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.value.str_at(&["metadata", "namespace"])
    }

    /// The group of its API; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.value.str_at(&["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// Its name without the suffix that follows its content.
    #[must_use]
    pub fn base_name(&self) -> String {
        Identity::of_value(&self.value).base().name
    }

    /// An entry of a Secret, decoded, or of a ConfigMap. Nothing if it has none of that name, or one that is no base64.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<Vec<u8>> {
        let plain = self.value.at(&["stringData", key]).and_then(Value::as_str);
        if let Some(plain) = plain {
            return Some(plain.as_bytes().to_vec());
        }
        let text = self.value.at(&["data", key])?.as_str()?;
        if self.kind() != "Secret" {
            return Some(text.as_bytes().to_vec());
        }
        let packed: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        STANDARD.decode(packed).ok()
    }

    /// An entry as text; nothing if it is empty.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<String> {
        String::from_utf8(self.entry(key)?).ok().filter(|text| !text.is_empty())
    }

    /// The names of its entries.
    #[must_use]
    pub fn keys(&self) -> Vec<&str> {
        let maps = ["data", "stringData"].into_iter().filter_map(|field| self.value.at(&[field])?.as_map());
        let mut keys: Vec<&str> = maps.flat_map(Map::iter).map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// An entry that is a YAML document, as Quay's Python reads it.
    #[must_use]
    pub fn document(&self, key: &str) -> Option<Value> {
        let text = self.text(key)?;
        let origin = Origin { file: "", within: None };
        let root = yaml::parse_one(&text, &origin, Dialect::Python, &mut Diagnostics::new())?;
        Some(root.to_value())
    }
}

/// Everything that was exported.
pub struct Export {
    /// The objects, each once.
    pub objects: Vec<Live>,
}

impl Export {
    /// Reads files: single objects, lists of them at any depth, several documents. An object that is in them twice is kept
    /// once, if both say the same.
    #[must_use]
    pub fn read(sources: &[Source], problems: &mut Diagnostics) -> Self {
        let mut objects = Vec::new();
        for source in sources {
            match source.text() {
                Ok(text) => {
                    let origin = Origin { file: &source.name, within: None };
                    for document in yaml::parse_export(text, &origin, problems) {
                        gather(&document.root, &origin, &mut objects);
                    }
                }
                Err(problem) => problems.push(problem),
            }
        }
        Self { objects: once(objects, problems) }
    }

    /// The object of a kind, namespace and name.
    #[must_use]
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Live> {
        let mut objects = self.objects.iter();
        objects.find(|live| live.kind() == kind && live.namespace() == namespace && live.name() == name)
    }

    /// Every object of a kind.
    pub fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Live> {
        self.objects.iter().filter(move |live| live.kind() == kind)
    }
}

/// Takes the objects out of a document.
fn gather(node: &Node, origin: &Origin<'_>, found: &mut Vec<Live>) {
    let kind = node.get("kind").and_then(Node::as_str).unwrap_or_default();
    if let Some(items) = node.get("items").and_then(Node::as_seq).filter(|_| kind == "List") {
        items.iter().for_each(|item| gather(item, origin, found));
        return;
    }
    let at = origin.location(node.pos);
    let objects = compare::objects(vec![node.to_value()]);
    found.extend(objects.into_iter().map(|value| Live { value, at: at.clone() }));
}

/// What servers write and a step depends on: two exports that differ here were not made at one time.
const OF_SERVERS: &[&[&str]] = &[
    &["metadata", "ownerReferences"],
    &["metadata", "finalizers"],
    &["metadata", "deletionTimestamp"],
    &["status", "currentVersion"],
];

/// Each object once. Where two differ in more than what servers write for themselves, nobody knows which one is meant.
fn once(objects: Vec<Live>, problems: &mut Diagnostics) -> Vec<Live> {
    let mut kept: Vec<Live> = Vec::new();
    let mut known: BTreeMap<Identity, usize> = BTreeMap::new();
    for live in objects {
        let identity = Identity::of_value(&live.value);
        let Some(first) = known.get(&identity).and_then(|at| kept.get(*at)) else {
            known.insert(identity, kept.len());
            kept.push(live);
            continue;
        };
        let [one, two] = [first, &live].map(|live| noise::bare(&live.value));
        let is_alike = |path: &&[&str]| is_same(first.value.at(path), live.value.at(path));
        let is_one = is_same(Some(&one), Some(&two)) && OF_SERVERS.iter().all(is_alike);
        if !is_one && !noise::is_made(first.kind()) {
            let message = format!("{identity} is in the export twice, and differs from the one at {}", first.at);
            let problem = Diagnostic::new(codes::ADOPT_CONTRADICTION, message).at(live.at);
            problems.push(problem.hint("export everything again in one go, and name those files alone"));
        }
    }
    kept
}
