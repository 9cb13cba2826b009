//! Formats of texts in storages, as the client requires them with which Quay's validator connects to the storage.

use crate::host::{Host, Peer};

/// Why a text is not a valid host of an S3 storage. It is a name or an address, with a port only if none is given
/// elsewhere.
#[must_use]
pub fn host_objection(host: &str, has_port: bool) -> Option<&'static str> {
    if host.contains("://") {
        return Some("is a URL: the scheme is not part of it");
    }
    if host.contains('/') {
        return Some("has a path");
    }
    if host.chars().any(char::is_whitespace) {
        return Some("has a space in it");
    }
    let host = Host::read(host);
    let has_own = host.digits().is_some();
    if has_own && has_port {
        return Some("has a port, and there is another in `port`");
    }
    if has_own && host.port().is_none() {
        return Some("has an invalid port");
    }
    let is_address = matches!(host.peer(), Peer::Ip(_));
    (!is_address && !is_name(host.host())).then_some("is not a host")
}

fn is_name(name: &str) -> bool {
    let edges = ['-', '_', '.'];
    let is_allowed = |c: char| c.is_alphanumeric() || edges.contains(&c);
    (1..=255).contains(&name.len())
        && name.chars().all(is_allowed)
        && !name.starts_with(edges)
        && !name.ends_with(edges)
        && !name.contains("..")
}

/// The minimal length of a bucket's name.
pub const SHORTEST_BUCKET: usize = 3;

/// Why a text is not a valid name of a bucket. Capital letters and underscores are accepted: old buckets have them.
#[must_use]
pub fn bucket_objection(name: &str) -> Option<&'static str> {
    let length = name.chars().count();
    if length < SHORTEST_BUCKET {
        return Some("has fewer than three characters");
    }
    if length > 63 {
        return Some("has more than 63 characters");
    }
    let labels: Vec<&str> = name.split('.').collect();
    let is_number = |label: &&str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
    if labels.len() == 4 && labels.iter().all(is_number) {
        return Some("looks like an address");
    }
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    if !name.chars().all(|c| is_edge(c) || ".-_:".contains(c)) {
        return Some("has a character that no bucket has");
    }
    if !name.starts_with(is_edge) || !name.ends_with(is_edge) {
        return Some("begins or ends with neither a letter nor a digit");
    }
    ["..", ".-", "-."].iter().any(|pair| name.contains(pair)).then_some("has a dot beside a dot or a dash")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_scheme_path_space_or_second_port() {
        for host in ["rgw.example.com", "s3", "rgw_1.example.com", "10.0.0.5", "[2001:db8::1]", "rgw.example.com:8080"]
        {
            assert_eq!(host_objection(host, false), None, "{host}");
        }
        assert_eq!(host_objection("[2001:db8::1]:443", false), None);
        assert_eq!(host_objection("2001:db8::1", true), None);
        for (host, has_port, part) in [
            ("https://rgw.example.com", false, "URL"),
            ("rgw.example.com/data", false, "path"),
            ("rgw.example.com/", false, "path"),
            ("rgw example.com", false, "space"),
            ("rgw.example.com ", false, "space"),
            ("rgw.example.com:8080", true, "another"),
            ("[2001:db8::1]:443", true, "another"),
            ("rgw.example.com:", false, "invalid port"),
            ("rgw.example.com:65536", false, "invalid port"),
            ("rgw.example.com:80:80", false, "not a host"),
            ("-rgw.example.com", false, "not a host"),
            ("rgw..example.com", false, "not a host"),
            ("rgw.example.com.", false, "not a host"),
            ("*.example.com", false, "not a host"),
            ("user@rgw.example.com", false, "not a host"),
        ] {
            assert!(host_objection(host, has_port).is_some_and(|reason| reason.contains(part)), "{host}");
        }
    }

    #[test]
    fn a_bucket_is_neither_short_nor_an_address() {
        for name in ["abc", "quay-data", "Quay_Data", "a.b.c", "1.2.3", "a:b", &"a".repeat(63)] {
            assert_eq!(bucket_objection(name), None, "{name}");
        }
        for (name, part) in [
            ("ab", "fewer"),
            ("10.0.0.1", "address"),
            ("999.0.0.1", "address"),
            ("quay/data", "character"),
            ("quay data", "character"),
            ("quay\u{e9}data", "character"),
            ("-quay", "begins or ends"),
            ("quay.", "begins or ends"),
            ("quay..data", "dot beside"),
            ("quay.-data", "dot beside"),
            ("quay-.data", "dot beside"),
            (&"a".repeat(64), "more than"),
        ] {
            assert!(bucket_objection(name).is_some_and(|reason| reason.contains(part)), "{name}");
        }
    }
}
