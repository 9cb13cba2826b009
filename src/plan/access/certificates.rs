//! What cert-manager is told.

use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::model::access::CertManager;
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
    /// What else it says.
    #[serde(flatten)]
    pub told: CertManager,
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
            told: (**told).clone(),
        });
    }
    plans
}
