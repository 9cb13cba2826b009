//! The keys of an existing registry: the cluster must have the same values, or the database cannot be read.

use super::{ClusterSecrets, Made, made};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::secrets::{Mode, reference};

/// Whether config.yaml may also have a value of the keys, since the operator accepts it there.
pub(super) fn is_kept(model: &Model, name: &str) -> bool {
    model.release.key(name).is_some_and(|(key, _)| key.in_bundle)
}

/// How a value of the keys is made: one in the bundle or the keys file is in use, so the user must give it.
pub(super) fn how_made(model: &Model, name: &str) -> Made {
    if place(model, name).is_some() { Made::Given } else { made(&model.release, name) }
}

/// Whether config.yaml names a Secret for a key.
pub(super) fn is_named(model: &Model, name: &str) -> bool {
    let value = is_kept(model, name).then(|| model.bundle.config.as_ref()?.root.get(name)).flatten();
    value.is_some_and(|node| reference(&node.to_value()).is_some())
}

/// Where the input has a key.
fn place(model: &Model, name: &str) -> Option<Location> {
    if !is_kept(model, name) {
        return None;
    }
    let of_bundle = || {
        let config = model.bundle.config.as_ref()?;
        let entry = config.root.entry(name).filter(|entry| !entry.value.is_null())?;
        Some(config.location(entry.key_pos))
    };
    of_bundle().or_else(|| model.keys.at.clone().filter(|_| model.keys.get(name).is_some()))
}

/// Notes that the keys in the input must be in the cluster. In mode sealed, `seal` takes care of that; a Secret that
/// config.yaml names is the user's to fill.
pub fn note(model: &Model, cluster_secrets: &ClusterSecrets, diagnostics: &mut Diagnostics) {
    if !matches!(model.config.secrets.mode, Mode::Referenced | Mode::External(_)) {
        return;
    }
    let kept = model.release.keys().filter(|(name, key, _)| key.in_bundle && !is_named(model, name));
    let found = kept
        .filter_map(|(name, _, secret)| Some((name, place(model, name)?, cluster_secrets.find(&secret.name, name)?)));
    let found: Vec<_> = found.collect();
    let Some((first, at, secret)) = found.first() else { return };
    let names: Vec<&str> = found.iter().map(|(name, ..)| *name).collect();
    let keys: Vec<&str> = found.iter().map(|(.., secret)| secret.key.as_str()).collect();
    let message = format!("the input has {}, and pods take what the cluster has", names.join(" and "));
    let hint = format!(
        "put these very values into Secret {}, as {}: with another DATABASE_SECRET_KEY what the database holds encrypted cannot be read",
        secret.name,
        keys.join(" and "),
    );
    diagnostics.push(Diagnostic::new(codes::KEYS_KEPT, message).at(at.clone()).field(*first).hint(hint));
}
