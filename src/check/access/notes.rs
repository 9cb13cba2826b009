//! Notes on what an access type needs beyond the output, and on what cannot be checked here.

use super::super::given_host;
use super::Access;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::host::HTTPS;
use crate::model::Model;
use crate::model::access::{Access as Settings, Certificate, CertificateSource, Controller, Tls, Way};

/// Notes that nothing says how clients reach the registry.
pub(super) fn no_way_in(model: &Model, diagnostics: &mut Diagnostics) {
    let message =
        "no way in from outside of the cluster is rendered: the Service app is there, and how it is reached is yours";
    let hint = "access: {type: ingress, ingress: {className: nginx, controller: ingress-nginx}}   # or gateway, service, route; {type: none} says that it is yours";
    diagnostics.push(
        Diagnostic::new(codes::ACCESS_OUTSIDE, message).at(model.config.at.clone()).field("spec.access").hint(hint),
    );
}

/// Reports all notes.
pub(super) fn tell(model: &Model, settings: &Settings, access: &Access, diagnostics: &mut Diagnostics) {
    if access.tls == Tls::None {
        let at = settings.tls_at().clone();
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

/// A field, its location, the message and the hint.
type Note = (&'static str, Location, String, String);

fn outside(model: &Model, settings: &Settings, access: &Access) -> Vec<Note> {
    let mut notes: Vec<Note> = [
        ("spec.access.certificate.name", &settings.certificate),
        ("spec.access.backendCertificate.name", &settings.backend_certificate),
    ]
    .into_iter()
    .filter_map(|(field, certificate)| unseen(field, certificate.as_ref()?))
    .collect();
    notes.extend(route_secret(settings, access));
    notes.extend(other_port(model, settings, access));
    let timeout = &settings.timeout.text;
    let entry_point = if access.tls == Tls::None { "web" } else { "websecure" };
    let by_object = match access.tls {
        Tls::Reencrypt => "; and let its provider kubernetesCRD read ServersTransport (traefik.io/v1alpha1)",
        _ => "",
    };
    let ingress = settings.ingress.as_ref();
    let tls = settings.tls_at();
    let found = match (access.way, ingress.map(|ingress| ingress.value.controller)) {
        (Way::Ingress, Some(Controller::Traefik)) => Some((
            "spec.access.ingress.controller",
            ingress.map_or(&settings.at, |ingress| &ingress.at),
            "Traefik ends requests after a minute, whatever an Ingress says: long pushes fail".to_owned(),
            format!(
                "where Traefik is configured: --entryPoints.{entry_point}.transport.respondingTimeouts.readTimeout={timeout}{by_object}"
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
        (Way::Gateway, _)
            if access.tls != Tls::Passthrough && access.tls != Tls::None && has_whole_gateway(settings) =>
        {
            Some((
                "spec.access.gateway.parentRefs",
                settings.gateway.as_ref().map_or(&settings.at, |gateway| &gateway.at),
                "without sectionName every listener that takes the host leads here, one of plain HTTP too".to_owned(),
                "sectionName: https   # the listener that ends TLS".to_owned(),
            ))
        }
        (Way::Service, _) if matches!(access.tls, Tls::Edge | Tls::Reencrypt) => Some((
            "spec.access.service.annotations",
            tls,
            "the annotations of the load balancer decide how it ends TLS and how long it keeps an idle connection"
                .to_owned(),
            "service: {annotations: {…}}: see the load balancer's documentation".to_owned(),
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

/// OpenShift refuses a Route until its Secret exists and the right to custom hosts is given.
fn route_secret(settings: &Settings, access: &Access) -> Option<Note> {
    let name = access.front.as_ref().and_then(super::Certificate::secret)?;
    let is_given = access.way == Way::Route && access.tls != Tls::Passthrough;
    is_given.then(|| {
        (
            "spec.access.certificate",
            settings.certificate.as_ref().map_or(&settings.at, |it| &it.at).clone(),
            format!("OpenShift refuses the Route until Secret {name} is there, and unless who applies it may create and update routes/custom-host"),
            "apply again where all is applied at once; Argo CD and Flux do so by themselves".to_owned(),
        )
    })
}

/// Notes that SERVER_HOSTNAME has another port than the nodes: only a load balancer in front can make that right.
fn other_port(model: &Model, settings: &Settings, access: &Access) -> Option<Note> {
    let service = settings.service.as_ref().filter(|_| access.way == Way::Service)?;
    let port = service.value.node_port.as_ref()?;
    let host = given_host(model, "SERVER_HOSTNAME")?.value;
    let said = host.digits().unwrap_or(HTTPS);
    (said != port.value).then(|| {
        (
            "spec.access.service.nodePort",
            port.at.clone(),
            format!("SERVER_HOSTNAME sends clients to port {said}, and the nodes listen on port {}", port.value),
            "right where a load balancer of yours leads from one to the other; else SERVER_HOSTNAME with that port"
                .to_owned(),
        )
    })
}

fn has_whole_gateway(settings: &Settings) -> bool {
    settings.gateway.as_ref().is_some_and(|gateway| gateway.value.parents.iter().any(|parent| parent.section.is_none()))
}

/// The note on a Secret that the input names but does not contain.
fn unseen(field: &'static str, certificate: &Certificate) -> Option<Note> {
    let name = certificate.name.as_ref().filter(|_| certificate.from.value == CertificateSource::Secret)?;
    let message = format!("Secret {} is not in the input, so its certificate is not checked", name.value);
    let hint = format!(
        "it must be valid for every host name that leads to it; look at it: kubectl get secret {} -o jsonpath='{{.data.tls\\.crt}}' | base64 -d | openssl x509 -noout -text",
        name.value
    );
    Some((field, name.at.clone(), message, hint))
}

fn has_timeouts(model: &Model) -> bool {
    model.config.cluster.gateway.as_ref().is_some_and(|api| api.version("timeouts", &model.release).is_some())
}
