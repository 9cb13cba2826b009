//! Secrets that stay in the cluster: which Secret holds what, who reads it, and how a pod assembles its configuration.
//!
//! In every mode but `inline` the output holds no secret. config.yaml goes into a ConfigMap without its secret members,
//! and at pod start an init container joins the parts in a folder in memory, where Quay's own check at start finds them
//! complete. In all modes the same is done for what only the cluster knows: the bucket of an ObjectBucketClaim.
//!
//! The required Secrets must exist in the cluster. Their names and keys have defaults and can be set
//! (`spec.secrets.names`).

pub mod bundle;
pub mod clair;
pub mod exposed;
pub mod facts;
mod files;
mod import;
mod join;
pub mod kept;
mod migration;
mod names;
mod parts;
pub mod plain;
pub mod readers;
mod reduced;
pub mod sealed;
mod split;

pub use import::{Import, is_elsewhere};
pub use join::{Form, Join, JoinFile, JoinValue, Step};
pub use migration::Migration;
pub use names::check;

use crate::catalog::Release;
use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::model::Model;
use crate::model::registry::kind;
use crate::model::render_config::{BUCKET_ACCESS_KEY, BUCKET_SECRET_KEY};
use crate::model::secrets::SecretKey;
use crate::object::Map;
use std::collections::{BTreeMap, BTreeSet};

/// How the value of an entry is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// So many random letters and digits; nobody needs to know them.
    Random(usize),
    /// By the user, who has it from elsewhere.
    Given,
    /// A certificate and its key, as `quay-render keys` makes them.
    Pair,
    /// By the provisioner of the ObjectBucketClaim.
    Claim,
    /// By cert-manager.
    CertManager,
    /// By OpenShift's service CA.
    ServiceCa,
}

impl Made {
    /// How a maker of certificates makes its Secret.
    fn by(maker: &Maker) -> Self {
        match maker {
            Maker::User => Self::Given,
            Maker::CertManager(_) => Self::CertManager,
            Maker::ServiceCa => Self::ServiceCa,
        }
    }

    /// How a certificate's Secret is made.
    fn of(certificate: &Certificate) -> Self {
        match certificate {
            Certificate::Secret { maker, .. } => Self::by(maker),
            Certificate::Pair | Certificate::Controller => Self::Given,
        }
    }
}

/// One key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredKey {
    /// Its logical name.
    pub id: String,
    /// The key in the Secret.
    pub key: String,
    /// How its value is made.
    pub made: Made,
}

/// One Secret of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequiredSecret {
    /// Its logical name; nothing for one that the input names itself (`fromSecret`).
    pub id: Option<String>,
    /// Its name in the cluster.
    pub name: String,
    pub entries: Vec<RequiredKey>,
}

/// A folder of sources for an init container: a mounted Secret or ConfigMap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JoinSource {
    /// The folder's name, which is part of the volume's.
    pub folder: String,
    /// The object's name.
    pub object: String,
    /// Whether it is a Secret.
    pub is_secret: bool,
    /// The only key that the pod gets; nothing for all of them.
    pub only: Option<String>,
}

/// What the init container of one kind of pod joins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PodJoin {
    /// The files to make.
    pub join: Join,
    /// What they are joined from.
    pub sources: Vec<JoinSource>,
}

/// Everything that is left to the cluster, and the rest.
#[derive(Clone, Default)]
pub struct ClusterSecrets {
    /// The required Secrets, in the order of the catalog.
    pub secrets: Vec<RequiredSecret>,
    /// What Quay's pods join; nothing if their Secret is complete already.
    pub quay: Option<PodJoin>,
    /// What Clair joins.
    pub clair: Option<PodJoin>,
    /// The bundle's clair-config.yaml without what is left to the cluster.
    pub clair_config: Map,
    /// The migration's configuration.
    pub migration: Migration,
    /// What the import of vulnerabilities has; nothing where there is none.
    pub import: Option<Import>,
    /// config.yaml without what is left to the cluster.
    pub config: Map,
    /// The files next to it that may be shown.
    pub public_files: Vec<String>,
}

impl ClusterSecrets {
    /// Where a required key is in the cluster; nothing if it is not required.
    #[must_use]
    pub fn find(&self, id: &str, entry: &str) -> Option<SecretKey> {
        let wanted = self.secrets.iter().find(|wanted| wanted.id.as_deref() == Some(id))?;
        let entry = wanted.entries.iter().find(|known| known.id == entry)?;
        Some(SecretKey { name: wanted.name.clone(), key: entry.key.clone() })
    }
}

/// The folder of the ObjectBucketClaim's ConfigMap; the folder of its Secret has the Secret's logical name.
const BUCKET_CONFIG: &str = "bucket-config";
/// The folder of what is in the output.
pub const BASE: &str = "base";

/// The most keys that a registry may require in all. A config.yaml has a few dozen secrets; pods join them one by one.
pub const MOST_KEYS: usize = 2_000;

/// How a value of the keys file is made.
fn made(release: &Release, value: &str) -> Made {
    release.key(value).map_or(Made::Pair, |(key, _)| Made::Random(key.length))
}

/// Collects the required Secrets and their entries.
struct Collector<'a> {
    model: &'a Model,
    resolved: &'a Resolved,
    /// By rank and name.
    drafts: BTreeMap<(usize, String), Draft>,
    /// The entry of each key that the user named, by its Secret and the key.
    renamed: BTreeMap<(&'a str, &'a str), &'a str>,
}

/// A Secret with its entries so far.
struct Draft {
    wanted: RequiredSecret,
    /// The key and the id of each entry.
    noted: BTreeSet<(String, String)>,
}

impl<'a> Collector<'a> {
    fn new(model: &'a Model, resolved: &'a Resolved) -> Self {
        let names = model.config.secrets.names.iter();
        let keys =
            names.flat_map(|(id, names)| names.value.keys.iter().rev().map(move |(entry, key)| (id, entry, key)));
        let renamed = keys.map(|(id, entry, key)| ((id.as_str(), key.as_str()), entry.as_str())).collect();
        Self { model, resolved, drafts: BTreeMap::new(), renamed }
    }

    /// The name of a required Secret in the cluster.
    fn name(&self, id: &str) -> String {
        self.model.config.secrets.name(&self.resolved.name, id)
    }

    /// Requires an entry of a required Secret; returns its Secret and key in the cluster.
    fn require(&mut self, id: &str, entry: &str, made: Made) -> SecretKey {
        let at = self.model.config.secrets.place(&self.resolved.name, id, entry);
        self.note(Some(id), &at.name, RequiredKey { id: entry.to_owned(), key: at.key.clone(), made });
        at
    }

    /// Requires a key of a Secret that the input names. If that is one of the required Secrets, it is the same entry:
    /// the value was only moved out of the input. Returns the logical name of that Secret.
    fn require_named(&mut self, at: &SecretKey, made: Made) -> Option<&'a str> {
        let resolved = self.resolved;
        if let Some(id) = resolved.release.nameable().into_iter().find(|id| self.name(id) == at.name) {
            let entry = self.renamed.get(&(id, at.key.as_str())).map_or(at.key.as_str(), |entry| entry).to_owned();
            self.note(Some(id), &at.name, RequiredKey { id: entry, key: at.key.clone(), made });
            return Some(id);
        }
        self.note(None, &at.name, RequiredKey { id: at.key.clone(), key: at.key.clone(), made });
        None
    }

    /// The position of a Secret among the required ones; those that the input names itself come last.
    fn rank(&self, id: Option<&str>) -> usize {
        let secrets = &self.resolved.release.secrets;
        let place = |id: &str| secrets.iter().position(|secret| secret.name == id);
        id.and_then(place).unwrap_or(secrets.len())
    }

    fn note(&mut self, id: Option<&str>, name: &str, entry: RequiredKey) {
        let empty = || RequiredSecret { id: id.map(str::to_owned), name: name.to_owned(), entries: Vec::new() };
        let draft = self
            .drafts
            .entry((self.rank(id), name.to_owned()))
            .or_insert_with(|| Draft { wanted: empty(), noted: BTreeSet::new() });
        // More keys are refused, and the message does not name them.
        if draft.noted.len() <= MOST_KEYS && draft.noted.insert((entry.key.clone(), entry.id.clone())) {
            draft.wanted.entries.push(entry);
        }
    }
}

/// Collects the required Secrets. `absent` are the paths of secret members that config.yaml simply omits.
#[must_use]
pub fn collect(model: &Model, resolved: &Resolved, absent: &[String]) -> ClusterSecrets {
    let mut collector = Collector::new(model, resolved);
    let referenced = model.config.secrets.are_referenced();
    if referenced {
        require_values(&mut collector);
    }
    let mut cluster_secrets = split::config(&mut collector, absent);
    if referenced && resolved.managed(kind::CLAIR) {
        let (join, shown) = clair::clair(&mut collector);
        (cluster_secrets.clair, cluster_secrets.clair_config) = (Some(join), shown);
    } else if resolved.managed(kind::CLAIR) {
        cluster_secrets.clair_config = clair::given(&collector);
        clair::require_served(&mut collector);
    }
    require_storage(&mut collector);
    let bundle: Vec<String> = model.bundle.files.iter().map(|file| file.key.clone()).collect();
    cluster_secrets.migration = migration::reduced(resolved, &cluster_secrets, &bundle, referenced);
    if model.config.clair.updates().is_some() && resolved.managed(kind::CLAIR) {
        cluster_secrets.import = Some(import::reduced(model, resolved, &cluster_secrets));
    }
    cluster_secrets.secrets = collector.drafts.into_values().map(|draft| draft.wanted).collect();
    cluster_secrets
}

/// The keys to the bucket of backups.
fn require_storage(collector: &mut Collector<'_>) {
    let Some(s3) = collector.model.config.backup.as_ref().and_then(|backup| backup.s3.as_ref()) else { return };
    for key in [BUCKET_ACCESS_KEY, BUCKET_SECRET_KEY] {
        collector.require_named(&SecretKey { name: s3.secret.clone(), key: key.to_owned() }, Made::Given);
    }
}

/// The random values that the registry's components need.
fn require_values(collector: &mut Collector<'_>) {
    let (model, resolved) = (collector.model, collector.resolved);
    for (name, _, secret) in resolved.release.keys().filter(|(name, ..)| resolved.values.has(name)) {
        if !kept::is_named(model, name) {
            collector.require(&secret.name, name, kept::how_made(model, name));
        }
    }
}
