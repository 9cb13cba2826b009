//! Access through the Gateway API.

use crate::check::Resolved;
use crate::model::Model;
use crate::model::access::{Access as Settings, ParentRef, Tls};
use serde::Serialize;

/// Access through the Gateway API.
#[derive(Serialize)]
pub struct GatewayPlan {
    /// The version of HTTPRoute, if one leads to Quay.
    pub http: Option<String>,
    /// The version of TLSRoute, if one leads to Quay.
    pub tls: Option<String>,
    /// The version of TLSRoute, if there is one for builders.
    pub builder: Option<String>,
    /// The version of BackendTLSPolicy, if one is needed.
    pub policy: Option<String>,
    /// The listeners.
    pub parents: Vec<ParentRef>,
    /// The listeners for builders.
    pub builder_parents: Vec<ParentRef>,
    /// How long a request may take, if an HTTPRoute has a field for it.
    pub timeout: Option<String>,
    /// The CA with which the Gateway verifies Quay's certificate.
    pub ca: Option<String>,
}

pub(super) fn gateway(model: &Model, resolved: &Resolved, settings: Option<&Settings>) -> Option<GatewayPlan> {
    let settings = settings?;
    let given = &settings.gateway.as_ref()?.value;
    let api = model.config.cluster.gateway.as_ref()?;
    let access = &resolved.access;
    let version =
        |kind: &str, wanted: bool| wanted.then(|| api.version(kind, &resolved.release).map(str::to_owned)).flatten();
    let passes = access.tls == Tls::Passthrough;
    let builder = resolved.builds && resolved.builder_hostname.is_some();
    let builder_parents = if given.builder_parents.is_empty() { &given.parents } else { &given.builder_parents };
    Some(GatewayPlan {
        http: version("HTTPRoute", !passes),
        tls: version("TLSRoute", passes),
        builder: version("TLSRoute", builder),
        policy: version("BackendTLSPolicy", access.tls == Tls::Reencrypt),
        parents: given.parents.clone(),
        builder_parents: builder_parents.clone(),
        timeout: api.version("timeouts", &resolved.release).map(|_| settings.timeout.text.clone()),
        ca: access.backend_ca.clone(),
    })
}
