//! Requests from kustomize and what it does with answers. Its program is in no package registry, and `kubectl
//! kustomize` starts no functions: these ResourceLists are made as kustomize's own source makes them.

use crate::support::krm::answerable;
use crate::support::krm::{LOCAL, applied, documents, example, expected, identity, items, request, run, strip};
use crate::support::repository;
use serde_json::{Value as Json, json};
use std::fs;
use std::process::Command;

const FUNCTION: &str = "config.kubernetes.io/function";

/// The configuration of a function, in the form that kustomize sends.
fn function_config(spec: Json) -> Json {
    json!({
        "apiVersion": "quay-render.dev/v1alpha1", "kind": "Inputs", "spec": spec,
        "metadata": {"name": "inputs", "annotations": {FUNCTION: "exec: {path: ./quay-render, args: [krm]}\n", LOCAL: "true"}},
    })
}

/// An item as a transformer gets it.
fn tracked(mut item: Json, number: usize) -> Json {
    let id =
        format!("kind: {}\nname: {}\n", item["kind"].as_str().unwrap(), item["metadata"]["name"].as_str().unwrap());
    let annotations = &mut item["metadata"]["annotations"];
    annotations["kustomize.config.k8s.io/id"] = json!(id);
    annotations["config.k8s.io/id"] = json!(number.to_string());
    annotations["internal.config.kubernetes.io/id"] = json!(number.to_string());
    item
}

fn without_annotations(mut item: Json) -> Json {
    strip(&mut item);
    item
}

fn differences(case: &str, found: &[Json], wanted: &[Json]) -> Vec<String> {
    let names = |objects: &[Json]| objects.iter().map(identity).collect::<Vec<_>>();
    if names(found) != names(wanted) {
        return vec![format!("{case}: {:#?}\ninstead of {:#?}", names(found), names(wanted))];
    }
    let pairs = found.iter().zip(wanted).filter(|(found, wanted)| found != wanted);
    pairs.map(|(found, wanted)| format!("{case}: {found:#}\ninstead of {wanted:#}")).collect()
}

#[test]
fn a_generator_makes_what_build_writes() {
    let mut problems = Vec::new();
    for case in answerable() {
        let inputs: Vec<Json> = example(&case).into_iter().map(without_annotations).collect();
        let config = function_config(json!({"inputs": inputs}));
        // For a generator kustomize puts the configuration among the items.
        let answer = items(&request(std::slice::from_ref(&config), Some(&config)));
        assert_eq!(answer[0], config, "{case}");
        problems.extend(differences(&case, &applied(&answer), &expected(&case)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_transformer_makes_the_same_of_its_items() {
    let mut problems = Vec::new();
    for case in answerable() {
        let (config, inputs): (Vec<Json>, Vec<Json>) =
            example(&case).into_iter().partition(|document| document["kind"] == "RenderConfig");
        let mut config = without_annotations(config[0].clone());
        config["metadata"]["annotations"] = json!({FUNCTION: "exec: {path: ./quay-render, args: [krm]}\n"});
        let other = json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": 1},
                           "metadata": {"name": "other", "annotations": {"mine": "yes"}}});
        let stray = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "stray", "annotations": {}}});
        let sent: Vec<Json> = [vec![other], inputs, vec![stray]].concat();
        let sent: Vec<Json> = sent.into_iter().enumerate().map(|(number, item)| tracked(item, number)).collect();
        let answer = items(&request(&sent, Some(&config)));
        for (mut before, mut after) in sent.iter().cloned().zip(answer.iter().cloned()) {
            if identity(&before).contains("\"other\"") || identity(&before).contains("\"stray\"") {
                assert_eq!(before, after, "{case}");
                continue;
            }
            // What an operator reads is applied itself.
            if after["kind"] == "QuayRegistry" && case.starts_with("delivery-operator") {
                assert!(after["metadata"]["annotations"].get(LOCAL).is_none(), "{case}");
                continue;
            }
            if after["kind"] == "Secret"
                && case == "delivery-operator-own"
                && after["metadata"]["name"] == "config-bundle"
            {
                continue;
            }
            assert_eq!(after["metadata"]["annotations"][LOCAL], "true", "{case}: {}", identity(&after));
            for item in [&mut before, &mut after] {
                item["metadata"]["annotations"].as_object_mut().unwrap().remove(LOCAL);
            }
            assert_eq!(before, after, "{case}");
        }
        for item in &answer[sent.len()..] {
            let annotations = item["metadata"]["annotations"].as_object().unwrap();
            assert!(annotations.keys().all(|name| !name.ends_with("/id")), "{case}: {}", identity(item));
        }
        let mut wanted = expected(&case);
        wanted.extend([&sent[0], sent.last().unwrap()].map(|item| without_annotations(item.clone())));
        wanted.sort_by_key(identity);
        problems.extend(differences(&case, &applied(&answer), &wanted));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn kustomize_takes_the_objects_and_nothing_else_of_an_answer() {
    let answer = items(&request(&example("minimal"), None));
    let folder = tempfile::tempdir().unwrap();
    let stream: Vec<String> =
        answer.iter().map(|item| format!("---\n{}", serde_yaml::to_string(item).unwrap())).collect();
    fs::write(folder.path().join("answer.yaml"), stream.concat()).unwrap();
    fs::write(folder.path().join("kustomization.yaml"), "resources: [answer.yaml]\n").unwrap();
    let kubectl = Command::new("kubectl").arg("kustomize").arg(folder.path()).output();
    let kubectl = kubectl.unwrap_or_else(|error| panic!("this test needs kubectl: {error}"));
    assert!(kubectl.status.success(), "{}", String::from_utf8_lossy(&kubectl.stderr));
    let mut taken = documents(&String::from_utf8(kubectl.stdout).unwrap());
    taken.sort_by_key(identity);
    assert_eq!(differences("minimal", &taken, &expected("minimal")), Vec::<String>::new());
}

#[test]
fn the_program_answers_as_the_library_does() {
    let sent = request(&example("referenced"), None);
    let output = run(sent.as_bytes());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), crate::support::krm::answer(&sent).text);
}

#[test]
fn the_generator_of_the_page_generates() {
    let page = fs::read_to_string(repository().join("docs/kustomize-and-kpt.md")).unwrap();
    let block = page.split("```yaml\n# registry.yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let config = documents(block).remove(0);
    let answer = applied(&items(&request(&[], Some(&config))));
    assert!(answer.iter().any(|object| object["kind"] == "Deployment"), "{}", answer.len());
    assert!(answer.iter().all(|object| object["kind"] != "Secret"));
}
