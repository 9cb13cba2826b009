//! The YAML module compared with the readers that it imitates: PyYAML and kubectl themselves.

use crate::support::readers::{kubectl, pyyaml_documents, pyyaml_scalars};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::object::{Map, Value};
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// Strings that broke some YAML writer or reader.
const STRINGS: &str = include_str!("data/yaml-strings.json");
/// How many of them kubectl can process in reasonable time; these include the hand-made ones.
const FOR_KUBECTL: usize = 330;
/// The results of both readers for plain scalars when the dialects were written.
const SCALARS: &str = include_str!("data/yaml-scalars.tsv");

/// All of them can be represented: the file has no unpaired surrogate.
fn strings() -> Vec<String> {
    let strings: Vec<String> = serde_json::from_str(STRINGS).expect("a list of strings");
    assert_eq!(strings.len(), 2_978);
    strings
}

fn map(entries: impl IntoIterator<Item = (String, Value)>) -> Value {
    Value::Map(entries.into_iter().collect())
}

/// A value in the form that the Python program of `support` prints.
fn form(value: &Value) -> Json {
    match value {
        Value::Null => json!(["null"]),
        Value::Bool(truth) => json!(["bool", truth]),
        Value::Int(digits) => json!(["int", digits]),
        Value::Float(number) => json!(["float", format!("{:016x}", number.to_bits())]),
        Value::Date(_) => json!(["date"]),
        Value::Str(text) => json!(["str", text]),
        Value::Seq(items) => json!(["list", items.iter().map(form).collect::<Vec<_>>()]),
        Value::Map(entries) => {
            json!(["map", entries.iter().map(|(k, v)| json!([["str", k], form(v)])).collect::<Vec<_>>()])
        }
    }
}

/// Whether kubectl's JSON equals the value.
fn same(json: &Json, value: &Value) -> bool {
    match (json, value) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::String(a), Value::Str(b)) => a == b,
        (Json::Number(a), Value::Int(b)) => a.to_string() == *b || (!a.is_i64() && is_near(a, b.parse().ok())),
        (Json::Number(a), Value::Float(b)) => is_near(a, Some(*b)),
        (Json::Array(a), Value::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Value::Map(b)) => {
            a.len() == b.len() && b.iter().all(|(key, value)| a.get(key).is_some_and(|found| same(found, value)))
        }
        _ => false,
    }
}

/// serde_json may be wrong in the last bit of a double.
fn is_near(json: &serde_json::Number, number: Option<f64>) -> bool {
    json.as_f64().zip(number).is_some_and(|(a, b)| (a - b).abs() <= b.abs() * 4.0 * f64::EPSILON)
}

/// `count` samples, the same in every run.
fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a sample").current()).collect()
}

fn assert_none(kind: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{} {kind}, the first:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
}

#[test]
fn pyyaml_reads_every_string_as_value_item_and_key() {
    let mut values = Vec::new();
    for text in strings() {
        values.push(map([("k".to_owned(), Value::Str(text.clone()))]));
        values.push(Value::from(vec![text.clone(), text.clone()]));
        values.push(map([(text.clone(), Value::from("v")), ("z".to_owned(), Value::Null)]));
        values.push(Value::Str(text));
    }
    let blocks: Vec<_> = values.iter().map(yaml::emit).collect();
    let lines: Vec<_> = values.iter().map(|value| format!("- {}\n", yaml::flow(value))).collect();
    let found = pyyaml_documents(&[blocks.clone(), lines.clone()].concat());
    let (from_blocks, from_lines) = found.split_at(blocks.len());
    let mut wrong = Vec::new();
    for (index, value) in values.iter().enumerate() {
        if from_blocks[index] != form(value) {
            wrong.push(format!("{:?}\n  as {}", blocks[index], from_blocks[index]));
        }
        if from_lines[index] != json!(["list", [form(value)]]) {
            wrong.push(format!("{:?}\n  as {}", lines[index], from_lines[index]));
        }
    }
    assert_none("misreadings", &wrong);
}

#[test]
fn kubectl_reads_the_strings_as_value_and_key() {
    let strings: Vec<_> = strings().into_iter().take(FOR_KUBECTL).collect();
    let items = Value::Seq(strings.iter().map(|text| Value::Str(text.clone())).collect());
    let keys = map(strings.iter().enumerate().map(|(n, text)| (text.clone(), Value::from(n as i64))));
    let spec = map([("items".to_owned(), items.clone()), ("keys".to_owned(), keys.clone())]);
    let flow = map([("items".to_owned(), items), ("keys".to_owned(), keys)]);
    for text in [
        yaml::emit(&spec),
        format!("items: {}\nkeys: {}\n", yaml::flow(at(&flow, "items")), yaml::flow(at(&flow, "keys"))),
    ] {
        let found = kubectl(&text).unwrap_or_else(|error| panic!("kubectl refuses the strings: {error}"));
        let mut wrong = Vec::new();
        for (index, wanted) in strings.iter().enumerate() {
            if found["items"][index].as_str() != Some(wanted) {
                wrong.push(format!("{wanted:?} as {}", found["items"][index]));
            }
        }
        assert_none("misreadings", &wrong);
        assert!(same(&found["keys"], at(&spec, "keys")), "a key is misread");
    }
}

fn at<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.at(&[key]).expect("the key")
}

/// One row: the scalar and the cells of PyYAML and kubectl.
fn table() -> Vec<[&'static str; 3]> {
    let rows = SCALARS.lines().filter(|line| !line.starts_with('#')).skip(1);
    let rows: Vec<[&str; 3]> =
        rows.map(|line| <[&str; 3]>::try_from(line.split('\t').collect::<Vec<_>>()).expect("three columns")).collect();
    assert_eq!(rows.len(), 78);
    rows
}

/// The value in a cell of the table; `None` for an error and for a number that is not finite, which we refuse.
fn cell(scalar: &str, cell: &str) -> Option<Value> {
    let (kind, value) = cell.split_once(' ').expect("a kind and a value");
    match kind {
        "NoneType" => Some(Value::Null),
        "bool" => Some(Value::Bool(value.eq_ignore_ascii_case("true"))),
        "int" => Some(Value::Int(value.to_owned())),
        "float" => value.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Float),
        "str" => Some(Value::from(scalar)),
        "date" | "datetime" => Some(Value::Date(scalar.to_owned())),
        "ERR" => None,
        other => panic!("unknown kind {other}"),
    }
}

#[test]
fn the_table_of_scalars_holds_for_both_dialects() {
    for [scalar, python, kubernetes] in table() {
        assert_eq!(yaml::resolve(scalar, Dialect::Python), cell(scalar, python), "{scalar} in Python");
        assert_eq!(yaml::resolve(scalar, Dialect::Kubernetes), cell(scalar, kubernetes), "{scalar} in Kubernetes");
    }
}

/// Whether the Python program's value equals that of `resolve`.
fn agrees(found: &Json, resolved: Option<&Value>) -> bool {
    match resolved {
        Some(value) => *found == form(value),
        None => found[0] == "error" || is_not_finite(found),
    }
}

/// Infinity and NaN have all bits of the exponent set.
fn is_not_finite(found: &Json) -> bool {
    let bits = found[1].as_str().and_then(|bits| u64::from_str_radix(bits, 16).ok());
    found[0] == "float" && bits.is_some_and(|bits| !f64::from_bits(bits).is_finite())
}

/// Plain scalars that resemble special ones.
fn scalars() -> impl Strategy<Value = String> {
    let known: Vec<&str> = table().iter().map(|row| row[0]).collect();
    let changed = (prop::sample::select(known), "[0-9_.:eExXbBoO+~tTzZ -]", any::<prop::sample::Index>(), 0..3_u8);
    let changed = changed.prop_map(|(scalar, piece, index, kind)| {
        let mut chars: Vec<char> = scalar.chars().collect();
        let place = index.index(chars.len());
        match kind {
            0 => chars.insert(place, piece.chars().next().unwrap_or('0')),
            1 => chars[place] = piece.chars().next().unwrap_or('0'),
            _ => drop(chars.remove(place)),
        }
        chars.into_iter().collect()
    });
    prop_oneof![
        changed,
        "[-+]?[0-9_.:]{1,9}([eE][-+]?[0-9_]{0,3})?",
        "[-+]?0[xXbBoO]?[0-9a-fA-F_]{0,20}",
        "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([tT ]|  )?[0-9]{0,2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,7})?( ?[Z+-][0-9:]{0,5})?",
        "[0-9]{4}-(0[1-9]|1[0-2])-[0-3][0-9]",
        "[1-9][0-9]{0,30}(:[0-5]?[0-9]){1,30}(\\.[0-9]{0,5})?",
        "[0-9]{1,40}\\.[0-9]{0,30}([eE][-+][0-9]{1,3})?",
        "[yYnNoOtTfF][a-zA-Z]{0,4}",
    ]
}

#[test]
fn pyyaml_resolves_random_scalars_as_we_do() {
    let mut all: Vec<String> = table().iter().map(|row| row[0].to_owned()).collect();
    // PyYAML itself fails with an IndexError at a text of no characters under these tags; nobody can write one.
    all.extend(samples(&scalars(), 20_000).into_iter().filter(|scalar| !scalar.is_empty()));
    let mut wrong = Vec::new();
    for (scalar, found) in all.iter().zip(pyyaml_scalars(&all)) {
        let resolved = yaml::resolve(scalar, Dialect::Python);
        // Weights beyond 128 bits are refused on purpose: more than twenty groups of sixty.
        let is_beyond = resolved.is_none() && scalar.len() > 24;
        if !is_beyond && !agrees(&found, resolved.as_ref()) {
            wrong.push(format!("{scalar:?}: {resolved:?} but PyYAML {found}"));
        }
    }
    assert!(all.len() > 16_000);
    assert_none("differences", &wrong);
}

fn read(text: &str, dialect: Dialect) -> (Option<Value>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let root = yaml::parse_one(text, &Origin { file: "f", within: None }, dialect, &mut diagnostics);
    (root.map(|node| node.to_value()), diagnostics)
}

#[test]
fn kubectl_resolves_random_scalars_as_we_do() {
    let mut wanted = Vec::new();
    let mut refused = Vec::new();
    let mut spec = String::new();
    let known = table().into_iter().map(|row| row[0].to_owned());
    for scalar in known.chain(samples(&scalars(), 6_000)) {
        let line = format!("- {scalar}\n");
        let (_, diagnostics) = read(&line, Dialect::Kubernetes);
        match yaml::resolve(&scalar, Dialect::Kubernetes) {
            None => refused.push(scalar),
            Some(value) if !diagnostics.has_errors() && is_plain(&scalar) => {
                wanted.push((scalar, value));
                let _ = write!(spec, "{line}");
            }
            Some(_) => {}
        }
    }
    let found = kubectl(&spec).unwrap_or_else(|error| panic!("kubectl refuses the scalars: {error}"));
    assert_eq!(found.as_array().map(Vec::len), Some(wanted.len()));
    let differ = |((scalar, value), found): (&(String, Value), &Json)| {
        (!same(found, value)).then(|| format!("{scalar:?}: {value:?} but kubectl {found}"))
    };
    let wrong: Vec<_> = wanted.iter().zip(found.as_array().unwrap()).filter_map(differ).collect();
    assert!(wanted.len() > 4_000, "{}", wanted.len());
    assert_none("differences", &wrong);
    refused.sort();
    refused.dedup();
    for scalar in refused.iter().take(12) {
        assert!(kubectl(&format!("- {scalar}\n")).is_err(), "kubectl reads {scalar}");
    }
}

/// Whether a line `- scalar` holds this scalar and nothing else.
fn is_plain(scalar: &str) -> bool {
    let mut diagnostics = Diagnostics::new();
    let line = format!("- {scalar}\n");
    let root = yaml::parse_one(&line, &Origin { file: "f", within: None }, Dialect::Kubernetes, &mut diagnostics);
    let items = root.as_ref().and_then(|root| root.as_seq());
    items.is_some_and(|items| items.len() == 1 && items[0].raw.as_deref() == Some(scalar))
}

/// Documents of characters that are special in YAML, most of them invalid.
fn documents() -> impl Strategy<Value = String> {
    let pieces: &[&str] = &[
        "a",
        "b: ",
        "c:",
        "- ",
        "\n",
        "\n",
        "\n  ",
        "\n  ",
        "\n    ",
        " ",
        "? ",
        "[",
        "]",
        "{",
        "}",
        ", ",
        "'",
        "'",
        "\"",
        "\"",
        "\\",
        "\\n",
        "\\x41",
        " |\n",
        " >\n",
        "|-\n",
        ">+2\n",
        " # c",
        "#",
        "&a ",
        "*a",
        "!!str ",
        "!!int ",
        "<<: ",
        "\n---\n",
        "\t",
        "\r\n",
        "@",
        "~",
        "null",
        "1",
        "0x1f",
        "1:30",
        ".inf",
        "é",
        "😀",
        "k: v\n",
        "x: 'y'\n",
        "  z: [1, 2]\n",
        "- q: \"r\"\n",
    ];
    prop::collection::vec(prop::sample::select(pieces), 1..14).prop_map(|pieces| pieces.concat())
}

/// PyYAML accepts everything that we accept, with the same value.
#[test]
fn pyyaml_reads_what_we_read() {
    let texts = samples(&documents(), 12_000);
    let mut wrong = Vec::new();
    let mut read_by_us = 0;
    for (text, found) in texts.iter().zip(pyyaml_documents(&texts)) {
        let (value, diagnostics) = read(text, Dialect::Python);
        // A warning tells of a key or a second document where PyYAML goes on differently. In a text at the root PyYAML
        // takes lines that start with # for comments; a config is a map.
        let is_text = matches!(value, Some(Value::Str(_)));
        if diagnostics.has_errors() || diagnostics.count(Severity::Warning) > 0 || is_text {
            continue;
        }
        read_by_us += 1;
        let value = form(&value.unwrap_or(Value::Null));
        if found != value {
            wrong.push(format!("{text:?}: {value} but PyYAML {found}"));
        }
    }
    println!("{read_by_us} of {} documents were read", texts.len());
    assert!(read_by_us > 500, "{read_by_us}");
    assert_none("differences", &wrong);
}

/// Both readers read nested values of every kind that we write.
#[test]
fn both_readers_read_what_we_write() {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Int(number.to_string())),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::Float),
        (-4000_i32..4000).prop_map(|n| Value::Float(f64::from(n) / 8.0)),
        prop::sample::select(strings()).prop_map(Value::Str),
    ];
    let value = leaf.prop_recursive(5, 30, 5, |inner| {
        let key = prop_oneof![prop::sample::select(strings()), "[a-z ]{120,1200}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Seq),
            prop::collection::vec((key, inner), 0..5).prop_map(map),
        ]
    });
    let values = samples(&value, 1_500);
    let texts: Vec<_> = values.iter().map(yaml::emit).collect();
    let mut wrong = Vec::new();
    for ((text, value), found) in texts.iter().zip(&values).zip(pyyaml_documents(&texts)) {
        if found != form(value) {
            wrong.push(format!("{text}\nas {found}"));
        }
    }
    assert_none("misreadings by PyYAML", &wrong);

    let found = kubectl(&yaml::emit(&Value::Seq(values.clone()))).unwrap_or_else(|error| panic!("kubectl: {error}"));
    let read_back = |value: &Value| read(&yaml::emit(value), Dialect::Kubernetes).0.unwrap_or(Value::Null);
    let wrong: Vec<_> = values
        .iter()
        .zip(found.as_array().expect("a list"))
        .filter(|(value, found)| !same(found, &read_back(value)))
        .map(|(value, found)| format!("{}\nas {found}", yaml::emit(value)))
        .collect();
    assert_none("misreadings by kubectl", &wrong);
}

#[test]
fn a_map_keeps_the_order_of_its_entries_in_both_forms() {
    let value: Map = ["z", "a", "m"].into_iter().map(|key| (key.to_owned(), Value::from(1))).collect();
    assert_eq!(yaml::emit(&Value::Map(value.clone())), "z: 1\na: 1\nm: 1\n");
    assert_eq!(yaml::flow(&Value::Map(value)), r#"{"z": 1, "a": 1, "m": 1}"#);
}
