//! What one way in needs to know: `ingress`, `gateway` and `service` of `spec.access`.

use super::{choice, is_qualified, pairs};
use crate::diagnostic::{Diagnostics, codes};
use crate::model::Spanned;
use crate::model::fields::{Fields, NAME_HINT, is_object_name};
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Who serves Ingresses; each has annotations of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// ingress-nginx.
    Nginx,
    /// Traefik.
    Traefik,
}

const CONTROLLERS: &[(&str, Controller)] = &[("ingress-nginx", Controller::Nginx), ("traefik", Controller::Traefik)];

/// `ingress`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ingress {
    /// `className`; nothing for the cluster's default.
    pub class: Option<String>,
    /// `controller`.
    pub controller: Controller,
}

/// `gateway`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// `parentRefs`: the listeners that take the registry's host.
    pub parents: Vec<ParentRef>,
    /// `builderParentRefs`: those that take the build manager's; nothing for the same.
    pub builder_parents: Vec<ParentRef>,
}

/// One listener, or all of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParentRef {
    /// The Gateway.
    pub name: String,
    /// Its namespace; nothing for the registry's.
    pub namespace: Option<String>,
    /// The listener; nothing for all that fit.
    pub section: Option<String>,
}

/// The type of the Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceType {
    /// Inside the cluster.
    ClusterIp,
    /// A port of every node.
    NodePort,
    /// The cloud's or the cluster's load balancer.
    LoadBalancer,
}

impl ServiceType {
    /// As the API spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        super::word(TYPES, self)
    }
}

const TYPES: &[(&str, ServiceType)] = &[
    ("ClusterIP", ServiceType::ClusterIp),
    ("NodePort", ServiceType::NodePort),
    ("LoadBalancer", ServiceType::LoadBalancer),
];

/// `service`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// `type`.
    pub kind: Option<Spanned<ServiceType>>,
    /// `loadBalancerClass`.
    pub class: Option<Spanned<String>>,
    /// `sourceRanges`: who may call.
    pub source_ranges: Vec<String>,
    /// `externalTrafficPolicy`.
    pub traffic_policy: Option<Spanned<String>>,
    /// `nodePort` of the registry.
    pub node_port: Option<Spanned<String>>,
    /// `builderNodePort` of the build manager.
    pub builder_node_port: Option<Spanned<String>>,
    /// `annotations` of the Service, whatever the way in.
    pub annotations: BTreeMap<String, String>,
}

pub(super) fn ingress(access: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Ingress>> {
    let map = access.map("ingress", "spec.access.ingress", diagnostics)?;
    map.only(&["className", "controller"], diagnostics);
    let class = map.text("className", diagnostics);
    if let Some(class) = class.as_ref().filter(|class| !is_object_name(&class.value)) {
        let message = format!("{:?} is no name of an IngressClass", class.value);
        map.refuse(codes::FIELD_VALUE, "className", message, "className: nginx", diagnostics);
    }
    if map.get("controller").is_none() {
        map.missing("controller", "controller: ingress-nginx   # or traefik: the annotations follow it", diagnostics);
    }
    // A wrong one has been refused; what follows shall not be told twice.
    let controller = choice(&map, "controller", CONTROLLERS, diagnostics);
    let controller = controller.map_or(Controller::Nginx, |controller| controller.value);
    Some(Spanned { value: Ingress { class: class.map(|class| class.value), controller }, at: map.place() })
}

pub(super) fn gateway(access: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Gateway>> {
    let map = access.map("gateway", "spec.access.gateway", diagnostics)?;
    map.only(&["parentRefs", "builderParentRefs"], diagnostics);
    let parents = parents(&map, "parentRefs", diagnostics);
    if map.get("parentRefs").is_none() {
        let hint = "parentRefs:\n- {name: my-gateway, namespace: gateways, sectionName: https}";
        map.missing("parentRefs", hint, diagnostics);
    }
    let builder_parents = self::parents(&map, "builderParentRefs", diagnostics);
    Some(Spanned { value: Gateway { parents, builder_parents }, at: map.place() })
}

fn parents(map: &Fields<'_>, field: &str, diagnostics: &mut Diagnostics) -> Vec<ParentRef> {
    let mut found = Vec::new();
    for (index, node) in map.list(field, diagnostics).unwrap_or_default().iter().enumerate() {
        let path = format!("{}[{index}]", map.path_of(field));
        let Some(parent) = map.item(node, &path, diagnostics) else { continue };
        parent.only(&["name", "namespace", "sectionName"], diagnostics);
        let name = |field: &str, text: Option<Spanned<String>>, diagnostics: &mut Diagnostics| {
            let text = text?.value;
            if !is_object_name(&text) {
                let message = format!("{text:?} is no name");
                parent.refuse(codes::FIELD_VALUE, field, message, NAME_HINT, diagnostics);
            }
            Some(text)
        };
        let given = parent.required("name", "name: my-gateway", diagnostics);
        let gateway = name("name", given, diagnostics);
        let given = parent.text("namespace", diagnostics);
        let namespace = name("namespace", given, diagnostics);
        let given = parent.text("sectionName", diagnostics);
        let section = name("sectionName", given, diagnostics);
        found.extend(gateway.map(|name| ParentRef { name, namespace, section }));
    }
    found
}

pub(super) fn service(access: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Service>> {
    let map = access.map("service", "spec.access.service", diagnostics)?;
    let fields = [
        "type",
        "loadBalancerClass",
        "sourceRanges",
        "externalTrafficPolicy",
        "nodePort",
        "builderNodePort",
        "annotations",
    ];
    map.only(&fields, diagnostics);
    let source_ranges = map.texts("sourceRanges", diagnostics);
    for range in source_ranges.iter().filter(|range| !is_range(range)) {
        let message = format!("{range:?} is no range of addresses");
        map.refuse(codes::FIELD_VALUE, "sourceRanges", message, "sourceRanges: [10.0.0.0/8]", diagnostics);
    }
    let node_port = port(&map, "nodePort", "nodePort: 30443", diagnostics);
    let builder_node_port = port(&map, "builderNodePort", "builderNodePort: 30444", diagnostics);
    let class = map.text("loadBalancerClass", diagnostics);
    if let Some(class) = class.as_ref().filter(|class| !is_qualified(&class.value)) {
        let message = format!("{:?} is no class", class.value);
        map.refuse(
            codes::FIELD_VALUE,
            "loadBalancerClass",
            message,
            "loadBalancerClass: example.com/internal",
            diagnostics,
        );
    }
    let service = Service {
        kind: choice(&map, "type", TYPES, diagnostics),
        class,
        source_ranges,
        traffic_policy: map.choice("externalTrafficPolicy", &["Cluster", "Local"], diagnostics),
        node_port,
        builder_node_port,
        annotations: pairs(&map, "annotations", diagnostics),
    };
    Some(Spanned { value: service, at: map.place() })
}

fn port(map: &Fields<'_>, name: &str, hint: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    let port = map.number(name, diagnostics)?;
    if !port.value.parse().is_ok_and(|port: u32| (1..=65535).contains(&port)) {
        map.refuse(codes::FIELD_VALUE, name, "is no port".to_owned(), hint, diagnostics);
    }
    Some(port)
}

fn is_range(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let plain =
        bits.len() <= 3 && bits.bytes().all(|digit| digit.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    match (address.parse::<IpAddr>(), bits.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(bits)) => plain && bits <= 32,
        (Ok(IpAddr::V6(_)), Ok(bits)) => plain && bits <= 128,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_range;

    #[test]
    fn a_range_has_an_address_and_bits() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "192.0.2.1/32"] {
            assert!(is_range(good), "{good}");
        }
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "a/8", "10.0.0.0/", "::/129", "10.0.0.0/08"] {
            assert!(!is_range(bad), "{bad}");
        }
    }
}
