//! Limits on the size of objects: what an API server accepts, and what `kubectl apply` can apply client-side.
//!
//! The limits are those of Kubernetes (`ValidateAnnotationsSize`, `MaxSecretSize`). Objects other than Secrets and
//! ConfigMaps are measured as a whole, for which etcd allows slightly more.

use crate::catalog::secret::CONFIG;
use crate::cluster_secrets::{ClusterSecrets, MOST_KEYS};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Model;
use crate::model::flux::Form;
use crate::object::{Identity, Object, Value};
use crate::transform::go_json;

/// The maximum size of all annotations of an object in bytes. `kubectl apply` writes the applied object into one.
const ANNOTATIONS: usize = 262_144;
/// The maximum size of the data of a Secret or a ConfigMap, in bytes.
const DATA: usize = 1_048_576;
/// The annotation that `kubectl apply` writes.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Reports an error (`object-size`) if a registry needs an unreasonable number of keys in Secrets.
pub fn check_cluster_secrets(cluster_secrets: &ClusterSecrets, model: &Model, diagnostics: &mut Diagnostics) {
    let Some(largest) = cluster_secrets.secrets.iter().max_by_key(|wanted| wanted.entries.len()) else { return };
    let total: usize = cluster_secrets.secrets.iter().map(|wanted| wanted.entries.len()).sum();
    if total > MOST_KEYS {
        let message = format!("more than {MOST_KEYS} values are left to Secrets, most of them to {}", largest.name);
        let config = model.bundle.config.as_ref().filter(|_| largest.id.as_deref() == Some(CONFIG));
        let at = config.map_or(model.config.at.clone(), |file| file.location(file.root.pos));
        let hint = "leave out what is not used: fields that Quay does not know, files that no pod mounts";
        diagnostics.push(Diagnostic::new(codes::OBJECT_SIZE, message).at(at).hint(hint));
    }
}

/// Reports errors for objects that no cluster accepts (`object-size`), and warnings for those that need a server-side
/// apply (`object-apply`), unless Flux applies them, which does that.
pub fn check(objects: &[Object], model: &Model, diagnostics: &mut Diagnostics) {
    for object in objects {
        let annotations = entries(&object.value, &["metadata", "annotations"]);
        let own: usize = annotations.iter().map(|(name, size)| name.len() + size).sum();
        let data = data(object);
        let most = most_json(&object.value);
        let is_small = own + LAST_APPLIED.len() + most < ANNOTATIONS.min(DATA);
        let whole = if is_small { most } else { go_json(&object.value).len() };
        let total: usize = if data.is_empty() { whole } else { data.iter().map(|it| it.1).sum() };
        let applied = own + LAST_APPLIED.len() + whole + 1;
        if own > ANNOTATIONS {
            let message = format!("has {own} bytes of annotations, and no cluster takes more than {ANNOTATIONS}");
            let problem = problem_at_largest(codes::OBJECT_SIZE, object, message, &annotations, model);
            diagnostics.push(problem.hint("shorten them, or keep what they say elsewhere"));
        } else if total > DATA {
            let message = format!("has {total} bytes, and no cluster takes more than {DATA}");
            let hint = format!("leave out what is not used{}", elsewhere(model));
            diagnostics.push(problem_at_largest(codes::OBJECT_SIZE, object, message, &data, model).hint(hint));
        } else if applied > ANNOTATIONS && model.config.output == Form::Directory {
            let message = format!(
                "has {applied} bytes when it is applied, and kubectl apply, which keeps a copy in an annotation, takes no more than {ANNOTATIONS}"
            );
            let hint = format!(
                "apply it with kubectl apply --server-side, and with syncOptions: [ServerSideApply=true] by Argo CD, as `init --argocd` writes it; or leave out what is not used{}",
                elsewhere(model)
            );
            diagnostics.push(problem_at_largest(codes::OBJECT_APPLY, object, message, &data, model).hint(hint));
        }
    }
}

/// An upper bound for the size of a value as JSON, without writing it: most objects are far below every limit.
fn most_json(value: &Value) -> usize {
    // One byte becomes at most six, plus the quotes around the text.
    let text = |text: &str| 6 * text.len() + 2;
    match value {
        Value::Null | Value::Bool(_) => 5,
        // The longest form of a float that Rust writes.
        Value::Float(_) => 330,
        Value::Int(digits) => digits.len(),
        Value::Date(date) => text(date),
        Value::Str(it) => text(it),
        Value::Seq(items) => 2 + items.iter().map(|item| most_json(item) + 1).sum::<usize>(),
        Value::Map(map) => 2 + map.iter().map(|(key, value)| text(key) + most_json(value) + 2).sum::<usize>(),
    }
}

/// Names and sizes of the values in a map of texts.
fn entries<'a>(object: &'a Value, path: &[&str]) -> Vec<(&'a str, usize)> {
    let map = object.at(path).and_then(Value::as_map).into_iter();
    map.flat_map(|map| map.iter()).map(|(name, value)| (name, value.as_str().map_or(0, str::len))).collect()
}

/// Names and decoded sizes of the entries of a Secret or a ConfigMap; none for other kinds.
fn data(object: &Object) -> Vec<(&str, usize)> {
    let (plain, encoded) = match object.kind() {
        "Secret" => ("stringData", "data"),
        "ConfigMap" => ("data", "binaryData"),
        _ => return Vec::new(),
    };
    let decoded = |(name, _): (_, usize)| {
        let text = object.value.str_at(&[encoded, name]);
        (name, text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count())
    };
    let encoded = entries(&object.value, &[encoded]).into_iter().map(decoded);
    entries(&object.value, &[plain]).into_iter().chain(encoded).collect()
}

/// An alternative for a file of the bundle.
fn elsewhere(model: &Model) -> &'static str {
    if model.config.secrets.are_referenced() {
        "; or put a file into a Secret of its own, which spec.secrets.files names"
    } else {
        "; or spec.secrets.mode: referenced, with files in Secrets of their own, which spec.secrets.files names"
    }
}

/// The problem at the location of the largest part of the object, if that is copied from the input.
fn problem_at_largest(
    code: crate::diagnostic::Code,
    object: &Object,
    message: String,
    parts: &[(&str, usize)],
    model: &Model,
) -> Diagnostic {
    let identity = Identity::of_value(&object.value).base();
    let largest = parts.iter().max_by_key(|(_, size)| *size);
    let most = largest.map(|(name, size)| format!("; the most of it is {name}, {size} bytes")).unwrap_or_default();
    let problem = Diagnostic::new(code, format!("{identity} {message}{most}"));
    match largest.and_then(|(name, _)| place(name, model)) {
        Some((at, field)) => problem.at(at).field(field),
        None => problem,
    }
}

fn place(name: &str, model: &Model) -> Option<(Location, String)> {
    if let Some(file) = model.bundle.file(name) {
        return Some((file.at.clone(), name.to_owned()));
    }
    let access = model.config.access.as_ref()?;
    let service = access.service.as_ref().filter(|service| service.value.annotations.contains_key(name));
    if let Some(service) = service {
        return Some((service.at.clone(), "spec.access.service.annotations".to_owned()));
    }
    let (_, at) = access.given.iter().find(|(field, _)| field == "annotations")?;
    access.annotations.contains_key(name).then(|| (at.clone(), "spec.access.annotations".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Inputs, Source};

    #[test]
    fn no_object_is_longer_as_json_than_is_reckoned() {
        let nasty = "\u{1}<>&\u{2028}\"\\\u{7f}\u{e9}";
        let list = vec![Value::Null, true.into(), Value::Int("-12".to_owned()), Value::Float(-1e-300), "".into()];
        let mut map = crate::object::Map::new();
        map.insert(nasty, nasty);
        map.insert("list", Value::Seq(list));
        map.insert("date", Value::Date("2001-01-01".to_owned()));
        map.insert("empty", Value::Seq(Vec::new()));
        for value in [Value::from(map), Value::Null, "".into()] {
            assert!(go_json(&value).len() <= most_json(&value));
        }
    }

    /// The diagnostic codes for a registry whose BRANDING has that many members, each of them a secret.
    fn codes_of(members: usize) -> Vec<&'static str> {
        let lines: String = (0..members).map(|n| format!("      MEMBER_{n}: value\n")).collect();
        let texts = [
            ("registry.yaml", "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: r, namespace: quay}\nspec: {configBundleSecret: b}\n".to_owned()),
            ("facts.yaml", "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  cluster: {platform: openshift, appsDomain: apps.example.com}\n  secrets:\n    mode: referenced\n    names: {config: {keys: {NONE: none}}}\n".to_owned()),
            ("bundle.yaml", format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: b, namespace: quay}}\nstringData:\n  config.yaml: |\n    BRANDING:\n{lines}")),
        ];
        let source = |(name, text): (&str, String)| Source { name: name.to_owned(), bytes: text.into_bytes() };
        let compiled = crate::compile(&Inputs { sources: texts.map(source).into(), ..Inputs::default() });
        let wanted = [codes::OBJECT_SIZE, codes::SECRET_NAMES, codes::SECRET_IN_INPUT];
        wanted
            .iter()
            .filter(|code| compiled.diagnostics.iter().any(|it| it.code == **code))
            .map(|it| it.as_str())
            .collect()
    }

    #[test]
    fn too_many_values_are_one_problem_among_the_others() {
        assert_eq!(codes_of(MOST_KEYS / 2), ["secret-names", "secret-in-input"]);
        assert_eq!(codes_of(MOST_KEYS + 1), ["object-size", "secret-names", "secret-in-input"]);
    }
}
