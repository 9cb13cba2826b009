//! Users from a service that answers with JSON Web Tokens.

use super::{Subject, logins};
use crate::diagnostic::{Diagnostics, codes};

/// The file with the key that tokens are signed with.
const CERTIFICATE: &str = "jwt-authn.cert";

/// Checks the endpoints of the service, if it is used.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if subject.field("AUTHENTICATION_TYPE").text() != Some("JWT") {
        return;
    }
    let (code, reason) = (codes::JWT, "AUTHENTICATION_TYPE is JWT");
    let hint = "JWT_VERIFY_ENDPOINT: https://users.example.com/verify";
    subject.field("JWT_VERIFY_ENDPOINT").require(code, reason, hint, out);
    subject.field("JWT_AUTH_ISSUER").require(code, reason, "JWT_AUTH_ISSUER: users.example.com", out);
    for name in ["JWT_VERIFY_ENDPOINT", "JWT_GETUSER_ENDPOINT", "JWT_QUERY_ENDPOINT"] {
        let endpoint = subject.field(name);
        if let Some(url) = endpoint.filled_text() {
            logins::http_url(&endpoint, url, code, out);
        }
    }
    if !subject.has_file(CERTIFICATE) {
        let message = format!("tokens cannot be verified: the bundle has no {CERTIFICATE}");
        let problem = subject.field("AUTHENTICATION_TYPE").problem(code, message).field(CERTIFICATE);
        out.push(problem.hint(format!("add {CERTIFICATE}, the public key that verifies what the service signs")));
    }
}
