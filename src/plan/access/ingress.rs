//! The Ingress, with the annotations of its controller.

use super::route::{PairPlan, pair};
use crate::check::Resolved;
use crate::check::access::Certificate;
use crate::model::Model;
use crate::model::access::{Access as Settings, Controller, Tls, Way};
use crate::object::base_names;
use serde::Serialize;

/// The Ingress.
#[derive(Serialize)]
pub struct IngressPlan {
    pub class: Option<String>,
    /// The template with its controller's annotations.
    pub annotations: &'static str,
    /// The largest body that its controller accepts; 0 for any.
    pub max_body_size: String,
    /// Whether it ends TLS.
    pub tls: bool,
    /// The Secret with the certificate for clients; nothing for the controller's own.
    pub secret: Option<String>,
    /// The certificate and key for that Secret, if it is in the output.
    pub pair: Option<PairPlan>,
    /// The CA with which the controller verifies Quay's certificate.
    pub ca: Option<String>,
    /// Whether Traefik needs a ServersTransport object.
    pub transport: bool,
    /// Whether builders use this Ingress.
    pub builder: bool,
}

pub(super) fn ingress(model: &Model, resolved: &Resolved, settings: Option<&Settings>) -> Option<IngressPlan> {
    let settings = settings?;
    let given = &settings.ingress.as_ref()?.value;
    let access = &resolved.access;
    let annotations = match given.controller {
        Controller::Nginx => "ingress/files/nginx.yaml",
        Controller::Traefik => "ingress/files/traefik.yaml",
    };
    let tls = matches!(access.tls, Tls::Edge | Tls::Reencrypt);
    let front = access.front.as_ref().filter(|_| tls);
    let is_pair = front == Some(&Certificate::Pair);
    let made = is_pair.then(|| base_names::named(&resolved.name, base_names::ACCESS_TLS));
    Some(IngressPlan {
        class: given.class.clone(),
        annotations,
        max_body_size: settings.max_body_size.clone().unwrap_or_else(|| "0".to_owned()),
        tls,
        secret: made.or_else(|| front.and_then(Certificate::secret).map(str::to_owned)),
        pair: is_pair.then(|| pair(model, resolved)).flatten(),
        ca: access.backend_ca.clone(),
        transport: traefik_speaks_tls(resolved, settings),
        builder: resolved.builds && resolved.builder_hostname.is_some(),
    })
}

fn traefik_speaks_tls(resolved: &Resolved, settings: &Settings) -> bool {
    let controller = settings.ingress.as_ref().map(|ingress| ingress.value.controller);
    let is_ingress = resolved.access.way == Way::Ingress && controller == Some(Controller::Traefik);
    is_ingress && resolved.access.tls == Tls::Reencrypt
}
