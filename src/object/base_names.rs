//! Objects that the program refers to by name: those that pods mount, that fields of config.yaml name, or whose names
//! users must not use. As with the operator, their names begin with the registry's.

/// The name of a registry's object in the cluster: the registry's name, then `base`.
#[must_use]
pub fn named(registry: &str, base: &str) -> String {
    format!("{registry}-{base}")
}

/// The part of an object's name after the registry's; `None` if it does not belong to the registry.
#[must_use]
pub fn base<'n>(name: &'n str, registry: &str) -> Option<&'n str> {
    name.strip_prefix(registry)?.strip_prefix('-')
}

/// Quay's database: Deployment, Service, and in 3.5 the PersistentVolumeClaim.
pub const QUAY_DATABASE: &str = "quay-database";
/// The ObjectBucketClaim, and the Secret and the ConfigMap that its provisioner creates.
pub const BUCKET_CLAIM: &str = "quay-datastore";
/// The Secret with the operator's random values, and the document that `quay-render keys` writes.
pub const KEYS_SECRET: &str = "quay-registry-managed-secret-keys";
/// The Secret with config.yaml and the other files of the bundle.
pub const CONFIG_SECRET: &str = "quay-config-secret";
/// From 3.18 on, the Secret with the certificate and the key that Quay serves.
pub const TLS_SECRET: &str = "quay-config-tls";
/// From 3.18 on, the Secret with the CAs of the bundle.
pub const EXTRA_CA_SECRET: &str = "extra-ca-certs";
/// The ConfigMap with the public part of config.yaml.
pub const CONFIG_MAP: &str = "quay-config";
/// Like the Secret with config.yaml, for the migration.
pub const MIGRATION_CONFIG_SECRET: &str = "quay-migration-config-secret";
/// Like the ConfigMap with config.yaml, for the migration.
pub const MIGRATION_CONFIG_MAP: &str = "quay-migration-config";
/// The ConfigMap with the script and the plan by which Quay's pods assemble their configuration.
pub const JOIN: &str = "quay-join";
/// The same for the migration.
pub const MIGRATION_JOIN: &str = "quay-migration-join";
/// The same for Clair.
pub const CLAIR_JOIN: &str = "clair-join";
/// The ConfigMap with the public part of Clair's configuration.
pub const CLAIR_CONFIG_MAP: &str = "clair-config";
/// The Secret with Clair's configuration.
pub const CLAIR_CONFIG_SECRET: &str = "clair-config-secret";
/// As the Secret with Clair's configuration, for the import of vulnerabilities.
pub const CLAIR_IMPORT_CONFIG_SECRET: &str = "clair-import-config-secret";
/// As the ConfigMap of Clair's configuration, for the import.
pub const CLAIR_IMPORT_CONFIG_MAP: &str = "clair-import-config";
/// The ConfigMap with script and plan of what the import joins.
pub const CLAIR_IMPORT_JOIN: &str = "clair-import-join";
/// The ConfigMap that OpenShift fills with its service CA.
pub const SERVICE_CA: &str = "cluster-service-ca";
/// The ConfigMap that OpenShift fills with the CAs that the cluster trusts.
pub const TRUSTED_CA: &str = "cluster-trusted-ca";
/// The Secret with the certificate and key that an Ingress presents to clients.
pub const ACCESS_TLS: &str = "quay-access-tls";
/// The Secret with the certificate and key that Quay serves, if their issuer creates one.
pub const SERVING_TLS: &str = "quay-serving-tls";
/// The same with the certificate and key that Clair serves.
pub const CLAIR_TLS: &str = "clair-tls";
/// The prefix of required Secrets that the user does not name; their logical names follow.
pub const REQUIRED_PREFIX: &str = "quay-secret-";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn a_template_makes_each_object() {
        let files = Catalog::embedded().files();
        let is_made = |kind: &str, base: &str| {
            files.iter().any(|(path, text)| {
                path.ends_with(&format!("/{kind}-{base}.yaml")) && text.contains(&format!("name(\"{base}\")"))
            })
        };
        for (kind, bases) in [
            ("deployment", &[QUAY_DATABASE][..]),
            ("service", &[QUAY_DATABASE]),
            ("objectbucketclaim", &[BUCKET_CLAIM]),
            (
                "secret",
                &[
                    KEYS_SECRET,
                    CONFIG_SECRET,
                    TLS_SECRET,
                    EXTRA_CA_SECRET,
                    MIGRATION_CONFIG_SECRET,
                    CLAIR_CONFIG_SECRET,
                    CLAIR_IMPORT_CONFIG_SECRET,
                    ACCESS_TLS,
                ],
            ),
            (
                "configmap",
                &[
                    CONFIG_MAP,
                    MIGRATION_CONFIG_MAP,
                    JOIN,
                    MIGRATION_JOIN,
                    CLAIR_JOIN,
                    CLAIR_CONFIG_MAP,
                    CLAIR_IMPORT_CONFIG_MAP,
                    CLAIR_IMPORT_JOIN,
                    SERVICE_CA,
                    TRUSTED_CA,
                ],
            ),
        ] {
            for base in bases {
                assert!(is_made(kind, base), "no template makes the {kind} {base}");
            }
        }
    }
}
