//! Turns objects into files: one file for each object, with a name that does not depend on its content.

pub mod flux;

use crate::file_set::{File, FileSet, IGNORE, STAGING, ignore_line};
use crate::object::{GATEWAY_OPERATOR, Map, Object, Value};
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

/// One file for each object, and a kustomization.yaml that lists them. What installs the operator of a storage gateway is in a
/// folder of its own, which can be applied before: a cluster does not know the kinds of a gateway without it.
#[must_use]
pub fn directory(objects: &[Object], release: &str) -> FileSet {
    let mut files = FileSet::new(release);
    let (first, rest): (Vec<&Object>, Vec<&Object>) =
        objects.iter().partition(|object| object.component == GATEWAY_OPERATOR);
    let mut resources = write("", rest.into_iter(), path, &mut files);
    if !first.is_empty() {
        folder(&format!("{OPERATOR}/"), first.into_iter(), path, &mut files);
        resources.push(OPERATOR.to_owned());
    }
    list("", resources, &mut files);
    keep_from_git(&mut files);
    files
}

/// The folders of a registry that an operator makes: what installs operators, and what it makes the registry of.
pub const OPERATOR: &str = "operator";
/// The second of them.
pub const REGISTRY: &str = "registry";

/// Two folders that are applied one after the other, for a cluster does not know the kind QuayRegistry before the operator is
/// there; and a kustomization.yaml that lists both, for those who try again until it does.
#[must_use]
pub fn in_turn(objects: &[Object], release: &str) -> FileSet {
    let mut files = FileSet::new(release);
    let installs: Vec<&Object> = objects.iter().filter(|object| object.installs_operator()).collect();
    let is_home =
        |object: &Object| object.kind() == "Namespace" && installs.iter().any(|other| other.home() == object.name());
    let (first, second): (Vec<&Object>, Vec<&Object>) =
        objects.iter().partition(|object| object.installs_operator() || is_home(object));
    let folders: Vec<(&str, Vec<&Object>)> =
        [(OPERATOR, first), (REGISTRY, second)].into_iter().filter(|(_, objects)| !objects.is_empty()).collect();
    for (name, objects) in &folders {
        folder(&format!("{name}/"), objects.iter().copied(), path, &mut files);
    }
    list("", folders.iter().map(|(name, _)| (*name).to_owned()).collect(), &mut files);
    keep_from_git(&mut files);
    files
}

/// A folder for each layer, and one for the Flux Kustomizations. Nothing is at the top: from there, the layers would be
/// applied without an order.
#[must_use]
pub fn layers(objects: &[Object], kustomizations: &[Object], release: &str) -> FileSet {
    let mut files = FileSet::new(release);
    let names: BTreeSet<&str> = objects.iter().map(|object| object.layer.as_str()).collect();
    for name in names {
        folder(&format!("{name}/"), objects.iter().filter(|object| object.layer == name), path, &mut files);
    }
    folder(&format!("{}/", flux::FOLDER), kustomizations.iter(), file_name, &mut files);
    keep_from_git(&mut files);
    files
}

const IGNORE_HEADER: &str = "# Made by quay-render build: files with secrets, which Git must not take as they are.\n";

/// Adds a .gitignore for files with secrets and for what an interrupted run leaves. It is a file of the output, so it
/// works wherever the output is written, even if that is not a work tree yet.
fn keep_from_git(files: &mut FileSet) {
    let secret = files.iter().filter(|(_, file)| file.secret).map(|(path, _)| path);
    let lines: String = secret.map(|path| ignore_line(path) + "\n").collect();
    if !lines.is_empty() {
        let text = format!("{IGNORE_HEADER}{lines}/{STAGING}/\n");
        files.insert(IGNORE, File { bytes: text.into_bytes(), secret: false });
    }
}

/// Writes objects below a folder, with a kustomization.yaml that lists them. It has only apiVersion, kind and
/// resources, which every version of kustomize reads without a warning.
fn folder<'a>(
    prefix: &str,
    objects: impl Iterator<Item = &'a Object>,
    path: fn(&Object) -> String,
    files: &mut FileSet,
) {
    let resources = write(prefix, objects, path, files);
    list(prefix, resources, files);
}

/// Writes objects below a folder; returns their paths there.
fn write<'a>(
    prefix: &str,
    objects: impl Iterator<Item = &'a Object>,
    path: fn(&Object) -> String,
    files: &mut FileSet,
) -> Vec<String> {
    let mut resources = Vec::new();
    for object in objects {
        let path = path(object);
        let bytes = yaml::emit(&object.value).into_bytes();
        files.insert(format!("{prefix}{path}"), File { bytes, secret: object.is_confidential() });
        resources.push(path);
    }
    resources
}

/// Writes the kustomization.yaml of a folder.
fn list(prefix: &str, mut resources: Vec<String>, files: &mut FileSet) {
    resources.sort();
    let mut kustomization = Map::new();
    kustomization.insert("apiVersion", "kustomize.config.k8s.io/v1beta1");
    kustomization.insert("kind", "Kustomization");
    kustomization.insert("resources", resources);
    let bytes = yaml::emit(&kustomization.into()).into_bytes();
    files.insert(format!("{prefix}kustomization.yaml"), File { bytes, secret: false });
}

/// All objects as one stream of documents.
#[must_use]
pub fn stream(objects: &[Object]) -> String {
    objects.iter().map(|object| format!("---\n{}", yaml::emit(&object.value))).collect()
}

/// The path of an object's file, below the output directory or the folder of its layer.
#[must_use]
pub fn path(object: &Object) -> String {
    format!("{}/{}", object.component, file_name(object))
}

/// An object that may or may not hold a secret, as a Route may hold a key, has another file name if it does: Git keeps
/// tracking a file that it already has, even if it is ignored.
fn file_name(object: &Object) -> String {
    let kind = object.kind().to_lowercase();
    let mark = if object.is_confidential() && kind != "secret" { ".secret" } else { "" };
    format!("{kind}-{}{mark}.yaml", object.base_name)
}

/// The front of the variables with images that an operator reads.
const RELATED_IMAGE: &str = "RELATED_IMAGE_";

/// The images of all pods, each with the objects that use it (for a mirror of a disconnected cluster).
#[must_use]
pub fn images(objects: &[Object]) -> Vec<(String, Vec<String>)> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for object in objects {
        // Those that an operator is told.
        let told = object.value.at(&["spec", "config", "env"]).and_then(Value::as_seq).unwrap_or_default();
        for variable in told.iter().filter(|variable| variable.str_at(&["name"]).starts_with(RELATED_IMAGE)) {
            let users = found.entry(variable.str_at(&["value"]).to_owned()).or_default();
            users.push(format!("{}/{}", object.kind(), object.base_name));
        }
        let Some(spec) = object.pod() else { continue };
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
