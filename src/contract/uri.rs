//! Passwords in URIs.

use crate::object::Value;
use std::ops::Range;

/// Whether a text of a value is a URL with a password, wherever it stands.
pub fn holds_password(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.match_indices("://").any(|(at, _)| text.get(at..).and_then(password_of).is_some()),
        Value::Seq(items) => items.iter().any(holds_password),
        Value::Map(map) => map.iter().any(|(_, value)| holds_password(value)),
        _ => false,
    }
}

/// A URI, with what stands before its password and behind it.
pub fn password_of(uri: &str) -> Option<(&str, &str, &str)> {
    let start = uri.find("://")? + 3;
    let rest = uri.get(start..)?;
    let authority = rest.get(..rest.find(['/', '?', '#']).unwrap_or(rest.len()))?;
    let end = start + authority.rfind('@')?;
    let colon = start + uri.get(start..end)?.find(':')? + 1;
    Some((uri.get(..colon)?, uri.get(colon..end)?, uri.get(end..)?))
}

/// Where user and password of each URL of a text stand. A password may have any character but a blank, so what cannot be a
/// port is one up to the last `@` of the word, and every `@` of a URL that is not the web's ends one.
pub fn userinfos(text: &str) -> Vec<Range<usize>> {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>');
    let (mut found, mut from) = (Vec::new(), 0);
    while let Some(at) = text.get(from..).and_then(|rest| rest.find("://")) {
        let start = from + at + "://".len();
        let rest = text.get(start..).unwrap_or_default();
        let word = rest.get(..rest.find(is_blank).unwrap_or(rest.len())).unwrap_or_default();
        let authority = word.get(..word.find(['/', '?', '#']).unwrap_or(word.len())).unwrap_or_default();
        let is_web = text.get(..start).is_some_and(|front| front.ends_with("http://") || front.ends_with("https://"));
        let is_port = |port: &str| port.chars().all(|c| c.is_ascii_digit());
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let is_host = host.rsplit_once(':').is_none_or(|(_, port)| is_port(port) || port.ends_with(']'));
        let end = if is_web && is_host { authority.rfind('@') } else { word.rfind('@') };
        found.extend(end.map(|end| start..start + end));
        from = start + end.unwrap_or(0);
    }
    found
}

/// Whether a DB_URI may hold a password elsewhere than where it is looked for: SQLAlchemy takes all up to the last `@` for
/// one, slashes too, and hands parameters on to the driver. A rule refuses the former, and can be switched off.
pub fn is_ambiguous(uri: &str) -> bool {
    let rest = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let tail = rest.find(['/', '?', '#']).and_then(|end| rest.get(end..)).unwrap_or_default();
    let parameters = tail.split_once('?').map_or("", |(_, parameters)| parameters);
    tail.contains('@') || parameters.to_ascii_lowercase().contains("pass")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_found_in_a_uri_by_its_last_at() {
        assert_eq!(
            password_of("postgresql://u:p@w@h:5432/d?sslmode=require"),
            Some(("postgresql://u:", "p@w", "@h:5432/d?sslmode=require"))
        );
        assert_eq!(password_of("https://u:@h/"), Some(("https://u:", "", "@h/")));
        for none in ["https://h/a@b:c", "https://u@h:80/", "u:p@h", "https://h:443"] {
            assert_eq!(password_of(none), None, "{none}");
        }
    }

    #[test]
    fn a_uri_that_others_read_otherwise_is_not_shown() {
        for ambiguous in
            ["p://u:a/b@h/d", "p://u:a@b/c@h/d", "p://u@h/d?password=a", "p://h?sslPassword=a", "p://u:a#@h"]
        {
            assert!(is_ambiguous(ambiguous), "{ambiguous}");
        }
        for plain in ["p://u:a@h:5432/d?sslmode=require", "p://u:a@b@h/d", "p://h/pass", "p://pass:a@h"] {
            assert!(!is_ambiguous(plain), "{plain}");
        }
    }

    #[test]
    fn user_and_password_of_every_url_are_found() {
        for (text, wanted) in [
            ("https://github.com/a@b", &[][..]),
            ("https://h:443/a@b", &[]),
            ("https://[::1]/a@b", &[]),
            ("https://u:p@ss@host:8/x", &["u:p@ss"]),
            ("https://u:p@host/x@y", &["u:p"]),
            ("https://u:p/w@host/x", &["u:p/w"]),
            ("http://a:b@c http://d:e@f", &["a:b", "d:e"]),
            ("postgresql://u:1/2@h/d", &["u:1/2"]),
            ("redis://:p@h,redis://:q@i", &[":p@h,redis://:q"]),
            ("url='https://u:p@h' a@b", &["u:p"]),
            ("no url", &[]),
        ] {
            let found: Vec<&str> = userinfos(text).into_iter().filter_map(|range| text.get(range)).collect();
            assert_eq!(found, wanted, "{text}");
        }
    }

    #[test]
    fn a_url_with_a_password_is_found_behind_another() {
        let holds = |text: &str| holds_password(&Value::Seq(vec![text.into()]));
        assert!(holds("https://docs.example.com/ or https://u:p@h/"));
        assert!(!holds("https://docs.example.com/ or https://h/"));
    }
}
