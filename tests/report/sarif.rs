//! SARIF: its results, and the schema of the standard.

use super::{allowed, diagnostics};
use quay_render::diagnostic::{Diagnostic, Diagnostics, codes};
use quay_render::report::Report;
use serde_json::{Value as Json, json};
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Prints every problem that the schema has with each of a list of logs, as a list of lists.
const VALIDATE: &str = r#"
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
json.dump([[error.message for error in validator.iter_errors(log)] for log in json.load(sys.stdin)], sys.stdout)
"#;

/// The Python of .ci/setup that has jsonschema.
fn python() -> PathBuf {
    const VARIABLE: &str = "QUAY_RENDER_TEST_KUBERNETES_PYTHON";
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-kubernetes/bin/python");
    let path = env::var_os(VARIABLE).map_or_else(own, PathBuf::from);
    assert!(
        path.is_file(),
        "this test needs Python with tests/requirements-kubernetes.txt at {}: run .ci/setup, or set {VARIABLE}",
        path.display()
    );
    path
}

/// What the schema of SARIF 2.1.0 has against each log.
fn problems(logs: &[Json]) -> Vec<Vec<String>> {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/sarif-schema-2.1.0.json");
    let mut command = Command::new(python());
    command.args(["-B", "-c", VALIDATE]).arg(schema).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let request = json!(logs).to_string();
    let writer = std::thread::spawn(move || stdin.write_all(request.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn log(report: Report<'_>) -> Json {
    serde_json::from_str(&report.sarif()).unwrap()
}

/// One of every code.
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
