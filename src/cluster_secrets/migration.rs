//! What the migration reads of the configuration: with all of config.yaml every change of a title would migrate the schema
//! anew.

use super::join::{JoinFile, JoinValue, Step};
use super::parts::CONFIG;
use super::reduced::reduced as part;
use super::{BASE, ClusterSecrets, PodJoin};
use crate::check::Resolved;
use crate::model::stack;
use crate::object::base_names;
use crate::object::{Map, Value};
use crate::validate::database::PEM;

/// The fields of config.yaml that it reads, for `data/migrations/env.py`, the migrations themselves, and what Quay
/// reads whenever it is loaded.
const FIELDS: &[&str] =
    &["DATABASE_SECRET_KEY", "DB_CONNECTION_ARGS", "DB_URI", "SECRET_KEY", "SETUP_COMPLETE", "TESTING"];

/// The migration's part of the configuration.
#[derive(Clone, Default)]
pub struct Migration {
    /// config.yaml without what is left to the cluster.
    pub config: Map,
    /// The files next to it that may be needed: those that a connection names.
    pub files: Vec<String>,
    /// What its init container joins; nothing if its Secret is complete already.
    pub join: Option<PodJoin>,
}

/// Takes the migration's part of what Quay's pods have.
pub(super) fn reduced(
    resolved: &Resolved,
    cluster_secrets: &ClusterSecrets,
    bundle: &[String],
    referenced: bool,
) -> Migration {
    let mut config = Map::new();
    for (name, value) in cluster_secrets.config.iter().filter(|(name, _)| FIELDS.contains(name)) {
        config.insert(name, value.clone());
    }
    let connection = resolved.config.0.iter().filter(|field| field.name.starts_with("DB_"));
    let named: Vec<&Value> = connection.map(|field| &field.value).collect();
    let is_named = |file: &str| named.iter().any(|value| mentions(value, file));
    let is_of_use = |file: &str| file == PEM || is_named(file) || stack::trusted(file).is_some_and(|at| is_named(&at));
    let join = cluster_secrets.quay.as_ref().map(|quay| join(resolved, quay, &is_of_use, referenced));
    let is_copy =
        |file: &JoinFile| file.values.is_empty() && !file.is_private && file.from == format!("{BASE}/{}", file.to);
    let is_whole = |join: &PodJoin| !referenced && join.join.files.iter().all(is_copy);
    let files = bundle.iter().filter(|file| is_of_use(file)).cloned().collect();
    Migration { config, files, join: join.filter(|join| !is_whole(join)) }
}

fn join(resolved: &Resolved, quay: &PodJoin, is_of_use: &dyn Fn(&str) -> bool, referenced: bool) -> PodJoin {
    let is_read =
        |value: &JoinValue| matches!(value.path.first(), Some(Step::Key(name)) if FIELDS.contains(&name.as_str()));
    let base = if referenced { base_names::MIGRATION_CONFIG_MAP } else { base_names::MIGRATION_CONFIG_SECRET };
    let base = base_names::named(&resolved.name, base);
    part(quay, &base, |file| file == CONFIG || is_of_use(file), is_read)
}

/// Whether a text in a value names a file.
fn mentions(value: &Value, file: &str) -> bool {
    match value {
        Value::Str(text) => text.contains(file),
        Value::Seq(items) => items.iter().any(|item| mentions(item, file)),
        Value::Map(map) => map.iter().any(|(_, value)| mentions(value, file)),
        _ => false,
    }
}
