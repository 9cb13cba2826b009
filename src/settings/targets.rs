//! The parts of objects that a setting applies to.

use crate::catalog::Targets;
use crate::kubernetes::settings::{Place, Role};
use crate::object::{Map, Object, Value, base_names, containers_mut, pod_path, template_path};

/// Whether an object is the registry's of that kind and name; without a name, any of that kind.
pub fn is(object: &Object, kind: &str, name: &str, registry: &str) -> bool {
    if name.is_empty() {
        return object.kind() == kind;
    }
    object.kind() == kind && base_names::base(&object.base_name, registry) == Some(name)
}

/// Whether any of the objects is rendered.
pub fn is_rendered(objects: &[Object], targets: &Targets, registry: &str) -> bool {
    let all = targets.objects();
    objects.iter().any(|object| all.iter().any(|(kind, name)| is(object, kind, name, registry)))
}

/// An object for a role, the path in it, and the component's own container there.
struct Part<'t> {
    kind: &'t str,
    name: &'t str,
    path: &'static [&'static str],
    containers: Containers<'t>,
}

/// Which containers of pods are concerned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Containers<'t> {
    None,
    One(&'t str),
    All,
}

fn parts(targets: &Targets, role: Role) -> Vec<Part<'_>> {
    let part = |kind, name, path, containers| Part { kind, name, path, containers };
    let whole = |(kind, name)| part(kind, name, &[], Containers::None);
    let deployment = || targets.deployment.iter().map(|pods| ("Deployment", pods));
    let pods = || {
        let jobs = targets.jobs.iter().map(|pods| ("Job", pods));
        deployment().chain(jobs).chain(targets.cron_jobs.iter().map(|pods| ("CronJob", pods)))
    };
    let of = |kind: &str| targets.objects().into_iter().filter(|(known, _)| *known == kind).map(whole).collect();
    match role {
        Role::Deployment => of("Deployment"),
        Role::Template => {
            pods().map(|(kind, it)| part(kind, it.name.as_str(), template_path(kind), Containers::None)).collect()
        }
        Role::Pod => pods().map(|(kind, it)| part(kind, it.name.as_str(), pod_path(kind), Containers::None)).collect(),
        Role::ServerPod => {
            deployment().map(|(kind, it)| part(kind, &it.name, pod_path(kind), Containers::None)).collect()
        }
        Role::Container => pods()
            .map(|(kind, it)| part(kind, it.name.as_str(), pod_path(kind), Containers::One(&it.container)))
            .collect(),
        Role::Server => deployment()
            .map(|(kind, it)| part(kind, &it.name, pod_path(kind), Containers::One(&it.container)))
            .collect(),
        Role::Containers => {
            pods().map(|(kind, it)| part(kind, it.name.as_str(), pod_path(kind), Containers::All)).collect()
        }
        Role::Claim => of("PersistentVolumeClaim"),
        Role::Bucket => of("ObjectBucketClaim"),
        Role::Service => of("Service"),
        Role::Autoscaler => of("HorizontalPodAutoscaler"),
        Role::Account => Vec::new(),
        Role::Network => of("NetworkPolicy"),
        Role::Objects => targets.objects().into_iter().map(whole).collect(),
    }
}

/// All maps for a place: the parts of the objects that exist, with the kind of each object.
pub fn maps<'o>(
    objects: &'o mut [Object],
    registry: &str,
    targets: &Targets,
    place: &Place,
) -> Vec<(String, &'o mut Map)> {
    let parts: Vec<Part<'_>> = place.on.iter().flat_map(|role| parts(targets, *role)).collect();
    let mut found = Vec::new();
    for object in objects {
        let Some(part) = parts.iter().find(|part| is(object, part.kind, part.name, registry)) else { continue };
        let kind = object.kind().to_owned();
        let Some(map) = object.map_mut(part.path) else { continue };
        match part.containers {
            Containers::None => found.push((kind, map)),
            meant => found.extend(containers(map, meant).map(|map| (kind.clone(), map))),
        }
    }
    found
}

fn containers<'m>(pod: &'m mut Map, meant: Containers<'_>) -> impl Iterator<Item = &'m mut Map> {
    let is_meant = move |list: &str, container: &Map| match meant {
        Containers::None => false,
        Containers::All => true,
        Containers::One(name) => list == "containers" && container.get("name").and_then(Value::as_str) == Some(name),
    };
    containers_mut(pod).filter(move |(list, container)| is_meant(list, container)).map(|(_, container)| container)
}

/// An object that a setting applies to, and the paths in it.
pub struct Landing<'t> {
    pub kind: &'t str,
    /// Its name without the registry's prefix; empty for all of the kind.
    pub name: &'t str,
    pub paths: Vec<String>,
}

/// The same, independent of any objects.
pub fn landings<'t>(targets: &'t Targets, place: &Place) -> Vec<Landing<'t>> {
    let at = place.at.join(".");
    let row = |part: Part<'t>| {
        let path = part.path.join(".");
        let paths = match part.containers {
            Containers::None if path.is_empty() => vec![at.clone()],
            Containers::None => vec![format!("{path}.{at}")],
            Containers::One(name) => vec![format!("{path}.containers[{name}].{at}")],
            Containers::All => ["containers", "initContainers"].map(|list| format!("{path}.{list}[].{at}")).into(),
        };
        Landing { kind: part.kind, name: part.name, paths }
    };
    place.on.iter().flat_map(|role| parts(targets, *role)).map(row).collect()
}
