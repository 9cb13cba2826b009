//! Which object of one side is which of the other.

use crate::object::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What makes an object the same one through all its changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The kind.
    pub kind: String,
    /// The namespace; empty where it has none.
    pub namespace: String,
    /// The name; that of an object which is named by its content is without the suffix.
    pub name: String,
    /// The group of its apiVersion; empty for the core's. The version is no part of its identity.
    pub group: String,
}

impl Identity {
    /// The identity of an object.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let text = |path: &[&str]| object.at(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        let group = text(&["apiVersion"]).rsplit_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default();
        let (kind, full) = (text(&["kind"]), text(&["metadata", "name"]));
        let name = base_name(&group, &kind, &full).to_owned();
        Self { kind, namespace: text(&["metadata", "namespace"]), name, group }
    }
}

/// `Deployment quay/my-registry-quay-app`.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slash = if self.namespace.is_empty() { "" } else { "/" };
        write!(f, "{} {}{slash}{}", self.kind, self.namespace, self.name)
    }
}

/// The kinds that are named by their content: by kustomize, and here.
const BY_CONTENT: &[(&str, &str)] = &[("", "Secret"), ("", "ConfigMap"), ("batch", "Job")];
/// How long the suffix is, and its letters: hex digits with those replaced that could spell a word.
const SUFFIX: usize = 10;
const LETTERS: &str = "2456789bcdfghkmt";

/// The name without its content suffix.
fn base_name<'a>(group: &str, kind: &str, name: &'a str) -> &'a str {
    let is_suffix = |text: &str| text.len() == SUFFIX && text.chars().all(|c| LETTERS.contains(c));
    match name.rsplit_once('-') {
        Some((base, suffix)) if is_suffix(suffix) && BY_CONTENT.contains(&(group, kind)) => base,
        _ => name,
    }
}

/// The full names of one side's objects that are named by their content, with the names without the suffix.
pub(super) type Names = BTreeMap<String, String>;

/// Those of a side.
pub(super) fn names(objects: &[Value]) -> Names {
    let names = objects.iter().filter_map(|object| {
        let full = object.at(&["metadata", "name"])?.as_str()?;
        let base = Identity::of(object).name;
        (base != full).then(|| (full.to_owned(), base))
    });
    names.collect()
}

/// One object on both sides, or on one.
pub(super) struct Pair<'a> {
    pub identity: Identity,
    pub old: Option<&'a Value>,
    pub new: Option<&'a Value>,
}

/// Matches the objects of two sides, in the order of their identities. Where several of a side have one identity (two
/// generations of a Secret in a cluster), the same full names go together first, and then the others in their order.
pub(super) fn pair<'a>(old: &'a [Value], new: &'a [Value]) -> Vec<Pair<'a>> {
    let mut found: BTreeMap<Identity, (Vec<&Value>, Vec<&Value>)> = BTreeMap::new();
    for object in old {
        found.entry(Identity::of(object)).or_default().0.push(object);
    }
    for object in new {
        found.entry(Identity::of(object)).or_default().1.push(object);
    }
    let name = |object: &'a Value| object.at(&["metadata", "name"]);
    let mut pairs = Vec::new();
    for (identity, (old, mut new)) in found {
        let mut alone = Vec::new();
        for object in old {
            match new.iter().position(|other| name(other) == name(object)) {
                Some(at) => {
                    let other = new.remove(at);
                    pairs.push(Pair { identity: identity.clone(), old: Some(object), new: Some(other) });
                }
                None => alone.push(object),
            }
        }
        let (mut alone, mut new) = (alone.into_iter(), new.into_iter());
        loop {
            let (old, new) = (alone.next(), new.next());
            if old.is_none() && new.is_none() {
                break;
            }
            pairs.push(Pair { identity: identity.clone(), old, new });
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::tests::object;

    #[test]
    fn a_suffix_of_the_content_is_no_part_of_the_identity() {
        for (kind, name, wanted) in [
            ("v1/Secret", "r-quay-config-secret-7bc6b88tb8", "r-quay-config-secret"),
            ("v1/ConfigMap", "r-quay-config-8t4m2828td", "r-quay-config"),
            ("batch/v1/Job", "r-quay-app-upgrade-8265km5hg2", "r-quay-app-upgrade"),
            // A word, a letter that no suffix has, too short, without a dash; and what is not named by its content.
            ("v1/Secret", "r-quay-config-passwords1", "r-quay-config-passwords1"),
            ("v1/Secret", "r-7bc6b88tb1", "r-7bc6b88tb1"),
            ("v1/Secret", "r-7bc6b88tb", "r-7bc6b88tb"),
            ("v1/Secret", "7bc6b88tb8", "7bc6b88tb8"),
            ("v1/Service", "r-7bc6b88tb8", "r-7bc6b88tb8"),
            ("apps/v1/Deployment", "r-7bc6b88tb8", "r-7bc6b88tb8"),
        ] {
            assert_eq!(Identity::of(&object(kind, name, "{}")).name, wanted);
        }
    }

    #[test]
    fn the_version_of_the_api_is_no_part_of_the_identity_and_its_group_is() {
        let of = |kind| Identity::of(&object(kind, "a", "{}"));
        assert_eq!(of("autoscaling/v2beta2/HorizontalPodAutoscaler"), of("autoscaling/v2/HorizontalPodAutoscaler"));
        assert_ne!(of("networking.k8s.io/v1/Ingress"), of("extensions/v1beta1/Ingress"));
        assert_eq!(of("v1/Service").to_string(), "Service quay/a");
    }

    #[test]
    fn of_several_generations_the_same_names_go_together() {
        let secret = |suffix: &str| object("v1/Secret", &format!("a-{suffix}"), "{}");
        let old = [secret("2222222222"), secret("4444444444")];
        let new = [secret("4444444444"), secret("5555555555"), secret("6666666666")];
        let name = |object: Option<&Value>| {
            object.and_then(|it| it.at(&["metadata", "name"])?.as_str()).unwrap_or("-").to_owned()
        };
        let pairs: Vec<_> = pair(&old, &new).iter().map(|it| format!("{} {}", name(it.old), name(it.new))).collect();
        assert_eq!(pairs, ["a-4444444444 a-4444444444", "a-2222222222 a-5555555555", "- a-6666666666"]);
    }
}
