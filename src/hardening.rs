//! What all pods of the shape production have in common: they meet the level `restricted` of the Pod Security
//! Standards, and mount the token of their account only where a program reads it.
//!
//! On Kubernetes a container runs as the user that its image is made for: with `runAsNonRoot` a kubelet refuses an
//! image whose user is a name. OpenShift gives each namespace a range of user ids, and admits no others.

use crate::catalog::{Release, User};
use crate::model::render_config::Cluster;
use crate::object::{Map, Object, Value, base_names, containers_mut, pod_path};
use std::collections::{BTreeMap, BTreeSet};

/// The first minor version of Kubernetes with seccompProfile, and that of the first OpenShift (4.11) that admits it.
const SECCOMP: (u32, u32) = (1, 19);
const SECCOMP_OPENSHIFT: (u32, u32) = (1, 24);

/// Adds restrictions to pods. What a pod or a container sets itself stays.
pub struct Hardening<'a> {
    release: &'a Release,
    registry: &'a str,
    cluster: &'a Cluster,
    /// The user of each image.
    users: BTreeMap<&'a str, User>,
    /// The restricted pods, by kind and name of their owner, and their containers.
    done: BTreeMap<(String, String), BTreeSet<String>>,
}

impl<'a> Hardening<'a> {
    /// For a registry with these images, by the names of their overrides.
    #[must_use]
    pub fn new(
        release: &'a Release,
        registry: &'a str,
        images: impl Iterator<Item = (&'a str, &'a str)>,
        cluster: &'a Cluster,
    ) -> Self {
        let users = images.filter_map(|(name, image)| Some((image, *release.users.get(name)?)));
        Self { release, registry, cluster, users: users.collect(), done: BTreeMap::new() }
    }

    /// Restricts all pods, and containers that were added to them since the last call.
    pub fn lay(&mut self, objects: &mut [Object]) {
        let mut done = std::mem::take(&mut self.done);
        for object in objects.iter_mut().filter(|object| object.pod().is_some()) {
            let owner = (object.kind().to_owned(), object.base_name.clone());
            let reads_token = self.reads_token(&owner.1);
            let Some(pod) = object.map_mut_if(pod_path(object.kind())) else { continue };
            let known = done.entry(owner).or_insert_with(|| {
                self.pod(pod, reads_token);
                BTreeSet::new()
            });
            for (_, container) in containers_mut(pod) {
                let name = container.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                if known.insert(name) {
                    self.container(container);
                }
            }
        }
        self.done = done;
    }

    fn reads_token(&self, owner: &str) -> bool {
        let name = base_names::base(owner, self.registry);
        let mut readers = self.release.components.iter().flat_map(|component| &component.tokens);
        name.is_some_and(|name| readers.any(|reader| reader == name))
    }

    fn pod(&self, pod: &mut Map, reads_token: bool) {
        let mut context = Map::new();
        context.insert("runAsNonRoot", true);
        if self.cluster.version >= if self.cluster.is_openshift() { SECCOMP_OPENSHIFT } else { SECCOMP } {
            context.insert("seccompProfile", map("type", "RuntimeDefault"));
        }
        fill(pod, map("securityContext", context));
        fill(pod, map("automountServiceAccountToken", reads_token));
    }

    fn container(&self, container: &mut Map) {
        let mut context = Map::new();
        context.insert("allowPrivilegeEscalation", false);
        context.insert("capabilities", map("drop", Value::Seq(vec!["ALL".into()])));
        let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
        if let Some(user) = self.users.get(image).filter(|_| !self.cluster.is_openshift()) {
            context.insert("runAsUser", user.user);
            if let Some(group) = user.group {
                context.insert("runAsGroup", group);
            }
        }
        fill(container, map("securityContext", context));
    }
}

fn map(key: &str, value: impl Into<Value>) -> Map {
    std::iter::once((key.to_owned(), value.into())).collect()
}

/// Adds entries that are missing.
fn fill(map: &mut Map, more: Map) {
    for (key, value) in more {
        match (map.get_mut(&key), value) {
            (None, value) => drop(map.insert(key, value)),
            (Some(Value::Map(own)), Value::Map(more)) => fill(own, more),
            (Some(_), _) => {}
        }
    }
}
