//! Finds the public parts of a file: where its public keys and values are.

use crate::diagnostic::{Diagnostics, codes};
use crate::model::bundle::is_config;
use crate::model::declared::{self, Place};
use crate::model::schema::{self, Fact, Secrecy, Type};
use crate::quote::Form;
use crate::sensitive::name;
use crate::yaml::{self, Data, Dialect, Entry, Node, Origin, Pos, Text};
use std::collections::BTreeMap;

/// Columns beyond this are ignored and therefore hidden.
pub(super) const WIDEST: usize = 1000;
/// The longest key that is shown.
const LONGEST_KEY: usize = 80;

/// What a file's fields mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Kubernetes documents.
    Documents,
    /// A config.yaml, or a fragment of one.
    Config,
}

/// What starts at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// So many public characters: a key with its colon, a whole value, a bracket.
    Public(usize),
    /// A value that is not public.
    Secret,
}

/// What starts at each position of a file.
#[derive(Default)]
pub(super) struct Marks(BTreeMap<Pos, Mark>);

impl Marks {
    /// What starts at a position, if known.
    pub fn at(&self, pos: Pos) -> Option<Mark> {
        self.0.get(&pos).copied()
    }

    /// An alias or a merged map gives the same position twice; if it is secret once, it stays secret.
    fn add(&mut self, pos: Pos, mark: Mark) {
        let entry = self.0.entry(pos).or_insert(mark);
        if mark == Mark::Secret {
            *entry = mark;
        }
    }
}

/// Values that are public in any document, as paths in which `*` is any key and lists are skipped. Maps on the path
/// have public keys; `:` is not a key, and makes only the keys of its map public. Annotations are not public: kubectl
/// keeps a copy of the whole object in one. For documents with declared fields, their table says what else is public.
const EVERYWHERE: &[&str] =
    &["apiVersion", "kind", "metadata.name", "metadata.namespace", "metadata.labels.*", "spec.:"];
/// More of these for a Secret.
const SECRET: &[&str] = &["type", "immutable", "data.:", "stringData.:"];

/// What may be shown of a document's node.
#[derive(Clone)]
struct Branch {
    /// The rest of the paths that lead to public values.
    paths: Vec<&'static str>,
    /// The place among the declared fields, if there is one.
    place: Option<Place>,
}

impl Branch {
    /// The branch for a whole document.
    fn root(kind: &str) -> Self {
        let more = if kind == "Secret" { SECRET } else { &[] };
        let paths = EVERYWHERE.iter().chain(more).copied().collect();
        Self { paths, place: declared::document(kind).map(Place::root) }
    }

    fn has_public_keys(&self) -> bool {
        self.place.is_some_and(Place::shows_keys) || self.paths.iter().any(|path| !path.is_empty())
    }

    /// Whether a key is known, and the branch below it.
    fn field(&self, key: &str) -> (bool, Self) {
        let is_hidden = self.paths.contains(&"*") && name::is_secret(key);
        let paths = self.paths.iter().filter(|_| !is_hidden).filter_map(|path| step(path, key)).collect();
        let place = self.place.and_then(|place| place.field(key));
        let is_declared = place.is_some() && !self.place.is_some_and(Place::takes_any_key);
        let is_named = self.paths.iter().any(|path| path.split('.').next() == Some(key));
        (is_declared || is_named, Self { paths, place })
    }

    fn item(&self) -> Self {
        Self { paths: self.paths.clone(), place: self.place.map(Place::item) }
    }

    /// Whether a text here may be shown.
    fn shows(&self, text: &str) -> bool {
        match self.place {
            Some(place) => place.may_quote(text),
            None => self.paths.contains(&"") && Form::Name.may_quote(text, false),
        }
    }
}

/// Marks the parts of a file that are public, and those known to be secret. No marks if it cannot be parsed.
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

/// Whether the tree matches the text. After any other problem the part concerned is not in the tree.
fn is_understood(problems: &Diagnostics) -> bool {
    problems.iter().all(|it| it.code != codes::YAML_SYNTAX && it.code != codes::YAML_LIMIT)
}

struct Walk<'a> {
    lines: &'a [&'a str],
    marks: Marks,
}

impl Walk<'_> {
    fn document(&mut self, root: &Node) {
        let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
        let texts = if kind == "Secret" { root.get("stringData").and_then(Node::as_map) } else { None };
        let texts: Vec<&Text> = texts
            .unwrap_or_default()
            .iter()
            .filter(|entry| is_config(&entry.key))
            .filter_map(|entry| entry.value.as_text())
            .collect();
        self.branch(root, &Branch::root(kind), &texts.iter().map(|text| text.start()).collect::<Vec<_>>());
        for text in texts {
            // A text that is also another key's value is not just a config.yaml.
            if self.marks.at(text.start()) != Some(Mark::Secret) {
                self.config_text(&text.value, &Origin { file: "", within: Some(text) });
            }
        }
    }

    /// A node of a Kubernetes document; the nodes at `texts` are judged separately.
    fn branch(&mut self, node: &Node, branch: &Branch, texts: &[Pos]) {
        match &node.data {
            Data::Map(entries) => {
                let has_public_keys = branch.has_public_keys();
                self.bracket(node, has_public_keys);
                for entry in entries {
                    let (is_known, below) = branch.field(&entry.key);
                    let is_public = self.key(entry, is_known, has_public_keys);
                    let hidden = Branch { paths: Vec::new(), place: None };
                    let is_text = entry.value.as_text().is_some_and(|text| texts.contains(&text.start()));
                    if !(is_text && is_config(&entry.key)) {
                        self.branch(&entry.value, if is_public { &below } else { &hidden }, texts);
                    }
                }
            }
            Data::Seq(items) => {
                self.bracket(node, branch.place.is_some() || !branch.paths.is_empty());
                let below = branch.item();
                items.iter().for_each(|item| self.branch(item, &below, texts));
            }
            _ => self.scalar(node, |text| branch.shows(text)),
        }
    }

    fn config_text(&mut self, text: &str, origin: &Origin<'_>) {
        let mut problems = Diagnostics::new();
        let root = yaml::parse_one(text, origin, Dialect::Python, &mut problems);
        let Some(root) = root.filter(|_| is_understood(&problems)) else { return };
        self.bracket(&root, true);
        for entry in root.as_map().unwrap_or_default() {
            self.config_field(entry, schema::field(&entry.key));
        }
    }

    /// A field or member of config.yaml.
    fn config_field(&mut self, entry: &Entry, fact: Option<&'static Fact>) {
        let is_public = self.key(entry, fact.is_some(), true);
        match fact.filter(|_| is_public) {
            Some(fact) => self.config_value(&entry.value, fact, &fact.kind),
            None => self.hide(&entry.value),
        }
    }

    /// A value of config.yaml, or the part of one that has the type `kind`.
    fn config_value(&mut self, node: &Node, fact: &'static Fact, kind: &'static Type) {
        match (fact.secrecy_of(kind), kind, &node.data) {
            (Secrecy::Inside, Type::Members(map), Data::Map(entries)) => self.members(node, entries, map),
            (Secrecy::Inside, Type::Map(Some(inner)), Data::Map(entries)) => {
                self.bracket(node, true);
                for entry in entries {
                    if self.key(entry, false, true) {
                        self.config_value(&entry.value, fact, inner);
                    } else {
                        self.hide(&entry.value);
                    }
                }
            }
            (Secrecy::Inside | Secrecy::Public, Type::List(Some(inner)), Data::Seq(items)) => {
                self.bracket(node, true);
                items.iter().for_each(|item| self.config_value(item, fact, inner));
            }
            (Secrecy::Inside, Type::Pair(map), Data::Seq(items)) => match items.as_slice() {
                [name, arguments] if arguments.as_map().is_some() => {
                    self.bracket(node, true);
                    self.scalar(name, yaml::is_name);
                    self.members(arguments, arguments.as_map().unwrap_or_default(), map);
                }
                _ => self.hide(node),
            },
            (Secrecy::Public, _, Data::Map(_) | Data::Seq(_)) => self.hide(node),
            (Secrecy::Public, ..) => self.scalar(node, |_| fact.may_quote(kind, &node.to_value())),
            _ => self.hide(node),
        }
    }

    fn members(&mut self, node: &Node, entries: &[Entry], map: &str) {
        self.bracket(node, true);
        for entry in entries {
            self.config_field(entry, schema::member(map, &entry.key));
        }
    }

    /// Marks a whole node as secret.
    fn hide(&mut self, node: &Node) {
        match &node.data {
            Data::Map(entries) => {
                self.bracket(node, false);
                for entry in entries {
                    self.marks.add(entry.key_pos, Mark::Secret);
                    self.hide(&entry.value);
                }
            }
            Data::Seq(items) => {
                self.bracket(node, false);
                items.iter().for_each(|item| self.hide(item));
            }
            _ => self.scalar(node, |_| false),
        }
    }

    /// Marks a key, and returns whether it is public. An unknown one without a value, or without a colon, may be a
    /// value itself.
    fn key(&mut self, entry: &Entry, is_known: bool, may_be_seen: bool) -> bool {
        let looks_like_one =
            yaml::is_name(&entry.key) && entry.key.len() <= LONGEST_KEY && (is_known || entry.quotable_key().is_some());
        let length = may_be_seen.then(|| self.exact(entry.key_pos, &entry.key)).flatten().filter(|_| looks_like_one);
        let length = length.and_then(|length| {
            let blanks = self.from(entry.key_pos)?.chars().skip(length).take_while(|c| *c == ' ').count();
            let end = length + blanks;
            (self.from(entry.key_pos)?.chars().nth(end) == Some(':')).then_some(end + 1)
        });
        self.marks.add(entry.key_pos, length.map_or(Mark::Secret, Mark::Public));
        length.is_some()
    }

    /// Marks the opening bracket of a list or map, if there is one.
    fn bracket(&mut self, node: &Node, is_public: bool) {
        if self.from(node.pos).is_some_and(|rest| rest.starts_with(['{', '['])) {
            self.marks.add(node.pos, if is_public { Mark::Public(1) } else { Mark::Secret });
        }
    }

    /// Marks a value that is neither a list nor a map.
    fn scalar(&mut self, node: &Node, shows: impl Fn(&str) -> bool) {
        let text = match (&node.raw, &node.data) {
            (Some(raw), _) => Some(&**raw),
            (None, Data::Str(text)) => Some(text.value.as_str()),
            _ => None,
        };
        let text = text.filter(|text| shows(text));
        let length = text.and_then(|text| match node.raw {
            Some(_) => self.starts_with(node.pos, text).then(|| text.chars().count()),
            None => self.quoted(node.pos, text),
        });
        match length.filter(|length| *length > 0) {
            Some(length) => self.marks.add(node.pos, Mark::Public(length)),
            // A missing value has the position of what follows.
            None if node.is_null() => {}
            None => self.marks.add(node.pos, Mark::Secret),
        }
    }

    /// How many characters a text takes, plain or in quotes, if it is there without an escape.
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

    /// The rest of a line from a position.
    fn from(&self, pos: Pos) -> Option<&str> {
        let line = self.lines.get(usize::try_from(pos.line).ok()?.checked_sub(1)?)?;
        let column = usize::try_from(pos.column).ok()?.checked_sub(1).filter(|column| *column < WIDEST)?;
        let byte = line.char_indices().nth(column)?.0;
        line.get(byte..)
    }
}

/// The rest of a path below a key.
fn step(path: &'static str, key: &str) -> Option<&'static str> {
    let (head, rest) = path.split_once('.').unwrap_or((path, ""));
    (!head.is_empty() && (head == "*" || head == key)).then_some(rest)
}

#[cfg(test)]
mod tests;
