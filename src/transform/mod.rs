//! A fixed list of small passes over all objects, in the order of [`transform`].

mod hash;
pub mod layers;
pub mod moves;
mod reload;

pub use hash::json as go_json;

use crate::catalog::{Broken, Protected, Release};
use crate::object::labels::SYNC_OPTIONS;
use crate::object::{Map, Object, Value, template_path};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;

const FLUX_SUBSTITUTE: &str = "kustomize.toolkit.fluxcd.io/substitute";

/// What the passes need to know.
pub struct Settings<'a> {
    /// The registry's name.
    pub registry: &'a str,
    /// The registry's namespace.
    pub namespace: &'a str,
    /// Whether objects that hold data survive pruning.
    pub protect_data: bool,
    /// Whether old objects are pruned as soon as new ones are applied: names then have no content suffix.
    pub stable_names: bool,
    /// The key for hashes of Secrets in names and annotations, which are public; without it they are plain hashes.
    pub digest_key: Option<&'a str>,
}

/// Makes rendered objects ready to be written.
///
/// # Errors
/// If a template renders something other than text into a Secret.
pub fn transform(mut objects: Vec<Object>, release: &Release, settings: &Settings<'_>) -> Result<Vec<Object>, Broken> {
    for object in &mut objects {
        set_namespace(object, settings.namespace);
        encode_secret(object)?;
        name_owner(object, release);
        if settings.protect_data {
            protect(object, &release.layers.protected);
        }
    }
    for object in objects.iter_mut().filter(|object| release.layers.provided.contains_key(object.kind())) {
        add_sync_option(object, "SkipDryRunOnMissingResource=true");
    }
    reload::annotate_readers(&mut objects);
    layers::assign(&mut objects, release);
    // An old Secret is pruned only when everything applied is healthy, which may never happen.
    let hasher = hash::Hasher::new(settings.digest_key);
    if settings.stable_names || objects.iter().any(|object| layers::is_uncertain(&release.layers, object)) {
        hash::checksums(&mut objects, settings.registry, &hasher);
    } else {
        hash::by_content(&mut objects, settings.registry, &release.rules.stable_names, &hasher);
    }
    for object in &mut objects {
        keep_from_substitution(object);
        hash::job(object);
        hash::cron_job(object);
        arrange(object);
    }
    objects.sort_by(|a, b| (&a.component, a.kind(), a.name()).cmp(&(&b.component, b.kind(), b.name())));
    Ok(objects)
}

/// A namespace in the template is kept: the dashboard belongs to that of the console.
fn set_namespace(object: &mut Object, namespace: &str) {
    if object.kind() == "Namespace" || object.value.at(&["metadata", "namespace"]).is_some() {
        return;
    }
    if let Some(metadata) = object.map_mut(&["metadata"]) {
        metadata.insert("namespace", namespace);
    }
}

/// `stringData` is for people; an API server stores `data`, which must not differ from what is applied.
fn encode_secret(object: &mut Object) -> Result<(), Broken> {
    if !object.is_secret() {
        return Ok(());
    }
    let template = format!("{}/secret-{}.yaml", object.component, object.base_name);
    let no_text = |what: &str| Broken::new(&template, format!("stringData{what}"));
    let Some(secret) = object.value.as_map_mut() else { return Ok(()) };
    let plain = match secret.remove("stringData") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Map(plain)) => plain,
        Some(_) => return Err(no_text(" is not a map")),
    };
    if !secret.contains("type") {
        secret.insert("type", "Opaque");
    }
    let Some(data) = object.map_mut(&["data"]) else { return Ok(()) };
    for (key, value) in plain {
        let text = value.as_str().ok_or_else(|| no_text(&format!(".{key} is not text")))?;
        data.insert(key, STANDARD.encode(text));
    }
    data.sort();
    Ok(())
}

/// Annotates the objects that the operator also creates with their owner, except those that it makes from files alone:
/// Secrets, and ConfigMaps without annotations.
fn name_owner(object: &mut Object, release: &Release) {
    let is_of_files = object.kind() == "ConfigMap" && object.value.at(&["metadata", "annotations"]).is_none();
    let is_meant = !is_of_files && !object.is_secret();
    let Some(annotation) = release.rules.owner_annotation.as_deref().filter(|_| is_meant) else { return };
    let Some(component) = release.component(&object.component) else { return };
    let is_there = object.value.at(&["metadata", "annotations", annotation]).is_some();
    if !is_there && (component.kind.is_some() || component.called.is_some()) {
        let name = component.called.as_deref().unwrap_or(&component.name);
        annotate(object, annotation, name);
    }
}

/// Objects that hold data are kept whatever happens to the output.
fn protect(object: &mut Object, protected: &Protected) {
    if protected.kinds.iter().any(|kind| kind == object.kind()) {
        protected.annotations.iter().for_each(|(name, value)| annotate(object, name, value));
    }
}

/// Tells Argo CD something more about an object.
fn add_sync_option(object: &mut Object, option: &str) {
    let there = object.value.str_at(&["metadata", "annotations", SYNC_OPTIONS]);
    let is_there = there.split(',').any(|known| known.trim() == option);
    let all = match there {
        "" => option.to_owned(),
        there if is_there => there.to_owned(),
        there => format!("{there},{option}"),
    };
    annotate(object, SYNC_OPTIONS, &all);
}

/// Flux replaces `${VAR}` if post-build substitution is enabled, and must leave a script's own variables alone.
fn keep_from_substitution(object: &mut Object) {
    if holds(&object.value, &|text| memmem::find(text.as_bytes(), b"${").is_some()) {
        annotate(object, FLUX_SUBSTITUTE, "disabled");
    }
}

/// Whether any text or key satisfies `is_sought`.
fn holds(value: &Value, is_sought: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::Str(string) => is_sought(string),
        Value::Seq(items) => items.iter().any(|item| holds(item, is_sought)),
        Value::Map(map) => map.iter().any(|(key, value)| is_sought(key) || holds(value, is_sought)),
        _ => false,
    }
}

fn annotate(object: &mut Object, name: &str, value: &str) {
    if let Some(annotations) = object.map_mut(&["metadata", "annotations"]) {
        annotations.insert(name, value);
    }
}

/// Orders the fields as people expect.
fn arrange(object: &mut Object) {
    let front = |map: &mut Map, names: &[&str]| {
        let old = std::mem::take(map);
        let (mut first, mut rest) = (Vec::new(), Map::new());
        for (key, value) in old {
            match names.iter().position(|name| *name == key) {
                Some(rank) => first.push((rank, key, value)),
                None => {
                    rest.insert(key, value);
                }
            }
        }
        first.sort_by_key(|(rank, ..)| *rank);
        *map = first.into_iter().map(|(_, key, value)| (key, value)).chain(rest).collect();
    };
    let of_pods = [template_path(object.kind()), &["metadata", "annotations"]].concat();
    for path in [["metadata", "labels"].as_slice(), &["metadata", "annotations"], &of_pods] {
        if let Some(map) = object.map_mut_if(path) {
            map.sort();
        }
    }
    if let Some(metadata) = object.map_mut(&["metadata"]) {
        front(metadata, &["name", "namespace", "labels", "annotations"]);
    }
    if let Some(root) = object.value.as_map_mut() {
        front(root, &["apiVersion", "kind", "metadata", "type"]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{self, Origin};

    fn encoded(secret: &str) -> Result<Value, Broken> {
        let origin = Origin { file: "", within: None };
        let documents = yaml::parse_own(secret, &origin, &mut crate::diagnostic::Diagnostics::new());
        let mut object = Object::new("postgres", documents[0].root.to_value());
        encode_secret(&mut object).map(|()| object.value)
    }

    #[test]
    fn a_secret_of_texts_is_encoded_and_another_names_its_template() {
        let secret = |data: &str| format!("kind: Secret\nmetadata: {{name: x}}\nstringData: {data}\n");
        assert_eq!(encoded(&secret("{a: b}")).unwrap().str_at(&["data", "a"]), "Yg==");
        for (data, reason) in [("{a: 7315}", "stringData.a is not text"), ("[7315]", "stringData is not a map")] {
            let broken = encoded(&secret(data)).unwrap_err().to_string();
            assert!(broken.starts_with("components/postgres/secret-") && broken.ends_with(reason), "{broken}");
            assert!(!broken.contains("7315"), "{broken}");
        }
    }
}
