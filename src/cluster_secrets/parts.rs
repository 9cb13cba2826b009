//! Collects what one kind of pod joins: each folder, Secret and source once.

use super::join::{Form, JoinValue, Step, entry_name};
use super::kept::how_made;
use super::{BASE, Collector, JoinSource, Made, PodJoin};
use crate::catalog::secret::{CONFIG as CONFIG_SECRET, FILES, TLS};
use crate::check::access::Certificate;
use crate::model::bundle::BundleFile;
use crate::model::secrets::SecretKey;
use crate::pki;
use std::collections::{BTreeMap, BTreeSet};

/// The main file to join.
pub(super) const CONFIG: &str = "config.yaml";

/// What one kind of pod joins, as far as it is collected.
pub(super) struct Parts<'d, 'a> {
    pub(super) collector: &'d mut Collector<'a>,
    pub(super) join: PodJoin,
    pub(super) values: Vec<JoinValue>,
    /// The folders so far.
    folders: BTreeSet<String>,
    /// The folder of each Secret.
    secrets: BTreeMap<String, String>,
    /// How many Secrets there are that the input names itself.
    own: usize,
}

impl<'d, 'a> Parts<'d, 'a> {
    /// Without anything so far.
    pub(super) fn new(collector: &'d mut Collector<'a>) -> Self {
        let (folders, secrets) = (BTreeSet::new(), BTreeMap::new());
        Self { collector, join: PodJoin::default(), values: Vec::new(), folders, secrets, own: 0 }
    }
}

impl Parts<'_, '_> {
    /// The folder of a Secret or ConfigMap, which is mounted as a whole.
    pub(super) fn folder(&mut self, name: &str, object: &str, is_secret: bool) -> String {
        if self.folders.insert(name.to_owned()) {
            let (folder, object) = (name.to_owned(), object.to_owned());
            if is_secret {
                self.secrets.entry(object.clone()).or_insert_with(|| folder.clone());
            }
            self.join.sources.push(JoinSource { folder, object, is_secret, only: None });
        }
        name.to_owned()
    }

    /// The source of a required key.
    pub(super) fn piece(&mut self, id: &str, entry: &str, made: Made) -> String {
        let at = self.collector.require(id, entry, made);
        format!("{}/{}", self.folder(id, &at.name, true), at.key)
    }

    /// The source of a value of the keys file: a random one, the certificate or its key.
    pub(super) fn value(&mut self, name: &str) -> String {
        let resolved = self.collector.resolved;
        let secret = resolved.release.key(name).map_or(TLS, |(_, secret)| secret.name.as_str());
        self.piece(secret, name, how_made(self.collector.model, name))
    }

    /// The source of a file of the bundle: in the output if it may be shown, else in a Secret.
    pub(super) fn file(&mut self, file: &BundleFile, referenced: bool) -> String {
        let is_public = file.is_for_everybody() || pki::is_certificates_only(&file.bytes);
        if is_public || !referenced {
            return format!("{BASE}/{}", file.key);
        }
        self.piece(FILES, &file.key, Made::Given)
    }

    /// The source in a Secret that the input names.
    pub(super) fn named(&mut self, at: &SecretKey) -> String {
        self.named_made(at, Made::Given)
    }

    /// The source in a Secret that is not one of the required ones.
    pub(super) fn named_made(&mut self, at: &SecretKey, made: Made) -> String {
        let id = self.collector.require_named(at, made);
        let folder = match (id, self.secrets.get(&at.name)) {
            (Some(id), _) => id.to_owned(),
            (None, Some(folder)) => folder.clone(),
            (None, None) => {
                self.own += 1;
                format!("own-{}", self.own - 1)
            }
        };
        format!("{}/{}", self.folder(&folder, &at.name, true), at.key)
    }

    /// The source of a CA in a Secret that also holds a private key, which pods must not get with it.
    pub(super) fn authority(&mut self, at: &SecretKey, of: &Certificate) -> String {
        let is_new = self.join.sources.iter().all(|source| source.object != at.name);
        let from = self.named_made(at, Made::of(of));
        let source = self.join.sources.iter_mut().find(|source| source.is_secret && source.object == at.name);
        if let Some(source) = source.filter(|_| is_new) {
            source.only = Some(at.key.clone());
        }
        from
    }

    /// Sets a value of config.yaml from the entry named after its path.
    pub(super) fn take_from_cluster(&mut self, path: &[Step], form: Form) {
        let from = self.piece(CONFIG_SECRET, &entry_name(path), Made::Given);
        self.set(path, from, form, None);
    }

    pub(super) fn set(&mut self, path: &[Step], from: String, form: Form, around: Option<(String, String)>) {
        self.values.push(JoinValue { path: path.to_vec(), from, form, around });
    }
}
