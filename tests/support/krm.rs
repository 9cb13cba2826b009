//! ResourceLists: made from examples, sent, and parsed by a reader that is not quay-render's.

use super::repository;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::input::Options;
use quay_render::krm::{Response, respond};
use serde::Deserialize as _;
use serde_json::{Value as Json, json};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

pub const LOCAL: &str = "config.kubernetes.io/local-config";
pub const PATH: &str = "config.kubernetes.io/path";
pub const INDEX: &str = "config.kubernetes.io/index";

/// All documents of a text, as libyaml reads them.
pub fn documents(text: &str) -> Vec<Json> {
    serde_yaml::Deserializer::from_str(text).map(|document| Json::deserialize(document).unwrap()).collect()
}

/// The examples with one registry and documents only: a function cannot read files that a generator names.
pub fn answerable() -> Vec<String> {
    crate::support::examples::registries().into_iter().filter(|case| case != "git-folder").collect()
}

/// The documents of an example, with the folder of its config bundle as a Secret. Each has a name, which kustomize and
/// kpt require, and an annotation with its file.
pub fn example(case: &str) -> Vec<Json> {
    let folder = repository().join("examples").join(case);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files.iter().filter(|file| file.is_file()) {
        for (index, mut document) in documents(&fs::read_to_string(file).unwrap()).into_iter().enumerate() {
            let metadata = &mut document["metadata"];
            if metadata["name"].is_null() {
                metadata["name"] = json!("facts");
            }
            metadata["annotations"] =
                json!({PATH: file.file_name().unwrap().to_str().unwrap(), INDEX: index.to_string()});
            all.push(document);
        }
    }
    let bundle = folder.join("config-bundle");
    if bundle.is_dir() {
        let registry = all.iter_mut().find(|document| document["kind"] == "QuayRegistry").unwrap();
        // A folder needs no name, a Secret does.
        let name = registry["spec"]["configBundleSecret"].as_str().unwrap_or("config-bundle").to_owned();
        registry["spec"]["configBundleSecret"] = json!(name);
        let mut data = json!({});
        for entry in fs::read_dir(&bundle).unwrap().map(Result::unwrap) {
            data[entry.file_name().to_str().unwrap()] = json!(STANDARD.encode(fs::read(entry.path()).unwrap()));
        }
        all.push(json!({
            "apiVersion": "v1", "kind": "Secret", "data": data,
            "metadata": {"name": name, "annotations": {PATH: "bundle.yaml", INDEX: "0"}},
        }));
    }
    all
}

/// The objects of an example's output, ordered by identity.
pub fn expected(case: &str) -> Vec<Json> {
    // What kustomize and Flux are told of the files is none of the registry's objects.
    let is_object = |path: &Path| {
        path.components().count() > 1 && !path.ends_with("kustomization.yaml") && !path.starts_with("flux")
    };
    let files = super::examples::built(case).into_iter().filter(|(path, _)| is_object(path));
    let mut objects: Vec<Json> = files.flat_map(|(_, text)| documents(&text)).collect();
    objects.sort_by_key(identity);
    objects
}

pub fn identity(object: &Json) -> String {
    let metadata = &object["metadata"];
    format!("{} {} {} {}", object["apiVersion"], object["kind"], metadata["namespace"], metadata["name"])
}

/// A ResourceList.
pub fn request(items: &[Json], config: Option<&Json>) -> String {
    let mut list = json!({"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": items});
    if let Some(config) = config {
        list["functionConfig"] = config.clone();
    }
    serde_yaml::to_string(&list).unwrap()
}

/// The answer to a valid request.
pub fn answer(request: &str) -> Response {
    let said = |diagnostics: quay_render::diagnostic::Diagnostics| -> String {
        diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
    };
    respond(request.as_bytes(), Options::default()).unwrap_or_else(|why| panic!("{}", said(why)))
}

/// The items of the answer to a request that is accepted.
pub fn items(request: &str) -> Vec<Json> {
    let response = answer(request);
    let said: String = response.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    assert!(!response.diagnostics.has_errors(), "{said}");
    items_of(&response.text)
}

/// The items of a ResourceList.
pub fn items_of(text: &str) -> Vec<Json> {
    let mut list = documents(text).remove(0);
    match list["items"].take() {
        Json::Array(items) => items,
        other => panic!("items: {other}"),
    }
}

/// What kustomize uses of an answer: without local items, and without its own annotations.
pub fn applied(items: &[Json]) -> Vec<Json> {
    let mut objects: Vec<Json> =
        items.iter().filter(|item| item["metadata"]["annotations"][LOCAL] != "true").cloned().collect();
    objects.iter_mut().for_each(strip);
    objects.sort_by_key(identity);
    objects
}

/// Removes the annotations that kustomize and kpt remove.
pub fn strip(object: &mut Json) {
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    let Some(annotations) = metadata.get_mut("annotations").and_then(Json::as_object_mut) else { return };
    let internal = |name: &str| {
        name.starts_with("internal.config.kubernetes.io/")
            || [PATH, INDEX, "config.k8s.io/id", "kustomize.config.k8s.io/id"].contains(&name)
    };
    annotations.retain(|name, _| !internal(name));
    if annotations.is_empty() {
        metadata.remove("annotations");
    }
}

/// Runs the program with bytes as input, without an environment, in an empty folder.
pub fn run(bytes: &[u8]) -> Output {
    let nowhere = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    program.arg("krm").env_clear().current_dir(nowhere.path());
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    let _ended_early = writer.join().unwrap();
    output
}
