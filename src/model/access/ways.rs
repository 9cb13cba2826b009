//! What one way in needs to know: `ingress`, `gateway` and `service` of `spec.access`.

use super::pairs;
use crate::diagnostic::{Diagnostics, codes};
use crate::model::Spanned;
use crate::model::fields::{Fields, Word};
use crate::quote;
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

impl Word for Controller {
    const WORDS: &'static [(&'static str, Self)] = &[("ingress-nginx", Self::Nginx), ("traefik", Self::Traefik)];
}

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
        self.word()
    }
}

impl Word for ServiceType {
    const WORDS: &'static [(&'static str, Self)] =
        &[("ClusterIP", Self::ClusterIp), ("NodePort", Self::NodePort), ("LoadBalancer", Self::LoadBalancer)];
}

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
    let map = access.map("ingress", diagnostics)?;
    let class = map.text("className", diagnostics).map(|class| class.value);
    // A wrong one has been refused; what follows shall not be told twice.
    let controller = map.choice("controller", diagnostics).map_or(Controller::Nginx, |controller| controller.value);
    Some(Spanned { value: Ingress { class, controller }, at: map.place() })
}

pub(super) fn gateway(access: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Gateway>> {
    let map = access.map("gateway", diagnostics)?;
    let parents = parents(&map, "parentRefs", diagnostics);
    let builder_parents = self::parents(&map, "builderParentRefs", diagnostics);
    Some(Spanned { value: Gateway { parents, builder_parents }, at: map.place() })
}

fn parents(map: &Fields<'_>, field: &str, diagnostics: &mut Diagnostics) -> Vec<ParentRef> {
    let mut found = Vec::new();
    for parent in map.maps(field, diagnostics) {
        let mut text = |name| parent.text(name, diagnostics).map(|text| text.value);
        let (name, namespace, section) = (text("name"), text("namespace"), text("sectionName"));
        found.extend(name.map(|name| ParentRef { name, namespace, section }));
    }
    found
}

pub(super) fn service(access: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Service>> {
    let map = access.map("service", diagnostics)?;
    let source_ranges = map.texts("sourceRanges", diagnostics);
    for range in &source_ranges {
        if let Some((why, hint)) = range_problem(range) {
            let message = format!("{} {why}", quote::number(range));
            map.refuse(codes::FIELD_VALUE, "sourceRanges", message, &hint, diagnostics);
        }
    }
    let node_port = port(&map, "nodePort", "nodePort: 30443", diagnostics);
    let builder_node_port = port(&map, "builderNodePort", "builderNodePort: 30444", diagnostics);
    if let (Some(registry), Some(builder)) = (&node_port, &builder_node_port)
        && registry.value == builder.value
    {
        let message = format!("{} is nodePort too, and a port of the nodes leads to one port", builder.value);
        map.refuse(codes::FIELD_VALUE, "builderNodePort", message, "builderNodePort: 30444", diagnostics);
    }
    let service = Service {
        kind: map.choice("type", diagnostics),
        class: map.text("loadBalancerClass", diagnostics),
        source_ranges,
        traffic_policy: map.text("externalTrafficPolicy", diagnostics),
        node_port,
        builder_node_port,
        annotations: pairs(&map, "annotations", diagnostics),
    };
    Some(Spanned { value: service, at: map.place() })
}

fn port(map: &Fields<'_>, name: &str, hint: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    let port = map.number(name, diagnostics)?;
    if !port.value.parse().is_ok_and(|port: u32| (1..=65535).contains(&port)) {
        map.refuse(codes::FIELD_VALUE, name, "is not a port".to_owned(), hint, diagnostics);
    }
    Some(port)
}

/// Why an API server refuses a range of addresses, and what to write instead.
fn range_problem(text: &str) -> Option<(&'static str, String)> {
    let Some((address, bits)) = range(text) else {
        return Some(("is not a range of addresses", "sourceRanges: [10.0.0.0/8]".to_owned()));
    };
    let network = match address {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & !u32::MAX.checked_shr(bits).unwrap_or(0)).into()),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => {
                let hint = match bits.checked_sub(96) {
                    Some(bits) => format!("sourceRanges: [{v4}/{bits}]"),
                    None => "sourceRanges: [10.0.0.0/8]".to_owned(),
                };
                return Some(("is a range of IPv4 addresses, written as IPv6, which the API server refuses", hint));
            }
            None => IpAddr::V6((u128::from(v6) & !u128::MAX.checked_shr(bits).unwrap_or(0)).into()),
        },
    };
    let why = "is an address inside a range, which the API server refuses: a range begins with its first address";
    (network != address)
        .then(|| (why, format!("sourceRanges: [{network}/{bits}]   # or {address} alone: /32, IPv6 /128")))
}

/// An address and how many of its bits count.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/')?;
    let plain =
        bits.len() <= 3 && bits.bytes().all(|digit| digit.is_ascii_digit()) && (bits == "0" || !bits.starts_with('0'));
    let (address, bits) = (address.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok().filter(|_| plain)?);
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

#[cfg(test)]
mod tests {
    use super::range_problem;

    #[test]
    fn a_range_begins_with_its_first_address() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "192.0.2.1/32", "::/0", "2001:db8::1/128"] {
            assert_eq!(range_problem(good), None, "{good}");
        }
        for bad in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "a/8", "10.0.0.0/", "::/129", "10.0.0.0/08", "10.0.0.0/+8"] {
            assert_eq!(range_problem(bad).unwrap().0, "is not a range of addresses", "{bad}");
        }
        for (bad, hint) in [
            ("192.0.2.1/24", "sourceRanges: [192.0.2.0/24]"),
            ("10.1.0.0/8", "sourceRanges: [10.0.0.0/8]"),
            ("1.2.3.4/0", "sourceRanges: [0.0.0.0/0]"),
            ("2001:db8::1/64", "sourceRanges: [2001:db8::/64]"),
            ("::ffff:192.0.2.0/120", "sourceRanges: [192.0.2.0/24]"),
        ] {
            let found = range_problem(bad).unwrap().1;
            assert!(found.starts_with(hint), "{bad}: {found}");
        }
    }
}
