//! Diagnostics as the results of a ResourceList.

use super::inputs::Chosen;
use super::item;
use super::list::List;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity};
use crate::object::Value;
use crate::quote;
use crate::yaml::Raw;
use std::collections::{BTreeMap, BTreeSet};

/// What follows a file's name if positions are those of a part of it: `bundle.yaml: data["config.yaml"]`.
const PART: &str = ": data[";

/// The diagnostics without positions that nobody could find: the documents have passed through other programs, so their
/// lines are no longer those of the file. Lines of a config.yaml are kept.
pub(super) fn placed(diagnostics: Diagnostics, list: &List, chosen: &Chosen<'_>) -> Diagnostics {
    let mut names: BTreeSet<&str> = list.names.iter().map(String::as_str).collect();
    names.extend(chosen.documents.iter().map(|document| document.name.as_str()));
    let mut diagnostics = diagnostics.map(|diagnostic| without_positions(diagnostic, &names));
    diagnostics.sort();
    diagnostics
}

fn without_positions(mut diagnostic: Diagnostic, names: &BTreeSet<&str>) -> Diagnostic {
    if let Some(at) = diagnostic.location.as_mut().filter(|at| !at.file.contains(PART)) {
        (at.line, at.column) = (0, 0);
    }
    diagnostic.message = without_position(&diagnostic.message, names);
    diagnostic.hint = diagnostic.hint.map(|hint| without_position(&hint, names));
    diagnostic
}

/// `x.yaml:3:1` becomes `x.yaml`.
fn without_position(text: &str, names: &BTreeSet<&str>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, from)) = rest.find(':').and_then(|colon| rest.split_at_checked(colon)) {
        out.push_str(before);
        let behind = position(from).filter(|_| ends_in_name(&out, names));
        rest = behind.unwrap_or_else(|| {
            out.push(':');
            from.get(1..).unwrap_or_default()
        });
    }
    out + rest
}

fn ends_in_name(text: &str, names: &BTreeSet<&str>) -> bool {
    text.char_indices().any(|(start, _)| text.get(start..).is_some_and(|end| names.contains(end)))
}

/// The text after a position, if it begins with one.
fn position(text: &str) -> Option<&str> {
    let number = |text: &'_ str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let mut rest = text;
    for _ in 0..2 {
        rest = rest.strip_prefix(':')?;
        let length = number(rest);
        rest = rest.get(length..).filter(|_| length > 0)?;
    }
    Some(rest)
}

/// One result for each diagnostic, in their order.
pub(super) fn results(diagnostics: &Diagnostics, list: &List, chosen: &Chosen<'_>) -> Vec<Raw> {
    let objects = objects(list, chosen);
    diagnostics.shown().iter().map(|diagnostic| result(diagnostic, &objects)).collect()
}

fn result(diagnostic: &Diagnostic, objects: &BTreeMap<&str, &Raw>) -> Raw {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "info",
    };
    let object = diagnostic.location.as_ref().and_then(|at| object(at, objects));
    let field = diagnostic.field.as_ref().map(|path| Raw::from_iter([("path", Some(Raw::text(path.as_str())))]));
    Raw::from_iter([
        ("message", Some(Raw::text(message(diagnostic)))),
        ("severity", Some(Raw::text(severity))),
        ("resourceRef", object.map(reference)),
        ("field", field),
        ("file", object.and_then(file)),
        ("tags", Some(Raw::from_iter([("code", Some(Raw::text(diagnostic.code.as_str())))]))),
    ])
}

/// The place in a config.yaml, the message, the code and the hint.
fn message(diagnostic: &Diagnostic) -> String {
    let place = diagnostic.location.as_ref().and_then(|at| {
        let (_, part) = at.file.rsplit_once(PART)?;
        let file = part.trim_end_matches(']').trim_matches('"').to_owned();
        Some(format!("{}: ", Location { file, ..at.clone() }))
    });
    let mut text = format!("{}{} [{}]", place.unwrap_or_default(), diagnostic.message, diagnostic.code);
    if let Some(hint) = &diagnostic.hint {
        text.push_str("\nhint: ");
        text.push_str(hint);
    }
    text
}

/// The objects that locations can be in, by name.
fn objects<'a>(list: &'a List, chosen: &'a Chosen<'_>) -> BTreeMap<&'a str, &'a Raw> {
    // Problems with the functionConfig itself refer to it, and not to a document in it.
    let config = list.function_config().map(|config| (super::inputs::CONFIG, config));
    let items = list.names.iter().map(String::as_str).zip(&list.items);
    let mut objects: BTreeMap<&str, &Raw> = config.into_iter().chain(items).collect();
    objects.extend(chosen.documents.iter().map(|document| (document.name.as_str(), document.raw)));
    objects
}

/// The object that a location is in.
fn object<'a>(at: &Location, objects: &BTreeMap<&str, &'a Raw>) -> Option<&'a Raw> {
    let whole = at.file.rsplit_once(PART).map_or(at.file.as_str(), |(file, _)| file);
    objects.get(whole).copied()
}

/// The identity of an object, limited to texts that look like valid names: anything else may be a secret.
fn reference(object: &Raw) -> Raw {
    let is_shown = |text: &&str| !text.is_empty() && quote::bare_name(text) == *text;
    let text = |path: &[&str]| Some(object.str_at(path)).filter(is_shown).map(Raw::text);
    Raw::from_iter([
        ("apiVersion", text(&["apiVersion"])),
        ("kind", text(&["kind"])),
        ("name", text(&["metadata", "name"])),
        ("namespace", text(&["metadata", "namespace"])),
    ])
}

fn file(object: &Raw) -> Option<Raw> {
    let index = i64::try_from(item::index(object)).unwrap_or_default();
    let path = item::path(object)?;
    Some(Raw::from_iter([("path", Some(Raw::text(path))), ("index", Some(Raw::from(&Value::from(index))))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_behind_a_known_name_is_left_out_and_no_other() {
        let names = BTreeSet::from(["a.yaml", "b c.yaml[2]"]);
        for (text, wanted) in [
            ("another at a.yaml:3:14 and b c.yaml[2]:1:2; keep one", "another at a.yaml and b c.yaml[2]; keep one"),
            ("a.yaml:3", "a.yaml:3"),
            ("a.yaml:3:", "a.yaml:3:"),
            ("d.yaml:3:1: a: b", "d.yaml:3:1: a: b"),
            ("::é:a.yaml:1:1", "::é:a.yaml"),
        ] {
            assert_eq!(without_position(text, &names), wanted);
        }
    }
}
