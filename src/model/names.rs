//! The names of the entries of the keys Secret and of a config bundle.

/// The HMAC key of digests that may be committed: separate from all other keys, so that a digest is good for no more
/// than guessing a password. quay-render's own name, rendered in no object. Older keys files lack it.
pub const DIGEST_KEY: &str = "DIGEST_KEY";
/// The registry's CA, and the certificate and key that it issued.
pub const CA_CERT: &str = "ca.cert";
/// See [`CA_CERT`].
pub const CA_KEY: &str = "ca.key";
/// See [`CA_CERT`].
pub const TLS_CERT: &str = "ssl.cert";
/// See [`CA_CERT`].
pub const TLS_KEY: &str = "ssl.key";

/// The start of the names of files that Quay adds to what it trusts.
pub const EXTRA_CA: &str = "extra_ca_cert_";

/// Whether a key is merged on top of config.yaml: whatever holds ".config.yaml" is, as the operator has it (measured).
pub(super) fn is_fragment(key: &str) -> bool {
    key.contains(".config.yaml")
}

/// The key that a bundle must have.
pub(super) const CONFIG: &str = "config.yaml";

/// Whether a key is read like config.yaml.
#[must_use]
pub fn is_config(key: &str) -> bool {
    key == CONFIG || is_fragment(key)
}

/// The fields of a Secret object.
pub(super) const SECRET_FIELDS: &[&str] =
    &["apiVersion", "kind", "metadata", "type", "immutable", "data", "stringData"];
