//! Assembles a release: its release.yaml and files, over those of its parents.

use super::component::{self, Component};
use super::facts::{Later, Oldest, Rules, User};
use super::memo::Memo;
use super::{Broken, Files, typed, values};
use crate::object::{Map, Value};
use crate::yaml;
use indexmap::IndexMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;

/// The folder of the releases, and the name of the file with a release's facts.
pub(super) const FOLDER: &str = "releases";
pub(super) const FILE: &str = "release.yaml";

/// The content of release.yaml: everything, or with a parent only the differences. Maps are merged recursively into the
/// parent's; null removes an entry of the parent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    /// The parent.
    from: Option<String>,
    version: String,
    /// The releases that may be upgraded to this one directly, which nothing inherits.
    #[serde(default)]
    upgrades_from: Vec<String>,
    oldest: Option<Oldest>,
    #[serde(default)]
    images: IndexMap<String, String>,
    /// The users that images run as.
    #[serde(default)]
    users: IndexMap<String, User>,
    /// The images of earlier versions, which are not inherited.
    #[serde(default)]
    patches: IndexMap<String, IndexMap<String, String>>,
    #[serde(default, deserialize_with = "values")]
    defaults: Map,
    #[serde(default, deserialize_with = "values")]
    facts: Map,
    #[serde(default, deserialize_with = "part::<Rules, _>")]
    rules: Map,
    #[serde(default, deserialize_with = "part::<Later, _>")]
    later: Map,
    /// Differences to the parent's component.yaml, by folder name.
    #[serde(default, deserialize_with = "values")]
    components: Map,
    /// Files of the parent that have another path in this release.
    #[serde(default)]
    moved: IndexMap<String, String>,
    /// Files of the parent that this release does not have; with a trailing `/`, a whole folder.
    #[serde(default)]
    without: Vec<String>,
}

/// The parts of a release, before they are checked.
pub(super) struct Assembled {
    pub version: String,
    pub upgrades_from: Vec<String>,
    pub files: Files,
    pub oldest: Option<Oldest>,
    pub images: IndexMap<String, String>,
    pub users: IndexMap<String, User>,
    /// The images of earlier versions that differ.
    pub patches: IndexMap<String, IndexMap<String, String>>,
    pub defaults: Map,
    pub facts: Map,
    pub rules: Rules,
    pub later: Later,
}

/// The facts of a release merged over those of its parents, with the rules not checked yet.
#[derive(Clone, Default)]
struct Layered {
    version: String,
    upgrades_from: Vec<String>,
    patches: IndexMap<String, IndexMap<String, String>>,
    files: Files,
    oldest: Option<Oldest>,
    images: IndexMap<String, String>,
    users: IndexMap<String, User>,
    defaults: Map,
    facts: Map,
    rules: Map,
    later: Map,
}

/// The parts that releases of a catalog are made of, each read once: a release is merged over its parent's, and shares
/// most components with it.
#[derive(Debug, Default)]
pub(super) struct Parts {
    layers: Memo<Arc<Layered>>,
    components: Memo<Component>,
}

impl Parts {
    /// All components in some files, in the order of their folders.
    ///
    /// # Errors
    /// If one is invalid.
    pub(super) fn components(&self, files: &Files) -> Result<Vec<Component>, Broken> {
        let read = |name: &str| {
            let text = files.get(&format!("{name}/{}", component::FILE)).unwrap_or_default();
            self.components.get_or(&format!("{name}\n{text}"), || component::read(name, files))
        };
        files.folders_with(component::FILE).map(read).collect()
    }
}

/// The path of the file with a release's facts.
pub(super) fn file_of(name: &str) -> String {
    format!("{FOLDER}/{name}/{FILE}")
}

/// Assembles a release from all files, over its parents.
///
/// # Errors
/// If one of its files is invalid, or it is its own parent.
pub(super) fn assemble(name: &str, all: &Files, parts: &Parts) -> Result<Assembled, Broken> {
    let file = file_of(name);
    let Layered { version, upgrades_from, patches, files, oldest, images, users, defaults, facts, rules, later } =
        Arc::unwrap_or_clone(layer(name, all, parts, &mut Vec::new())?);
    let broken = |error: serde_json::Error| Broken::new(&file, error.to_string());
    let (rules, later) = (whole(rules).map_err(broken)?, whole(later).map_err(broken)?);
    Ok(Assembled { version, upgrades_from, files, oldest, images, users, patches, defaults, facts, rules, later })
}

fn layer(name: &str, all: &Files, parts: &Parts, children: &mut Vec<String>) -> Result<Arc<Layered>, Broken> {
    parts.layers.get_or(name, || laid_over_parent(name, all, parts, children).map(Arc::new))
}

fn laid_over_parent(name: &str, all: &Files, parts: &Parts, children: &mut Vec<String>) -> Result<Layered, Broken> {
    let file = file_of(name);
    let facts: Facts = typed(all, &file)?;
    children.push(name.to_owned());
    let mut found = match &facts.from {
        None => {
            let mut files = all.clone();
            files.remove(&format!("{FOLDER}/"));
            Layered { files, ..Layered::default() }
        }
        Some(parent) if children.contains(parent) => {
            return Err(Broken::new(&file, format!("its parent {parent} is made of it")));
        }
        Some(parent) if all.get(&file_of(parent)).is_none() => {
            return Err(Broken::new(&file, format!("there is no release {parent} to be its parent")));
        }
        Some(parent) => Layered::clone(&*layer(parent, all, parts, children)?),
    };
    for path in &facts.without {
        if !found.files.remove(path) {
            return Err(Broken::new(&file, format!("its parent has no file {path} to be without")));
        }
    }
    for (from, to) in &facts.moved {
        if !found.files.rename(from, to) {
            return Err(Broken::new(&file, format!("its parent has no file {from} to be moved")));
        }
    }
    for (component, over) in facts.components {
        lay_over_component(&mut found.files, &file, &component, over)?;
    }
    found.files.lay_over(all, &format!("{FOLDER}/{name}"), FILE);
    (found.version, found.patches, found.upgrades_from) = (facts.version, facts.patches, facts.upgrades_from);
    found.oldest = facts.oldest.or(found.oldest);
    found.images.extend(facts.images);
    found.users.extend(facts.users);
    for (field, value) in facts.defaults {
        match value {
            Value::Null => drop(found.defaults.remove(&field)),
            value => drop(found.defaults.insert(field, value)),
        }
    }
    lay_over(&mut found.facts, facts.facts);
    lay_over(&mut found.rules, facts.rules);
    lay_over(&mut found.later, facts.later);
    Ok(found)
}

/// Merges the differences into the component.yaml of the parent.
fn lay_over_component(files: &mut Files, file: &str, name: &str, over: Value) -> Result<(), Broken> {
    let path = format!("{name}/{}", component::FILE);
    let (Some(_), Value::Map(over)) = (files.get(&path), over) else {
        return Err(Broken::new(file, format!("its parent has no {path}, of which a map says what differs")));
    };
    let Whole(mut facts) = typed(files, &path)?;
    lay_over(&mut facts, over);
    let _: Component = whole(facts.clone()).map_err(|error| Broken::new(file, format!("{path}: {error}")))?;
    files.insert(path, yaml::emit(&facts.into()));
    Ok(())
}

/// A file as a map of any content.
#[derive(Deserialize)]
#[serde(transparent)]
struct Whole(#[serde(deserialize_with = "values")] Map);

/// Merges a map into another: maps recursively, other values are replaced, null removes an entry.
fn lay_over(below: &mut Map, above: Map) {
    for (name, value) in above {
        match (below.get_mut(&name), value) {
            (_, Value::Null) => drop(below.remove(&name)),
            (Some(Value::Map(below)), Value::Map(above)) => lay_over(below, above),
            (None, Value::Map(above)) => drop(below.insert(name, without_null(above))),
            (_, value) => drop(below.insert(name, value)),
        }
    }
}

/// A map of differences, whose values have the same type as in the full map.
fn part<'de, T: DeserializeOwned, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
    let map = values(deserializer)?;
    whole::<T>(without_null(map.clone())).map_err(serde::de::Error::custom)?;
    Ok(map)
}

/// The map without removals.
fn without_null(map: Map) -> Map {
    let kept = map.into_iter().filter(|(_, value)| !matches!(value, Value::Null));
    kept.map(|(name, value)| match value {
        Value::Map(map) => (name, without_null(map).into()),
        value => (name, value),
    })
    .collect()
}

fn whole<T: DeserializeOwned>(map: Map) -> Result<T, serde_json::Error> {
    serde_json::from_value(serde_json::to_value(map)?)
}
