//! The input that renders what an operator runs: QuayRegistry, RenderConfig, config bundle and keys, taken out of an export.
//!
//! Nothing is made that the cluster has: what the export lacks is an error with the command that gets it.

mod bundle;
mod facts;
mod images;
mod keys;
mod release;

use super::registry::Registry;
use crate::catalog::Release;
use crate::diagnostic::Diagnostics;
use crate::file_set::{File, FileSet, IGNORE, ignore_line};
use crate::input::{Folder, Inputs, KEYS_FILE, Source};
use crate::model::keys::{DIGEST_KEY, Keys};
use crate::object::{Map, Value};
use crate::secret::Secret;
use crate::yaml;
use std::sync::Arc;

pub use facts::Platform;

/// What an export cannot say, or says wrongly.
#[derive(Default)]
pub struct Options {
    /// The release that runs, or a version of it.
    pub release: Option<String>,
    /// What the cluster is.
    pub platform: Option<Platform>,
}

/// An input, taken out of an export.
pub struct Adopted {
    /// The release that runs.
    pub release: Arc<Release>,
    /// The QuayRegistry as its user wrote it.
    registry: Value,
    /// The facts of the cluster.
    config: Value,
    /// The files of the config bundle; none if the registry has no bundle.
    bundle: Option<Vec<(String, Vec<u8>)>>,
    /// The values of the keys Secret.
    keys: Keys,
    /// What somebody should know of what was found.
    pub notes: Vec<String>,
}

/// The files of an input.
const REGISTRY_FILE: &str = "quayregistry.yaml";
const CONFIG_FILE: &str = "render-config.yaml";
const BUNDLE_FOLDER: &str = "config-bundle";

/// Takes the input out of an export; `digest_key` is the one value that no operator has. Nothing if something is missing or
/// contradictory, all of which is reported.
pub fn adopt(
    registry: &Registry<'_>,
    options: &Options,
    digest_key: Secret,
    problems: &mut Diagnostics,
) -> Option<Adopted> {
    let mut notes = Vec::new();
    let release = release::find(registry, options.release.as_deref(), &mut notes, problems);
    let bundle = bundle::find(registry, problems);
    let release = release?;
    let running = registry.config();
    let mut keys = keys::find(registry, &release, bundle.as_deref(), running.as_ref(), problems);
    let facts = facts::find(registry, &release, options.platform, running.as_ref(), &mut keys, &mut notes, problems);
    keys.set(DIGEST_KEY, digest_key);
    let config = document("quay-render.dev/v1alpha1", "RenderConfig", facts);
    let adopted = Adopted { registry: facts::quay_registry(registry, &release), config, bundle, keys, notes, release };
    (!problems.has_errors()).then_some(adopted)
}

/// A document with a spec.
fn document(api: &str, kind: &str, spec: Map) -> Value {
    let mut root = Map::new();
    root.insert("apiVersion", api);
    root.insert("kind", kind);
    root.insert("spec", spec);
    root.into()
}

const CONFIG_HEAD: &str = "# Made by quay-render adopt: the release, the shape and the images of the operator, and what is true of the cluster.\n";
const KEYS_HEAD: &str =
    "# Made by quay-render adopt, of the Secrets of the cluster. Keep it secret, and keep it: the database needs it.\n";

impl Adopted {
    /// The input as the compiler reads it, with files named as below a directory.
    #[must_use]
    pub fn inputs(&self, registry: &Registry<'_>, directory: &str) -> Inputs {
        let named = |file: &str| format!("{}/{file}", directory.trim_end_matches('/'));
        let mut inputs = Inputs { name: directory.to_owned(), ..Inputs::default() };
        let mut bundle = Folder { name: named(BUNDLE_FOLDER), files: Vec::new() };
        for (path, file) in self.files(registry).iter().filter(|(path, _)| *path != IGNORE) {
            let source = Source { name: named(path), bytes: file.bytes.clone() };
            match path.strip_prefix(&format!("{BUNDLE_FOLDER}/")) {
                Some(key) => bundle.files.push((key.to_owned(), source)),
                None => inputs.sources.push(source),
            }
        }
        inputs.bundle = self.bundle.is_some().then_some(bundle);
        inputs
    }

    /// The files of the input. Those with secrets are readable by their owner alone, and Git ignores them.
    #[must_use]
    pub fn files(&self, registry: &Registry<'_>) -> FileSet {
        let mut files = FileSet::default();
        let mut insert = |path: String, bytes: Vec<u8>, secret: bool| {
            files.insert(path, File { bytes, secret });
        };
        let keys = self.keys.document(registry.name, registry.namespace);
        insert(REGISTRY_FILE.to_owned(), yaml::emit(&self.registry).into_bytes(), false);
        insert(CONFIG_FILE.to_owned(), (CONFIG_HEAD.to_owned() + &yaml::emit(&self.config)).into_bytes(), false);
        insert(KEYS_FILE.to_owned(), (KEYS_HEAD.to_owned() + &keys).into_bytes(), true);
        let mut ignored = format!("# Random values, private keys and passwords.\n{}\n", ignore_line(KEYS_FILE));
        for (key, bytes) in self.bundle.iter().flatten() {
            insert(format!("{BUNDLE_FOLDER}/{key}"), bytes.clone(), true);
        }
        if self.bundle.is_some() {
            // What of it is secret only its user knows; certificates and the like may be taken out of here.
            ignored.push_str(&format!("/{BUNDLE_FOLDER}/\n"));
        }
        insert(IGNORE.to_owned(), ignored.into_bytes(), false);
        files
    }
}
