//! Reads maps strictly: known fields, their types, and the location of each problem.

use super::Spanned;
use super::declared::{self, Place, Row};
use super::document::Document;
use super::layers::Files;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes_names::{is_label_value, is_qualified};
use crate::object::labels::SELECTORS;
use crate::quote::{self, FLAGS, nearest, nearest_hint};
use crate::yaml::{self, Data, Entry, Node, Pos};
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// A map of a document, with its path and the declarations of its fields.
#[derive(Clone)]
pub struct Fields<'a> {
    files: &'a Files,
    path: String,
    node: &'a Node,
    /// `None` if no fields are declared.
    place: Option<Place>,
    /// An index by key, for a large map.
    by_key: Option<Rc<BTreeMap<&'a str, &'a Entry>>>,
}

/// A map with more entries gets an index.
const SMALL: usize = 16;

impl<'a> Fields<'a> {
    /// The map at `path` of a document without declared fields; reports a problem if it is not a map.
    pub fn new(files: &'a Files, path: &str, node: &'a Node, diagnostics: &mut Diagnostics) -> Option<Self> {
        Self::open(files, path.to_owned(), node, None, diagnostics)
    }

    /// A document whose fields are declared for its kind. Unknown and missing fields are not reported yet.
    pub fn root(document: &'a Document, kind: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let place = declared::document(kind).map(Place::root);
        Self::open(&document.files, String::new(), &document.root, place, diagnostics)
    }

    fn open(
        files: &'a Files,
        path: String,
        node: &'a Node,
        place: Option<Place>,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let is_large = node.as_map().is_some_and(|entries| entries.len() > SMALL);
        let fields = Self { files, path, node, place, by_key: is_large.then(|| Rc::new(node.by_key())) };
        if node.as_map().is_none() {
            fields.mistyped(node, &fields.path, "a map", diagnostics);
            return None;
        }
        Some(fields)
    }

    /// Reports every undeclared field, and every required field that is missing.
    pub fn check(&self, diagnostics: &mut Diagnostics) {
        self.check_but(None, diagnostics);
    }

    /// Like `check`, but also accepts the fields `more`.
    pub fn check_but<'b>(&self, more: impl IntoIterator<Item = &'b str>, diagnostics: &mut Diagnostics) {
        self.only_but(more, diagnostics);
        self.check_required(diagnostics);
    }

    /// Refuses every field that is neither declared nor in `more`.
    pub fn only_but<'b>(&self, more: impl IntoIterator<Item = &'b str>, diagnostics: &mut Diagnostics) {
        let more: Vec<&str> = more.into_iter().collect();
        let is_known = |key: &str| more.contains(&key) || self.place.is_some_and(|place| place.has_field(key));
        // The names are collected only if a field is unknown.
        let known = LazyCell::new(|| {
            let declared = self.place.into_iter().flat_map(Place::fields).map(|(name, _)| name);
            declared.chain(more.iter().copied()).collect::<Vec<_>>()
        });
        self.refuse_unknown(is_known, || known.as_slice(), diagnostics);
    }

    /// Reports every required field that is missing.
    fn check_required(&self, diagnostics: &mut Diagnostics) {
        let is_now = |(field, value): (&str, &str)| self.get(field).and_then(Node::as_str) == Some(value);
        let rows = self.place.map(Place::rows).unwrap_or_default();
        for (name, row) in rows {
            let is_required = row.need == "required" || row.required_where().is_some_and(is_now);
            if is_required && self.get(name).is_none() {
                self.missing(name, diagnostics);
            }
        }
    }

    /// The location of a position in this document.
    pub fn location(&self, pos: Pos) -> Location {
        self.files.location(pos)
    }

    /// The location of the map itself.
    pub fn place(&self) -> Location {
        self.location(self.node.pos)
    }

    /// The location of the value of a field; that of the map if there is no such field.
    pub fn place_of(&self, name: &str) -> Location {
        self.location(self.find(name).map_or(self.node.pos, |node| node.pos))
    }

    /// The path of the map.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of a field of the map.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    pub fn entries(&self) -> &'a [Entry] {
        self.node.as_map().unwrap_or_default()
    }

    /// Refuses every field that is not in `known`, and suggests the nearest name.
    pub fn only(&self, known: &[&str], diagnostics: &mut Diagnostics) {
        self.refuse_unknown(|key| known.contains(&key), || known, diagnostics);
    }

    fn refuse_unknown<'k>(
        &self,
        is_known: impl Fn(&str) -> bool,
        known: impl Fn() -> &'k [&'k str],
        diagnostics: &mut Diagnostics,
    ) {
        for entry in self.entries().iter().filter(|entry| !is_known(&entry.key)) {
            let Some(key) = entry.quotable_key() else {
                diagnostics.push(unquotable(entry, &self.path).at(self.location(entry.key_pos)));
                continue;
            };
            let problem = Diagnostic::new(codes::FIELD_UNKNOWN, format!("unknown field {key:?}"))
                .at(self.location(entry.key_pos))
                .field(self.path_of(key));
            diagnostics.push_with_hint(problem, || match nearest(key, known()) {
                Some(name) => format!("the nearest is {name:?}"),
                None => format!("the fields here are {}", known().join(", ")),
            });
        }
    }

    /// The value of a field; null counts as absent.
    pub fn get(&self, name: &str) -> Option<&'a Node> {
        self.find(name).filter(|node| !matches!(node.data, Data::Null))
    }

    fn find(&self, name: &str) -> Option<&'a Node> {
        match &self.by_key {
            Some(entries) => entries.get(name).map(|entry| &entry.value),
            None => self.node.get(name),
        }
    }

    /// The map in a field, after a [`Self::check`] of its own fields.
    pub fn map(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        let map = self.open_map(name, diagnostics)?;
        map.check(diagnostics);
        Some(map)
    }

    /// The map in a field; its fields have any name or are checked elsewhere.
    pub fn open_map(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Self> {
        Self::open(self.files, self.path_of(name), self.get(name)?, self.below(name), diagnostics)
    }

    /// The maps in the list in a field, each checked.
    pub fn maps(&self, name: &str, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let maps = self.open_maps(name, diagnostics);
        maps.iter().for_each(|map| map.check(diagnostics));
        maps
    }

    /// The maps in the list in a field; their fields are checked elsewhere.
    pub fn open_maps(&self, name: &str, diagnostics: &mut Diagnostics) -> Vec<Self> {
        let place = self.below(name).map(Place::item);
        let items = self.list(name, diagnostics).unwrap_or_default().iter().enumerate();
        let path = self.path_of(name);
        items
            .filter_map(|(index, item)| Self::open(self.files, format!("{path}[{index}]"), item, place, diagnostics))
            .collect()
    }

    fn below(&self, name: &str) -> Option<Place> {
        self.place?.field(name)
    }

    /// The row of a field, or of the map that it is a member of.
    fn row(&self, name: &str) -> Option<&'static Row> {
        self.below(name)?.any_row()
    }

    /// Whether a field is declared.
    pub fn has_row(&self, name: &str) -> bool {
        self.below(name).is_some()
    }

    /// Whether the value of a field is its default.
    pub fn is_default(&self, name: &str) -> bool {
        let (Some(node), Some(row)) = (self.get(name), self.row(name)) else { return false };
        match &node.data {
            Data::Bool(value) => row.default == value.to_string(),
            Data::Str(text) => !row.default.is_empty() && row.default_text() == text.value,
            _ => false,
        }
    }

    /// The list in a field.
    pub fn list(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a [Node]> {
        let node = self.get(name)?;
        if node.as_seq().is_none() {
            self.mistyped(node, &self.path_of(name), "a list", diagnostics);
        }
        node.as_seq()
    }

    /// The text in a field, whatever its declaration.
    pub fn any_text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let node = self.get(name)?;
        match node.as_str() {
            Some(text) => Some(Spanned { value: text.to_owned(), at: self.location(node.pos) }),
            None => {
                self.mistyped(node, &self.path_of(name), "a text", diagnostics);
                None
            }
        }
    }

    /// The text in a field; reports a text that does not match the declaration. `None` if it is not an allowed word. A
    /// text in the wrong format is still returned, so that it is not reported as missing too.
    pub fn text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let given = self.any_text(name, diagnostics)?;
        if self.row(name).and_then(Row::words).is_some() {
            return self.one_of(name, given, diagnostics);
        }
        self.check_format(name, &given.value, diagnostics);
        Some(given)
    }

    /// The text in a field, if it matches the declaration.
    pub fn valid_text(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let is_right = |given: &Spanned<String>| {
            let format = self.row(name).and_then(Row::format);
            format.is_none_or(|format| format.problem(&given.value).is_none())
        };
        self.text(name, diagnostics).filter(is_right)
    }

    /// The text in a field, else its default.
    pub fn text_or_default(&self, name: &str, diagnostics: &mut Diagnostics) -> String {
        let given = self.text(name, diagnostics).map(|text| text.value);
        given.unwrap_or_else(|| self.row(name).map_or("", Row::default_text).to_owned())
    }

    fn check_format(&self, name: &str, text: &str, diagnostics: &mut Diagnostics) {
        if let Some((message, hint)) = self.misformed(name, text) {
            self.refuse(codes::FIELD_VALUE, name, message, &hint, diagnostics);
        }
    }

    /// The message and hint for a text that does not have the field's format; `None` if it has.
    fn misformed(&self, name: &str, text: &str) -> Option<(String, String)> {
        let row = self.row(name)?;
        let format = row.format()?;
        let hint = if format.hint.is_empty() { row.hint() } else { format.hint.to_owned() };
        Some((format.problem(text)?, hint))
    }

    /// The message and hint for a text that is none of the field's words; `None` if it is, or any text is allowed.
    fn unknown(&self, name: &str, text: &str) -> Option<(String, String)> {
        let words = self.row(name).and_then(Row::words).filter(|words| !words.contains(&text))?;
        let hint = format!("{}{name}: {}", nearest_hint(text, &words), words.join(" or "));
        Some((format!("unknown {name} {}", quote::word(text, &words)), hint))
    }

    fn one_of(&self, name: &str, given: Spanned<String>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
        let Some((message, hint)) = self.unknown(name, &given.value) else { return Some(given) };
        self.refuse(codes::FIELD_VALUE, name, message, &hint, diagnostics);
        None
    }

    /// The value of the word in a field.
    pub fn choice<T: Word>(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
        let given = self.text(name, diagnostics)?;
        Some(Spanned { value: T::parse(&given.value)?, at: given.at })
    }

    /// The texts of the list in a field.
    pub fn texts(&self, name: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
        let items = self.list(name, diagnostics).unwrap_or_default();
        let mut texts = Vec::new();
        for item in items {
            let Some(text) = item.as_str() else {
                self.mistyped(item, &self.path_of(name), "a text", diagnostics);
                continue;
            };
            if let Some((message, hint)) = self.misformed(name, text).or_else(|| self.unknown(name, text)) {
                let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(self.location(item.pos));
                diagnostics.push(problem.field(self.path_of(name)).hint(hint));
            }
            texts.push(text.to_owned());
        }
        texts
    }

    /// A non-negative decimal integer.
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

    /// Labels: their keys and values have the syntax of Kubernetes, and none of them is one of the compiler's own.
    pub fn labels(&self, name: &str, diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
        self.pairs(name, true, diagnostics)
    }

    /// Annotations: their keys have the syntax of Kubernetes.
    pub fn annotations(&self, name: &str, diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
        self.pairs(name, false, diagnostics)
    }

    fn pairs(&self, name: &str, are_labels: bool, diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
        let Some(inner) = self.open_map(name, diagnostics) else { return BTreeMap::new() };
        let mut found = BTreeMap::new();
        for entry in inner.entries() {
            let Some(text) = inner.text(&entry.key, diagnostics) else { continue };
            let is_own = are_labels && SELECTORS.contains(&entry.key.as_str());
            if is_own || !is_qualified(&entry.key) {
                let message =
                    format!("{:?} is {}", entry.key, if is_own { "quay-render's own" } else { "no name for it" });
                let hint = "letters, digits, `-`, `_` and `.`, at most 63; a domain and `/` may stand before them";
                inner.refuse(codes::FIELD_VALUE, &entry.key, message, hint, diagnostics);
            } else if are_labels && !is_label_value(&text.value) {
                let message = format!("{} is not a value of a label", quote::name(&text.value));
                let hint = "letters, digits, `-`, `_` and `.`, at most 63, a letter or digit at either end";
                inner.refuse(codes::FIELD_VALUE, &entry.key, message, hint, diagnostics);
            } else {
                found.insert(entry.key.clone(), text.value);
            }
        }
        found
    }

    /// A number, perhaps with a fraction, in the range or among the numbers of its declaration.
    pub fn decimal(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
        let node = self.get(name)?;
        let number = match &node.data {
            Data::Int(digits) => digits.parse().ok(),
            Data::Float(number) => Some(*number),
            _ => None,
        };
        let Some(number) = number.filter(|number: &f64| number.is_finite() && *number >= 0.0) else {
            self.mistyped(node, &self.path_of(name), NUMBER, diagnostics);
            return None;
        };
        if let Some(message) = self.outside(name, number) {
            self.refuse_by_hint(codes::FIELD_VALUE, name, message, diagnostics);
            return None;
        }
        Some(Spanned { value: number, at: self.location(node.pos) })
    }

    /// A whole number in the range of its declaration.
    pub fn count(&self, name: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<u32>> {
        let given = self.number(name, diagnostics)?;
        let count = self.decimal(name, diagnostics).and_then(|_| given.value.parse().ok());
        count.map(|value| Spanned { value, at: given.at })
    }

    /// What is wrong with a number that is outside of what is allowed.
    fn outside(&self, name: &str, number: f64) -> Option<String> {
        let row = self.row(name)?;
        if let Some((least, most)) = row.range().filter(|(least, most)| !(*least..=*most).contains(&number)) {
            return Some(format!("is not a number from {least} to {most}"));
        }
        let words = row.words()?;
        let is_one =
            words.iter().filter_map(|word| word.parse().ok()).any(|word: f64| (word - number).abs() < f64::EPSILON);
        (!is_one).then(|| format!("is none of {}", words.join(", ")))
    }

    /// The boolean in a field.
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

    /// The boolean in a field, else its default; false if it has none.
    pub fn flag_or_default(&self, name: &str, diagnostics: &mut Diagnostics) -> bool {
        let given = self.flag(name, diagnostics).map(|flag| flag.value);
        given.unwrap_or_else(|| self.row(name).is_some_and(|row| row.default == "true"))
    }

    /// Reports a missing field, at the location of its map.
    pub fn missing(&self, name: &str, diagnostics: &mut Diagnostics) {
        let hint = self.row(name).map(Row::hint).unwrap_or_default();
        self.missing_with(name, &hint, diagnostics);
    }

    /// Like `missing`, with a hint other than the declared one.
    pub fn missing_with(&self, name: &str, hint: &str, diagnostics: &mut Diagnostics) {
        diagnostics.push(
            Diagnostic::new(codes::FIELD_MISSING, "is required and missing")
                .at(self.place())
                .field(self.path_of(name))
                .hint(hint),
        );
    }

    /// Reports a problem with the value of a field, with the declared hint.
    pub fn refuse_by_hint(&self, code: Code, name: &str, message: String, diagnostics: &mut Diagnostics) {
        let hint = self.row(name).map(Row::hint).unwrap_or_default();
        self.refuse(code, name, message, &hint, diagnostics);
    }

    /// Reports a problem with the value of a field.
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
        if wanted == NUMBER && node.as_str().is_some() {
            problem = problem.hint("write it without quotes");
        }
        if wanted == FLAG {
            problem = problem.hint(flag_hint(node));
        }
        diagnostics.push(problem);
    }
}

/// A value that is written as one of a fixed set of words.
pub trait Word: Copy + PartialEq + 'static {
    /// The words and their values.
    const WORDS: &'static [(&'static str, Self)];

    /// The value of a word.
    fn parse(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, value)| *value)
    }

    /// The word of a value.
    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, known)| *known == self).map_or("", |(word, _)| word)
    }
}

/// The description of a boolean in messages.
const FLAG: &str = "true or false";
/// That of a number.
const NUMBER: &str = "a number";

/// The hint for a value that is not a boolean, though it may look like one: `ture`, `"false"`, `on`, `0`.
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

/// Reports that a key may contain a value, without quoting it. `path` is that of the map with the key.
pub fn unquotable(entry: &Entry, path: &str) -> Diagnostic {
    let (message, hint) = if yaml::is_name(&entry.key) {
        (
            "a key here is not known and has no value: it is not repeated, for it may be a value itself",
            "is a colon missing, or a comma one too many? write name: value",
        )
    } else {
        (
            "a key here is not a name: it is not repeated, for it may hold a value",
            "is a blank missing after a colon? write name: value; a name is of letters, digits, `_`, `-`, `.` and `/`",
        )
    };
    let problem = Diagnostic::new(codes::FIELD_NAME, message).hint(hint);
    if path.is_empty() { problem } else { problem.field(path) }
}
