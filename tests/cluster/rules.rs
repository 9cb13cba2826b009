//! Rules that hold for every output.

use super::combinations::{COMPONENTS, Output};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::collections::BTreeSet;

const SYNC_OPTIONS: &str = "/metadata/annotations/argocd.argoproj.io~1sync-options";
const FLUX_PRUNE: &str = "/metadata/annotations/kustomize.toolkit.fluxcd.io~1prune";

/// Signs of a component: there is an object of this kind with this end of its name exactly if the component is managed.
const MARKS: [(&str, &str, &str); 17] = [
    ("clair", "Deployment", "-clair-app"),
    ("clair", "Deployment", "-clair-postgres"),
    ("clair", "PersistentVolumeClaim", "-clair-postgres"),
    ("clair", "Service", "-clair-app"),
    ("clair", "Service", "-clair-postgres"),
    ("horizontalpodautoscaler", "HorizontalPodAutoscaler", "-quay-app"),
    ("mirror", "Deployment", "-quay-mirror"),
    ("monitoring", "PrometheusRule", ""),
    ("monitoring", "Service", "-quay-metrics"),
    ("monitoring", "ServiceMonitor", ""),
    ("objectstorage", "ObjectBucketClaim", "-quay-datastore"),
    ("postgres", "Deployment", "-quay-database"),
    ("postgres", "PersistentVolumeClaim", "-quay-database"),
    ("postgres", "Service", "-quay-database"),
    ("redis", "Deployment", "-quay-redis"),
    ("redis", "Service", "-quay-redis"),
    ("route", "Route", ""),
];

/// Everything that is wrong with a single output.
pub fn broken(output: &Output) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    let is_hashed = names_follow_content(output);
    for (component, object) in &output.objects {
        let what = what(object);
        if !seen.insert(identity(object)) {
            problems.push(format!("{what} is there twice"));
        }
        if output.case.unmanaged.iter().any(|unmanaged| unmanaged == component) {
            problems.push(format!("{what} belongs to {component}, which is unmanaged"));
        }
        never(object, &what, &mut problems);
        protected(component, object, is_hashed, &mut problems);
        named(object, &what, &mut problems);
    }
    // A CA is none, and controllers read it from nothing else.
    let is_secret = |object: &&Json| items_of(&object["data"]).any(|key| key != "ca.crt");
    if output.case.mode != "inline" && output.of_kind("Secret").any(|object| is_secret(&object)) {
        problems.push("an object of kind Secret, and the secrets are not inline".to_owned());
    }
    if !is_hashed {
        problems.extend(output.of_kind("Deployment").flat_map(|object| without_checksum(output, object)));
    }
    problems.extend(unlabelled(output));
    for (component, kind, suffix) in MARKS {
        let there = output.of_kind(kind).any(|object| text(&object["metadata"]["name"]).ends_with(suffix));
        let managed = !output.case.unmanaged.contains(component);
        if there != managed {
            problems.push(format!("{component} is managed: {managed}; {kind} *{suffix} is there: {there}"));
        }
    }
    debug_assert!(MARKS.iter().all(|(component, ..)| COMPONENTS.contains(component)));
    for autoscaler in output.of_kind("HorizontalPodAutoscaler") {
        let target = &autoscaler["spec"]["scaleTargetRef"];
        match output.named(text(&target["kind"]), text(&target["name"])) {
            None => problems.push(format!("{}: its target {target} is not there", what(autoscaler))),
            Some(found) if found["spec"].get("replicas").is_some() => {
                problems.push(format!("{} has replicas under an autoscaler", what(found)));
            }
            Some(found) if found["apiVersion"] != target["apiVersion"] => {
                problems.push(format!("{}: its target has another apiVersion", what(autoscaler)));
            }
            Some(found) => requests(found, &autoscaler["spec"]["metrics"], &mut problems),
        }
    }
    // Nobody else counts the others' pods; the application's number is left to autoscalers and people.
    for deployment in output.of_kind("Deployment").filter(|it| !text(&it["metadata"]["name"]).ends_with("-quay-app")) {
        if deployment["spec"].get("replicas").is_none() {
            problems.push(format!("{} has no replicas", what(deployment)));
        }
    }
    problems
}

/// Objects for access that lack the labels and annotations in the input.
fn unlabelled(output: &Output) -> Vec<String> {
    const KINDS: [&str; 6] = ["Route", "Ingress", "HTTPRoute", "TLSRoute", "BackendTLSPolicy", "ServersTransport"];
    let Some(way) = &output.case.way else { return Vec::new() };
    let mut problems = Vec::new();
    for object in KINDS.iter().flat_map(|kind| output.of_kind(kind)) {
        for field in ["labels", "annotations"] {
            for (name, value) in way.access[field].as_object().into_iter().flatten() {
                if object["metadata"][field].get(name) != Some(value) {
                    problems.push(format!("{} lacks {name} in its {field}", what(object)));
                }
            }
        }
    }
    problems
}

/// Whether names of Secrets depend on their content: not if an object of the output stays unhealthy until somebody else
/// gives it an address, because then Argo CD would never prune the old ones.
pub fn names_follow_content(output: &Output) -> bool {
    let balancers = output.of_kind("Service").filter(|service| service["spec"]["type"] == "LoadBalancer");
    output.of_kind("Ingress").chain(balancers).next().is_none()
}

/// Secrets of the output that a pod uses without a checksum in its template, so that a change replaces no pod.
fn without_checksum(output: &Output, deployment: &Json) -> Vec<String> {
    let template = &deployment["spec"]["template"];
    let mut used = BTreeSet::new();
    walk(&template["spec"], &mut |key, value| {
        if matches!(key, "secretName" | "name") && output.named("Secret", text(value)).is_some() {
            used.insert(text(value));
        }
    });
    let annotations = &template["metadata"]["annotations"];
    let missing = used.into_iter().filter(|name| {
        let own = name.strip_prefix(output.case.registry).unwrap_or(name).trim_start_matches('-');
        annotations.get(format!("checksum.quay-render.dev/{own}")).is_none()
    });
    missing.map(|name| format!("{} does not follow the content of {name}", what(deployment))).collect()
}

fn items_of(map: &Json) -> impl Iterator<Item = &str> {
    map.as_object().into_iter().flatten().map(|(key, _)| key.as_str())
}

/// A target for utilization needs a request.
fn requests(target: &Json, metrics: &Json, problems: &mut Vec<String>) {
    for container in items(&target["spec"]["template"]["spec"]["containers"]) {
        for metric in items(metrics) {
            let resource = text(&metric["resource"]["name"]);
            if container["resources"]["requests"].get(resource).is_none() {
                problems
                    .push(format!("{}: a container without requests for {resource}, which scales it", what(target)));
            }
        }
    }
}

fn identity(object: &Json) -> (String, String, String, String) {
    let group = text(&object["apiVersion"]).rsplit_once('/').map_or("", |(group, _)| group);
    let field = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let metadata = &object["metadata"];
    (group.to_owned(), field(&object["kind"]), field(&metadata["namespace"]), field(&metadata["name"]))
}

fn never(object: &Json, what: &str, problems: &mut Vec<String>) {
    walk(object, &mut |key, value| {
        let forbidden = match key {
            "ownerReferences" | "bucketName" | "ttlSecondsAfterFinished" | "creationTimestamp" | "stringData" => true,
            "replicas" | "minReplicas" => value == 0,
            _ => value.is_null() || value.as_object().is_some_and(|map| map.is_empty() && key != "emptyDir"),
        };
        if forbidden {
            problems.push(format!("{what} holds {key}: {value}"));
        }
    });
    if object.get("status").is_some() {
        problems.push(format!("{what} has a status"));
    }
}

fn protected(component: &str, object: &Json, is_hashed: bool, problems: &mut Vec<String>) {
    let what = what(object);
    let wanted = match text(&object["kind"]) {
        "Secret" if is_hashed => Some("PruneLast=true"),
        "ConfigMap" if component == "join" && is_hashed => Some("PruneLast=true"),
        "PersistentVolumeClaim" | "ObjectBucketClaim" | "Namespace" | "NooBaa" | "BackingStore" | "BucketClass" => {
            Some("Prune=false,Delete=false")
        }
        _ => None,
    };
    let found = object.pointer(SYNC_OPTIONS).map(text);
    if found != wanted {
        problems.push(format!("{what} has sync options {found:?}, not {wanted:?}"));
    }
    let keeps = wanted.is_some_and(|options| options.starts_with("Prune=false"));
    if (object.pointer(FLUX_PRUNE).map(text) == Some("disabled")) != keeps {
        problems.push(format!("{what}: Flux's prune is not {keeps}"));
    }
}

fn named(object: &Json, what: &str, problems: &mut Vec<String>) {
    let name = text(&object["metadata"]["name"]);
    let kind = text(&object["kind"]);
    // A Service's and a Namespace's name is a DNS label, and a Job's becomes a label of its pods.
    let most = if matches!(kind, "Service" | "Job" | "Namespace") { 63 } else { 253 };
    let starts_right = name.starts_with(|c: char| c.is_ascii_lowercase() || (kind != "Service" && c.is_ascii_digit()));
    // Other names are those of DNS subdomains.
    let is_right = |c: char| is_label_character(c) || (most == 253 && c == '.');
    let ends_right = name.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if name.len() > most || !starts_right || !ends_right || !name.chars().all(is_right) {
        problems.push(format!("{what}: no name for a {kind}"));
    }
    walk(object, &mut |key, value| {
        if matches!(key, "labels" | "matchLabels" | "selector") {
            for (name, value) in value.as_object().into_iter().flatten() {
                if let Some(label) = value.as_str()
                    && (label.len() > 63 || name.rsplit('/').next().unwrap_or_default().len() > 63)
                {
                    problems.push(format!("{what}: the label {name}={label} is too long"));
                }
            }
        }
    });
    for key in object["data"].as_object().into_iter().flatten().map(|(key, _)| key) {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if matches!(kind, "Secret" | "ConfigMap") && (key.len() > 253 || !key.chars().all(fits)) {
            problems.push(format!("{what}: {key} is not a key"));
        }
    }
    let host = text(&object["spec"]["host"]);
    if kind == "Route" && host.split('.').any(|label| label.is_empty() || label.len() > 63) {
        problems.push(format!("{what}: {host} is not a host"));
    }
}

fn is_label_character(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// Calls `see` with every key and its value, at any depth.
pub fn walk<'a>(value: &'a Json, see: &mut impl FnMut(&'a str, &'a Json)) {
    match value {
        Json::Object(map) => {
            for (key, value) in map {
                see(key, value);
                walk(value, see);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| walk(item, see)),
        _ => {}
    }
}

/// The name of an object in a message.
pub fn what(object: &Json) -> String {
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// A text, or an empty one.
pub fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

/// The items of a list, or none.
pub fn items(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// A value of a Secret.
pub fn decoded(value: &Json) -> Vec<u8> {
    STANDARD.decode(text(value)).unwrap()
}
