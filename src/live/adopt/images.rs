//! The images that run.

use crate::catalog::Release;
use crate::live::registry::Registry;
use crate::object::{Map, POD_SPEC, Value};

/// The Deployments whose first container shows an image, with the image's name; of two with one name the first counts.
const SHOWN: &[(&str, &str)] = &[
    ("quay-app", "RELATED_IMAGE_COMPONENT_QUAY"),
    ("clair-app", "RELATED_IMAGE_COMPONENT_CLAIR"),
    ("quay-database", "RELATED_IMAGE_COMPONENT_POSTGRES"),
    ("clair-postgres", "RELATED_IMAGE_COMPONENT_CLAIRPOSTGRES"),
    ("clair-postgres", "RELATED_IMAGE_COMPONENT_POSTGRES"),
    ("quay-redis", "RELATED_IMAGE_COMPONENT_REDIS"),
];
/// The host that stands for none.
const DEFAULT_HOST: &str = "docker.io/";

/// The images that are not those of the release, by their names.
pub(super) fn find(registry: &Registry<'_>, release: &Release) -> Map {
    let mut found = Map::new();
    for (deployment, name) in SHOWN {
        let Some(usual) = release.images.get(*name).filter(|_| !found.contains(name)) else { continue };
        let Some(image) = image(registry, deployment) else { continue };
        if image != usual && format!("{DEFAULT_HOST}{image}") != *usual {
            found.insert(*name, image);
        }
    }
    // What Clair's database shows is no image of the registry's database where that one runs the usual one.
    let usual = image(registry, "quay-database");
    if let Some(own) = usual.filter(|own| found.get(POSTGRES).is_some_and(|other| other.as_str() != Some(own))) {
        let is_usual =
            release.images.get(POSTGRES).is_some_and(|it| it == own || *it == format!("{DEFAULT_HOST}{own}"));
        if is_usual {
            found.remove(POSTGRES);
        }
    }
    found
}

const POSTGRES: &str = "RELATED_IMAGE_COMPONENT_POSTGRES";

/// The image of a Deployment's first container.
fn image<'a>(registry: &Registry<'a>, deployment: &str) -> Option<&'a str> {
    let containers = registry.find("Deployment", deployment)?.value.at(POD_SPEC)?.at(&["containers"])?.as_seq()?;
    containers.first()?.at(&["image"]).and_then(Value::as_str)
}
