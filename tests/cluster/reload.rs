//! A reloader watches everything in pods that the cluster changes without a change of the output.

use super::combinations::Output;
use super::rules::{text, walk, what};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Deployments whose annotations differ from what their pods read from outside the output.
pub fn unwatched(output: &Output) -> Vec<String> {
    let mut problems = Vec::new();
    for deployment in output.of_kind("Deployment") {
        let (mut secrets, mut config_maps) = (BTreeSet::new(), BTreeSet::new());
        walk(&deployment["spec"]["template"], &mut |key, value| {
            let name = text(if value["secretName"].is_string() { &value["secretName"] } else { &value["name"] });
            match key {
                "secret" | "secretKeyRef" => drop(secrets.insert(name)),
                "configMap" | "configMapKeyRef" => drop(config_maps.insert(name)),
                _ => {}
            }
        });
        for (kind, group, read) in [("Secret", "secret", secrets), ("ConfigMap", "configmap", config_maps)] {
            let is_filled = |object: &Json| object.get("data").or(object.get("binaryData")).is_some();
            let outside = read.into_iter().filter(|name| !output.named(kind, name).is_some_and(is_filled));
            let wanted: Vec<&str> = outside.collect();
            let watched = text(&deployment["metadata"]["annotations"][format!("{group}.reloader.stakater.com/reload")]);
            if watched != wanted.join(",") {
                problems
                    .push(format!("{}: reads {wanted:?} from outside, and {watched:?} is watched", what(deployment)));
            }
        }
    }
    problems
}
