//! Who may reach which pods, for the templates of NetworkPolicies.

use crate::check::Resolved;
use crate::model::Model;
use crate::object::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// The namespace in which OpenShift Data Foundation serves buckets, unless their host names another.
const STORAGE: &str = "openshift-storage";

/// NetworkPolicies.
#[derive(Serialize)]
pub struct NetworkPlan {
    /// For each component by its name in `spec.components`; nothing for one without a policy.
    pub of: BTreeMap<String, Option<Allowed>>,
    /// The namespace of the service for buckets.
    pub storage: String,
}

/// The settings for the policies of a component: `networkPolicy` in `spec.components`. Nothing where none is set.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Allowed {
    /// Who may call its pods, in addition to those of the registry.
    pub from: Option<Value>,
    /// Who may fetch their metrics.
    pub metrics_from: Option<Value>,
    /// What they may reach outside the registry.
    pub egress: Option<Value>,
}

/// All restrictions: in the shape production by default, in the operator's shape only if set.
pub fn network(model: &Model, resolved: &Resolved) -> NetworkPlan {
    let config = &model.config;
    let allowed = |component: &str| match config.settings.value(component, "networkPolicy") {
        Some(Value::Bool(_)) => None,
        Some(value) => Some(Allowed::of(&value)),
        None => config.is_production().then(|| Allowed::of(&Value::Null)),
    };
    let of = resolved.release.settings().map(|(name, ..)| (name.to_owned(), allowed(name))).collect();
    let host = config.bucket.as_ref().and_then(|bucket| namespace_of(&bucket.host));
    NetworkPlan { of, storage: host.unwrap_or(STORAGE).to_owned() }
}

impl Allowed {
    fn of(value: &Value) -> Self {
        let part = |name: &str| value.at(&[name]).filter(|part| **part != Value::Null).cloned();
        Self { from: part("from"), metrics_from: part("metricsFrom"), egress: part("egress") }
    }
}

/// The namespace of a Service, by its host name: `s3.openshift-storage.svc`.
fn namespace_of(host: &str) -> Option<&str> {
    let mut labels = host.split(['.', ':']);
    let namespace = labels.nth(1)?;
    (labels.next() == Some("svc")).then_some(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_in_the_namespace_that_its_host_names() {
        for (host, wanted) in [
            ("s3.openshift-storage.svc", Some("openshift-storage")),
            ("rook-ceph-rgw.rook.svc.cluster.local:443", Some("rook")),
            ("s3.amazonaws.com", None),
            ("minio", None),
        ] {
            assert_eq!(namespace_of(host), wanted, "{host}");
        }
    }
}
