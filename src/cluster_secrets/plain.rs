//! The plain values in the input for what is left to the cluster: used only for sealing.
//!
//! They never get near the output: [`crate::check::resolve`] uses stand-ins for the values of the keys file, and the
//! secret members of config.yaml are removed before there is a plan.

use super::join::{Form, JoinValue, Step};
use super::kept::is_kept;
use super::{ClusterSecrets, Made, PodJoin, RequiredKey, RequiredSecret};
use crate::catalog::secret::{BUCKET, BUNDLE, CLAIR, CONFIG, FILES};
use crate::check::Resolved;
use crate::database_uri;
use crate::model::bundle::BundleFile;
use crate::model::secrets::reference;
use crate::model::{Model, placeholder};
use crate::object::Value;
use crate::yaml;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A plain value of a required key. It cannot be printed.
pub struct Plain<'a> {
    /// The logical name of its Secret.
    pub secret: &'a str,
    pub entry: String,
    /// The bytes for the Secret.
    pub value: Zeroizing<Vec<u8>>,
}

/// The required Secrets that somebody has to make: not that of the ObjectBucketClaim, nor those that the input names
/// itself.
pub fn made_here(cluster_secrets: &ClusterSecrets) -> impl Iterator<Item = (&str, &RequiredSecret)> {
    let secrets = cluster_secrets.secrets.iter().filter_map(|wanted| Some((wanted.id.as_deref()?, wanted)));
    secrets.filter(|(id, _)| *id != BUCKET)
}

/// The values in the keys file and the config bundle, in the order of the catalog. An empty one counts as missing:
/// `postgresql://quay:@db/quay` says that there is a password, but not which.
#[must_use]
pub fn plain_values<'a>(model: &Model, resolved: &Resolved, cluster_secrets: &'a ClusterSecrets) -> Vec<Plain<'a>> {
    let held = &Held::new(model, resolved, cluster_secrets);
    let values = made_here(cluster_secrets).flat_map(|(secret, wanted)| {
        wanted.entries.iter().filter_map(move |entry| {
            let value = held.value(secret, entry)?;
            (!value.is_empty()).then(|| Plain { secret, entry: entry.id.clone(), value })
        })
    });
    values.collect()
}

/// The values in the input, found by the entries of the required Secrets.
pub(super) struct Held<'a> {
    pub(super) model: &'a Model,
    pub(super) resolved: &'a Resolved,
    /// The values that are set for Quay's pods, and those for Clair, by their sources.
    quay: BTreeMap<&'a str, &'a JoinValue>,
    clair: BTreeMap<&'a str, &'a JoinValue>,
    /// The bundle's clair-config.yaml.
    clair_config: Option<Value>,
    files: BTreeMap<&'a str, &'a BundleFile>,
    /// The bundle's own config.yaml.
    config: BTreeMap<&'a str, &'a yaml::Entry>,
}

impl<'a> Held<'a> {
    pub(super) fn new(model: &'a Model, resolved: &'a Resolved, cluster_secrets: &'a ClusterSecrets) -> Self {
        let set = |join: &'a Option<PodJoin>| {
            let values = join.iter().flat_map(|join| &join.join.files).flat_map(|file| &file.values);
            // If there are several, the first one counts, so it is inserted last.
            values.rev().map(|value| (value.from.as_str(), value)).collect()
        };
        let bundle = &model.bundle;
        Self {
            model,
            resolved,
            quay: set(&cluster_secrets.quay),
            clair: set(&cluster_secrets.clair),
            clair_config: bundle.clair.as_ref().map(|file| file.root.to_value()),
            files: bundle.files.iter().rev().map(|file| (file.key.as_str(), file)).collect(),
            config: bundle.config.as_ref().map(|file| file.root.by_key()).unwrap_or_default(),
        }
    }

    /// The value of an entry, if the keys file or the config bundle holds it.
    pub(super) fn value(&self, secret: &str, entry: &RequiredKey) -> Option<Zeroizing<Vec<u8>>> {
        match secret {
            CONFIG => self.of_config(self.quay.get(from(secret, entry).as_str())?),
            CLAIR if entry.made == Made::Given => {
                let value = self.clair.get(from(secret, entry).as_str())?;
                let text = at(self.clair_config.as_ref()?, &value.path)?.as_str()?;
                Some(Zeroizing::new(text.as_bytes().to_vec()))
            }
            BUNDLE => {
                let file = self.model.bundle.written().find(|file| file.key == entry.id)?;
                Some(Zeroizing::new(file.bytes.clone()))
            }
            FILES => self.file(&entry.id).map(|file| Zeroizing::new(file.bytes.clone())),
            _ => {
                // Some keys may be in config.yaml, where the operator accepts them.
                let in_bundle = || self.written(&entry.id)?.value.as_str();
                let own =
                    self.model.keys.get(&entry.id).or_else(|| is_kept(self.model, &entry.id).then(in_bundle).flatten());
                own.map(|text| Zeroizing::new(text.as_bytes().to_vec()))
            }
        }
    }

    /// A file of the bundle.
    pub(super) fn file(&self, name: &str) -> Option<&'a BundleFile> {
        self.files.get(name).copied()
    }

    /// A field of the bundle's own config.yaml.
    pub(super) fn written(&self, field: &str) -> Option<&'a yaml::Entry> {
        self.config.get(field).copied()
    }

    /// Whether an entry's value in config.yaml is nothing but placeholders that other programs fill in.
    pub(super) fn is_filled_in(&self, entry: &RequiredKey, bytes: &[u8]) -> bool {
        fn is_filler(value: &Value) -> bool {
            match value {
                Value::Str(text) => placeholder::whole(text).is_some(),
                Value::Seq(items) => !items.is_empty() && items.iter().all(is_filler),
                Value::Map(map) => !map.is_empty() && map.iter().all(|(_, value)| is_filler(value)),
                _ => false,
            }
        }
        let whole = self.quay.get(from(CONFIG, entry).as_str()).filter(|value| value.around.is_none());
        whole.and_then(|value| self.found(value)).is_some_and(is_filler)
            || std::str::from_utf8(bytes).is_ok_and(|text| placeholder::whole(text).is_some())
    }

    /// What the merged config.yaml has in the place of a value.
    fn found(&self, value: &JoinValue) -> Option<&'a Value> {
        let [Step::Key(field), path @ ..] = value.path.as_slice() else { return None };
        at(&self.resolved.config.get(field)?.value, path)
    }

    /// The bytes that config.yaml has in the place where the pods will set a value.
    fn of_config(&self, value: &JoinValue) -> Option<Zeroizing<Vec<u8>>> {
        let found = self.found(value)?;
        // A reference to a Secret is not a plain value.
        if reference(found).is_some() {
            return None;
        }
        match (value.form, &value.around, found) {
            (Form::Uri, Some(_), Value::Str(text)) => database_uri::around(text)?.password(),
            (Form::Yaml, _, found) => Some(Zeroizing::new(yaml::emit(found).into_bytes())),
            (_, _, Value::Str(text)) => Some(Zeroizing::new(text.as_bytes().to_vec())),
            _ => None,
        }
    }
}

/// The source of an entry.
fn from(secret: &str, entry: &RequiredKey) -> String {
    format!("{secret}/{}", entry.key)
}

/// The value at a path.
fn at<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_map()?.get(key),
        Step::Index(index) => value.as_seq()?.get(*index),
    })
}
