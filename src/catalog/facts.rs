//! What release.yaml says of a release, part by part.

use super::values;
use crate::object::Map;
use indexmap::IndexMap;
use serde::Deserialize;

/// The number of a release: major and minor, for what is on the way from one to the next is in the same.
pub type Number = (u32, u32);

/// The first two numbers of a version; nothing where it has none.
#[must_use]
pub fn number(version: &str) -> Option<Number> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// The oldest cluster of a release.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oldest {
    /// OpenShift's version.
    pub openshift: String,
    /// The Kubernetes that this OpenShift has.
    pub kubernetes: String,
}

/// Whom the programs of an image run as.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The id of the user.
    pub user: i64,
    /// The id of the group; nothing where the image says it.
    pub group: Option<i64>,
}

/// What the operator of a release does otherwise than another one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// Fields of config.yaml that are written whatever the user has there.
    #[serde(deserialize_with = "values")]
    pub forced: Map,
    /// Whether the keys that the bundle has are used before those of the keys Secret.
    pub bundle_keys_first: bool,
    /// Whether config.yaml may be a map without fields.
    pub empty_config: bool,
    /// The Secrets whose names do not follow their content, without the registry's name.
    pub stable_names: Vec<String>,
    /// The annotation with which objects say whose they are; nothing where they do not.
    pub owner_annotation: Option<String>,
    /// What may be overridden of a component in the QuayRegistry, each with its kinds; nothing where that came later.
    pub overrides: IndexMap<String, Overridable>,
    /// Whether a component of which anything is overridden loses its default number of pods.
    pub overrides_drop_replicas: bool,
    /// The file that Quay's check at start compares a database's certificate with, whatever sslrootcert says; nothing where
    /// that counts.
    pub database_ca: Option<String>,
    /// Whether images may be given by a tag.
    pub image_tags: bool,
    /// The connections of each of Clair's parts to its database; nothing for Clair's own default.
    pub clair_connections: Option<Connections>,
}

/// What may be overridden.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overridable {
    /// The kinds that take it.
    pub of: Vec<String>,
    /// Whether any other kind takes it too, and does nothing with it.
    pub idle: bool,
    /// Kinds that take it, and do nothing with it.
    pub idle_of: Vec<String>,
    /// On whose objects it is laid, by the names of their settings, where those are not the kind's own alone.
    pub laid_on: IndexMap<String, Vec<String>>,
    /// The operator that it came with, `next` for one that is not published: this one does not know it, and does nothing
    /// with it.
    pub since: Option<String>,
}

/// How many connections each part of Clair has at most.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Connections {
    /// Where an autoscaler decides on the number of pods.
    pub autoscaled: u32,
    /// Where none does.
    pub fixed: u32,
}

/// What later operators have in a QuayRegistry.
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

/// A kind that came with a later operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaterKind {
    /// The operator.
    pub since: String,
    /// Where that kind is unmanaged, this one may be.
    pub of: Option<String>,
    /// What to do in place of it.
    pub instead: String,
}

/// A field that came with a later operator.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaterField {
    /// The operator.
    pub since: String,
    /// What to do in place of it.
    pub instead: String,
}
