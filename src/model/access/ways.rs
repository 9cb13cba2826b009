//! The parts of `spec.access` for one way in each: `ingress`, `gateway` and `service`.

use crate::diagnostic::{Diagnostics, codes};
use crate::model::Spanned;
use crate::model::fields::{Fields, Word};
use crate::model::notations::range_problem;
use crate::quote;
use serde::Serialize;
use std::collections::BTreeMap;

/// The controller that serves Ingresses; each has its own annotations.
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
    /// `className`; `None` for the cluster's default.
    pub class: Option<String>,
    /// `controller`.
    pub controller: Controller,
}

/// `gateway`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// `parentRefs`: the listeners that accept the registry's host.
    pub parents: Vec<ParentRef>,
    /// `builderParentRefs`: the listeners that accept the build manager's host; empty for the same ones.
    pub builder_parents: Vec<ParentRef>,
}

/// One listener, or all of a Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ParentRef {
    /// The Gateway's name.
    pub name: String,
    /// The Gateway's namespace; `None` for the registry's.
    pub namespace: Option<String>,
    /// The listener; `None` for all that match.
    pub section: Option<String>,
}

/// The type of the Service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceType {
    /// Inside the cluster.
    ClusterIp,
    /// A port on every node.
    NodePort,
    /// The cloud's or the cluster's load balancer.
    LoadBalancer,
}

impl ServiceType {
    /// The type as the API spells it.
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
    /// `sourceRanges`: the addresses that may connect.
    pub source_ranges: Vec<String>,
    /// `externalTrafficPolicy`.
    pub traffic_policy: Option<Spanned<String>>,
    /// `nodePort` of the registry.
    pub node_port: Option<Spanned<String>>,
    /// `builderNodePort` of the build manager.
    pub builder_node_port: Option<Spanned<String>>,
    /// `annotations` of the Service, with any way in.
    pub annotations: BTreeMap<String, String>,
}

pub(super) fn ingress(access: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<Ingress>> {
    let map = access.map("ingress", diagnostics)?;
    let class = map.text("className", diagnostics).map(|class| class.value);
    // A wrong value has been refused; the default avoids a second message about it.
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
        if let Some(problem) = range_problem(range) {
            let message = format!("{} {}", quote::number(range), problem.why);
            let hint = problem.hint(|range| format!("sourceRanges: [{range}]"));
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
        annotations: map.annotations("annotations", diagnostics),
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
