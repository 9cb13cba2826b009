//! Values, and Kubernetes objects with their identity.

pub mod base_names;
mod identity;
pub mod labels;
mod value;

pub use identity::Identity;
pub use value::{Map, Value};

use sha2::{Digest, Sha256};

/// The path of the pod template in a workload that makes its pods itself.
pub const TEMPLATE: &[&str] = &["spec", "template"];
/// The path of the pod spec in such a workload.
pub const POD_SPEC: &[&str] = &["spec", "template", "spec"];
/// The path of the pod template in a CronJob, whose Jobs make the pods.
pub const CRON_TEMPLATE: &[&str] = &["spec", "jobTemplate", "spec", "template"];
/// The path of the pod spec in a CronJob.
pub const CRON_POD_SPEC: &[&str] = &["spec", "jobTemplate", "spec", "template", "spec"];

/// The path of the pod template in an object of a kind, whether or not it has one.
#[must_use]
pub fn template_path(kind: &str) -> &'static [&'static str] {
    if kind == "CronJob" { CRON_TEMPLATE } else { TEMPLATE }
}

/// The path of the pod spec in an object of a kind, whether or not it has one.
#[must_use]
pub fn pod_path(kind: &str) -> &'static [&'static str] {
    if kind == "CronJob" { CRON_POD_SPEC } else { POD_SPEC }
}

/// The component whose objects install the operator of registries.
pub const REGISTRY_OPERATOR: &str = "olm";
/// The component whose objects install the operator of a storage gateway.
pub const GATEWAY_OPERATOR: &str = "storageoperator";

/// One Kubernetes object and the component it belongs to.
#[derive(Clone, PartialEq)]
pub struct Object {
    /// The folder of `components/` it was rendered from.
    pub component: String,
    /// The name without content hash, used for its file, so that a change is shown as a change.
    pub base_name: String,
    /// The layer in which it is applied; empty until that is determined.
    pub layer: String,
    /// The object itself.
    pub value: Value,
}

impl Object {
    /// An object as rendered.
    #[must_use]
    pub fn new(component: &str, value: Value) -> Self {
        let mut object =
            Self { component: component.to_owned(), base_name: String::new(), layer: String::new(), value };
        object.base_name = object.name().to_owned();
        object
    }

    /// Whether it installs an operator, and is thus none of a registry's own components.
    #[must_use]
    pub fn installs_operator(&self) -> bool {
        [REGISTRY_OPERATOR, GATEWAY_OPERATOR].contains(&self.component.as_str())
    }

    /// The namespace that it is in, or that it is.
    #[must_use]
    pub fn home(&self) -> &str {
        if self.kind() == "Namespace" { self.name() } else { self.value.str_at(&["metadata", "namespace"]) }
    }

    /// `kind`; empty if the object has none.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.value.str_at(&["kind"])
    }

    /// The current `metadata.name`; empty if the object has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.value.str_at(&["metadata", "name"])
    }

    /// A map of the object at a path of keys, for changing; created if missing.
    pub fn map_mut(&mut self, path: &[&str]) -> Option<&mut Map> {
        path.iter().try_fold(self.value.as_map_mut()?, |map, key| {
            if !map.contains(key) {
                map.insert(*key, Map::new());
            }
            map.get_mut(key)?.as_map_mut()
        })
    }

    /// A map of the object for changing, if it exists.
    pub fn map_mut_if(&mut self, path: &[&str]) -> Option<&mut Map> {
        path.iter().try_fold(self.value.as_map_mut()?, |map, key| map.get_mut(key)?.as_map_mut())
    }

    /// The template of its pods, if it makes any.
    #[must_use]
    pub fn template(&self) -> Option<&Value> {
        self.value.at(template_path(self.kind()))
    }

    /// The spec of its pods, if it makes any.
    #[must_use]
    pub fn pod(&self) -> Option<&Value> {
        self.value.at(pod_path(self.kind()))
    }

    /// Whether it is a Secret.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind() == "Secret"
    }

    /// Whether it holds a secret value: a Secret with more than a CA in it, or a Route with its certificate's key.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        let data = self.value.at(&["data"]).and_then(Value::as_map);
        let more_than_a_ca = data.is_none_or(|data| data.iter().any(|(key, _)| key != "ca.crt"));
        (self.is_secret() && more_than_a_ca) || self.value.at(&["spec", "tls", "key"]).is_some()
    }
}

/// The containers of a pod spec, including init containers, each with the name of its list.
pub fn containers_mut(pod: &mut Map) -> impl Iterator<Item = (&str, &mut Map)> {
    let lists = pod.iter_mut().filter(|(list, _)| matches!(*list, "containers" | "initContainers"));
    lists.flat_map(|(list, value)| {
        let items = if let Value::Seq(items) = value { items.as_mut_slice() } else { &mut [] };
        items.iter_mut().filter_map(Value::as_map_mut).map(move |container| (list, container))
    })
}

/// The length of a hash in a name.
pub const HASH: usize = 10;

/// Ten characters derived from a text: the first hex digits of its SHA-256, with characters that spell no words, like
/// kustomize's.
#[must_use]
pub fn content_suffix(text: &str) -> String {
    suffix(&Sha256::digest(text.as_bytes()))
}

/// The ten characters for a digest, as in [`content_suffix`].
#[must_use]
pub fn suffix(digest: &[u8]) -> String {
    let hex = base16ct::lower::encode_string(digest);
    hex.chars()
        .take(HASH)
        .map(|digit| match digit {
            '0' => 'g',
            '1' => 'h',
            '3' => 'k',
            'a' => 'm',
            'e' => 't',
            other => other,
        })
        .collect()
}

/// The longest name of a CronJob: its Jobs have eleven characters more (Kubernetes: `ValidateCronJobCreate`).
pub const LONGEST_CRON_JOB: usize = 52;

/// The longest name of a Job: its pods have a label with it.
pub const LONGEST_JOB: usize = 63;

/// A name that is at most so long: a longer one ends in a hash, which keeps it distinct.
#[must_use]
pub fn fitted(name: &str, longest: usize) -> String {
    if name.len() <= longest { name.to_owned() } else { with_hash(name, &content_suffix(name), longest) }
}

/// A name with a hash behind it that is at most so long. One that is too long loses its front, the registry's name, so that its
/// end still says what it is.
#[must_use]
pub fn with_hash(name: &str, hash: &str, longest: usize) -> String {
    let room = longest.saturating_sub(hash.len() + 1);
    let cut = name.char_indices().rev().nth(room.saturating_sub(1)).and_then(|(at, _)| name.get(at..));
    let base = cut.map_or(name, |end| end.trim_start_matches(|c: char| !c.is_ascii_lowercase()));
    format!("{base}-{hash}")
}

/// Whether the pods of an object of a kind end by themselves.
#[must_use]
pub fn is_run_once(kind: &str) -> bool {
    matches!(kind, "Job" | "CronJob")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_keeps_its_end_and_stays_distinct() {
        assert_eq!(fitted("my-registry-quay-database-backup", LONGEST_CRON_JOB), "my-registry-quay-database-backup");
        let [one, other] = ["a", "b"]
            .map(|first| fitted(&format!("{first}{}-quay-database-backup", "1".repeat(43)), LONGEST_CRON_JOB));
        assert!(one.len() <= LONGEST_CRON_JOB && one.contains("quay-database-backup-"), "{one}");
        assert_ne!(one, other);
    }
}
