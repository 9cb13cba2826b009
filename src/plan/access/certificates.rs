//! What cert-manager is told.

use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::validate::tls::without_port;
use serde::Serialize;
use std::net::IpAddr;

/// A Certificate of cert-manager.
#[derive(Serialize)]
pub struct CertificatePlan {
    /// The Secret, and the Certificate's own name.
    pub name: String,
    /// The names that it is for.
    pub hosts: Vec<String>,
    /// The addresses that it is for.
    pub addresses: Vec<String>,
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

/// What cert-manager is told: one Certificate a Secret.
pub(super) fn certificates(resolved: &Resolved) -> Vec<CertificatePlan> {
    let access = &resolved.access;
    let host = without_port(&resolved.hostname).trim_end_matches('.').to_ascii_lowercase();
    let builder = resolved.builder_hostname.clone().filter(|builder| *builder != host);
    let mut plans: Vec<CertificatePlan> = Vec::new();
    for (certificate, meets_builders) in [(&access.serving, true), (&access.front, false)] {
        let Some(Certificate::Secret { name, maker: Maker::CertManager(told), .. }) = certificate else { continue };
        if plans.iter().any(|plan| plan.name == *name) {
            continue;
        }
        let all = std::iter::once(host.clone()).chain(builder.clone().filter(|_| meets_builders));
        let is_address = |host: &String| host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let (addresses, hosts): (Vec<String>, Vec<String>) = all.partition(is_address);
        plans.push(CertificatePlan {
            name: name.clone(),
            hosts,
            addresses: addresses.iter().map(|address| address.trim_matches(['[', ']']).to_owned()).collect(),
            issuer_kind: told.issuer.kind.clone(),
            issuer: told.issuer.name.clone(),
            issuer_group: told.issuer.group.clone(),
            duration: told.duration.clone(),
            renew_before: told.renew_before.clone(),
            algorithm: told.private_key.algorithm.clone(),
            size: told.private_key.size,
            rotation: told.private_key.rotation.clone(),
            usages: told.usages.clone(),
        });
    }
    plans
}
