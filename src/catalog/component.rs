//! What `component.yaml` says of a component; `components/README.md` explains its fields.

use super::{Broken, Files, typed};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The file of a component's facts.
pub(super) const FILE: &str = "component.yaml";

/// A component: a folder of templates, and when they are rendered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its folder.
    #[serde(skip)]
    pub name: String,
    /// When it is rendered.
    pub when: When,
    /// The layer of its objects whose kind names none.
    pub layer: String,
    /// API versions that depend on what the cluster has.
    pub versions: Option<Versions>,
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

/// All components of some files, in the order of their folders.
pub(super) fn read_all(files: &Files) -> Result<Vec<Component>, Broken> {
    let read = |name: &str| Ok(Component { name: name.to_owned(), ..typed(files, &format!("{name}/{FILE}"))? });
    files.folders_with(FILE).map(read).collect()
}
