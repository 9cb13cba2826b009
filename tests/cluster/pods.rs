//! What an API server refuses in a pod although its schema is valid.

use super::combinations::Output;
use super::rules::{items, text, what};
use crate::support::template;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Everything that would be refused.
pub fn refused(output: &Output) -> Vec<String> {
    let mut problems = Vec::new();
    for object in output.values() {
        let name = what(object);
        let found = match text(&object["kind"]) {
            "Deployment" | "Job" | "CronJob" => [pod(object), strategy(object)].concat(),
            "Service" => service(object),
            _ => Vec::new(),
        };
        problems.extend(found.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    problems
}

fn pod(object: &Json) -> Vec<String> {
    let mut problems = Vec::new();
    let spec = &template(object)["spec"];
    let containers: Vec<&Json> = items(&spec["initContainers"]).iter().chain(items(&spec["containers"])).collect();
    let volumes: Vec<&Json> = items(&spec["volumes"]).iter().map(|volume| &volume["name"]).collect();
    problems.extend(twice("volume", volumes.iter().copied()));
    problems.extend(twice("container", containers.iter().map(|it| &it["name"])));
    let mut mounted = BTreeSet::new();
    for container in &containers {
        let mounts = items(&container["volumeMounts"]);
        problems.extend(twice("mountPath", mounts.iter().map(|it| &it["mountPath"])));
        problems.extend(twice("variable", items(&container["env"]).iter().map(|it| &it["name"])));
        let ports = items(&container["ports"]);
        problems.extend(twice("port", ports.iter().map(|it| &it["containerPort"])));
        problems.extend(twice("port", ports.iter().filter_map(|it| it.get("name"))));
        for port in ports.iter().map(|it| text(&it["name"])).filter(|name| name.len() > 15) {
            problems.push(format!("the name of port {port} is longer than 15 characters"));
        }
        for name in mounts.iter().map(|it| &it["name"]) {
            mounted.insert(text(name));
            if !volumes.contains(&name) {
                problems.push(format!("mounts {name}, which is not a volume"));
            }
        }
        if !text(&container["image"]).contains("@sha256:") {
            problems.push(format!("{} has no digest", container["image"]));
        }
    }
    let idle = volumes.iter().filter(|name| !mounted.contains(text(name)));
    problems.extend(idle.map(|name| format!("nothing mounts {name}")));
    let restart = spec.get("restartPolicy").map_or("Always", text);
    if (object["kind"] == "Deployment") != (restart == "Always") {
        problems.push(format!("restartPolicy {restart}"));
    }
    problems
}

/// A claim that only one node can mount is not available while the old pod has it.
fn strategy(object: &Json) -> Vec<String> {
    let volumes = items(&template(object)["spec"]["volumes"]);
    let claims = volumes.iter().any(|volume| volume.get("persistentVolumeClaim").is_some());
    if object["kind"] == "Deployment" && claims && object["spec"]["strategy"]["type"] != "Recreate" {
        return vec!["holds a claim and is not recreated".to_owned()];
    }
    Vec::new()
}

fn service(object: &Json) -> Vec<String> {
    let ports = items(&object["spec"]["ports"]);
    let mut problems = twice("port", ports.iter().map(|it| &it["port"]));
    problems.extend(twice("port", ports.iter().map(|it| &it["name"])));
    if ports.is_empty() {
        problems.push("has no port".to_owned());
    }
    problems
}

fn twice<'a>(what: &str, values: impl Iterator<Item = &'a Json>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    values
        .filter(|value| !seen.insert(value.to_string()))
        .map(|value| format!("{what} {value} is there twice"))
        .collect()
}
