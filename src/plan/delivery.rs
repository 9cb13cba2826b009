//! The objects that fill the required Secrets: by External Secrets from a store, or from sealed values.

use crate::check::Resolved;
use crate::cluster_secrets::plain::made_here;
use crate::cluster_secrets::{ClusterSecrets, RequiredSecret, sealed};
use crate::model::Model;
use crate::model::secrets::{External, Mode};
use crate::seal::Scope;
use serde::Serialize;
use std::collections::BTreeMap;

/// The configuration for External Secrets.
#[derive(Serialize)]
pub struct ExternalSecrets {
    /// The API version.
    pub api: String,
    /// SecretStore or ClusterSecretStore.
    pub kind: String,
    /// The store's name.
    pub store: String,
    /// How often the controller checks the store.
    pub refresh_interval: String,
    /// The Secrets.
    pub secrets: Vec<ExternalSecret>,
}

/// A Secret that is filled from a store.
#[derive(Serialize)]
pub struct ExternalSecret {
    pub name: String,
    pub data: Vec<StoredKey>,
}

/// A key, and the place of its value in the store.
#[derive(Serialize)]
pub struct StoredKey {
    /// The key in the Secret.
    pub key: String,
    /// The item of the store.
    pub item: String,
    /// The item's property.
    pub property: String,
}

/// A Secret that the controller of Sealed Secrets makes.
#[derive(Serialize)]
pub struct SealedSecret {
    pub name: String,
    /// The annotations that set the scope.
    pub annotations: BTreeMap<&'static str, &'static str>,
    /// The ciphertexts by key.
    pub data: BTreeMap<String, String>,
}

/// The required Secrets by their names in the cluster, in their order: if the user gives two of them the same name, one
/// object makes both.
fn by_name(cluster_secrets: &ClusterSecrets) -> Vec<(&str, Vec<(&str, &RequiredSecret)>)> {
    let mut secrets: Vec<(&str, Vec<(&str, &RequiredSecret)>)> = Vec::new();
    for (id, wanted) in made_here(cluster_secrets) {
        match secrets.iter_mut().find(|(name, _)| *name == wanted.name) {
            Some((_, all)) => all.push((id, wanted)),
            None => secrets.push((&wanted.name, vec![(id, wanted)])),
        }
    }
    secrets
}

/// The configuration for External Secrets; nothing in another mode.
pub fn external(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> Option<ExternalSecrets> {
    let Mode::External(external) = &model.config.secrets.mode else { return None };
    let secrets = by_name(cluster_secrets).into_iter().map(|(name, all)| ExternalSecret {
        name: name.to_owned(),
        data: all.iter().flat_map(|(id, wanted)| data(external, resolved, id, wanted)).collect(),
    });
    Some(ExternalSecrets {
        api: external.api_version.clone(),
        kind: external.kind.clone(),
        store: external.store.clone(),
        refresh_interval: external.refresh_interval.clone(),
        secrets: secrets.collect(),
    })
}

/// The keys of a required Secret: one item of the store, with a property for each key, because they are set together.
fn data(external: &External, resolved: &Resolved, id: &str, wanted: &RequiredSecret) -> Vec<StoredKey> {
    let item = external.item(&resolved.name, &resolved.namespace, id);
    let data = wanted.entries.iter().map(|entry| StoredKey {
        key: entry.key.clone(),
        item: item.clone(),
        property: entry.id.clone(),
    });
    data.collect()
}

/// The SealedSecrets; nothing in another mode.
pub fn sealed(model: &Model, cluster_secrets: &ClusterSecrets) -> Option<Vec<SealedSecret>> {
    let scope = Scope::parse(&sealed::settings(model)?.scope.value).unwrap_or_default();
    let secrets = by_name(cluster_secrets).into_iter().map(|(name, all)| SealedSecret {
        name: name.to_owned(),
        annotations: scope.annotation().map(|annotation| (annotation, "true")).into_iter().collect(),
        data: all.iter().flat_map(|(id, wanted)| ciphertexts(model, id, wanted)).collect(),
    });
    Some(secrets.collect())
}

fn ciphertexts(model: &Model, id: &str, wanted: &RequiredSecret) -> Vec<(String, String)> {
    let Some(known) = model.sealed.as_ref().and_then(|sealed| sealed.secrets.get(id)) else { return Vec::new() };
    let entries = wanted.entries.iter();
    entries.filter_map(|entry| Some((entry.key.clone(), known.values.get(&entry.id)?.sealed.clone()))).collect()
}
