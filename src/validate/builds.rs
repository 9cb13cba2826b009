//! Builds: who runs them, and where builders report to (guide 7.2).

use super::Subject;
use crate::diagnostic::{Diagnostics, Severity, codes};

const MANAGER: &str = "BUILD_MANAGER:\n- ephemeral\n- ORCHESTRATOR:\n    REDIS_HOST: redis.example.com\n  EXECUTORS:\n  - \
                       EXECUTOR: kubernetes";

/// With builds on, a manager with an orchestrator and an executor is needed. If no manager is configured at all, the
/// registry works and only builds do not, so that is a warning: many configurations just have the flag on.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    if !subject.is_on("FEATURE_BUILD_SUPPORT") {
        return;
    }
    let mut found = Diagnostics::new();
    check_settings(subject, &mut found);
    if !["BUILDMAN_HOSTNAME", "BUILD_MANAGER"].iter().any(|name| subject.field(name).is_given()) {
        found = found.map(|mut problem| {
            problem.severity = Severity::Warning;
            problem
        });
    }
    out.extend(found);
}

/// Checks the settings of builds. `types` checks the structure of BUILD_MANAGER.
fn check_settings(subject: &Subject<'_>, out: &mut Diagnostics) {
    let host = subject.field("BUILDMAN_HOSTNAME");
    if host.is_given() || !subject.is_reported("BUILDMAN_HOSTNAME") {
        let hint = "BUILDMAN_HOSTNAME: builder.example.com:443";
        host.require(codes::BUILDS, "builds are on, and nothing tells builders whom to call", hint, out);
    }
    let manager = subject.field("BUILD_MANAGER");
    if !manager.require(codes::BUILDS, "builds are on, and nothing runs them", MANAGER, out) {
        return;
    }
    let Some((_, settings)) = manager.pair() else { return };
    if !settings.is_map() {
        return;
    }
    let orchestrator = settings.member("ORCHESTRATOR");
    let reason = "the build manager keeps its jobs there";
    let hint = "ORCHESTRATOR:\n  REDIS_HOST: redis.example.com";
    if orchestrator.require(codes::BUILDS, reason, hint, out)
        && orchestrator.is_map()
        && orchestrator.members().next().is_none()
    {
        out.push(orchestrator.problem(codes::BUILDS, format!("is empty: {reason}")).hint(hint));
    }
    let executors = settings.member("EXECUTORS");
    let reason = "an executor starts the builders";
    let hint = "EXECUTORS:\n- EXECUTOR: kubernetes";
    if executors.require(codes::BUILDS, reason, hint, out) && executors.is_empty_list() {
        out.push(executors.problem(codes::BUILDS, format!("is empty: {reason}")).hint(hint));
    }
}
