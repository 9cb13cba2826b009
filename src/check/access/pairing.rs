//! Which certificates are possible with an access type and a place where TLS ends.

use super::given_parts::{self, Objection};
use super::{Access, Certificate, Trust, tls};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::access::{self, Access as Settings, CertificateSource, Tls, Way};
use crate::model::keys::{TLS_CERT, TLS_KEY};
use crate::model::{Model, Spanned};
use crate::object::base_names;

/// The certificates of one combination, the default first.
struct Row {
    way: Way,
    tls: Tls,
    /// Certificates that clients may get.
    front: &'static [CertificateSource],
    /// Certificates that Quay may serve to the router or proxy, with reencrypt.
    backend: &'static [CertificateSource],
}

const OWN: &[CertificateSource] = &[CertificateSource::Pair, CertificateSource::Secret, CertificateSource::CertManager];
const ANY: &[CertificateSource] = &[
    CertificateSource::Controller,
    CertificateSource::Pair,
    CertificateSource::Secret,
    CertificateSource::CertManager,
];
const THEIRS: &[CertificateSource] = &[CertificateSource::Controller];
/// Of the routers, only OpenShift's trusts the service CA by itself. With a load balancer or a proxy of the user's,
/// trust is up to the user.
const SERVED: &[CertificateSource] =
    &[CertificateSource::Pair, CertificateSource::Secret, CertificateSource::CertManager, CertificateSource::ServiceCa];
const NONE: &[CertificateSource] = &[];

const fn row(way: Way, tls: Tls, front: &'static [CertificateSource], backend: &'static [CertificateSource]) -> Row {
    Row { way, tls, front, backend }
}

const ROWS: &[Row] = &[
    row(Way::Route, Tls::Passthrough, OWN, NONE),
    row(Way::Route, Tls::Edge, ANY, NONE),
    row(Way::Route, Tls::Reencrypt, ANY, SERVED),
    row(Way::Route, Tls::None, NONE, NONE),
    row(Way::Ingress, Tls::Edge, ANY, NONE),
    row(Way::Ingress, Tls::Reencrypt, ANY, OWN),
    row(Way::Ingress, Tls::Passthrough, OWN, NONE),
    row(Way::Ingress, Tls::None, NONE, NONE),
    row(Way::Gateway, Tls::Edge, THEIRS, NONE),
    row(Way::Gateway, Tls::Reencrypt, THEIRS, OWN),
    row(Way::Gateway, Tls::Passthrough, OWN, NONE),
    row(Way::Gateway, Tls::None, NONE, NONE),
    row(Way::Service, Tls::Passthrough, OWN, NONE),
    row(Way::Service, Tls::Edge, THEIRS, NONE),
    row(Way::Service, Tls::Reencrypt, THEIRS, SERVED),
    row(Way::Service, Tls::None, NONE, NONE),
    row(Way::None, Tls::Passthrough, OWN, NONE),
    row(Way::None, Tls::Edge, THEIRS, NONE),
    row(Way::None, Tls::Reencrypt, THEIRS, SERVED),
    row(Way::None, Tls::None, NONE, NONE),
];

/// Where TLS ends by default.
pub(super) fn default_tls(way: Way) -> Tls {
    ROWS.iter().find(|row| row.way == way).map_or(Tls::Passthrough, |row| row.tls)
}

/// Decides both certificates.
pub(super) fn resolve(model: &Model, settings: &Settings, is_component: bool, diagnostics: &mut Diagnostics) -> Access {
    let (way, tls) = (settings.way.value, tls(settings));
    let row = ROWS.iter().find(|row| row.way == way && row.tls == tls);
    let (fronts, backends) = row.map_or((NONE, NONE), |row| (row.front, row.backend));
    let mut pairing = Pairing { model, settings, tls, diagnostics };
    let front = pairing.certificate("certificate", settings.certificate.as_ref(), fronts);
    let backend = pairing.certificate("backendCertificate", settings.backend_certificate.as_ref(), backends);
    let serving = if tls == Tls::Passthrough { front.clone() } else { backend };
    let access = Access {
        way,
        tls,
        front,
        serving,
        trust: Trust::default(),
        client_ca: None,
        backend_ca: None,
        is_written: true,
        is_component,
    };
    pairing.refuse_one_secret_of_two(&access);
    pairing.refuse_unused_pair(&access);
    access
}

struct Pairing<'a> {
    model: &'a Model,
    settings: &'a Settings,
    tls: Tls,
    diagnostics: &'a mut Diagnostics,
}

impl Pairing<'_> {
    fn refuse(&mut self, at: &Location, field: String, message: String, hint: impl Into<String>) {
        let problem = Diagnostic::new(codes::ACCESS_CONFLICT, message).at(at.clone());
        self.diagnostics.push(problem.field(field).hint(hint));
    }

    /// The certificate that a field of `spec.access` names if it is allowed, else the default.
    fn certificate(
        &mut self,
        field: &str,
        given: Option<&access::Certificate>,
        allowed: &[CertificateSource],
    ) -> Option<Certificate> {
        let path = format!("spec.access.{field}");
        let from = match given {
            Some(given) if allowed.contains(&given.from.value) => Some(given.from.value),
            Some(given) => {
                self.not_together(&path, &given.from, allowed);
                allowed.first().copied()
            }
            None => self.default(field, allowed),
        }?;
        if let Some(given) = given {
            self.check_parts(&path, given);
        }
        if from == CertificateSource::Pair && self.tls != Tls::Passthrough && field == "certificate" {
            self.refuse_hidden_pair(&path, given);
        }
        Some(match from {
            CertificateSource::Pair => Certificate::Pair,
            CertificateSource::Controller => Certificate::Controller,
            CertificateSource::Secret | CertificateSource::CertManager | CertificateSource::ServiceCa => {
                self.secret(field, given, from)
            }
        })
    }

    /// The default. A certificate in the bundle is meant for clients.
    fn default(&self, field: &str, allowed: &[CertificateSource]) -> Option<CertificateSource> {
        let is_edge = field == "certificate" && self.tls == Tls::Edge;
        let has_pair = own_pair(self.model).is_some() && !self.model.config.secrets.are_referenced();
        if is_edge && has_pair && allowed.contains(&CertificateSource::Pair) {
            return Some(CertificateSource::Pair);
        }
        allowed.first().copied()
    }

    fn not_together(&mut self, path: &str, from: &Spanned<CertificateSource>, allowed: &[CertificateSource]) {
        let (way, tls) = (self.settings.way.value, self.tls);
        let message = format!("{} and spec.access.tls: {tls} with type: {way} do not go together", from.value);
        let words: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        let hint = match words.as_slice() {
            [] => format!("remove {path}: no certificate is met there"),
            words => format!("from: {}", words.join(", or ")),
        };
        self.refuse(&from.at, format!("{path}.from"), message, hint);
    }

    /// Checks the fields that are valid with one origin only.
    fn check_parts(&mut self, path: &str, given: &access::Certificate) {
        for Objection { at, part, message, hint } in given_parts::objections(given) {
            self.refuse(&at, format!("{path}.{part}"), message, hint);
        }
    }

    fn secret(&self, field: &str, given: Option<&access::Certificate>, from: CertificateSource) -> Certificate {
        // Two certificates need two Secrets; the Secret of the one that Quay serves always has the same name.
        let base = if field == "certificate" && self.tls != Tls::Passthrough {
            base_names::ACCESS_TLS
        } else {
            base_names::SERVING_TLS
        };
        let made = base_names::named(&self.model.registry.name.value, base);
        Certificate::in_secret(from, given, made)
    }

    /// An Ingress needs a Secret, and a Route contains the key itself: either would put a hidden key into the output.
    fn refuse_hidden_pair(&mut self, path: &str, given: Option<&access::Certificate>) {
        if !self.model.config.secrets.are_referenced() {
            return;
        }
        let at = given.map_or(&self.settings.at, |given| &given.from.at).clone();
        let mode = self.model.config.secrets.mode.as_str();
        let message = format!("from: pair and spec.secrets.mode: {mode} disagree: the key would be in the output");
        let hint = "from: secret, with the name of a Secret of type kubernetes.io/tls";
        self.refuse(&at, format!("{path}.from"), message, hint);
    }

    /// Two certificates, or two objects, that write the same Secret would overwrite each other forever.
    fn refuse_one_secret_of_two(&mut self, access: &Access) {
        let is_pair = access.way == Way::Ingress && access.front == Some(Certificate::Pair);
        let is_made_here =
            |name: &str| given_parts::is_made_here(self.model, name, |base| base != base_names::ACCESS_TLS || is_pair);
        let both = match (&access.front, &access.serving) {
            (Some(front), Some(serving)) if front.secret().is_some() && front.secret() == serving.secret() => {
                front != serving
            }
            _ => false,
        };
        let fields = [
            ("spec.access.certificate.name", &self.settings.certificate),
            ("spec.access.backendCertificate.name", &self.settings.backend_certificate),
        ];
        let mut problems = Vec::new();
        for (field, certificate) in fields {
            let Some(given) = certificate.as_ref().and_then(|it| it.name.as_ref()) else { continue };
            let message = if is_made_here(&given.value) {
                format!("{:?} is the name of a Secret that is made for something else", given.value)
            } else if both {
                format!("{:?} names one Secret for two certificates", given.value)
            } else {
                continue;
            };
            problems.push((given.at.clone(), field, message));
        }
        for (at, field, message) in problems {
            self.refuse(&at, field.to_owned(), message, "another name for each");
        }
    }

    /// Refuses a certificate of the user's that would not be served.
    fn refuse_unused_pair(&mut self, access: &Access) {
        if access.uses_pair() {
            return;
        }
        let Some(at) = own_pair(self.model) else { return };
        let has_both = [TLS_CERT, TLS_KEY].iter().all(|name| self.model.bundle.file(name).is_some());
        if super::is_operators(self.model, access) && !has_both {
            let message = "one of ssl.cert and ssl.key alone says nothing: TLS ends before Quay";
            let problem = Diagnostic::new(codes::ACCESS_OUTSIDE, message).at(at);
            self.diagnostics.push(problem.hint("remove it, or add the other"));
            return;
        }
        let (way, tls) = (access.way, access.tls);
        let served = match (&access.serving, &access.front) {
            (Some(serving), _) => format!("Quay serves the certificate from {}", serving.from()),
            (None, Some(front)) => format!("TLS ends before Quay, with the certificate from {}", front.from()),
            (None, None) => "nothing is encrypted".to_owned(),
        };
        let message = format!("the registry's own pair and spec.access (type: {way}, tls: {tls}) disagree: {served}");
        let hint = match (access.is_component, self.model.config.secrets.are_referenced()) {
            (true, _) => "remove ssl.cert and ssl.key, or list the component tls with managed: false",
            (false, true) => "remove ssl.cert and ssl.key",
            (false, false) => "remove ssl.cert and ssl.key, or say where they are met: certificate: {from: pair}",
        };
        self.refuse(&at, TLS_CERT.to_owned(), message, hint);
    }
}

/// Where the user's own certificate is: in the bundle, or in a Secret named by the RenderConfig.
fn own_pair(model: &Model) -> Option<Location> {
    let file = [TLS_CERT, TLS_KEY].iter().find_map(|name| model.bundle.file(name));
    let is_late = || [TLS_CERT, TLS_KEY].iter().any(|name| model.config.secrets.files.contains_key(*name));
    file.map(|file| file.at.clone()).or_else(|| is_late().then(|| model.config.at.clone()))
}
