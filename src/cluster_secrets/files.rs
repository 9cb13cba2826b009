//! The files next to config.yaml: those of the bundle, the certificate that Quay serves, the CAs that callers trust.

use super::parts::{CONFIG, Parts};
use super::{BASE, Made};
use crate::check::access::Certificate;
use crate::check::{Merged, Resolved, connections};
use crate::model::clair_config::{CLAIR_CONFIG, is_clair_s};
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::model::secrets::SecretKey;
use crate::model::stack;
use crate::object::base_names;
use crate::validate::tls::is_trusted;
use std::collections::BTreeSet;

/// The folder in which Quay looks for certificates to trust.
const EXTRA_CA: &str = "extra_ca_certs";

/// Adds a file under a second name, if it is there under its first.
pub(super) fn add_again(files: &mut Vec<(String, String)>, name: &str, second: String) {
    let from = files.iter().find(|(known, _)| known == name).map(|(_, from)| from.clone());
    files.extend(from.map(|from| (second, from)));
}

/// The files next to config.yaml: the path of each, and the source that it is copied from.
pub(super) fn files(parts: &mut Parts<'_, '_>, referenced: bool) -> Vec<(String, String)> {
    let (model, resolved) = (parts.collector.model, parts.collector.resolved);
    let mut files = Vec::new();
    // An empty file has no effect, and the script would wait for it to be filled.
    let access = &resolved.access;
    let is_served = |name: &str| access.serving == Some(Certificate::Pair) || ![TLS_CERT, TLS_KEY].contains(&name);
    // Clair's configuration is not for Quay.
    let is_quay_s = |name: &str| ![CONFIG, CLAIR_CONFIG].contains(&name) && !is_clair_s(name);
    for file in model.bundle.files_called(is_quay_s) {
        if model.config.secrets.files.contains_key(&file.key) || !is_served(&file.key) {
            continue;
        }
        files.push((file.key.clone(), parts.file(file, referenced)));
    }
    for (name, at) in
        model.config.secrets.files.iter().filter(|(name, _)| referenced && is_served(name) && is_quay_s(name))
    {
        files.push((name.clone(), parts.named(at)));
    }
    let has = |files: &[(String, String)], name: &str| files.iter().any(|(known, _)| known == name);
    match &access.serving {
        Some(Certificate::Secret { name: secret, maker, .. }) => {
            for (name, key) in [(TLS_CERT, "tls.crt"), (TLS_KEY, "tls.key")] {
                let at = SecretKey { name: secret.clone(), key: key.to_owned() };
                files.push((name.to_owned(), parts.named_made(&at, Made::by(maker))));
            }
        }
        Some(Certificate::Pair) if !has(&files, TLS_CERT) && !has(&files, TLS_KEY) => {
            for name in [TLS_CERT, TLS_KEY] {
                let from = if referenced { parts.value(name) } else { format!("{BASE}/{name}") };
                files.push((name.to_owned(), from));
            }
        }
        _ => {}
    }
    let named = connections::files(&resolved.config).filter(|file| stack::is_trusted(file)).map(str::to_owned);
    for name in named.collect::<BTreeSet<_>>() {
        add_again(&mut files, &stack::key(&name), name);
    }
    files.extend(trusted(parts, &files));
    if model.config.cluster.is_openshift() {
        files.push((format!("{EXTRA_CA}/service-ca.crt"), service_ca(parts)));
        if resolved.release.holds(&["cluster_trust"]) {
            let name = base_names::named(&resolved.name, base_names::TRUSTED_CA);
            let from = format!("{}/ca-bundle.crt", parts.folder("trusted-ca", &name, false));
            files.push((format!("{EXTRA_CA}/ca-bundle.crt"), from));
        }
    }
    files
}

/// The source of OpenShift's service CA.
pub(super) fn service_ca(parts: &mut Parts<'_, '_>) -> String {
    let name = base_names::named(&parts.collector.resolved.name, base_names::SERVICE_CA);
    format!("{}/service-ca.crt", parts.folder("service-ca", &name, false))
}

/// Whether pods need a certificate or a CA from a Secret that is not in the output.
pub(super) fn needs_secrets(resolved: &Resolved) -> bool {
    let access = &resolved.access;
    let is_of_clair = resolved.clair_tls.as_ref().is_some_and(|tls| tls.secret.is_some());
    access.serving_secret().is_some() || access.trust.secret.is_some() || is_of_clair
}

/// Whether a connection names a file that is not there, or not as it must be, where pods mount the Secret as it is: libpq
/// takes no key that others may read, and CAs of the bundle are in different places from release to release.
pub(super) fn needs_places(config: &Merged) -> bool {
    connections::database_key(config).is_some() || connections::files(config).any(is_trusted)
}

/// The CAs that those trust who call the registry by its host name, and the pieces that they are made of.
fn trusted(parts: &mut Parts<'_, '_>, files: &[(String, String)]) -> Vec<(String, String)> {
    let resolved = parts.collector.resolved;
    let access = &resolved.access;
    let mut found = Vec::new();
    if access.trust.serving {
        let certificate = files.iter().find(|(name, _)| name == TLS_CERT).map(|(_, from)| from.clone());
        found.extend(certificate.map(|from| (format!("{EXTRA_CA}/quay-{TLS_CERT}"), from)));
    }
    found.extend(resolved.known_authorities().map(|(file, _)| (file.to_owned(), format!("{BASE}/{file}"))));
    if let (Some(at), Some(front)) = (&access.trust.secret, &access.front) {
        found.push((format!("{EXTRA_CA}/quay-access.crt"), parts.authority(at, front)));
    }
    if let Some(tls) = &resolved.clair_tls
        && let Some(at) = &tls.secret
    {
        found.push((format!("{EXTRA_CA}/clair.crt"), parts.authority(at, &tls.certificate)));
    }
    found
}
