//! The host names of Quay. Their certificate is checked in [`tls`](super::tls), the scheme with the other allowed
//! values.

use super::{Field, Subject};
use crate::diagnostic::{Diagnostics, codes};
use crate::model::schema::Allowed;

/// Quay does not start without SERVER_HOSTNAME; builders get BUILDMAN_HOSTNAME.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let server = subject.field("SERVER_HOSTNAME");
    if server.is_given() || !subject.is_reported("SERVER_HOSTNAME") {
        let hint = "SERVER_HOSTNAME: registry.example.com";
        if server.require(codes::HOST_SETTINGS, "Quay must know under which name it is reached", hint, out) {
            check_host(&server, hint, out);
        }
    }
    if subject.is_on("FEATURE_BUILD_SUPPORT") {
        check_host(&subject.field("BUILDMAN_HOSTNAME"), "BUILDMAN_HOSTNAME: builder.example.com:443", out);
    }
}

fn check_host(field: &Field<'_>, hint: &str, out: &mut Diagnostics) {
    if let Some(reason) = objection(field) {
        out.push(field.problem(codes::HOST_SETTINGS, reason).hint(hint));
    }
}

/// Why a text is not a valid host for the validator of the release that reads it.
pub fn objection(field: &Field<'_>) -> Option<&'static str> {
    let host = field.host()?;
    let is_qualified = || host.name() == "localhost" || host.name().contains('.');
    let must_be = field.fact().is_some_and(|fact| fact.allowed == Allowed::QualifiedHost);
    let unqualified = "has no dot in its name, and this Quay does not start with such a host";
    host.validator_objection().or_else(|| (must_be && !is_qualified()).then_some(unqualified))
}
