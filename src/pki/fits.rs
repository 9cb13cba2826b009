//! Whether a pair made earlier may stay.

use super::chain::{self, Link};
use super::check_pair;
use der::{Decode as _, Encode as _};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::pkcs8::DecodePublicKey as _;
use x509_cert::Certificate;
use x509_cert::der::oid::db::rfc5912::ECDSA_WITH_SHA_256;

/// A pair is made anew this long before its end: CI that runs once a month must meet that time.
const REISSUE: u64 = 30 * 24 * 60 * 60;

/// When the first certificate of `cert` (PEM) ends, in seconds since 1970; `None` when there is none to read.
#[must_use]
pub fn not_after(cert: &[u8]) -> Option<u64> {
    Some(first(cert)?.tbs_certificate().validity().not_after.to_unix_duration().as_secs())
}

/// Whether a pair from [`issue_leaf`](super::issue_leaf) may stay: `cert` and `key` belong together and are valid for
/// every host of `hosts`, the CA of `ca_cert` issued the certificate (its name and its signature; ECDSA on P-256 with
/// SHA-256, as it is made here), and `now`, in seconds since 1970, is in its time, not in the last 30 days of it.
#[must_use]
pub fn leaf_fits(cert: &[u8], key: &[u8], ca_cert: &[u8], hosts: &[&str], now: u64) -> bool {
    let (Some(leaf), Some(ca)) = (first(cert), first(ca_cert)) else { return false };
    let validity = leaf.tbs_certificate().validity();
    let begins = validity.not_before.to_unix_duration().as_secs();
    let ends = validity.not_after.to_unix_duration().as_secs();
    begins <= now
        && now.saturating_add(REISSUE) < ends
        && issued_by(&leaf, &ca)
        && check_pair(cert, key, hosts).is_empty()
}

/// Whether `ca` issued `leaf`.
fn issued_by(leaf: &Certificate, ca: &Certificate) -> bool {
    let verified = || {
        let info = ca.tbs_certificate().subject_public_key_info().to_der().ok()?;
        let key = VerifyingKey::from_public_key_der(&info).ok()?;
        let signature = DerSignature::from_der(leaf.signature().as_bytes()?).ok()?;
        key.verify(&leaf.tbs_certificate().to_der().ok()?, &signature).ok()
    };
    leaf.tbs_certificate().issuer() == ca.tbs_certificate().subject()
        && leaf.signature_algorithm().oid == ECDSA_WITH_SHA_256
        && verified().is_some()
}

pub(super) fn first(pem: &[u8]) -> Option<Certificate> {
    let chain = chain::read(pem, &mut Vec::new());
    chain.links.into_iter().next().filter(|_| chain.whole).map(|link: Link| link.certificate)
}
