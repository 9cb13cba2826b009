//! What is to be said of a storage gateway beside the rest (guide 2.2.3).

use super::components::{Choice, managed};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::model::Model;
use crate::model::registry::kind;
use crate::model::storage_gateway::StorageGateway;

/// The gateway that is rendered; nothing without a bucket claim, which alone would use it.
#[must_use]
pub fn resolve(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> Option<StorageGateway> {
    let gateway = model.config.storage_gateway.as_ref()?;
    if !managed(components, kind::OBJECT_STORAGE) {
        let message = "is not used: objectstorage is not managed, so there is no bucket claim";
        let problem = Diagnostic::new(codes::SETTING_UNUSED, message).at(gateway.at.clone());
        diagnostics.push(problem.field(FIELD).hint("remove it, or leave objectstorage managed"));
        return None;
    }
    if gateway.placement.value == MIRROR && gateway.placement().is_none() {
        let problem = Diagnostic::new(codes::GATEWAY_POOLS, "Mirror needs two pools, and there is one");
        let problem = problem.at(gateway.placement.at.clone()).field(format!("{FIELD}.placement"));
        diagnostics.push(problem.hint("add a pool, or remove placement"));
    }
    let (message, hint) = match &model.storage_cluster {
        Some(_) => (
            "the input has a StorageCluster, and a gateway of its own cannot run beside OpenShift Data Foundation",
            "remove gateway: the StorageCluster brings one, and the bucket claim finds it",
        ),
        None => (
            "must not be in a cluster with OpenShift Data Foundation in full: a StorageCluster brings a gateway of the same name",
            "where `kubectl get storageclusters -A` finds one, remove gateway: the bucket claim finds the one that is there",
        ),
    };
    let mut problem = Diagnostic::new(codes::GATEWAY_ALONE, message);
    if model.storage_cluster.is_some() {
        problem.severity = Severity::Warning;
    }
    let at = model.storage_cluster.as_ref().unwrap_or(&gateway.at);
    diagnostics.push(problem.at(at.clone()).field(FIELD).hint(hint));
    Some(gateway.clone())
}

const FIELD: &str = "spec.objectStorage.gateway";
/// The placement that keeps each part of the data in all pools.
const MIRROR: &str = "Mirror";
