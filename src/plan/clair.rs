//! Clair, as its templates need it.

use super::FinalBundle;
use crate::catalog::secret::CLAIR_DATABASE;
use crate::check::clair_tls::{self, ClairTls, is_served};
use crate::check::{Connection, Resolved, order};
use crate::cluster_secrets::{ClusterSecrets, is_elsewhere};
use crate::model::Model;
use crate::model::access::CertificateSource;
use crate::model::clair::{Mappings, Updates};
use crate::model::clair_config::is_clair_s;
use crate::model::registry::kind;
use crate::object::Map;
use crate::object::labels::SERVING_CERTIFICATE;
use crate::pki;
use crate::validate::tls::is_trusted;
use crate::yaml;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use std::collections::BTreeMap;

/// Clair.
#[derive(Serialize)]
pub struct Clair {
    /// Whether its database is rendered too.
    pub has_database: bool,
    /// How it reaches its database.
    pub connstring: String,
    /// The files of the bundle that are beside its configuration: all, or where secrets are referenced what may be shown, with
    /// those CAs that are no text.
    pub files: FinalBundle,
    /// Those among them that the import of vulnerabilities reads: nobody calls it, so it serves no certificate.
    pub import_files: FinalBundle,
    /// What the bundle says of its configuration, as YAML; empty where it says nothing.
    pub own: String,
    /// The same of what the import of vulnerabilities reads.
    pub own_import: String,
    /// Where it posts notifications.
    pub webhook_target: String,
    /// Where Quay fetches them.
    pub webhook_callback: String,
    /// How it serves Quay with TLS, if it does.
    pub tls: Option<ClairTlsPlan>,
    /// Whether vulnerabilities are imported into another database than the one that is rendered.
    pub imports_elsewhere: bool,
    /// Whether it fetches nothing from the internet.
    pub is_disconnected: bool,
    /// The vulnerabilities that are imported.
    pub updates: Option<Updates>,
    /// What its scanners would fetch.
    pub mappings: Option<Mappings>,
}

/// How Clair serves TLS.
#[derive(Serialize)]
pub struct ClairTlsPlan {
    /// The Secret with the pair; nothing if that is among the files of the bundle.
    pub secret: Option<String>,
    /// Annotations of its Service: what has OpenShift make that Secret.
    pub annotations: BTreeMap<&'static str, String>,
}

/// What there is of it.
pub fn clair(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets, of_quay: &FinalBundle) -> Clair {
    let disconnected = model.config.clair.disconnected.as_ref();
    Clair {
        has_database: resolved.has_clair_database(),
        connstring: connstring(resolved, cluster_secrets),
        files: files(model, resolved, of_quay, is_clair_s),
        import_files: files(model, resolved, of_quay, |name| is_clair_s(name) && !is_served(resolved, name)),
        own: own(&cluster_secrets.clair_config),
        own_import: cluster_secrets.import.as_ref().map(|import| own(&import.config)).unwrap_or_default(),
        webhook_target: format!("{}://{}/secscan/notification", resolved.access.scheme(), resolved.hostname),
        webhook_callback: webhook_callback(resolved),
        tls: resolved.clair_tls.as_ref().map(tls),
        imports_elsewhere: is_elsewhere(model, resolved),
        is_disconnected: disconnected.is_some(),
        updates: disconnected.and_then(|it| it.updates.clone()),
        mappings: disconnected.and_then(|it| it.mappings.clone()),
    }
}

/// With TLS by the host that the certificate is for.
fn webhook_callback(resolved: &Resolved) -> String {
    let origin = match resolved.clair_tls {
        Some(_) => format!("https://{}", clair_tls::host(&resolved.name, &resolved.namespace)),
        None => format!("http://{}-clair-app", resolved.name),
    };
    format!("{origin}/notifier/api/v1/notifications")
}

fn tls(tls: &ClairTls) -> ClairTlsPlan {
    let secret = tls.certificate.secret().map(str::to_owned);
    let is_made = tls.certificate.from() == CertificateSource::ServiceCa;
    let made = secret.clone().filter(|_| is_made).map(|name| (SERVING_CERTIFICATE, name));
    ClairTlsPlan { secret, annotations: made.into_iter().collect() }
}

fn files(model: &Model, resolved: &Resolved, of_quay: &FinalBundle, is_one: impl Fn(&str) -> bool) -> FinalBundle {
    let mut bundle = FinalBundle::default();
    let trusted = of_quay.binary.iter().filter(|(key, _)| is_trusted(key));
    bundle.binary.extend(trusted.map(|(key, bytes)| (key.clone(), bytes.clone())));
    let late = &model.config.secrets.files;
    let files = model.bundle.files_called(is_one).filter(|file| !late.contains_key(&file.key));
    for file in files.filter(|_| resolved.managed(kind::CLAIR)) {
        if !model.config.secrets.are_referenced() {
            bundle.data.insert(file.key.clone(), STANDARD.encode(&file.bytes));
        } else if pki::is_certificates_only(&file.bytes) {
            bundle.show(file);
        }
    }
    bundle
}

/// What the bundle says. The order in which a user wrote fields changes nothing.
fn own(config: &Map) -> String {
    let mut config = config.clone();
    order(&mut config);
    if config.is_empty() { String::new() } else { yaml::emit(&config.into()) }
}

/// How Clair reaches its database; without the password where Clair joins it at start.
fn connstring(resolved: &Resolved, cluster_secrets: &ClusterSecrets) -> String {
    if !resolved.has_clair_database() {
        return String::new();
    }
    let Connection { before, after } = &resolved.clair_connection;
    match cluster_secrets.clair {
        Some(_) => format!("{}{after}", before.trim_end_matches(" password=")),
        None => format!("{before}{}{after}", resolved.values.get(CLAIR_DATABASE)),
    }
}
