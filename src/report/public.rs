//! What of a file is public: where its public keys and values stand.

use super::sources::Kind;
use crate::diagnostic::{Diagnostics, codes};
use crate::model::bundle::is_config;
use crate::model::schema::{self, Secrecy};
use crate::yaml::{self, Data, Dialect, Entry, Node, Origin, Pos, Text};
use std::collections::BTreeMap;

/// Columns beyond this are not looked at: what stands there is not shown.
pub(super) const WIDEST: usize = 1000;
/// The longest key that is shown.
const LONGEST_KEY: usize = 80;

/// What starts at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// So many characters that are public: a key with its colon, a whole value, a bracket.
    Public(usize),
    /// A value that is not.
    Secret,
}

/// What starts where in a file.
#[derive(Default)]
pub(super) struct Marks(BTreeMap<Pos, Mark>);

impl Marks {
    /// What starts there, if anything is known.
    pub fn at(&self, pos: Pos) -> Option<Mark> {
        self.0.get(&pos).copied()
    }

    /// An alias or a merged map is the same place twice; what is secret once is secret.
    fn add(&mut self, pos: Pos, mark: Mark) {
        let entry = self.0.entry(pos).or_insert(mark);
        if mark == Mark::Secret {
            *entry = mark;
        }
    }
}

/// Values that are public by the kind of their document: paths, in which `*` is any key and lists are passed through.
/// The maps on the way have public keys; `:` is no key and makes only those of its map public. Annotations are not
/// public: kubectl keeps a copy of the whole object in one.
const DOCUMENTS: &[(&str, &[&str])] = &[
    ("QuayRegistry", &["spec.configBundleSecret", "spec.components.kind", "spec.components.managed"]),
    (
        "RenderConfig",
        &[
            "spec.namespace",
            "spec.release",
            "spec.cluster.platform",
            "spec.cluster.appsDomain",
            "spec.cluster.kubernetesVersion",
            "spec.cluster.namespace",
            "spec.cluster.apis.*",
            "spec.secrets.mode",
            // Where a key's name belongs a secret may stand by mistake.
            "spec.secrets.names.*.name",
            "spec.secrets.files.*.name",
            "spec.secrets.external.store.kind",
            "spec.secrets.external.store.name",
            "spec.secrets.external.path",
            "spec.secrets.external.refreshInterval",
            "spec.secrets.external.apiVersion",
            "spec.secrets.sealed.scope",
            "spec.objectStorage.bucket.host",
            "spec.objectStorage.bucket.name",
            "spec.images.*",
            "spec.configEditor",
            "spec.protectData",
        ],
    ),
    ("Secret", &["type", "immutable", "data.:", "stringData.:"]),
];
/// Those of every document.
const EVERYWHERE: &[&str] =
    &["apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.labels.*", "spec.:"];

/// Marks what is public, and what is known to be none, in a file. Nothing where it cannot be parsed.
pub(super) fn marks(text: &str, lines: &[&str], kind: Kind) -> Marks {
    let origin = Origin { file: "", within: None };
    let mut walk = Walk { lines, marks: Marks::default() };
    let mut problems = Diagnostics::new();
    match kind {
        Kind::Config => walk.config_text(text, &origin),
        Kind::Documents => {
            let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut problems);
            if is_understood(&problems) {
                documents.iter().for_each(|document| walk.document(&document.root));
            }
        }
    }
    walk.marks
}

/// Whether the tree is that of the text. Other problems of a text leave out of the tree what they are about.
fn is_understood(problems: &Diagnostics) -> bool {
    problems.iter().all(|it| it.code != codes::YAML_SYNTAX && it.code != codes::YAML_LIMIT)
}

/// What may be seen of a value of config.yaml.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    /// Nothing.
    Secret,
    /// Its members by their names, but no value of its own.
    Members,
    /// Values too, and members by their names.
    Values,
}

struct Walk<'a> {
    lines: &'a [&'a str],
    marks: Marks,
}

impl Walk<'_> {
    fn document(&mut self, root: &Node) {
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        let of_kind = DOCUMENTS.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, paths)| *paths);
        let paths: Vec<&'static str> = EVERYWHERE.iter().chain(of_kind).copied().collect();
        let texts = if kind == "Secret" { root.get("stringData").and_then(Node::as_map) } else { None };
        let texts: Vec<&Text> = texts
            .unwrap_or_default()
            .iter()
            .filter(|entry| is_config(&entry.key))
            .filter_map(|entry| entry.value.as_text())
            .collect();
        self.branch(root, &paths, &texts.iter().map(|text| text.start()).collect::<Vec<_>>());
        for text in texts {
            // A text that is also the value of another key is not only a config.yaml.
            if self.marks.at(text.start()) != Some(Mark::Secret) {
                self.config_text(&text.value, &Origin { file: "", within: Some(text) });
            }
        }
    }

    /// A node of a Kubernetes document. `paths` lead from it to what is public; `texts` are judged by themselves.
    fn branch(&mut self, node: &Node, paths: &[&'static str], texts: &[Pos]) {
        match &node.data {
            Data::Map(entries) => {
                let has_public_keys = paths.iter().any(|path| !path.is_empty());
                self.bracket(node, has_public_keys);
                for entry in entries {
                    let is_public = self.key(entry, has_public_keys);
                    let below: Vec<&'static str> =
                        paths.iter().filter(|_| is_public).filter_map(|path| step(path, &entry.key)).collect();
                    let is_text = entry.value.as_text().is_some_and(|text| texts.contains(&text.start()));
                    if !(is_text && is_config(&entry.key)) {
                        self.branch(&entry.value, &below, texts);
                    }
                }
            }
            Data::Seq(items) => {
                self.bracket(node, !paths.is_empty());
                items.iter().for_each(|item| self.branch(item, paths, texts));
            }
            _ => self.scalar(node, paths.contains(&"")),
        }
    }

    fn config_text(&mut self, text: &str, origin: &Origin<'_>) {
        let mut problems = Diagnostics::new();
        let root = yaml::parse_one(text, origin, Dialect::Python, &mut problems);
        let Some(root) = root.filter(|_| is_understood(&problems)) else { return };
        self.bracket(&root, true);
        for entry in root.as_map().unwrap_or_default() {
            let is_public = self.key(entry, true);
            let view = match schema::secrecy(&entry.key) {
                Secrecy::Public if is_public => View::Values,
                Secrecy::Inside if is_public => View::Members,
                _ => View::Secret,
            };
            self.config_value(&entry.value, view, true);
        }
    }

    /// A value of config.yaml. `is_outer` until a member's name is passed: the names of storages are no member's.
    fn config_value(&mut self, node: &Node, view: View, is_outer: bool) {
        match &node.data {
            Data::Map(entries) => {
                let is_known = is_outer || entries.iter().any(|entry| schema::member_is_public(&entry.key));
                let has_public_keys = view != View::Secret && is_known;
                self.bracket(node, has_public_keys);
                for entry in entries {
                    let is_public = self.key(entry, has_public_keys);
                    let below = match view {
                        _ if !is_public => View::Secret,
                        View::Secret => View::Secret,
                        _ if schema::member_is_public(&entry.key) => View::Values,
                        _ if is_outer => View::Members,
                        _ => View::Secret,
                    };
                    self.config_value(&entry.value, below, false);
                }
            }
            Data::Seq(items) => {
                self.bracket(node, view != View::Secret);
                for (index, item) in items.iter().enumerate() {
                    let is_driver = index == 0 && view == View::Members && has_driver(items);
                    self.config_value(item, if is_driver { View::Values } else { view }, is_outer);
                }
            }
            _ => self.scalar(node, view == View::Values),
        }
    }

    /// Marks a key; whether it is public. A key without a colon may be a value that was meant as a text.
    fn key(&mut self, entry: &Entry, may_be_seen: bool) -> bool {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
        let looks_like_one = entry.key.len() <= LONGEST_KEY && entry.key.chars().all(is_name);
        let length = may_be_seen.then(|| self.exact(entry.key_pos, &entry.key)).flatten().filter(|_| looks_like_one);
        let length = length.and_then(|length| {
            let blanks = self.from(entry.key_pos)?.chars().skip(length).take_while(|c| *c == ' ').count();
            let end = length + blanks;
            (self.from(entry.key_pos)?.chars().nth(end) == Some(':')).then_some(end + 1)
        });
        self.marks.add(entry.key_pos, length.map_or(Mark::Secret, Mark::Public));
        length.is_some()
    }

    /// Marks the opening bracket of a list or map, where it has one.
    fn bracket(&mut self, node: &Node, is_public: bool) {
        if self.from(node.pos).is_some_and(|rest| rest.starts_with(['{', '['])) {
            self.marks.add(node.pos, if is_public { Mark::Public(1) } else { Mark::Secret });
        }
    }

    /// Marks a value that is neither list nor map.
    fn scalar(&mut self, node: &Node, is_public: bool) {
        let text = match (&node.raw, &node.data) {
            (Some(raw), _) => Some(&**raw),
            (None, Data::Str(text)) => Some(text.value.as_str()),
            _ => None,
        };
        let text = text.filter(|text| is_public && !may_hold_password(text));
        let length = text.and_then(|text| match node.raw {
            Some(_) => self.starts_with(node.pos, text).then(|| text.chars().count()),
            None => self.quoted(node.pos, text),
        });
        match length.filter(|length| *length > 0) {
            Some(length) => self.marks.add(node.pos, Mark::Public(length)),
            // A value that is not there has the place of what follows.
            None if node.is_null() => {}
            None => self.marks.add(node.pos, Mark::Secret),
        }
    }

    /// How many characters a text takes, plain or in quotes, where it stands there without an escape.
    fn exact(&self, pos: Pos, text: &str) -> Option<usize> {
        let plain = self.starts_with(pos, text).then(|| text.chars().count());
        plain.or_else(|| self.quoted(pos, text))
    }

    fn quoted(&self, pos: Pos, text: &str) -> Option<usize> {
        let quote = self.from(pos)?.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let is_literal = !text.contains(['\'', '"', '\\']) && !text.contains(char::is_control);
        let inside = format!("{quote}{text}{quote}");
        (is_literal && self.starts_with(pos, &inside)).then(|| inside.chars().count())
    }

    fn starts_with(&self, pos: Pos, text: &str) -> bool {
        self.from(pos).is_some_and(|rest| rest.starts_with(text))
    }

    /// The line from a place on.
    fn from(&self, pos: Pos) -> Option<&str> {
        let line = self.lines.get(usize::try_from(pos.line).ok()?.checked_sub(1)?)?;
        let column = usize::try_from(pos.column).ok()?.checked_sub(1).filter(|column| *column < WIDEST)?;
        let byte = line.char_indices().nth(column)?.0;
        line.get(byte..)
    }
}

/// What is left of a path behind a key.
fn step(path: &'static str, key: &str) -> Option<&'static str> {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    (!head.is_empty() && (head == "*" || head == key)).then_some(rest)
}

/// A storage is a list of its driver's name and its arguments.
fn has_driver(items: &[Node]) -> bool {
    let name = items.first().and_then(Node::as_str).unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
    is_name && items.len() == 2 && items.get(1).is_some_and(|arguments| arguments.as_map().is_some())
}

/// A URL carries user and password, or a token among its parameters, whatever its field is called.
fn may_hold_password(text: &str) -> bool {
    (text.contains('@') && text.contains(':')) || (text.contains('?') && text.contains("://"))
}

#[cfg(test)]
mod tests;
