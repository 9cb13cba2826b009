//! Forms of texts that several rules ask for.

/// `30m`, `2w`: ASCII digits and one unit, to the very end.
#[must_use]
pub fn is_duration(text: &str) -> bool {
    let digits = text.strip_suffix(['w', 'm', 'd', 'h', 's']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `20G`, `512M`.
#[must_use]
pub fn is_size(text: &str) -> bool {
    let digits = text.strip_suffix(['G', 'M']);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The ports of TCP.
pub const PORTS: std::ops::RangeInclusive<i64> = 1..=65535;

/// A host with an optional port, as SERVER_HOSTNAME is: letters, digits, `-` and `.`; a final dot does no harm.
///
/// # Errors
/// Why it is none, as the end of a message.
pub fn host(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    if text.trim() != text {
        return Err("it begins or ends with a space or a line break");
    }
    if text.contains("://") || text.contains('/') {
        return Err("it is a URL or has a path");
    }
    if text.starts_with('[') || text.matches(':').count() > 1 {
        return Err("an IPv6 address cannot stand here");
    }
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(self::port(port).ok_or("its port is no number up to 65535")?)),
        None => (text, None),
    };
    let labels = name.strip_suffix('.').unwrap_or(name);
    if labels.is_empty() {
        return Err("it has no name");
    }
    if !labels.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.')) {
        return Err("it has letters, digits, `-` and `.` only");
    }
    if labels.split('.').any(|label| label.chars().all(|c| c == '-')) {
        return Err("one of its labels is empty or has dashes only");
    }
    Ok((name, port))
}

fn port(text: &str) -> Option<u16> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// An absolute URL, taken apart as Go does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url<'a> {
    /// The scheme in lower case.
    pub scheme: String,
    /// The host, an IPv6 address with its brackets; never empty.
    pub host: &'a str,
    /// The port.
    pub port: Option<u16>,
    /// What follows the authority, from `/`, `?` or `#` on.
    pub rest: &'a str,
}

impl Url<'_> {
    /// Whether the scheme is http or https.
    #[must_use]
    pub fn is_http(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }
}

/// Reads an absolute URL with scheme and host.
///
/// # Errors
/// Why it is none, as the end of a message; no part of it is repeated, since it may hold a password.
pub fn url(text: &str) -> Result<Url<'_>, &'static str> {
    if text.chars().any(char::is_control) {
        return Err("it has a control character or a line break");
    }
    let (scheme, rest) = text.split_once("://").ok_or("it has no scheme such as https://")?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !is_scheme {
        return Err("it has no scheme such as https://");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let place = authority.rsplit_once('@').map_or(authority, |(_, place)| place);
    let (host, port) = place_of(place)?;
    if !has_sound_escapes(rest) {
        return Err("a percent sign is not followed by two hexadecimal digits");
    }
    Ok(Url { scheme: scheme.to_ascii_lowercase(), host, port, rest })
}

/// Host and port of a URL's authority.
fn place_of(place: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match place.rfind(']') {
        Some(end) if place.starts_with('[') => place.split_at(end + 1),
        Some(_) => return Err("its host has a bracket without its like"),
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let allowed = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]".contains(c);
    if host.is_empty() {
        return Err("it has no host");
    }
    if !host.chars().all(allowed) {
        return Err("its host has a character that no host has");
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok((host, None)),
        Some("") => Ok((host, None)),
        Some(number) => Ok((host, Some(self::port(number).ok_or("its port is no number up to 65535")?))),
        None => Err("its host has a character that no host has"),
    }
}

/// Whether every percent sign is followed by two hexadecimal digits.
#[must_use]
pub fn has_sound_escapes(text: &str) -> bool {
    let digits = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).all(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_digits_and_one_unit() {
        for good in ["30m", "0s", "2w", "7d", "100h"] {
            assert!(is_duration(good), "{good}");
        }
        for bad in ["", "m", "10", "1.5h", "-5m", "5 m", "1h30m", "٣d", "10m\n", "5M"] {
            assert!(!is_duration(bad), "{bad:?}");
        }
        assert!(is_size("20G") && !is_size("20g") && !is_size("G") && !is_size("1.5G"));
    }

    #[test]
    fn a_host_has_labels_and_perhaps_a_port() {
        assert_eq!(host("quay.example.com"), Ok(("quay.example.com", None)));
        assert_eq!(host("Quay.example.com.:65535"), Ok(("Quay.example.com.", Some(65535))));
        assert_eq!(host("10.0.0.5:443"), Ok(("10.0.0.5", Some(443))));
        for bad in [
            "",
            "-",
            ".",
            "a..b",
            "a.-.b",
            " a",
            "a ",
            "a\n",
            "a:",
            "a:65536",
            "a:b",
            "a:1:2",
            "[::1]:443",
            "*.a.b",
            "a_b",
            "https://a",
            "a/b",
            "{{ host }}",
            "ü.example.com",
        ] {
            assert!(host(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_url_has_scheme_and_host() {
        let read = url("HTTPS://u:p@w@h.example.com:8443/a?b").unwrap_or_else(|reason| panic!("{reason}"));
        assert_eq!(
            (read.scheme.as_str(), read.host, read.port, read.rest),
            ("https", "h.example.com", Some(8443), "/a?b")
        );
        assert_eq!(url("http://[2001:db8::1]:80").map(|url| (url.host, url.port)), Ok(("[2001:db8::1]", Some(80))));
        assert!(url("http://h:").is_ok());
        for bad in [
            "",
            "h",
            "h:80",
            "//h",
            "https://",
            "https:///a",
            "http://:80",
            "http://h:abc",
            "http://h:65536",
            "http://a b",
            "http://h\n",
            "1http://h",
            "http://h]:80",
            "http://h/%zz",
            "http://{h}",
        ] {
            assert!(url(bad).is_err(), "{bad:?}");
        }
    }
}
