//! DB_URI, taken apart: its parts as Quay connects with them ([`parse`]), and what stands around its password
//! (`around`).
//!
//! Three programs read it: Quay's validator with Go's `net/url`, Quay itself with SQLAlchemy, and Quay's migration, which
//! decodes the percent signs of the whole text before SQLAlchemy sees it. What follows is measured with Go and with
//! SQLAlchemy 1.3.13. No message holds a part of the text: where it does not parse, the password may stand anywhere.

mod around;
mod reading;

pub use around::{Around, around};

use crate::sensitive::uri::is_encoded;
use reading::{Reading, changed};

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
        return Err(("has an invalid host, or more than one port", ENCODE));
    }
    let is_allowed = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_.~!$&'()*+,;=:[]<>\"%".contains(c);
    if !host.chars().all(is_allowed) || !is_encoded(host) {
        return Err(("has an invalid host", "the host is a name or an address: db.example.com"));
    }
    let Some(port) = port else { return Ok(None) };
    match port.parse::<u16>() {
        Ok(number) if number > 0 && port.bytes().all(|byte| byte.is_ascii_digit()) => Ok(Some(number)),
        _ if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(("has an invalid port", "a whole number from 1 to 65535, or no colon"))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(uri: &str) -> &'static str {
        parse(uri).map_or_else(|(message, _)| message, |_| "")
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
            ("postgresql://quay:hidden@d b/quay", "invalid host"),
            ("postgresql://quay:hidden@d%zb/quay", "invalid host"),
            ("postgresql://quay:hidden@2001:db8::5/quay", "more than one port"),
            ("postgresql://quay:hidden@[2001:db8::5/quay", "more than one port"),
            ("postgresql://quay:hidden@a:1,b:2/quay", "more than one port"),
            ("postgresql://quay:hidden@db:/quay", "invalid port"),
            ("postgresql://quay:hidden@db:0/quay", "invalid port"),
            ("postgresql://quay:hidden@db:65536/quay", "invalid port"),
            ("postgresql://quay:hidden@db:99999999999999999999/quay", "invalid port"),
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
}
