//! Whether a certificate is valid for a host, according to RFC 6125 as implemented by Go's x509.

use crate::host::Peer;
use std::fmt::Write as _;
use std::net::IpAddr;

use der::asn1::{Any, Utf8StringRef};
use der::oid::db::{rfc4519, rfc5280};
use der::{Decode, Tag, Tagged};
use x509_cert::Certificate;

/// The names of a certificate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// DNS names, as written.
    pub dns: Vec<String>,
    /// Addresses.
    pub ips: Vec<IpAddr>,
    /// The first common name of the subject, which clients ignore.
    pub common_name: Option<String>,
}

/// How many names a message lists.
const SHOWN: usize = 12;

impl Names {
    /// The names of `certificate`; an error if its extension is unreadable.
    pub fn of(certificate: &Certificate) -> Result<Self, &'static str> {
        let tbs = certificate.tbs_certificate();
        let mut names = Self { common_name: common_name(certificate), ..Self::default() };
        let mut extensions = tbs
            .extensions()
            .into_iter()
            .flatten()
            .filter(|extension| extension.extn_id == rfc5280::ID_CE_SUBJECT_ALT_NAME);
        let Some(extension) = extensions.next() else { return Ok(names) };
        if extensions.next().is_some() {
            return Err("has a certificate with two lists of subject alternative names");
        }
        let unreadable = "has a certificate whose subject alternative names are not readable";
        // By tag, not as GeneralName: names of kinds that no TLS client uses need not be readable.
        for name in Vec::<Any>::from_der(extension.extn_value.as_bytes()).map_err(|_| unreadable)? {
            match name.tag() {
                Tag::ContextSpecific { constructed: false, number } if number.value() == 2 => {
                    let text = std::str::from_utf8(name.value()).ok().filter(|text| text.is_ascii());
                    names.dns.push(text.ok_or(unreadable)?.to_owned());
                }
                Tag::ContextSpecific { constructed: false, number } if number.value() == 7 => {
                    names.ips.push(address(name.value()).ok_or(unreadable)?);
                }
                _ => {}
            }
        }
        Ok(names)
    }

    /// Whether there is no name that a client would check.
    pub fn is_empty(&self) -> bool {
        self.dns.is_empty() && self.ips.is_empty()
    }

    /// Whether any of them is valid for `peer`.
    pub fn cover(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Ip(ip) => self.ips.iter().any(|own| own.to_canonical() == ip.to_canonical()),
            Peer::Dns(name) => self.dns.iter().any(|pattern| matches(pattern, name)),
        }
    }

    /// Why `peer` is not covered, in the words of Go's x509, and a hint.
    pub fn reason(&self, peer: &Peer) -> (String, String) {
        match peer {
            Peer::Ip(ip) => {
                let message = if self.ips.is_empty() {
                    format!("x509: cannot validate certificate for {ip} because it doesn't contain any IP SANs")
                } else {
                    format!("x509: certificate is valid for {}, not {ip}", list(self.ips.iter().map(IpAddr::to_string)))
                };
                let hint = if self.dns.iter().any(|name| name.parse() == Ok(*ip)) {
                    format!("the certificate has {ip} as a DNS name; an address counts only as IP:{ip}")
                } else {
                    format!("get a certificate that has IP:{ip} among its subject alternative names")
                };
                (message, hint)
            }
            Peer::Dns(name) => {
                let message = if self.dns.is_empty() {
                    format!("x509: certificate is not valid for any names, but wanted to match {}", shown(name))
                } else {
                    let names = list(self.dns.iter().map(|name| shown(name)));
                    format!("x509: certificate is valid for {names}, not {}", shown(name))
                };
                let near = self.dns.iter().find(|pattern| {
                    pattern.strip_prefix("*.").is_some_and(|domain| {
                        let domain = domain.to_ascii_lowercase();
                        *name == domain || name.ends_with(&format!(".{domain}"))
                    })
                });
                let hint = match near {
                    Some(pattern) => {
                        format!("the wildcard of {} stands for exactly one label, the leftmost", shown(pattern))
                    }
                    None => {
                        format!("get a certificate that has DNS:{} among its subject alternative names", shown(name))
                    }
                };
                (message, hint)
            }
        }
    }
}

/// Whether a name `pattern` of a certificate is valid for `host` (lower case, without a final dot). A wildcard stands
/// for exactly one whole label, the leftmost; a lone wildcard covers nothing.
fn matches(pattern: &str, host: &str) -> bool {
    if host.is_empty() || pattern.is_empty() {
        return false;
    }
    match pattern.strip_prefix("*.") {
        Some(domain) => host
            .split_once('.')
            .is_some_and(|(label, rest)| !label.is_empty() && !rest.is_empty() && rest.eq_ignore_ascii_case(domain)),
        None => !pattern.contains('*') && pattern.eq_ignore_ascii_case(host),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    <[u8; 4]>::try_from(bytes).map(IpAddr::from).or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

fn common_name(certificate: &Certificate) -> Option<String> {
    let subject = certificate.tbs_certificate().subject();
    let value = &subject.iter().find(|attribute| attribute.oid == rfc4519::COMMON_NAME)?.value;
    // Most ASN.1 string types are ASCII in practice; reading the others as UTF-8 is good enough for a message.
    Utf8StringRef::new(value.value()).ok().map(|text| text.as_str().to_owned())
}

/// `text` made safe for a message: a certificate may hold anything, even control sequences for terminals.
pub(super) fn shown(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}

fn list(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(SHOWN);
    let mut text = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(text, " and {more} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;
    use std::net::Ipv4Addr;

    fn peer(host: &str) -> Peer {
        Host::read(host).peer()
    }

    #[test]
    fn a_wildcard_is_one_whole_leftmost_label() {
        for (pattern, host, wanted) in [
            ("quay.example.com", "quay.example.com", true),
            ("QUAY.example.COM", "quay.example.com", true),
            ("quay.example.com", "quay.example.org", false),
            ("*.example.com", "quay.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.quay.example.com", false),
            ("*.example.com", ".example.com", false),
            ("q*.example.com", "quay.example.com", false),
            ("*y.example.com", "quay.example.com", false),
            ("quay.*.com", "quay.example.com", false),
            ("*.*.com", "quay.example.com", false),
            ("*", "quay", false),
            ("*", "", false),
            ("", "", false),
            ("*.", "quay.", false),
        ] {
            assert_eq!(matches(pattern, host), wanted, "{pattern} {host}");
        }
    }

    #[test]
    fn an_address_is_no_name() {
        let names = Names { dns: vec!["10.0.0.1".into()], ..Names::default() };
        let host = peer("10.0.0.1");
        assert!(!names.cover(&host));
        let (message, hint) = names.reason(&host);
        assert_eq!(message, "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs");
        assert!(hint.contains("IP:10.0.0.1"), "{hint}");
        let names = Names { ips: vec![Ipv4Addr::new(10, 0, 0, 1).into()], ..Names::default() };
        assert!(names.cover(&host));
        assert!(names.cover(&peer("::ffff:10.0.0.1")));
    }

    #[test]
    fn a_reason_names_the_host_and_the_names() {
        let names = Names { dns: vec!["*.example.com".into(), "b\u{1b}[2J".into()], ..Names::default() };
        let (message, hint) = names.reason(&peer("a.b.example.com"));
        assert_eq!(message, "x509: certificate is valid for *.example.com, b\\u{1b}[2J, not a.b.example.com");
        assert!(hint.contains("exactly one label"), "{hint}");
        let many = Names { dns: (0..20).map(|n| format!("h{n}.example.com")).collect(), ..Names::default() };
        let (message, _) = many.reason(&peer("x"));
        assert!(message.ends_with("h11.example.com and 8 more, not x"), "{message}");
    }
}
