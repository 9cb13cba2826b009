//! The few facts about an input that are needed before it is compiled: name, namespace and release of a registry, and
//! the fields of its RenderConfig.

use super::declared::{self, Place};
use super::documents::gather;
use super::layers::Files;
use super::registry::{self, Registry, kind};
use super::shown::shown;
use super::{RenderConfig, namespace, release, render_config};
use crate::diagnostic::{Diagnostics, Location};
use crate::input::Inputs;
use crate::object::Value;
use crate::yaml::Node;

/// What must be known of every registry of a fleet before the first is compiled.
pub struct Outline {
    /// The registry's name.
    pub name: String,
    pub namespace: String,
    pub release: String,
    /// Whether its Namespace is rendered.
    pub renders_namespace: bool,
    /// The namespace of the storage gateway that is rendered.
    pub gateway: Option<String>,
    /// The namespace of the operator that its output installs, if any.
    pub operator: Option<String>,
}

/// The outline of an input; `None` if it cannot be determined, which compiling it reports.
#[must_use]
pub fn outline(inputs: &Inputs) -> Option<Outline> {
    let mut unheard = Diagnostics::new();
    let documents = gather(inputs, &mut unheard);
    let document = documents.config.as_ref()?;
    let release = release(&inputs.catalog, render_config::release(document)).ok()?;
    let registry = registry::read(documents.registry.as_ref()?, &release, &mut unheard)?;
    let config = render_config::read(document, &release, &inputs.profiles, &mut unheard)?;
    let gateway = config.storage_gateway.as_ref().filter(|_| claims_bucket(&registry, &config));
    let namespace = namespace(&registry, &config)?.value.clone();
    let operator = config.operator.as_ref().filter(|operator| operator.is_installed);
    Some(Outline {
        gateway: gateway.map(|gateway| gateway.namespace.clone()),
        name: registry.name.value.clone(),
        operator: operator.map(|operator| operator.home(&namespace).to_owned()),
        namespace,
        release: config.release.value.clone(),
        renders_namespace: config.cluster.render_namespace,
    })
}

/// Whether a bucket claim is rendered.
fn claims_bucket(registry: &Registry, config: &RenderConfig) -> bool {
    let listed = registry.components.iter().find(|component| component.kind == kind::OBJECT_STORAGE);
    listed.map_or_else(|| config.cluster.has("objectBucketClaims"), |component| component.managed)
}

/// A field of the RenderConfig.
pub struct Setting {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// The value, with masks for what may not be shown.
    pub value: Value,
    /// Where.
    pub at: Location,
}

/// The fields of the RenderConfig, merged with those of the folders above it; `None` if there is none.
#[must_use]
pub fn settings(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Vec<Setting>> {
    let documents = gather(inputs, diagnostics);
    match inputs.catalog.standard() {
        Ok(release) => documents.report_missing(&release.name, diagnostics),
        Err(broken) => diagnostics.push(super::broken_diagnostic(&broken)),
    }
    let config = documents.config?;
    let mut found = Vec::new();
    let place = declared::document("RenderConfig").map(Place::root).and_then(|root| root.field("spec"));
    leaves(&config.files, config.root.get("spec")?, place, &mut vec!["spec".to_owned()], &mut found);
    Some(found)
}

fn leaves(files: &Files, node: &Node, place: Option<Place>, path: &mut Vec<String>, found: &mut Vec<Setting>) {
    match node.as_map() {
        Some(entries) if !entries.is_empty() => {
            for entry in entries {
                path.push(entry.key.clone());
                leaves(files, &entry.value, place.and_then(|place| place.field(&entry.key)), path, found);
                path.pop();
            }
        }
        _ => found.push(Setting {
            path: path.clone(),
            value: shown(&node.to_value(), place),
            at: files.location(node.pos),
        }),
    }
}
