//! The user's own names for required Secrets.

use super::ClusterSecrets;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::Model;
use crate::quote::{listed, nearest_hint};
use std::collections::{BTreeMap, BTreeSet};

/// Refuses names for entries that do not exist, and the same key for two values (`spec.secrets.names`).
pub fn check(model: &Model, cluster_secrets: &ClusterSecrets, diagnostics: &mut Diagnostics) {
    for (id, names) in &model.config.secrets.names {
        let Some(wanted) = cluster_secrets.secrets.iter().find(|wanted| wanted.id.as_deref() == Some(id)) else {
            continue;
        };
        let entries: Vec<&str> = wanted.entries.iter().map(|entry| entry.id.as_str()).collect();
        let known: BTreeSet<&str> = entries.iter().copied().collect();
        for entry in names.value.keys.keys().filter(|entry| !known.contains(entry.as_str())) {
            let problem = Diagnostic::new(codes::SECRET_NAMES, format!("the Secret has no value {entry:?}"));
            let problem = problem.at(names.at.clone()).field(format!("spec.secrets.names.{id}.keys"));
            diagnostics
                .push_with_hint(problem, || format!("{}it has {}", nearest_hint(entry, &entries), listed(&entries)));
        }
    }
    let mut places: BTreeMap<_, (&str, &str)> = BTreeMap::new();
    for (id, wanted) in cluster_secrets.secrets.iter().filter_map(|wanted| Some((wanted.id.as_deref()?, wanted))) {
        for entry in &wanted.entries {
            if let Some((other, other_id)) = places.insert((&wanted.name, &entry.key), (&entry.id, id)) {
                let message = format!(
                    "{other_id}.{other} and {id}.{} are both the key {:?} of Secret {:?}",
                    entry.id, entry.key, wanted.name
                );
                let named = [id, other_id].into_iter().find_map(|id| model.config.secrets.names.get(id));
                diagnostics.push(
                    Diagnostic::new(codes::SECRET_NAMES, message)
                        .at(named.map_or(&model.config.at, |names| &names.at).clone())
                        .field("spec.secrets.names")
                        .hint("give each a place of its own"),
                );
            }
        }
    }
}
