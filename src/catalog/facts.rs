//! The parts of release.yaml.

use super::values;
use crate::object::Map;
use indexmap::IndexMap;
use serde::Deserialize;

/// The number of a release: major and minor; versions between two releases belong to the earlier one.
pub type Number = (u32, u32);

/// The first two numbers of a version; `None` if it has none.
#[must_use]
pub fn number(version: &str) -> Option<Number> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The oldest cluster that a release supports.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oldest {
    /// OpenShift's version.
    pub openshift: String,
    /// The Kubernetes version of that OpenShift.
    pub kubernetes: String,
}

/// The user that the programs of an image run as.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The user ID.
    pub user: i64,
    /// The group ID; `None` for the image's own.
    pub group: Option<i64>,
}

/// What the operator of a release does differently from others.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Fields of config.yaml that are written regardless of what the user has there.
    #[serde(deserialize_with = "values")]
    pub forced: Map,
    /// Whether the keys in the bundle take precedence over those in the keys Secret.
    pub bundle_keys_first: bool,
    /// Whether config.yaml may be an empty map.
    pub empty_config: bool,
    /// The Secrets without a content suffix in their name, without the registry's name.
    pub stable_names: Vec<String>,
    /// The annotation by which objects name their owner; `None` if they do not.
    pub owner_annotation: Option<String>,
    /// The possible overrides of a component in the QuayRegistry; empty if they came with a later operator.
    pub overrides: IndexMap<String, Overridable>,
    /// Whether a component with any override loses its default number of pods.
    pub overrides_drop_replicas: bool,
    /// The file that Quay's check at start compares a database's certificate with, whatever sslrootcert says; nothing where
    /// that counts.
    pub database_ca: Option<String>,
    /// Whether images may be given by a tag.
    pub image_tags: bool,
    /// The database connections of each part of Clair; `None` for Clair's own default.
    pub clair_connections: Option<Connections>,
    /// Which executors hand a proxy on to their builders.
    pub builders_proxy: BuildersProxy,
    /// The operator itself, where it is installed.
    pub operator: OperatorFacts,
}

/// The operator of a release, as the Operator Lifecycle Manager knows it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorFacts {
    /// The channel of its versions; `{release}` is filled in.
    pub channel: String,
    /// Whether it hands its own proxy on to the pods of a registry.
    pub proxy: bool,
    /// Whether it knows `secretRef` of the component tls.
    pub secret_ref: bool,
}

/// Which executors of BUILD_MANAGER hand a proxy on to their builders.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BuildersProxy {
    /// Those that have all three variables in their own settings.
    pub told: Vec<String>,
    /// Those whose builders have the variables of Quay's pods.
    pub inherited: Vec<String>,
}

/// A possible override.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overridable {
    /// The kinds that support it.
    pub of: Vec<String>,
    /// Whether all other kinds accept and ignore it.
    pub idle: bool,
    /// Kinds that accept and ignore it.
    pub idle_of: Vec<String>,
    /// The components whose objects it changes, by the names of their settings, if not just the kind's own.
    pub laid_on: IndexMap<String, Vec<String>>,
    /// The operator that introduced it, `next` for an unpublished one: this one does not know it and ignores it.
    pub since: Option<String>,
}

/// The maximum number of database connections of each part of Clair.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connections {
    /// If an autoscaler determines the number of pods.
    pub autoscaled: u32,
    /// If the number of pods is fixed.
    pub fixed: u32,
}

/// What later operators accept in a QuayRegistry.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Later {
    /// Kinds of components.
    #[serde(default)]
    pub kinds: IndexMap<String, LaterKind>,
    /// Fields of a component.
    #[serde(default)]
    pub fields: IndexMap<String, LaterField>,
}

/// A kind introduced by a later operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaterKind {
    /// The operator that introduced it.
    pub since: String,
    /// If that kind is unmanaged, this one may be.
    pub of: Option<String>,
    /// What to do instead.
    pub instead: String,
}

/// A field introduced by a later operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaterField {
    /// The operator that introduced it.
    pub since: String,
    /// What to do instead.
    pub instead: String,
}
