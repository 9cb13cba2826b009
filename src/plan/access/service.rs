//! The Service.

use super::Texts;
use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::model::Spanned;
use crate::model::access::{Access as Settings, ServiceType, Way};
use crate::object::labels::SERVING_CERTIFICATE;
use serde::Serialize;

/// The Service.
#[derive(Serialize)]
pub struct ServicePlan {
    pub kind: &'static str,
    /// The node port of the first port, if the user sets it.
    pub node_port: Option<u16>,
    /// The node port for builders.
    pub builder_node_port: Option<u16>,
    /// Its own labels.
    pub labels: Texts,
    /// Its annotations, except those for Traefik, which are in its template.
    pub annotations: Texts,
    /// The load balancer class.
    pub class: Option<String>,
    /// The address ranges that may call.
    pub source_ranges: Vec<String>,
    /// `externalTrafficPolicy`: whether the caller's address is preserved.
    pub traffic_policy: Option<String>,
}

pub(super) fn service(resolved: &Resolved, settings: Option<&Settings>) -> ServicePlan {
    let access = &resolved.access;
    let given = settings.and_then(|settings| Some(&settings.service.as_ref()?.value));
    let kind = given.and_then(|given| Some(given.kind.as_ref()?.value)).unwrap_or(ServiceType::ClusterIp);
    let number = |port: Option<&Spanned<String>>| port.and_then(|port| port.value.parse().ok());
    let is_way = access.way == Way::Service;
    let own = |texts: fn(&Settings) -> &Texts| settings.filter(|_| is_way).map(|it| texts(it).clone());
    let mut annotations = own(|it| &it.annotations).unwrap_or_default();
    if let Some(Certificate::Secret { name, maker: Maker::ServiceCa, .. }) = &access.serving {
        annotations.insert(SERVING_CERTIFICATE.to_owned(), name.clone());
    }
    annotations.extend(given.map(|given| given.annotations.clone()).unwrap_or_default());
    ServicePlan {
        kind: kind.as_str(),
        node_port: number(given.and_then(|given| given.node_port.as_ref())),
        builder_node_port: number(given.and_then(|given| given.builder_node_port.as_ref())),
        labels: own(|it| &it.labels).unwrap_or_default(),
        annotations,
        class: given.and_then(|given| given.class.as_ref()).map(|class| class.value.clone()),
        source_ranges: given.map(|given| given.source_ranges.clone()).unwrap_or_default(),
        traffic_policy: given.and_then(|given| given.traffic_policy.as_ref()).map(|policy| policy.value.clone()),
    }
}
