//! Host names and addresses, with or without a port: `registry.example.com:8443`.
//!
//! [`Host`] parses one once. Its consumers accept different ones, and each has a method: Quay's validator
//! ([`Host::validator_objection`]), the Kubernetes API and certificates ([`Host::api_objection`]), a TLS client
//! ([`Host::peer`]).

use crate::kubernetes_names::is_label;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The maximum length of a label of a host name.
pub const LONGEST_LABEL: usize = 63;
/// The maximum length of a host name.
const LONGEST_NAME: usize = 253;
/// The port of `https`, the default of a host without a port.
pub const HTTPS: &str = "443";

/// A host as written. Any text is accepted: its methods tell what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    text: String,
    /// Where the host ends in the text; unless that is the end of the text, a colon and a port follow.
    end: usize,
}

impl Host {
    /// Reads a text. The port follows the last colon, except for the colons of an IPv6 address, which is bare or in
    /// brackets.
    #[must_use]
    pub fn read(text: impl Into<String>) -> Self {
        let text = text.into();
        let end = match text.rfind(':') {
            Some(colon) if !text.ends_with(']') && text.parse::<Ipv6Addr>().is_err() => colon,
            _ => text.len(),
        };
        Self { text, end }
    }

    /// The text as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The host without its port. If the text after the colon is not a port, it is kept.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.port().is_some() { self.host() } else { &self.text }
    }

    /// The port, if a valid one from 1 to 65535 is written.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.digits().and_then(|digits| port(digits).ok())
    }

    /// The text in the place of the port.
    #[must_use]
    pub fn digits(&self) -> Option<&str> {
        self.text.get(self.end..).and_then(|rest| rest.strip_prefix(':'))
    }

    /// The text before the port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.text.get(..self.end).unwrap_or(&self.text)
    }

    /// The same host without its port.
    #[must_use]
    pub fn without_port(&self) -> Self {
        Self { text: self.name().to_owned(), end: self.name().len() }
    }

    /// The peer that a TLS client expects at this host: case, a final dot and the port are ignored.
    #[must_use]
    pub fn peer(&self) -> Peer {
        let host = self.host();
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        if let Some(address) = bare.and_then(|bare| bare.parse::<Ipv6Addr>().ok()) {
            return Peer::Ip(address.into());
        }
        match host.parse() {
            Ok(address) => Peer::Ip(address),
            Err(_) => Peer::Dns(host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()),
        }
    }

    /// Why Quay's validator refuses it, as the end of a sentence about the field: `has no host`. It accepts letters,
    /// digits, dashes and dots, also with a final dot, but no IPv6 address, wildcard or underscore, and the first colon
    /// begins the port (measured).
    #[must_use]
    pub fn validator_objection(&self) -> Option<&'static str> {
        let text = self.text.as_str();
        let (name, digits) = text.split_once(':').map_or((text, None), |(name, digits)| (name, Some(digits)));
        if text.trim() != text {
            return Some("has spaces around it");
        }
        if name.is_empty() {
            return Some("has no host");
        }
        if text.contains("://") {
            return Some("is a URL, where a host alone is wanted");
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
            return Some("has characters other than letters, digits, dashes and dots");
        }
        let is_part = |part: &str| part.bytes().any(|byte| byte != b'-');
        if !name.strip_suffix('.').unwrap_or(name).split('.').all(is_part) {
            return Some("has a part between dots that is empty or only dashes");
        }
        digits.and_then(|digits| port(digits).err())
    }

    /// Why the Kubernetes API and certificates refuse it as the host name of a Route, an Ingress or an HTTPRoute, as
    /// text after a colon: `it is a URL`. Such a host must have no port.
    #[must_use]
    pub fn api_objection(&self) -> Option<&'static str> {
        let text = self.text.as_str();
        if text.is_empty() {
            return Some("it is empty");
        }
        if text.len() > LONGEST_NAME {
            return Some("it is longer than 253 characters");
        }
        if text.contains('/') {
            return Some("it is a URL");
        }
        if text.contains(':') {
            return Some("it has a port, or a colon without one");
        }
        if text.chars().any(|c| c.is_ascii_uppercase()) {
            return Some("the API takes lower-case letters only");
        }
        if text.split('.').all(|label| label.chars().all(|c| c.is_ascii_digit())) {
            return Some("it is an address");
        }
        if text.split('.').any(|label| label.len() > LONGEST_LABEL) {
            return Some("one of its labels is longer than 63 characters");
        }
        (!text.split('.').all(is_label)).then_some("its labels are letters, digits and `-` only")
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A host as a TLS client matches it against a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// An address, matched only against the addresses of a certificate.
    Ip(IpAddr),
    /// A name in lower case, without a final dot.
    Dns(String),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(f),
            Self::Dns(name) => f.write_str(name),
        }
    }
}

/// Parses a port.
///
/// # Errors
/// What is wrong with it, as the end of a sentence.
pub fn port(digits: &str) -> Result<u16, &'static str> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_number { digits.parse().ok() } else { None };
    number.filter(|port| *port > 0).ok_or("has no number from 1 to 65535 as its port")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn only_a_port_is_cut_off() {
        for (text, name, port) in [
            ("a.example.com", "a.example.com", None),
            ("a.example.com:443", "a.example.com", Some(443)),
            ("localhost:05000", "localhost", Some(5000)),
            ("10.0.0.5:443", "10.0.0.5", Some(443)),
            ("a:0", "a:0", None),
            ("a:65536", "a:65536", None),
            ("a:+80", "a:+80", None),
            ("a:", "a:", None),
            ("a:80:80", "a:80", Some(80)),
            ("[::1]", "[::1]", None),
            ("[::1]:443", "[::1]", Some(443)),
            ("2001:db8::1", "2001:db8::1", None),
            ("", "", None),
            (":", ":", None),
            ("]", "]", None),
        ] {
            let host = Host::read(text);
            assert_eq!((host.text(), host.name(), host.port()), (text, name, port));
            assert_eq!(host.without_port().text(), name);
        }
    }

    #[test]
    fn a_peer_has_no_port_no_brackets_no_case_and_no_final_dot() {
        let dns = |name: &str| Peer::Dns(name.to_owned());
        for (text, wanted) in [
            ("Quay.Example.com", dns("quay.example.com")),
            ("quay.example.com.", dns("quay.example.com")),
            ("quay.example.com:8443", dns("quay.example.com")),
            ("quay.example.com:0", dns("quay.example.com")),
            ("10.0.0.1", Peer::Ip(Ipv4Addr::new(10, 0, 0, 1).into())),
            ("10.0.0.1:443", Peer::Ip(Ipv4Addr::new(10, 0, 0, 1).into())),
            ("::1", Peer::Ip(Ipv6Addr::LOCALHOST.into())),
            ("[::1]", Peer::Ip(Ipv6Addr::LOCALHOST.into())),
            ("[::1]:443", Peer::Ip(Ipv6Addr::LOCALHOST.into())),
        ] {
            assert_eq!(Host::read(text).peer(), wanted, "{text}");
        }
    }

    #[test]
    fn the_validator_takes_a_port_and_a_final_dot() {
        for text in ["quay.example.com", "quay.example.com.", "10.0.0.5:443", "Quay-1:65535", "localhost:05000"] {
            assert_eq!(Host::read(text).validator_objection(), None, "{text}");
        }
    }

    #[test]
    fn what_the_validator_does_not_take_says_why() {
        for (text, reason) in [
            ("", "no host"),
            (":443", "no host"),
            (" quay.example.com ", "spaces"),
            ("quay.example.com\n", "spaces"),
            ("https://quay.example.com", "URL"),
            ("quay_1.example.com", "characters"),
            ("*.example.com", "characters"),
            ("{{ host }}", "characters"),
            ("b\u{fc}cher.example", "characters"),
            ("quay.example.com/docs", "characters"),
            ("[2001:db8::1]:443", "characters"),
            ("2001:db8::1", "port"),
            (".", "between dots"),
            ("..", "between dots"),
            (".example.com", "between dots"),
            ("quay..example.com", "between dots"),
            ("-", "between dots"),
            ("quay.--.com", "between dots"),
            ("quay:", "port"),
            ("quay:0", "port"),
            ("quay:65536", "port"),
            ("quay:99999999999999999999", "port"),
            ("quay:+80", "port"),
            ("quay:https", "port"),
            ("quay:80:80", "port"),
        ] {
            let found = Host::read(text).validator_objection().expect(text);
            assert!(found.contains(reason), "{text:?}: {found}");
        }
    }

    #[test]
    fn the_api_takes_lower_case_labels_and_no_port() {
        assert_eq!(Host::read("registry.example.com").api_objection(), None);
        let long = format!("{}.example.com", "a".repeat(64));
        for bad in [
            "",
            "registry.example.com:8443",
            "registry.example.com.",
            "a..b",
            "https://a.example.com",
            "a.example.com/path",
            "A.example.com",
            "10.0.0.1",
            "[::1]",
            "a:0",
            "a_b.example.com",
            &long,
        ] {
            assert!(Host::read(bad).api_objection().is_some(), "{bad}");
        }
    }
}
