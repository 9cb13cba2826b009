//! The Flux Kustomization of each layer: the context of `components/delivery/kustomization.yaml`.

use crate::catalog::{Layer, Layers, Release};
use crate::model::flux::Flux;
use crate::object::{Object, Value, content_suffix};

use serde::Serialize;

/// The folder of the Kustomizations, next to those of the layers.
pub const FOLDER: &str = "flux";
/// The name of a Kustomization becomes a label of everything that it applies.
const LONGEST: usize = 63;

/// What the Kustomizations have in common, and those of each layer.
#[derive(Serialize)]
pub struct Context {
    registry: String,
    namespace: String,
    interval: String,
    timeout: String,
    source: Source,
    layers: Vec<Applied>,
}

#[derive(Serialize)]
struct Source {
    kind: String,
    name: String,
    namespace: Option<String>,
}

#[derive(Serialize)]
struct Applied {
    name: String,
    after: Vec<String>,
    path: String,
    waits: bool,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    api: String,
    kind: String,
    name: String,
    namespace: Option<String>,
}

/// What the Operator Lifecycle Manager installs an operator by.
const SUBSCRIPTION: &str = "Subscription";

/// The check that a CustomResourceDefinition is there.
fn definition(name: &str) -> Check {
    Check {
        api: "apiextensions.k8s.io/v1".to_owned(),
        kind: "CustomResourceDefinition".to_owned(),
        name: name.to_owned(),
        namespace: None,
    }
}

/// The context for a registry of that name and namespace: layers without objects are left out, and each of the others
/// follows those before it.
#[must_use]
pub fn context(flux: &Flux, release: &Release, registry: &str, namespace: &str, objects: &[Object]) -> Context {
    let layers = &release.layers;
    let there: Vec<&Layer> = layers.iter().filter(|layer| objects_of(objects, &layer.name).next().is_some()).collect();
    let longest = layers.iter().map(|layer| layer.name.len()).max().unwrap_or_default();
    let name = |layer: &str| format!("{}-{layer}", prefix(registry, namespace, longest));
    let applied = there.iter().map(|layer| {
        let after = before(layer, layers, &there);
        let names = after.iter().map(|layer| name(&layer.name));
        let pods = after.iter().flat_map(|layer| objects_of(objects, &layer.name)).filter_map(check);
        let installs = objects_of(objects, &layer.name).any(|object| object.kind() == SUBSCRIPTION);
        // An operator brings the kinds of the layers that wait for it.
        let next: Vec<&Layer> = there.iter().copied().filter(|next| next.after.contains(&layer.name)).collect();
        let is_brought = |kind: &str| {
            installs && next.iter().any(|next| objects_of(objects, &next.name).any(|object| object.kind() == kind))
        };
        let brought = layers.provided.iter().filter(|(kind, _)| is_brought(kind)).map(|(_, crd)| definition(crd));
        let checks = pods.chain(brought);
        let path: Vec<&str> = [".", &flux.path, &layer.name].into_iter().filter(|part| !part.is_empty()).collect();
        Applied {
            name: name(&layer.name),
            after: names.collect(),
            path: path.join("/"),
            waits: layer.waits,
            checks: checks.collect(),
        }
    });
    Context {
        registry: registry.to_owned(),
        namespace: flux.namespace.clone(),
        interval: flux.interval.clone(),
        timeout: flux.timeout.clone(),
        source: Source {
            kind: flux.source_kind.clone(),
            name: flux.source.clone(),
            namespace: flux.source_namespace.clone(),
        },
        layers: applied.collect(),
    }
}

fn objects_of<'a>(objects: &'a [Object], layer: &'a str) -> impl Iterator<Item = &'a Object> {
    objects.iter().filter(move |object| object.layer == layer)
}

/// The layers that must be healthy before one; an empty layer is replaced by those before it.
fn before<'a>(layer: &Layer, layers: &'a Layers, there: &[&'a Layer]) -> Vec<&'a Layer> {
    let named = layers.iter().filter(|other| layer.after.contains(&other.name));
    named.flat_map(|other| if there.contains(&other) { vec![other] } else { before(other, layers, there) }).collect()
}

/// The prefix of a registry's Kustomizations: all registries of a cluster may use the same namespace for them.
fn prefix(registry: &str, namespace: &str, longest_layer: usize) -> String {
    let full = format!("{namespace}-{registry}");
    let room = LONGEST - 1 - longest_layer;
    if full.len() <= room {
        return full;
    }
    let hash = content_suffix(&full);
    let kept: String = full.chars().take(room - 1 - hash.len()).collect();
    format!("{}-{hash}", kept.trim_end_matches('-'))
}

/// The health check of a Deployment.
fn check(object: &Object) -> Option<Check> {
    let text = |path: &[&str]| object.value.at(path).and_then(Value::as_str).map(str::to_owned);
    (object.kind() == "Deployment").then_some(())?;
    Some(Check {
        api: text(&["apiVersion"])?,
        kind: object.kind().to_owned(),
        name: object.name().to_owned(),
        namespace: Some(text(&["metadata", "namespace"])?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_too_long_for_a_label() {
        assert_eq!(prefix("my-registry", "quay", 11), "quay-my-registry");
        let (long, other) =
            (prefix(&"r".repeat(44), &"n".repeat(63), 11), prefix(&"r".repeat(43), &"n".repeat(63), 11));
        assert!(long.len() <= 51 && long != other, "{long} {other}");
    }

    #[test]
    fn a_layer_without_objects_is_passed_over() {
        let release = crate::catalog::Catalog::embedded().standard().unwrap();
        let layers = &release.layers;
        let empty = ["provider", "storage", "data", "migration"];
        let there: Vec<&Layer> = layers.iter().filter(|layer| !empty.contains(&layer.name.as_str())).collect();
        let application = layers.iter().find(|layer| layer.name == "application").unwrap();
        let names: Vec<&str> = before(application, layers, &there).iter().map(|layer| layer.name.as_str()).collect();
        assert_eq!(names, ["base"]);
    }
}
