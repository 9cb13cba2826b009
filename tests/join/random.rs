//! Random values, and those that broke some reader, arrive unchanged.

use super::pod::Pod;
use crate::support::process::{command, must, python};
use crate::support::readers::{kubectl, pyyaml_documents};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use quay_render::diagnostic::Diagnostics;
use quay_render::object::{Map, Value};
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::{Value as Json, json};

/// Strings that broke some YAML writer or reader, the hand-made ones first.
const STRINGS: &str = include_str!("../data/yaml-strings.json");
/// How many of them kubectl can process in reasonable time; these include the hand-made ones.
const FOR_KUBECTL: usize = 330;

/// Reads pairs of a password and a URI or connection string from the given file, as PyYAML and the connection libraries
/// parse them.
const READ_BACK: &str = r"
import json, sys
from urllib.parse import unquote, urlsplit
from psycopg2.extensions import parse_dsn
from sqlalchemy.engine.url import make_url

given = json.load(open(sys.argv[1], encoding='utf-8'))
for password, uri, conninfo in given:
    def check(how, found):
        if found != password:
            sys.exit('{}: {!r} as {!r} from {!r}'.format(how, password, found, uri))
    check('urllib', unquote(urlsplit(uri).password))
    for url in (make_url(uri), make_url(unquote(uri))):
        check('SQLAlchemy', url.password)
        assert (url.username, url.host, url.port, url.database) == ('quay', 'db.example.com', 5432, 'quay'), uri
    if '\0' not in password:
        parts = parse_dsn(conninfo)
        check('libpq', parts.pop('password'))
        assert parts == {'host': 'db', 'sslmode': 'disable'}, conninfo
print(len(given), 'read back')
";

/// Samples that are the same in each run.
fn samples(strategy: &impl Strategy<Value = String>, count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a sample").current()).collect()
}

/// The known strings, then random ones, one of 4 KB among them.
fn values() -> Vec<String> {
    let mut values: Vec<String> = serde_json::from_str(STRINGS).expect("a list of strings");
    values.push("p%\u{e9}'\"\n\u{1f600}\\#: ".repeat(256));
    values.extend(samples(&"[ -~\n\r\t\u{85}\u{a0}\u{e9}\u{2028}\u{1f600}]{1,60}", 300));
    values.extend(samples(&"[%@:/?#&+=;'\"\\\\ \n{}\\[\\]a-f0-9]{1,20}", 300));
    values.extend(samples(&any::<String>(), 100));
    values.retain(|value| !value.is_empty());
    values
}

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

/// An entry of `values` in the plan.
fn entry(path: Vec<Value>, from: &str, form: &str, around: [&str; 2]) -> Value {
    map([
        ("path", Value::Seq(path)),
        ("from", Value::from(from)),
        ("form", Value::from(form)),
        ("before", Value::from(around[0])),
        ("after", Value::from(around[1])),
    ])
}

/// The file with each value in each form, at FORM, INDEX.
fn joined(values: &[String], forms: &[(&str, [&str; 2])]) -> String {
    let mut entries = Vec::new();
    let mut pieces = Vec::new();
    for (index, value) in values.iter().enumerate() {
        for (form, around) in forms {
            let piece = if *form == "yaml" { yaml::emit(&Value::from(value.as_str())) } else { value.clone() };
            let key = format!("{form}{index}");
            let path = vec![Value::from(*form), Value::from(format!("{index}"))];
            entries.push(entry(path, &format!("given/{key}"), form, *around));
            pieces.push((key, piece.into_bytes()));
        }
    }
    let file = map([
        ("to", Value::from("config.yaml")),
        ("from", Value::from("base/config.yaml")),
        ("values", Value::Seq(entries)),
    ]);
    let mut pod = Pod::new(&yaml::emit(&map([("files", Value::Seq(vec![file]))])));
    pod.mount("base", &[("config.yaml", b"{}\n")]);
    let pieces: Vec<_> = pieces.iter().map(|(key, piece)| (key.as_str(), piece.as_slice())).collect();
    pod.mount("given", &pieces);
    pod.joins().text("config.yaml")
}

/// The values at FORM in PyYAML's answer.
fn by_index(document: &Json, form: &str, count: usize) -> Vec<String> {
    let entries = |map: &Json| map[1].as_array().cloned().unwrap_or_else(|| panic!("no map: {map}"));
    let sections = entries(document);
    let section = sections.iter().find(|pair| pair[0][1] == form).expect("a section");
    let mut found = vec![String::new(); count];
    for pair in entries(&section[1]) {
        assert_eq!(pair[1][0], "str", "{pair}");
        let index: usize = pair[0][1].as_str().expect("a key").parse().expect("an index");
        pair[1][1].as_str().expect("a text").clone_into(&mut found[index]);
    }
    found
}

#[test]
fn pyyaml_reads_each_value_back_in_each_form() {
    let values = values();
    assert!(values.len() > 3_500, "{}", values.len());
    let none = ["", ""];
    let text = joined(&values, &[("text", none), ("yaml", none), ("base64", none)]);
    assert!(text.is_ascii(), "no reader has to know an encoding");
    let document = pyyaml_documents(&[text]).remove(0);
    for (form, decode) in [("text", false), ("yaml", false), ("base64", true)] {
        for (found, value) in by_index(&document, form, values.len()).iter().zip(&values) {
            let found = if decode { STANDARD.decode(found).expect("base64") } else { found.clone().into_bytes() };
            assert_eq!(found, value.as_bytes(), "{form}");
        }
    }
}

#[test]
fn go_and_the_compiler_itself_read_each_value_back() {
    let mut values = values();
    let text = joined(&values, &[("text", ["", ""])]);
    assert_eq!(text.lines().count(), values.len() + 1, "a value has one line, however long it is");
    for dialect in [Dialect::Python, Dialect::Kubernetes] {
        let mut diagnostics = Diagnostics::new();
        let root = yaml::parse_one(&text, &Origin { file: "f", within: None }, dialect, &mut diagnostics);
        let root = root.expect("a document").to_value();
        let section = section(&root, "text");
        for (index, value) in values.iter().enumerate() {
            let found = section.get(&index.to_string());
            assert_eq!(found, Some(&Value::from(value.as_str())), "{dialect:?}");
        }
    }
    values.truncate(FOR_KUBECTL);
    let text = joined(&values, &[("text", ["", ""])]);
    let found = kubectl(&text).unwrap_or_else(|error| panic!("kubectl: {error}"));
    for (index, value) in values.iter().enumerate() {
        assert_eq!(found["text"][index.to_string()], json!(value));
    }
}

fn section<'a>(root: &'a Value, name: &str) -> &'a Map {
    match root {
        Value::Map(map) => match map.get(name) {
            Some(Value::Map(section)) => section,
            other => panic!("{name} is {other:?}"),
        },
        other => panic!("{other:?} is not a map"),
    }
}

/// Whether the script refuses a password.
fn is_refused(password: &str) -> bool {
    let bytes = password.as_bytes();
    let is_escape = |w: &[u8]| w[0] == b'%' && w[1].is_ascii_hexdigit() && w[2].is_ascii_hexdigit();
    password.contains(['\r', '\n']) || bytes.windows(3).any(is_escape)
}

#[test]
fn each_password_comes_out_of_its_uri_and_its_connection_string() {
    let all = values();
    let passwords: Vec<String> = all.iter().filter(|value| !is_refused(value)).cloned().collect();
    assert!(passwords.len() > 1_900 && passwords.len() < all.len(), "{}", passwords.len());
    let uri = ["postgresql://quay:", "@db.example.com:5432/quay"];
    let conninfo = ["host=db password=", " sslmode=disable"];
    let text = joined(&passwords, &[("uri", uri), ("conninfo", conninfo)]);
    let document = pyyaml_documents(&[text]).remove(0);
    let uris = by_index(&document, "uri", passwords.len());
    let connections = by_index(&document, "conninfo", passwords.len());
    let given: Vec<_> = passwords.iter().zip(uris).zip(connections).map(|((p, u), c)| json!([p, u, c])).collect();
    for triple in &given {
        assert_eq!(pgx_password(triple[2].as_str().expect("a text")), triple[0], "pgx: {triple}");
    }
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(file.path(), Json::from(given).to_string()).expect("a file");
    let says = must(command(&python()).arg("-c").arg(READ_BACK).arg(file.path()));
    assert_eq!(says, format!("{} read back\n", passwords.len()));
}

/// The password as Clair's driver reads it: a quoted value ends at the first quote without a backslash before it, then
/// pairs of backslashes and escaped quotes are replaced, one after the other.
fn pgx_password(conninfo: &str) -> String {
    let rest = conninfo.strip_prefix("host=db password='").expect("a quoted password");
    let mut end = None;
    let mut chars = rest.char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '\'' => {
                end = Some(index);
                break;
            }
            _ => {}
        }
    }
    let (value, after) = rest.split_at(end.expect("a closing quote"));
    assert_eq!(after, "' sslmode=disable");
    value.replace(r"\\", r"\").replace(r"\'", "'")
}

/// All other values stay as they were, whatever they are, and so do keys.
#[test]
fn the_rest_of_the_base_keeps_its_values() {
    let strings = values();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Int(number.to_string())),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::Float),
        prop::sample::select(strings.clone()).prop_map(Value::Str),
    ];
    let value = leaf.prop_recursive(5, 30, 5, |inner| {
        let key = prop_oneof![prop::sample::select(strings.clone()), "[a-z ]{120,1200}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Seq),
            prop::collection::vec((key, inner), 0..5).prop_map(|entries| Value::Map(entries.into_iter().collect())),
        ]
    });
    let mut runner = TestRunner::deterministic();
    let bases: Vec<Value> = (0..400)
        .map(|_| map([("KEPT", value.new_tree(&mut runner).expect("a sample").current()), ("SET", Value::Null)]))
        .collect();
    let names: Vec<String> = (0..bases.len()).map(|index| format!("f{index}")).collect();
    let files = names.iter().map(|name| {
        let values = Value::Seq(vec![entry(vec![Value::from("SET")], "given/value", "text", ["", ""])]);
        map([("to", Value::from(name.as_str())), ("from", Value::from(format!("base/{name}"))), ("values", values)])
    });
    let mut pod = Pod::new(&yaml::emit(&map([("files", Value::Seq(files.collect()))])));
    let texts: Vec<String> = bases.iter().map(yaml::emit).collect();
    let pieces: Vec<_> = names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    pod.mount("base", &pieces);
    pod.mount("given", &[("value", b"given-secret")]);
    pod.joins();
    let joined: Vec<String> = names.iter().map(|name| pod.text(name)).collect();
    let kept = |document: &Json| {
        let pairs = document[1].as_array().expect("a map").clone();
        pairs.into_iter().find(|pair| pair[0][1] == "KEPT").map(|pair| sorted(&pair[1])).expect("what was kept")
    };
    for (after, before) in pyyaml_documents(&joined).iter().zip(pyyaml_documents(&texts)) {
        assert_eq!(kept(after), kept(&before));
    }
}

/// The same with the entries of each map sorted by key.
fn sorted(form: &Json) -> Json {
    match form {
        Json::Array(items) if form[0] == "map" => {
            let mut pairs: Vec<Json> = form[1].as_array().into_iter().flatten().map(sorted).collect();
            pairs.sort_by_key(|pair| pair[0].to_string());
            assert_eq!(items.len(), 2);
            json!(["map", pairs])
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
