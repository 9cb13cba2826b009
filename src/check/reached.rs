//! How the registry is reached, as far as config.yaml depends on it.

use super::{Access, given};
use crate::host::Host;
use crate::model::Model;
use crate::yaml::Data;

/// The field that tells Quay that TLS ends in front of it.
pub(super) const ENDS_OUTSIDE: &str = "EXTERNAL_TLS_TERMINATION";

/// How the registry is reached.
pub struct Reached<'a> {
    /// Its host name.
    pub hostname: &'a Host,
    /// Its namespace.
    pub namespace: &'a str,
    /// The access type, TLS and certificates.
    pub access: &'a Access,
    /// Whether Quay calls Clair with TLS.
    pub clair_serves_tls: bool,
}

/// Whether to tell Quay that TLS ends in front of it.
pub(super) fn ends_outside(model: &Model, access: &Access) -> bool {
    // A certificate that is not in the input may fit the host name: then its owner says so.
    let own = given(model, ENDS_OUTSIDE).filter(|_| access.is_written).and_then(|(_, node)| match node.data {
        Data::Bool(value) => Some(value),
        _ => None,
    });
    own.unwrap_or_else(|| access.ends_outside())
}
