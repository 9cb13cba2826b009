//! The Route.

use crate::check::Resolved;
use crate::check::access::Certificate;
use crate::model::Model;
use crate::model::access::Tls;
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::pki;
use serde::Serialize;

/// The Route.
#[derive(Serialize)]
pub struct RoutePlan {
    /// Where TLS ends; nothing without TLS.
    pub termination: Option<&'static str>,
    /// The certificate and key for clients.
    pub pair: Option<PairPlan>,
    /// The Secret with the certificate for clients.
    pub secret: Option<String>,
    /// The CA with which the router verifies Quay's certificate.
    pub destination_ca: Option<String>,
}

/// A certificate and its key, as text.
#[derive(Serialize)]
pub struct PairPlan {
    /// The certificate.
    pub cert: String,
    /// The certificates after it; empty if there are none.
    pub chain: String,
    pub key: String,
}

pub(super) fn route(model: &Model, resolved: &Resolved) -> RoutePlan {
    let access = &resolved.access;
    let ends_here = matches!(access.tls, Tls::Edge | Tls::Reencrypt);
    let front = access.front.as_ref().filter(|_| ends_here);
    RoutePlan {
        termination: match access.tls {
            Tls::Passthrough => Some("passthrough"),
            Tls::Edge => Some("edge"),
            Tls::Reencrypt => Some("reencrypt"),
            Tls::None => None,
        },
        pair: front.filter(|front| **front == Certificate::Pair).and_then(|_| pair(model, resolved)),
        secret: front.and_then(Certificate::secret).map(str::to_owned),
        destination_ca: access.backend_ca.clone(),
    }
}

/// The certificate and key for clients, if the input has them: certificates only, without other text in the file.
pub(super) fn pair(model: &Model, resolved: &Resolved) -> Option<PairPlan> {
    let file = |name| model.bundle.file(name).map(|file| file.bytes.as_slice());
    let (cert, key) = match &resolved.generated_pair {
        Some(pair) => (pair.cert.as_bytes(), pair.key.expose().as_bytes()),
        None => (file(TLS_CERT)?, file(TLS_KEY)?),
    };
    let (cert, chain) = pki::certificates(cert)?;
    Some(PairPlan { cert, chain, key: String::from_utf8_lossy(key).into_owned() })
}
