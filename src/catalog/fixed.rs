//! What a cluster refuses to change: `components/delivery/immutable.yaml`, which explains its fields.

use super::values;
use crate::object::Map;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Where the table is.
pub(super) const FILE: &str = "delivery/immutable.yaml";

/// The path of a field: keys.
pub type Path = Vec<String>;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Immutable {
    /// What a cluster refuses.
    pub fixed: Vec<Fixed>,
    /// What it takes, and people should know of: paths by kind.
    #[serde(deserialize_with = "told")]
    pub told: BTreeMap<String, Vec<Path>>,
}

/// Fields that may not change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// Of objects of these kinds.
    pub kinds: Vec<String>,
    /// These, and all below them.
    #[serde(deserialize_with = "paths")]
    pub fields: Vec<Path>,
    /// But for these.
    #[serde(default, deserialize_with = "paths")]
    pub except: Vec<Path>,
    /// And for these quantities, which may grow.
    #[serde(default, deserialize_with = "paths")]
    pub grows: Vec<Path>,
    /// Left out, these stay as the API server has filled them in.
    #[serde(default, deserialize_with = "paths")]
    pub filled: Vec<Path>,
    /// Only where these fields have had these values.
    #[serde(default, deserialize_with = "values")]
    pub when: Map,
    /// Only where these fields have these values before and after.
    #[serde(default, rename = "while", deserialize_with = "values")]
    pub during: Map,
    /// What to do.
    pub advice: String,
}

/// The keys of a path that is written with dots.
#[must_use]
pub fn path(text: &str) -> Path {
    text.split('.').map(str::to_owned).collect()
}

fn paths<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Path>, D::Error> {
    Ok(Vec::<String>::deserialize(deserializer)?.iter().map(|text| path(text)).collect())
}

fn told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<Path>>, D::Error> {
    let told = BTreeMap::<String, Vec<String>>::deserialize(deserializer)?;
    Ok(told.into_iter().map(|(kind, texts)| (kind, texts.iter().map(|text| path(text)).collect())).collect())
}
