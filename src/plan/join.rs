//! Where pods find their secrets, and which files their init containers join at start.

use crate::catalog::{Key, Secret};
use crate::check::Resolved;
use crate::cluster_secrets::{self, ClusterSecrets};
use crate::model::Model;
use crate::model::secrets::SecretKey;
use crate::object::Value;
use crate::object::base_names;
use crate::yaml;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where pods find the random values.
#[derive(Serialize)]
pub struct Secrets {
    /// Whether they are in Secrets of the output.
    pub inline: bool,
    /// Secret and key of each value that pods read directly, by its name.
    #[serde(flatten)]
    pub places: BTreeMap<String, SecretKey>,
}

/// What init containers join at pod start.
#[derive(Serialize)]
pub struct Joins {
    /// Whether any pod has one.
    pub any: bool,
    /// Quay's pods; nothing if they mount their Secret directly.
    pub quay: Option<Pod>,
    /// The migration's; nothing if it mounts its Secret directly.
    pub migration: Option<Pod>,
    /// Clair's.
    pub clair: Option<Pod>,
    /// That of the import of vulnerabilities.
    pub import: Option<Pod>,
}

/// What the init container of one kind of pod joins.
#[derive(Serialize)]
pub struct Pod {
    /// The ConfigMap with script and plan, without the registry's name.
    pub object: &'static str,
    /// Where the plan is mounted.
    pub path: &'static str,
    /// The plan, as YAML.
    pub plan: String,
    /// The volumes with the sources to join.
    pub volumes: Vec<Volume>,
}

/// A Secret or a ConfigMap that is mounted.
#[derive(Serialize)]
pub struct Volume {
    /// The volume's name.
    pub name: String,
    /// Where it is mounted.
    pub path: String,
    /// The Secret.
    pub secret: Option<String>,
    /// The ConfigMap.
    pub config_map: Option<String>,
    /// The only key of the Secret to mount; nothing for all of them.
    pub only: Option<String>,
}

/// Where the random values are.
pub fn secrets(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> Secrets {
    let inline = !model.config.secrets.are_referenced();
    let place = |name: &str, key: &Key, secret: &Secret| {
        let in_output = key.inline.as_ref();
        let in_output = in_output.map(|it| (base_names::named(&resolved.name, &it.secret), it.key.clone()));
        let in_output = in_output.map(|(name, key)| SecretKey { name, key });
        if inline { in_output } else { cluster_secrets.find(&secret.name, name).or(in_output) }
    };
    let keys = resolved.release.keys();
    let places = keys.filter_map(|(name, key, secret)| Some((name.to_owned(), place(name, key, secret)?))).collect();
    Secrets { inline, places }
}

/// What init containers join.
pub fn joins(cluster_secrets: &ClusterSecrets) -> Joins {
    let pod = |join: &Option<cluster_secrets::PodJoin>, object, path| join.as_ref().map(|join| pod(join, object, path));
    let quay = pod(&cluster_secrets.quay, base_names::JOIN, "/join/quay.yaml");
    let migration = pod(&cluster_secrets.migration.join, base_names::MIGRATION_JOIN, "/join/migration.yaml");
    let clair = pod(&cluster_secrets.clair, base_names::CLAIR_JOIN, "/join/clair.yaml");
    let import = cluster_secrets.import.as_ref().and_then(|import| import.join.clone());
    let import = pod(&import, base_names::CLAIR_IMPORT_JOIN, "/join/import.yaml");
    Joins { any: quay.is_some() || clair.is_some(), quay, migration, clair, import }
}

fn pod(join: &cluster_secrets::PodJoin, object: &'static str, path: &'static str) -> Pod {
    let volumes = join.sources.iter().map(|source| Volume {
        name: format!("late-{}", source.folder),
        path: format!("/pieces/{}", source.folder),
        secret: source.is_secret.then(|| source.object.clone()),
        config_map: (!source.is_secret).then(|| source.object.clone()),
        only: source.only.clone(),
    });
    let plan: Value = join.join.to_value();
    Pod { object, path, plan: yaml::emit(&plan), volumes: volumes.collect() }
}
