//! The config bundle as the one Secret that an operator reads, where it is left to the cluster.

use super::{ClusterSecrets, Made, RequiredKey, RequiredSecret};
use crate::catalog::secret::BUNDLE;
use crate::check::Resolved;
use crate::model::Model;
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::model::registry::kind;
use std::collections::BTreeSet;

/// What is left to the cluster if an operator makes the registry's objects: the bundle, as a whole, or nothing where it is in
/// the output.
#[must_use]
pub fn collect(model: &Model, resolved: &Resolved, all: &ClusterSecrets) -> ClusterSecrets {
    let secrets = resolved.operator.as_ref().and_then(|operator| operator.bundle.as_deref());
    let secrets = secrets.filter(|_| model.config.secrets.are_referenced()).map(|name| required(model, resolved, name));
    ClusterSecrets { secrets: secrets.into_iter().collect(), config: all.config.clone(), ..ClusterSecrets::default() }
}

fn required(model: &Model, resolved: &Resolved, name: &str) -> RequiredSecret {
    let mut keys: BTreeSet<&str> = model.bundle.written().map(|file| file.key.as_str()).collect();
    keys.insert("config.yaml");
    keys.extend(model.config.secrets.files.keys().map(String::as_str));
    // Unmanaged, the operator asks for the pair, which may be in no input.
    let is_asked = resolved.release.kind(kind::TLS).is_some() && !resolved.managed(kind::TLS);
    let is_elsewhere = model.registry.tls.as_ref().is_some_and(|tls| tls.secret.is_some());
    if is_asked && !is_elsewhere {
        keys.extend([TLS_CERT, TLS_KEY]);
    }
    let entry = |key: &str| RequiredKey { id: key.to_owned(), key: key.to_owned(), made: Made::Given };
    RequiredSecret {
        id: Some(BUNDLE.to_owned()),
        name: name.to_owned(),
        entries: keys.into_iter().map(entry).collect(),
    }
}
