//! DB_URI, taken apart.
//!
//! Three programs read it: Quay's validator with Go's `net/url`, Quay itself with SQLAlchemy, and Quay's migration, which
//! decodes the percent signs of the whole text before SQLAlchemy sees it. What follows is measured with Go and with
//! SQLAlchemy 1.3.13. No message holds a part of the text: where it does not parse, the password may stand anywhere.

use super::forms::is_encoded;
use crate::sensitive::uri::{decoded, password_of};
use std::borrow::Cow;

/// The schemes of the databases that Quay 3.5 takes.
pub const SCHEMES: [&str; 2] = [POSTGRES, MYSQL];
/// PostgreSQL's scheme.
pub const POSTGRES: &str = "postgresql";
/// MySQL's scheme.
pub const MYSQL: &str = "mysql+pymysql";

/// The parts of a URI that every reader takes alike, as Quay connects with them. It does not hold the password.
#[derive(Debug, PartialEq, Eq)]
pub struct DatabaseUri {
    /// The scheme, in lower case.
    pub scheme: String,
    /// Whether the scheme stands in lower case, the only one that Quay knows.
    pub is_lower_case: bool,
    /// The user name.
    pub user: String,
    /// Whether there is a password.
    pub has_password: bool,
    /// The host; an IPv6 address without its brackets.
    pub host: String,
    /// The port, where one is given.
    pub port: Option<u16>,
    /// The name of the database.
    pub database: String,
    /// The parameters behind the question mark.
    pub query: Vec<(String, String)>,
    /// Whether a bare `#` is in it, behind which Go reads no further and SQLAlchemy does.
    pub has_fragment: bool,
    /// The first part that Quay's migration reads differently.
    pub changed: Option<&'static str>,
}

/// What is wrong with a URI, and what to do.
pub type Objection = (&'static str, &'static str);

const ENCODE: &str = "percent-encode it in the password: / is %2F, ? is %3F, # is %23, : is %3A, a space is %20";
const NAMED: &str = "postgresql://USER:PASSWORD@HOST:5432/DATABASE";

/// Takes a URI apart.
///
/// # Errors
///
/// What keeps Quay from connecting with it, without a word of the URI itself.
pub fn parse(uri: &str) -> Result<DatabaseUri, Objection> {
    if uri.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(("holds a control character or a line break", "write it on one line, without one at its end"));
    }
    let (scheme, rest) = uri.split_once("://").ok_or(("is not a URI", NAMED))?;
    let lower = scheme.to_ascii_lowercase();
    if !SCHEMES.contains(&lower.as_str()) {
        let hint = "postgresql://... or mysql+pymysql://..., with nothing in front and no other driver behind a +";
        return Err(("names no database that Quay supports", hint));
    }
    let (rest, has_fragment) = match rest.split_once('#') {
        Some((rest, _)) => (rest, true),
        None => (rest, false),
    };
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
    let address = check_user(authority)?;
    let port = check_address(address)?;
    if !is_encoded(path.unwrap_or_default()) {
        return Err(("has a percent sign in the database's name that begins no %XX", "write a % itself as %25"));
    }
    let read = Reading::of(uri).ok_or(("is not a URI", NAMED))?;
    let (host, digits) = split_port(address);
    if read.host != host.trim_start_matches('[').trim_end_matches(']') || read.port != digits {
        return Err(("is read differently by Quay's validator and by Quay itself", ENCODE));
    }
    for (part, problem) in [
        (read.user.as_deref().unwrap_or_default(), ("names no user", NAMED)),
        (read.host, ("names no host", NAMED)),
        (read.database.unwrap_or_default(), ("names no database", NAMED)),
    ] {
        if part.is_empty() {
            return Err(problem);
        }
    }
    Ok(DatabaseUri {
        is_lower_case: scheme == lower,
        scheme: lower,
        has_password: read.password.as_deref().is_some_and(|password| !password.is_empty()),
        host: read.host.to_owned(),
        port,
        database: read.database.unwrap_or_default().to_owned(),
        query: read.parameters(),
        has_fragment,
        changed: changed(uri, &read),
        user: read.user.unwrap_or_default().into_owned(),
    })
}

/// A URI around its password.
#[derive(Debug, PartialEq, Eq)]
pub struct Shown<'a> {
    /// What stands before the password; the whole URI where it has none.
    pub before: &'a str,
    /// Whether there is one.
    pub has_password: bool,
    /// What stands behind it.
    pub after: &'a str,
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
pub fn shown(uri: &str) -> Option<Shown<'_>> {
    let (before, has_password, after) = match password_of(uri) {
        Some((before, _, after)) => (before, true, after),
        None => (uri, false, ""),
    };
    let (scheme, user) = before.split_once("://")?;
    // Without a password there is no cut: all that follows is in `before`.
    let (user, rest) = match (has_password, user.split_once('@')) {
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
    is_plain.then_some(Shown { before, has_password, after })
}

/// Checks the user and the password in front of the last `@`; what is behind it.
fn check_user(authority: &str) -> Result<&str, Objection> {
    let Some((user, address)) = authority.rsplit_once('@') else { return Ok(authority) };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-._:~!$&'()*+,;=%@".contains(c);
    if !user.chars().all(is_allowed) {
        return Err(("has a character in user or password that must be encoded", ENCODE));
    }
    if !is_encoded(user) {
        return Err((
            "has a percent sign in user or password that begins no %XX",
            "choose a password without %: Quay's migration takes no way of writing it",
        ));
    }
    Ok(address)
}

/// Checks a host and its port. What else would stand in front of the first slash is mostly a password with a slash, a
/// question mark or a `#` in it.
fn check_address(address: &str) -> Result<Option<u16>, Objection> {
    let (host, port) = split_port(address);
    let is_bracketed = host.starts_with('[');
    if is_bracketed && !host.ends_with(']') || !is_bracketed && host.contains([':', '[', ']']) {
        return Err(("has a host that is none, or more than one port", ENCODE));
    }
    let is_allowed = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    if !host.chars().all(is_allowed) || !is_encoded(host) {
        return Err(("has a host that is none", "the host is a name or an address: db.example.com"));
    }
    let Some(port) = port else { return Ok(None) };
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(number)),
        _ if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(("has a port that is none", "a whole number from 1 to 65535, or no colon"))
        }
        _ => Err(("has a port that is not a number, or a bare /, ? or # in the password", ENCODE)),
    }
}

/// A host and what is behind its last colon.
fn split_port(address: &str) -> (&str, Option<&str>) {
    match address.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (address, None),
    }
}

/// The text behind a percent-encoded one.
fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('%') {
        return Cow::Owned(String::from_utf8_lossy(&decoded(text)).into_owned());
    }
    Cow::Borrowed(text)
}

/// A URI as SQLAlchemy reads it. It holds the password, so it cannot be printed.
struct Reading<'a> {
    user: Option<Cow<'a, str>>,
    password: Option<Cow<'a, str>>,
    host: &'a str,
    port: Option<&'a str>,
    database: Option<&'a str>,
    query: Option<&'a str>,
}

impl PartialEq for Reading<'_> {
    fn eq(&self, other: &Self) -> bool {
        (&self.user, &self.password) == (&other.user, &other.password)
            && self.host == other.host
            && self.port == other.port
            && self.database == other.database
            && self.parameters() == other.parameters()
    }
}

impl<'a> Reading<'a> {
    fn of(uri: &'a str) -> Option<Self> {
        let (_, rest) = uri.split_once("://")?;
        let (user, password, rest) = credentials(rest);
        let (authority, path) = rest.split_once('/').map_or((rest, None), |(authority, path)| (authority, Some(path)));
        let (host, port) = match authority.strip_prefix('[').and_then(|inner| inner.rsplit_once(']')) {
            Some((host, rest)) => (host, rest.strip_prefix(':')),
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        // A line break ends the database's name for SQLAlchemy.
        let path = path.map(|path| path.split('\n').next().unwrap_or_default());
        let (database, query) = match path.and_then(|path| path.split_once('?')) {
            Some((database, query)) => (Some(database), query.split('?').next()),
            None => (path, None),
        };
        Some(Self { user: user.map(decode), password: password.map(decode), host, port, database, query })
    }

    fn parameters(&self) -> Vec<(String, String)> {
        let pairs = self.query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
        let plain = |text: &str| decode(&text.replace('+', " ")).into_owned();
        pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (plain(name), plain(value))).collect()
    }
}

/// User and password, and what is behind them: the user ends at the first colon, the password at the last `@`.
fn credentials(rest: &str) -> (Option<&str>, Option<&str>, &str) {
    let end = rest.find([':', '/']).unwrap_or(rest.len());
    let (name, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if let Some(secret) = behind.strip_prefix(':') {
        let line = secret.split('\n').next().unwrap_or_default();
        if let Some((password, _)) = line.rsplit_once('@') {
            let rest = secret.get(password.len() + 1..).unwrap_or_default();
            return (Some(name), Some(password), rest);
        }
    }
    match name.rsplit_once('@') {
        Some((user, _)) => (Some(user), None, rest.get(user.len() + 1..).unwrap_or_default()),
        None => (None, None, rest),
    }
}

/// The part that the migration reads differently. A percent sign that is left after its decoding is refused by Python's
/// configparser, or halved where it stands twice: no encoding of one arrives as it is.
fn changed(uri: &str, read: &Reading<'_>) -> Option<&'static str> {
    let decoded = decode(uri);
    let is_refused = decoded.replace("%%", "").contains('%');
    let halved = decoded.replace("%%", "%");
    if !is_refused && Reading::of(&halved).is_some_and(|again| again == *read) {
        return None;
    }
    let holds = |part: &Option<Cow<'_, str>>, signs: &[char]| part.as_deref().is_some_and(|part| part.contains(signs));
    let parts = [
        ("password", holds(&read.password, &['%', '\n'])),
        ("user name", holds(&read.user, &['%', ':', '/'])),
        ("host", read.host.contains('%')),
        ("database's name", read.database.is_some_and(|name| name.contains('%'))),
        ("query", true),
    ];
    parts.into_iter().find_map(|(part, is_changed)| is_changed.then_some(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(uri: &str) -> &'static str {
        parse(uri).map_or_else(|(message, _)| message, |_| "")
    }

    #[test]
    fn only_a_plain_uri_with_harmless_parameters_is_shown_around_its_password() {
        assert_eq!(
            shown(
                "postgresql://quay:p@ss%2F@db.example.com:5432/quay?sslmode=verify-full&sslrootcert=conf/stack/ca.pem"
            ),
            Some(Shown {
                before: "postgresql://quay:",
                has_password: true,
                after: "@db.example.com:5432/quay?sslmode=verify-full&sslrootcert=conf/stack/ca.pem"
            })
        );
        for plain in [
            "mysql+pymysql://quay@db/quay?charset=utf8",
            "postgresql://quay:a@[2001:db8::5]:5432/quay",
            "postgresql://db/quay",
        ] {
            assert!(shown(plain).is_some(), "{plain}");
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
            assert_eq!(shown(open), None, "{open}");
        }
    }

    #[test]
    fn the_parts_are_those_that_quay_connects_with() {
        let uri = parse("postgresql://quay:p%40s%2Fs@[2001:db8::5]:5432/quay?sslmode=require&a=b+c").unwrap();
        assert_eq!((uri.scheme.as_str(), uri.user.as_str(), uri.has_password), ("postgresql", "quay", true));
        assert_eq!((uri.host.as_str(), uri.port, uri.database.as_str()), ("2001:db8::5", Some(5432), "quay"));
        let pairs = [("sslmode", "require"), ("a", "b c")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(uri.query, pairs);
        assert_eq!((uri.is_lower_case, uri.has_fragment, uri.changed), (true, false, None));
        let uri = parse("MySQL+PyMySQL://q%20y:@db/quay#x").unwrap();
        assert_eq!((uri.scheme.as_str(), uri.user.as_str(), uri.has_password), ("mysql+pymysql", "q y", false));
        assert_eq!((uri.port, uri.database.as_str()), (None, "quay#x"));
        assert_eq!((uri.is_lower_case, uri.has_fragment), (false, true));
        assert_eq!(parse("postgresql://quay:p@ss@db/quay").unwrap().host, "db");
    }

    #[test]
    fn what_no_reader_takes_is_refused_and_nothing_of_it_is_told() {
        for (uri, part) in [
            ("", "not a URI"),
            ("postgresql:quay:hidden@db/quay", "not a URI"),
            ("postgres://quay:hidden@db/quay", "no database that"),
            (" postgresql://quay:hidden@db/quay", "no database that"),
            ("postgresql+psycopg2://quay:hidden@db/quay", "no database that"),
            ("sqlite:///quay.db", "no database that"),
            ("mysql://quay:hidden@db/quay", "no database that"),
            ("postgresql://quay:hidden@db/quay\n", "control"),
            ("postgresql://quay:hid#den@db/quay", "not a number"),
            ("postgresql://quay:hid?den@db/quay", "not a number"),
            ("postgresql://quay:hid/den@db/quay", "not a number"),
            ("postgresql://quay:1/2@db/quay", "differently"),
            ("postgresql://quay:1#2@db/quay", "differently"),
            ("postgresql://quay:hid den@db/quay", "must be encoded"),
            ("postgresql://quay:hidd\u{e9}n@db/quay", "must be encoded"),
            ("postgresql://quay:hid%den@db/quay", ""),
            ("postgresql://quay:hid%zden@db/quay", "begins no %XX"),
            ("postgresql://quay:hidden%@db/quay", "begins no %XX"),
            ("postgresql://quay:hidden%4@db/quay", "begins no %XX"),
            ("postgresql://quay:hidden@db/qu%ay", "database's name"),
            ("postgresql://quay:hidden@d b/quay", "host that is none"),
            ("postgresql://quay:hidden@d%zb/quay", "host that is none"),
            ("postgresql://quay:hidden@2001:db8::5/quay", "more than one port"),
            ("postgresql://quay:hidden@[2001:db8::5/quay", "more than one port"),
            ("postgresql://quay:hidden@a:1,b:2/quay", "more than one port"),
            ("postgresql://quay:hidden@db:/quay", "port that is none"),
            ("postgresql://quay:hidden@db:0/quay", "port that is none"),
            ("postgresql://quay:hidden@db:65536/quay", "port that is none"),
            ("postgresql://quay:hidden@db:99999999999999999999/quay", "port that is none"),
            ("postgresql://quay:hidden@db:+5/quay", "not a number"),
            ("postgresql://quay:hidden@db:https/quay", "not a number"),
            ("postgresql://quay:hidden@db/quay?x=a@b", "differently"),
            ("postgresql://quay:hidden@/quay", "no host"),
            ("postgresql://quay:hidden@:5432/quay", "no host"),
            ("postgresql://db/quay", "no user"),
            ("postgresql://:hidden@db/quay", "no user"),
            ("postgresql://quay:hidden@db", "no database"),
            ("postgresql://quay:hidden@db/", "no database"),
            ("postgresql://quay:hidden@db/?sslmode=require", "no database"),
            ("postgresql://", "no user"),
        ] {
            assert!(
                message(uri).contains(part) && message(uri).is_empty() == part.is_empty(),
                "{uri}: {}",
                message(uri)
            );
        }
        assert!(parse("postgresql://quay:hidden@db:65535/quay").is_ok());
    }

    #[test]
    fn the_migration_loses_percent_signs_and_what_it_decodes_too_early() {
        let changed = |uri: &str| parse(uri).unwrap().changed;
        for (uri, part) in [
            ("postgresql://quay:a%40%2F%3A%23%3F%20b@db/quay", None),
            ("postgresql://quay:%C3%A9@db/quay", None),
            ("postgresql://quay:a@b@db/quay", None),
            ("postgresql://quay:a%25b@db/quay", Some("password")),
            ("postgresql://quay:a%25%25b@db/quay", Some("password")),
            ("postgresql://quay:a%2525b@db/quay", Some("password")),
            ("postgresql://quay:a%0Ab@db/quay", Some("password")),
            ("postgresql://q%40y:a@db/quay", None),
            ("postgresql://q%3Ay:a@db/quay", Some("user name")),
            ("postgresql://q%2Fy:a@db/quay", Some("user name")),
            ("postgresql://quay:a@db/qu%20ay", Some("database's name")),
            ("postgresql://quay:a@db/qu%41y", Some("database's name")),
            ("postgresql://quay:a@db/quay?a=b%26c", Some("query")),
            ("postgresql://quay:a@db/quay?a=b%2Fc", None),
        ] {
            assert_eq!(changed(uri), part, "{uri}");
        }
    }
}
