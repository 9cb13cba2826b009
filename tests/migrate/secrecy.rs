//! No value of a file is repeated where it may be a secret: each text of a QuayEcosystem and its Secrets in turn is one.

use super::Case;
use crate::support::repository;
use quay_render::catalog::Catalog;
use quay_render::compile;
use quay_render::diagnostic::Diagnostics;
use quay_render::input::Source;
use quay_render::live::export::Export;
use quay_render::migrate::{self, Options};
use quay_render::model::ecosystem;
use quay_render::yaml::{self, Dialect, Origin};
use serde_json::{Value, json};
use std::fs;

const MARKER: &str = "hunter2hunter2";

/// Ways to write a secret. The first is one that a name may have as well.
const FORMS: &[fn() -> String] = &[
    || MARKER.to_owned(),
    || format!("https://user:{MARKER}@example.com/"),
    || format!("{MARKER} w0rd!"),
    || format!("-----BEGIN PRIVATE KEY-----\n{MARKER}\n"),
];

/// How the places of names end, which are repeated where they look like one.
const NAMES: &[&str] = &[
    "/apiVersion",
    "/kind",
    "/name",
    "/namespace",
    "ecretName",
    "/key",
    "/filename",
    "/config.yaml/DISTRIBUTED_STORAGE_PREFERENCE/0",
];

fn documents(text: &str) -> Vec<Value> {
    let origin = Origin { file: "", within: None };
    let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut Diagnostics::new());
    documents.iter().map(|it| serde_json::to_value(it.root.to_value()).unwrap()).collect()
}

/// The pointers to all texts below a value.
fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                texts(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, it)| texts(it, &format!("{at}/{index}"), found))
        }
        _ => found.push(at.to_owned()),
    }
}

/// Everything that is said and reported of these documents, also by the compiler if `is_compiled`.
fn said(documents: &[Value], is_compiled: bool) -> String {
    let mut text = String::new();
    for document in documents {
        let mut document = document.clone();
        // Nested, so that its texts are found above.
        if let Some(config) = document.pointer_mut("/stringData/config.yaml").filter(|it| !it.is_string()) {
            *config = json!(config.to_string());
        }
        text.push_str(&format!("---\n{document}\n"));
    }
    let mut problems = Diagnostics::new();
    let sources = [Source { name: "export.yaml".to_owned(), bytes: text.into_bytes() }];
    let export = Export::read(&sources, &mut problems);
    let found = ecosystem::read_all(&sources, &mut problems);
    let mut out = String::new();
    if let Some(ecosystem) = migrate::choose(found, None, &mut problems) {
        out = migrate::report(&ecosystem, &migrate::rows(&ecosystem, migrate::has_own_database(&ecosystem, &export)));
        let release = Catalog::embedded().release(migrate::RELEASE).unwrap().unwrap();
        let options = Options { is_openshift: true, apps_domain: None };
        if let Some(migration) = migrate::migrate(&ecosystem, &export, &release, &options, &mut problems) {
            let compiled = is_compiled.then(|| compile(&migration.inputs("in", None)));
            let diagnostics = compiled.iter().flat_map(|it| it.diagnostics.iter());
            diagnostics.for_each(|it| out.push_str(&format!("{it:?}\n")));
        }
    }
    problems.iter().for_each(|it| out.push_str(&format!("{it:?}\n")));
    out
}

#[test]
fn no_text_of_the_files_is_repeated_where_it_may_be_a_secret() {
    let (mut seen, mut leaked) = (0, Vec::new());
    for name in ["left-behind", "config-files"] {
        let case = Case::read(repository().join("tests/migrate/cases").join(name));
        let ecosystem = fs::read_to_string(case.folder.join("ecosystem.yaml")).unwrap();
        let mut all = documents(&format!("{ecosystem}---\n{}", case.secrets()));
        for document in &mut all {
            if let Some(config) = document.pointer_mut("/stringData/config.yaml") {
                let text = config.as_str().unwrap().to_owned();
                *config = documents(&text).remove(0);
            }
        }
        // What is written is compiled for the Secrets, whose values are in it.
        let indices = if name == "left-behind" { 0..1 } else { 0..all.len() };
        for index in indices {
            let mut places = Vec::new();
            texts(&all[index], "", &mut places);
            for place in places {
                for (form, write) in FORMS.iter().enumerate() {
                    if form == 0 && NAMES.iter().any(|end| place.ends_with(end)) {
                        continue;
                    }
                    let mut changed = all.clone();
                    *changed[index].pointer_mut(&place).unwrap() = json!(write());
                    seen += 1;
                    let said = said(&changed, index > 0 && form < 2);
                    if said.contains(MARKER) {
                        let line = said.lines().find(|line| line.contains(MARKER)).unwrap().to_owned();
                        leaked.push(format!("{name} {index}{place}: {line}"));
                    }
                }
            }
        }
    }
    assert!(seen > 500, "{seen}");
    assert!(leaked.is_empty(), "{}", leaked.join("\n"));
}
