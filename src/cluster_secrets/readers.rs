//! Who reads a key of a Secret, among the rendered objects only.

use crate::catalog::Release;
use crate::object::{Object, Value, base_names};

/// The layer of the objects that give access to the registry; their controllers read the Secrets that they name.
const ACCESS: &str = "access";

/// Who reads a key of a Secret, in the order of layers; `registry` is the prefix of all names. A pod is named as in its
/// component.yaml (`readers`), an object for access by its kind.
#[must_use]
pub fn readers(release: &Release, registry: &str, objects: &[Object], secret: &str, key: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for layer in release.layers.iter() {
        for object in objects.iter().filter(|object| object.layer == layer.name) {
            if object.value.at(&["spec", "configBundleSecret"]).and_then(Value::as_str) == Some(secret) {
                found.push("the operator".to_owned());
            }
            let reads = match object.template() {
                Some(template) => reads(template, secret, key),
                None => layer.name == ACCESS && names(&object.value, secret),
            };
            let word = || reads.then(|| word(release, registry, object));
            if let Some(word) = word().filter(|word| !found.contains(word)) {
                found.push(word);
            }
        }
    }
    found
}

fn word(release: &Release, registry: &str, object: &Object) -> String {
    if object.layer == ACCESS {
        return format!("the {}", object.kind());
    }
    let base = base_names::base(&object.base_name, registry).unwrap_or(&object.base_name);
    let known = release.component(&object.component).and_then(|component| component.readers.get(base));
    known.map_or(base, String::as_str).to_owned()
}

/// Whether a pod template reads a key of a Secret: in a variable or in a volume.
fn reads(value: &Value, secret: &str, key: &str) -> bool {
    match value {
        Value::Seq(items) => items.iter().any(|item| reads(item, secret, key)),
        Value::Map(map) => map.iter().any(|(name, value)| {
            let is_named = |field: &str| value.at(&[field]).and_then(Value::as_str) == Some(secret);
            let has_item = |items: &[Value]| items.iter().any(|item| item.str_at(&["key"]) == key);
            let is_read = match name {
                "secretKeyRef" => is_named("name") && value.str_at(&["key"]) == key,
                "secretRef" => is_named("name"),
                "secret" => {
                    let items = value.at(&["items"]).and_then(Value::as_seq);
                    (is_named("secretName") || is_named("name")) && items.is_none_or(has_item)
                }
                _ => false,
            };
            is_read || reads(value, secret, key)
        }),
        _ => false,
    }
}

/// Whether an object for access names a Secret, possibly after its namespace.
fn names(value: &Value, secret: &str) -> bool {
    match value {
        Value::Str(text) => text == secret || text.rsplit_once('/').is_some_and(|(_, name)| name == secret),
        Value::Seq(items) => items.iter().any(|item| names(item, secret)),
        Value::Map(map) => map.iter().any(|(_, value)| names(value, secret)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Inputs, Source};

    fn of(components: &str, rest: &str, secret: &str, key: &str) -> Vec<String> {
        let registry = format!(
            "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {{name: r, namespace: quay}}\nspec:\n  components: [{components}]\n"
        );
        let config = format!(
            "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.5\"\n  cluster: {{platform: openshift, appsDomain: apps.example.com}}\n  secrets: {{mode: referenced}}\n{rest}"
        );
        let source = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
        let sources = vec![source("registry.yaml", &registry), source("config.yaml", &config)];
        let compiled = crate::compile(&Inputs { sources, ..Inputs::default() });
        let rendered = compiled.registry.unwrap();
        readers(&rendered.resolved.release, "r", &rendered.objects, secret, key)
    }

    #[test]
    fn only_what_is_rendered_reads() {
        let all = of("", "", "r-quay-secret-database", "DB_PASSWORD");
        assert_eq!(all, ["the database", "migration", "config editor", "mirror", "Quay"]);
        let few =
            of("{kind: mirror, managed: false}", "  configEditor: false\n", "r-quay-secret-database", "DB_PASSWORD");
        assert_eq!(few, ["the database", "migration", "Quay"]);
    }

    #[test]
    fn a_key_is_read_by_those_who_get_it() {
        // A Secret is mounted as a whole where its values are joined into files.
        let clair = of("", "", "r-quay-secret-clair", "CLAIR_DB_PASSWORD");
        assert_eq!(clair, ["Clair's database", "Clair", "config editor", "mirror", "Quay"]);
        let keys = of("", "", "r-quay-secret-keys", "SECRET_KEY");
        assert_eq!(keys, ["migration", "config editor", "mirror", "Quay"]);
        assert!(of("", "", "none", "SECRET_KEY").is_empty());
    }
}
