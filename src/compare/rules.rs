//! What Kubernetes does about a change, as tables: fields that never change, ways in, what holds data.

/// A field that the API server, or the controller behind it, refuses to change.
pub(super) struct Immutable {
    /// The kinds that have it.
    pub kinds: &'static [&'static str],
    /// The path of the field.
    pub path: &'static [&'static str],
    /// What to do about it.
    pub advice: &'static str,
}

const fn never(kinds: &'static [&'static str], path: &'static [&'static str], advice: &'static str) -> Immutable {
    Immutable { kinds, path, advice }
}

const REMAKE_PODS: &str = "delete it and apply again; its pods are gone in between";
const REMAKE_SET: &str = "delete it with --cascade=orphan and apply again; its pods go on";
const REMAKE_JOB: &str = "delete the Job and apply again; it runs once more";
const REMAKE_BINDING: &str = "delete it and apply again; in between nobody has the access that it gives";
const REMAKE_SERVICE: &str = "delete the Service and apply again; nobody reaches it in between";
const REMAKE_SECRET: &str = "delete it and apply again, or give it another name";
const OTHER_CLASS: &str = "give the class another name";
const MOVE_DATA: &str = "make a claim of another name and move the data there, or leave the field as it was";
/// What to do about a claim that would shrink.
pub(super) const KEEP_SIZE: &str = "a claim only grows: keep its size, or move the data to a claim of another name";
/// What to do about an object with `immutable: true`.
pub(super) const FROZEN: &str = "give it another name, or delete it and apply again";

const BUCKET: &[&str] = &["ObjectBucketClaim"];
const CLASS: &[&str] = &["StorageClass"];
const JOB: &[&str] = &["Job"];
const SERVICE: &[&str] = &["Service"];
const SET: &[&str] = &["StatefulSet"];

/// The validation of each kind in Kubernetes 1.33. An ObjectBucketClaim's fields are read once, by its controller.
pub(super) const IMMUTABLE: &[Immutable] = &[
    never(&["Deployment", "DaemonSet", "ReplicaSet"], &["spec", "selector"], REMAKE_PODS),
    never(SET, &["spec", "selector"], REMAKE_SET),
    never(SET, &["spec", "serviceName"], REMAKE_SET),
    never(SET, &["spec", "volumeClaimTemplates"], REMAKE_SET),
    never(SET, &["spec", "podManagementPolicy"], REMAKE_SET),
    never(JOB, &["spec", "template"], REMAKE_JOB),
    never(JOB, &["spec", "selector"], REMAKE_JOB),
    never(JOB, &["spec", "completionMode"], REMAKE_JOB),
    never(&["Pod"], &["spec"], REMAKE_PODS),
    never(&["PersistentVolumeClaim"], &["spec"], MOVE_DATA),
    never(BUCKET, &["spec", "storageClassName"], MOVE_DATA),
    never(BUCKET, &["spec", "bucketName"], MOVE_DATA),
    never(BUCKET, &["spec", "generateBucketName"], MOVE_DATA),
    never(SERVICE, &["spec", "clusterIP"], REMAKE_SERVICE),
    never(SERVICE, &["spec", "clusterIPs"], REMAKE_SERVICE),
    never(&["RoleBinding", "ClusterRoleBinding"], &["roleRef"], REMAKE_BINDING),
    never(CLASS, &["provisioner"], OTHER_CLASS),
    never(CLASS, &["parameters"], OTHER_CLASS),
    never(CLASS, &["reclaimPolicy"], OTHER_CLASS),
    never(CLASS, &["volumeBindingMode"], OTHER_CLASS),
    never(&["Secret"], &["type"], REMAKE_SECRET),
];

/// Fields that the API server fills in where they are left out: leaving one out changes nothing.
pub(super) const ALLOCATED: &[&[&str]] = &[&["spec", "clusterIP"], &["spec", "clusterIPs"], &["spec", "volumeName"]];
/// What of a claim's spec may change (Kubernetes 1.31), but for its size, which may grow.
pub(super) const CLAIM_MUTABLE: &[&str] = &["spec", "volumeAttributesClassName"];
/// A claim's size.
pub(super) const CLAIM_SIZE: &[&str] = &["spec", "resources", "requests", "storage"];

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
