//! Passwords in URIs.

use crate::object::Value;

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
    fn a_url_with_a_password_is_found_behind_another() {
        let holds = |text: &str| holds_password(&Value::Seq(vec![text.into()]));
        assert!(holds("https://docs.example.com/ or https://u:p@h/"));
        assert!(!holds("https://docs.example.com/ or https://h/"));
    }
}
