//! From objects to files: one object a file, under a name that does not change with its content.

use crate::object::{Map, Object, Value};
use crate::output::{File, FileSet};
use crate::yaml;

/// One file an object, and a kustomization.yaml that lists them.
#[must_use]
pub fn directory(objects: &[Object], release: &str) -> FileSet {
    let mut files = FileSet::new(release);
    let mut resources = Vec::new();
    for object in objects {
        let path = path(object);
        resources.push(path.clone());
        let bytes = yaml::emit(&object.value).into_bytes();
        files.insert(path, File { bytes, secret: object.is_confidential() });
    }
    let (path, file) = kustomization(resources);
    files.insert(path, file);
    files
}

/// A kustomization.yaml that lists files or directories, with its path. It has apiVersion, kind and resources only, which
/// every version of kustomize reads without a warning.
#[must_use]
pub fn kustomization(mut resources: Vec<String>) -> (&'static str, File) {
    resources.sort();
    let mut kustomization = Map::new();
    kustomization.insert("apiVersion", "kustomize.config.k8s.io/v1beta1");
    kustomization.insert("kind", "Kustomization");
    kustomization.insert("resources", resources);
    let bytes = yaml::emit(&kustomization.into()).into_bytes();
    ("kustomization.yaml", File { bytes, secret: false })
}

/// All objects as one stream of documents.
#[must_use]
pub fn stream(objects: &[Object]) -> String {
    objects.iter().map(|object| format!("---\n{}", yaml::emit(&object.value))).collect()
}

fn path(object: &Object) -> String {
    format!("{}/{}-{}.yaml", object.component, object.kind().to_lowercase(), object.base_name)
}

/// The images of all pods, each with the objects that use it (for a mirror of a disconnected cluster).
#[must_use]
pub fn images(objects: &[Object]) -> Vec<(String, Vec<String>)> {
    let mut found: std::collections::BTreeMap<String, Vec<String>> = std::collections::BTreeMap::new();
    for object in objects {
        let Some(spec) = object.value.at(&["spec", "template", "spec"]) else { continue };
        for list in ["initContainers", "containers"] {
            for container in spec.at(&[list]).and_then(Value::as_seq).unwrap_or_default() {
                let Some(image) = container.at(&["image"]).and_then(Value::as_str) else { continue };
                let users = found.entry(image.to_owned()).or_default();
                let user = format!("{}/{}", object.kind(), object.base_name);
                if !users.contains(&user) {
                    users.push(user);
                }
            }
        }
    }
    found.into_iter().collect()
}
