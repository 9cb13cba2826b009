//! The requests of pods, compared with the ResourceQuota and the LimitRange that a namespace may have.

use super::{containers, items, production, text};
use quay_render::kubernetes::size;
use quay_render::object::Value as Quantity;
use serde_json::Value;
use std::collections::BTreeMap;

const RESOURCES: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// A common default of a LimitRange.
const DEFAULT_MEMORY: f64 = 512.0 * 1024.0 * 1024.0;

fn amount(value: &Value) -> Option<f64> {
    size(&Quantity::from(value.clone()))
}

#[test]
fn every_container_says_what_it_asks_for_and_may_have() {
    for case in production() {
        for (owner, template) in case.pods() {
            for container in containers(&template["spec"]) {
                let name = text(&container["name"]);
                for resource in RESOURCES {
                    let [requested, limit] =
                        ["requests", "limits"].map(|part| amount(&container["resources"][part][resource]));
                    let (Some(requested), Some(limit)) = (requested, limit) else {
                        panic!("{owner}: {name} says nothing of {resource}, and a quota refuses it");
                    };
                    assert!(requested <= limit, "{owner}: {name} asks for more {resource} than it may have");
                }
            }
        }
    }
}

#[test]
fn no_default_of_a_namespace_starves_a_database() {
    for case in production() {
        for (owner, template) in case.pods() {
            for container in items(&template["spec"]["containers"]) {
                let variables: BTreeMap<&str, &str> = items(&container["env"])
                    .iter()
                    .map(|variable| (text(&variable["name"]), text(&variable["value"])))
                    .collect();
                let Some(buffers) = variables.get("POSTGRESQL_SHARED_BUFFERS") else { continue };
                let buffers: f64 = buffers.trim_end_matches("MB").parse().unwrap();
                let limit = amount(&container["resources"]["limits"]["memory"]).unwrap();
                assert!(limit > DEFAULT_MEMORY && limit > 4.0 * buffers * 1024.0 * 1024.0, "{owner}: {limit}");
            }
        }
    }
}

#[test]
fn every_volume_in_memory_has_a_size_that_fits_its_containers() {
    for case in production() {
        for (owner, template) in case.pods() {
            let pod = &template["spec"];
            for volume in items(&pod["volumes"]).iter().filter(|volume| volume["emptyDir"]["medium"] == "Memory") {
                let size = amount(&volume["emptyDir"]["sizeLimit"]).unwrap_or_else(|| panic!("{owner}: {volume}"));
                let mounts = |container: &&Value| {
                    items(&container["volumeMounts"]).iter().any(|mount| mount["name"] == volume["name"])
                };
                for container in containers(pod).filter(mounts) {
                    let limit = amount(&container["resources"]["limits"]["memory"]).unwrap();
                    assert!(size < limit, "{owner}: {}", text(&container["name"]));
                }
            }
        }
    }
}
