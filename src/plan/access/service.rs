//! The Service.

use super::Texts;
use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::model::access::{Access as Settings, ServiceType, Tls, Way};
use crate::object::marks::SERVING_CERTIFICATE;
use serde::Serialize;

/// A port of the Service.
#[derive(Serialize)]
pub struct Port {
    pub name: &'static str,
    pub port: u16,
    /// The container's.
    pub target: u16,
    /// The nodes'.
    pub node: Option<u16>,
}

/// The Service.
#[derive(Serialize)]
pub struct ServicePlan {
    pub kind: &'static str,
    pub ports: Vec<Port>,
    /// Its own labels.
    pub labels: Texts,
    /// Its annotations, but for those of Traefik, which its template has.
    pub annotations: Texts,
    /// Which load balancer.
    pub class: Option<String>,
    /// Who may call.
    pub source_ranges: Vec<String>,
    /// Whether the caller's address is kept.
    pub traffic_policy: Option<String>,
}

pub(super) fn service(resolved: &Resolved, settings: Option<&Settings>) -> ServicePlan {
    let access = &resolved.access;
    let given = settings.and_then(|settings| Some(&settings.service.as_ref()?.value));
    let kind = given.and_then(|given| Some(given.kind.as_ref()?.value)).unwrap_or(ServiceType::ClusterIp);
    let node = given.and_then(|given| given.node_port.as_ref()?.value.parse().ok());
    let builder_node = given.and_then(|given| given.builder_node_port.as_ref()?.value.parse().ok());
    let is_way = access.way == Way::Service;
    let own = |texts: fn(&Settings) -> &Texts| settings.filter(|_| is_way).map(|it| texts(it).clone());
    let mut annotations = own(|it| &it.annotations).unwrap_or_default();
    if let Some(Certificate::Secret { name, maker: Maker::ServiceCa, .. }) = &access.serving {
        annotations.insert(SERVING_CERTIFICATE.to_owned(), name.clone());
    }
    annotations.extend(given.map(|given| given.annotations.clone()).unwrap_or_default());
    ServicePlan {
        kind: kind.as_str(),
        ports: ports(resolved, kind, node, builder_node),
        labels: own(|it| &it.labels).unwrap_or_default(),
        annotations,
        class: given.and_then(|given| given.class.as_ref()).map(|class| class.value.clone()),
        source_ranges: given.map(|given| given.source_ranges.clone()).unwrap_or_default(),
        traffic_policy: given.and_then(|given| given.traffic_policy.as_ref()).map(|policy| policy.value.clone()),
    }
}

/// The operator's ports where nothing else is said; else those behind which something answers.
fn ports(resolved: &Resolved, kind: ServiceType, node: Option<u16>, builder_node: Option<u16>) -> Vec<Port> {
    let access = &resolved.access;
    let port = |name, port, target| Port { name, port, target, node: None };
    let (https, http) = (port("https", 443, 8443), port("http", 80, 8080));
    let grpc = port("grpc", 55443, 55443);
    let mut ports = match access.tls {
        _ if !access.is_written => return vec![https, http, port("jwtproxy", 8081, 8081), grpc],
        // The load balancer ends TLS on 443, and sends plain HTTP on.
        Tls::Edge if kind == ServiceType::LoadBalancer => vec![port("https", 443, 8080)],
        Tls::Edge | Tls::None => vec![http],
        // A redirect from a node's port to https would lose the port.
        Tls::Passthrough | Tls::Reencrypt if kind == ServiceType::NodePort => vec![https],
        Tls::Passthrough | Tls::Reencrypt => vec![https, http],
    };
    if let Some(first) = ports.first_mut() {
        first.node = node;
    }
    ports.extend(resolved.builds.then_some(Port { node: builder_node, ..grpc }));
    ports
}
