//! The delivery `operator`: what its operator is given is what the user wrote, and what installs the operator is as the
//! Operator Lifecycle Manager takes it.

mod kept;
mod modes;
mod olm;
mod page;

mod shared;
mod told;
mod written;

use quay_render::input::{Folder, Inputs, Source};
use quay_render::{Compiled, compile};
use serde::Deserialize as _;
use serde_json::Value as Json;

/// A RenderConfig of the delivery `operator` with more in its `spec`; without anything of secrets or cluster in that, these are
/// inline and OpenShift.
pub fn config(release: &str, more: &str) -> String {
    let has = |name: &str| more.lines().any(|line| line.starts_with(&format!("  {name}:")));
    let cluster = "  cluster: {platform: openshift, appsDomain: apps.example.com}\n";
    let secrets = "  secrets: {mode: inline}\n";
    format!(
        "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"{release}\"\n  delivery: operator\n{}{}{more}",
        if has("cluster") { "" } else { cluster },
        if has("secrets") { "" } else { secrets },
    )
}

/// A QuayRegistry with this `spec`, in YAML's flow style.
pub fn registry(spec: &str) -> String {
    format!(
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {{name: registry, namespace: quay}}\nspec: {spec}\n"
    )
}

/// An input of some documents, and the files of a config bundle.
pub fn input(documents: &[&str], bundle: &[(&str, &[u8])]) -> Inputs {
    let source = |name: String, bytes: &[u8]| Source { name, bytes: bytes.to_vec() };
    let numbered = documents.iter().enumerate();
    let mut files: Vec<_> =
        bundle.iter().map(|(key, bytes)| ((*key).to_owned(), source(format!("bundle/{key}"), bytes))).collect();
    files.sort_by(|one, other| one.0.cmp(&other.0));
    Inputs {
        name: "DIR".to_owned(),
        sources: numbered.map(|(number, text)| source(format!("{number}.yaml"), text.as_bytes())).collect(),
        bundle: (!files.is_empty()).then(|| Folder { name: "bundle".to_owned(), files }),
        ..Inputs::default()
    }
}

/// What is said of an input, one diagnostic a line.
pub fn said(compiled: &Compiled) -> String {
    compiled.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect()
}

/// The objects of an input that is not refused, as a reader of YAML that is not quay-render's sees them.
pub fn objects(inputs: &Inputs) -> Vec<Json> {
    let compiled = compile(inputs);
    let told = said(&compiled);
    let rendered = compiled.registry.unwrap_or_else(|| panic!("{told}"));
    parsed(&quay_render::emit::stream(&rendered.objects))
}

/// The documents of a stream.
pub fn parsed(stream: &str) -> Vec<Json> {
    serde_yaml::Deserializer::from_str(stream).map(|document| Json::deserialize(document).unwrap()).collect()
}

/// The only object of a kind.
pub fn only<'a>(objects: &'a [Json], kind: &str) -> &'a Json {
    let found: Vec<&Json> = objects.iter().filter(|object| object["kind"] == kind).collect();
    assert_eq!(found.len(), 1, "{kind} among {objects:#?}");
    found[0]
}

/// The kinds of all objects, sorted.
pub fn kinds(objects: &[Json]) -> Vec<&str> {
    let mut kinds: Vec<&str> = objects.iter().map(|object| object["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}
