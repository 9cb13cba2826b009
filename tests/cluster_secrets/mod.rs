//! Secrets that stay in the cluster: pods join at their start what `inline` would have given them, and no secret of an
//! input is in the output. `.ci/setup` installs the Python that the pods' script runs in.

mod bucket;
mod builders;
mod clair;
mod exposed;
mod import;
mod kept;
mod migration;
pub mod parity;
pub mod required;
mod rotation;
mod scan;
mod unknown;
mod unnamed;
mod values;

use crate::support::every_field;
use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::{self, Inputs};
use quay_render::object::{Object, Value};
use quay_render::yaml::{self, Dialect, Origin};
use quay_render::{Analysis, Compiled, Rendered, analyze};
use serde_json::{Map, Value as Json};
use std::fs;
use std::path::Path;

/// Fields that the keys file of every example has.
const IN_KEYS: [&str; 2] = ["SECRET_KEY", "DATABASE_SECRET_KEY"];

fn examples() -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir("examples").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| Path::new("examples").join(name).join("keys.yaml").is_file());
    // A pair that somebody else shows to clients is inline or in a Secret of its own, never in the required Secrets.
    let config = |name: &str| fs::read_to_string(Path::new("examples").join(name).join("render-config.yaml")).unwrap();
    names.retain(|name| !config(name).contains("certificate: {from: pair}"));
    names.sort();
    names
}

fn read(example: &str) -> Inputs {
    input::read(&format!("examples/{example}"), None).unwrap()
}

/// An example with its secrets left to the cluster.
fn referenced(inputs: Inputs) -> Inputs {
    edited(inputs, |text| text.replace("mode: inline", "mode: referenced"))
}

/// The input with its documents changed, except config.yaml.
fn edited(mut inputs: Inputs, change: impl Fn(String) -> String) -> Inputs {
    for source in &mut inputs.sources {
        source.bytes = change(String::from_utf8(std::mem::take(&mut source.bytes)).unwrap()).into_bytes();
    }
    inputs
}

/// The example with all components unmanaged, with this config.yaml and the files that it needs.
fn with_config(config: &Map<String, Json>) -> Inputs {
    let mut inputs = read("all-unmanaged");
    let mut config = config.clone();
    config.retain(|name, _| !IN_KEYS.contains(&name.as_str()));
    inputs.bundle = Some(every_field::folder(escaped(&every_field::yaml(&config)).as_bytes(), every_field::files()));
    inputs
}

/// Escapes characters that YAML, unlike JSON, takes for a line break, or for a mark at the start of a text.
fn escaped(text: &str) -> String {
    let escape = |c: char| match c {
        '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    text.chars().map(escape).collect()
}

fn rendered(compiled: Compiled) -> Rendered {
    compiled.registry.unwrap_or_else(|| panic!("{}", said(&compiled.diagnostics)))
}

fn said(diagnostics: &Diagnostics) -> String {
    let errors = diagnostics.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| format!("{problem}\n")).collect()
}

fn analyzed(inputs: &Inputs) -> Analysis {
    let mut diagnostics = Diagnostics::new();
    analyze(inputs, &mut diagnostics).0.unwrap_or_else(|| panic!("{}", said(&diagnostics)))
}

/// A YAML document with its maps sorted.
fn document(bytes: &[u8]) -> Value {
    let (text, origin) = (std::str::from_utf8(bytes).unwrap(), Origin { file: "config.yaml", within: None });
    let mut problems = Diagnostics::new();
    let value = yaml::parse_one(text, &origin, Dialect::Python, &mut problems).unwrap().to_value();
    assert!(!problems.has_errors(), "{problems:?}");
    ordered(value)
}

fn ordered(value: Value) -> Value {
    match value {
        Value::Map(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, ordered(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(entries.into_iter().collect())
        }
        Value::Seq(items) => Value::Seq(items.into_iter().map(ordered).collect()),
        other => other,
    }
}

fn output(objects: &[Object]) -> String {
    quay_render::emit::stream(objects)
}
