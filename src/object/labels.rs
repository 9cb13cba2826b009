//! Labels and annotations that identify objects, named in one place for all parts of the program that make, check or
//! compare objects.

/// The label that identifies a registry's objects (the operator's).
pub const REGISTRY_LABEL: &str = "quay-operator/quayregistry";
/// Labels that every object has, and that selectors use.
pub const SELECTORS: &[&str] = &["quay-component", "app", REGISTRY_LABEL];
/// What Argo CD does with an object, comma-separated.
pub const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// Whether Flux prunes an object.
pub const FLUX_PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// On a Service, the name of the Secret in which OpenShift puts a certificate for it.
pub const SERVING_CERTIFICATE: &str = "service.beta.openshift.io/serving-cert-secret-name";
/// The prefix of a pod template annotation with an object's checksum; its name without the registry's follows.
pub const CHECKSUM: &str = "checksum.quay-render.dev/";
/// On a ConfigMap, makes OpenShift put the service CA into it.
pub const INJECTED_CA: &str = "service.beta.openshift.io/inject-cabundle";
/// The Secrets whose changes make Stakater's Reloader restart a Deployment, comma-separated.
pub const RELOADED_SECRETS: &str = "secret.reloader.stakater.com/reload";
/// The same for ConfigMaps.
pub const RELOADED_CONFIG_MAPS: &str = "configmap.reloader.stakater.com/reload";
/// The patches of the RenderConfig that changed an object, comma-separated.
pub const PATCHES: &str = "quay-render.dev/patches";
/// Annotations that the compiler writes to objects or reads; a trailing `/` stands for all with that prefix.
pub const OWN_ANNOTATIONS: &[&str] = &[
    "argocd.argoproj.io/sync-wave",
    SYNC_OPTIONS,
    FLUX_PRUNE,
    "kustomize.toolkit.fluxcd.io/substitute",
    CHECKSUM,
    INJECTED_CA,
    SERVING_CERTIFICATE,
    RELOADED_SECRETS,
    RELOADED_CONFIG_MAPS,
    "quay-render.dev/",
];
