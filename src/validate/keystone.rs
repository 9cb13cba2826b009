//! Users from OpenStack's Keystone. Quay's validator has no field group for it.

use super::{Subject, logins};
use crate::diagnostic::{Diagnostics, codes};

/// Checks the URL and the administrator, if Keystone is used.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if subject.field("AUTHENTICATION_TYPE").text() != Some("Keystone") {
        return;
    }
    let (code, reason) = (codes::KEYSTONE, "AUTHENTICATION_TYPE is Keystone");
    let url = subject.field("KEYSTONE_AUTH_URL");
    let hint = "KEYSTONE_AUTH_URL: https://keystone.example.com:5000/v3";
    if let Some(text) = url.require_text(code, reason, hint, out) {
        logins::http_url(&url, text, code, out);
    }
    for (name, line) in [
        ("KEYSTONE_ADMIN_USERNAME", "KEYSTONE_ADMIN_USERNAME: quay"),
        ("KEYSTONE_ADMIN_PASSWORD", "KEYSTONE_ADMIN_PASSWORD: …"),
        ("KEYSTONE_ADMIN_TENANT", "KEYSTONE_ADMIN_TENANT: quay"),
    ] {
        subject.field(name).require(code, reason, line, out);
    }
    let version = subject.field("KEYSTONE_AUTH_VERSION");
    if version.number_in(2..=3) == Some(false) {
        out.push(version.problem(code, "is not a version of Keystone's API").hint("KEYSTONE_AUTH_VERSION: 3   # or 2"));
    }
}
