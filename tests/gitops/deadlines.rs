//! How long a pod may take to start, compared with how long a controller waits for it.

use super::inputs::{Form, Registry, every_registry};
use super::world::{items, text};
use serde_json::Value as Json;

/// Seconds for pulling the image, attaching the volume and finding a node.
const SPARE: u64 = 300;

/// The longest time until the pods of a Deployment are ready if none of them fails.
fn longest_start(registry: &Registry, deployment: &Json) -> u64 {
    let pod = &deployment["spec"]["template"]["spec"];
    let waits = items(&pod["initContainers"])
        .iter()
        .filter(|it| !moves_data(it))
        .map(|it| longest_wait(registry, pod, it))
        .sum::<u64>();
    let probes = items(&pod["containers"]).iter().map(|container| {
        let number = |probe: &str, field: &str, default: u64| container[probe][field].as_u64().unwrap_or(default);
        let startup = match &container["startupProbe"] {
            Json::Null => 0,
            _ => {
                let (failures, period) =
                    (number("startupProbe", "failureThreshold", 3), number("startupProbe", "periodSeconds", 10));
                number("startupProbe", "initialDelaySeconds", 0) + failures * period
            }
        };
        startup + number("readinessProbe", "initialDelaySeconds", 0) + number("readinessProbe", "periodSeconds", 10)
    });
    waits + probes.max().unwrap_or_default()
}

/// Whether an init container moves the data of a database, which takes as long as there is of it: the deadline is a day then, and
/// Flux says after its own that the layer is not ready yet.
fn moves_data(container: &Json) -> bool {
    text(&container["name"]).ends_with("-previous")
}

/// How long the script of an init container waits: as configured, or by default.
fn longest_wait(registry: &Registry, pod: &Json, container: &Json) -> u64 {
    let words = [items(&container["command"]), items(&container["args"])].concat();
    let words: Vec<&str> = words.iter().map(text).collect();
    if let Some(at) = words.iter().position(|word| *word == "--timeout") {
        return words[at + 1].parse().unwrap();
    }
    let script = words.iter().find(|word| word.ends_with(".py") || word.ends_with(".sh")).unwrap();
    let (folder, file) = script.rsplit_once('/').unwrap();
    let mount = items(&container["volumeMounts"]).iter().find(|mount| mount["mountPath"] == folder).unwrap();
    let volume = items(&pod["volumes"]).iter().find(|volume| volume["name"] == mount["name"]).unwrap();
    let name = &volume["configMap"]["name"];
    let object = registry.values().find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"] == *name).unwrap();
    let source = text(&object["data"][file]);
    let marks = ["\"--timeout\", type=float, default=", "${TIMEOUT_SECONDS:-"];
    let (_, rest) = marks.iter().find_map(|mark| source.split_once(mark)).unwrap();
    rest.split([',', '}']).next().unwrap().parse().unwrap()
}

fn deployments(registry: &Registry) -> impl Iterator<Item = &Json> {
    registry.values().filter(|object| object["kind"] == "Deployment")
}

/// Otherwise a slow first start is Degraded for Argo CD, and failed for Flux.
#[test]
fn a_start_may_take_as_long_as_its_probes_and_waits_let_it() {
    let (mut found, mut short) = (0, Vec::new());
    for (registry, _) in every_registry(Form::Directory) {
        for deployment in deployments(registry) {
            let deadline = deployment["spec"]["progressDeadlineSeconds"].as_u64().unwrap_or(600);
            let longest = longest_start(registry, deployment);
            if longest + SPARE > deadline {
                let name = text(&deployment["metadata"]["name"]);
                short.push(format!("{}: {name}: {longest} s, and {deadline} s", registry.name));
            }
            found += 1;
        }
    }
    assert!(found > 150, "{found}");
    assert!(short.is_empty(), "{}", short.join("\n"));
}

/// Flux reports why a layer failed only if it waits longer than the Deployments.
#[test]
fn flux_waits_longer_for_a_layer_than_for_its_pods() {
    for (registry, _) in every_registry(Form::Layers) {
        let moves = |it: &&Json| items(&it["spec"]["template"]["spec"]["initContainers"]).iter().any(moves_data);
        let deployments = deployments(registry).filter(|it| !moves(it));
        let deadlines = deployments.map(|it| it["spec"]["progressDeadlineSeconds"].as_u64().unwrap_or(600));
        let Some(longest) = deadlines.max() else { continue };
        let layers = registry.files.iter().filter(|(path, _)| path.starts_with("flux/kustomization-"));
        for (path, layer) in layers {
            let timeout = text(&layer["spec"]["timeout"]);
            let (number, unit) = timeout.split_at(timeout.len() - 1);
            let factor = match unit {
                "h" => 3600,
                "m" => 60,
                other => panic!("{other}"),
            };
            let timeout = number.parse::<u64>().unwrap() * factor;
            assert!(timeout > longest, "{}: {path}: {timeout} s, and {longest} s", registry.name);
        }
    }
}

/// Clair fetches all vulnerabilities before it accepts its first connection.
#[test]
fn clair_has_most_of_an_hour_before_it_is_restarted() {
    for (registry, _) in every_registry(Form::Directory) {
        for deployment in deployments(registry).filter(|it| text(&it["metadata"]["name"]).ends_with("-clair-app")) {
            let container = &deployment["spec"]["template"]["spec"]["containers"][0];
            let probe = &container["startupProbe"];
            let seconds = probe["failureThreshold"].as_u64().unwrap() * probe["periodSeconds"].as_u64().unwrap();
            assert!(seconds >= 50 * 60, "{}: {seconds}", registry.name);
            assert_eq!(probe["tcpSocket"], container["readinessProbe"]["tcpSocket"], "{}", registry.name);
        }
    }
}

/// Some load, or a short outage of what all pods depend on, makes none of them unready; a long one does.
#[test]
fn an_application_is_out_after_two_minutes_and_not_before() {
    for (registry, _) in every_registry(Form::Directory) {
        for deployment in deployments(registry).filter(|it| text(&it["metadata"]["name"]).ends_with("-quay-app")) {
            let probe = &deployment["spec"]["template"]["spec"]["containers"][0]["readinessProbe"];
            let seconds = probe["failureThreshold"].as_u64().unwrap() * probe["periodSeconds"].as_u64().unwrap();
            assert!((120..=180).contains(&seconds), "{}: {seconds}", registry.name);
        }
    }
}

/// An interrupted migration cannot be continued: it has an hour to end, and no node autoscaler stops it.
#[test]
fn a_migration_is_not_cut() {
    for (registry, _) in every_registry(Form::Directory) {
        let job = registry.values().find(|it| text(&it["metadata"]["name"]).contains("-quay-app-upgrade-"));
        // An operator makes its own.
        let Some(job) = job else {
            assert!(registry.values().any(|it| it["kind"] == "QuayRegistry"), "{}", registry.name);
            continue;
        };
        let template = &job["spec"]["template"];
        let annotation = &template["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"];
        assert_eq!(annotation, "false", "{}", registry.name);
        assert_eq!(template["spec"]["restartPolicy"], "Never", "{}", registry.name);
        assert_eq!(template["spec"]["terminationGracePeriodSeconds"], 3600, "{}", registry.name);
        let hook = &template["spec"]["containers"][0]["lifecycle"]["preStop"]["exec"]["command"];
        assert_eq!(hook, &serde_json::json!(["bash", "/scripts/finish.sh", "3570", "alembic"]), "{}", registry.name);
    }
}
