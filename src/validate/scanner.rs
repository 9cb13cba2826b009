//! The security scanner: Clair 4, or the Clair of earlier releases.

use super::{Subject, forms};
use crate::diagnostic::{Diagnostics, codes};

const OLD: &str = "SECURITY_SCANNER_ENDPOINT";
const NEW: &str = "SECURITY_SCANNER_V4_ENDPOINT";
const KEY: &str = "SECURITY_SCANNER_V4_PSK";

/// With scanning on, a scanner must be named, and Clair 4 needs a key that it shares with Quay.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if !subject.is_on("FEATURE_SECURITY_SCANNER") {
        return;
    }
    let hint = "SECURITY_SCANNER_V4_ENDPOINT: http://clair.example.com:8080";
    let endpoint = subject.field(NEW);
    if !subject.field(OLD).is_filled() && !subject.is_reported(NEW) {
        endpoint.require(codes::SCANNER, "scanning is on, and no scanner is named", hint, out);
    }
    for field in [OLD, NEW].map(|name| subject.field(name)) {
        if let Some(Err(reason)) = field.filled_text().map(forms::web_url) {
            out.push(field.problem(codes::SCANNER, reason).hint(hint));
        }
    }
    let key = subject.field(KEY);
    if endpoint.is_filled() && (key.is_given() || !subject.is_reported(KEY)) {
        let hint = "the value of auth.psk.key in Clair's configuration; a new one: head -c 32 /dev/urandom | base64";
        let text = key.require_text(codes::SCANNER, "Quay signs what it asks Clair with it", hint, out);
        if text.is_some_and(|text| !forms::is_base64(text)) {
            out.push(key.problem(codes::SCANNER, "is not base64").hint(hint));
        }
    }
}
