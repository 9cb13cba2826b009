//! The content of `component.yaml`; `components/README.md` explains its fields.

use super::secret::Secret;
use super::{Broken, Files, Targets, typed};
use indexmap::IndexMap;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The name of the file with a component's facts.
pub(super) const FILE: &str = "component.yaml";

/// A component: a folder of templates, and when they are rendered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The name of its folder below `components/`.
    #[serde(skip)]
    pub name: String,
    /// The condition for rendering it.
    pub when: When,
    /// The deliveries in which it is rendered.
    #[serde(default = "manifests")]
    pub deliveries: Vec<Delivery>,
    /// The layer of its objects, unless their kind has one.
    pub layer: String,
    /// Its entry in a QuayRegistry; `None` if it cannot be listed there.
    pub kind: Option<Kind>,
    /// Its name in objects, if that is not the folder's.
    pub called: Option<String>,
    /// The images that its templates use: the names of their overrides, by the names used in templates.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// The Secrets that its pods read, by their logical names.
    #[serde(default)]
    pub secrets: IndexMap<String, Secret>,
    /// Descriptions of the readers of Secrets, by the name of the pods' owner without the registry's.
    #[serde(default)]
    pub readers: BTreeMap<String, String>,
    /// The pods that use their ServiceAccount token, by the name of their owner without the registry's.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// What may be set, by the names in `spec.components` of the RenderConfig, usually just that of the folder.
    #[serde(default)]
    pub settings: IndexMap<String, Targets>,
    /// API versions that depend on what the cluster has.
    pub versions: Option<Versions>,
}

/// What the output holds of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// The objects of the registry.
    Manifests,
    /// What its operator makes these objects of, and what installs that operator.
    Operator,
}

fn manifests() -> Vec<Delivery> {
    vec![Delivery::Manifests]
}

/// A component that a QuayRegistry may list; its folder has the name of the kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its position in the operator's list.
    pub place: u32,
    /// The API without which it is unmanaged unless it is listed.
    pub needs: Option<Needs>,
    /// The fields of config.yaml that belong to it (measured).
    #[serde(default)]
    pub fields: Vec<String>,
    /// The fields that must be in the bundle when it is unmanaged, because Quay does not start without them.
    #[serde(default)]
    pub required: Vec<String>,
    /// Files of the bundle that belong to it: if all are there, it is unmanaged unless listed; managed, there must be
    /// none of them, and unmanaged, they are required.
    #[serde(default)]
    pub files: Vec<String>,
    /// The component that it depends on: if that is unmanaged, this one cannot be managed.
    pub follows: Option<String>,
    /// Whether it is managed in any case.
    #[serde(default)]
    pub always: bool,
    /// The validator's field group, which the config editor uses for greying out.
    pub group: Option<String>,
}

/// An API that a cluster may have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Its name in `spec.cluster.apis` of the RenderConfig.
    pub api: String,
    /// The description of that setting in the JSON Schema.
    pub description: String,
}

/// API versions of kinds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// The server whose minor version they depend on.
    pub by: Server,
    /// The versions of each kind, oldest first.
    pub kinds: BTreeMap<String, Vec<Version>>,
}

/// What serves an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// The cluster's Kubernetes.
    Kubernetes,
    /// The Gateway API that is installed.
    Gateway,
}

/// When a component is rendered.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum When {
    /// Always, or never.
    Fixed(bool),
    /// If this expression over the facts of templates is true.
    Expression(String),
}

/// An API version, and when it was introduced.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The first minor version that serves it.
    pub from: u32,
    /// The channel of the Gateway API that it needs.
    #[serde(default)]
    pub channel: Channel,
    /// The API version.
    pub api: String,
}

/// A channel of the Gateway API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Available in every cluster with the Gateway API.
    #[default]
    Standard,
    /// Available where the experimental channel is installed.
    Experimental,
}

impl Component {
    /// The path of the file with its facts.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}/{FILE}", self.name)
    }
}

/// The folders of all components, including those of a single release.
pub(super) fn folders(files: &Files) -> impl Iterator<Item = &str> {
    files.iter().filter_map(|(path, _)| path.strip_suffix(FILE)?.strip_suffix('/')?.rsplit('/').next())
}

/// Reads the component in a folder.
pub(super) fn read(name: &str, files: &Files) -> Result<Component, Broken> {
    Ok(Component { name: name.to_owned(), ..typed(files, &format!("{name}/{FILE}"))? })
}
