//! Claims of former servers of databases, while these take over their data.

use crate::object::{Object, Value, base_names};

/// Adds the former claim of each database, like the one that has taken its place: what is set of that was set of it.
/// `claims` are former and present ones, without the registry's name.
pub fn add<'a>(objects: &mut Vec<Object>, registry: &str, claims: impl Iterator<Item = (&'a str, &'a str)>) {
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
}
