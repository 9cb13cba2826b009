//! Checks the validity period of certificates against a date given by the user.

use super::chain::{self, Chain, Link};
use super::date::{DAY, Date};
use super::purpose::Role;
use super::renewal::REISSUE;
use super::{PairFile, Problem, ProblemKind};

/// The problems with the validity of the certificates in `pem`, a file of that role (guide 7.1.2.1).
///
/// With `as_of`, each certificate must be valid at some moment of that day, UTC. If not, it is an error for a
/// certificate that Quay serves ([`ProblemKind::Expired`], [`ProblemKind::NotYetValid`]) and a warning for one that it
/// trusts ([`ProblemKind::TrustedNotValid`]), which may never be used. One that ends within 30 days is
/// [`ProblemKind::EndsSoon`].
///
/// Without `as_of` the result is one [`ProblemKind::ValidUntil`] with the end of the server's own certificate, or of
/// the first to end among certificates to trust.
///
/// An unreadable file gives no problems here; [`check_pair`](super::check_pair) and
/// [`check_certificates`](super::check_certificates) report it. The file of all problems is [`PairFile::Cert`].
#[must_use]
pub fn validity(pem: &[u8], role: Role, as_of: Option<Date>) -> Vec<Problem> {
    let chain = chain::read(pem, role.purpose(), &mut Vec::new());
    let Some(main) = main(&chain, role) else { return Vec::new() };
    let Some(date) = as_of else {
        let message = format!("{} is valid until {}", chain.name(main), Date::of(ends(main)));
        let hint = "pass --as-of DATE to have it checked";
        return vec![problem(ProblemKind::ValidUntil, main, message, hint.to_owned())];
    };
    chain.links.iter().filter_map(|link| check(link, &chain.name(link), role, date)).collect()
}

/// The certificate whose end is that of the file.
fn main(chain: &Chain, role: Role) -> Option<&Link> {
    match role {
        Role::Server if chain.whole => chain.links.get(chain::leaf(&chain.links)),
        Role::Server => None,
        Role::Trusted => chain.links.iter().min_by_key(|link| ends(link)),
    }
}

fn begins(link: &Link) -> u64 {
    link.certificate.tbs_certificate().validity().not_before.to_unix_duration().as_secs()
}

/// The last second in which it is valid (RFC 5280, 4.1.2.5: inclusive).
fn ends(link: &Link) -> u64 {
    link.certificate.tbs_certificate().validity().not_after.to_unix_duration().as_secs()
}

fn check(link: &Link, name: &str, role: Role, date: Date) -> Option<Problem> {
    let (begin, end) = (begins(link), ends(link));
    let start = date.seconds();
    let renew = match role {
        Role::Server => "have a new one issued; a pair that `quay-render keys` made is made anew by `quay-render keys`",
        Role::Trusted => "put the CA's new certificate into the file, or remove this one",
    };
    let refused = |of_server| match role {
        Role::Server => of_server,
        Role::Trusted => ProblemKind::TrustedNotValid,
    };
    let (kind, message, hint) = if end < start {
        let message = format!("{name} expired on {}, before {date}", Date::of(end));
        (refused(ProblemKind::Expired), message, renew.to_owned())
    } else if begin >= start + DAY {
        let message = format!("{name} is not valid before {}, after {date}", Date::of(begin));
        (
            refused(ProblemKind::NotYetValid),
            message,
            "wait for that day, or have one issued that is valid now".to_owned(),
        )
    } else if end <= start + REISSUE {
        // The same 30 days in which `quay-render keys` renews a certificate, so that its advice helps.
        let message = format!("{name} ends on {}, within 30 days of {date}", Date::of(end));
        (ProblemKind::EndsSoon, message, renew.to_owned())
    } else {
        return None;
    };
    Some(problem(kind, link, message, hint))
}

fn problem(kind: ProblemKind, link: &Link, message: String, hint: String) -> Problem {
    Problem { kind, file: PairFile::Cert, line: link.line, message, hint: Some(hint) }
}
