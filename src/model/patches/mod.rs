//! `spec.patches` of the RenderConfig: changes to rendered objects for which there is no setting.

mod operation;
mod target;

pub use operation::{Operation, Verb};
pub use target::{Labels, Target};

use super::fields::Fields;
use super::settings::{extent, note};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes::strategic::{DIRECTIVE, DIRECTIVES};
use crate::object::labels::PATCHES;
use crate::object::{Object, Value};
use crate::quote::listed;
use crate::sensitive::{self, name};
use crate::yaml::{Data, Entry, Node, Pos};
use std::collections::BTreeMap;

/// One patch.
pub struct Patch {
    /// Its path: `spec.patches[0]`.
    pub field: String,
    /// Where it is in the input.
    pub at: Location,
    pub target: Target,
    pub change: Change,
}

/// The change that a patch makes.
pub enum Change {
    /// A value to apply as a strategic merge.
    Merge(Merge),
    /// The operations of a JSON patch (RFC 6902).
    Json(Vec<Operation>),
}

/// A value to merge into an object.
pub struct Merge {
    pub value: Value,
    /// Where it is in the input.
    at: Location,
    /// The locations of everything below it, by path without the indices of items.
    places: BTreeMap<String, Location>,
}

impl Patch {
    /// Whether the patch changed a rendered object.
    #[must_use]
    pub fn has_changed(&self, object: &Object) -> bool {
        let fields = object.value.str_at(&["metadata", "annotations", PATCHES]);
        fields.split(',').any(|field| field == self.field)
    }
}

impl Change {
    /// Whether the patch sets something at a path of an object, or below it, in any item of the lists on the way.
    #[must_use]
    pub fn says(&self, path: &str) -> bool {
        let path = format!(".{}", without_numbers(path));
        let is_there = |own: &str| {
            let rest = own.strip_prefix(path.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.')) || path.starts_with(&format!("{own}."))
        };
        match self {
            Self::Merge(merge) => merge.places.keys().any(|own| own.starts_with(path.as_str()) && is_there(own)),
            Self::Json(operations) => operations.iter().any(|operation| {
                let keys = operation.path.iter().filter(|key| !is_number(key));
                is_there(&keys.map(|key| format!(".{key}")).collect::<String>())
            }),
        }
    }

    /// The location of the part of the patch nearest to a path of an object, after the number of keys that it shares
    /// with the path. In a merge this is the longest prefix of the path that it sets, in a JSON patch the operation
    /// with the longest common prefix.
    #[must_use]
    pub fn nearest(&self, path: &str) -> Option<(usize, &Location)> {
        match self {
            Self::Merge(merge) => {
                let path = format!(".{}", without_numbers(path));
                let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).enumerate();
                let said = |(keys, end): (usize, usize)| Some((keys, merge.places.get(path.get(..end)?)?));
                ends.filter_map(said).last().or(Some((0, &merge.at)))
            }
            Self::Json(operations) => {
                let keys: Vec<&str> = path.split(['.', '[', ']']).filter(|part| !part.is_empty()).collect();
                let alike = |own: &'_ [String]| own.iter().zip(&keys).take_while(|(own, key)| own == *key).count();
                let nearest = operations.iter().max_by_key(|operation| alike(&operation.path))?;
                let named = keys.iter().take(alike(&nearest.path)).filter(|key| !is_number(key)).count();
                Some((named, &nearest.at))
            }
        }
    }
}

/// Whether a key is the index of an item in a list.
fn is_number(key: &str) -> bool {
    key == "-" || key.parse::<usize>().is_ok()
}

/// A path without the indices of list items.
fn without_numbers(path: &str) -> String {
    path.split('[').map(|part| part.split_once(']').map_or(part, |(_, rest)| rest)).collect()
}

/// Reads all patches. One with a problem is left out; if they are too large, all are.
pub fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<Patch> {
    let mut found = Vec::new();
    if !extent::may_be_patched(spec, "patches", diagnostics) {
        return found;
    }
    for patch in spec.maps("patches", diagnostics) {
        let target = patch.map("target", diagnostics).and_then(|target| target::read(&target, diagnostics));
        let Some(node) = patch.get("patch") else { continue };
        let locate = |pos: Pos| patch.location(pos);
        let mut reader = Reader { path: patch.path_of("patch"), locate: &locate, diagnostics, is_right: true };
        reader.open_secrets(node, None);
        let change = match &node.data {
            Data::Map(_) => {
                reader.directives(node);
                let mut all = BTreeMap::new();
                note(node, "", &locate, &mut all);
                let mut places = BTreeMap::new();
                for (path, at) in all {
                    places.entry(without_numbers(&path)).or_insert(at);
                }
                Some(Change::Merge(Merge { value: node.to_value(), at: locate(node.pos), places }))
            }
            Data::Seq(items) => Some(Change::Json(operation::read(items, &mut reader))),
            _ => {
                let hint = "a map is laid over the object, a list is a JSON patch; where it is a text, take the | away";
                reader.problem(node.pos, "is neither a map nor a list", hint);
                None
            }
        };
        let is_right = reader.is_right;
        if let (Some(target), Some(change), true) = (target, change, is_right) {
            found.push(Patch { field: patch.path().to_owned(), at: patch.place(), target, change });
        }
    }
    found
}

/// Checks one patch.
struct Reader<'a> {
    path: String,
    locate: &'a dyn Fn(Pos) -> Location,
    diagnostics: &'a mut Diagnostics,
    /// Whether no problem has been found yet.
    is_right: bool,
}

impl Reader<'_> {
    fn problem(&mut self, pos: Pos, message: &str, hint: &str) {
        self.report(codes::FIELD_VALUE, pos, message, hint);
    }

    fn report(&mut self, code: Code, pos: Pos, message: &str, hint: &str) {
        self.is_right = false;
        let problem = Diagnostic::new(code, message).at((self.locate)(pos)).field(&self.path);
        self.diagnostics.push(problem.hint(hint));
    }

    /// Checks the directives of a merge, of which only `$patch` is known.
    fn directives(&mut self, node: &Node) {
        match &node.data {
            Data::Map(entries) => entries.iter().for_each(|entry| {
                let is_right = entry.value.as_str().is_some_and(|word| DIRECTIVES.contains(&word));
                if entry.key == DIRECTIVE && !is_right {
                    self.problem(
                        entry.value.pos,
                        "is not a directive",
                        &format!("$patch: {}", DIRECTIVES.join(" or ")),
                    );
                } else if entry.key != DIRECTIVE && entry.key.starts_with('$') {
                    let hint = format!("{DIRECTIVE} is known here: {}", listed(DIRECTIVES));
                    self.problem(entry.key_pos, "is a directive that is not known", &hint);
                }
                self.directives(&entry.value);
            }),
            Data::Seq(items) => items.iter().for_each(|item| self.directives(item)),
            _ => {}
        }
    }

    /// Refuses texts that count as secrets in public places. `beside`: the entry of the value, and its sibling entries.
    fn open_secrets(&mut self, node: &Node, beside: Option<(&Entry, &[Entry])>) {
        match &node.data {
            Data::Map(entries) => {
                entries.iter().for_each(|entry| self.open_secrets(&entry.value, Some((entry, entries))));
            }
            Data::Seq(items) => {
                let words: Vec<&str> = items.iter().filter_map(Node::as_str).collect();
                if !sensitive::command::arguments(&words).is_empty() {
                    self.open_secret(node.pos);
                }
                items.iter().for_each(|item| self.open_secrets(item, None));
            }
            Data::Str(text) => {
                let is_named = beside.is_some_and(|(entry, beside)| {
                    let name = beside.iter().find(|entry| entry.key == "name").and_then(|entry| entry.value.as_str());
                    let is_variable = entry.key == "value" && name.is_some_and(is_secret);
                    is_variable || name::is_secret_of_value(&entry.key)
                });
                let is_open =
                    !sensitive::is_harmless(&text.value, true) || sensitive::holds_private_key(text.value.as_bytes());
                if is_open || (is_named && !text.value.is_empty()) {
                    self.open_secret(node.pos);
                }
            }
            _ => {}
        }
    }

    fn open_secret(&mut self, pos: Pos) {
        let message = "holds what counts as a secret, where everybody can read it";
        let hint = "take it from a Secret: valueFrom: {secretKeyRef: {name: my-secret, key: password}}";
        self.report(codes::SECRET_EXPOSED, pos, message, hint);
    }
}

fn is_secret(name: &str) -> bool {
    name::is_secret_variable(name) || name::is_secret(name)
}
