//! The Route.

use super::Texts;
use crate::check::Resolved;
use crate::check::access::Certificate;
use crate::model::Model;
use crate::model::access::{Access as Settings, Timeout, Tls};
use crate::model::keys::{TLS_CERT, TLS_KEY};
use serde::Serialize;

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

pub(super) fn route(model: &Model, resolved: &Resolved, own: &Texts) -> RoutePlan {
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

fn timeout(settings: Option<&Settings>) -> Timeout {
    settings.map(|settings| settings.timeout.clone()).unwrap_or_default()
}

/// The pair that clients meet, where the input has it.
pub(super) fn pair(model: &Model, resolved: &Resolved) -> Option<PairPlan> {
    if let Some((cert, key)) = &resolved.generated_pair {
        return Some(PairPlan { cert: cert.clone(), key: key.to_string() });
    }
    let text = |name| model.bundle.file(name).map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
    Some(PairPlan { cert: text(TLS_CERT)?, key: text(TLS_KEY)? })
}
