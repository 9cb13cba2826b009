//! What a way in needs that is not in the output, and what cannot be checked here.

use super::{Access, Certificate, Maker};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::Model;
use crate::model::access::{Access as Settings, Controller, From, Tls, Way};
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
    let mut note = |field: &str, message: String, hint: &str| {
        let problem = Diagnostic::new(codes::ACCESS_OUTSIDE, message).at(settings.at.clone());
        diagnostics.push(problem.field(field).hint(hint));
    };
    for (certificate, field) in
        [(&settings.certificate, "certificate"), (&settings.backend_certificate, "backendCertificate")]
    {
        let Some(name) =
            certificate.as_ref().filter(|it| it.from.value == From::Secret).and_then(|it| it.name.as_ref())
        else {
            continue;
        };
        let message = format!("Secret {} is not in the input, so its certificate is not checked", name.value);
        note(
            &format!("spec.access.{field}.name"),
            message,
            "it must be valid for SERVER_HOSTNAME; see: kubectl get secret NAME -o jsonpath='{.data.tls\\.crt}' | base64 -d | openssl x509 -noout -text",
        );
    }
    match (access.way, settings.ingress.as_ref().map(|ingress| ingress.value.controller)) {
        (Way::Ingress, Some(Controller::Traefik)) => note(
            "spec.access.ingress.controller",
            "Traefik ends requests after a minute, whatever an Ingress says: long pushes fail".to_owned(),
            &format!(
                "set it where Traefik is configured: --entryPoints.websecure.transport.respondingTimeouts.readTimeout={}",
                settings.timeout.text
            ),
        ),
        (Way::Ingress, Some(Controller::Nginx)) if access.tls == Tls::Passthrough => note(
            "spec.access.tls",
            "ingress-nginx passes TLS on only where it is started with --enable-ssl-passthrough".to_owned(),
            "set that argument where ingress-nginx is installed",
        ),
        (Way::Gateway, _) if !has_timeouts(model) && access.tls != Tls::Passthrough => note(
            "spec.access.timeout",
            "this release and channel of the Gateway API has no time-outs: the Gateway's own hold".to_owned(),
            "set them where the Gateway is configured, half an hour or more; or use release 1.2 or later",
        ),
        (Way::Service, _) if ends_at_balancer(access) => note(
            "spec.access.service.annotations",
            "how the load balancer ends TLS, and for how long it keeps an idle connection, is said by its annotations"
                .to_owned(),
            "service: {annotations: {…}} as its documentation has them",
        ),
        (Way::None, _) => note(
            "spec.access.type",
            "the way in is yours; what it must send, and where to, is the contract of `show access`".to_owned(),
            "quay-render show access INPUT",
        ),
        _ => {}
    }
    if let Some(Certificate::Secret { name, maker: Maker::ServiceCa, .. }) = &access.serving {
        note(
            "spec.access.backendCertificate.from",
            format!("OpenShift makes Secret {name} once the Service is there: pods wait for it at their first start"),
            "nothing is to be done",
        );
    }
}

fn ends_at_balancer(access: &Access) -> bool {
    matches!(access.tls, Tls::Edge | Tls::Reencrypt)
}

fn has_timeouts(model: &Model) -> bool {
    model.config.cluster.gateway.as_ref().is_some_and(|api| release::gateway_version("timeouts", api).is_some())
}
