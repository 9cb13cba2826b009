//! Translates the component `tls` of later operators into settings of `spec.access`.

use crate::check::components::{Choice, managed};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::access::component::Component;
use crate::model::access::{Access as Settings, Certificate, CertificateSource, Tls, Way};
use crate::model::registry::kind;
use crate::model::{Model, Spanned};

/// The settings that the component means; nothing if these are the defaults anyway. Managed: the router serves its own
/// certificate, if there is a Route. Unmanaged: clients get the registry's own certificate, or that of `secretRef`.
pub(super) fn settings(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> Option<Settings> {
    let component = model.registry.tls.as_ref();
    // In a release with this component, it is managed by default.
    let is_decided = model.release.kind(kind::TLS).is_some();
    if model.config.access.is_some() {
        let message = "component tls and spec.access of the RenderConfig disagree: both say where TLS ends";
        let hint = "remove the component from the list";
        if let Some(component) = component {
            diagnostics.push(problem(component, message, hint));
        }
        return None;
    }
    if let Some(component) = component.filter(|component| component.managed && component.secret.is_some()) {
        let message = "secretRef and managed: true disagree: a certificate of your own is managed: false";
        diagnostics.push(problem(component, message, "managed: false, or remove secretRef"));
    }
    let has_route = managed(components, kind::ROUTE);
    let way = if has_route { Way::Route } else { Way::None };
    let is_managed = match component {
        _ if is_decided => managed(components, kind::TLS),
        Some(component) => component.managed && has_route,
        None => return None,
    };
    let (tls, from, name) = match (component.and_then(|component| component.secret.as_ref()), is_managed) {
        (Some(secret), _) => (Tls::Passthrough, CertificateSource::Secret, Some(secret.clone())),
        (None, true) => (Tls::Edge, CertificateSource::Controller, None),
        (None, false) => return None,
    };
    let at = component.map_or(&model.registry.name.at, |component| &component.at).clone();
    let spanned = |way| Spanned { value: way, at: at.clone() };
    let certificate = Certificate {
        at: at.clone(),
        from: Spanned { value: from, at: at.clone() },
        name,
        ca_key: None,
        cert_manager: None,
    };
    Some(Settings {
        tls: Some(Spanned { value: tls, at: at.clone() }),
        certificate: Some(certificate),
        ..Settings::of(spanned(way))
    })
}

fn problem(component: &Component, message: &str, hint: &str) -> Diagnostic {
    Diagnostic::new(codes::ACCESS_CONFLICT, message).at(component.at.clone()).field(&component.field).hint(hint)
}
