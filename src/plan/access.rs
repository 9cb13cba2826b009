//! The way in, as its templates need it.

use crate::check::Resolved;
use crate::check::access::{CA_FILE, Certificate, Maker};
use crate::contract::Contract;
use crate::model::Model;
use crate::model::access::{Access as Settings, Controller, ParentRef, ServiceType, Timeout, Tls, Way};
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::release;
use crate::validate::tls::without_port;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::BTreeMap;

type Texts = BTreeMap<String, String>;

/// The way in.
#[derive(Serialize)]
pub struct AccessPlan {
    /// Whether Quay serves TLS itself: nginx does exactly where it finds `ssl.key`.
    pub serves_tls: bool,
    /// The name of the Service's port that the way in calls, and its number.
    pub port: &'static str,
    /// Its number.
    pub port_number: u16,
    /// The host name without a port.
    pub host: String,
    /// Labels of the objects of the way in.
    pub labels: Texts,
    /// Annotations of the objects of the way in.
    pub annotations: Texts,
    /// The Service.
    pub service: ServicePlan,
    /// The Route, where that is the way in.
    pub route: Option<RoutePlan>,
    /// The Ingress.
    pub ingress: Option<IngressPlan>,
    /// The Gateway API.
    pub gateway: Option<GatewayPlan>,
    /// What cert-manager makes.
    pub certificates: Vec<CertificatePlan>,
    /// What Clair mounts of the certificates and CAs that it trusts.
    pub clair: Vec<TrustItem>,
    /// The Secret among these that somebody else renews.
    pub clair_reloads: Option<String>,
    /// Whether the workers of the mirror must trust `ssl.cert`.
    pub mirror_trusts_pair: bool,
    /// CAs that are known here, PEM: a file of the bundle.
    pub known_ca: Option<String>,
}

/// A port of the Service.
#[derive(Serialize)]
pub struct Port {
    /// Its name.
    pub name: &'static str,
    /// Its number.
    pub port: u16,
    /// The container's.
    pub target: u16,
    /// The nodes'.
    pub node: Option<u16>,
}

/// The Service.
#[derive(Serialize)]
pub struct ServicePlan {
    /// Its type.
    pub kind: &'static str,
    /// Its ports.
    pub ports: Vec<Port>,
    /// Its own labels.
    pub labels: Texts,
    /// Its own annotations.
    pub annotations: Texts,
    /// Which load balancer.
    pub class: Option<String>,
    /// Who may call.
    pub source_ranges: Vec<String>,
    /// Whether the caller's address is kept.
    pub traffic_policy: Option<String>,
}

/// The Route.
#[derive(Serialize)]
pub struct RoutePlan {
    /// Where TLS ends; nothing without TLS.
    pub termination: Option<&'static str>,
    /// Its annotations.
    pub annotations: Texts,
    /// The pair that clients meet.
    pub pair: Option<PairPlan>,
    /// The Secret that it is in.
    pub secret: Option<String>,
    /// Whom the router trusts behind it.
    pub destination_ca: Option<String>,
}

/// A pair, in text.
#[derive(Serialize)]
pub struct PairPlan {
    /// The certificate and its chain.
    pub cert: String,
    /// The key.
    pub key: String,
}

/// The Ingress.
#[derive(Serialize)]
pub struct IngressPlan {
    /// Its class.
    pub class: Option<String>,
    /// Its annotations.
    pub annotations: Texts,
    /// Whether it ends TLS.
    pub tls: bool,
    /// The Secret with the certificate that clients meet; nothing for the controller's own.
    pub secret: Option<String>,
    /// The pair for that Secret, where it is in the output.
    pub pair: Option<PairPlan>,
    /// Whom the controller trusts behind it.
    pub ca: Option<String>,
    /// Whether Traefik is told by an object of its own.
    pub transport: bool,
    /// Whether builders come this way.
    pub builder: bool,
}

/// The Gateway API.
#[derive(Serialize)]
pub struct GatewayPlan {
    /// The version of HTTPRoute, where one leads to Quay.
    pub http: Option<String>,
    /// The version of TLSRoute, where one leads to Quay.
    pub tls: Option<String>,
    /// The version of TLSRoute, where one leads builders.
    pub builder: Option<String>,
    /// The version of BackendTLSPolicy, where one is needed.
    pub policy: Option<String>,
    /// The listeners.
    pub parents: Vec<Parent>,
    /// The listeners for builders.
    pub builder_parents: Vec<Parent>,
    /// How long a request may take, where an HTTPRoute can say so.
    pub timeout: Option<String>,
    /// Whom the Gateway trusts behind it.
    pub ca: Option<String>,
}

/// A listener.
#[derive(Serialize)]
pub struct Parent {
    /// The Gateway.
    pub name: String,
    /// Its namespace.
    pub namespace: Option<String>,
    /// The listener.
    pub section: Option<String>,
}

/// A Certificate of cert-manager.
#[derive(Serialize)]
pub struct CertificatePlan {
    /// The Secret, and the Certificate's own name.
    pub name: String,
    /// The names that it is for.
    pub hosts: Vec<String>,
    /// The issuer's kind.
    pub issuer_kind: String,
    /// The issuer's name.
    pub issuer: String,
    /// The issuer's group.
    pub issuer_group: String,
    /// How long it is valid.
    pub duration: Option<String>,
    /// How long before its end it is made anew.
    pub renew_before: Option<String>,
    /// The key's algorithm.
    pub algorithm: String,
    /// The key's size.
    pub size: u32,
    /// Whether the key is made anew with it.
    pub rotation: String,
    /// What it may be used for.
    pub usages: Vec<String>,
}

/// One file that Clair trusts, where it joins nothing.
#[derive(Serialize)]
pub struct TrustItem {
    /// The Secret.
    pub secret: String,
    /// Its key.
    pub key: String,
    /// The file.
    pub path: &'static str,
}

/// Builds it all.
pub fn access(model: &Model, resolved: &Resolved, contract: &Contract) -> AccessPlan {
    let access = &resolved.access;
    let settings = model.config.access.as_ref();
    let serves_tls = access.serving.is_some();
    let (port, port_number) = if serves_tls { ("https", 443) } else { ("http", 80) };
    let copy = |texts: fn(&Settings) -> &Texts| settings.map(|settings| texts(settings).clone()).unwrap_or_default();
    let (labels, annotations) = (copy(|it| &it.labels), copy(|it| &it.annotations));
    let ca_is_joined = contract.quay.is_some();
    AccessPlan {
        serves_tls,
        port,
        port_number,
        host: without_port(&resolved.hostname).to_owned(),
        service: service(resolved, settings),
        route: (access.way == Way::Route).then(|| route(model, resolved, &annotations)),
        ingress: (access.way == Way::Ingress).then(|| ingress(model, resolved, settings, &annotations)).flatten(),
        gateway: (access.way == Way::Gateway).then(|| gateway(model, resolved, settings)).flatten(),
        certificates: certificates(resolved),
        clair: clair(resolved),
        clair_reloads: access.trust.secret.as_ref().filter(|_| contract.clair.is_none()).map(|at| at.name.clone()),
        mirror_trusts_pair: access.trust.serving && !ca_is_joined,
        known_ca: access.trust.known.clone(),
        labels,
        annotations,
    }
}

fn timeout(settings: Option<&Settings>) -> Timeout {
    settings.map(|settings| settings.timeout.clone()).unwrap_or_default()
}

/// The pair that clients meet, where the input has it.
fn pair(model: &Model, resolved: &Resolved) -> Option<PairPlan> {
    if let Some((cert, key)) = &resolved.generated_pair {
        return Some(PairPlan { cert: cert.clone(), key: key.to_string() });
    }
    let text = |name| model.bundle.file(name).map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    Some(PairPlan { cert: text(TLS_CERT)?, key: text(TLS_KEY)? })
}

fn service(resolved: &Resolved, settings: Option<&Settings>) -> ServicePlan {
    let access = &resolved.access;
    let given = settings.and_then(|settings| Some(&settings.service.as_ref()?.value));
    let kind = given.and_then(|given| Some(given.kind.as_ref()?.value)).unwrap_or(ServiceType::ClusterIp);
    let node = given.and_then(|given| given.node_port.as_ref()?.value.parse().ok());
    let is_way = access.way == Way::Service;
    let own = |texts: fn(&Settings) -> &Texts| settings.filter(|_| is_way).map(|it| texts(it).clone());
    let mut annotations = own(|it| &it.annotations).unwrap_or_default();
    if let Some(Certificate::Secret { name, maker: Maker::ServiceCa, .. }) = &access.serving {
        annotations.insert("service.beta.openshift.io/serving-cert-secret-name".to_owned(), name.clone());
    }
    if traefik_speaks_tls(resolved, settings) {
        let transport = format!("{}-{}-quay-app@kubernetescrd", resolved.namespace, resolved.name);
        annotations.insert("traefik.ingress.kubernetes.io/service.serversscheme".to_owned(), "https".to_owned());
        annotations.insert("traefik.ingress.kubernetes.io/service.serverstransport".to_owned(), transport);
    }
    annotations.extend(given.map(|given| given.annotations.clone()).unwrap_or_default());
    ServicePlan {
        kind: kind.as_str(),
        ports: ports(resolved, kind, node),
        labels: own(|it| &it.labels).unwrap_or_default(),
        annotations,
        class: given.and_then(|given| given.class.as_ref()).map(|class| class.value.clone()),
        source_ranges: given.map(|given| given.source_ranges.clone()).unwrap_or_default(),
        traffic_policy: given.and_then(|given| given.traffic_policy.as_ref()).map(|policy| policy.value.clone()),
    }
}

/// The operator's ports where nothing else is said; else those behind which something answers.
fn ports(resolved: &Resolved, kind: ServiceType, node: Option<u16>) -> Vec<Port> {
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
    ports.extend(resolved.builds.then_some(grpc));
    ports
}

fn route(model: &Model, resolved: &Resolved, own: &Texts) -> RoutePlan {
    let access = &resolved.access;
    let mut annotations = Texts::new();
    let timeout = timeout(model.config.access.as_ref()).text;
    annotations.insert("haproxy.router.openshift.io/timeout".to_owned(), timeout);
    annotations.extend(own.clone());
    let ends_here = matches!(access.tls, Tls::Edge | Tls::Reencrypt);
    let front = access.front.as_ref().filter(|_| ends_here);
    RoutePlan {
        termination: match access.tls {
            Tls::Passthrough => Some("passthrough"),
            Tls::Edge => Some("edge"),
            Tls::Reencrypt => Some("reencrypt"),
            Tls::None => None,
        },
        annotations,
        pair: front.filter(|front| **front == Certificate::Pair).and_then(|_| pair(model, resolved)),
        secret: front.and_then(Certificate::secret).map(str::to_owned),
        destination_ca: access.backend_ca.clone(),
    }
}

fn traefik_speaks_tls(resolved: &Resolved, settings: Option<&Settings>) -> bool {
    let controller = settings.and_then(|settings| Some(settings.ingress.as_ref()?.value.controller));
    let is_ingress = resolved.access.way == Way::Ingress && controller == Some(Controller::Traefik);
    is_ingress && resolved.access.tls == Tls::Reencrypt
}

fn ingress(model: &Model, resolved: &Resolved, settings: Option<&Settings>, own: &Texts) -> Option<IngressPlan> {
    let settings = settings?;
    let given = &settings.ingress.as_ref()?.value;
    let access = &resolved.access;
    let annotations = match given.controller {
        Controller::Nginx => nginx(resolved, settings),
        Controller::Traefik => traefik(access.tls),
    };
    let mut annotations: Texts = annotations.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    annotations.extend(own.clone());
    let tls = matches!(access.tls, Tls::Edge | Tls::Reencrypt);
    let front = access.front.as_ref().filter(|_| tls);
    let is_pair = front == Some(&Certificate::Pair);
    let made = is_pair.then(|| format!("{}-quay-access-tls", resolved.name));
    Some(IngressPlan {
        class: given.class.clone(),
        annotations,
        tls,
        secret: made.or_else(|| front.and_then(Certificate::secret).map(str::to_owned)),
        pair: is_pair.then(|| pair(model, resolved)).flatten(),
        ca: access.backend_ca.clone(),
        transport: traefik_speaks_tls(resolved, Some(settings)),
        builder: resolved.builds && resolved.builder_hostname.is_some(),
    })
}

/// The annotations of ingress-nginx: no limit of its own stops a layer of many GB, and nothing is written to its disk.
fn nginx(resolved: &Resolved, settings: &Settings) -> Vec<(&'static str, String)> {
    let access = &resolved.access;
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    let seconds = settings.timeout.seconds.to_string();
    let backend = if access.serving.is_some() { "HTTPS" } else { "HTTP" };
    let protocol = ("nginx.ingress.kubernetes.io/backend-protocol", backend.to_owned());
    if access.tls == Tls::Passthrough {
        // What is passed on is not looked into: no other setting would count.
        return vec![protocol, ("nginx.ingress.kubernetes.io/ssl-passthrough", true.to_string())];
    }
    let mut annotations = vec![
        protocol,
        ("nginx.ingress.kubernetes.io/proxy-body-size", settings.max_body_size.clone().unwrap_or_else(|| "0".into())),
        ("nginx.ingress.kubernetes.io/proxy-buffering", on_off(false)),
        ("nginx.ingress.kubernetes.io/proxy-read-timeout", seconds.clone()),
        ("nginx.ingress.kubernetes.io/proxy-request-buffering", on_off(false)),
        ("nginx.ingress.kubernetes.io/proxy-send-timeout", seconds),
    ];
    match access.tls {
        Tls::None => annotations.push(("nginx.ingress.kubernetes.io/ssl-redirect", false.to_string())),
        Tls::Edge | Tls::Passthrough => {}
        Tls::Reencrypt => {
            let ca = format!("{}/{}-quay-access-ca", resolved.namespace, resolved.name);
            let host = without_port(&resolved.hostname).to_owned();
            annotations.extend([
                ("nginx.ingress.kubernetes.io/proxy-ssl-name", host),
                ("nginx.ingress.kubernetes.io/proxy-ssl-secret", ca),
                ("nginx.ingress.kubernetes.io/proxy-ssl-server-name", on_off(true)),
                ("nginx.ingress.kubernetes.io/proxy-ssl-verify", on_off(true)),
                // an intermediate CA or two between the registry's certificate and the root
                ("nginx.ingress.kubernetes.io/proxy-ssl-verify-depth", "3".to_owned()),
            ]);
        }
    }
    annotations
}

/// Traefik neither limits nor buffers a body; its time-outs are its own configuration's.
fn traefik(tls: Tls) -> Vec<(&'static str, String)> {
    let entry_point = if tls == Tls::None { "web" } else { "websecure" };
    let mut annotations = vec![("traefik.ingress.kubernetes.io/router.entrypoints", entry_point.to_owned())];
    if tls != Tls::None {
        annotations.push(("traefik.ingress.kubernetes.io/router.tls", true.to_string()));
    }
    annotations
}

fn gateway(model: &Model, resolved: &Resolved, settings: Option<&Settings>) -> Option<GatewayPlan> {
    let settings = settings?;
    let given = &settings.gateway.as_ref()?.value;
    let api = model.config.cluster.gateway.as_ref()?;
    let access = &resolved.access;
    let version = |kind: &str, wanted: bool| wanted.then(|| release::gateway_version(kind, api)).flatten();
    let passes = access.tls == Tls::Passthrough;
    let builder = resolved.builds && resolved.builder_hostname.is_some();
    let parents = |parents: &[ParentRef]| -> Vec<Parent> {
        let copy = |it: &ParentRef| Parent {
            name: it.name.clone(),
            namespace: it.namespace.clone(),
            section: it.section.clone(),
        };
        parents.iter().map(copy).collect()
    };
    let builder_parents = if given.builder_parents.is_empty() { &given.parents } else { &given.builder_parents };
    let has_timeouts = release::gateway_version("timeouts", api).is_some();
    Some(GatewayPlan {
        http: version("HTTPRoute", !passes),
        tls: version("TLSRoute", passes),
        builder: version("TLSRoute", builder),
        policy: version("BackendTLSPolicy", access.tls == Tls::Reencrypt),
        parents: parents(&given.parents),
        builder_parents: parents(builder_parents),
        timeout: has_timeouts.then(|| settings.timeout.text.clone()),
        ca: access.backend_ca.clone(),
    })
}

/// What cert-manager is told: one Certificate a Secret.
fn certificates(resolved: &Resolved) -> Vec<CertificatePlan> {
    let access = &resolved.access;
    let host = without_port(&resolved.hostname).to_owned();
    let builder = resolved.builder_hostname.clone().filter(|builder| *builder != host);
    let mut plans: Vec<CertificatePlan> = Vec::new();
    for (certificate, meets_builders) in [(&access.serving, true), (&access.front, false)] {
        let Some(Certificate::Secret { name, maker: Maker::CertManager(told), .. }) = certificate else { continue };
        if plans.iter().any(|plan| plan.name == *name) {
            continue;
        }
        plans.push(CertificatePlan {
            name: name.clone(),
            hosts: std::iter::once(host.clone()).chain(builder.clone().filter(|_| meets_builders)).collect(),
            issuer_kind: told.issuer.kind.clone(),
            issuer: told.issuer.name.clone(),
            issuer_group: told.issuer.group.clone(),
            duration: told.duration.clone(),
            renew_before: told.renew_before.clone(),
            algorithm: told.private_key.algorithm.clone(),
            size: told.private_key.size.parse().unwrap_or_default(),
            rotation: told.private_key.rotation.clone(),
            usages: told.usages.clone(),
        });
    }
    plans
}

/// What Clair trusts, where it mounts it as it is.
fn clair(resolved: &Resolved) -> Vec<TrustItem> {
    let trust = &resolved.access.trust;
    let config = format!("{}-quay-config-secret", resolved.name);
    let item = |secret: &str, key: &str, path| TrustItem { secret: secret.to_owned(), key: key.to_owned(), path };
    let mut items = Vec::new();
    items.extend(trust.serving.then(|| item(&config, TLS_CERT, "quay-ssl.cert")));
    items.extend(trust.known.as_ref().map(|_| item(&config, CA_FILE, "quay-access.crt")));
    items.extend(trust.secret.as_ref().map(|at| item(&at.name, &at.key, "quay-access-secret.crt")));
    items
}

/// The file of known CAs, in base64.
pub fn known_ca(resolved: &Resolved) -> Option<(String, String)> {
    let known = resolved.access.trust.known.as_ref()?;
    Some((CA_FILE.to_owned(), STANDARD.encode(known)))
}
