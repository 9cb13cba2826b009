//! How clients reach the registry: the access type, where TLS ends, which certificate is served where, and which CA the
//! callers of the registry must trust (guide 7.1.2; what nginx in the container serves is measured).

mod certificates;
mod component;
mod conflicts;
pub(in crate::check) mod given_parts;
mod notes;
mod pairing;
mod trust;

pub use certificates::{Certificate, Maker};
pub(in crate::check) use trust::sound_bundle;
pub use trust::{CA_FILE, Trust};

use super::components::{Choice, managed};
use crate::diagnostic::Diagnostics;
use crate::model::Model;
use crate::model::access::{Access as Settings, Tls, Way};
use crate::model::registry::kind;

/// How clients reach the registry.
pub struct Access {
    /// The access type: Route, Ingress, ...
    pub way: Way,
    /// Where TLS ends.
    pub tls: Tls,
    /// The certificate that clients get; nothing with plain HTTP.
    pub front: Option<Certificate>,
    /// The certificate that Quay itself serves; nothing if it serves plain HTTP.
    pub serving: Option<Certificate>,
    /// Which CA the clients of the registry's host name must trust.
    pub trust: Trust,
    /// The CA that clients must trust, PEM, if the input has it.
    pub client_ca: Option<String>,
    /// The CA of the certificate that Quay serves to the router or proxy, PEM, if the latter must be given it.
    pub backend_ca: Option<String>,
    /// Whether the input says all this; otherwise it is as with the operator.
    pub is_written: bool,
    /// Whether the component `tls` says it.
    pub is_component: bool,
}

impl Access {
    /// PREFERRED_URL_SCHEME.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls == Tls::None { "http" } else { "https" }
    }

    /// EXTERNAL_TLS_TERMINATION. If it is false, Quay's check at start compares its certificate with SERVER_HOSTNAME.
    /// Only the registry's own certificate and one from cert-manager are known to be valid for that.
    #[must_use]
    pub fn ends_outside(&self) -> bool {
        let fits_host = |certificate: &Certificate| match certificate {
            Certificate::Pair | Certificate::Secret { maker: Maker::CertManager(_), .. } => true,
            Certificate::Secret { .. } => self.tls == Tls::Passthrough,
            Certificate::Controller => false,
        };
        self.tls != Tls::None && !self.serving.as_ref().is_some_and(fits_host)
    }

    /// Whether the registry's own certificate is served anywhere.
    #[must_use]
    pub fn uses_pair(&self) -> bool {
        self.front == Some(Certificate::Pair) || self.serving == Some(Certificate::Pair)
    }

    /// The Secret with Quay's certificate, if that is not the registry's own.
    #[must_use]
    pub fn serving_secret(&self) -> Option<&str> {
        self.serving.as_ref()?.secret()
    }

    /// The access of the operator: passthrough Routes, or none.
    fn operators(way: Way) -> Self {
        Self {
            way,
            tls: Tls::Passthrough,
            front: Some(Certificate::Pair),
            serving: Some(Certificate::Pair),
            trust: Trust { serving: true, ..Trust::default() },
            client_ca: None,
            backend_ca: None,
            is_written: false,
            is_component: false,
        }
    }
}

/// Whether the component `tls` decides, in a release that has it: then access is as with the operator.
fn is_operators(model: &Model, access: &Access) -> bool {
    access.is_component && model.release.kind(kind::TLS).is_some()
}

/// Decides how clients reach the registry. Conflicts are reported, and a consistent result is returned all the same, so
/// that the other rules can go on.
pub fn resolve(model: &Model, components: &[Choice], builds: bool, diagnostics: &mut Diagnostics) -> Access {
    let from_component = component::settings(model, components, diagnostics);
    let Some(settings) = model.config.access.as_ref().or(from_component.as_ref()) else {
        let way = if managed(components, kind::ROUTE) { Way::Route } else { Way::None };
        if way == Way::None {
            notes::no_way_in(model, diagnostics);
        }
        return Access { client_ca: trust::pair_anchors(model), ..Access::operators(way) };
    };
    let mut access = pairing::resolve(model, settings, from_component.is_some(), diagnostics);
    conflicts::check(model, settings, &access, builds, diagnostics);
    let is_called = builds || [kind::CLAIR, kind::MIRROR].iter().any(|kind| managed(components, kind));
    trust::resolve(model, settings, is_called, &mut access, diagnostics);
    notes::tell(model, settings, &access, diagnostics);
    if access.way == Way::None && from_component.is_some() {
        notes::no_way_in(model, diagnostics);
    }
    access
}

/// Where TLS ends: the user's setting, or the default of the access type.
fn tls(settings: &Settings) -> Tls {
    settings.tls.as_ref().map_or_else(|| pairing::default_tls(settings.way.value), |tls| tls.value)
}
