//! The certificate and key with which Quay serves TLS, and the certificates that it trusts (guide 7.1.2.1).

use super::Subject;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, Severity, codes};
use crate::host::Host;
use crate::model::bundle::BundleFile;
use crate::model::keys::EXTRA_CA;
use crate::pki::{self, PairFile, Problem, ProblemKind, Role};

/// The certificate that Quay serves.
pub const CERT: &str = "ssl.cert";
/// Its key.
pub const KEY: &str = "ssl.key";

/// Whether Quay's start adds a file of its configuration to the trusted certificates.
#[must_use]
pub fn is_trusted(key: &str) -> bool {
    key.starts_with("extra_ca")
}

/// Checks the certificate and key, with errors only if they are used, and every file of trusted certificates.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let is_served =
        subject.text_or_default("PREFERRED_URL_SCHEME") == Some("https") && !subject.is_on("EXTERNAL_TLS_TERMINATION");
    let is_used = is_served || subject.options.pair_is_met;
    let mut found = pair(subject, is_used);
    if !is_used {
        found.judge(|problem, _| Some(problem.severity.max(Severity::Warning)));
    }
    out.extend(found);
    for file in subject.bundle.files.iter().filter(|file| file.key.starts_with(EXTRA_CA)) {
        trusted(subject, file, out);
    }
}

/// Checks a file of certificates that Quay trusts.
pub fn trusted(subject: &Subject<'_>, file: &BundleFile, out: &mut Diagnostics) {
    for problem in pki::check_certificates(&file.bytes) {
        out.push(report(&problem, file));
    }
    // Without a day to judge by, reporting the end of each would be noise: nobody renews other people's certificates.
    if subject.options.as_of.is_some() {
        for problem in pki::validity(&file.bytes, Role::Trusted, subject.options.as_of) {
            out.push(report(&problem, file));
        }
    }
}

fn pair(subject: &Subject<'_>, is_used: bool) -> Diagnostics {
    let mut found = Diagnostics::new();
    match (subject.file(CERT), subject.file(KEY)) {
        (Some(cert), Some(key)) => {
            for problem in pki::check_pair(&cert.bytes, &key.bytes, &hosts(subject)) {
                let file = if problem.file == PairFile::Cert { cert } else { key };
                found.push(report(&problem, file));
            }
            for problem in pki::validity(&cert.bytes, Role::Server, subject.options.as_of) {
                found.push(report(&problem, cert));
            }
        }
        _ if subject.is_late_file(CERT) || subject.is_late_file(KEY) => late_pair(subject, &mut found),
        (None, None) if !is_used || subject.options.has_own_pair => {}
        (cert, key) => {
            for (name, file) in [(CERT, cert), (KEY, key)] {
                if file.is_none() {
                    found.push(missing(subject, name, cert.or(key)));
                }
            }
        }
    }
    found
}

/// A certificate or a key, or both, that are left to a Secret of the cluster.
fn late_pair(subject: &Subject<'_>, found: &mut Diagnostics) {
    for name in [CERT, KEY] {
        if subject.is_late_file(name) {
            found.push(subject.field("PREFERRED_URL_SCHEME").left_to_secret(codes::SECRET_REFERENCE).field(name));
        } else if subject.file(name).is_none() {
            found.push(missing(subject, name, None));
        }
    }
    if let Some(file) = subject.file(CERT) {
        pki::check_certificates(&file.bytes).iter().for_each(|problem| found.push(report(problem, file)));
    }
}

fn missing(subject: &Subject<'_>, name: &str, other: Option<&BundleFile>) -> Diagnostic {
    let (message, at) = match other {
        Some(other) => (format!("the bundle has one half of a pair; {name} is missing"), other.at.clone()),
        None => (
            format!("https is served here, and the bundle has no {name}"),
            subject.field("PREFERRED_URL_SCHEME").location(),
        ),
    };
    let hint = match subject.options.has_own_pair {
        true => format!("add {name}, or leave out both and `quay-render keys` makes a pair"),
        false => format!("add {name}, or set EXTERNAL_TLS_TERMINATION: true where TLS ends in front of Quay"),
    };
    Diagnostic::new(codes::TLS_PAIR, message).at(at).field(name).hint(hint)
}

/// The names that the certificate must be valid for: those that will be served, else those in config.yaml.
fn hosts(subject: &Subject<'_>) -> Vec<Host> {
    if !subject.options.hosts.is_empty() {
        return subject.options.hosts.to_vec();
    }
    let said = |name| subject.field(name).host().map(|host| host.without_port());
    let builder = said("BUILDMAN_HOSTNAME").filter(|_| subject.is_on("FEATURE_BUILD_SUPPORT"));
    said("SERVER_HOSTNAME").into_iter().chain(builder).collect()
}

/// A problem with a file of the bundle.
#[must_use]
pub fn report(problem: &Problem, file: &BundleFile) -> Diagnostic {
    let mut diagnostic = located(problem, file.at.clone()).field(&file.key);
    if problem.kind == ProblemKind::HostMismatch && diagnostic.hint.is_none() {
        diagnostic.hint = Some("get a certificate for that name, or change SERVER_HOSTNAME".to_owned());
    }
    diagnostic
}

/// A problem with something at `at`.
#[must_use]
pub fn located(problem: &Problem, mut at: Location) -> Diagnostic {
    // A separate file has line numbers of its own; a key of a Secret is one value of another file.
    if problem.line > 0 && at.line == 0 {
        at.line = problem.line;
    }
    let mut diagnostic =
        Diagnostic::new(problem.kind.code(), problem.message.clone()).at(at).field(problem.file.name());
    diagnostic.hint.clone_from(&problem.hint);
    diagnostic
}
