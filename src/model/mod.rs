//! What the input says, as typed data: QuayRegistry, config bundle, keys, RenderConfig.
//!
//! Reading is strict: an unknown field, a wrong type or a second document of a kind is a problem with its place, and
//! all problems of all documents are found in one run.

pub mod access;
pub mod bundle;
pub mod declared;
mod documents;
mod fields;
pub mod flux;
mod intake;
pub mod keys;
mod layers;
pub mod levels;
mod outline;
pub mod registry;
pub mod render_config;
pub mod schema;
pub mod sealed;
pub mod secrets;

pub use bundle::Bundle;

pub use fields::{nearest, nearest_hint};
pub use keys::Keys;
pub use outline::{Outline, Setting, outline, settings};
pub use registry::Registry;
pub use render_config::RenderConfig;
pub use sealed::SealedValues;

use crate::diagnostic::{Diagnostics, Location};
use crate::input::Inputs;

/// The API version of quay-render's own documents.
pub const API_VERSION: &str = "quay-render.dev/v1alpha1";

/// A value with the place where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Location,
}

/// Everything that was read.
pub struct Model {
    /// The QuayRegistry.
    pub registry: Registry,
    /// The config bundle; empty where the registry names none.
    pub bundle: Bundle,
    /// The keys Secret; empty where there is none.
    pub keys: Keys,
    /// The RenderConfig.
    pub config: RenderConfig,
    /// What `quay-render seal` wrote; nothing where there is none.
    pub sealed: Option<SealedValues>,
}

/// The registry's namespace: its own, else the RenderConfig's.
#[must_use]
pub fn namespace<'a>(registry: &'a Registry, config: &'a RenderConfig) -> Option<&'a Spanned<String>> {
    registry.namespace.as_ref().or(config.namespace.as_ref())
}

/// Reads all documents. What is missing altogether (no QuayRegistry, no RenderConfig) ends in `None`.
#[must_use]
pub fn read(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Model> {
    let documents = documents::gather(inputs, diagnostics);
    let registry = documents.registry.as_ref().and_then(|document| registry::read(document, diagnostics));
    let config = documents.config.as_ref().and_then(|document| render_config::read(document, diagnostics));
    let sealed = documents.sealed.as_ref().and_then(|document| sealed::read(document, diagnostics));
    documents.report_missing(diagnostics);
    let registry = registry?;
    let (bundle, keys) = documents.secrets(&registry, inputs, diagnostics);
    let config = config?;
    documents.note_unused(&config, diagnostics);
    Some(Model { registry, bundle, keys, config, sealed })
}
