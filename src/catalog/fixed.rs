//! Changes that a cluster refuses: `components/delivery/immutable.yaml`, which explains its fields.

use super::values;
use crate::object::Map;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The path of the table.
pub(super) const FILE: &str = "delivery/immutable.yaml";

/// The path of a field, as keys.
pub type Path = Vec<String>;

/// The table.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Immutable {
    /// The changes that a cluster refuses.
    pub fixed: Vec<Fixed>,
    /// The changes that it accepts but people should know about: paths by kind.
    #[serde(deserialize_with = "told")]
    pub told: BTreeMap<String, Vec<Path>>,
    /// The kinds of which a rendered object must not be left out later.
    pub kept: Vec<String>,
}

/// Fields that must not change.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// The kinds of the objects.
    pub kinds: Vec<String>,
    /// These fields and everything below them.
    #[serde(deserialize_with = "paths")]
    pub fields: Vec<Path>,
    /// Exceptions.
    #[serde(default, deserialize_with = "paths")]
    pub except: Vec<Path>,
    /// Quantities that may grow.
    #[serde(default, deserialize_with = "paths")]
    pub grows: Vec<Path>,
    /// Fields that keep the API server's value if they are left out.
    #[serde(default, deserialize_with = "paths")]
    pub filled: Vec<Path>,
    /// Only if these fields had these values.
    #[serde(default, deserialize_with = "values")]
    pub when: Map,
    /// Only if these fields have these values before and after.
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
