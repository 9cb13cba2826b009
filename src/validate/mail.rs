//! E-mail.

use super::Subject;
use crate::diagnostic::{Diagnostics, codes};

/// Checks the mail server, if mailing is on.
pub fn check(subject: &Subject<'_>, out: &mut Diagnostics) {
    let mailing = subject.field("FEATURE_MAILING");
    if !mailing.is_given() {
        out.push(
            mailing
                .problem(codes::MAIL_DEFAULT_ON, "is missing: off for the validator at start, on for Quay itself")
                .hint("FEATURE_MAILING: false   # or true, with MAIL_SERVER"),
        );
    }
    if !subject.is_on("FEATURE_MAILING") {
        return;
    }
    let server = subject.field("MAIL_SERVER");
    let hint = "MAIL_SERVER: smtp.example.com";
    if let Some(host) = server.require_text(codes::MAIL, "FEATURE_MAILING is on", hint, out)
        && let Some(reason) = objection(host)
    {
        out.push(server.problem(codes::MAIL, format!("is not a mail server: {reason}")).hint(hint));
    }
    subject.field("MAIL_PORT").check_port(codes::MAIL, out);
    if subject.is_on("MAIL_USE_AUTH") {
        for (name, line) in [("MAIL_USERNAME", "MAIL_USERNAME: quay"), ("MAIL_PASSWORD", "MAIL_PASSWORD: …")] {
            subject.field(name).require(codes::MAIL, "MAIL_USE_AUTH is on", line, out);
        }
    }
    let sender = subject.field("MAIL_DEFAULT_SENDER");
    if sender.text().is_some_and(|address| !is_address(address)) {
        out.push(sender.problem(codes::MAIL, "is not an e-mail address").hint("MAIL_DEFAULT_SENDER: quay@example.com"));
    }
    if subject.is_on("FEATURE_FIPS") && !subject.is_on("MAIL_USE_TLS") {
        let problem =
            subject.field("MAIL_USE_TLS").problem(codes::MAIL, "FEATURE_FIPS is on, and mail goes without TLS");
        out.push(problem.hint("MAIL_USE_TLS: true"));
    }
}

fn objection(host: &str) -> Option<&'static str> {
    if host.chars().any(|c| c.is_whitespace() || c == '/') {
        return Some("it has a space or a slash");
    }
    let is_address = host.starts_with('[') || host.matches(':').count() > 1;
    (host.contains(':') && !is_address).then_some("its port belongs into MAIL_PORT")
}

/// An address, alone or after a name: `quay@example.com`, `Quay <quay@example.com>`.
fn is_address(text: &str) -> bool {
    let address = match text.trim().strip_suffix('>') {
        Some(rest) => rest.rsplit_once('<').map_or("", |(_, address)| address),
        None => text,
    };
    let is_plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || "<>@,;".contains(c));
    address.rsplit_once('@').is_some_and(|(local, domain)| is_plain(local) && is_plain(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_stands_alone_or_behind_a_name() {
        for good in ["a@b", "quay@example.com", "Quay, the registry <quay@example.com>", "a+b@c.d"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "quay", "@b", "a@", "a b@c", "a@b@c", "Quay <quay>", "a@b, c@d", "a@b>"] {
            assert!(!is_address(bad), "{bad}");
        }
    }
}
