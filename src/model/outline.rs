//! What is asked of an input without compiling it.

use super::documents::gather;
use super::layers::Files;
use super::{namespace, registry, render_config};
use crate::diagnostic::{Diagnostics, Location};
use crate::input::Inputs;
use crate::object::Value;
use crate::yaml::Node;

/// What is needed of every registry of a fleet before the first is compiled.
pub struct Outline {
    /// The registry's name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its release.
    pub release: String,
    /// Whether its Namespace is rendered.
    pub renders_namespace: bool,
}

/// The outline of an input; nothing where it cannot be told, of which compiling it says why.
#[must_use]
pub fn outline(inputs: &Inputs) -> Option<Outline> {
    let mut unheard = Diagnostics::new();
    let documents = gather(inputs, &mut unheard);
    let registry = registry::read(documents.registry.as_ref()?, &mut unheard)?;
    let config = render_config::read(documents.config.as_ref()?, &mut unheard)?;
    Some(Outline {
        name: registry.name.value.clone(),
        namespace: namespace(&registry, &config)?.value.clone(),
        release: config.release.value.clone(),
        renders_namespace: config.cluster.render_namespace,
    })
}

/// A field of the RenderConfig.
pub struct Setting {
    /// The keys that lead to it.
    pub path: Vec<String>,
    /// What is written.
    pub value: Value,
    /// Where.
    pub at: Location,
}

/// What the RenderConfig says, with those of the folders above it; nothing where there is none.
#[must_use]
pub fn settings(inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Vec<Setting>> {
    let documents = gather(inputs, diagnostics);
    documents.report_missing(diagnostics);
    let config = documents.config?;
    let mut found = Vec::new();
    leaves(&config.files, config.root.get("spec")?, &mut vec!["spec".to_owned()], &mut found);
    Some(found)
}

fn leaves(files: &Files, node: &Node, path: &mut Vec<String>, found: &mut Vec<Setting>) {
    match node.as_map() {
        Some(entries) if !entries.is_empty() => {
            for entry in entries {
                path.push(entry.key.clone());
                leaves(files, &entry.value, path, found);
                path.pop();
            }
        }
        _ => found.push(Setting { path: path.clone(), value: node.to_value(), at: files.location(node.pos) }),
    }
}
