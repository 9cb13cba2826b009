//! The ServiceAccount of a component's pods.

use super::targets::maps;
use super::{Laid, find};
use crate::catalog::Targets;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::kubernetes::settings::{Place, Role};
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{Map, Object, Value};

/// Sets the account of the pods; one with annotations is created, unless another component has created it.
pub fn make(
    objects: &mut Vec<Object>,
    registry: &str,
    folder: &str,
    targets: &Targets,
    own: &[&Laid<'_>],
    diagnostics: &mut Diagnostics,
) {
    let Some(laid) = find(own, "serviceAccount") else { return };
    let own_name = targets.deployment.as_ref().map_or(folder, |pods| pods.name.as_str());
    let name = match laid.value.str_at(&["name"]) {
        "" => format!("{registry}-{own_name}"),
        name => name.to_owned(),
    };
    let annotations = laid.value.at(&["annotations"]).and_then(Value::as_map).filter(|map| !map.is_empty());
    if let Some(annotations) = annotations {
        let made = objects.iter_mut().find(|object| object.kind() == "ServiceAccount" && object.name() == name);
        match made.map(|object| object.map_mut(&["metadata", "annotations"])) {
            None => objects.push(account(folder, registry, &name, annotations)),
            Some(Some(known)) if !known.is_empty() && known != annotations => diagnostics.extend(differs(laid)),
            Some(known) => known.into_iter().for_each(|known| known.clone_from(annotations)),
        }
    }
    let place = Place { on: vec![Role::Pod], at: Vec::new(), shape: "" };
    for (_, pod) in maps(objects, registry, targets, &place) {
        pod.insert("serviceAccountName", name.as_str());
    }
}

fn account(folder: &str, registry: &str, name: &str, annotations: &Map) -> Object {
    let mut metadata = Map::new();
    metadata.insert("name", name);
    let labels: Map = std::iter::once((REGISTRY_LABEL.to_owned(), registry.into())).collect();
    metadata.insert("labels", labels);
    metadata.insert("annotations", annotations.clone());
    let mut value = Map::new();
    value.insert("apiVersion", "v1");
    value.insert("kind", "ServiceAccount");
    value.insert("metadata", metadata);
    Object::new(folder, value.into())
}

fn differs(laid: &Laid<'_>) -> Diagnostics {
    let mut found = Diagnostics::new();
    if let Some(given) = laid.given.last() {
        let message = "another component has an account of that name with other annotations";
        found.push(
            Diagnostic::new(codes::SETTING_CONFLICT, message)
                .at(given.at.clone())
                .field(&given.field)
                .hint("give it another name, or the same annotations"),
        );
    }
    found
}
