//! The identity of an object, which stays the same through all its changes.

use super::Value;
use std::fmt;

/// The identity of an object: no two objects in a cluster share one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// `kind`, such as `Deployment`.
    pub kind: String,
    /// The namespace; empty if it has none.
    pub namespace: String,
    /// `metadata.name`.
    pub name: String,
    /// The group of its apiVersion; empty for the core group. The version is not part of the identity.
    pub group: String,
}

/// The kinds with a content suffix, added by kustomize or here.
const BY_CONTENT: &[(&str, &str)] = &[("", "Secret"), ("", "ConfigMap"), ("batch", "Job")];
/// The length and the characters of the suffix: hex digits, with those replaced that could spell words.
const SUFFIX: usize = 10;
const LETTERS: &str = "2456789bcdfghkmt";

impl Identity {
    /// The identity of an object, from the text at each path of its fields; empty for missing ones.
    pub fn of<'a>(text: impl Fn(&[&str]) -> &'a str) -> Self {
        let group = text(&["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
        Self {
            kind: text(&["kind"]).to_owned(),
            namespace: text(&["metadata", "namespace"]).to_owned(),
            name: text(&["metadata", "name"]).to_owned(),
            group: group.to_owned(),
        }
    }

    /// The identity of an object that is a value.
    #[must_use]
    pub fn of_value(object: &Value) -> Self {
        Self::of(|path| object.str_at(path))
    }

    /// The identity regardless of content: without the content suffix, if the kind has one.
    #[must_use]
    pub fn base(&self) -> Self {
        let is_suffix = |text: &str| text.len() == SUFFIX && text.chars().all(|c| LETTERS.contains(c));
        let name = match self.name.rsplit_once('-') {
            Some((base, suffix))
                if is_suffix(suffix) && BY_CONTENT.contains(&(self.group.as_str(), self.kind.as_str())) =>
            {
                base
            }
            _ => &self.name,
        };
        Self { name: name.to_owned(), ..self.clone() }
    }
}

/// `Deployment quay/my-registry-quay-app`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        write!(f, "{} {}{slash}{}", self.kind, self.namespace, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity of an object in namespace quay; `kind` includes the API version.
    fn identity(kind: &str, name: &str) -> Identity {
        let (version, kind) = kind.rsplit_once('/').unwrap_or(("", kind));
        Identity::of(|path| match path {
            ["apiVersion"] => version,
            ["kind"] => kind,
            ["metadata", "namespace"] => "quay",
            _ => name,
        })
    }

    #[test]
    fn a_suffix_of_the_content_is_no_part_of_the_identity() {
        for (kind, name, wanted) in [
            ("v1/Secret", "r-quay-config-secret-7bc6b88tb8", "r-quay-config-secret"),
            ("v1/ConfigMap", "r-quay-config-8t4m2828td", "r-quay-config"),
            ("batch/v1/Job", "r-quay-app-upgrade-8265km5hg2", "r-quay-app-upgrade"),
            // A word, a character not used in suffixes, too short, without a dash; and a kind without a suffix.
            ("v1/Secret", "r-quay-config-passwords1", "r-quay-config-passwords1"),
            ("v1/Secret", "r-7bc6b88tb1", "r-7bc6b88tb1"),
            ("v1/Secret", "r-7bc6b88tb", "r-7bc6b88tb"),
            ("v1/Secret", "7bc6b88tb8", "7bc6b88tb8"),
            ("v1/Service", "r-7bc6b88tb8", "r-7bc6b88tb8"),
            ("apps/v1/Deployment", "r-7bc6b88tb8", "r-7bc6b88tb8"),
        ] {
            assert_eq!(identity(kind, name).base().name, wanted);
        }
    }

    #[test]
    fn the_version_of_the_api_is_no_part_of_the_identity_and_its_group_is() {
        let of = |kind| identity(kind, "a");
        assert_eq!(of("autoscaling/v2beta2/HorizontalPodAutoscaler"), of("autoscaling/v2/HorizontalPodAutoscaler"));
        assert_ne!(of("networking.k8s.io/v1/Ingress"), of("extensions/v1beta1/Ingress"));
        assert_eq!(of("v1/Service").to_string(), "Service quay/a");
    }
}
