//! Tables of where objects keep secrets. Any field of a Secret that the tables do not list counts as secret.

use crate::object::Map;

/// Maps of which only the keys are shown, and values that are hidden, by kind.
const ENTRIES: &[(&str, &[&str])] =
    &[("ConfigMap", &["binaryData"]), ("SealedValues", &["spec"]), ("Route", &["spec", "tls", "key"])];
/// The field that SOPS adds to any object that it encrypts.
const SOPS: &[&str] = &["sops"];
/// The names of kinds from which Secrets are made contain this: SealedSecret, ExternalSecret, PushSecret, SecretStore.
const MAKER: &str = "secret";
/// Fields of these kinds that become a Secret, at any depth. A list under such a name holds references.
const MADE: &[&str] = &["data", "stringData", "binaryData", "encryptedData", "literal", "text", "value", "valueMap"];
/// Fields of a Secret, or of a reference to one, that are not secret.
const OPEN: &[&str] = &[
    "annotationSelector",
    "apiGroup",
    "apiVersion",
    "blockOwnerDeletion",
    "controller",
    "group",
    "immutable",
    "labelSelector",
    "metadata",
    "namespace",
    "optional",
    "patchType",
    "resourceVersion",
    "type",
    "uid",
    "version",
];
/// Fields of a reference that say which part of the object is meant.
const OPEN_OF_REFERENCE: &[&str] =
    &["fieldPath", "fieldPaths", "jqPathExpressions", "jsonPointers", "key", "name", "targetPath", "valuesKey"];
/// The list from which kustomize makes Secrets, and the fields in it that are not secret.
const GENERATOR: &str = "secretGenerator";
const OPEN_OF_GENERATOR: &[&str] = &["behavior", "env", "envs", "files", "name", "namespace", "options", "type"];
/// Fields of a Secret's metadata that are not secret; labels and annotations are judged by name.
const OPEN_OF_METADATA: &[&str] =
    &["creationTimestamp", "finalizers", "generateName", "name", "namespace", "ownerReferences"];
/// Domains whose labels and annotations hold no secret.
const KNOWN_DOMAINS: &[&str] = &[
    "argoproj.io",
    "bitnami.com",
    "cert-manager.io",
    "external-secrets.io",
    "fluxcd.io",
    "helm.sh",
    "k8s.io",
    "kubernetes.io",
    "openshift.io",
    "quay-operator",
    "quay-render.dev",
    "redhat.com",
    "stakater.com",
];
/// Labels and annotations without a domain that hold no secret.
const KNOWN_LABELS: &[&str] = &["app", "chart", "component", "heritage", "release", "tier"];

/// The value of a map's field `kind`, in any letter case; of several, the one that means Secret.
pub(super) fn of(map: &Map) -> Option<&str> {
    let mut found = None;
    for (key, value) in map.iter().filter(|(key, _)| is_kind(key)) {
        let kind = value.as_str().unwrap_or_default().trim();
        if found.is_none() || is_secret(kind) || key == "kind" && !found.is_some_and(is_secret) {
            found = Some(kind);
        }
    }
    found
}

/// Whether a key is `kind`, in any letter case.
pub(super) fn is_kind(key: &str) -> bool {
    key.trim().eq_ignore_ascii_case("kind")
}

/// Whether a kind means Secret, in any letter case, alone or among others: `v1/Secret`, `secrets`, `Secret|ConfigMap`.
pub(super) fn is_secret(kind: &str) -> bool {
    let mut words = kind.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| word.eq_ignore_ascii_case("Secret") || word.eq_ignore_ascii_case("Secrets"))
}

/// Whether a pattern may match Secret, in any pattern language: `.*`, `*`, `S.+`.
pub(super) fn may_be_secret(pattern: &str) -> bool {
    is_secret(pattern) || pattern.trim().is_empty() || pattern.contains(['*', '+', '?', '[', '\\', '{'])
}

/// Whether a kind is a list of Secrets, whose items may have no kind of their own.
pub(super) fn is_list_of_secrets(kind: &str) -> bool {
    kind.trim().eq_ignore_ascii_case("SecretList")
}

/// Whether a map is a reference to an object and not the object itself: it has a name of its own, and no metadata.
pub(super) fn is_reference(has: impl Fn(&str) -> bool) -> bool {
    has("name") && !has("metadata")
}

/// Whether a field of a Secret, or of a reference to one, may be shown.
pub(super) fn is_open(key: &str, is_reference: bool) -> bool {
    OPEN.contains(&key) || is_kind(key) || (is_reference && OPEN_OF_REFERENCE.contains(&key))
}

/// Whether a member of a Secret's metadata may be shown.
pub(super) fn is_open_metadata(key: &str) -> bool {
    OPEN_OF_METADATA.contains(&key)
}

/// Whether the value of a label or an annotation of a Secret may be shown.
pub(super) fn is_open_mark(name: &str) -> bool {
    let is_of = |domain: &str, known: &str| {
        domain.strip_suffix(known).is_some_and(|front| front.is_empty() || front.ends_with('.'))
    };
    match name.split_once('/') {
        Some((domain, _)) => KNOWN_DOMAINS.iter().any(|known| is_of(domain, known)),
        None => KNOWN_LABELS.contains(&name),
    }
}

/// Whether only the keys below a path in an object of a kind are shown; `is_list`: the path leads to a list.
pub(super) fn hides(kind: &str, path: &[&str], is_list: bool) -> bool {
    let by_kind = |(known, at): &(&str, &[&str])| known.eq_ignore_ascii_case(kind) && is_same(at, path);
    let is_made = || path.last().is_some_and(|last| MADE.iter().any(|made| made.eq_ignore_ascii_case(last)));
    path == SOPS
        || ENTRIES.iter().any(by_kind)
        || (!is_list && is_maker(kind) && is_made())
        || path.windows(2).any(|it| matches!(it, [generator, of] if is_generated(generator, of)))
}

fn is_same(one: &[&str], two: &[&str]) -> bool {
    one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.eq_ignore_ascii_case(two))
}

fn is_generated(generator: &str, of: &str) -> bool {
    generator.eq_ignore_ascii_case(GENERATOR) && !OPEN_OF_GENERATOR.contains(&of)
}

/// Whether the metadata at a path becomes the metadata of a Secret.
pub(super) fn makes_metadata(kind: &str, path: &[&str]) -> bool {
    is_maker(kind) && matches!(path, [.., "template", "metadata"])
}

fn is_maker(kind: &str) -> bool {
    kind.len() > MAKER.len() && kind.to_ascii_lowercase().contains(MAKER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::value;

    #[test]
    fn a_kind_is_known_however_it_is_spelled() {
        for (text, wanted) in [
            ("{kind: Secret}", Some("Secret")),
            ("{KIND: secret}", Some("secret")),
            ("{kind: ConfigMap, Kind: ' SECRET '}", Some("SECRET")),
            ("{Kind: Secret, kind: ConfigMap}", Some("Secret")),
            ("{Kind: A, kind: B}", Some("B")),
            ("{kinds: Secret}", None),
        ] {
            assert_eq!(of(value(text).as_map().unwrap()), wanted, "{text}");
        }
    }

    #[test]
    fn a_secret_is_known_among_other_kinds_and_behind_its_version() {
        for kind in ["Secret", "secrets", "v1/Secret", "Secret|ConfigMap", "^(Secret)$", "Secret.v1"] {
            assert!(is_secret(kind) && may_be_secret(kind), "{kind}");
        }
        for kind in ["ExternalSecret", "Deployment|StatefulSet", "SecretStore"] {
            assert!(!is_secret(kind) && !may_be_secret(kind), "{kind}");
        }
        for pattern in ["", ".*", "*", "S.+", "[S]ecret"] {
            assert!(may_be_secret(pattern), "{pattern}");
        }
        assert!(is_open_mark("argocd.argoproj.io/sync-wave") && is_open_mark("app"));
        assert!(!is_open_mark("my.io/note") && !is_open_mark("note") && !is_open_mark("notargoproj.io/a"));
    }

    #[test]
    fn what_becomes_a_secret_is_hidden_and_a_reference_is_not() {
        for (kind, path, is_list, wanted) in [
            ("ClusterExternalSecret", &["spec", "externalSecretSpec", "target", "template", "data"][..], false, true),
            ("ExternalSecret", &["spec", "data"], true, false),
            ("externalsecret", &["spec", "target", "template", "templateFrom", "literal"], false, true),
            ("SecretStore", &["spec", "provider", "fake", "data", "value"], false, true),
            ("route", &["spec", "tls", "key"], false, true),
            ("Secret", &["spec", "value"], false, false),
            ("ConfigMap", &["data"], false, false),
            ("ConfigMap", &["sops"], false, true),
            ("ConfigMap", &["BinaryData"], false, true),
            ("Kustomization", &["secretGenerator", "literals"], true, true),
            ("Kustomization", &["secretGenerator", "files"], true, false),
        ] {
            assert_eq!(hides(kind, path, is_list), wanted, "{kind} {path:?}");
        }
    }
}
