//! What the import of vulnerabilities reads of Clair's configuration: how its matcher reaches its database, and where that is
//! another one than the rendered one the files by which they know each other.

use super::join::{JoinValue, Step};
use super::reduced::reduced as part;
use super::{ClusterSecrets, PodJoin};
use crate::check::Resolved;
use crate::check::clair_tls::is_served;
use crate::model::Model;
use crate::model::clair_config::{CONNSTRING, MATCHER};
use crate::object::Map;
use crate::object::base_names;

/// Where its files are.
const FOLDER: &str = "config/";
/// The file with the configuration.
const CONFIG: &str = "config/config.yaml";

/// The import's part of the configuration.
#[derive(Clone, Default)]
pub struct Import {
    /// What the bundle says of it, without what is left to the cluster.
    pub config: Map,
    /// What its pod joins; nothing where its Secret is whole as it is.
    pub join: Option<PodJoin>,
}

/// Whether its matcher has another database than the one that is rendered.
#[must_use]
pub fn is_elsewhere(model: &Model, resolved: &Resolved) -> bool {
    let matcher = model.bundle.clair.as_ref().and_then(|file| file.root.get(MATCHER));
    !resolved.has_clair_database() || matcher.is_some_and(|matcher| matcher.get(CONNSTRING).is_some())
}

/// Takes it from what Clair has.
pub(super) fn reduced(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> Import {
    let connstring = cluster_secrets.clair_config.get(MATCHER).and_then(|matcher| matcher.as_map()?.get(CONNSTRING));
    let mut config = Map::new();
    if let Some(connstring) = connstring {
        config.insert(MATCHER, Map::from_iter([(CONNSTRING.to_owned(), connstring.clone())]));
    }
    let is_elsewhere = is_elsewhere(model, resolved);
    // Nobody calls it, so it needs no certificate of its own.
    let serves = |file: &str| file.strip_prefix(FOLDER).is_some_and(|name| is_served(resolved, name));
    let is_of_use = |file: &str| file == CONFIG || (is_elsewhere && !serves(file));
    let is_key = |step: Option<&Step>, name: &str| matches!(step, Some(Step::Key(key)) if key == name);
    let is_read = |value: &JoinValue| is_key(value.path.first(), MATCHER) && is_key(value.path.get(1), CONNSTRING);
    let base = base_names::named(&resolved.name, base_names::CLAIR_IMPORT_CONFIG_MAP);
    let join = cluster_secrets.clair.as_ref().map(|clair| part(clair, &base, is_of_use, is_read));
    Import { config, join }
}
