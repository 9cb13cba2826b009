//! The words that names of secrets end with.

/// How the names of fields, variables and options end whose values are secret wherever they stand, in letters and digits
/// alone.
pub(super) const ENDINGS: &[&str] = &[
    "accesskey",
    "accountkey",
    "apikey",
    "authkey",
    "authorization",
    "bindpw",
    "clientsecret",
    "credential",
    "credentials",
    "dockerconfigjson",
    "encryptionkey",
    "integrationkey",
    "keypass",
    "licensekey",
    "masterauth",
    "masterkey",
    "oauth2bearer",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "presharedkey",
    "privatekey",
    "requirepass",
    "rootpw",
    "secretaccesskey",
    "secretkey",
    "secretstring",
    "servicekey",
    "sharedkey",
    "signingkey",
    "storepass",
    "token",
    "tokens",
];
/// What ends like a secret and is none: the name of a Secret, and how a pod's own token is mounted.
pub(super) const HARMLESS: &[&str] = &["qek8sconfigsecret", "serviceaccounttoken"];
