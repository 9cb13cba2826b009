//! The input as typed data: QuayRegistry, config bundle, keys, RenderConfig.
//!
//! Reading is strict: an unknown field, a wrong type or a second document of a kind is reported with its location, and
//! all problems of all documents are found in one run.

pub mod access;
pub mod backup;
pub mod bundle;
pub mod clair;
pub mod clair_config;
pub mod database_upgrade;
pub mod declared;
mod document;
mod documents;
pub mod ecosystem;
mod fields;
pub mod fill_in;
pub mod flux;
mod formats;
pub mod image_mirror;
mod intake;
mod integrity;
pub mod keys;
mod lacking;
mod layers;
pub mod monitoring;
mod names;
mod notations;
pub mod operator;
mod outline;
mod overrides;
mod own_secrets;
pub mod patches;
pub mod placeholder;
pub mod proxy;
pub mod registry;
pub mod render_config;
pub mod schema;
pub mod sealed;
pub mod secrets;
pub mod settings;
pub mod severities;
mod shown;
mod skipped;
pub mod stack;
pub mod storage_gateway;
pub mod subscription;

pub use bundle::Bundle;
pub use fields::{Word, flag_hint};
pub use integrity::check_integrity;
pub use keys::Keys;
pub use outline::{Outline, Setting, outline, settings};
pub use registry::Registry;
pub use render_config::RenderConfig;
pub use sealed::SealedValues;
pub use shown::{repeated_setting, shown_setting};

use crate::catalog::{Broken, Catalog, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::Inputs;
use crate::quote;
use std::sync::Arc;

/// The API version of quay-render's own documents.
pub const API_VERSION: &str = "quay-render.dev/v1alpha1";

/// A value with its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    pub value: T,
    /// Where it is in the input.
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
    /// The release that is rendered; if the wanted one is unknown, which has been reported, the standard one.
    pub release: Arc<Release>,
    /// The RenderConfig.
    pub config: RenderConfig,
    /// What `quay-render seal` wrote; `None` if there is none.
    pub sealed: Option<SealedValues>,
    /// Where the input has a StorageCluster of OpenShift Data Foundation, which is not rendered.
    pub storage_cluster: Option<Location>,
    /// Whether the RenderConfig is missing or wrong, which has been reported, and a default replaces it: then nothing
    /// is rendered, and only what does not depend on it is checked.
    pub is_partial: bool,
}

/// The registry's namespace: its own, else the RenderConfig's.
#[must_use]
pub fn namespace<'a>(registry: &'a Registry, config: &'a RenderConfig) -> Option<&'a Spanned<String>> {
    registry.namespace.as_ref().or(config.namespace.as_ref())
}

/// Reads all documents; `None` without a QuayRegistry.
#[must_use]
pub fn read(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Model> {
    let mut documents = documents::gather(inputs, diagnostics);
    let written = documents.config.as_ref().and_then(render_config::release);
    let wanted = inputs.release.as_deref().or(written);
    let release = match release(&inputs.catalog, wanted) {
        Ok(release) => release,
        Err(broken) => {
            diagnostics.push(broken_diagnostic(&broken));
            return None;
        }
    };
    let registry = documents.registry.as_ref().and_then(|document| registry::read(document, &release, diagnostics));
    let read = |document| render_config::read(document, &release, &inputs.profiles, diagnostics);
    let mut config = documents.config.as_ref().and_then(read);
    if let Some((config, wanted)) = config.as_mut().zip(inputs.release.as_ref()) {
        config.release.value.clone_from(wanted);
    }
    let sealed = documents.sealed.as_ref().and_then(|document| sealed::read(document, diagnostics));
    documents.refuse_placeholders(diagnostics);
    documents.report_missing(&release.name, diagnostics);
    if let Some(arguments) = &inputs.apart_from_fleet {
        lead_to_fleet(arguments, diagnostics);
    }
    let referenced = config.as_ref().is_none_or(|config| config.secrets.are_referenced());
    let secrets = registry.as_ref().map(|registry| {
        own_secrets::read(&mut documents, registry, inputs, !referenced, release.rules.empty_config, diagnostics)
    });
    documents.skipped.tell(inputs.options.strict_input, diagnostics);
    let storage_cluster = documents.skipped.storage_cluster().cloned();
    let (bundle, keys) = secrets?;
    let declared = config.as_ref().map(|config| config.known_fields.as_slice()).unwrap_or_default();
    bundle.check_placeholders(referenced, declared, diagnostics);
    let is_partial = config.is_none();
    let mut config = config.or_else(|| render_config::stand_in(&release))?;
    if is_partial {
        config.levels = documents.config.as_ref().map(severities::of_broken).unwrap_or_default();
    } else {
        render_config::fill_bucket(&mut config, &keys, diagnostics);
        documents.note_unused(&config, diagnostics);
        refuse_unknown(&config.release, &inputs.catalog, diagnostics);
    }
    Some(Model { registry: registry?, bundle, keys, release, config, sealed, storage_cluster, is_partial })
}

/// Names the fleet in the place of what a registry read alone lacks, for that stands in the folders above it.
fn lead_to_fleet(arguments: &str, diagnostics: &mut Diagnostics) {
    let is_shared = |problem: &Diagnostic| match problem.code {
        codes::INPUT_MISSING => problem.message.ends_with("RenderConfig"),
        codes::FIELD_MISSING => matches!(problem.field.as_deref(), Some("spec.release" | "spec.cluster")),
        _ => false,
    };
    let hint = format!(
        "it belongs to a fleet, whose shared RenderConfig is not read this way: in place of the folder give {arguments}"
    );
    *diagnostics = std::mem::take(diagnostics)
        .map(|problem| if is_shared(&problem) { problem.hint(hint.as_str()) } else { problem });
}

/// The release that a RenderConfig names; the standard one if it names none that exists.
fn release(catalog: &Catalog, wanted: Option<&str>) -> Result<Arc<Release>, Broken> {
    check_integrity()?;
    let release = wanted.and_then(|name| catalog.release(name)).unwrap_or_else(|| catalog.standard())?;
    integrity::of_release(&release)?;
    Ok(release)
}

fn refuse_unknown(wanted: &Spanned<String>, catalog: &Catalog, diagnostics: &mut Diagnostics) {
    if catalog.release(&wanted.value).is_none() {
        let known: Vec<&str> = catalog.names().collect();
        diagnostics.push(
            Diagnostic::new(codes::RELEASE_UNKNOWN, format!("unknown release {}", quote::number(&wanted.value)))
                .at(wanted.at.clone())
                .field("spec.release")
                .hint(format!("this quay-render knows {}", known.join(", "))),
        );
    }
}

/// The diagnostic for an invalid file of the program, which is no fault of the input.
#[must_use]
pub fn broken_diagnostic(broken: &Broken) -> Diagnostic {
    Diagnostic::new(codes::INTERNAL, broken.to_string()).hint("this is a mistake of quay-render; please report it")
}
