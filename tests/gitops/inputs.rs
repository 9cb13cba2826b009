//! Registries to apply: the examples, each as one directory and in layers, and with access types that may never get an
//! address.

use crate::support::examples::registries;
use quay_render::input::{self, Folder, Given, Inputs, Source};
use quay_render::{Rendered, compile};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Appended to a RenderConfig whose last map is `spec`.
const LAYERS: &str = "  output: layers\n  flux:\n    sourceRef: {name: fleet}\n    path: ./deploy\n";
/// Access types for the example of a plain Kubernetes.
const WAYS: [(&str, &str); 2] = [
    ("load balancer", "  access: {type: service, service: {type: LoadBalancer}}\n"),
    (
        "ingress",
        "  access: {type: ingress, certificate: {from: pair}, ingress: {className: nginx, controller: ingress-nginx}}\n",
    ),
];

/// A registry, ready to be applied.
#[derive(Clone)]
pub struct Registry {
    pub name: String,
    /// Each object with its layer.
    pub objects: Vec<(String, Json)>,
    /// The files, by path.
    pub files: Vec<(String, Json)>,
    /// Secrets that somebody else makes.
    pub given: BTreeSet<String>,
}

impl Registry {
    fn new(name: &str, inputs: &Inputs) -> Self {
        let compiled = compile(inputs);
        let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
        let rendered = compiled.registry.unwrap_or_else(|| panic!("{name}: {}", said.join("\n")));
        let json = |value| serde_json::to_value(value).unwrap();
        let objects = rendered.objects.iter().map(|object| (object.layer.clone(), json(&object.value))).collect();
        let yaml = |bytes: &[u8]| serde_yaml::from_slice(bytes).unwrap();
        let files = rendered.files().iter().map(|(path, file)| (path.to_owned(), yaml(&file.bytes))).collect();
        Self { name: name.to_owned(), objects, files, given: given(&rendered, inputs) }
    }

    pub fn values(&self) -> impl Iterator<Item = &Json> {
        self.objects.iter().map(|(_, value)| value)
    }
}

/// The required Secrets, and those with certificates for access.
fn given(rendered: &Rendered, inputs: &Inputs) -> BTreeSet<String> {
    let asked = rendered.cluster_secrets.secrets.iter().map(|wanted| wanted.name.clone());
    let config: Json = serde_yaml::from_slice(&render_config(inputs).bytes).unwrap();
    let access = &config["spec"]["access"];
    let certificates = [&access["certificate"], &access["backendCertificate"]];
    let named = certificates.into_iter().filter(|it| it["from"] == "secret");
    asked.chain(named.filter_map(|it| it["name"].as_str()).map(str::to_owned)).collect()
}

fn render_config(inputs: &Inputs) -> &Source {
    inputs.sources.iter().find(|source| source.name.ends_with("render-config.yaml")).unwrap()
}

/// How a registry is delivered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Directory,
    Layers,
}

/// A registry, and the same with another configuration and image.
pub type Pair = (Registry, Registry);

/// Every registry; compiled once for all tests.
pub fn every_registry(form: Form) -> impl Iterator<Item = &'static Pair> {
    static DIRECTORY: LazyLock<Vec<Pair>> = LazyLock::new(|| compiled(Form::Directory));
    static LAYERS: LazyLock<Vec<Pair>> = LazyLock::new(|| compiled(Form::Layers));
    if form == Form::Directory { DIRECTORY.iter() } else { LAYERS.iter() }
}

fn compiled(form: Form) -> Vec<Pair> {
    let mut cases: Vec<(String, String, &str)> =
        registries().into_iter().map(|name| (name.clone(), name, "")).collect();
    cases.extend(WAYS.map(|(way, text)| (format!("kubernetes with {way}"), "kubernetes".to_owned(), text)));
    cases.iter().filter_map(|(name, example, more)| registry(name, example, more, form)).collect()
}

/// Every registry of the first release with more in its RenderConfig, as one directory.
pub fn first_release_with(more: &str) -> Vec<Registry> {
    let is_first = |name: &String| {
        let config = std::fs::read_to_string(format!("examples/{name}/render-config.yaml")).unwrap();
        config.contains("release: \"3.5\"") && !config.contains("delivery: operator") && name != "operator-shape"
    };
    let names = registries().into_iter().filter(is_first);
    names.filter_map(|name| Some(registry(&name, &name, more, Form::Directory)?.0)).collect()
}

/// One example with more in its RenderConfig; nothing if it already has another form.
fn registry(name: &str, example: &str, more: &str, form: Form) -> Option<Pair> {
    let mut inputs = input::read(&format!("examples/{example}"), None).unwrap();
    // A bundle that a generator makes is changed as a folder.
    if let Some(generated) = inputs.generated.pop() {
        inputs.bundle = Some(generated.folder);
    }
    let config = inputs.sources.iter_mut().find(|source| source.name.ends_with("render-config.yaml")).unwrap();
    let is_layers = String::from_utf8_lossy(&config.bytes).contains("output: layers");
    if is_layers && form == Form::Directory {
        return None;
    }
    config.bytes.extend_from_slice(more.as_bytes());
    if form == Form::Layers && !is_layers {
        config.bytes.extend_from_slice(LAYERS.as_bytes());
    }
    Some(pair(name, inputs))
}

/// A registry, and the same after a change.
pub fn pair(name: &str, mut inputs: Inputs) -> Pair {
    let before = Registry::new(name, &inputs);
    change(&mut inputs);
    let after = Registry::new(name, &inputs);
    assert!(before.objects != after.objects, "{name} does not change");
    (before, after)
}

/// Changes config.yaml, which is added if there is none, and Quay's image.
fn change(inputs: &mut Inputs) {
    const CHANGED: &str = "REGISTRY_TITLE: changed\n";
    const IN_SECRET: &str = "  config.yaml: |\n";
    let is_bundle = |source: &&mut Source| String::from_utf8_lossy(&source.bytes).contains(IN_SECRET);
    if let Some(source) = inputs.sources.iter_mut().find(is_bundle) {
        let text = String::from_utf8(source.bytes.clone()).unwrap();
        source.bytes = text.replace(IN_SECRET, &format!("{IN_SECRET}    {CHANGED}")).into_bytes();
    } else {
        let name = "config-bundle".to_owned();
        let folder = inputs.bundle.get_or_insert(Folder { name, files: Vec::new() });
        match folder.files.iter_mut().find(|(key, _)| key == "config.yaml") {
            Some((_, config)) => config.bytes.extend_from_slice(format!("\n{CHANGED}").as_bytes()),
            None => {
                let config = Source { name: "config.yaml".to_owned(), bytes: CHANGED.as_bytes().to_vec() };
                folder.files.push(("config.yaml".to_owned(), config));
            }
        }
    }
    let image = Given { value: format!("example.com/quay@sha256:{}", "ab".repeat(32)), from: "a test".to_owned() };
    inputs.images.insert("RELATED_IMAGE_COMPONENT_QUAY".to_owned(), image);
}
