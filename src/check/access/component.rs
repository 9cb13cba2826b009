//! The component `tls` of later operators, as the settings of `spec.access` that it stands for.

use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::access::component::Component;
use crate::model::access::{Access as Settings, Certificate, From, Tls, Way};
use crate::model::{Model, Spanned};

/// The settings that the component stands for; nothing where it says what holds anyhow. Managed, the router shows its own
/// certificate, where there is a Route; unmanaged, clients meet the registry's pair or that of `secretRef`.
pub(super) fn settings(model: &Model, has_route: bool, diagnostics: &mut Diagnostics) -> Option<Settings> {
    let component = model.registry.tls.as_ref()?;
    if model.config.access.is_some() {
        let message = "component tls and spec.access of the RenderConfig disagree: both say where TLS ends";
        diagnostics.push(problem(component, message, "remove the component from the list"));
        return None;
    }
    if component.managed && component.secret.is_some() {
        let message = "secretRef and managed: true disagree: a certificate of your own is managed: false";
        diagnostics.push(problem(component, message, "managed: false, or remove secretRef"));
    }
    let way = if has_route { Way::Route } else { Way::None };
    let (tls, from, name) = match (&component.secret, component.managed && has_route) {
        (Some(secret), _) => (Tls::Passthrough, From::Secret, Some(secret.clone())),
        (None, true) => (Tls::Edge, From::Controller, None),
        (None, false) => return None,
    };
    let spanned = |way| Spanned { value: way, at: component.at.clone() };
    let at = component.at.clone();
    let certificate = Certificate {
        at: at.clone(),
        from: Spanned { value: from, at: at.clone() },
        name,
        ca_key: None,
        cert_manager: None,
    };
    Some(Settings {
        tls: Some(Spanned { value: tls, at }),
        certificate: Some(certificate),
        ..Settings::of(spanned(way))
    })
}

fn problem(component: &Component, message: &str, hint: &str) -> Diagnostic {
    Diagnostic::new(codes::ACCESS_CONFLICT, message).at(component.at.clone()).field(&component.field).hint(hint)
}
