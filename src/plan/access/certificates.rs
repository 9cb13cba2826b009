//! Certificates for cert-manager.

use crate::check::Resolved;
use crate::check::access::{Certificate, Maker};
use crate::check::clair_tls;
use crate::host::{Host, Peer};
use crate::model::access::CertManager;
use serde::Serialize;

/// A Certificate of cert-manager.
#[derive(Serialize)]
pub struct CertificatePlan {
    /// The Secret, and the Certificate's own name.
    pub name: String,
    /// Whether it belongs to the way in, and has its labels.
    pub is_access: bool,
    /// The host names that it is for.
    pub hosts: Vec<String>,
    /// The addresses that it is for.
    pub addresses: Vec<String>,
    /// The other fields, from the RenderConfig.
    #[serde(flatten)]
    pub told: CertManager,
}

/// The Certificates for cert-manager, one for each Secret.
pub(super) fn certificates(resolved: &Resolved) -> Vec<CertificatePlan> {
    let access = &resolved.access;
    let host = resolved.hostname.peer();
    let builder = resolved.builder_hostname.as_ref().map(Host::peer).filter(|builder| *builder != host);
    let mut plans: Vec<CertificatePlan> = Vec::new();
    for (certificate, meets_builders) in [(&access.serving, true), (&access.front, false)] {
        let Some(Certificate::Secret { name, maker: Maker::CertManager(told), .. }) = certificate else { continue };
        if plans.iter().any(|plan| plan.name == *name) {
            continue;
        }
        let all = std::iter::once(host.clone()).chain(builder.clone().filter(|_| meets_builders));
        let (addresses, hosts): (Vec<Peer>, Vec<Peer>) = all.partition(|peer| matches!(peer, Peer::Ip(_)));
        let texts = |peers: Vec<Peer>| peers.iter().map(Peer::to_string).collect();
        plans.push(CertificatePlan {
            name: name.clone(),
            is_access: true,
            hosts: texts(hosts),
            addresses: texts(addresses),
            told: (**told).clone(),
        });
    }
    plans.extend(of_clair(resolved));
    plans
}

/// That of Clair, for the host by which Quay calls it.
fn of_clair(resolved: &Resolved) -> Option<CertificatePlan> {
    let Certificate::Secret { name, maker: Maker::CertManager(told), .. } = &resolved.clair_tls.as_ref()?.certificate
    else {
        return None;
    };
    let hosts = vec![clair_tls::host(&resolved.name, &resolved.namespace)];
    Some(CertificatePlan { name: name.clone(), is_access: false, hosts, addresses: Vec::new(), told: (**told).clone() })
}
