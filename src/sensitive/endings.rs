//! The words at the end of secret names.

/// The endings of the names of fields, variables and options whose values are secret in any context, in letters and
/// digits only.
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
/// Names with such an ending that are no secret: the name of a Secret, and the volume source for a pod's own token.
pub(super) const HARMLESS: &[&str] = &["qek8sconfigsecret", "serviceaccounttoken"];
