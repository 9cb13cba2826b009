//! A URI as SQLAlchemy reads it, and as Quay's migration does.

use crate::sensitive::uri::decoded;
use std::borrow::Cow;

/// The text behind a percent-encoded one.
fn decode(text: &str) -> Cow<'_, str> {
    if text.contains('%') {
        return Cow::Owned(String::from_utf8_lossy(&decoded(text)).into_owned());
    }
    Cow::Borrowed(text)
}

/// A URI as SQLAlchemy reads it. It holds the password, so it cannot be printed.
pub(super) struct Reading<'a> {
    pub user: Option<Cow<'a, str>>,
    pub password: Option<Cow<'a, str>>,
    pub host: &'a str,
    pub port: Option<&'a str>,
    pub database: Option<&'a str>,
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
    pub fn of(uri: &'a str) -> Option<Self> {
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

    pub fn parameters(&self) -> Vec<(String, String)> {
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
pub(super) fn changed(uri: &str, read: &Reading<'_>) -> Option<&'static str> {
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
    use super::super::parse;

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
