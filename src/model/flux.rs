//! `spec.output` and `spec.flux` of the RenderConfig: the form of the output, and the settings for Flux.

use super::fields::Fields;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};

/// The form of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// One directory with one kustomization.yaml.
    Directory,
    /// A directory per layer, and Flux Kustomizations that apply them in order.
    Layers(Flux),
}

/// `spec.flux`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flux {
    /// The kind of the source object.
    pub source_kind: String,
    pub source: String,
    /// The namespace of the source; `None` for that of the Kustomizations.
    pub source_namespace: Option<String>,
    /// The path of the output in the source, without leading `./` and trailing `/`; empty for the root.
    pub path: String,
    /// How often Flux reconciles.
    pub interval: String,
    /// How long Flux waits for a layer to become healthy.
    pub timeout: String,
    /// The namespace of the Kustomizations.
    pub namespace: String,
}

/// Reads `spec.output` and `spec.flux`; `None` if `spec.flux` is needed and wrong.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Form> {
    let form = spec.text("output", diagnostics);
    let is_known = form.is_some() || spec.get("output").is_none();
    let layers = form.is_some_and(|form| form.value == "layers");
    let flux = flux(spec, diagnostics);
    if !layers && is_known && spec.get("flux").is_some() {
        diagnostics.push(
            Diagnostic::new(codes::FLUX_UNUSED, "is not used: the output is one directory")
                .at(spec.place_of("flux"))
                .field("spec.flux")
                .hint("output: layers"),
        );
    }
    if layers { flux.map(Form::Layers) } else { Some(Form::Directory) }
}

fn flux(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Flux> {
    let map = spec.map("flux", diagnostics)?;
    let path = map.valid_text("path", diagnostics).map(|path| normal(&path.value));
    let interval = map.text_or_default("interval", diagnostics);
    let timeout = map.text_or_default("timeout", diagnostics);
    let namespace = map.text_or_default("namespace", diagnostics);
    let source = map.map("sourceRef", diagnostics)?;
    let source_kind = source.text_or_default("kind", diagnostics);
    let source_namespace = source.text("namespace", diagnostics).map(|namespace| namespace.value);
    let name = source.text("name", diagnostics)?.value;
    Some(Flux { source_kind, source: name, source_namespace, path: path?, interval, timeout, namespace })
}

/// The path without empty and `.` parts.
fn normal(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}
