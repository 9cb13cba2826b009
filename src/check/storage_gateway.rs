//! What is to be said of a storage gateway and its operator beside the rest (guide 2.2.3).

use super::components::{Choice, managed};
use super::operator::{Installed, SHARED, note_approval};
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

/// Reports where a gateway cannot be beside a registry in a namespace, and how its operator cannot be installed beside that
/// of the registry.
pub fn check_place(
    model: &Model,
    gateway: &StorageGateway,
    namespace: &str,
    own: Option<&Installed>,
    diagnostics: &mut Diagnostics,
) {
    if gateway.namespace == namespace && model.config.cluster.render_namespace {
        let message = "is the registry's own, and that is applied after the gateway";
        let problem = Diagnostic::new(codes::GATEWAY_NAMESPACE, message).at(gateway.at.clone());
        let hint = "another namespace for one of them; or cluster: {namespace: external}, if it is there already";
        diagnostics.push(problem.field(format!("{FIELD}.namespace")).hint(hint));
    }
    let Some(operator) = &gateway.operator else { return };
    let (field, subscription) = (format!("{FIELD}.operator"), &operator.subscription);
    note_approval(subscription, subscription.starting_csv.as_ref(), &gateway.namespace, &field, diagnostics);
    if subscription.group.as_ref().is_some_and(|given| !given.value) {
        return;
    }
    let is_beside = own.is_some_and(|own| own.renders_group && own.namespace == gateway.namespace);
    let (reason, hint) = if is_beside {
        ("that of the registry's operator is in this namespace", "another namespace for one of the operators")
    } else if SHARED.contains(&gateway.namespace.as_str()) {
        ("this namespace has one already", "namespace: openshift-storage")
    } else {
        return;
    };
    let message = format!("{reason}, and beside a second OperatorGroup nothing is installed there any more");
    let problem = Diagnostic::new(codes::OPERATOR_GROUPS, message).at(operator.at.clone());
    diagnostics.push(problem.field(field).hint(hint));
}

const FIELD: &str = "spec.objectStorage.gateway";
/// The placement that keeps each part of the data in all pools.
const MIRROR: &str = "Mirror";
