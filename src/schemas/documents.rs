//! The schemas of the documents that users write, from the table `components/config/documents.tsv`.

use super::node::{self, Object, described, with};
use super::settings;
use crate::catalog::{Catalog, Release};
use crate::diagnostic::codes;
use crate::kubernetes::settings::settings as all_settings;
use crate::model::declared::{self, CERTIFICATES, GUIDE_STORAGE, Row, TLS};
use serde_json::{Value, json};

/// The type of a map whose fields are in `components/kubernetes/settings.tsv`.
const SETTINGS: &str = "settings";
/// The type of a map with those settings that a release allows as overrides.
const OVERRIDES: &str = "overrides";

/// An image by digest or tag: if the host has a port, no tag is recognized.
const IMAGE: &str = "^[A-Za-z0-9]([A-Za-z0-9._/:-]*@sha256:[0-9a-f]{64}|[A-Za-z0-9._/-]*:[A-Za-z0-9._-]+)$";

/// A name, and its own description, if there is one.
type Name = (String, Option<String>);

/// The schema of a document, without its header.
pub fn schema(document: &str, release: &Release) -> Object {
    of(table().filter(|row| row.document == document).collect(), release)
}

/// The schema of a document that others complete: no field of its maps is required, only fields of list items.
pub fn part(document: &str, release: &Release) -> Object {
    let mut rows: Vec<Row> = table().filter(|row| row.document == document).collect();
    let maps: Vec<&str> = rows.iter().filter(|row| row.kind == "map of fields").map(|row| row.path).collect();
    for row in rows.iter_mut().filter(|row| row.path.contains('.')) {
        let item = row.path.rsplit_once("[]").map(|(list, _)| list);
        if item.is_none_or(|list| maps.contains(&list)) {
            row.need = "";
        }
    }
    of(rows, release)
}

fn of(rows: Vec<Row>, release: &Release) -> Object {
    let root = fields(&rows, "", false, release);
    let shared = rows.iter().filter_map(|row| Some((placeholder(row)?.to_owned(), shape(&rows, row, release).into())));
    let mut shared: Object = shared.collect();
    for row in &rows {
        match row.kind {
            SETTINGS => shared.append(&mut settings::definitions(&all_settings().iter().collect::<Vec<_>>())),
            OVERRIDES => shared.append(&mut settings::definitions(&settings::of_overrides(release))),
            _ => {}
        }
    }
    if shared.is_empty() { root } else { with(root, "definitions", shared) }
}

fn table() -> impl Iterator<Item = Row> {
    declared::rows().iter().map(|row| Row { ..*row })
}

/// The placeholder in a row that describes many maps of the same structure.
fn placeholder(row: &Row) -> Option<&'static str> {
    let word = row.path.rsplit_once(".<")?.1.strip_suffix('>');
    word.filter(|_| row.kind == "fields")
}

/// A map with the fields below a path and no others.
fn fields(rows: &[Row], path: &str, nullable: bool, release: &Release) -> Object {
    let required: Vec<&str> =
        children(rows, path).filter(|(_, row)| row.need == "required").map(|(name, _)| name).collect();
    let map = node::closed(properties(rows, path, release), &required, nullable);
    let conditions: Vec<Value> =
        children(rows, path).filter_map(|(name, row)| Some(condition(name, row.required_where()?))).collect();
    if conditions.is_empty() { map } else { with(map, "allOf", conditions) }
}

/// `level is allow`: if that field has that value, this one is required.
fn condition(name: &str, (field, value): (&str, &str)) -> Value {
    json!({
        "if": {"required": [field], "properties": {field: {"const": value}}},
        "then": {"required": [name], "properties": {name: {"not": {"type": "null"}}}},
    })
}

fn properties(rows: &[Row], path: &str, release: &Release) -> Object {
    let mut properties = Object::new();
    for (name, row) in children(rows, path) {
        for (of, known) in names(name, release) {
            let node = match row.kind {
                SETTINGS => {
                    let of = (of != name).then_some(of.as_str());
                    described(row.description, settings::map(&settings::of(of, release)))
                }
                OVERRIDES => described(row.description, settings::map(&settings::of_overrides(release))),
                _ => field(rows, row, known.as_deref(), release),
            };
            properties.insert(of, node.into());
        }
    }
    properties
}

/// The rows directly below a path, each with the last part of its own.
fn children<'a>(rows: &'a [Row], path: &str) -> impl Iterator<Item = (&'static str, &'a Row)> {
    rows.iter().filter_map(move |row| {
        let (parent, name) = row.path.rsplit_once('.').unwrap_or(("", row.path));
        (parent == path).then_some((name, row))
    })
}

fn field(rows: &[Row], row: &Row, known: Option<&str>, release: &Release) -> Object {
    let shape = match placeholder(row) {
        // In draft 07 a $ref alone would hide everything next to it, even the description.
        Some(word) => with(Object::new(), "allOf", vec![json!({"$ref": format!("#/definitions/{word}")})]),
        None => shape(rows, row, release),
    };
    let mut node = described(known.unwrap_or(row.description), shape);
    if !row.default.is_empty() {
        node = with(node, "default", value(row.default));
    }
    if !row.example.is_empty() {
        node = with(node, "examples", vec![value(row.example)]);
    }
    node
}

fn shape(rows: &[Row], row: &Row, release: &Release) -> Object {
    // Readers take null as absent, and a required field must not be absent.
    let nullable = row.need != "required";
    match row.kind {
        "fields" => fields(rows, row.path, nullable, release),
        "list of fields" => node::list(Some(fields(rows, &format!("{}[]", row.path), false, release)), nullable),
        "map of fields" => with(
            node::typed("object", nullable),
            "additionalProperties",
            fields(rows, &format!("{}[]", row.path), false, release),
        ),
        "map of string" => with(node::typed("object", nullable), "additionalProperties", text(row, true, release)),
        "list of string" => node::list(Some(text(row, false, release)), nullable),
        "map" => {
            let (map, known) = (node::typed("object", nullable), properties(rows, row.path, release));
            if known.is_empty() { map } else { with(map, "properties", known) }
        }
        "string" => text(row, nullable, release),
        "any" => Object::new(),
        "patch" => with(Object::new(), "type", vec!["object", "array"]),
        "integer" | "number" => number(row, nullable),
        other => node::typed(other, nullable),
    }
}

fn number(row: &Row, nullable: bool) -> Object {
    let node = node::typed(row.kind, nullable);
    match (row.range(), row.words()) {
        (Some((least, most)), _) => with(with(node, "minimum", least), "maximum", most),
        (None, Some(words)) => {
            let known = words.iter().map(|word| value(word));
            with(node, "enum", known.chain(nullable.then_some(Value::Null)).collect::<Vec<_>>())
        }
        (None, None) => node,
    }
}

fn text(row: &Row, nullable: bool, release: &Release) -> Object {
    if let Some(values) = row.allowed.strip_prefix("one of ") {
        let values: Vec<String> =
            values.split(", ").flat_map(|name| names(name, release)).map(|(name, _)| name).collect();
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        return node::one_of(&values, nullable);
    }
    if row.path.ends_with(".<image>") && release.rules.image_tags {
        return node::matching(IMAGE, nullable);
    }
    match row.pattern() {
        Some(pattern) => node::matching(pattern, nullable),
        None => node::typed("string", nullable),
    }
}

/// The text parsed as JSON, else the text itself.
fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// The names that a placeholder is replaced by; any other name is kept.
fn names(name: &'static str, release: &Release) -> Vec<Name> {
    let plain = |name: &str| (name.to_owned(), None);
    // The schema of the standard release is for users who ask for no release: it accepts the names of all.
    let of_any = Catalog::shipped().is_ok_and(|standard| standard.name == release.name);
    match name {
        "<api>" => {
            release.apis().into_iter().map(|needs| (needs.api.clone(), Some(needs.description.clone()))).collect()
        }
        "<certificate>" => {
            CERTIFICATES.iter().map(|(name, what)| ((*name).to_owned(), Some((*what).to_owned()))).collect()
        }
        "<component>" if !of_any => {
            let kinds = release.kinds().into_iter().map(|(name, _)| name).filter(|name| *name != TLS);
            kinds.chain([GUIDE_STORAGE, TLS]).map(plain).collect()
        }
        "<image>" if !of_any => release.image_names().into_iter().map(plain).collect(),
        "<release>" => {
            let versions = Catalog::every().flat_map(|release| {
                let known = release.patches.iter().chain([&release.version]).map(String::as_str);
                std::iter::once(release.name.as_str()).chain(known)
            });
            versions.map(plain).collect()
        }
        "<rule>" => {
            let rules = codes::ALL.iter().filter(|code| code.is_rule());
            rules.map(|code| (code.as_str().to_owned(), opening(code.page()))).collect()
        }
        name => declared::names(name).into_iter().map(plain).collect(),
    }
}

/// The first paragraph of a page, after its title.
fn opening(page: &str) -> Option<String> {
    let paragraph = page.split("\n\n").nth(1)?;
    Some(paragraph.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas::Schema;

    #[test]
    fn every_row_has_a_row_above_it() {
        let all: Vec<Row> = table().collect();
        for row in &all {
            // Users do not write SealedValues by hand, and QuayEcosystems not any more, so they have no schema.
            let is_written = Schema::ALL.iter().any(|schema| schema.name() == row.document);
            let is_read_alone = ["sealed-values", "quay-ecosystem"].contains(&row.document);
            assert!(is_written || is_read_alone, "{}: document", row.path);
            let Some((parent, _)) = row.path.rsplit_once('.') else { continue };
            let parent = parent.trim_end_matches("[]");
            let is_parent = |other: &&Row| other.document == row.document && other.path == parent;
            assert!(all.iter().any(|other| is_parent(&other)), "{} has no row above it", row.path);
        }
    }

    #[test]
    fn a_required_field_is_never_null_and_any_other_may_be() {
        let rows = [
            Row { path: "must", kind: "boolean", need: "required", ..EMPTY },
            Row { path: "may", kind: "boolean", ..EMPTY },
        ];
        let expected = json!({
            "type": "object",
            "properties": {
                "must": {"description": "", "type": "boolean"},
                "may": {"description": "", "type": ["boolean", "null"]},
            },
            "required": ["must"],
            "additionalProperties": false,
        });
        assert_eq!(Value::from(fields(&rows, "", false, Catalog::shipped().unwrap())), expected);
    }

    const EMPTY: Row = Row {
        document: "",
        path: "",
        kind: "",
        default: "",
        allowed: "",
        need: "",
        secret: "",
        example: "",
        hint: "",
        description: "",
    };
}
