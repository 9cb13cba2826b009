//! Components and releases: the files of `components/`, checked as they are read.
//!
//! A catalog is a value that is passed around. [`Catalog::embedded`] is compiled into the program and used unless an
//! input says otherwise; others can be made of any files, as in tests that add a component or a release.

mod alerts;
mod assemble;
mod component;
mod facts;
mod files;
mod fixed;
mod layers;
mod memo;
mod names;
mod release;
pub mod secret;
mod secrets;
mod settable;
mod targets;

pub use crate::broken::Broken;
pub use alerts::{Alert, Alerts, Objective};
pub use component::{Channel, Component, Delivery, Kind, Needs, Server, Version, Versions, When};
pub use facts::{Connections, Later, Number, Oldest, OperatorFacts, Overridable, Rules, User, number};
pub use files::Files;
pub use fixed::{Fixed, Immutable, Path, path};
pub use layers::{Layer, Layers, Protected};
pub use names::Names;
pub use release::Release;
pub use secret::{ConfigField, Inline, Key, Secret, Written};
pub use targets::{Pods, Targets};

use crate::object::{Map, Value};
use crate::yaml;
use memo::Memo;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use std::sync::{Arc, LazyLock, OnceLock};

/// The standard release of the program, for questions without an input.
static SHIPPED: LazyLock<Read> = LazyLock::new(|| EMBEDDED.standard());

/// The result of reading a release.
type Read = Result<Arc<Release>, Broken>;

/// The file that names the release described by the schemas and the reference.
const STANDARD: &str = "releases/standard.yaml";

/// The content of that file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Standard {
    release: String,
}

/// All releases, and their parts. A clone is the same catalog.
#[derive(Clone, Debug)]
pub struct Catalog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    files: Files,
    /// Ordered by number; each is read on first use.
    releases: Vec<(String, OnceLock<Read>)>,
    /// Earlier versions of them that were used.
    patches: Memo<Arc<Release>>,
    /// The parts that they are made of.
    parts: assemble::Parts,
}

impl Inner {
    /// A release, read on first use: it takes a while, and most runs need only one.
    fn read<'c>(&'c self, name: &str, release: &'c OnceLock<Read>) -> &'c Read {
        release.get_or_init(|| release::read(name, None, &self.files, &self.parts).map(Arc::new))
    }
}

static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| Catalog::new(Files::embedded()));

impl Default for Catalog {
    fn default() -> Self {
        Self::embedded().clone()
    }
}

impl Catalog {
    /// The catalog compiled into the program.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// The standard release of the program, for questions without an input.
    ///
    /// # Errors
    /// If one of its files is invalid, which the program reports at its start.
    pub fn shipped() -> Result<&'static Release, &'static Broken> {
        SHIPPED.as_deref()
    }

    /// Every valid release of the program, the newest last.
    pub fn every() -> impl Iterator<Item = &'static Release> {
        EMBEDDED.0.releases.iter().filter_map(|(name, release)| EMBEDDED.0.read(name, release).as_deref().ok())
    }

    /// A catalog made of these files.
    #[must_use]
    pub fn new(files: Files) -> Self {
        let prefix = format!("{}/", assemble::FOLDER);
        let end = format!("/{}", assemble::FILE);
        let name = |path: &str| path.strip_prefix(&prefix)?.strip_suffix(&end).map(str::to_owned);
        let mut names: Vec<String> = files.iter().filter_map(|(path, _)| name(path)).collect();
        names.retain(|name| !name.contains('/'));
        names.sort_by_key(|name| numbers(name));
        let releases = names.into_iter().map(|name| (name, OnceLock::new())).collect();
        Self(Arc::new(Inner { files, releases, patches: Memo::default(), parts: assemble::Parts::default() }))
    }

    /// The files that all releases are made of.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.0.files
    }

    /// The names of all releases, the newest last.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.releases.iter().map(|(name, _)| name.as_str())
    }

    /// The release of that name, or a version of one: `3.15`, or `3.15.0`; `None` if there is none.
    ///
    /// # Errors
    /// If one of its files is invalid.
    #[must_use]
    pub fn release(&self, name: &str) -> Option<Read> {
        let Some((name, release)) = self.0.releases.iter().find(|(known, _)| known == name) else {
            return self.patch(name);
        };
        Some(self.0.read(name, release).clone())
    }

    /// A version of a release; the newest version is the release itself.
    fn patch(&self, version: &str) -> Option<Read> {
        let (family, _) = version.rsplit_once('.')?;
        let Ok(release) = self.0.releases.iter().any(|(known, _)| known == family).then(|| self.release(family))??
        else {
            return None;
        };
        if !(release.version == version || release.patches.iter().any(|known| known == version)) {
            return None;
        }
        let read = || release::read(family, Some(version), &self.0.files, &self.0.parts).map(Arc::new);
        Some(self.0.patches.get_or(version, read))
    }

    /// The default release: the one in `standard.yaml`, else the newest.
    ///
    /// # Errors
    /// If one of its files is invalid, or there is no release at all.
    pub fn standard(&self) -> Result<Arc<Release>, Broken> {
        let named = match self.0.files.get(STANDARD) {
            Some(_) => Some(typed::<Standard>(&self.0.files, STANDARD)?.release),
            None => self.names().last().map(str::to_owned),
        };
        let release = named.and_then(|name| self.release(&name));
        release.unwrap_or_else(|| Err(Broken::new(assemble::FOLDER, "holds no release that is the standard")))
    }
}

/// The numbers in a release's name, by which releases are ordered: 3.10 comes after 3.9.
fn numbers(name: &str) -> Vec<Result<u32, String>> {
    name.split(['.', '-']).map(|part| part.parse().map_err(|_| part.to_owned())).collect()
}

/// Deserializes a data file. Unknown fields, wrong types and missing files are errors.
fn typed<T: DeserializeOwned>(files: &Files, path: &str) -> Result<T, Broken> {
    let text = files.get(path).ok_or_else(|| Broken::new(path, "is not there"))?;
    yaml::typed(text).map_err(|(line, reason)| Broken { file: path.to_owned(), line, reason })
}

/// A map of any values.
fn values<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map, D::Error> {
    match Value::from(serde_json::Value::deserialize(deserializer)?) {
        Value::Map(map) => Ok(map),
        _ => Err(serde::de::Error::custom("a map is expected")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_of_the_program_is_whole() {
        let catalog = Catalog::embedded();
        assert!(catalog.names().count() > 0);
        for name in catalog.names() {
            let release = catalog.release(name).unwrap().unwrap_or_else(|broken| panic!("{broken}"));
            assert!(release.version.starts_with(name), "{name}: {}", release.version);
            assert!(!release.components.is_empty() && !release.images.is_empty());
        }
        assert!(catalog.release("none").is_none());
    }

    #[test]
    fn releases_are_ordered_by_their_numbers() {
        let release = |name: &str| (format!("releases/{name}/release.yaml"), "version: x\n");
        let catalog = Catalog::new(["3.10", "3.9", "3.5-test", "3.5"].map(release).into_iter().collect());
        assert_eq!(catalog.names().collect::<Vec<_>>(), ["3.5", "3.5-test", "3.9", "3.10"]);
    }
}
