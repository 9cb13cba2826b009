//! The component `tls` of later operators, as the settings of `spec.access` that it stands for.

use crate::check::components::{Choice, managed};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::access::component::Component;
use crate::model::access::{Access as Settings, Certificate, CertificateSource, Tls, Way};
use crate::model::registry::kind;
use crate::model::{Model, Spanned};

/// The settings that the component stands for; nothing where it says what holds anyhow. Managed, the router shows its own
/// certificate, where there is a Route; unmanaged, clients meet the registry's pair or that of `secretRef`.
pub(super) fn settings(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> Option<Settings> {
    let component = model.registry.tls.as_ref();
    // Where the release has the component, it is managed unless something else is said.
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
