//! Where a certificate comes from.

use crate::diagnostic::{Diagnostics, Location, codes};
use crate::model::Spanned;
use crate::model::fields::{Fields, Word};
use crate::model::notations::certificate_seconds;
use crate::quote;
use serde::Serialize;
use std::fmt;

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertificateSource {
    /// The registry's own certificate and key: those in the bundle, else those that `keys` generated.
    Pair,
    /// The way in's own: the router's, the Ingress controller's or the Gateway's.
    Controller,
    /// An existing Secret of type kubernetes.io/tls.
    Secret,
    /// A Secret of that type that cert-manager creates.
    CertManager,
    /// A Secret of that type that OpenShift's service CA creates.
    ServiceCa,
}

impl Word for CertificateSource {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("pair", Self::Pair),
        ("controller", Self::Controller),
        ("secret", Self::Secret),
        ("certManager", Self::CertManager),
        ("serviceCA", Self::ServiceCa),
    ];
}

impl fmt::Display for CertificateSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// `certificate` or `backendCertificate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Where the map begins in the input.
    pub at: Location,
    /// `from`.
    pub from: Spanned<CertificateSource>,
    /// `name` of the Secret.
    pub name: Option<Spanned<String>>,
    /// `caKey`: the key of that Secret that holds the CA.
    pub ca_key: Option<Spanned<String>>,
    /// `certManager`.
    pub cert_manager: Option<Box<CertManager>>,
}

/// The settings of a cert-manager Certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertManager {
    /// Who issues the certificate.
    pub issuer: Issuer,
    /// How long a certificate is valid; `None` for cert-manager's default.
    pub duration: Option<String>,
    /// How long before it expires it is renewed.
    pub renew_before: Option<String>,
    pub private_key: PrivateKey,
    /// What the certificate may be used for.
    pub usages: Vec<String>,
}

/// An issuer of cert-manager.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Issuer {
    /// Issuer or ClusterIssuer, or the kind of an external one.
    pub kind: String,
    pub name: String,
    /// Its API group.
    pub group: String,
}

/// How a private key is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PrivateKey {
    /// RSA or ECDSA, which nginx and all of Quay's clients support.
    pub algorithm: String,
    /// Its size in bits.
    pub size: u32,
    /// Whether each new certificate gets a new key.
    pub rotation: String,
}

/// The usages a server certificate needs; cert-manager's default lacks `server auth`.
const USAGES: &[&str] = &["digital signature", "key encipherment", "server auth"];
/// The usages of cert-manager.io/v1.
const KNOWN_USAGES: &[&str] = &[
    "signing",
    "digital signature",
    "content commitment",
    "key encipherment",
    "key agreement",
    "data encipherment",
    "cert sign",
    "crl sign",
    "encipher only",
    "decipher only",
    "any",
    "server auth",
    "client auth",
    "code signing",
    "email protection",
    "s/mime",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "timestamping",
    "ocsp signing",
    "microsoft sgc",
    "netscape sgc",
];

/// Reads one of the two fields of `spec.access`; `None` if it is absent or has no valid `from`.
pub(super) fn read(access: &Fields<'_>, field: &str, diagnostics: &mut Diagnostics) -> Option<Certificate> {
    read_map(&access.map(field, diagnostics)?, diagnostics)
}

/// Reads a map that says where a certificate comes from; `None` if it has no valid `from`.
pub(in crate::model) fn read_map(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Certificate> {
    let from = map.choice("from", diagnostics);
    let name = map.text("name", diagnostics);
    let ca_key = map.text("caKey", diagnostics);
    if ca_key.as_ref().is_some_and(|key| key.value == "tls.key") {
        let message = "is the private key, and would be handed out as a CA".to_owned();
        map.refuse_by_hint(codes::ACCESS_CONFLICT, "caKey", message, diagnostics);
    }
    let cert_manager = cert_manager(map, diagnostics);
    Some(Certificate { at: map.place(), from: from?, name, ca_key, cert_manager })
}

fn cert_manager(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Box<CertManager>> {
    let map = map.map("certManager", diagnostics)?;
    let issuer = issuer(&map, diagnostics);
    let mut duration = |name| map.valid_text(name, diagnostics).map(|text| text.value);
    let (valid, renew_before) = (duration("duration"), duration("renewBefore"));
    let private_key = private_key(&map, diagnostics);
    let usages = usages(&map, diagnostics);
    check_times(&map, valid.as_deref(), renew_before.as_deref(), diagnostics);
    Some(Box::new(CertManager { issuer: issuer?, duration: valid, renew_before, private_key, usages }))
}

fn issuer(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Issuer> {
    let issuer = map.map("issuer", diagnostics)?;
    let kind = issuer.text_or_default("kind", diagnostics);
    let group = issuer.text_or_default("group", diagnostics);
    let name = issuer.text("name", diagnostics)?.value;
    Some(Issuer { kind, name, group })
}

/// Checks what cert-manager requires of both: at least an hour, and renewal before expiry (by default after two
/// thirds).
fn check_times(map: &Fields<'_>, valid: Option<&str>, renew_before: Option<&str>, diagnostics: &mut Diagnostics) {
    let seconds = |text: &str| certificate_seconds(text).unwrap_or_default();
    let valid_for = seconds(valid.unwrap_or("2160h"));
    if valid.is_some() && valid_for < 3600 {
        let message = "is less than an hour, which cert-manager refuses".to_owned();
        map.refuse(codes::ACCESS_CONFLICT, "duration", message, "duration: 2160h", diagnostics);
    }
    if renew_before.is_some_and(|text| seconds(text) >= valid_for) {
        let message = "is not shorter than the duration: the certificate would be renewed without end".to_owned();
        map.refuse(codes::ACCESS_CONFLICT, "renewBefore", message, "renewBefore: 720h", diagnostics);
    }
}

fn private_key(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> PrivateKey {
    let mut key = PrivateKey { algorithm: "ECDSA".to_owned(), size: 256, rotation: "Always".to_owned() };
    let Some(given) = map.map("privateKey", diagnostics) else { return key };
    key.algorithm = given.text_or_default("algorithm", diagnostics);
    key.rotation = given.text_or_default("rotationPolicy", diagnostics);
    let sizes = if key.algorithm == "RSA" { [2048, 4096, 8192] } else { [256, 384, 521] };
    key.size = sizes[0];
    if let Some(size) = given.number("size", diagnostics) {
        match size.value.parse().ok().filter(|size| sizes.contains(size)) {
            Some(size) => key.size = size,
            None => {
                let message = format!("{} and algorithm: {} disagree", size.value, key.algorithm);
                let hint = format!("size: {} or {} or {}", sizes[0], sizes[1], sizes[2]);
                given.refuse(codes::ACCESS_CONFLICT, "size", message, &hint, diagnostics);
            }
        }
    }
    key
}

fn usages(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Vec<String> {
    let given = map.texts("usages", diagnostics);
    for usage in given.iter().filter(|usage| !KNOWN_USAGES.contains(&usage.as_str())) {
        let message = format!("unknown usage {}", quote::word(usage, KNOWN_USAGES));
        let hint = format!(
            "{}usages: [digital signature, key encipherment, server auth]",
            quote::nearest_hint(usage, KNOWN_USAGES)
        );
        map.refuse(codes::FIELD_VALUE, "usages", message, &hint, diagnostics);
    }
    if !given.is_empty() && !given.iter().any(|usage| usage == "server auth" || usage == "any") {
        let message = "lacks server auth, without which no client takes the certificate of a server".to_owned();
        let hint = "usages: [digital signature, key encipherment, server auth]";
        map.refuse(codes::ACCESS_CONFLICT, "usages", message, hint, diagnostics);
    }
    if given.is_empty() { USAGES.iter().map(|&usage| usage.to_owned()).collect() } else { given }
}
