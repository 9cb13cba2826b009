//! The certificate of somebody for whom data is encrypted.

use super::key::PublicKey;
use super::only_certificate;
use der::Decode as _;
use x509_cert::Certificate;

/// Why nothing can be encrypted for the certificate in `pem`, in which [`check_certificates`](super::check_certificates) found no
/// problem; `None` if it can (CMS: RSA, RFC 8017; elliptic curves, RFC 5753).
#[must_use]
pub fn recipient_problem(pem: &[u8]) -> Option<&'static str> {
    let Some(der) = only_certificate(pem) else { return Some("is not one certificate") };
    let key = Certificate::from_der(&der).ok().and_then(|certificate| {
        PublicKey::of_certificate(certificate.tbs_certificate().subject_public_key_info()).ok()
    });
    match key {
        Some(PublicKey::Rsa { .. } | PublicKey::Ec { .. }) => None,
        Some(PublicKey::Ed25519(_)) => Some("is a certificate for Ed25519, which signs and cannot encrypt"),
        None => Some("is a certificate whose key nothing is encrypted for"),
    }
}
