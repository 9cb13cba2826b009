//! No secret of any input is in any form of a report, whatever line and column a diagnostic points to.

use crate::support::random::cases;
use proptest::prelude::*;
use quay_render::compile;
use quay_render::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use quay_render::input::{Folder, Inputs, Source};
use quay_render::model::schema::{self, Secrecy};
use quay_render::report::{Format, Report, Sources};

/// Letters that occur in secrets only: one of them in a report is a part of a secret.
const LETTERS: &str = "żłŵẑđ";

/// A style of writing a value.
#[derive(Clone, Copy, Debug)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
    Lines,
    Anchored,
    Tagged,
    Commented,
    Braces,
}

const STYLES: [Style; 10] = [
    Style::Plain,
    Style::Single,
    Style::Double,
    Style::Literal,
    Style::Folded,
    Style::Lines,
    Style::Anchored,
    Style::Tagged,
    Style::Commented,
    Style::Braces,
];

/// `key: value` in a style, indented by `indent`; `number` makes the name of an anchor.
fn entry(indent: usize, key: &str, secret: &str, style: Style, number: usize) -> String {
    let margin = " ".repeat(indent);
    let quoted = serde_json::to_string(secret).unwrap();
    let doubled = secret.replace('\'', "''");
    match style {
        Style::Plain => format!("{margin}{key}: {secret}\n"),
        Style::Single => format!("{margin}{key}: '{doubled}'\n"),
        Style::Double => format!("{margin}\"{key}\" : {quoted}\n"),
        Style::Literal => format!("{margin}{key}: |\n{margin}  REGISTRY_TITLE: {secret}\n{margin}  - {secret}\n"),
        Style::Folded => format!("{margin}{key}: >-\n\n{margin}  TESTING: true {secret}\n"),
        Style::Lines => format!("{margin}{key}: '{doubled}\n{margin}  REGISTRY_TITLE: {doubled}'\n"),
        Style::Anchored => format!("{margin}{key}: &a{number} {quoted}\n{margin}also{number}: *a{number}\n"),
        Style::Tagged => format!("{margin}{key}: !!str {quoted}\n"),
        Style::Commented => format!("{margin}# {key}: {secret}\n{margin}{key}: {quoted} # {secret}\n"),
        Style::Braces => format!("{margin}{key}: {{{quoted}: {quoted}, REGISTRY_TITLE: [{quoted}]}}\n"),
    }
}

/// The rows of the tables that contain a secret: the name, and whether only members are secret.
fn fields() -> Vec<(&'static str, bool)> {
    let secret = schema::fields().iter().filter(|fact| fact.secrecy() != Secrecy::Public);
    let name = |fact: &schema::Fact| if fact.name.starts_with('<') { "OWN_LOGIN_CONFIG" } else { fact.name };
    secret.map(|fact| (name(fact), fact.secrecy() == Secrecy::Inside)).collect()
}

fn members() -> Vec<&'static str> {
    schema::all_members().iter().filter(|fact| fact.secrecy() == Secrecy::Secret).map(|fact| fact.name).collect()
}

/// A config.yaml with every secret field and, for those with secrets inside, all secret members, each in its own style.
fn config(secrets: &[String], styles: &[usize]) -> String {
    let mut text = String::from("SERVER_HOSTNAME: registry.example.com\n");
    let mut number = 0;
    let mut next = || {
        number += 1;
        (secrets[number % secrets.len()].as_str(), STYLES[styles[number % styles.len()] % STYLES.len()], number)
    };
    for (field, has_members) in fields() {
        if !has_members {
            let (secret, style, number) = next();
            text.push_str(&entry(0, field, secret, style, number));
            continue;
        }
        let (secret, style, _) = next();
        if matches!(style, Style::Braces | Style::Double) {
            let quoted = serde_json::to_string(secret).unwrap();
            let members = members().join(&format!(": {quoted}, "));
            text.push_str(&format!("{field}: {{host: h, {members}: {quoted}, port: 1}}\n"));
            continue;
        }
        text.push_str(&format!("{field}:\n  host: h\n"));
        let mut seen = std::collections::BTreeSet::new();
        for member in members().into_iter().filter(|member| seen.insert(*member)) {
            let (secret, style, number) = next();
            text.push_str(&entry(2, member, secret, style, number));
        }
    }
    let (secret, style, number) = next();
    text + &entry(0, "NEVER_HEARD_OF", secret, style, number) + "TESTING: false\n"
}

fn source(name: &str, text: String) -> Source {
    Source { name: name.into(), bytes: text.into_bytes() }
}

/// The config in every form of a bundle, and the other documents with secrets.
fn inputs(config: &str, secret: &str) -> Inputs {
    let indented: String = config.lines().map(|line| format!("    {line}\n")).collect();
    let quoted = serde_json::to_string(config).unwrap();
    let head = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: bundle\n";
    let one = serde_json::to_string(secret).unwrap();
    let bucket = format!("{{host: h, name: n, accessKey: {one}, secretKey: {one}}}");
    Inputs {
        name: "in".into(),
        sources: vec![
            source("block.yaml", format!("{head}stringData:\n  config.yaml: |\n{indented}  other: {one}\n")),
            source("quoted.yaml", format!("{head}stringData: {{config.yaml: {quoted}, other: {one}}}\n")),
            source("note.yaml", format!("{head}  annotations: {{a: {one}}}\nstringData:\n  note: |\n{indented}")),
            source(
                "render-config.yaml",
                format!(
                    "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: '3.5'\n  x: {one}\n  \
                     objectStorage:\n    bucket: {bucket}\n---\nkind: RenderConfig\nspec:\n  objectStorage:\n    bucket:\n      \
                     accessKey: {one}\n      secretKey: >\n        {secret}\n      host: h\n"
                ),
            ),
        ],
        bundle: Some(Folder {
            name: "b".into(),
            files: vec![("config.yaml".into(), source("b/config.yaml", config.into()))],
        }),
        ..Inputs::default()
    }
}

fn files(inputs: &Inputs) -> Vec<&Source> {
    inputs.sources.iter().chain(inputs.bundle.iter().flat_map(|it| it.files.iter().map(|(_, file)| file))).collect()
}

/// A diagnostic at every line and, if `columns`, at every column.
fn everywhere(inputs: &Inputs, columns: bool) -> Diagnostics {
    let mut all = Diagnostics::new();
    for file in files(inputs) {
        for (line, text) in (1..).zip(String::from_utf8_lossy(&file.bytes).lines()) {
            let last = if columns { text.chars().count().min(150) + 1 } else { 1 };
            for column in 1..=u32::try_from(last).unwrap() {
                let at = Location { file: file.name.clone(), line, column };
                all.push(Diagnostic::new(codes::FIELD_VALUE, "wrong").at(at));
            }
        }
    }
    all
}

fn leaks(text: &str) -> Option<&str> {
    text.lines().find(|line| line.contains(|c| LETTERS.contains(c)) || line.contains("\\u{"))
}

/// Secrets of letters and of characters that are special in YAML; never blank, and without blanks at their ends.
fn secret() -> impl Strategy<Value = String> {
    let letter = proptest::sample::select(LETTERS.chars().collect::<Vec<_>>());
    let piece = prop_oneof![
        6 => letter.clone().prop_map(String::from),
        1 => proptest::sample::select(vec![": ", " #", "-", "'", "\"", "{", "}", "[", ",", "\\", "://", "@", "|", "&", "*"])
            .prop_map(String::from),
    ];
    (letter.clone(), proptest::collection::vec(piece, 0..20), letter)
        .prop_map(|(first, pieces, last)| format!("{first}{}{last}", pieces.concat()))
}

/// Secrets that every style can hold.
fn simple_secret() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(LETTERS.chars().collect::<Vec<_>>()), 1..30)
        .prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn no_secret_is_in_a_report_of_any_line_and_column(
        simple in proptest::collection::vec(simple_secret(), 5..9),
        styles in proptest::collection::vec(0_usize..STYLES.len(), 7..23),
    ) {
        let inputs = inputs(&config(&simple, &styles), &simple[0]);
        let sources = Sources::new(&inputs);
        let lines = everywhere(&inputs, false);
        let text = Report::new(&lines).text(Some(&sources), false);
        prop_assert_eq!(leaks(&text), None);
        // It can be parsed, or this would prove nothing.
        for name in ["b/config.yaml:1:1", "block.yaml:7:1"] {
            let shown = text.split(name).nth(1).unwrap_or_default();
            prop_assert!(shown.lines().nth(2).unwrap_or_default().ends_with("SERVER_HOSTNAME: registry.example.com"), "{}", shown);
        }
        let text = Report::new(&everywhere(&inputs, true)).text(Some(&sources), false);
        prop_assert_eq!(leaks(&text), None);
        for (_, format) in Format::ALL {
            let text = Report::new(&lines).render(*format, Some(&sources), false);
            prop_assert_eq!(leaks(&text), None);
        }
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn no_secret_of_a_broken_text_is_in_a_report(
        secrets in proptest::collection::vec(secret(), 5..9),
        styles in proptest::collection::vec(0_usize..STYLES.len(), 7..23),
    ) {
        let inputs = inputs(&config(&secrets, &styles), &secrets[0]);
        let sources = Sources::new(&inputs);
        let text = Report::new(&everywhere(&inputs, false)).text(Some(&sources), false);
        prop_assert_eq!(leaks(&text), None);
    }

    #[test]
    fn the_length_of_a_secret_is_not_in_a_report(
        lengths in proptest::collection::vec((1_usize..40, 1_usize..40), 5..9),
        styles in proptest::collection::vec(0_usize..STYLES.len(), 7..23),
    ) {
        let shown = |secrets: Vec<String>| {
            let inputs = inputs(&config(&secrets, &styles), &secrets[0]);
            Report::new(&everywhere(&inputs, false)).text(Some(&Sources::new(&inputs)), false)
        };
        let (one, two): (Vec<_>, Vec<_>) = lengths.iter().map(|(one, two)| ("ż".repeat(*one), "ł".repeat(*two))).unzip();
        prop_assert_eq!(shown(one), shown(two));
    }

    #[test]
    fn no_secret_is_in_what_a_compilation_says(
        secrets in proptest::collection::vec(secret(), 5..9),
        styles in proptest::collection::vec(0_usize..STYLES.len(), 7..23),
    ) {
        let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: r, namespace: q}\n";
        let render = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: '3.5'\n  cluster:\n    \
                      platform: openshift\n    appsDomain: apps.example.com\n  objectStorage:\n    bucket: {host: h, name: n, \
                      accessKey: ";
        let one = serde_json::to_string(&secrets[0]).unwrap();
        let mut inputs = inputs(&config(&secrets, &styles), &secrets[0]);
        inputs.sources = vec![
            source("r.yaml", registry.into()),
            source("c.yaml", format!("{render}{one}, secretKey: {one}}}\n")),
        ];
        let compiled = compile(&inputs);
        for (_, format) in Format::ALL {
            let text = Report::new(&compiled.diagnostics).render(*format, Some(&Sources::new(&inputs)), false);
            prop_assert_eq!(leaks(&text), None);
        }
    }
}
