//! What `component.yaml` says of a component; `components/README.md` explains its fields.

use super::secret::Secret;
use super::{Broken, Files, Targets, typed};
use indexmap::IndexMap;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The file of a component's facts.
pub(super) const FILE: &str = "component.yaml";

/// A component: a folder of templates, and when they are rendered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The name of its folder below `components/`, which is that of the component.
    #[serde(skip)]
    pub name: String,
    /// When it is rendered.
    pub when: When,
    /// The layer of its objects whose kind names none.
    pub layer: String,
    /// What a QuayRegistry says of it; nothing for one that it does not list.
    pub kind: Option<Kind>,
    /// What its objects call it, where that is not its folder.
    pub called: Option<String>,
    /// The images that its templates use: the names of their overrides, by those that templates have.
    #[serde(default)]
    pub images: BTreeMap<String, String>,
    /// The Secrets that its pods read, by their logical names.
    #[serde(default)]
    pub secrets: IndexMap<String, Secret>,
    /// Who reads Secrets, in words for people, by the name of the pods' owner without the registry's.
    #[serde(default)]
    pub readers: BTreeMap<String, String>,
    /// The pods that read the token of their account, by the name of their owner without the registry's.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// What may be set, by the names in `spec.components` of the RenderConfig: one is the folder's, as a rule.
    #[serde(default)]
    pub settings: IndexMap<String, Targets>,
    /// API versions that depend on what the cluster has.
    pub versions: Option<Versions>,
}

/// A component that a QuayRegistry may list; its folder is the name of the kind.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// The place in the operator's list.
    pub place: u32,
    /// The API without which it is unmanaged where nobody lists it.
    pub needs: Option<Needs>,
    /// The fields of config.yaml that are its own (measured).
    #[serde(default)]
    pub fields: Vec<String>,
    /// The fields that must be in the bundle when it is unmanaged, because Quay does not start without them.
    #[serde(default)]
    pub required: Vec<String>,
    /// Files of the bundle that are its own: with all of them it is unmanaged where nobody lists it, managed it has none of
    /// them, and unmanaged it needs them.
    #[serde(default)]
    pub files: Vec<String>,
    /// The component with which it is: where that one is unmanaged, this one cannot be managed.
    pub follows: Option<String>,
    /// Whether it is managed whatever is said.
    #[serde(default)]
    pub always: bool,
    /// The validator's field group, as the config editor wants it for greying out.
    pub group: Option<String>,
}

/// An API that a cluster may have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Needs {
    /// Its name in `spec.cluster.apis` of the RenderConfig.
    pub api: String,
    /// What that setting says, for the JSON Schema.
    pub description: String,
}

/// API versions of kinds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Versions {
    /// Whose minor version they follow.
    pub by: Server,
    /// Each kind's, the oldest first.
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
    /// When this expression over the facts of templates holds.
    Expression(String),
}

/// An API version, and from when on it is served.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// The first minor version.
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
    /// What every cluster has.
    #[default]
    Standard,
    /// What is there where the experimental channel is installed.
    Experimental,
}

impl Component {
    /// The path of its facts.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}/{FILE}", self.name)
    }
}

/// The folders of components, those that a release alone has too.
pub(super) fn folders(files: &Files) -> impl Iterator<Item = &str> {
    files.iter().filter_map(|(path, _)| path.strip_suffix(FILE)?.strip_suffix('/')?.rsplit('/').next())
}

/// The component of a folder.
pub(super) fn read(name: &str, files: &Files) -> Result<Component, Broken> {
    Ok(Component { name: name.to_owned(), ..typed(files, &format!("{name}/{FILE}"))? })
}
