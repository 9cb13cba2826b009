//! Under which names Quay is reached. The certificate for them is checked in [`tls`](super::tls), the scheme with the
//! other allowed values.

use super::{Field, Subject};
use crate::diagnostic::{Diagnostics, codes};

/// Quay does not start without SERVER_HOSTNAME; builders are told BUILDMAN_HOSTNAME.
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
    if let Some(reason) = field.host().and_then(|host| host.validator_objection()) {
        out.push(field.problem(codes::HOST_SETTINGS, reason).hint(hint));
    }
}
