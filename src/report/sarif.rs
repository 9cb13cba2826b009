//! SARIF 2.1.0 for code scanners.

use super::Report;
use super::json::pretty;
use super::place::Place;
use crate::diagnostic::{Code, Diagnostic, Location};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The version of the fingerprint. It changes when the same problem gets another fingerprint.
const FINGERPRINT: &str = "quayRenderProblem/v1";

impl Report<'_> {
    /// One SARIF log with one run. Its rules are the codes of the results, each with its page. A result's text is the
    /// field, the message and the hint, because scanners show nothing else next to the line. Rules that are switched
    /// off are in the run's properties.
    #[must_use]
    pub fn sarif(&self) -> String {
        let shown = self.diagnostics.shown();
        let mut codes: Vec<Code> = shown.iter().map(|it| it.code).collect();
        codes.sort_by_key(|code| code.as_str());
        codes.dedup();
        let results: Vec<Value> = shown.iter().map(|it| result(it, &codes)).collect();
        let allowed: Vec<Value> =
            self.allowed.iter().map(|it| json!({"code": it.code, "reason": it.reason, "count": it.count})).collect();
        pretty(&json!({
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
                }},
                "columnKind": "unicodeCodePoints",
                "results": results,
                "properties": {"allowed": allowed},
            }],
        }))
    }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": summary(code.page())},
        "help": {"text": code.page(), "markdown": code.page()},
        "defaultConfiguration": {"level": code.severity().as_str()},
    })
}

/// The first sentence of a page, on one line.
fn summary(page: &str) -> String {
    let paragraph: Vec<&str> =
        page.lines().skip(1).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ").replace('`', "");
    match paragraph.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => paragraph,
    }
}

fn result(diagnostic: &Diagnostic, codes: &[Code]) -> Value {
    let mut result = json!({
        "ruleId": diagnostic.code.as_str(),
        "level": diagnostic.severity.as_str(),
        "message": {"text": message(diagnostic)},
        "partialFingerprints": {FINGERPRINT: fingerprint(diagnostic)},
    });
    if let Some(index) = codes.iter().position(|code| *code == diagnostic.code) {
        put(&mut result, "ruleIndex", json!(index));
    }
    if let Some(location) = location(diagnostic) {
        put(&mut result, "locations", json!([location]));
    }
    result
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value);
    }
}

fn message(diagnostic: &Diagnostic) -> String {
    let field = diagnostic.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    let hint = diagnostic.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    format!("{field}{}{hint}", diagnostic.message)
}

/// The file with its line and column, and the field. Line and column are left out if the source is not a file, or is a
/// part of one that cannot be opened by itself.
fn location(diagnostic: &Diagnostic) -> Option<Value> {
    let mut location = json!({});
    if let Some(at) = &diagnostic.location {
        match Place::of(&at.file) {
            Some(place) => {
                let mut physical = json!({"artifactLocation": {"uri": place.uri()}});
                if let Some(region) = region(at).filter(|_| place.is_whole) {
                    put(&mut physical, "region", region);
                }
                put(&mut location, "physicalLocation", physical);
                if !place.is_whole {
                    put(&mut location, "message", json!({"text": at.to_string()}));
                }
            }
            None => put(&mut location, "message", json!({"text": at.to_string()})),
        }
    }
    if let Some(field) = &diagnostic.field {
        put(&mut location, "logicalLocations", json!([{"fullyQualifiedName": field, "kind": "member"}]));
    }
    location.as_object().is_some_and(|it| !it.is_empty()).then_some(location)
}

fn region(at: &Location) -> Option<Value> {
    match (at.line, at.column) {
        (0, _) => None,
        (line, 0) => Some(json!({"startLine": line})),
        (line, column) => Some(json!({"startLine": line, "startColumn": column})),
    }
}

/// A fingerprint that stays the same when lines above the problem come and go.
fn fingerprint(diagnostic: &Diagnostic) -> String {
    let file = diagnostic.location.as_ref().map_or("", |at| at.file.as_str());
    let field = diagnostic.field.as_deref().unwrap_or_default();
    let mut hash = Sha256::new();
    for part in [diagnostic.code.as_str(), file, field, &diagnostic.message] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    base16ct::lower::encode_string(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::codes;

    #[test]
    fn a_fingerprint_is_of_the_problem_and_not_of_its_line() {
        let at = |line| Location { file: "a.yaml".into(), line, column: 1 };
        let one = Diagnostic::new(codes::FIELD_VALUE, "wrong").at(at(1)).field("a");
        let moved = Diagnostic { location: Some(at(9)), ..one.clone() };
        let other = Diagnostic { field: Some("b".into()), ..one.clone() };
        assert_eq!(fingerprint(&one), fingerprint(&moved));
        assert_ne!(fingerprint(&one), fingerprint(&other));
        assert_eq!(fingerprint(&one).len(), 64);
    }

    #[test]
    fn every_code_has_a_summary_of_one_line() {
        for code in codes::ALL {
            let summary = summary(code.page());
            assert!(!summary.is_empty() && !summary.contains('\n'), "{code}: {summary:?}");
        }
    }

    #[test]
    fn a_location_has_only_what_is_known() {
        let of = |file: &str, line, column| {
            let at = Location { file: file.into(), line, column };
            location(&Diagnostic::new(codes::FIELD_VALUE, "wrong").at(at))
        };
        let region = |value: Option<Value>| value.and_then(|it| it.pointer("/physicalLocation/region").cloned());
        assert_eq!(region(of("a.yaml", 2, 3)), Some(json!({"startLine": 2, "startColumn": 3})));
        assert_eq!(region(of("a.yaml", 2, 0)), Some(json!({"startLine": 2})));
        assert_eq!(region(of("a.yaml", 0, 0)), None);
        assert_eq!(region(of("a.yaml: data[\"config.yaml\"]", 2, 3)), None);
        assert_eq!(of("<stdin>", 2, 3), Some(json!({"message": {"text": "<stdin>:2:3"}})));
        assert_eq!(location(&Diagnostic::new(codes::FIELD_VALUE, "wrong")), None);
    }
}
