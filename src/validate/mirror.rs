//! Repository mirroring.

use super::{Subject, hosts};
use crate::diagnostic::{Diagnostics, codes};

/// Nothing is checked if mirroring is off.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if !subject.is_on("FEATURE_REPO_MIRROR") {
        return;
    }
    let host = subject.field("REPO_MIRROR_SERVER_HOSTNAME");
    if let Some(reason) = hosts::objection(&host) {
        let hint = "REPO_MIRROR_SERVER_HOSTNAME: registry.example.com, or nothing for SERVER_HOSTNAME";
        out.push(host.problem(codes::MIRROR, reason).hint(hint));
    }
    let interval = subject.field("REPO_MIRROR_INTERVAL");
    if interval.number_in(1..=i64::MAX) == Some(false) {
        out.push(
            interval.problem(codes::MIRROR, "is not a number of seconds to wait").hint("REPO_MIRROR_INTERVAL: 30"),
        );
    }
}
