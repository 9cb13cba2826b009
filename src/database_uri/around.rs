//! What may be shown of a URI, around its password.

use super::split_port;
use crate::sensitive::uri::{decoded, password_of};
use zeroize::Zeroizing;

/// A URI around its password.
pub struct Around<'a> {
    /// What stands before the password; the whole URI where it has none.
    pub before: &'a str,
    /// What stands behind it.
    pub after: &'a str,
    password: Option<&'a str>,
}

impl Around<'_> {
    /// Whether there is a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// The password, as the database is asked with it.
    #[must_use]
    pub fn password(&self) -> Option<Zeroizing<Vec<u8>>> {
        self.password.map(|password| Zeroizing::new(decoded(password)))
    }

    /// The URI as that of a database that asks for no password.
    #[must_use]
    pub fn without_password(&self) -> String {
        let before = if self.has_password() { self.before.trim_end_matches(':') } else { self.before };
        format!("{before}{}", self.after)
    }
}

/// Parameters of libpq and PyMySQL whose values are no secrets.
const HARMLESS: &[&str] = &[
    "application_name",
    "autocommit",
    "charset",
    "client_encoding",
    "connect_timeout",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "read_timeout",
    "ssl_ca",
    "sslcrl",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
    "tcp_user_timeout",
    "use_unicode",
    "write_timeout",
];

/// What may be shown of a URI; nothing of one that is written in any way that some reader could take otherwise, or that
/// has a parameter which is not known to be harmless. SQLAlchemy decodes the names of parameters, and hands all of them to
/// the driver.
#[must_use]
pub fn around(uri: &str) -> Option<Around<'_>> {
    let (before, password, after) = match password_of(uri) {
        Some((before, password, after)) => (before, Some(password), after),
        None => (uri, None, ""),
    };
    let (scheme, user) = before.split_once("://")?;
    // Without a password there is no cut: all that follows is in `before`.
    let (user, rest) = match (password.is_some(), user.split_once('@')) {
        (true, _) => (user.strip_suffix(':')?, after.strip_prefix('@')?),
        (false, Some((user, rest))) => (user, rest),
        (false, None) => ("", user),
    };
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (address, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = split_port(address);
    let plain = |text: &str, more: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    let is_plain = plain(scheme, "+")
        && [user, database].iter().all(|name| plain(name, "-._"))
        && plain(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host), "-.:")
        && port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()))
        && query.into_iter().flat_map(|query| query.split('&')).all(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| HARMLESS.contains(&name) && plain(value, "-._/:"))
        });
    is_plain.then_some(Around { before, after, password })
}

#[cfg(test)]
mod tests {
    use super::around;

    #[test]
    fn only_a_plain_uri_with_harmless_parameters_is_shown_around_its_password() {
        let uri =
            "postgresql://quay:p@ss%2F@db.example.com:5432/quay?sslmode=verify-full&sslrootcert=conf/stack/ca.pem";
        let found = around(uri).unwrap();
        let after = "@db.example.com:5432/quay?sslmode=verify-full&sslrootcert=conf/stack/ca.pem";
        assert_eq!((found.before, found.after), ("postgresql://quay:", after));
        assert_eq!(found.password().unwrap().as_slice(), b"p@ss/");
        assert_eq!(found.without_password(), format!("postgresql://quay{after}"));
        for plain in [
            "mysql+pymysql://quay@db/quay?charset=utf8",
            "postgresql://quay:a@[2001:db8::5]:5432/quay",
            "postgresql://db/quay",
        ] {
            assert!(around(plain).is_some(), "{plain}");
        }
        for open in [
            "p://u:a/b@h/d",
            "p://u:a@b/c@h/d",
            "p://u:a#@h",
            "p://u:a",
            "p://u%3Aa@h/d",
            "p://u:a@h%2F/d",
            "p://u:a@h/d%61",
            "p://u:a@h/d#a",
            "p://u:a@h/d?password=a",
            "p://u:a@h/d?p%61ssword=a",
            "p://u:a@h/d?sslPassword=a",
            "p://u:a@h/d?passfile=a",
            "p://u:a@h/d?options=-c%20a",
            "p://u:a@h/d?sslmode=require;password=a",
            "p://u:a@h/d?sslmode=require%26password=a",
            "p://u:a@h/d?sslmode=require&a",
            "p://u:a@h/d?sslmode=require?password=a",
            "p://u:a@h/d?+sslmode=a",
            "u:a@h/d",
            "",
        ] {
            assert!(around(open).is_none(), "{open}");
        }
    }
}
