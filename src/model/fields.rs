//! Reading maps strictly: known fields, their types, and the place of each problem.

use super::Spanned;
use super::layers::Files;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::quote::{self, FLAGS, nearest, nearest_hint};
use crate::yaml::{self, Data, Entry, Node, Pos};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A map of a document, with the path that leads to it.
#[derive(Clone)]
pub struct Fields<'a> {
    files: &'a Files,
    path: &'a str,
    node: &'a Node,
    /// The entries of a large map by their keys.
    by_key: Option<Rc<BTreeMap<&'a str, &'a Entry>>>,
}

/// A map of more entries has an index.
const SMALL: usize = 16;

impl<'a> Fields<'a> {
    /// The map at `path` of `file`; a problem where it is none.
    pub fn new(files: &'a Files, path: &'a str, node: &'a Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        let is_large = node.as_map().is_some_and(|entries| entries.len() > SMALL);
        let fields = Self { files, path, node, by_key: is_large.then(|| Rc::new(node.by_key())) };
        if node.as_map().is_none() {
            fields.mistyped(node, path, "a map", diagnostics);
            return None;
        }
        Some(fields)
    }

    /// The place of a position in this document.
    pub fn location(&self, pos: Pos) -> Location {
        self.files.location(pos)
    }

    /// Where the map itself begins.
    pub fn place(&self) -> Location {
        self.location(self.node.pos)
    }

    /// Where the value of one of its fields begins; where the map does if there is no such field.
    pub fn place_of(&self, name: &str) -> Location {
        self.location(self.find(name).map_or(self.node.pos, |node| node.pos))
    }

    /// The path of one of its fields.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub fn entries(&self) -> &'a [Entry] {
        self.node.as_map().unwrap_or_default()
    }

    /// Refuses every field that is not among `known`, naming the nearest.
    pub fn only(&self, known: &[&str], diagnostics: &mut Diagnostics) {
        for entry in self.entries() {
            if known.contains(&entry.key.as_str()) {
                continue;
            }
            let Some(key) = entry.quotable_key() else {
                diagnostics.push(unquotable(entry, self.path).at(self.location(entry.key_pos)));
                continue;
            };
            let problem = Diagnostic::new(codes::FIELD_UNKNOWN, format!("unknown field {key:?}"))
                .at(self.location(entry.key_pos))
                .field(self.path_of(key));
            diagnostics.push_with_hint(problem, || match nearest(key, known) {
                Some(name) => format!("the nearest is {name:?}"),
                None => format!("the fields here are {}", known.join(", ")),
            });
        }
    }

    /// The node of a field; null counts as absent.
    pub fn get(&self, name: &str) -> Option<&'a Node> {
        self.find(name).filter(|node| !matches!(node.data, Data::Null))
    }

    fn find(&self, name: &str) -> Option<&'a Node> {
        match &self.by_key {
            Some(entries) => entries.get(name).map(|entry| &entry.value),
            None => self.node.get(name),
        }
    }

    /// The map in a field.
    pub fn map<'b>(&self, name: &str, path: &'b str, diagnostics: &mut Diagnostics) -> Option<Fields<'b>>
    where
        'a: 'b,
    {
        Fields::new(self.files, path, self.get(name)?, diagnostics)
    }

    /// The list in a field.
    pub fn list(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a [Node]> {
        let node = self.get(name)?;
        if node.as_seq().is_none() {
            self.mistyped(node, &self.path_of(name), "a list", diagnostics);
        }
        node.as_seq()
    }

    /// The text in a field.
    pub fn text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let node = self.get(name)?;
        match node.as_str() {
            Some(text) => Some(Spanned { value: text.to_owned(), at: self.location(node.pos) }),
            None => {
                self.mistyped(node, &self.path_of(name), "a text", diagnostics);
                None
            }
        }
    }

    /// The text in a field that has only some values.
    pub fn choice(&self, name: &str, values: &[&str], diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let given = self.text(name, diagnostics)?;
        if values.contains(&given.value.as_str()) {
            return Some(given);
        }
        let hint = format!("{}{name}: {}", nearest_hint(&given.value, values), values.join(" or "));
        self.refuse(
            codes::FIELD_VALUE,
            name,
            format!("unknown {name} {}", quote::word(&given.value, values)),
            &hint,
            diagnostics,
        );
        None
    }

    /// The texts in a field that is a list of them.
    pub fn texts(&self, name: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
        let items = self.list(name, diagnostics).unwrap_or_default();
        let mut texts = Vec::new();
        for item in items {
            match item.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self.mistyped(item, &self.path_of(name), "a text", diagnostics),
            }
        }
        texts
    }

    /// A whole number that is not negative, in decimal.
    pub fn number(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let node = self.get(name)?;
        match &node.data {
            Data::Int(digits) if !digits.starts_with('-') => {
                Some(Spanned { value: digits.clone(), at: self.location(node.pos) })
            }
            _ => {
                self.mistyped(node, &self.path_of(name), "a whole number", diagnostics);
                None
            }
        }
    }

    /// An item of a list, which must be a map.
    pub fn item<'b>(&self, node: &'b Node, path: &'b str, diagnostics: &mut Diagnostics) -> Option<Fields<'b>>
    where
        'a: 'b,
    {
        Fields::new(self.files, path, node, diagnostics)
    }

    /// The truth value in a field.
    pub fn flag(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<bool>> {
        let node = self.get(name)?;
        match node.data {
            Data::Bool(value) => Some(Spanned { value, at: self.location(node.pos) }),
            _ => {
                self.mistyped(node, &self.path_of(name), FLAG, diagnostics);
                None
            }
        }
    }

    /// A text that must be there; `hint` says what to write.
    pub fn required(&self, name: &str, hint: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        if self.get(name).is_none() {
            self.missing(name, hint, diagnostics);
        }
        self.text(name, diagnostics)
    }

    /// Reports a field that is not there, at the map it belongs to.
    pub fn missing(&self, name: &str, hint: &str, diagnostics: &mut Diagnostics) {
        diagnostics.push(
            Diagnostic::new(codes::FIELD_MISSING, "is required and missing")
                .at(self.place())
                .field(self.path_of(name))
                .hint(hint),
        );
    }

    /// Reports a problem of one field's value.
    pub fn refuse(&self, code: Code, name: &str, message: String, hint: &str, diagnostics: &mut Diagnostics) {
        let problem = Diagnostic::new(code, message).at(self.place_of(name));
        diagnostics.push(problem.field(self.path_of(name)).hint(hint));
    }

    fn mistyped(&self, node: &Node, path: &str, wanted: &str, diagnostics: &mut Diagnostics) {
        let message = format!("is {}, not {wanted}", node.kind_name());
        let mut problem = Diagnostic::new(codes::FIELD_TYPE, message).at(self.location(node.pos)).field(path);
        if wanted == "a text" && node.raw.is_some() {
            problem = problem.hint("put the value in quotes");
        }
        if wanted == FLAG {
            problem = problem.hint(flag_hint(node));
        }
        diagnostics.push(problem);
    }
}

/// What a truth value is.
const FLAG: &str = "true or false";

/// What to write in place of something that is no truth value, though it may look like one: `ture`, `"false"`, `on`, `0`.
#[must_use]
pub fn flag_hint(node: &Node) -> &'static str {
    let text = node.as_str().or(node.raw.as_deref()).unwrap_or_default().trim();
    let short = ["y", "n", "1", "0"].into_iter().find(|short| text.eq_ignore_ascii_case(short));
    match short.or_else(|| nearest(text, FLAGS).filter(|word| word.len() > 3 || text.eq_ignore_ascii_case(word))) {
        Some("true" | "yes" | "on" | "y" | "1") => "write true, without quotes",
        Some(_) => "write false, without quotes",
        None => "write true or false, without quotes",
    }
}

/// Whether a text can be the key of a Secret or ConfigMap.
pub fn is_data_key(key: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !key.is_empty() && key.len() <= 253 && key.chars().all(allowed) && key != "." && !key.starts_with("..")
}

/// What is right where [`is_object_name`] is not.
pub const NAME_HINT: &str = "lower-case letters, digits, `-` and `.`, at most 253";

/// Whether a text can be the name of a Secret or ConfigMap (RFC 1123, a subdomain).
pub fn is_object_name(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_label =
        |label: &str| label.chars().all(|c| edge(c) || c == '-') && label.starts_with(edge) && label.ends_with(edge);
    name.len() <= 253 && name.split('.').all(is_label)
}

/// Says that a key may hold a value, and nothing of it. `path` leads to the map that it stands in.
pub fn unquotable(entry: &Entry, path: &str) -> Diagnostic {
    let (message, hint) = if yaml::is_name(&entry.key) {
        (
            "a key here is not known and has no value: it is not repeated, for it may be a value itself",
            "is a colon missing, or a comma one too many? write name: value",
        )
    } else {
        (
            "a key here is no name: it is not repeated, for it may hold a value",
            "is a blank missing after a colon? write name: value; a name is of letters, digits, `_`, `-`, `.` and `/`",
        )
    };
    let problem = Diagnostic::new(codes::FIELD_NAME, message).hint(hint);
    if path.is_empty() { problem } else { problem.field(path) }
}
