//! What Kubernetes does about a change, as tables: ways in, what holds data. What never changes: `crate::immutable`.

/// Fields that decide who gets in, and how.
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

/// What decides it in the data of a Secret or a ConfigMap: the certificate, and the fields of config.yaml that say where
/// Quay is reached and who logs in.
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

/// Kinds that are a way in, give access or withhold it by being there.
pub(super) const WAYS_IN: &[&str] =
    &["Route", "Ingress", "Gateway", "HTTPRoute", "TLSRoute", "RoleBinding", "ClusterRoleBinding", "NetworkPolicy"];
/// Types of Services that are.
pub(super) const OUTSIDE: &[&str] = &["NodePort", "LoadBalancer", "ExternalName"];

/// Kinds that hold data, with what goes with them.
pub(super) const DATA: &[(&str, &str)] = &[
    ("PersistentVolumeClaim", "its data"),
    ("PersistentVolume", "its data"),
    ("ObjectBucketClaim", "the bucket"),
    ("Namespace", "everything in it"),
];

/// Kinds whose pods a controller replaces when their template changes.
pub(super) const ROLLING: &[&str] = &["Deployment", "StatefulSet", "DaemonSet"];
