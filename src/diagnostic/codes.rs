//! Every diagnostic code with its severity and its page, in one table.

use super::Severity;
use std::fmt;

/// A stable kebab-case name of one kind of diagnostic.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Code(&'static Entry);

/// One row of the table.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: &'static str,
    severity: Severity,
    is_rule: bool,
    page: &'static str,
}

impl Code {
    /// The name: `component-unknown`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0.name
    }

    /// The default severity of a diagnostic with this code.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// Whether it is a rule about Quay's configuration or images, whose severity the user may change
    /// (`spec.diagnostics`). Conditions that the compiler itself requires are not rules.
    #[must_use]
    pub fn is_rule(self) -> bool {
        self.0.is_rule
    }

    /// Whether a note is said unasked: something of the input is skipped, or nothing leads to the registry, or a change of this one
    /// run is told. Others are as true in the next run as in this one.
    #[must_use]
    pub fn matters(self) -> bool {
        [INPUT_SKIPPED, ACCESS_OUTSIDE, MORE_PROBLEMS, SERVICE_TYPE, POOL_VOLUMES].contains(&self)
    }

    /// The page that `quay-render explain` prints, in Markdown.
    #[must_use]
    pub fn page(self) -> &'static str {
        self.0.page
    }

    /// The code of that name, if there is one.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|code| code.as_str() == name)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! codes {
    ($($constant:ident $name:literal $severity:ident $($rule:ident)?;)*) => {
        $(
            #[doc = concat!("`", $name, "`: see its page below `diagnostic/pages`.")]
            pub const $constant: Code = Code(&Entry {
                name: $name,
                severity: Severity::$severity,
                is_rule: codes!(@is_rule $($rule)?),
                page: include_str!(concat!("pages/", $name, ".md")),
            });
        )*
        /// Every code, in the order of this file.
        pub const ALL: &[Code] = &[$($constant),*];
    };
    (@is_rule rule) => { true };
    (@is_rule) => { false };
}

codes! {
    // The files and documents of an input.
    INPUT_FILE "input-file" Error;
    INPUT_DOCUMENT "input-document" Error;
    INPUT_DUPLICATE "input-duplicate" Error;
    INPUT_MISSING "input-missing" Error;
    INPUT_SKIPPED "input-skipped" Note;
    PLACEHOLDER "placeholder" Error;
    SOPS "sops" Error;
    // The registries of a fleet.
    FLEET_FOLDER "fleet-folder" Error;
    FLEET_COLLISION "fleet-collision" Error;
    FLEET_GONE "fleet-gone" Warning;
    // Fields of the declared documents, and the types of config.yaml's.
    FIELD_NAME "field-name" Error;
    FIELD_UNKNOWN "field-unknown" Error;
    FIELD_TYPE "field-type" Error;
    FIELD_VALUE "field-value" Error;
    FIELD_MISSING "field-missing" Error;
    FIELD_LATER "field-later" Error;
    RELEASE_UNKNOWN "release-unknown" Error;
    RELEASE_DOWNGRADE "release-downgrade" Error;
    RELEASE_PATH "release-path" Error;
    CLUSTER_VERSION "cluster-version" Error;
    REGISTRY_NAME "registry-name" Error;
    NAMESPACE_MISSING "namespace-missing" Error;
    NAMESPACE_EXTERNAL "namespace-external" Note;
    NAMESPACE_SYSTEM "namespace-system" Warning;
    BUILDS_HOST "builds-host" Warning;
    BUILDS_PROXY "builds-proxy" Warning;
    HOST_NAME "host-name" Error;
    // The way in.
    ACCESS_API "access-api" Error;
    ACCESS_CA "access-ca" Error;
    ACCESS_CONFLICT "access-conflict" Error;
    ACCESS_OUTSIDE "access-outside" Note;
    ACCESS_PLAIN "access-plain" Warning;
    ACCESS_TRUST "access-trust" Warning;
    // An operator that is installed.
    DELIVERY_SETTING "delivery-setting" Error;
    OPERATOR_APPROVAL "operator-approval" Note;
    OPERATOR_GROUPS "operator-groups" Error;
    OPERATOR_PROXY "operator-proxy" Warning;
    OPERATOR_VERSION "operator-version" Warning;
    // Components.
    COMPONENT_UNKNOWN "component-unknown" Error;
    COMPONENT_DUPLICATE "component-duplicate" Error;
    COMPONENT_ALIAS "component-alias" Warning;
    COMPONENT_LATER "component-later" Note;
    COMPONENT_LATER_UNMANAGED "component-later-unmanaged" Error;
    COMPONENT_API "component-api" Error;
    COMPONENT_FIELDS "component-fields" Error;
    COMPONENT_REQUIRED "component-required" Error;
    PATCH_CONFLICT "patch-conflict" Error;
    PATCH_FAILED "patch-failed" Error;
    PATCH_TARGET "patch-target" Error;
    SETTING_ADMISSION "setting-admission" Note;
    SETTING_CONFLICT "setting-conflict" Error;
    SETTING_SHARED_CLAIM "setting-shared-claim" Warning;
    SETTING_UNUSED "setting-unused" Warning;
    OVERRIDE_UNSUPPORTED "override-unsupported" Error;
    OVERRIDE_UNMANAGED "override-unmanaged" Error;
    OVERRIDE_IDLE "override-idle" Warning;
    OVERRIDE_REPLICAS "override-replicas" Warning;
    IMAGE_DIGEST "image-digest" Error;
    IMAGE_HOST "image-host" Warning;
    IMAGE_UNUSED "image-unused" Warning;
    IMAGE_MIRROR "image-mirror" Warning;
    IMAGE_TAG "image-tag" Warning rule;
    // The config bundle.
    BUNDLE_KEY "bundle-key" Error;
    BUNDLE_KEY_NAME "bundle-key-name" Warning;
    BUNDLE_CONFIG "bundle-config" Error;
    BUNDLE_CONFLICT "bundle-conflict" Error;
    CLAIR_CONFIG "clair-config" Error;
    CLAIR_CONFIG_UNREAD "clair-config-unread" Warning;
    CLAIR_UNMANAGED "clair-unmanaged" Error;
    CLAIR_CONFIG_SHARED "clair-config-shared" Warning;
    CLAIR_TLS "clair-tls" Error;
    CLAIR_TLS_UNUSED "clair-tls-unused" Warning;
    BACKUP "backup" Error;
    DATABASE_UPGRADE "database-upgrade" Error;
    MONITORING "monitoring" Error;
    CONFIG_OVERWRITTEN "config-overwritten" Warning;
    CONFIG_INTEGER "config-integer" Warning;
    // How large objects may be.
    OBJECT_SIZE "object-size" Error;
    OBJECT_APPLY "object-apply" Warning;
    // Random values and secrets.
    KEYS_MISSING "keys-missing" Error;
    KEYS_VALUE "keys-value" Error;
    KEYS_DIFFER "keys-differ" Warning;
    KEYS_KEPT "keys-kept" Note;
    DIGEST_KEY_MISSING "digest-key-missing" Note;
    SECRET_EXPOSED "secret-exposed" Error;
    SECRET_IN_INPUT "secret-in-input" Warning rule;
    SECRET_IN_OUTPUT "secret-in-output" Warning;
    SECRET_ABSENT "secret-absent" Note;
    SECRET_REFERENCE "secret-reference" Note;
    SECRET_NAMES "secret-names" Error;
    SECRET_UNNAMED "secret-unnamed" Note;
    SEAL_CERTIFICATE "seal-certificate" Error;
    SEALED_MISSING "sealed-missing" Error;
    SEALED_STALE "sealed-stale" Error;
    SEALED_UNUSED "sealed-unused" Warning;
    BUCKET_UNUSED "bucket-unused" Warning;
    GATEWAY_ALONE "gateway-alone" Note;
    GATEWAY_NAMESPACE "gateway-namespace" Error;
    GATEWAY_POOLS "gateway-pools" Error;
    POOL_VOLUMES "pool-volumes" Note;
    FLUX_UNUSED "flux-unused" Warning;
    // Rules about config.yaml as a whole: `rule` lets the user change the severity.
    CONFIG_TYPE "config-type" Error rule;
    CONFIG_VALUE "config-value" Error rule;
    CONFIG_UNKNOWN "config-unknown" Warning rule;
    CONFIG_ENDED "config-ended" Warning rule;
    CONFIG_BOOLEAN "config-boolean" Warning rule;
    // Rules of the field groups.
    ACTION_LOG_ARCHIVE "action-log-archive" Error rule;
    APP_TOKENS "app-tokens" Error rule;
    AUTO_PRUNE "auto-prune" Error rule;
    AUTHENTICATION_UNUSED "authentication-unused" Warning rule;
    BUILD_TRIGGER "build-trigger" Error rule;
    BUILDS "builds" Error rule;
    DATABASE_EXTENSION "database-extension" Note;
    DATABASE_PERCENT "database-percent" Warning rule;
    DATABASE_SCHEME_CASE "database-scheme-case" Warning rule;
    DATABASE_TLS "database-tls" Error rule;
    DATABASE_URI "database-uri" Error rule;
    DOCUMENTATION_ROOT "documentation-root" Error rule;
    FIPS_DATABASE "fips-database" Error rule;
    FIPS_FEATURE "fips-feature" Error rule;
    FIPS_LDAP "fips-ldap" Error rule;
    FIPS_MAIL "fips-mail" Error rule;
    FIPS_STORAGE "fips-storage" Error rule;
    FIPS_TLS "fips-tls" Error rule;
    HOST_SETTINGS "host-settings" Error rule;
    JWT "jwt" Error rule;
    KEYSTONE "keystone" Error rule;
    LDAP "ldap" Error rule;
    LDAP_DEFAULT_HOST "ldap-default-host" Warning rule;
    LOGIN_METHODS "login-methods" Error rule;
    LOGIN_PROVIDER "login-provider" Error rule;
    LOGS_MODEL "logs-model" Error rule;
    MAIL "mail" Error rule;
    MAIL_DEFAULT_ON "mail-default-on" Warning rule;
    MIRROR "mirror" Error rule;
    REDIS "redis" Error rule;
    SCANNER "scanner" Error rule;
    SECRET_KEY_LENGTH "secret-key-length" Error rule;
    SETUP_INCOMPLETE "setup-incomplete" Error rule;
    SIGNING "signing" Error rule;
    STORAGE_ARGUMENT "storage-argument" Error rule;
    STORAGE_BUCKET "storage-bucket" Warning rule;
    STORAGE_CREDENTIALS "storage-credentials" Error rule;
    STORAGE_DRIVER "storage-driver" Error rule;
    STORAGE_LOCAL "storage-local" Error rule;
    STORAGE_LOCATION "storage-location" Error rule;
    STORAGE_REPLICATION "storage-replication" Error rule;
    TAG_EXPIRATION "tag-expiration" Error rule;
    TESTING_MODE "testing-mode" Warning rule;
    TLS_PROTOCOL "tls-protocol" Error rule;
    TLS_PROTOCOL_OLD "tls-protocol-old" Warning rule;
    // The number of problems beyond those shown; it has their severity.
    MORE_PROBLEMS "more-problems" Note;
    // A mistake of this program.
    INTERNAL "internal" Error;
    // Reading YAML.
    YAML_SYNTAX "yaml-syntax" Error;
    YAML_DUPLICATE_KEY "yaml-duplicate-key" Error;
    YAML_KEY "yaml-key" Error;
    YAML_KEY_TYPE "yaml-key-type" Warning;
    YAML_VALUE "yaml-value" Error;
    YAML_LIMIT "yaml-limit" Error;
    YAML_TAG "yaml-tag" Warning;
    YAML_AMBIGUOUS "yaml-ambiguous" Warning;
    YAML_SECOND_DOCUMENT "yaml-second-document" Warning;
    // Writing files.
    OUTPUT_EDITED "output-edited" Error;
    OUTPUT_RELEASE "output-release" Error;
    OUTPUT_LOCK "output-lock" Error;
    OUTPUT_FOREIGN "output-foreign" Error;
    OUTPUT_IMMUTABLE "output-immutable" Error;
    SERVICE_TYPE "service-type" Note;
    // Taking over from an operator.
    ADOPT_MISSING "adopt-missing" Error;
    ADOPT_CONTRADICTION "adopt-contradiction" Error;
    ADOPT_RELEASE "adopt-release" Error;
    ADOPT_CLAIM "adopt-claim" Error;
    ADOPT_OWNED "adopt-owned" Error;
    // A QuayEcosystem that is migrated.
    MIGRATE_LABELS "migrate-labels" Error;
    MIGRATE_MISSING "migrate-missing" Error;
    MIGRATE_UNSUPPORTED "migrate-unsupported" Error;
    // The KRM function.
    KRM_LIST "krm-list" Error;
    KRM_CONFLICT "krm-conflict" Error;
    // Certificates.
    TLS_PAIR "tls-pair" Error;
    TLS_PEM "tls-pem" Error;
    TLS_STRAY_KEY "tls-stray-key" Warning;
    TLS_EXPIRED "tls-expired" Error;
    TLS_TRUSTED_EXPIRED "tls-trusted-expired" Warning;
    TLS_ENDS_SOON "tls-ends-soon" Warning;
    TLS_VALID_UNTIL "tls-valid-until" Note;
    FIPS_CERTIFICATE "fips-certificate" Error;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_kebab_case_and_each_page_starts_with_its_name() {
        for (index, code) in ALL.iter().enumerate() {
            let name = code.as_str();
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{name}");
            assert!(ALL.iter().skip(index + 1).all(|other| other.as_str() != name), "{name} twice");
            assert!(code.page().starts_with(&format!("# {name}\n")), "{name}: page title");
            assert!(code.page().contains("## What to do"), "{name}: page without advice");
        }
    }
}
