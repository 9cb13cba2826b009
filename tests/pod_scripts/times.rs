//! Times in pods compared with the scripts that they run: a script waits for less time than a controller does before it
//! reports a failure, and a hook takes less time than the pod has to end.

use crate::support::examples::{built, registries};
use crate::support::wait::component;
use quay_render::object::Value;
use quay_render::yaml::{self, Dialect, Origin};
use std::fs;
use std::path::{Path, PathBuf};

/// The Deployments of all examples that run one of our scripts in Quay's image: file and content.
fn deployments() -> Vec<(PathBuf, Value)> {
    found("deployment", &["-quay-app", "-quay-mirror"])
}

/// The objects of one kind whose names have one of these ends, in all examples.
fn found(kind: &str, ends: &[&str]) -> Vec<(PathBuf, Value)> {
    let mut found = Vec::new();
    for example in registries() {
        for (path, text) in built(&example) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if name.starts_with(kind) && ends.iter().any(|end| name.contains(&format!("{end}."))) {
                let origin = Origin { file: name, within: None };
                let document = yaml::parse_one(&text, &origin, Dialect::Kubernetes, &mut Default::default()).unwrap();
                found.push((Path::new(&example).join(&path), document.to_value()));
            }
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}

fn number(value: Option<&Value>) -> u64 {
    match value {
        Some(Value::Int(text)) => text.parse().unwrap(),
        other => panic!("{other:?} is not a number"),
    }
}

/// The number after `mark` in a script of the components.
fn in_script(path: &str, mark: &str) -> u64 {
    let text = fs::read_to_string(component(path)).unwrap();
    let (_, rest) = text.split_once(mark).unwrap_or_else(|| panic!("{path} has no {mark}"));
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// The longest time that the script of an init container waits.
fn longest(container: &Value) -> u64 {
    let command = container.at(&["command"]).and_then(Value::as_seq).unwrap();
    let script = command.iter().filter_map(Value::as_str).find(|part| part.ends_with(".py")).unwrap();
    if let Some(at) = command.iter().position(|part| part.as_str() == Some("--timeout")) {
        return command[at + 1].as_str().unwrap().parse().unwrap();
    }
    let path = match script {
        "/join/join.py" => "join/files/join.py".to_owned(),
        other => format!("quay/files/{}", other.trim_start_matches("/scripts/")),
    };
    in_script(&path, "\"--timeout\", type=float, default=")
}

#[test]
fn a_controller_waits_longer_than_the_pod() {
    for (path, deployment) in deployments() {
        let pod = deployment.at(&["spec", "template", "spec"]).unwrap();
        let waits: u64 = pod.at(&["initContainers"]).and_then(Value::as_seq).unwrap().iter().map(longest).sum();
        let container = &pod.at(&["containers"]).and_then(Value::as_seq).unwrap()[0];
        let starts = container
            .at(&["startupProbe"])
            .map_or(0, |probe| number(probe.at(&["failureThreshold"])) * number(probe.at(&["periodSeconds"])));
        let deadline = number(deployment.at(&["spec", "progressDeadlineSeconds"]));
        assert!(waits + starts < deadline, "{}: {waits} + {starts}, and {deadline}", path.display());
    }
}

#[test]
fn the_hook_and_what_follows_fit_into_the_time_that_a_pod_is_given() {
    let drain =
        ["DELAY_SECONDS:-", "LIMIT_SECONDS:-"].map(|mark| in_script("quay/files/drain.sh", mark)).iter().sum::<u64>();
    for (path, deployment) in
        found("deployment", &["-quay-app", "-quay-mirror"]).into_iter().chain(found("job", &["-quay-app-upgrade"]))
    {
        let pod = deployment.at(&["spec", "template", "spec"]).unwrap();
        let grace = number(pod.at(&["terminationGracePeriodSeconds"]));
        let container = &pod.at(&["containers"]).and_then(Value::as_seq).unwrap()[0];
        let command = container.at(&["lifecycle", "preStop", "exec", "command"]).and_then(Value::as_seq).unwrap();
        let words: Vec<&str> = command.iter().filter_map(Value::as_str).collect();
        let takes = match words.as_slice() {
            [_, "/scripts/drain.sh"] => drain,
            [_, "/scripts/finish.sh", seconds, ..] => seconds.parse().unwrap(),
            other => panic!("{}: {other:?}", path.display()),
        };
        // Half a minute for what SIGTERM ends.
        assert!(takes + 30 <= grace, "{}: {takes}, and {grace}", path.display());
    }
}
