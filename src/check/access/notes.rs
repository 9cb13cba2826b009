//! What a way in needs that is not in the output, and what cannot be checked here.

use super::Access;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::access::{Access as Settings, Certificate, Controller, From, Tls, Way};
use crate::release;

/// Says all of it.
pub(super) fn tell(model: &Model, settings: &Settings, access: &Access, diagnostics: &mut Diagnostics) {
    if access.tls == Tls::None {
        let at = settings.tls.as_ref().map_or(&settings.at, |tls| &tls.at).clone();
        diagnostics.push(
            Diagnostic::new(
                codes::ACCESS_PLAIN,
                "passwords and images pass unencrypted, and clients refuse that unasked",
            )
            .at(at)
            .field("spec.access.tls")
            .hint("tls: edge or passthrough; for a test, list the host in each client's insecure registries"),
        );
    }
    for (field, at, message, hint) in outside(model, settings, access) {
        diagnostics.push(Diagnostic::new(codes::ACCESS_OUTSIDE, message).at(at).field(field).hint(hint));
    }
}

/// A field, its place, what there is to say of it, and what to do.
type Note = (&'static str, Location, String, String);

fn outside(model: &Model, settings: &Settings, access: &Access) -> Vec<Note> {
    let mut notes: Vec<Note> = [
        ("spec.access.certificate.name", &settings.certificate),
        ("spec.access.backendCertificate.name", &settings.backend_certificate),
    ]
    .into_iter()
    .filter_map(|(field, certificate)| unseen(field, certificate.as_ref()?))
    .collect();
    let timeout = &settings.timeout.text;
    let ingress = settings.ingress.as_ref();
    let tls = settings.tls.as_ref().map_or(&settings.at, |tls| &tls.at);
    let found = match (access.way, ingress.map(|ingress| ingress.value.controller)) {
        (Way::Ingress, Some(Controller::Traefik)) => Some((
            "spec.access.ingress.controller",
            ingress.map_or(&settings.at, |ingress| &ingress.at),
            "Traefik ends requests after a minute, whatever an Ingress says: long pushes fail".to_owned(),
            format!(
                "where Traefik is configured: --entryPoints.websecure.transport.respondingTimeouts.readTimeout={timeout}"
            ),
        )),
        (Way::Ingress, Some(Controller::Nginx)) if access.tls == Tls::Passthrough => Some((
            "spec.access.tls",
            tls,
            "ingress-nginx passes TLS on only where it is started with --enable-ssl-passthrough".to_owned(),
            "set that argument where ingress-nginx is installed".to_owned(),
        )),
        (Way::Gateway, _) if !has_timeouts(model) && access.tls != Tls::Passthrough => Some((
            "spec.access.timeout",
            &settings.way.at,
            "this release and channel of the Gateway API has no time-outs: the Gateway's own hold".to_owned(),
            "set them where the Gateway is configured, half an hour or more; or use release 1.2 or later".to_owned(),
        )),
        (Way::Service, _) if matches!(access.tls, Tls::Edge | Tls::Reencrypt) => Some((
            "spec.access.service.annotations",
            tls,
            "how the load balancer ends TLS, and for how long it keeps an idle connection, is said by its annotations"
                .to_owned(),
            "service: {annotations: {…}} as its documentation has them".to_owned(),
        )),
        (Way::None, _) => Some((
            "spec.access.type",
            &settings.way.at,
            "the way in is yours; `show access` prints what it must send, and where to".to_owned(),
            "quay-render show access INPUT".to_owned(),
        )),
        _ => None,
    };
    notes.extend(found.map(|(field, at, message, hint)| (field, at.clone(), message, hint)));
    notes
}

/// What is said of a Secret that the input only names.
fn unseen(field: &'static str, certificate: &Certificate) -> Option<Note> {
    let name = certificate.name.as_ref().filter(|_| certificate.from.value == From::Secret)?;
    let message = format!("Secret {} is not in the input, so its certificate is not checked", name.value);
    let hint = format!(
        "it must be valid for SERVER_HOSTNAME; look at it: kubectl get secret {} -o jsonpath='{{.data.tls\\.crt}}' | base64 -d | openssl x509 -noout -text",
        name.value
    );
    Some((field, name.at.clone(), message, hint))
}

fn has_timeouts(model: &Model) -> bool {
    model.config.cluster.gateway.as_ref().is_some_and(|api| release::gateway_version("timeouts", api).is_some())
}
