//! Databases that take over the data of their former servers: what is set of a database holds for what moves its data too.

use crate::object::{Object, Value, base_names, pod_path};
use crate::upgrade;

/// Adds the former claim of each database, like the one that has taken its place, and gives its init containers the
/// resources of its server. `claims` are former and present ones, without the registry's name.
pub fn like_their_servers<'a>(
    objects: &mut Vec<Object>,
    registry: &str,
    claims: impl Iterator<Item = (&'a str, &'a str)>,
) {
    for (former, present) in claims {
        let present = base_names::named(registry, present);
        let of_claim = |object: &&Object| object.kind() == "PersistentVolumeClaim" && object.base_name == present;
        let Some(claim) = objects.iter().find(of_claim) else { continue };
        let (component, mut value) = (claim.component.clone(), claim.value.clone());
        if let Some(metadata) = value.as_map_mut().and_then(|it| it.get_mut("metadata")).and_then(Value::as_map_mut) {
            metadata.insert("name", base_names::named(registry, former));
        }
        objects.push(Object::new(&component, value));
    }
    objects.iter_mut().filter(|object| object.kind() == "Deployment").for_each(share_resources);
}

/// A namespace with a quota admits no container without them.
fn share_resources(deployment: &mut Object) {
    let Some(pod) = deployment.map_mut_if(pod_path("Deployment")) else { return };
    let resources =
        pod.get("containers").and_then(Value::as_seq).and_then(|all| all.first()?.at(&["resources"])).cloned();
    let Some(Value::Seq(init)) = pod.get_mut("initContainers") else { return };
    if !init.iter().any(|container| container.str_at(&["name"]) == upgrade::MOVER) {
        return;
    }
    let moves = |container: &&mut Value| container.str_at(&["name"]).ends_with(upgrade::MOVERS);
    for container in init.iter_mut().filter(moves).filter_map(Value::as_map_mut) {
        match &resources {
            Some(resources) => drop(container.insert("resources", resources.clone())),
            None => drop(container.remove("resources")),
        }
    }
}
