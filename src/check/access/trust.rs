//! The CA that pods must trust to call the registry by its host name: Clair for its notifications, the mirror workers,
//! builders, and Quay itself.

use super::{Access, Certificate};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::model::access::{Access as Settings, CertificateSource, Tls, Way};
use crate::model::keys::EXTRA_CA;
use crate::model::keys::TLS_CERT;
use crate::model::secrets::SecretKey;
use crate::model::{Model, Spanned};
use crate::pki;
use crate::quote;
use crate::validate::tls::located;

/// The file of the bundle for known CAs: Quay trusts every file with this prefix.
pub const CA_FILE: &str = "extra_ca_cert_access.crt";

/// Where the CAs to trust are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trust {
    /// Whether the pods' file `ssl.cert` is the served certificate, with its CA after it.
    pub serving: bool,
    /// CAs in the input, PEM.
    pub known: Option<String>,
    /// A key of a Secret that holds a CA.
    pub secret: Option<SecretKey>,
    /// Whether the user says that all clients trust the certificate already.
    pub is_public: bool,
}

/// Finds the CA for the front certificate, and the one that the router or proxy needs for Quay's. `is_called`:
/// something that is rendered calls the registry by its host name.
pub(super) fn resolve(
    model: &Model,
    settings: &Settings,
    is_called: bool,
    access: &mut Access,
    diagnostics: &mut Diagnostics,
) {
    let bundle = settings.ca_bundle.as_ref();
    let bundle = bundle.and_then(|bundle| sound_bundle(bundle, "spec.access.caBundle", diagnostics));
    refuse_taken_name(model, diagnostics);
    access.trust = Trust {
        serving: access.tls == Tls::Passthrough && access.front == Some(Certificate::Pair),
        known: bundle.clone().filter(|_| access.tls != Tls::None),
        secret: access.front.as_ref().and_then(Certificate::authority),
        is_public: settings.publicly_trusted.as_ref().is_some_and(|flag| flag.value),
    };
    let own = pair_anchors(model);
    let of_pair = own.clone().filter(|_| access.front == Some(Certificate::Pair));
    if !access.trust.serving {
        access.trust.known = together(of_pair.clone(), access.trust.known.take());
    }
    access.client_ca = of_pair.or_else(|| access.trust.known.clone());
    let is_known = |trust: &Trust| trust.known.is_some() || trust.secret.is_some();
    let is_pair_in_cluster = access.trust.serving && model.config.secrets.are_referenced();
    let public = access.trust.is_public;
    let pair_says = access.trust.serving && own.is_some();
    // A faulty bundle, or a certificate yet to be made, has already been reported.
    let is_told = settings.ca_bundle.is_some() || (access.uses_pair() && is_pending(model));
    let is_settled = public || is_pair_in_cluster || pair_says || is_known(&access.trust) || is_told;
    if access.tls != Tls::None && is_called && !is_settled {
        diagnostics.push(unknown(model, settings, access));
    }
    let must_be_told = access.tls == Tls::Reencrypt && matches!(access.way, Way::Route | Way::Ingress | Way::Gateway);
    if must_be_told && access.serving.as_ref().is_some_and(|serving| serving.from() != CertificateSource::ServiceCa) {
        let pair = (access.serving == Some(Certificate::Pair)).then_some(own).flatten();
        access.backend_ca = pair.or(bundle);
        if access.backend_ca.is_none() && !is_told {
            diagnostics.push(untold(settings, access));
        }
    }
}

/// Whether the registry's own certificate, with its CA, is still to be made.
fn is_pending(model: &Model) -> bool {
    let is_missing = |name| model.bundle.file(name).is_none() && model.keys.get(name).is_none();
    !model.config.secrets.are_referenced() && is_missing(TLS_CERT)
}

/// The CA of the registry's own certificate, if the input has it.
pub(super) fn pair_anchors(model: &Model) -> Option<String> {
    let trusted = model.bundle.files.iter().filter(|file| file.key.starts_with(EXTRA_CA));
    let trusted: Vec<&[u8]> = trusted.map(|file| file.bytes.as_slice()).collect();
    if let Some(file) = model.bundle.file(TLS_CERT) {
        return pki::anchors(&file.bytes, &trusted);
    }
    // If secrets stay in the cluster, so does the certificate; the one in the keys file may be another.
    let keys = (!model.config.secrets.are_referenced()).then(|| model.keys.get(TLS_CERT)).flatten()?;
    pki::anchors(keys.as_bytes(), &trusted)
}

/// Concatenates two files of certificates, without repeating the first.
fn together(first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) if !second.contains(first.trim_end()) => Some(first + &second),
        (first, second) => second.or(first),
    }
}

/// The CAs of a field `caBundle`, PEM; nothing if they cannot be used, which is reported.
pub(in crate::check) fn sound_bundle(
    bundle: &Spanned<String>,
    field: &str,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    is_sound(bundle, field, diagnostics).then(|| format!("{}\n", bundle.value.trim_end()))
}

fn is_sound(bundle: &Spanned<String>, field: &str, diagnostics: &mut Diagnostics) -> bool {
    let mut problems = pki::check_certificates(bundle.value.as_bytes());
    if problems.is_empty() && !pki::is_certificates_only(bundle.value.as_bytes()) {
        let message = "holds more than certificates, and it stands in the output for everybody to read".to_owned();
        diagnostics.push(
            Diagnostic::new(codes::TLS_PEM, message)
                .at(bundle.at.clone())
                .field(field)
                .hint("only the blocks from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"),
        );
        return false;
    }
    if problems.is_empty() && !pki::holds_anchor(bundle.value.as_bytes()) {
        diagnostics.push(
            Diagnostic::new(codes::TLS_PEM, "holds no certificate of a CA, so nothing can be verified with it")
                .at(bundle.at.clone())
                .field(field)
                .hint("the CA that issued the certificate, not the certificate itself"),
        );
        return false;
    }
    for problem in &mut problems {
        problem.line = 0;
        let mut found = located(problem, bundle.at.clone()).field(field);
        // The CA bundle is public: a private key in it is an error, not just a warning.
        found.severity = Severity::Error;
        diagnostics.push(found);
    }
    problems.is_empty()
}

fn refuse_taken_name(model: &Model, diagnostics: &mut Diagnostics) {
    if let Some(file) = model.bundle.file(CA_FILE) {
        let message = format!("the key {CA_FILE} is where the CAs of spec.access go");
        diagnostics.push(Diagnostic::new(codes::BUNDLE_KEY, message).at(file.at.clone()).hint("give it another name"));
    }
}

fn unknown(model: &Model, settings: &Settings, access: &Access) -> Diagnostic {
    let whose = match &access.front {
        Some(Certificate::Controller) => format!("the certificate that the {} shows", access.way.holder()),
        Some(Certificate::Secret { name, .. }) => format!("the certificate in Secret {}", quote::bare_name(name)),
        Some(Certificate::Pair) | None => "ssl.cert, which does not hold its CA".to_owned(),
    };
    let message = format!("nothing says which CA issued {whose}; Clair, mirror and builders call the registry there");
    let component = model.registry.tls.as_ref().filter(|_| access.is_component);
    let field = component.map_or("spec.access.caBundle", |component| &component.field);
    let problem = Diagnostic::new(codes::ACCESS_TRUST, message).at(settings.at.clone()).field(field);
    let (before, certificate) = match &access.front {
        _ if component.is_none() => ("into spec of the RenderConfig", String::new()),
        Some(Certificate::Secret { name, .. }) => {
            (ELSEWHERE, format!("\n  certificate: {{from: secret, name: {name}}}"))
        }
        _ => (ELSEWHERE, "\n  certificate: {from: controller}".to_owned()),
    };
    let way = component.map_or_else(String::new, |_| format!("\n  type: {}\n  tls: {}", access.way, access.tls));
    let in_secret = matches!(access.front, Some(Certificate::Secret { .. }));
    let or_key = if in_secret { "; or certificate.caKey, where the Secret holds the CA" } else { "" };
    problem.hint(format!(
        "{before}:\naccess:{way}{certificate}\n  publiclyTrusted: true   # or caBundle: | and the CA in PEM{or_key}"
    ))
}

/// The hint for a component `tls` that does not say enough: where to put its settings.
const ELSEWHERE: &str = "remove the component tls, and write into spec of the RenderConfig";

fn untold(settings: &Settings, access: &Access) -> Diagnostic {
    let whose = match &access.serving {
        Some(Certificate::Secret { name, .. }) => format!("the certificate in Secret {}", quote::bare_name(name)),
        _ => "Quay's own certificate".to_owned(),
    };
    Diagnostic::new(
        codes::ACCESS_CA,
        format!("tls: reencrypt needs the CA that issued {whose}: the {} must verify it", access.way.holder()),
    )
    .at(settings.at.clone())
    .field("spec.access.caBundle")
    .hint(match access.serving {
        Some(Certificate::Pair) => {
            "caBundle: |   # with `quay-render keys`, ca.cert of the keys file\n  -----BEGIN CERTIFICATE-----\n  …"
        }
        _ => "caBundle: |\n  -----BEGIN CERTIFICATE-----\n  …",
    })
}
