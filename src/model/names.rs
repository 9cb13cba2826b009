//! The names of what stands in the keys Secret and in a config bundle.

/// What digests are keyed by that may be committed: a value of its own, so that none of them is worth more than a guess at
/// a password. Its name is quay-render's, and no object has it. A keys file may be older than it.
pub const DIGEST_KEY: &str = "DIGEST_KEY";
/// The registry's CA and the pair it issued.
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

/// Whether a key is read as config.yaml is.
#[must_use]
pub fn is_config(key: &str) -> bool {
    key == CONFIG || is_fragment(key)
}

/// The fields of a Secret.
pub(super) const SECRET_FIELDS: &[&str] =
    &["apiVersion", "kind", "metadata", "type", "immutable", "data", "stringData"];
