//! Whether a certificate and key made earlier may stay.

use super::chain::{self, Link};
use super::check_pair;
use super::purpose::Purpose;
use crate::host::Host;
use x509_cert::Certificate;

/// A certificate is renewed this long before it ends, so that a monthly CI run happens in that time.
pub(super) const REISSUE: u64 = 30 * 24 * 60 * 60;

/// When the first certificate of `cert` (PEM) ends, in seconds since 1970; `None` if none is readable.
#[must_use]
pub fn not_after(cert: &[u8]) -> Option<u64> {
    Some(first(cert)?.tbs_certificate().validity().not_after.to_unix_duration().as_secs())
}

/// Whether a certificate may stay, whoever issued it: `cert` and `key` belong together and are valid for every host of
/// `hosts`, and `now`, in seconds since 1970, is within the certificate's validity but not in its last 30 days.
#[must_use]
pub fn leaf_may_stay(cert: &[u8], key: &[u8], hosts: &[Host], now: u64) -> bool {
    let Some(leaf) = first(cert) else { return false };
    let validity = leaf.tbs_certificate().validity();
    let begins = validity.not_before.to_unix_duration().as_secs();
    let ends = validity.not_after.to_unix_duration().as_secs();
    begins <= now && now.saturating_add(REISSUE) < ends && check_pair(cert, key, hosts).is_empty()
}

/// The end-entity certificate, if the file is whole.
pub(super) fn first(pem: &[u8]) -> Option<Certificate> {
    let chain = chain::read(pem, &Purpose::SERVER_CERT, &mut Vec::new());
    chain.links.into_iter().next().filter(|_| chain.whole).map(|link: Link| link.certificate)
}
