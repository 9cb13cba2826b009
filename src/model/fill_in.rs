//! The placeholders that `init` writes for what it was not told: each is a word that no value of an input has.

/// The placeholders with what to write in their place. One that begins like another stands before it.
pub const ALL: &[(&str, &str)] = &[
    (
        "FILL_IN_APPS_DOMAIN",
        "write the domain of the cluster's Routes: oc get ingresses.config/cluster -o jsonpath='{.spec.domain}'",
    ),
    ("FILL_IN_HOST_NAME", "write the registry's host name"),
    ("FILL_IN_S3_HOST", "write the host name of the S3 service: s3.eu-central-1.amazonaws.com for one"),
    ("FILL_IN_BUCKET", "write the name of the bucket, which holds this registry alone"),
    ("FILL_IN_ACCESS_KEY", "write the bucket's access key"),
    ("FILL_IN_SECRET_KEY", "write the bucket's secret key"),
    ("FILL_IN_DATABASE_HOST", "write the host name of the PostgreSQL server"),
    ("FILL_IN_DATABASE_PASSWORD", "write the password of the database's user, percent-encoded"),
    ("FILL_IN_ISSUER", "write the name of cert-manager's issuer: kubectl get clusterissuers"),
    ("FILL_IN_GATEWAY_NAMESPACE", "write the namespace of the Gateway: kubectl get gateways --all-namespaces"),
    ("FILL_IN_GATEWAY", "write the name of the Gateway: kubectl get gateways --all-namespaces"),
    ("FILL_IN_STORE", "write the name of the store of External Secrets: kubectl get clustersecretstores"),
    (
        "FILL_IN_SEALING_CERTIFICATE",
        "write the controller's certificate behind `certificate: |`, indented: kubeseal --fetch-cert",
    ),
    ("FILL_IN_REPOSITORY", "write the URL of the Git repository that the controller reads"),
    ("FILL_IN_SOURCE", "write the URL of the Git repository to build quay-render from, which you trust"),
    ("FILL_IN_REVISION", "write the commit of that repository, with all its digits"),
];

/// The first placeholder in a text, and what to write in its place.
#[must_use]
pub fn find(text: &str) -> Option<(&'static str, &'static str)> {
    text.contains("FILL_IN_").then(|| ALL.iter().copied().find(|(name, _)| text.contains(name))).flatten()
}

/// Whether a text has this very placeholder, and not just one that begins like it.
#[must_use]
pub fn holds(text: &str, name: &str) -> bool {
    let mut after = text.split(name).skip(1);
    after.any(|rest| !rest.starts_with(|c: char| c == '_' || c.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::{ALL, find, holds};

    #[test]
    fn one_that_begins_like_another_is_not_the_other() {
        assert!(holds("name: FILL_IN_GATEWAY, namespace: x", "FILL_IN_GATEWAY"));
        assert!(!holds("namespace: FILL_IN_GATEWAY_NAMESPACE", "FILL_IN_GATEWAY"));
    }

    #[test]
    fn each_is_found_by_its_own_name() {
        for (name, _) in ALL {
            assert_eq!(find(&format!("postgresql://quay:@{name}:5432/quay")).map(|found| found.0), Some(*name));
        }
        assert_eq!(find("FILL_IN_THE_FORM"), None);
    }
}
