//! What a patch must not change, because the compiler relies on it.

use crate::catalog::{Release, Targets};
use crate::kubernetes::size;
use crate::object::labels::OWN_ANNOTATIONS;
use crate::object::{Map, Object, Value, pod_path, template_path};
use crate::settings::is_of;

/// Protects parts of an object from patches.
pub struct Guard<'a> {
    was: &'a Object,
    /// The settings of the component that the object belongs to.
    targets: Option<&'a Targets>,
    owner: Option<&'a str>,
    found: Vec<(String, &'static str, &'static str)>,
}

/// Paths that must not change, in any kind, why, and what to do instead.
const FIXED: &[(&str, &str, &str)] = &[
    ("apiVersion", "cannot be changed: a cluster's version is in the input", "spec.cluster.kubernetesVersion"),
    ("kind", "cannot be changed: it is what the object is", "take it out"),
    ("metadata.name", "cannot be changed: other objects name it", "take it out"),
    (
        "metadata.namespace",
        "cannot be changed: a registry is in one namespace",
        "metadata.namespace of the QuayRegistry",
    ),
    ("spec.selector", "cannot be changed: the pods would not be found any more", "take it out"),
    ("spec.scaleTargetRef", "cannot be changed: the autoscaler would have no pods", "take it out"),
    ("spec.host", "cannot be changed: config.yaml and certificates name it", "SERVER_HOSTNAME of config.yaml"),
    ("roleRef", "cannot be changed: a cluster refuses it", "take it out"),
];

/// A list whose items must stay.
struct List {
    /// The field that identifies its items.
    key: &'static str,
    /// The message if one does not stay.
    message: &'static str,
    /// What to do instead.
    hint: &'static str,
}

const NEEDED: &str = "is gone or changed: the container needs it";
const VARIABLES: List =
    List { key: "name", message: NEEDED, hint: "add variables of other names; some may be set in spec.components" };
const MOUNTS: List = List { key: "mountPath", message: NEEDED, hint: "add mounts at other paths" };
const PORTS: List = List { key: "containerPort", message: NEEDED, hint: "add ports of other numbers" };
const VOLUMES: List = List {
    key: "name",
    message: "is gone or changed: pods read their configuration from it",
    hint: "add volumes of other names",
};
const SERVICE_PORTS: List = List {
    key: "name",
    message: "of the Service is gone or changed: others connect to it",
    hint: "add ports of other names",
};

impl<'a> Guard<'a> {
    /// The guard of an object as it was rendered.
    pub fn new(was: &'a Object, release: &'a Release, registry: &str) -> Self {
        let is_its = |targets: &&Targets| is_of(was, targets, registry);
        let targets = release.settings().map(|(_, targets, _)| targets).find(is_its);
        Self { was, targets, owner: release.rules.owner_annotation.as_deref(), found: Vec::new() }
    }

    /// What a patch breaks: each path, the message, and the hint.
    pub fn undone(mut self, now: &Value) -> Vec<(String, &'static str, &'static str)> {
        for (path, message, hint) in FIXED {
            let keys: Vec<&str> = path.split('.').collect();
            if self.was.value.at(&keys) != now.at(&keys) {
                self.found.push(((*path).to_owned(), *message, *hint));
            }
        }
        for field in ["data", "stringData"].iter().filter(|_| self.was.is_secret()) {
            if now.at(&[field]) != self.was.value.at(&[field]) {
                let message = "cannot be changed: a Secret has what the config bundle and the keys say";
                self.found.push(((*field).to_owned(), message, "change it there"));
            }
        }
        self.labels(now, &["metadata", "labels"]);
        self.annotations(now, &["metadata", "annotations"]);
        if self.was.pod().is_some() {
            let template = template_path(self.was.kind());
            self.labels(now, &[template, &["metadata", "labels"]].concat());
            self.annotations(now, &[template, &["metadata", "annotations"]].concat());
            self.pod(now);
            self.replicas(now);
        }
        if self.was.kind() == "Service" {
            self.kept(&self.was.value, now, &["spec", "ports"], &SERVICE_PORTS, &[]);
        }
        self.found
    }

    /// Labels must stay: selectors use them.
    fn labels(&mut self, now: &Value, path: &[&str]) {
        for (key, value) in self.was.value.at(path).and_then(Value::as_map).into_iter().flat_map(Map::iter) {
            if now.at(path).and_then(Value::as_map).and_then(|map| map.get(key)) != Some(value) {
                let message = "cannot be changed: selectors go by it";
                self.found.push((
                    format!("{}.{key}", path.join(".")),
                    message,
                    "take it out; add labels of other names",
                ));
            }
        }
    }

    /// Annotations that tools use must stay.
    fn annotations(&mut self, now: &Value, path: &[&str]) {
        let map = |value: &'_ Value| value.at(path).and_then(Value::as_map).cloned().unwrap_or_default();
        let (was, now) = (map(&self.was.value), map(now));
        let is_own = |key: &str| {
            Some(key) == self.owner
                || OWN_ANNOTATIONS.iter().any(|own| *own == key || (own.ends_with('/') && key.starts_with(own)))
        };
        let keys = was.iter().chain(now.iter()).map(|(key, _)| key).filter(|key| is_own(key));
        let mut changed: Vec<&str> = keys.filter(|key| was.get(key) != now.get(key)).collect();
        changed.dedup();
        for key in changed {
            let message = "is quay-render's own: tools go by it";
            self.found.push((format!("{}.{key}", path.join(".")), message, "take it out"));
        }
    }

    /// In pods, containers with their images, variables and mounts must stay, and the volumes.
    fn pod(&mut self, now: &Value) {
        let was = &self.was.value;
        let pod = pod_path(self.was.kind());
        for list in ["initContainers", "containers"] {
            let path = [pod, &[list]].concat();
            let containers = was.at(&path).and_then(Value::as_seq).unwrap_or_default();
            for (index, container) in containers.iter().enumerate() {
                let name = container.str_at(&["name"]);
                let at = format!("{}[{index}]", path.join("."));
                let other = now.at(&path).and_then(Value::as_seq).unwrap_or_default().iter();
                let Some(other) = other.into_iter().find(|other| other.str_at(&["name"]) == name) else {
                    let message = "is gone: the component is that container";
                    self.found.push((at, message, "spec.components of the QuayRegistry says what is managed"));
                    continue;
                };
                if container.at(&["image"]) != other.at(&["image"]) {
                    let message = "cannot be changed here: images are reviewed by their list";
                    self.found.push((format!("{at}.image"), message, "spec.images of the RenderConfig"));
                }
                self.container(container, other, &at);
            }
        }
        self.kept(was, now, &[pod, &["volumes"]].concat(), &VOLUMES, &[]);
    }

    fn container(&mut self, was: &Value, now: &Value, at: &str) {
        let tunable: Vec<&str> =
            self.targets.map(|targets| targets.tunable.iter().map(String::as_str).collect()).unwrap_or_default();
        let before = self.found.len();
        self.kept(was, now, &["env"], &VARIABLES, &tunable);
        self.kept(was, now, &["volumeMounts"], &MOUNTS, &[]);
        self.kept(was, now, &["ports"], &PORTS, &[]);
        for (path, ..) in self.found.iter_mut().skip(before) {
            *path = format!("{at}.{path}");
        }
    }

    /// The items of a list must stay, except those with some keys.
    fn kept(&mut self, was: &Value, now: &Value, path: &[&str], list: &List, but: &[&str]) {
        let items = |value: &'_ Value| value.at(path).and_then(Value::as_seq).unwrap_or_default().to_vec();
        let now = items(now);
        for (index, item) in items(was).iter().enumerate() {
            let is_free = but.contains(&item.str_at(&[list.key]));
            if !is_free && !now.contains(item) {
                self.found.push((format!("{}[{index}]", path.join(".")), list.message, list.hint));
            }
        }
    }

    /// Refuses another number of pods: it is a setting, and limited where each pod would have data of its own.
    fn replicas(&mut self, now: &Value) {
        let path = ["spec", "replicas"];
        let (was, now) = (self.was.value.at(&path), now.at(&path));
        if was == now {
            return;
        }
        let most = self.targets.and_then(|targets| targets.most);
        if most.zip(now.and_then(size)).is_some_and(|(most, now)| now > f64::from(most)) {
            let message = "is more than the component may have: each pod would have data of its own";
            self.found.push(("spec.replicas".to_owned(), message, "take it out"));
        } else {
            let message = "is a setting: spec.components says it, and what goes with it";
            self.found.push((
                "spec.replicas".to_owned(),
                message,
                "spec.components.<name>.replicas of the RenderConfig",
            ));
        }
    }
}
