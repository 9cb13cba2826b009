//! How clients reach the registry, as the templates need it.

mod certificates;
mod gateway;
mod ingress;
mod route;
mod service;

use crate::check::Resolved;
use crate::cluster_secrets::clair::by_short_names;
use crate::cluster_secrets::{ClusterSecrets, is_elsewhere};
use crate::model::Model;
use crate::model::access::{Access as Settings, Way};
use crate::model::keys::TLS_CERT;
use crate::object::Value;
use crate::object::base_names;
use crate::validate::tls::is_trusted;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use certificates::{CertificatePlan, certificates};
use gateway::{GatewayPlan, gateway};
use ingress::{IngressPlan, ingress};
use route::{RoutePlan, route};
use serde::Serialize;
use service::{ServicePlan, service};
use std::collections::BTreeMap;

type Texts = BTreeMap<String, String>;

/// How clients reach the registry.
#[derive(Serialize)]
pub struct AccessPlan {
    /// Whether Quay serves TLS itself: nginx does so exactly if it finds `ssl.key`.
    pub serves_tls: bool,
    /// Whether `spec.access` decides, rather than the operator's defaults.
    pub written: bool,
    /// Whether Quay's own health check reaches it.
    pub finds_itself: bool,
    /// The name of the Service's port to call.
    pub port: &'static str,
    /// Where TLS ends, in the terms of `spec.access.tls`.
    pub tls: String,
    /// How long a request may take, in the format of HAProxy and the Gateway API.
    pub timeout: String,
    /// The same in seconds.
    pub timeout_seconds: String,
    /// The host name without a port.
    pub host: String,
    /// Labels of the objects for access.
    pub labels: Texts,
    /// Annotations of the objects for access.
    pub annotations: Texts,
    /// The Service.
    pub service: ServicePlan,
    /// The Route, if there is one.
    pub route: Option<RoutePlan>,
    /// The Ingress.
    pub ingress: Option<IngressPlan>,
    /// The Gateway API.
    pub gateway: Option<GatewayPlan>,
    /// The certificates for cert-manager.
    pub certificates: Vec<CertificatePlan>,
    /// The certificates and CAs that Clair mounts, if an init container does not join them.
    pub clair: Vec<TrustSource>,
    /// Those among them in Clair's own Secret: `key` is the file of the bundle, `path` the key of that Secret.
    pub clair_files: Vec<TrustItem>,
    /// What the import of vulnerabilities mounts of them, where that is for another database than the one that is rendered.
    pub import: Vec<TrustSource>,
    /// CAs that are known here, PEM: a file of the bundle.
    pub known_ca: Option<String>,
}

/// One file of trusted certificates.
#[derive(Clone, Serialize)]
pub struct TrustItem {
    /// The key of a Secret or ConfigMap.
    pub key: String,
    pub path: String,
}

/// A Secret or a ConfigMap with trusted certificates.
#[derive(Clone, Serialize)]
pub struct TrustSource {
    /// The Secret.
    pub secret: Option<String>,
    /// The ConfigMap.
    pub config_map: Option<String>,
    /// The keys that are mounted; nothing for all of them.
    pub items: Vec<TrustItem>,
}

/// The CAs that Quay's pods mount; nothing if an init container joins them.
#[derive(Serialize)]
pub struct TrustPlan {
    /// For the application.
    pub quay: Vec<TrustSource>,
    /// For the mirror workers, which push to the registry's own host name.
    pub mirror: Vec<TrustSource>,
}

/// The CAs that Quay's pods trust.
pub fn trust(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> TrustPlan {
    if cluster_secrets.quay.is_some() {
        return TrustPlan { quay: Vec::new(), mirror: Vec::new() };
    }
    let mut quay = Vec::new();
    let name = |base: &str| Some(base_names::named(&resolved.name, base));
    for (base, key) in filled_by_cluster(model, resolved) {
        let items = vec![TrustItem { key: key.to_owned(), path: key.to_owned() }];
        quay.push(TrustSource { secret: None, config_map: name(base), items });
    }
    let is_split = resolved.release.holds(&["application", "is_split"]);
    let has_own = model.bundle.files_called(is_trusted).next().is_some();
    if is_split && (has_own || resolved.known_authorities().next().is_some()) {
        quay.push(TrustSource { secret: name(base_names::EXTRA_CA_SECRET), config_map: None, items: Vec::new() });
    }
    let mut mirror = quay.clone();
    if resolved.access.trust.serving {
        let secret = name(if is_split { base_names::TLS_SECRET } else { base_names::CONFIG_SECRET });
        let items = vec![TrustItem { key: TLS_CERT.to_owned(), path: format!("quay-{TLS_CERT}") }];
        mirror.push(TrustSource { secret, config_map: None, items });
    }
    TrustPlan { quay, mirror }
}

/// The ConfigMaps that the cluster fills in, each with its key for CAs. A pod that mounts the key waits for it.
fn filled_by_cluster(model: &Model, resolved: &Resolved) -> Vec<(&'static str, &'static str)> {
    if !model.config.cluster.is_openshift() {
        return Vec::new();
    }
    let trusted = ("cluster-trusted-ca", "ca-bundle.crt");
    let service = ("cluster-service-ca", "service-ca.crt");
    std::iter::once(service).chain(resolved.release.holds(&["cluster_trust"]).then_some(trusted)).collect()
}

/// Builds the whole plan.
pub fn access(model: &Model, resolved: &Resolved) -> AccessPlan {
    let access = &resolved.access;
    let settings = model.config.access.as_ref();
    let serves_tls = access.serving.is_some();
    let copy = |texts: fn(&Settings) -> &Texts| settings.map(|settings| texts(settings).clone()).unwrap_or_default();
    let (labels, annotations) = (copy(|it| &it.labels), copy(|it| &it.annotations));
    let timeout = settings.map(|settings| settings.timeout.clone()).unwrap_or_default();
    AccessPlan {
        serves_tls,
        written: access.is_written,
        finds_itself: finds_itself(resolved),
        port: if serves_tls { "https" } else { "http" },
        tls: access.tls.to_string(),
        timeout: timeout.text,
        timeout_seconds: timeout.seconds.to_string(),
        host: resolved.hostname.name().to_owned(),
        service: service(resolved, settings),
        route: (access.way == Way::Route).then(|| route(model, resolved)),
        ingress: (access.way == Way::Ingress).then(|| ingress(model, resolved, settings)).flatten(),
        gateway: (access.way == Way::Gateway).then(|| gateway(model, resolved, settings)).flatten(),
        certificates: certificates(resolved),
        clair: clair(model, resolved, base_names::CLAIR_CONFIG_SECRET),
        clair_files: clair_files(model, resolved),
        import: import(model, resolved),
        known_ca: access.trust.known.clone(),
        labels,
        annotations,
    }
}

/// `/health/instance` checks nginx, the workers, the database and the login. It calls nginx as config.yaml says that
/// Quay serves: on 8443 or, for http and TLS in front, on 8080. If nginx has a key, it answers there with a redirect,
/// and the check always fails: then `/health/endtoend` is used, which checks the rest, and Redis and storage too.
fn finds_itself(resolved: &Resolved) -> bool {
    let field = |name: &str| resolved.config.0.iter().find(|field| field.name == name).map(|field| &field.value);
    let is_https = field("PREFERRED_URL_SCHEME").and_then(Value::as_str) == Some("https");
    let ends_outside = field("EXTERNAL_TLS_TERMINATION").and_then(Value::as_bool).unwrap_or_default();
    let serves_tls = resolved.access.serving.is_some();
    serves_tls == (is_https && !ends_outside)
}

/// The import calls the database alone, and needs no CA for the one that is rendered.
fn import(model: &Model, resolved: &Resolved) -> Vec<TrustSource> {
    if !is_elsewhere(model, resolved) {
        return Vec::new();
    }
    clair(model, resolved, base_names::CLAIR_IMPORT_CONFIG_SECRET)
}

/// What Clair trusts, where it mounts it as it is: whatever Quay trusts, and the registry's own certificate. `own_secret` is the
/// Secret of the output with the files of the bundle.
fn clair(model: &Model, resolved: &Resolved, own_secret: &str) -> Vec<TrustSource> {
    let item = |key: &str, path: &str| TrustItem { key: key.to_owned(), path: path.to_owned() };
    let own: Vec<TrustItem> = clair_files(model, resolved).iter().map(|file| item(&file.path, &file.path)).collect();
    let secret = |name: String, items| TrustSource { secret: Some(name), config_map: None, items };
    let mut sources = Vec::new();
    if !own.is_empty() {
        sources.push(secret(base_names::named(&resolved.name, own_secret), own));
    }
    let front = resolved.access.trust.secret.as_ref();
    sources.extend(front.map(|at| secret(at.name.clone(), vec![item(&at.key, "quay-access-secret.crt")])));
    if model.config.cluster.is_openshift() {
        let config_map = Some(base_names::named(&resolved.name, base_names::SERVICE_CA));
        sources.push(TrustSource { secret: None, config_map, items: vec![item("service-ca.crt", "service-ca.crt")] });
    }
    sources
}

fn clair_files(model: &Model, resolved: &Resolved) -> Vec<TrustItem> {
    let trust = &resolved.access.trust;
    let item = |key: &str, path: &str| TrustItem { key: key.to_owned(), path: path.to_owned() };
    let mut files: Vec<TrustItem> = trust.serving.then(|| item(TLS_CERT, "quay-ssl.cert")).into_iter().collect();
    files.extend(model.bundle.files_called(is_trusted).map(|file| item(&file.key, &file.key)));
    let is_there = |key: &str| model.bundle.files_called(|name| name == key).next().is_some();
    let short = by_short_names(model).into_iter().filter(|(_, key)| is_there(key));
    files.extend(short.map(|(name, key)| item(&key, &name)));
    files.extend(resolved.known_authorities().map(|(file, _)| item(file, file)));
    files
}

/// The files of known CAs, in base64.
pub fn known_authorities(resolved: &Resolved) -> impl Iterator<Item = (String, String)> {
    resolved.known_authorities().map(|(file, known)| (file.to_owned(), STANDARD.encode(known)))
}
