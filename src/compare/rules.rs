//! Tables of what changes mean in Kubernetes: access, and objects that hold data. Immutable fields: `crate::immutable`.

/// Fields that decide who has access, and how.
pub(super) const ACCESS: &[(&str, &[&str])] = &[
    ("Service", &["spec", "type"]),
    ("Service", &["spec", "ports"]),
    ("Service", &["spec", "selector"]),
    ("Service", &["spec", "externalIPs"]),
    ("Service", &["spec", "externalName"]),
    ("Service", &["spec", "externalTrafficPolicy"]),
    ("Service", &["spec", "loadBalancerIP"]),
    ("Service", &["spec", "loadBalancerClass"]),
    ("Service", &["spec", "loadBalancerSourceRanges"]),
    ("Route", &["spec"]),
    ("Ingress", &["spec"]),
    ("Gateway", &["spec"]),
    ("HTTPRoute", &["spec"]),
    ("TLSRoute", &["spec"]),
    ("NetworkPolicy", &["spec"]),
    ("Role", &["rules"]),
    ("ClusterRole", &["rules"]),
    ("RoleBinding", &["subjects"]),
    ("ClusterRoleBinding", &["subjects"]),
];

/// Entries of Secrets and ConfigMaps that decide it: the certificate, and the fields of config.yaml for the address of
/// Quay and for logins.
pub(super) const ACCESS_DATA: &[&[&str]] = &[
    &["data", "ssl.cert"],
    &["data", "tls.crt"],
    &["data", "config.yaml", "AUTHENTICATION_TYPE"],
    &["data", "config.yaml", "EXTERNAL_TLS_TERMINATION"],
    &["data", "config.yaml", "FEATURE_ANONYMOUS_ACCESS"],
    &["data", "config.yaml", "FEATURE_DIRECT_LOGIN"],
    &["data", "config.yaml", "FEATURE_GITHUB_LOGIN"],
    &["data", "config.yaml", "FEATURE_GOOGLE_LOGIN"],
    &["data", "config.yaml", "FEATURE_INVITE_ONLY_USER_CREATION"],
    &["data", "config.yaml", "FEATURE_SUPER_USERS"],
    &["data", "config.yaml", "FEATURE_USER_CREATION"],
    &["data", "config.yaml", "PREFERRED_URL_SCHEME"],
    &["data", "config.yaml", "SERVER_HOSTNAME"],
    &["data", "config.yaml", "SUPER_USERS"],
];

/// Kinds of objects whose presence gives, allows or limits access.
pub(super) const WAYS_IN: &[&str] =
    &["Route", "Ingress", "Gateway", "HTTPRoute", "TLSRoute", "RoleBinding", "ClusterRoleBinding", "NetworkPolicy"];
/// Types of Services that can be reached from outside.
pub(super) const OUTSIDE: &[&str] = &["NodePort", "LoadBalancer", "ExternalName"];

/// Kinds that hold data, each with what is lost with it.
pub(super) const DATA: &[(&str, &str)] = &[
    ("PersistentVolumeClaim", "its data"),
    ("PersistentVolume", "its data"),
    ("ObjectBucketClaim", "the bucket"),
    ("NooBaa", "every bucket"),
    ("BackingStore", "its data"),
    ("Namespace", "everything in it"),
    (REGISTRY, "all that it owns, database and bucket among it"),
];

/// What an operator makes a registry of.
pub(super) const REGISTRY: &str = "QuayRegistry";
/// Kinds of objects that an operator makes under the names that are rendered too.
pub(super) const MADE_BY_OPERATOR: &[&str] = &[
    "Deployment",
    "Service",
    "PersistentVolumeClaim",
    "ObjectBucketClaim",
    "Route",
    "ServiceMonitor",
    "PrometheusRule",
];

/// Kinds whose pods a controller replaces when their template changes.
pub(super) const ROLLING: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];
