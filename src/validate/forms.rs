//! Formats of texts that several rules check.
//!
//! Errors are the end of a sentence whose subject is the field: `has no host`.

use crate::host::port;
use crate::sensitive::uri::is_encoded;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `30m`, `2w`.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    is_number_of(&['w', 'm', 'd', 'h', 's'], text)
}

/// `20G`, `512M`.
#[must_use]
pub fn is_size(text: &str) -> bool {
    is_number_of(&['G', 'M'], text)
}

/// ASCII digits followed by one of the units, and nothing after it.
fn is_number_of(units: &[char], text: &str) -> bool {
    let digits = text.strip_suffix(units);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a text is base64, possibly in several lines.
#[must_use]
pub fn is_base64(text: &str) -> bool {
    STANDARD.decode(text.replace(['\r', '\n'], "")).is_ok()
}

/// Valid TCP ports.
pub const PORTS: std::ops::RangeInclusive<i64> = 1..=65535;

/// The parts of an absolute URL. It may hold a password, so it has no form to print.
#[derive(Clone, PartialEq, Eq)]
pub struct Url<'a> {
    /// The scheme, in lower case: `https`.
    pub scheme: String,
    /// The part before `@`, percent-encoded: a user name, possibly with a password after a colon.
    pub user: Option<&'a str>,
    /// The host; an IPv6 address without its brackets.
    pub host: &'a str,
    /// The port, if given.
    pub port: Option<u16>,
    /// The path, percent-encoded, with its leading slash; empty for none.
    pub path: &'a str,
    /// The part between `?` and `#`.
    pub query: Option<&'a str>,
}

/// Reads an absolute http or https URL, as [`url`] does.
///
/// # Errors
/// What is wrong with it.
pub fn web_url(text: &str) -> Result<Url<'_>, &'static str> {
    let url = url(text)?;
    match url.scheme.as_str() {
        "http" | "https" => Ok(url),
        _ => Err("has another scheme than http or https"),
    }
}

/// Reads an absolute URL with scheme and host (RFC 3986). Accepts what Quay's validator accepts, even if a stricter
/// reader would not: an empty port, spaces in the path, underscores in the host.
///
/// # Errors
/// What is wrong with it.
pub fn url(text: &str) -> Result<Url<'_>, &'static str> {
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err("has a control character, such as the end of a line");
    }
    let (scheme, rest) = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).ok_or("has no scheme")?;
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (authority, path) = rest.find('/').and_then(|slash| rest.split_at_checked(slash)).unwrap_or((rest, ""));
    let (user, server) = authority.rsplit_once('@').map_or((None, authority), |(user, server)| (Some(user), server));
    if !user.is_none_or(|user| {
        user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:%@".contains(&byte))
    }) {
        return Err("has a character before the @ that must be percent-encoded");
    }
    if ![user.unwrap_or_default(), path, fragment].iter().all(|part| is_encoded(part)) {
        return Err("has a percent sign without two hexadecimal digits behind it");
    }
    let (host, digits) = split_server(server)?;
    let port = digits.filter(|digits| !digits.is_empty()).map(port).transpose()?;
    Ok(Url { scheme: scheme.to_ascii_lowercase(), user, host, port, path, query })
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Host and digits of the port, the host without brackets.
fn split_server(server: &str) -> Result<(&str, Option<&str>), &'static str> {
    if let Some((address, rest)) = server.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        let digits = if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or("has text behind the ]")?) };
        let address = address.parse::<std::net::Ipv6Addr>().map(|_| address);
        return address.map(|address| (address, digits)).map_err(|_| "has no address of IPv6 between [ and ]");
    }
    let (host, digits) = server.split_once(':').map_or((server, None), |(host, digits)| (host, Some(digits)));
    if host.is_empty() {
        return Err("has no host");
    }
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"-._~!$&'()*+,;=".contains(&byte);
    if !host.bytes().all(is_host) {
        return Err("has a space or another character in its host that no host has");
    }
    Ok((host, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_digits_and_one_unit_to_the_very_end() {
        for text in ["10m", "7d", "0s", "2w", "00h"] {
            assert!(is_duration(text), "{text}");
        }
        for text in ["", "10", "m", "1.5h", "-5m", "5 m", " 5m", "5m\n", "1h30m", "5M", "5y", "\u{663}d"] {
            assert!(!is_duration(text), "{text:?}");
        }
    }

    fn is_url(text: &str) -> bool {
        url(text).is_ok()
    }

    #[test]
    fn urls_fall_into_their_parts() {
        let found = url("PostgreSQL://quay:p%40ss@db.example.com:5432/quay/x?sslmode=a/b#end").ok().unwrap();
        assert_eq!((found.scheme.as_str(), found.user), ("postgresql", Some("quay:p%40ss")));
        assert_eq!((found.host, found.port), ("db.example.com", Some(5432)));
        assert_eq!((found.path, found.query), ("/quay/x", Some("sslmode=a/b")));
        let found = url("http://[2001:db8::1]:80").ok().unwrap();
        assert_eq!((found.host, found.port, found.path, found.query), ("2001:db8::1", Some(80), "", None));
    }

    #[test]
    fn urls_are_taken_as_generously_as_the_validator_takes_them() {
        for text in [
            "http://a",
            "HTTPS://a.example.com/",
            "http://a:/",
            "http://a:80?x",
            "http://a_1:8080",
            "http://a/b c",
            "https://a/%C3%BC",
            "http://[::1]",
            "http://b\u{fc}cher.example",
        ] {
            assert!(is_url(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_url_says_why() {
        for (text, reason) in [
            ("", "scheme"),
            ("clair.example.com:80", "scheme"),
            ("//clair.example.com", "scheme"),
            ("/docs", "scheme"),
            ("mailto:a@example.com", "scheme"),
            ("http:clair", "scheme"),
            ("http:/clair", "scheme"),
            ("1http://clair", "scheme"),
            (" http://clair", "scheme"),
            ("://clair", "scheme"),
            ("https://", "no host"),
            ("https:///docs", "no host"),
            ("https://?a", "no host"),
            ("https://:80", "no host"),
            ("https://user@", "no host"),
            ("http://clair example.com", "host"),
            ("http://clair%20x", "host"),
            ("http://clair:abc", "port"),
            ("http://clair:65536", "port"),
            ("http://clair:0", "port"),
            ("http://clair:-1", "port"),
            ("http://[::1", "host"),
            ("http://[::1]x", "]"),
            ("http://[clair]", "IPv6"),
            ("http://a b@clair", "@"),
            ("http://us%zz@clair", "percent"),
            ("http://clair/%", "percent"),
            ("http://clair/\n", "control"),
        ] {
            let found = url(text).err().unwrap_or_default();
            assert!(found.contains(reason) && !found.is_empty(), "{text:?}: {found:?}");
        }
    }
}
