//! Labels and annotations that objects are known by, as every part of the program that makes, checks or compares them
//! names them.

/// The label by which a registry's objects are known (the operator's).
pub const REGISTRY_LABEL: &str = "quay-operator/quayregistry";
/// Labels that every object has, and selectors go by.
pub const SELECTORS: &[&str] = &["quay-component", "app", REGISTRY_LABEL];
/// What Argo CD does with an object, as a list with commas.
pub const SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// Whether Flux prunes an object.
pub const FLUX_PRUNE: &str = "kustomize.toolkit.fluxcd.io/prune";
/// On a Service, the name of the Secret in which OpenShift puts a certificate for it.
pub const SERVING_CERTIFICATE: &str = "service.beta.openshift.io/serving-cert-secret-name";
/// The annotation of a pod template that follows an object's content; the object's name without the registry's follows.
pub const CHECKSUM: &str = "checksum.quay-render.dev/";
/// On a ConfigMap, that OpenShift puts the service CA into it.
pub const INJECTED_CA: &str = "service.beta.openshift.io/inject-cabundle";
/// Which Secrets Stakater's Reloader restarts a Deployment for, as a list with commas.
pub const RELOADED_SECRETS: &str = "secret.reloader.stakater.com/reload";
/// Which ConfigMaps it does so for.
pub const RELOADED_CONFIG_MAPS: &str = "configmap.reloader.stakater.com/reload";
/// Which patches of the RenderConfig changed an object, with commas.
pub const PATCHES: &str = "quay-render.dev/patches";
/// Annotations that are written to every object, or read by the compiler; those that end in `/` with all that follows.
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
