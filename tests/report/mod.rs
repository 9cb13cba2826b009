//! Each form of a report: its layout, whether its readers accept it, and that it never contains a secret.

mod sarif;
mod secrets;

use quay_render::diagnostic::Allowed;
use quay_render::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use quay_render::input::{Folder, Inputs, Source};
use quay_render::report::{Format, Report, Sources};
use serde_json::{Value as Json, json};

const REGISTRY: &str = "\
apiVersion: quay.redhat.com/v1
kind: QuayRegistry
metadata: {name: test}
spec:
  components:
  - {kind: storge, managed: false}   # for now
";
const CONFIG: &str = "SERVER_HOSTNAME: registry.example.com\nDB_URI: postgresql://quay:hunter2@db/quay\n";

fn inputs() -> Inputs {
    let source = |name: &str, text: &str| Source { name: name.into(), bytes: text.into() };
    let config = ("config.yaml".to_owned(), source("in/config-bundle/config.yaml", CONFIG));
    Inputs {
        name: "in".into(),
        sources: vec![source("in/registry.yaml", REGISTRY)],
        bundle: Some(Folder { name: "in/config-bundle".into(), files: vec![config] }),
        ..Inputs::default()
    }
}

/// One diagnostic of each kind: with everything, without a line, in a part of a file, in no file, with nothing.
pub fn diagnostics() -> Diagnostics {
    let at = |file: &str, line, column| Location { file: file.into(), line, column };
    let mut all = Diagnostics::new();
    for diagnostic in [
        Diagnostic::new(codes::COMPONENT_UNKNOWN, "unknown component \"storge\"")
            .at(at("in/registry.yaml", 6, 12))
            .field("spec.components[0].kind")
            .hint("the nearest is \"objectstorage\""),
        Diagnostic::new(codes::CONFIG_OVERWRITTEN, "is overwritten: postgres is managed")
            .at(at("in/config-bundle/config.yaml", 2, 9))
            .field("DB_URI")
            .hint("components:\n- kind: postgres\n  managed: false"),
        Diagnostic::new(codes::INPUT_FILE, "is larger than 4 MiB").at(at("/etc/ä b.yaml", 0, 0)),
        Diagnostic::new(codes::FIELD_VALUE, "wrong 100%").at(at("b.yaml: data[\"config.yaml\"]", 3, 1)).field("X"),
        Diagnostic::new(codes::INPUT_SKIPPED, "a \u{1b}[31mkey\nof\u{202e} lines").at(at("<stdin>", 1, 1)),
        Diagnostic::new(codes::INPUT_MISSING, "the input holds no RenderConfig"),
    ] {
        all.push(diagnostic);
    }
    all
}

/// Rules that are switched off.
pub fn allowed() -> Vec<Allowed> {
    vec![
        Allowed { code: "secret-in-output".into(), reason: "sops encrypts it".into(), count: 1 },
        Allowed { code: "host-name".into(), reason: "a test\n".into(), count: 3 },
    ]
}

#[test]
fn text_shows_the_line_with_a_mark_and_only_what_is_public_of_it() {
    let (inputs, diagnostics, allowed) = (inputs(), diagnostics(), allowed());
    let report = Report { diagnostics: &diagnostics, allowed: &allowed };
    let wanted = r#"error[component-unknown]: in/registry.yaml:6:12: spec.components[0].kind: unknown component "storge"
    |
  6 |   - {kind: storge, managed: false}
    |            ^
  hint: the nearest is "objectstorage"
warning[config-overwritten]: in/config-bundle/config.yaml:2:9: DB_URI: is overwritten: postgres is managed
    |
  2 | DB_URI: …
    |         ^
  hint: components:
        - kind: postgres
          managed: false
error[input-file]: /etc/ä b.yaml: is larger than 4 MiB
error[field-value]: b.yaml: data["config.yaml"]:3:1: X: wrong 100%
note[input-skipped]: <stdin>:1:1: a \u{1b}[31mkey\nof\u{202e} lines
error[input-missing]: the input holds no RenderConfig
allowed[secret-in-output]: once: sops encrypts it
allowed[host-name]: 3 times: a test\n
"#;
    assert_eq!(report.text(Some(&Sources::new(&inputs)), false), wanted);
}

#[test]
fn a_line_that_is_too_long_is_cut_around_the_mark() {
    for at in [0, 20, 39] {
        let kinds: Vec<&str> =
            (0..40).map(|index| if index == at { "{kind: clair}" } else { "{kind: postgres}" }).collect();
        let line = format!("spec: {{components: [{}]}}", kinds.join(", "));
        let source = Source { name: "a.yaml".into(), bytes: format!("kind: QuayRegistry\n{line}\n").as_bytes().into() };
        let inputs = Inputs { sources: vec![source], ..Inputs::default() };
        let column = u32::try_from(line.find("clair").unwrap() + 1).unwrap();
        let location = Location { file: "a.yaml".into(), line: 2, column };
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(Diagnostic::new(codes::FIELD_VALUE, "wrong").at(location));
        let shown = Report::new(&diagnostics).text(Some(&Sources::new(&inputs)), false);
        let [_, _, excerpt, mark] = shown.lines().collect::<Vec<_>>()[..] else { panic!("{shown}") };
        assert_eq!(excerpt.find("clair"), mark.find('^'), "{shown}");
        assert!(excerpt.contains("...") && excerpt.chars().count() <= 140, "{shown}");
    }
}

#[test]
fn text_without_sources_is_what_a_diagnostic_displays() {
    let mut diagnostics = Diagnostics::new();
    self::diagnostics().iter().filter(|it| it.code != codes::INPUT_SKIPPED).for_each(|it| diagnostics.push(it.clone()));
    let wanted: String = diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    assert_eq!(Report::new(&diagnostics).text(None, false), wanted);
}

#[test]
fn colors_add_nothing_but_themselves() {
    let (inputs, diagnostics, allowed) = (inputs(), diagnostics(), allowed());
    let report = Report { diagnostics: &diagnostics, allowed: &allowed };
    let sources = Sources::new(&inputs);
    let colored = report.text(Some(&sources), true);
    assert!(colored.contains("\x1b[1m\x1b[31merror[input-file]\x1b[0m: \x1b[1m/etc/ä b.yaml\x1b[0m: "), "{colored}");
    assert!(colored.contains("\x1b[1m\x1b[33m^\x1b[0m") && colored.contains("\x1b[32mhint:\x1b[0m "), "{colored}");
    let parts: Vec<&str> = colored.split('\x1b').collect();
    let plain: String = parts
        .iter()
        .enumerate()
        .map(|(at, part)| if at == 0 { part } else { part.split_once('m').unwrap().1 })
        .collect();
    assert_eq!(plain, report.text(Some(&sources), false));
}

#[test]
fn json_is_one_documented_object() {
    let (diagnostics, allowed) = (diagnostics(), allowed());
    let json = Report { diagnostics: &diagnostics, allowed: &allowed }.json();
    assert!(json.starts_with("{\n  \"version\": 1,\n  \"summary\": {") && json.ends_with("}\n"), "{json}");
    let json: Json = serde_json::from_str(&json).unwrap();
    assert_eq!(json["summary"], json!({"errors": 4, "warnings": 1, "notes": 1}));
    assert_eq!(json["allowed"][1], json!({"code": "host-name", "reason": "a test\n", "count": 3}));
    assert_eq!(json["diagnostics"].as_array().unwrap().len(), 6);
    assert_eq!(
        json["diagnostics"][0],
        json!({
            "code": "component-unknown", "severity": "error", "field": "spec.components[0].kind",
            "file": "in/registry.yaml", "line": 6, "column": 12,
            "message": "unknown component \"storge\"", "hint": "the nearest is \"objectstorage\"",
        })
    );
    assert_eq!(
        json["diagnostics"][2],
        json!({
            "code": "input-file", "severity": "error", "field": null, "file": "/etc/ä b.yaml", "line": null,
            "column": null, "message": "is larger than 4 MiB", "hint": null,
        })
    );
    assert_eq!(json["diagnostics"][5]["file"], Json::Null);
}

#[test]
fn github_has_a_command_a_line_and_a_summary() {
    let (diagnostics, allowed) = (diagnostics(), allowed());
    let wanted = r#"::error file=in/registry.yaml,line=6,col=12,title=component-unknown::spec.components[0].kind: unknown component "storge"%0Ahint: the nearest is "objectstorage"
::error file=/etc/ä b.yaml,title=input-file::is larger than 4 MiB
::error file=b.yaml,title=field-value::b.yaml: data["config.yaml"]:3:1: X: wrong 100%25
::error title=input-missing::the input holds no RenderConfig
::warning file=in/config-bundle/config.yaml,line=2,col=9,title=config-overwritten::DB_URI: is overwritten: postgres is managed%0Ahint: components:%0A- kind: postgres%0A  managed: false
::notice title=input-skipped::<stdin>:1:1: a \u{1b}[31mkey\nof\u{202e} lines
quay-render: 4 errors, 1 warning, 1 note, 4 allowed
"#;
    assert_eq!(Report { diagnostics: &diagnostics, allowed: &allowed }.github(), wanted);
}

#[test]
fn each_format_is_made_by_its_name_and_is_empty_of_nothing() {
    let none = Diagnostics::new();
    let report = Report::new(&none);
    let render = |name: &str| report.render(name.parse::<Format>().unwrap(), None, false);
    assert_eq!(render("text"), "");
    assert_eq!(render("json"), report.json());
    assert_eq!(render("sarif"), report.sarif());
    assert_eq!(render("github"), "quay-render: 0 errors, 0 warnings, 0 notes, 0 allowed\n");
    let json: Json = serde_json::from_str(&render("json")).unwrap();
    assert_eq!(json["diagnostics"], json!([]));
}
