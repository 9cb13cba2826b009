//! Which document is what: sorted by apiVersion and kind, never by file name.

use super::intake::{Refused, Shape};
use super::layers::{Files, overlay};
use super::secrets::Mode;
use super::{API_VERSION, Bundle, Keys, Registry, RenderConfig, bundle, keys, sealed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::{Inputs, Source};
use crate::yaml::{self, Dialect, Node, Origin};

/// A document with the files it stands in.
pub struct Document {
    /// The file as the user named it; of a RenderConfig that is laid over others theirs too.
    pub files: Files,
    /// Its content.
    pub root: Node,
}

impl Document {
    /// Where the document begins.
    pub fn place(&self) -> Location {
        self.files.location(self.root.pos)
    }

    /// The first of its files.
    pub fn file(&self) -> &str {
        self.files.first()
    }

    /// A text at the top, or nothing.
    fn text(&self, field: &str) -> String {
        self.root.get(field).and_then(Node::as_str).unwrap_or_default().to_owned()
    }

    /// `metadata.name`, or nothing.
    pub fn name(&self) -> &str {
        self.metadata("name")
    }

    /// A text of the metadata, or nothing.
    pub fn metadata(&self, field: &str) -> &str {
        self.root.get("metadata").and_then(|metadata| metadata.get(field)).and_then(Node::as_str).unwrap_or_default()
    }
}

/// The documents of an input by what they are.
#[derive(Default)]
pub struct Documents {
    /// The QuayRegistry.
    pub registry: Option<Document>,
    /// The RenderConfig.
    pub config: Option<Document>,
    /// The SealedValues.
    pub sealed: Option<Document>,
    /// All Secrets: which is which depends on the registry.
    secrets: Vec<Document>,
    /// Some document could not be read, so what is missing may be in it.
    unreadable: bool,
}

/// The API version of QuayRegistry.
const REGISTRY_VERSION: &str = "quay.redhat.com/v1";
/// Groups of API kinds that stand beside a registry in a GitOps repository and are no input.
const GITOPS_GROUPS: &[&str] = &[
    "kustomize.config.k8s.io",
    "argoproj.io",
    "kustomize.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "bitnami.com",
    "external-secrets.io",
];

/// Reads every source and sorts its documents.
pub fn gather(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Documents {
    let mut found = Documents { unreadable: inputs.problems.has_errors(), ..Documents::default() };
    for source in &inputs.sources {
        for document in found.parse(source, diagnostics) {
            found.sort(document, diagnostics);
        }
    }
    let base = found.base(&inputs.above, diagnostics);
    found.config = laid(base, found.config.take());
    found
}

/// A document without what is refused of it before anything reads it.
fn admit(mut document: Document, diagnostics: &mut Diagnostics) -> Document {
    let kind = document.text("kind");
    if is_ours(&document.text("apiVersion"), &kind) {
        let refused = Refused::of(&document.root, Shape::of(&kind), &|pos| document.files.location(pos), diagnostics);
        refused.remove_from(&mut document.root);
    }
    document
}

/// Whether a document of that kind is read.
fn is_ours(api: &str, kind: &str) -> bool {
    matches!(
        (api, kind),
        (REGISTRY_VERSION, "QuayRegistry") | (API_VERSION, "RenderConfig" | sealed::KIND) | ("v1", "Secret")
    )
}

/// A document over another, where there are both.
fn laid(below: Option<Document>, above: Option<Document>) -> Option<Document> {
    match (below, above) {
        (Some(below), Some(above)) => {
            let (files, root) = overlay((below.files, below.root), (above.files, above.root));
            Some(Document { files, root })
        }
        (below, above) => above.or(below),
    }
}

impl Documents {
    fn parse(&mut self, source: &Source, diagnostics: &mut Diagnostics) -> Vec<Document> {
        let Ok(text) = std::str::from_utf8(&source.bytes) else {
            self.unreadable = true;
            diagnostics.push(
                Diagnostic::new(codes::INPUT_FILE, "is not UTF-8 text")
                    .at(Location::file(&source.name))
                    .hint("save it as UTF-8; binary values belong under `data`, in base64"),
            );
            return Vec::new();
        };
        let mut problems = Diagnostics::new();
        let origin = Origin { file: &source.name, within: None };
        let documents = yaml::parse(text, &origin, Dialect::Kubernetes, &mut problems);
        self.unreadable |= problems.has_errors();
        diagnostics.extend(problems);
        let files = Files::one(&source.name, text);
        documents
            .into_iter()
            .map(|document| admit(Document { files: files.clone(), root: document.root }, diagnostics))
            .collect()
    }

    /// The RenderConfig of the folders above, the outermost at the bottom.
    fn base(&mut self, above: &[Vec<Source>], diagnostics: &mut Diagnostics) -> Option<Document> {
        let mut base = None;
        for folder in above {
            let mut level = None;
            for source in folder {
                for document in self.parse(source, diagnostics) {
                    self.sort_above(document, &mut level, diagnostics);
                }
            }
            base = laid(base, level);
        }
        base
    }

    /// In a folder above registries only a RenderConfig says something.
    fn sort_above(&mut self, document: Document, level: &mut Option<Document>, diagnostics: &mut Diagnostics) {
        let (api, kind) = (document.text("apiVersion"), document.text("kind"));
        if (api.as_str(), kind.as_str()) == (API_VERSION, "RenderConfig") {
            return settle(level, document, &kind, diagnostics);
        }
        let known = (api == API_VERSION && kind == sealed::KIND) || (api == "v1" && kind == "Secret");
        if known {
            let message = format!("{kind} belongs to one registry, and this folder holds several");
            let problem = Diagnostic::new(codes::INPUT_DOCUMENT, message).at(document.place());
            diagnostics.push(problem.hint("move it into the folder of its QuayRegistry"));
        } else {
            self.sort(document, diagnostics);
        }
    }

    fn sort(&mut self, document: Document, diagnostics: &mut Diagnostics) {
        let (api, kind) = (document.text("apiVersion"), document.text("kind"));
        match (api.as_str(), kind.as_str()) {
            (REGISTRY_VERSION, "QuayRegistry") => settle(&mut self.registry, document, &kind, diagnostics),
            (API_VERSION, "RenderConfig") => settle(&mut self.config, document, &kind, diagnostics),
            (API_VERSION, sealed::KIND) => settle(&mut self.sealed, document, &kind, diagnostics),
            ("v1", "Secret") => self.secrets.push(document),
            (api, kind) if is_gitops(api) || (api.is_empty() && is_kustomization(document.file())) => diagnostics.push(
                Diagnostic::new(codes::INPUT_SKIPPED, format!("{kind} is not compiled").trim_start().to_owned())
                    .at(document.place()),
            ),
            _ => {
                self.unreadable = true;
                diagnostics.push(unknown(&document, &api, &kind));
            }
        }
    }

    /// Says which of the documents that every input needs are not there.
    pub fn report_missing(&self, diagnostics: &mut Diagnostics) {
        if self.registry.is_none() && !self.unreadable {
            diagnostics.push(Diagnostic::new(codes::INPUT_MISSING, "the input holds no QuayRegistry").hint(
                "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: my-registry\n  namespace: quay",
            ));
        }
        if self.config.is_none() && !self.unreadable {
            diagnostics.push(
                Diagnostic::new(codes::INPUT_MISSING, "the input holds no RenderConfig").hint(
                    "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  cluster:\n    platform: openshift\n    appsDomain: apps.example.com",
                ),
            );
        }
    }

    /// Notes sealed values that the mode of `config` has no use for.
    pub fn note_unused(&self, config: &RenderConfig, diagnostics: &mut Diagnostics) {
        let mode = &config.secrets.mode;
        if let Some(sealed) = self.sealed.as_ref().filter(|_| !matches!(mode, Mode::Sealed(_))) {
            let message = format!("SealedValues is not compiled: the mode of secrets is {}", mode.as_str());
            diagnostics.push(Diagnostic::new(codes::INPUT_SKIPPED, message).at(sealed.place()));
        }
    }

    /// The config bundle and the keys of `registry`, from the Secrets and the folder of the input.
    pub fn secrets(&self, registry: &Registry, inputs: &Inputs, diagnostics: &mut Diagnostics) -> (Bundle, Keys) {
        let (mut bundle, mut keys): (Option<&Document>, Option<&Document>) = (None, None);
        let wanted = registry.bundle_secret.as_ref().map(|name| name.value.as_str());
        for secret in &self.secrets {
            let slot = if keys::is_name(secret.name(), &registry.name.value) {
                &mut keys
            } else if wanted == Some(secret.name()) {
                &mut bundle
            } else {
                diagnostics.push(stray(secret, wanted, registry));
                continue;
            };
            refuse_elsewhere(secret, registry, diagnostics);
            match slot {
                Some(first) => diagnostics.push(twice("Secret", first, secret)),
                None => *slot = Some(secret),
            }
        }
        let bundle = match (bundle, &inputs.bundle) {
            (Some(secret), Some(folder)) => {
                let message = format!("the config bundle is there twice: this Secret and the folder {}", folder.name);
                diagnostics.push(
                    Diagnostic::new(codes::INPUT_DUPLICATE, message).at(secret.place()).hint("keep one of the two"),
                );
                Bundle::default()
            }
            (Some(secret), None) => bundle::from_secret(secret, diagnostics),
            (None, Some(folder)) => bundle::from_folder(folder, diagnostics),
            (None, None) => {
                if let (Some(name), false) = (&registry.bundle_secret, self.unreadable) {
                    let message = format!("the input holds no Secret {:?}", name.value);
                    diagnostics.push(
                        Diagnostic::new(codes::INPUT_MISSING, message)
                            .at(name.at.clone())
                            .field("spec.configBundleSecret")
                            .hint("put the Secret beside the QuayRegistry, or its files into a folder config-bundle/"),
                    );
                }
                Bundle::default()
            }
        };
        (bundle, keys.map(|secret| keys::read(secret, diagnostics)).unwrap_or_default())
    }
}

/// The operator looks for both Secrets in the registry's namespace alone.
fn refuse_elsewhere(secret: &Document, registry: &Registry, diagnostics: &mut Diagnostics) {
    let (here, there) = (registry.namespace.as_ref().map(|it| it.value.as_str()), secret.metadata("namespace"));
    if let Some(here) = here.filter(|here| !there.is_empty() && *here != there) {
        diagnostics.push(
            Diagnostic::new(codes::INPUT_DOCUMENT, format!("Secret {:?} is of namespace {there:?}", secret.name()))
                .at(secret.place())
                .field("metadata.namespace")
                .hint(format!("the registry is in {here:?}; a Secret of another namespace is another Secret")),
        );
    }
}

fn settle(slot: &mut Option<Document>, document: Document, kind: &str, diagnostics: &mut Diagnostics) {
    match slot {
        Some(first) => diagnostics.push(twice(kind, first, &document)),
        None => *slot = Some(document),
    }
}

fn twice(kind: &str, first: &Document, second: &Document) -> Diagnostic {
    Diagnostic::new(codes::INPUT_DUPLICATE, format!("a second {kind}; the first is at {}", first.place()))
        .at(second.place())
        .hint("one input is one registry: keep one, or use a directory for each")
}

fn is_gitops(api: &str) -> bool {
    let group = api.split('/').next().unwrap_or_default();
    api.contains('/') && GITOPS_GROUPS.contains(&group)
}

/// kustomize takes its own file without apiVersion and kind.
fn is_kustomization(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or_default();
    matches!(name, "kustomization.yaml" | "kustomization.yml")
}

fn unknown(document: &Document, api: &str, kind: &str) -> Diagnostic {
    let message = if kind.is_empty() || api.is_empty() {
        "is no Kubernetes object: apiVersion or kind is missing".to_owned()
    } else {
        format!("{kind} of {api} is no input of quay-render")
    };
    Diagnostic::new(codes::INPUT_DOCUMENT, message)
        .at(document.place())
        .hint("an input holds a QuayRegistry, its config bundle, its keys, a RenderConfig and SealedValues; keep the rest elsewhere")
}

fn stray(secret: &Document, wanted: Option<&str>, registry: &Registry) -> Diagnostic {
    let hint = match wanted {
        Some(name) => format!("spec.configBundleSecret names {name:?}"),
        None => format!("name it in spec.configBundleSecret of QuayRegistry {:?}", registry.name.value),
    };
    Diagnostic::new(codes::INPUT_DOCUMENT, format!("Secret {:?} belongs to nothing here", secret.name()))
        .at(secret.place())
        .hint(hint)
}
