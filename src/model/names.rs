//! The names of what stands in the keys Secret and in a config bundle.

/// One random value.
pub struct Fact {
    /// Its data name.
    pub name: &'static str,
    /// How many characters the operator gives it (measured).
    pub length: usize,
    /// What it is, for messages.
    pub what: &'static str,
}

/// The values that `quay-render keys` makes. The names of the first two and, in later releases, of most others are the
/// operator's.
pub const VALUES: &[Fact] = &[
    Fact { name: "SECRET_KEY", length: 80, what: "Quay's secret key" },
    Fact { name: "DATABASE_SECRET_KEY", length: 80, what: "the key of encrypted database fields" },
    Fact { name: "DB_PASSWORD", length: 32, what: "the database user's password" },
    Fact { name: "DB_ROOT_PW", length: 32, what: "the database superuser's password" },
    Fact { name: "CLAIR_DB_PASSWORD", length: 32, what: "the password of Clair's database" },
    Fact { name: "SECURITY_SCANNER_V4_PSK", length: 32, what: "the key that Quay and Clair share" },
    Fact { name: "CONFIG_EDITOR_PW", length: 16, what: "the config editor's password" },
];

/// What digests are keyed by that may be committed: a value of its own, so that none of them is worth more than a guess at
/// a password. Its name is quay-render's, and no object has it. A keys file may be older than it.
pub const DIGEST_KEY: Fact = Fact { name: "DIGEST_KEY", length: 44, what: "the key of digests that may be committed" };
/// The registry's CA and the pair it issued.
pub const CA_CERT: &str = "ca.cert";
/// See [`CA_CERT`].
pub const CA_KEY: &str = "ca.key";
/// See [`CA_CERT`].
pub const TLS_CERT: &str = "ssl.cert";
/// See [`CA_CERT`].
pub const TLS_KEY: &str = "ssl.key";

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
