//! What the migration reads of the configuration. Its Job is named by its content and so by that of its configuration: with
//! all of config.yaml every change of a title would migrate the schema anew.

use super::join::{Join, JoinFile, JoinValue, Step};
use super::parts::CONFIG;
use super::{BASE, ClusterSecrets, PodJoin};
use crate::check::Resolved;
use crate::model::stack;
use crate::object::base_names;
use crate::object::{Map, Value};
use crate::validate::database::PEM;
use std::collections::BTreeSet;

/// The fields of config.yaml that it reads: `data/migrations/env.py`, the migrations themselves, and what Quay asks for
/// wherever it is loaded.
const FIELDS: &[&str] =
    &["DATABASE_SECRET_KEY", "DB_CONNECTION_ARGS", "DB_URI", "SECRET_KEY", "SETUP_COMPLETE", "TESTING"];

/// The migration's part of the configuration.
#[derive(Clone, Default)]
pub struct Migration {
    /// config.yaml without what is left to the cluster.
    pub config: Map,
    /// The files beside it that may be of use: those that a connection names.
    pub files: Vec<String>,
    /// What its pod joins; nothing where its Secret is whole as it is.
    pub join: Option<PodJoin>,
}

/// Takes it from what Quay's pods have.
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
        |value: &&JoinValue| matches!(value.path.first(), Some(Step::Key(name)) if FIELDS.contains(&name.as_str()));
    let files = quay.join.files.iter().filter(|file| file.to == CONFIG || is_of_use(&file.to));
    let files: Vec<JoinFile> = files
        .map(|file| JoinFile { values: file.values.iter().filter(is_read).cloned().collect(), ..file.clone() })
        .collect();
    let folder = |from: &str| from.split('/').next().unwrap_or_default().to_owned();
    let values = files.iter().flat_map(|file| &file.values).map(|value| folder(&value.from));
    let used: BTreeSet<String> = files.iter().map(|file| folder(&file.from)).chain(values).collect();
    let mut sources: Vec<_> = quay.sources.iter().filter(|source| used.contains(&source.folder)).cloned().collect();
    for source in sources.iter_mut().filter(|source| source.folder == BASE) {
        let base = if referenced { base_names::MIGRATION_CONFIG_MAP } else { base_names::MIGRATION_CONFIG_SECRET };
        source.object = base_names::named(&resolved.name, base);
    }
    PodJoin { join: Join { files }, sources }
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
