//! Random items pass through unchanged, and random bytes get an answer.

use crate::support::krm::{INDEX, example, request};
use crate::support::random::cases;
use crate::support::repository;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use quay_render::diagnostic::Diagnostics;
use quay_render::input::Options;
use quay_render::krm::respond;
use quay_render::yaml::{Origin, raw};
use serde_json::Value as Json;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// Reads `[text]` and prints all documents of each as PyYAML composes them: the tag and the text of every scalar.
const COMPOSE: &str = r#"
import json, sys
import yaml

def form(node):
    # Nothing, where it cannot stand as such, is written as null.
    if node.tag.endswith(":null"): return [node.tag]
    if isinstance(node, yaml.ScalarNode): return [node.tag, node.value]
    if isinstance(node, yaml.SequenceNode): return [node.tag, [form(item) for item in node.value]]
    return [node.tag, [[form(key), form(value)] for key, value in node.value]]

def compose(text):
    try:
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        return str(error)
    return [form(value) for key, value in node.value if key.value == "items"]

json.dump([compose(text) for text in json.load(sys.stdin)], sys.stdout)
"#;

fn composed(texts: &[String]) -> Vec<Json> {
    let mut python = Command::new("python3");
    let python = python.args(["-c", COMPOSE]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.unwrap_or_else(|error| panic!("this test needs python3 with PyYAML: {error}"));
    let mut stdin = python.stdin.take().unwrap();
    let sent = serde_json::to_string(texts).unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(sent.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "PyYAML is needed: run .ci/setup");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Scalars as people and programs write them: those that some reader misreads, and every style.
fn scalar() -> impl Strategy<Value = String> {
    let plain = proptest::sample::select(vec![
        "1",
        "0",
        "-0",
        "0644",
        "0o17",
        "0x1F",
        "1_000",
        "1.50",
        "1e3",
        "1E400",
        ".5",
        "+.5",
        ".inf",
        "-.INF",
        ".nan",
        "1:30",
        "123456789012345678901234567890",
        "-9223372036854775809",
        "2001-01-01",
        "2001-12-14 21:59:43.10 -5",
        "true",
        "Yes",
        "off",
        "y",
        "n",
        "null",
        "~",
        "",
        "text",
        "a b",
        "a#b",
        "a:b",
        "http://x:1/?a=b",
        "<<",
        "=",
        "-",
        "--",
        "-a",
        "?a",
        "%a",
        "größe",
        "日本",
        "!!str 12",
        "!!str",
        "!!int \"3\"",
        "!!binary aGVsbG8=",
        "!own x",
        "! 12",
        "&anchor 1",
        "'it''s'",
        "'  '",
        "\"\\0\\x1b\\u2028\\n\"",
        "\"12\"",
        "\"\"",
        "'true'",
        "\"a\\tb\"",
        "a\tb",
        "*x",
    ]);
    prop_oneof![6 => plain.prop_map(str::to_owned), 1 => "\\PC{0,20}".prop_map(|text| serde_json::to_string(&text).unwrap())]
}

/// The lines of a value, after a key or a dash.
fn value() -> impl Strategy<Value = String> {
    let block = "[ -~]{1,20}".prop_map(|line| line.trim().to_owned());
    let leaf = prop_oneof![
        8 => scalar().prop_map(|scalar| format!(" {scalar}\n")),
        1 => (block.clone(), "[|>][-+]?").prop_map(|(line, head)| format!(" {head}\n  {line}\n\n    {line}\n")),
        1 => (block, 0_usize..2).prop_map(|(line, more)| format!(" !!str |\n  {line}\n{}", "\n".repeat(more))),
        1 => proptest::collection::vec(scalar(), 0..3).prop_map(|items| format!(" [{}]\n", items.join(", "))),
        1 => (scalar(), scalar()).prop_map(|(key, value)| format!(" {{{key}: {value}, z: 1}}\n")),
        1 => Just(" {}\n".to_owned()),
        1 => Just(" words over\n   several lines\n".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let entry = (scalar(), inner.clone()).prop_map(|(key, value)| format!("{key}:{}", indented(&value)));
        prop_oneof![
            proptest::collection::vec(inner.prop_map(|value| format!("-{}", indented(&value))), 1..4),
            proptest::collection::vec(entry, 1..4),
        ]
        .prop_map(|lines| format!("\n{}", lines.concat().lines().map(|line| format!("  {line}\n")).collect::<String>()))
    })
}

fn indented(text: &str) -> String {
    let (first, rest) = text.split_once('\n').unwrap();
    std::iter::once(format!("{first}\n")).chain(rest.lines().map(|line| format!("  {line}\n"))).collect()
}

fn item(value: &str, number: usize) -> String {
    let head = format!("- apiVersion: example.com/v1\n  kind: Thing\n  metadata:\n    name: n{number}\n  spec:");
    format!("{head}{}", indented(value))
}

/// A ResourceList of the kubernetes example and other items.
fn list(others: &str) -> String {
    let inputs = request(&example("kubernetes"), None);
    let (head, items) = inputs.split_once("items:\n").unwrap();
    format!("{head}items:\n{others}{items}")
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_is_written_is_what_was_read(value in value()) {
        let mut problems = Diagnostics::new();
        let origin = Origin { file: "x", within: None };
        if let Some(read) = raw::read(&format!("a:{}", indented(&value)), &origin, &mut problems) {
            let written = read.emit();
            let again = raw::read(&written, &origin, &mut problems);
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            prop_assert!(again.is_some(), "{}\nfrom {}\n{}", written, value, said.join("\n"));
            prop_assert_eq!(again.unwrap().emit(), written);
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _answer_or_refusal = respond(&bytes, Options::default());
        let _answer_or_refusal = respond(&[b"kind: ResourceList\napiVersion: config.kubernetes.io/v1\n".as_slice(), &bytes].concat(), Options::default());
    }

    #[test]
    fn any_text_as_functionconfig_and_item_is_answered(config in value(), other in value(), path in "\\PC{0,12}") {
        let head = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
        let path = serde_json::to_string(&path).unwrap();
        let item = format!("- kind: QuayRegistry\n  apiVersion: quay.redhat.com/v1\n  metadata: {{name: a, annotations: {{config.kubernetes.io/path: {path}, {INDEX}: 'x'}}}}\n  spec:{}", indented(&other));
        let text = format!("{head}functionConfig:{}items:\n{item}", indented(&config));
        if let Ok(response) = respond(text.as_bytes(), Options::default()) {
            prop_assert!(response.diagnostics.has_errors());
            prop_assert!(respond(response.text.as_bytes(), Options::default()).is_ok(), "{}", response.text);
        }
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn a_request_with_one_line_changed_is_answered(line in 0_usize..120, text in "[ -~]{0,40}") {
        let request = list("");
        let changed: Vec<&str> =
            request.lines().enumerate().map(|(at, old)| if at == line { text.as_str() } else { old }).collect();
        let _answer_or_refusal = respond(changed.join("\n").as_bytes(), Options::default());
    }
}

#[test]
fn other_items_come_back_value_for_value() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut sent = Vec::new();
    while sent.len() < 1000 {
        let item = item(&value().new_tree(&mut runner).unwrap().current(), sent.len());
        let origin = Origin { file: "x", within: None };
        // What libyaml refuses no KRM function ever gets.
        if raw::read(&item, &origin, &mut Diagnostics::new()).is_some() {
            sent.push(item);
        }
    }
    // The very texts that break other writers, as Go's writer escapes them.
    let escaped = |c: char| if c.is_ascii() { c.to_string() } else { format!("\\U{:08X}", u32::from(c)) };
    let texts = std::fs::read_to_string(repository().join("tests/data/yaml-strings.json")).unwrap();
    let texts: Vec<Json> = serde_json::from_str(&texts).unwrap();
    let quoted: Vec<String> = texts
        .iter()
        .map(|text| {
            format!("    - {}\n", text.to_string().replace('\u{7f}', "\\x7f").chars().map(escaped).collect::<String>())
        })
        .collect();
    sent.push(item(&format!("\n{}", quoted.concat()), sent.len()));
    let answer = respond(list(&sent.concat()).as_bytes(), Options::default())
        .unwrap_or_else(|why| panic!("{:?}", why.iter().collect::<Vec<_>>()));
    assert!(!answer.diagnostics.has_errors());
    let before: Vec<String> = sent.iter().map(|item| format!("items:\n{item}")).collect();
    let text = answer.text.split_once("\nitems:").unwrap().1;
    let after: Vec<String> = text
        .split("\n- apiVersion: ")
        .skip(1)
        .map(|item| format!("items:\n- apiVersion: {item}\n"))
        .take(sent.len())
        .collect();
    let mut count = 0;
    for ((before, after), item) in composed(&before).iter().zip(composed(&after)).zip(&sent) {
        // PyYAML refuses what libyaml takes: a TAB, a question mark.
        if before.is_array() {
            count += 1;
            assert_eq!(before[0][1][0], after[0][1][0], "{item}");
        }
    }
    assert!(count > 700, "{count}");
}
