//! Which names speak of a secret.

/// How the names of fields, variables and options end whose values are secret wherever they stand, in letters and digits
/// alone.
const ENDINGS: &[&str] = &[
    "accesskey",
    "apikey",
    "authorization",
    "clientsecret",
    "credential",
    "credentials",
    "dockerconfigjson",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "presharedkey",
    "privatekey",
    "secretaccesskey",
    "secretkey",
    "token",
    "tokens",
];
/// Those of variables, where fields of the same names hold other things.
const VARIABLE_ENDINGS: &[&str] = &["key", "pass", "psk", "pw", "pwd", "secret"];
/// What ends like a secret and is none: the name of a Secret, and how a pod's own token is mounted.
const HARMLESS: &[&str] = &["qek8sconfigsecret", "serviceaccounttoken"];

/// Whether a field of that name holds a secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    ends_with(name, &[ENDINGS])
}

/// Whether a variable of that name does.
#[must_use]
pub fn is_secret_variable(name: &str) -> bool {
    ends_with(name, &[ENDINGS, VARIABLE_ENDINGS])
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
        assert!(!is_secret_variable("QE_K8S_CONFIG_SECRET") && !is_secret_variable("DB_HOST"));
    }
}
