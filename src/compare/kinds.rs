//! Where objects keep secrets, as tables. What the tables do not name of a Secret is one.

use crate::object::Map;

/// Maps of which only the keys are shown, and values that are not shown at all, by kind.
const ENTRIES: &[(&str, &[&str])] =
    &[("ConfigMap", &["binaryData"]), ("SealedValues", &["spec"]), ("Route", &["spec", "tls", "key"])];
/// What the encryption of SOPS adds to any object.
const SOPS: &[&str] = &["sops"];
/// Kinds that make Secrets have this in their names: SealedSecret, ExternalSecret, PushSecret, SecretStore.
const MAKER: &str = "secret";
/// Maps and texts of theirs that become a Secret, wherever they stand. A list under such a name holds references.
const MADE: &[&str] = &["data", "stringData", "binaryData", "encryptedData", "literal", "text", "value", "valueMap"];
/// What is no secret of a Secret, and of a reference to one.
const OPEN: &[&str] = &[
    "annotationSelector",
    "apiGroup",
    "apiVersion",
    "blockOwnerDeletion",
    "controller",
    "fieldPath",
    "fieldPaths",
    "group",
    "immutable",
    "jqPathExpressions",
    "jsonPointers",
    "key",
    "labelSelector",
    "metadata",
    "name",
    "namespace",
    "optional",
    "patchType",
    "resourceVersion",
    "targetPath",
    "type",
    "uid",
    "valuesKey",
    "version",
];

/// The value of a map's field `kind`, in any case of letters; where there are several, the one that says Secret.
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

/// Whether a key is `kind`, in any case of letters.
pub(super) fn is_kind(key: &str) -> bool {
    key.trim().eq_ignore_ascii_case("kind")
}

/// Whether a kind is Secret, in any case of letters.
pub(super) fn is_secret(kind: &str) -> bool {
    kind.trim().eq_ignore_ascii_case("Secret")
}

/// Whether a kind is a list of Secrets, whose items may do without a kind of their own.
pub(super) fn is_list_of_secrets(kind: &str) -> bool {
    kind.trim().eq_ignore_ascii_case("SecretList")
}

/// Whether a field of a Secret, or of a reference to one, may be shown.
pub(super) fn is_open(key: &str) -> bool {
    OPEN.contains(&key) || is_kind(key)
}

/// Whether only the keys are shown of what a path leads to in an object of a kind; `is_list` says whether it is a list.
pub(super) fn hides(kind: &str, path: &[&str], is_list: bool) -> bool {
    let by_kind = |(known, at): &(&str, &[&str])| known.eq_ignore_ascii_case(kind) && *at == path;
    let is_made = || path.last().is_some_and(|last| MADE.iter().any(|made| made.eq_ignore_ascii_case(last)));
    path == SOPS || ENTRIES.iter().any(by_kind) || (!is_list && is_maker(kind) && is_made())
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
        ] {
            assert_eq!(hides(kind, path, is_list), wanted, "{kind} {path:?}");
        }
    }
}
