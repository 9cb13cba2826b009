//! Settings that belong to no field group.

use super::{Subject, forms};
use crate::diagnostic::{Diagnostics, codes};

/// The minimal length of Quay's keys (guide 3.5).
const SHORTEST_KEY: usize = 32;
const PROTOCOLS: &[&str] = &["TLSv1.2", "TLSv1.3"];
/// Protocols that are obsolete.
pub const OLD_PROTOCOLS: &[&str] = &["SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"];

/// Keys, state, protocols, the link to the documentation.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    for name in ["SECRET_KEY", "DATABASE_SECRET_KEY"] {
        let key = subject.field(name);
        if key.text().is_some_and(|text| text.chars().count() < SHORTEST_KEY) {
            let message = format!("is shorter than {SHORTEST_KEY} characters");
            let hint = "python3 -c 'import secrets; print(secrets.token_urlsafe(60))'; never change one that is in use";
            out.push(key.problem(codes::SECRET_KEY_LENGTH, message).hint(hint));
        }
    }
    let complete = subject.field("SETUP_COMPLETE");
    if complete.flag() == Some(false) {
        let message = "is false: Quay waits for its setup program, which does not run here";
        out.push(complete.problem(codes::SETUP_INCOMPLETE, message).hint("SETUP_COMPLETE: true, or leave it out"));
    }
    let testing = subject.field("TESTING");
    if testing.flag() == Some(true) {
        let message = "is true: Quay sends no mail and leaves out other work";
        out.push(testing.problem(codes::TESTING_MODE, message).hint("TESTING: false"));
    }
    check_protocols(subject, out);
    check_documentation(subject, out);
}

fn check_protocols(subject: &Subject<'_>, out: &mut Diagnostics) {
    for item in subject.field("SSL_PROTOCOLS").items() {
        let Some(protocol) = item.text().filter(|text| !PROTOCOLS.contains(text)) else { continue };
        let hint = format!("SSL_PROTOCOLS: [{}]", PROTOCOLS.join(", "));
        let problem = if OLD_PROTOCOLS.contains(&protocol) {
            item.problem(codes::TLS_PROTOCOL_OLD, format!("{protocol} is broken, and clients refuse it"))
        } else {
            item.problem(codes::TLS_PROTOCOL, format!("{protocol:?} is not a protocol that nginx knows"))
        };
        out.push(problem.hint(hint));
    }
}

fn check_documentation(subject: &Subject<'_>, out: &mut Diagnostics) {
    let root = subject.field("DOCUMENTATION_ROOT");
    let Some(text) = root.filled_text() else { return };
    // A path is completed to a URL, to check it like one.
    let reading = if text.starts_with('/') { format!("http://path{text}") } else { text.to_owned() };
    if let Err(reason) = forms::url(&reading) {
        let message = format!("{reason}, and is not a path either");
        let hint = "DOCUMENTATION_ROOT: https://docs.example.com/quay   # or /docs";
        out.push(root.problem(codes::DOCUMENTATION_ROOT, message).hint(hint));
    }
}
