//! One input, from which each kind changes something.

use super::text::block;
use std::fmt::Write as _;

/// The registry, its RenderConfig and its keys, before a kind changes anything.
pub(super) const REGISTRY: &str = "apiVersion: quay.redhat.com/v1
kind: QuayRegistry
metadata: {name: registry, namespace: quay}
spec:
  configBundleSecret: bundle
  components:
    - {kind: objectstorage, managed: false}
    - {kind: route, managed: false}
    - {kind: monitoring, managed: false}
";
pub(super) const FACTS: &str = "apiVersion: quay-render.dev/v1alpha1
kind: RenderConfig
spec:
  release: \"3.5\"
";
pub(super) const CLUSTER: &str = "  cluster: {platform: kubernetes}\n";
pub(super) const EXTERNAL: &str = "  secrets:\n    mode: external\n    external: {store: {name: vault}}\n";
pub(super) const CONFIG: &str = "SERVER_HOSTNAME: registry.example.com
DISTRIBUTED_STORAGE_CONFIG:
  default: [S3Storage, {s3_bucket: quay, s3_access_key: EXAMPLE, s3_secret_key: EXAMPLE, storage_path: /registry}]
DISTRIBUTED_STORAGE_PREFERENCE: [default]
DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]
";
pub(super) const KEYS: &str = include_str!("../../../examples/kubernetes/keys.yaml");
pub(super) const SEALED: &str = include_str!("../../../examples/sealed/render-config.yaml");
pub(super) const LIST: &str = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n";
/// The largest size of one file of an input, and of one environment variable.
pub(super) const LARGEST: usize = 4 << 20;
pub(super) const LARGEST_VARIABLE: usize = 120 << 10;

/// The input of a command.
#[derive(Default)]
pub struct Case {
    /// The files of the input.
    pub files: Vec<(String, String)>,
    /// The text on standard input.
    pub request: String,
    /// Argo CD's parameters.
    pub parameters: String,
    /// The files to compare the input with; if there are none, a small registry.
    pub old: Vec<(String, String)>,
}

impl Case {
    pub(super) fn new() -> Self {
        let mut case = Self::default();
        case.put("quayregistry.yaml", REGISTRY);
        case.put("render-config.yaml", format!("{FACTS}{CLUSTER}  secrets: {{mode: inline}}\n"));
        case.put("config-bundle/config.yaml", CONFIG);
        case.put("keys.yaml", KEYS);
        case
    }

    pub(super) fn with(path: &str, text: impl Into<String>) -> Self {
        let mut case = Self::new();
        case.put(path, text);
        case
    }

    pub(super) fn put(&mut self, path: &str, text: impl Into<String>) {
        let text = text.into();
        // A bundle is a folder or a Secret.
        if path == "bundle.yaml" {
            self.files.retain(|(name, _)| !name.starts_with("config-bundle/"));
        }
        self.files.retain(|(name, _)| name != path);
        self.files.push((path.to_owned(), text));
    }

    pub(super) fn config(text: &str) -> Self {
        Self::with("config-bundle/config.yaml", format!("{CONFIG}{text}"))
    }

    pub(super) fn facts(rest: &str) -> Self {
        Self::with("render-config.yaml", format!("{FACTS}{CLUSTER}{rest}"))
    }

    /// Two folders of manifests, each with one file.
    pub(super) fn compared(old: impl Into<String>, new: impl Into<String>) -> Self {
        let file = |text: String| vec![("manifests.yaml".to_owned(), text)];
        Self { files: file(new.into()), old: file(old.into()), ..Self::default() }
    }

    pub(super) fn request(items: &str, inputs: &str) -> Self {
        let mut case = Self::new();
        case.request = format!("{LIST}{inputs}items:\n{}{items}", standard_items());
        case
    }

    /// Its size in bytes.
    pub fn size(&self) -> usize {
        let files = self.files.iter().chain(&self.old).map(|(_, text)| text.len());
        files.sum::<usize>() + self.request.len() + self.parameters.len()
    }

    /// The same input with secrets that are to be sealed.
    pub fn sealed(mut self) -> Self {
        let facts = self.files.iter().find(|(path, _)| path == "render-config.yaml").map(|(_, text)| text.as_str());
        let rest = facts.and_then(|text| text.strip_prefix(FACTS)).and_then(|text| text.strip_prefix(CLUSTER));
        let own = rest.filter(|rest| !rest.contains("secrets:")).unwrap_or_default();
        let facts = format!("{}{own}", SEALED.replace("openshift", "kubernetes"));
        self.put("render-config.yaml", facts);
        self
    }
}

pub(super) fn standard_items() -> String {
    let indented = |text: &str| {
        let mut out = String::new();
        for (index, line) in text.lines().filter(|line| !line.starts_with('#')).enumerate() {
            let _ = writeln!(out, "{}{line}", if index == 0 { "- " } else { "  " });
        }
        out
    };
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\nstringData:\n  config.yaml: |\n{}",
        block(CONFIG, 4)
    );
    let facts = format!("{FACTS}{CLUSTER}  secrets: {{mode: inline}}\n");
    [REGISTRY, &facts, KEYS, &secret].map(indented).concat()
}

/// The bytes left for the growing part of a file.
pub(super) fn room(bytes: usize) -> usize {
    bytes.min(LARGEST).saturating_sub(2_000)
}
