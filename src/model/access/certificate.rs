//! Where a certificate comes from.

use super::choice;
use crate::diagnostic::{Diagnostics, Location, codes};
use crate::model::Spanned;
use crate::model::fields::{Fields, NAME_HINT, is_data_key, is_object_name};
use crate::quote;
use serde::Serialize;
use std::fmt;

/// The two fields of `spec.access` that are read so, and what each is.
pub const CERTIFICATES: &[(&str, &str)] = &[
    ("certificate", "The certificate that clients meet."),
    ("backendCertificate", "The certificate that the way in meets at Quay, with tls: reencrypt."),
];

/// Where a certificate comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// The registry's own pair: the bundle's, else the one that `keys` made.
    Pair,
    /// The way in has one: the router's, the Ingress controller's, the Gateway's.
    Controller,
    /// A Secret of type kubernetes.io/tls that is there.
    Secret,
    /// cert-manager makes such a Secret.
    CertManager,
    /// OpenShift's service CA makes such a Secret.
    ServiceCa,
}

const SOURCES: &[(&str, From)] = &[
    ("pair", From::Pair),
    ("controller", From::Controller),
    ("secret", From::Secret),
    ("certManager", From::CertManager),
    ("serviceCA", From::ServiceCa),
];

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::word(SOURCES, *self))
    }
}

/// `certificate` or `backendCertificate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Where it begins.
    pub at: Location,
    /// `from`.
    pub from: Spanned<From>,
    /// `name` of the Secret.
    pub name: Option<Spanned<String>>,
    /// `caKey`: the key of that Secret that holds the CA.
    pub ca_key: Option<Spanned<String>>,
    /// `certManager`.
    pub cert_manager: Option<Box<CertManager>>,
}

/// What cert-manager is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CertManager {
    /// Who issues.
    pub issuer: Issuer,
    /// How long a certificate is valid; nothing for cert-manager's own default.
    pub duration: Option<String>,
    /// How long before its end it is made anew.
    pub renew_before: Option<String>,
    /// The key.
    pub private_key: PrivateKey,
    /// What it may be used for.
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
    /// RSA or ECDSA: what nginx and all of Quay's clients speak.
    pub algorithm: String,
    /// Its size in bits.
    pub size: u32,
    /// Whether it is made anew with each certificate.
    pub rotation: String,
}

const FIELDS: &[&str] = &["from", "name", "caKey", "certManager"];
const MANAGER_FIELDS: &[&str] = &["issuer", "duration", "renewBefore", "privateKey", "usages"];
/// What a server's certificate needs; cert-manager's own default lacks the third.
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

/// Reads one of the two; nothing where it is not there or does not say where the certificate comes from.
pub(super) fn read(access: &Fields<'_>, field: &str, diagnostics: &mut Diagnostics) -> Option<Certificate> {
    let path = access.path_of(field);
    let map = access.map(field, &path, diagnostics)?;
    map.only(FIELDS, diagnostics);
    if map.get("from").is_none() {
        map.missing("from", "from: secret   # or pair, controller, certManager, serviceCA", diagnostics);
    }
    let from = choice(&map, "from", SOURCES, diagnostics);
    let name = map.text("name", diagnostics);
    if let Some(name) = name.as_ref().filter(|name| !is_object_name(&name.value)) {
        let message = format!("{} is no name for a Secret", quote::name(&name.value));
        map.refuse(codes::FIELD_VALUE, "name", message, NAME_HINT, diagnostics);
    }
    let ca_key = map.text("caKey", diagnostics);
    if ca_key.as_ref().is_some_and(|key| key.value == "tls.key") {
        let message = "is the private key, and would be handed out as a CA".to_owned();
        map.refuse(codes::ACCESS_CONFLICT, "caKey", message, "caKey: ca.crt", diagnostics);
    }
    if ca_key.as_ref().is_some_and(|key| !is_data_key(&key.value)) {
        // Without the text: it may be the secret itself.
        let message = "is no name for a Secret's key".to_owned();
        map.refuse(codes::FIELD_VALUE, "caKey", message, "caKey: ca.crt", diagnostics);
    }
    let cert_manager = cert_manager(&map, diagnostics);
    Some(Certificate { at: map.place(), from: from?, name, ca_key, cert_manager })
}

fn cert_manager(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Box<CertManager>> {
    let path = map.path_of("certManager");
    let map = map.map("certManager", &path, diagnostics)?;
    map.only(MANAGER_FIELDS, diagnostics);
    if map.get("issuer").is_none() {
        map.missing("issuer", "issuer: {kind: ClusterIssuer, name: letsencrypt}", diagnostics);
    }
    let issuer = issuer(&map, diagnostics);
    let valid = duration(&map, "duration", diagnostics);
    let renew_before = duration(&map, "renewBefore", diagnostics);
    let private_key = private_key(&map, diagnostics);
    let usages = usages(&map, diagnostics);
    check_times(&map, valid.as_deref(), renew_before.as_deref(), diagnostics);
    Some(Box::new(CertManager { issuer: issuer?, duration: valid, renew_before, private_key, usages }))
}

fn issuer(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Issuer> {
    let path = map.path_of("issuer");
    let issuer = map.map("issuer", &path, diagnostics)?;
    issuer.only(&["kind", "name", "group"], diagnostics);
    let or = |text: Option<Spanned<String>>, default: &str| text.map_or_else(|| default.to_owned(), |text| text.value);
    let kind = or(issuer.text("kind", diagnostics), "Issuer");
    let group = or(issuer.text("group", diagnostics), "cert-manager.io");
    let name = issuer.required("name", "name: letsencrypt   # the Issuer's", diagnostics)?.value;
    if !is_object_name(&name) {
        issuer.refuse(codes::FIELD_VALUE, "name", format!("{} is no name", quote::name(&name)), NAME_HINT, diagnostics);
    }
    if !is_object_name(&group) {
        issuer.refuse(
            codes::FIELD_VALUE,
            "group",
            format!("{} is no API group", quote::name(&group)),
            NAME_HINT,
            diagnostics,
        );
    }
    if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric()) {
        let hint = "kind: ClusterIssuer   # or Issuer, or that of an external issuer";
        issuer.refuse(codes::FIELD_VALUE, "kind", format!("{} is no kind", quote::name(&kind)), hint, diagnostics);
    }
    Some(Issuer { kind, name, group })
}

/// A duration of Go, of hours, minutes and seconds.
fn duration(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let given = map.text(name, diagnostics)?.value;
    if is_duration(&given) {
        return Some(given);
    }
    let message = format!("{} is no duration", quote::number(&given));
    map.refuse(codes::FIELD_VALUE, name, message, &format!("{name}: 2160h   # hours, m and s"), diagnostics);
    None
}

/// What cert-manager asks of both: an hour at least, and renewal before the end (its own default is two thirds in).
fn check_times(map: &Fields<'_>, valid: Option<&str>, renew_before: Option<&str>, diagnostics: &mut Diagnostics) {
    let valid_for = seconds(valid.unwrap_or("2160h"));
    if valid.is_some() && valid_for < 3600 {
        let message = "is less than an hour, which cert-manager refuses".to_owned();
        map.refuse(codes::ACCESS_CONFLICT, "duration", message, "duration: 2160h", diagnostics);
    }
    if renew_before.is_some_and(|text| seconds(text) >= valid_for) {
        let message = "is no less than the duration: the certificate would be made anew for ever".to_owned();
        map.refuse(codes::ACCESS_CONFLICT, "renewBefore", message, "renewBefore: 720h", diagnostics);
    }
}

/// The seconds of a duration that [`is_duration`] takes.
fn seconds(text: &str) -> u64 {
    let mut rest = text;
    let mut total: u64 = 0;
    for (unit, length) in [('h', 3600), ('m', 60), ('s', 1)] {
        if let Some((digits, after)) = rest.split_once(unit) {
            total = total.saturating_add(digits.parse::<u64>().unwrap_or_default().saturating_mul(length));
            rest = after;
        }
    }
    total
}

fn is_duration(text: &str) -> bool {
    let mut rest = text;
    for unit in ['h', 'm', 's'] {
        if let Some((digits, after)) = rest.split_once(unit)
            && (1..=6).contains(&digits.len())
            && digits.bytes().all(|digit| digit.is_ascii_digit())
        {
            rest = after;
        }
    }
    rest.is_empty() && text.bytes().any(|digit| (b'1'..=b'9').contains(&digit))
}

fn private_key(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> PrivateKey {
    let mut key = PrivateKey { algorithm: "ECDSA".to_owned(), size: 256, rotation: "Always".to_owned() };
    let path = map.path_of("privateKey");
    let Some(given) = map.map("privateKey", &path, diagnostics) else { return key };
    given.only(&["algorithm", "size", "rotationPolicy"], diagnostics);
    if let Some(algorithm) = given.choice("algorithm", &["RSA", "ECDSA"], diagnostics) {
        if algorithm.value == "RSA" {
            key.size = 2048;
        }
        key.algorithm = algorithm.value;
    }
    if let Some(rotation) = given.choice("rotationPolicy", &["Always", "Never"], diagnostics) {
        key.rotation = rotation.value;
    }
    if let Some(size) = given.number("size", diagnostics) {
        let sizes = if key.algorithm == "RSA" { [2048, 4096, 8192] } else { [256, 384, 521] };
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

#[cfg(test)]
mod tests {
    use super::is_duration;

    #[test]
    fn a_duration_is_one_of_go() {
        for good in ["2160h", "1h30m", "90m", "3600s", "1h0m1s"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "h", "90", "90d", "1m1h", "-1h", "0h", "1.5h"] {
            assert!(!is_duration(bad), "{bad}");
        }
    }
}
