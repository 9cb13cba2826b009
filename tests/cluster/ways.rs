//! Access types: every place where TLS ends with every origin of the certificates, on each cluster that has an API for
//! them.

use super::rules::text;
use serde_json::{Value as Json, json};
use std::fs;

/// A way of access, in the terms of the RenderConfig.
#[derive(Clone)]
pub struct Way {
    pub name: String,
    pub platform: &'static str,
    /// `spec.cluster.apis`.
    pub apis: Json,
    /// `spec.access`.
    pub access: Json,
}

const SOURCES: [&str; 6] = ["", "pair", "controller", "secret", "certManager", "serviceCA"];

fn kinds() -> Vec<(String, &'static str, Json, Json)> {
    let gateway = json!({
        "type": "gateway",
        "labels": {"team": "registry"},
        "annotations": {"example.com/note": "registry"},
        "gateway": {
            "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}, {"name": "internal"}],
            "builderParentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "builders"}],
        },
    });
    let ingress = |controller: &str| {
        let class = json!({"className": controller, "controller": controller});
        json!({
            "type": "ingress",
            "labels": {"team": "registry"},
            "annotations": {"example.com/note": "registry"},
            "ingress": class,
        })
    };
    let balancer = json!({
        "type": "LoadBalancer",
        "loadBalancerClass": "example.com/internal",
        "sourceRanges": ["192.0.2.0/24", "2001:db8::/32"],
        "externalTrafficPolicy": "Local",
        "annotations": {"example.com/balancer": "internal"},
    });
    let service =
        |service: Json| json!({"type": "service", "annotations": {"example.com/note": "a"}, "service": service});
    let mut kinds = vec![
        ("route", "openshift", json!({"type": "route", "labels": {"router": "public"}})),
        ("ingress-nginx", "kubernetes", ingress("ingress-nginx")),
        ("traefik", "kubernetes", ingress("traefik")),
        ("ClusterIP", "kubernetes", service(json!({}))),
        ("NodePort", "kubernetes", service(json!({"type": "NodePort", "nodePort": 30443, "builderNodePort": 30444}))),
        ("LoadBalancer", "kubernetes", service(balancer.clone())),
        ("LoadBalancer", "openshift", service(balancer)),
        ("own", "openshift", json!({"type": "none"})),
    ]
    .into_iter()
    .map(|(name, platform, access)| (name.to_owned(), platform, json!({}), access))
    .collect::<Vec<_>>();
    // From what each kind and version of the Gateway API is there.
    for (release, channel) in [
        ("1.0", "standard"),
        ("1.1", "experimental"),
        ("1.4", "standard"),
        ("1.4", "experimental"),
        ("1.5", "standard"),
    ] {
        let apis = json!({"gateway": {"release": release, "channel": channel}});
        kinds.push((format!("gateway {release} {channel}"), "kubernetes", apis, gateway.clone()));
    }
    kinds
}

/// Adds limits that only some access types read: the largest body, and a timeout.
fn with_limits(mut access: Json, tls: &str) -> Json {
    let nginx = access["ingress"]["controller"] == "ingress-nginx" && tls != "passthrough";
    if nginx {
        access["maxBodySize"] = json!("20g");
    }
    if nginx || access["type"] == "route" {
        access["timeout"] = json!("45m");
    }
    access
}

fn certificate(field: &str, from: &str) -> Json {
    match from {
        "secret" => json!({"from": from, "name": format!("own-{field}").to_lowercase(), "caKey": "ca.crt"}),
        "certManager" => {
            let issuer = json!({"kind": "ClusterIssuer", "name": "internal-ca"});
            let told = json!({"issuer": issuer, "duration": "2160h", "renewBefore": "720h"});
            json!({"from": from, "caKey": "ca.crt", "certManager": told})
        }
        _ => json!({"from": from}),
    }
}

/// All of them, including most of those that are refused.
pub fn ways() -> Vec<Way> {
    let bundle = fs::read_to_string("tests/cluster/wildcard.cert").unwrap();
    let mut ways = Vec::new();
    for (kind, platform, apis, access) in kinds() {
        for tls in ["passthrough", "edge", "reencrypt", "none"] {
            // A certificate that nobody meets is refused, which is tested elsewhere.
            let fronts = if tls == "none" { &SOURCES[..1] } else { &SOURCES };
            let backs = if tls == "reencrypt" { &SOURCES[..] } else { &SOURCES[..1] };
            for front in fronts {
                for back in backs {
                    let mut access = with_limits(access.clone(), tls);
                    access["tls"] = json!(tls);
                    access["caBundle"] = json!(bundle);
                    for (field, from) in [("certificate", *front), ("backendCertificate", *back)] {
                        if !from.is_empty() {
                            access[field] = certificate(field, from);
                        }
                    }
                    let name = format!("{kind}, tls {tls}, certificate {front:?}, backendCertificate {back:?}");
                    ways.push(Way { name, platform, apis: apis.clone(), access });
                }
            }
        }
    }
    ways
}

impl Way {
    /// Whether it is OpenShift's Route.
    pub fn is_route(&self) -> bool {
        self.access["type"] == "route"
    }

    /// The port for builders: one of the Service's own, or the usual one.
    pub fn builder_port(&self) -> u32 {
        match text(&self.access["service"]["type"]) {
            "NodePort" => 30444,
            _ if self.access["type"] == "service" => 55443,
            _ => 443,
        }
    }

    /// The access type, without the place where TLS ends and the certificates.
    pub fn kind(&self) -> &str {
        self.name.split(", ").next().unwrap()
    }

    /// Whether no certificate is set, to keep one of each type and TLS.
    pub fn is_plain(&self) -> bool {
        self.access.get("certificate").is_none() && self.access.get("backendCertificate").is_none()
    }

    /// The Secrets that it names, each of type kubernetes.io/tls with a CA.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let certificates = ["certificate", "backendCertificate"].map(|field| &self.access[field]);
        certificates.into_iter().filter(|it| it["from"] == "secret").filter_map(|it| it["name"].as_str())
    }
}
