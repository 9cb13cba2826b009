//! SARIF: its results, and the schema of the standard.

use super::{allowed, diagnostics};
use quay_render::diagnostic::{Diagnostic, Diagnostics, codes};
use quay_render::report::Report;
use serde_json::{Value as Json, json};

/// The objections of the SARIF 2.1.0 schema to each log.
fn problems(logs: &[Json]) -> Vec<Vec<String>> {
    // The bracket alone is one of JavaScript's, and no other's.
    let schema = include_str!("../data/sarif-schema-2.1.0.json").replace("{2}]?$", r"{2}\\]?$");
    let schema: Json = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::draft7::new(&schema).unwrap();
    logs.iter().map(|log| validator.iter_errors(log).map(|error| error.to_string()).collect()).collect()
}

fn log(report: Report<'_>) -> Json {
    serde_json::from_str(&report.sarif()).unwrap()
}

/// A diagnostic for every code.
fn everything() -> Diagnostics {
    let mut all = Diagnostics::new();
    codes::ALL.iter().for_each(|code| all.push(Diagnostic::new(*code, "wrong")));
    all
}

#[test]
fn every_log_fits_the_schema_and_the_schema_refuses() {
    let (few, allowed, all, none) = (diagnostics(), allowed(), everything(), Diagnostics::new());
    let good = log(Report { diagnostics: &few, allowed: &allowed });
    let mut bad = good.clone();
    bad["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = json!(0);
    bad["runs"][0]["results"][1]["level"] = json!("fatal");
    let told = problems(&[good, log(Report::new(&all)), log(Report::new(&none)), bad]);
    assert_eq!(told[..3], [vec![], vec![], vec![]] as [Vec<String>; 3]);
    assert_eq!(told[3].len(), 2, "{told:#?}");
}

#[test]
fn each_result_leads_to_its_place_and_its_rule() {
    let found = log(Report::new(&diagnostics()));
    let run = &found["runs"][0];
    assert_eq!(found["version"], "2.1.0");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let results = run["results"].as_array().unwrap();
    for (result, diagnostic) in results.iter().zip(diagnostics().iter()) {
        let rule = &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert_eq!(rule["help"]["markdown"], diagnostic.code.page());
        assert_eq!(result["level"], diagnostic.severity.as_str());
    }
    assert_eq!(
        results[0]["message"]["text"],
        "spec.components[0].kind: unknown component \"storge\"\nhint: the nearest is \"objectstorage\""
    );
    let locations: Vec<&Json> = results.iter().map(|result| &result["locations"]).collect();
    assert_eq!(
        *locations[0],
        json!([{
            "physicalLocation": {
                "artifactLocation": {"uri": "in/registry.yaml"},
                "region": {"startLine": 6, "startColumn": 12},
            },
            "logicalLocations": [{"fullyQualifiedName": "spec.components[0].kind", "kind": "member"}],
        }])
    );
    assert_eq!(
        *locations[2],
        json!([{"physicalLocation": {"artifactLocation": {"uri": "file:///etc/%C3%A4%20b.yaml"}}}])
    );
    assert_eq!(
        *locations[3],
        json!([{
            "physicalLocation": {"artifactLocation": {"uri": "b.yaml"}},
            "message": {"text": "b.yaml: data[\"config.yaml\"]:3:1"},
            "logicalLocations": [{"fullyQualifiedName": "X", "kind": "member"}],
        }])
    );
    assert_eq!(*locations[4], json!([{"message": {"text": "<stdin>:1:1"}}]));
    assert_eq!(*locations[5], Json::Null);
}
