//! Decides which names suggest a secret.

use super::endings::{ENDINGS, HARMLESS};
use super::phrase;

/// Endings of names that suggest a secret only for variables: fields with such names hold other things.
const VARIABLE_ENDINGS: &[&str] = &["key", "pass", "psk", "pw", "pwd", "secret"];
/// The last words of names whose values are secret only if they are texts, not maps or lists.
const VALUE_WORDS: &[&str] = &["pass", "psk", "pw", "pwd"];
/// Whether a field of that name holds a secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    ends_with(name, &[ENDINGS]) || phrase::is_last(name)
}

/// Whether a variable of that name holds a secret.
#[must_use]
pub fn is_secret_variable(name: &str) -> bool {
    ends_with(name, &[ENDINGS, VARIABLE_ENDINGS]) || phrase::is_last(name)
}

/// Whether a text or a number with such a name is secret: as a field's value, or as that of a variable with a name in
/// capitals.
#[must_use]
pub fn is_secret_of_value(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric();
    let is_variable =
        || name.contains(|c: char| c.is_ascii_uppercase()) && !name.contains(|c: char| c.is_ascii_lowercase());
    let last = name.rsplit(|c| !is_word(c)).next().unwrap_or_default();
    // The last word of `dbPass` starts at its last capital.
    let hump = last.rfind(|c: char| c.is_ascii_uppercase()).and_then(|at| last.get(at..)).unwrap_or_default();
    let is_value = |word: &str| VALUE_WORDS.iter().any(|known| known.eq_ignore_ascii_case(word));
    let is_called_secret = || name == "secret" || name.ends_with("_secret");
    is_secret(name)
        || (is_variable() && is_secret_variable(name))
        || is_value(last)
        || is_value(hump)
        || is_called_secret()
}

fn ends_with(name: &str, endings: &[&[&str]]) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let ends = endings.iter().copied().flatten().any(|ending| name.ends_with(ending));
    ends && !HARMLESS.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_by_their_ends() {
        for name in ["password", "DB_PASSWORD", "adminPassword", "api-key", "auth.token", "AWS_SECRET_ACCESS_KEY"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["secretName", "passwordFile", "key", "serviceAccountToken", "tokenExpiration"] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_secret_variable("ENCRYPTION_KEY") && is_secret_variable("CONFIG_EDITOR_PW"));
        for name in ["DB_PASS", "dbPass", "redis.pwd", "secret", "cookie_secret", "TLS_KEY", "pass"] {
            assert!(is_secret_of_value(name), "{name}");
        }
        for name in
            ["compass", "existingSecret", "imagePullSecret", "secretName", "key", "monkey", "QE_K8S_CONFIG_SECRET"]
        {
            assert!(!is_secret_of_value(name), "{name}");
        }
        assert!(!is_secret_variable("QE_K8S_CONFIG_SECRET") && !is_secret_variable("DB_HOST"));
    }
}
