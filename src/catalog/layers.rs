//! The order in which objects are applied: `components/delivery/layers.yaml`, which explains its fields.

use serde::Deserialize;
use std::collections::BTreeMap;

/// The path of the table.
pub(super) const FILE: &str = "delivery/layers.yaml";

/// Objects that are applied together, once the layers before are healthy.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    /// The name used by `layer` in component.yaml.
    pub name: String,
    /// The layers that must be healthy first.
    #[serde(default)]
    pub after: Vec<String>,
    /// Whether it is healthy only when all its objects are.
    #[serde(default = "yes")]
    pub waits: bool,
    /// The sync wave of Argo CD.
    pub wave: String,
    /// The kinds that belong to it, in any component.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// The components of which everything is in it, whatever its kind.
    #[serde(default)]
    pub components: Vec<String>,
    /// The components whose Jobs are in it, and not where Jobs are.
    #[serde(default)]
    pub jobs_of: Vec<String>,
}

fn yes() -> bool {
    true
}

/// The layers, in the order in which they are applied.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layers {
    layers: Vec<Layer>,
    /// What an operator brings, by kind: the name of its CustomResourceDefinition.
    pub provided: BTreeMap<String, String>,
    /// The kinds that hold data.
    pub protected: Protected,
    /// The components whose objects are not in the output: they are printed for kubectl.
    pub by_hand: Vec<String>,
    /// The kinds of objects that may never be healthy.
    pub uncertain: Vec<String>,
}

/// Kinds that hold data, and the annotations that keep it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protected {
    /// The kinds.
    pub kinds: Vec<String>,
    /// The annotations that keep Argo CD and Flux from deleting them.
    pub annotations: BTreeMap<String, String>,
}

impl Layers {
    /// The layers, in the order in which they are applied.
    pub fn iter(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter()
    }

    /// What is wrong with the table: a duplicate name, or a layer after one that is not listed before it.
    pub(super) fn mistake(&self) -> Option<String> {
        let mut names: Vec<&str> = Vec::new();
        for layer in &self.layers {
            if names.contains(&&*layer.name) {
                return Some(format!("layer {} is there twice", layer.name));
            }
            if let Some(unknown) = layer.after.iter().find(|name| !names.contains(&name.as_str())) {
                return Some(format!("no layer {unknown} is before {}", layer.name));
            }
            names.push(&layer.name);
        }
        None
    }
}
