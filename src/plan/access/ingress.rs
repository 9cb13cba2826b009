//! The Ingress, with the annotations of its controller.

use super::Texts;
use super::route::{PairPlan, pair};
use crate::check::Resolved;
use crate::check::access::Certificate;
use crate::model::Model;
use crate::model::access::{Access as Settings, Controller, Tls, Way};
use crate::validate::tls::without_port;
use serde::Serialize;

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

pub(super) fn ingress(
    model: &Model,
    resolved: &Resolved,
    settings: Option<&Settings>,
    own: &Texts,
) -> Option<IngressPlan> {
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

pub(super) fn traefik_speaks_tls(resolved: &Resolved, settings: Option<&Settings>) -> bool {
    let controller = settings.and_then(|settings| Some(settings.ingress.as_ref()?.value.controller));
    let is_ingress = resolved.access.way == Way::Ingress && controller == Some(Controller::Traefik);
    is_ingress && resolved.access.tls == Tls::Reencrypt
}

/// The annotations of ingress-nginx: no limit of its own stops a layer of many GB, and nothing is written to its disk.
fn nginx(resolved: &Resolved, settings: &Settings) -> Vec<(&'static str, String)> {
    let access = &resolved.access;
    let on_off = |on: bool| if on { "on" } else { "off" }.to_owned();
    let seconds = settings.timeout.seconds.to_string();
    let backend = if access.serving.is_some() { "HTTPS" } else { "HTTP" };
    let protocol = ("nginx.ingress.kubernetes.io/backend-protocol", backend.to_owned());
    if access.tls == Tls::Passthrough {
        // What is passed on is not looked into; on port 80 it would be, and passwords with it.
        return vec![
            protocol,
            ("nginx.ingress.kubernetes.io/force-ssl-redirect", true.to_string()),
            ("nginx.ingress.kubernetes.io/ssl-passthrough", true.to_string()),
        ];
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
