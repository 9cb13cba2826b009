//! A second run, after changes that others made to the items.

use crate::support::examples::built;
use crate::support::krm::answerable;
use crate::support::krm::{INDEX, LOCAL, PATH, answer, applied, example, expected, identity, items, items_of, request};
use serde_json::{Value as Json, json};

fn find<'a>(items: &'a [Json], kind: &str, name: &str) -> &'a Json {
    let found = items.iter().find(|item| item["kind"] == kind && item["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name} among {:#?}", items.iter().map(identity).collect::<Vec<_>>()))
}

fn path(item: &Json) -> &str {
    let annotations = &item["metadata"]["annotations"];
    assert_eq!(annotations[PATH], annotations[format!("internal.{PATH}")], "{}", identity(item));
    assert_eq!(annotations[INDEX], annotations[format!("internal.{INDEX}")], "{}", identity(item));
    annotations[PATH].as_str().unwrap()
}

fn generated(items: &[Json]) -> Vec<&Json> {
    items.iter().filter(|item| item["metadata"]["labels"]["quay-operator/quayregistry"].is_string()).collect()
}

fn refused(request: &str, words: &str) {
    let response = answer(request);
    let said: String = response.diagnostics.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
    assert!(response.diagnostics.has_errors() && said.contains(words), "{said}");
    assert_eq!(items_of(&response.text), items_of(request), "the items are as they were");
}

#[test]
fn a_second_run_changes_nothing() {
    for case in answerable() {
        let first = answer(&request(&example(&case), None)).text;
        let second = answer(&first).text;
        // A bundle that is delivered has its namespace from then on, and what is said of it too.
        if case.starts_with("delivery-operator") {
            assert_eq!(items_of(&second), items_of(&first), "{case}");
        } else {
            assert_eq!(second, first, "{case}");
        }
    }
}

#[test]
fn objects_get_the_files_of_build_beside_the_registry() {
    let mut inputs = example("kubernetes");
    for item in &mut inputs {
        item["metadata"]["annotations"][PATH] =
            json!(format!("registries/{}", item["metadata"]["annotations"][PATH].as_str().unwrap()));
    }
    let built = built("kubernetes");
    for (folder, inputs) in [("", example("kubernetes")), ("registries/", inputs)] {
        let answer = items(&request(&inputs, None));
        for object in generated(&answer) {
            let file = path(object).strip_prefix(folder).unwrap();
            assert!(built.contains_key(std::path::Path::new(file)), "{file}");
            assert_eq!(object["metadata"]["annotations"][INDEX], "0", "{file}");
        }
    }
    // A path that leads out of the package is not followed.
    for wrong in ["../up/quayregistry.yaml", "/etc/quayregistry.yaml", "a/./quayregistry.yaml", "a//quayregistry.yaml"]
    {
        let mut inputs = example("kubernetes");
        inputs.iter_mut().for_each(|item| item["metadata"]["annotations"] = json!({PATH: wrong}));
        let answer = items(&request(&inputs, None));
        assert!(generated(&answer).iter().all(|object| !path(object).starts_with(['.', '/', 'a'])), "{wrong}");
    }
}

#[test]
fn a_file_that_others_are_in_is_shared() {
    let mut inputs = example("kubernetes");
    let taken = "redis/service-registry-quay-redis.yaml";
    for index in [0, 4] {
        inputs.push(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("mine-{index}"),
                           "annotations": {PATH: taken, INDEX: index.to_string()}}}));
    }
    let answer = items(&request(&inputs, None));
    let service = generated(&answer).into_iter().find(|object| path(object) == taken).unwrap();
    assert_eq!(service["metadata"]["annotations"][INDEX], "5");
}

#[test]
fn what_is_no_longer_wanted_is_dropped_and_the_rest_stays_where_it_is() {
    let inputs = example("minimal");
    let mut first = items(&request(&inputs, None));
    // Somebody moves two files, edits an object, and adds a sidecar to another.
    for item in &mut first {
        let moved = match item["kind"].as_str().unwrap() {
            "Secret" if item["metadata"]["name"].as_str().unwrap().contains("quay-config-secret") => {
                "moved/secret.yaml"
            }
            "Deployment" if item["metadata"]["name"] == "my-registry-quay-app" => "moved/app.yaml",
            _ => continue,
        };
        for name in [PATH.to_owned(), format!("internal.{PATH}")] {
            item["metadata"]["annotations"][name] = json!(moved);
        }
        item["metadata"]["annotations"]["config.k8s.io/id"] = json!("77");
        item["metadata"]["labels"]["mine"] = json!("gone");
    }
    let registry = first.iter_mut().find(|item| item["kind"] == "QuayRegistry").unwrap();
    registry["spec"] = json!({"components": [
        {"kind": "mirror", "managed": false}, {"kind": "clair", "managed": false}, {"kind": "monitoring", "managed": false}]});
    let second = items(&request(&first, None));
    let mut inputs = inputs;
    inputs.iter_mut().find(|item| item["kind"] == "QuayRegistry").unwrap()["spec"] =
        second.iter().find(|item| item["kind"] == "QuayRegistry").unwrap()["spec"].clone();
    assert_eq!(applied(&second), applied(&items(&request(&inputs, None))));
    assert!(second.iter().all(|item| !identity(item).contains("clair")), "what a component made is gone");
    assert!(second.iter().all(|item| item["metadata"]["namespace"] != "openshift-config-managed"));
    let app = find(&second, "Deployment", "my-registry-quay-app");
    let secret = second.iter().find(|item| path_or_none(item) == Some("moved/secret.yaml")).unwrap();
    for (object, file) in [(app, "moved/app.yaml"), (secret, "moved/secret.yaml")] {
        assert_eq!(path(object), file);
        assert_eq!(object["metadata"]["annotations"]["config.k8s.io/id"], "77");
    }
    let old = first.iter().find(|item| path_or_none(item) == Some("moved/secret.yaml")).unwrap();
    assert_ne!(secret["metadata"]["name"], old["metadata"]["name"], "its content has changed");
}

fn path_or_none(item: &Json) -> Option<&str> {
    item["metadata"]["annotations"][PATH].as_str()
}

#[test]
fn a_registry_of_the_same_name_elsewhere_is_another_one() {
    let mut others = items(&request(&example("kubernetes"), None));
    others.retain(|item| item["metadata"]["annotations"][LOCAL] != "true" && item["kind"] != "Namespace");
    for item in &mut others {
        item["metadata"]["namespace"] = json!("elsewhere");
        item["metadata"]["annotations"][PATH] = json!(format!("elsewhere/{}", path_or_none(item).unwrap()));
    }
    let answer = items(&request(&[others.clone(), example("kubernetes")].concat(), None));
    assert_eq!(answer[..others.len()], others);
    assert_eq!(applied(&answer[others.len()..]), expected("kubernetes"));
}

#[test]
fn the_keys_that_are_made_are_not_those_that_are_given() {
    let first = items(&request(&example("minimal"), None));
    let is_keys = |item: &&Json| identity(item).contains("managed-secret-keys");
    assert_eq!(first.iter().filter(is_keys).count(), 2);
    // Read from a cluster, the keys have the operator's label, and a hash.
    let mut from_cluster = example("minimal");
    let keys = from_cluster.iter_mut().find(|item| item["kind"] == "Secret").unwrap();
    keys["metadata"]["name"] = json!("my-registry-quay-registry-managed-secret-keys-0123456789");
    keys["metadata"]["labels"] = json!({"quay-operator/quayregistry": "my-registry"});
    let second = items(&request(&from_cluster, None));
    assert_eq!(applied(&second), expected("minimal"));
    let second = request(&second, None);
    assert_eq!(applied(&items(&second)), expected("minimal"), "and again");
    // Once no secret is rendered, those of before go.
    let mut referenced = first.clone();
    referenced.retain(|item| !(is_keys(&item) && item["metadata"]["annotations"][LOCAL] == "true"));
    let config = referenced.iter_mut().find(|item| item["kind"] == "RenderConfig").unwrap();
    config["spec"]["secrets"] = json!({"mode": "referenced"});
    config["spec"]["objectStorage"] = json!(null);
    let third = items(&request(&referenced, None));
    assert!(third.iter().all(|item| item["kind"] != "Secret"));
}

#[test]
fn what_is_in_the_way_is_refused() {
    let service = json!({"apiVersion": "v1", "kind": "Service",
                         "metadata": {"name": "my-registry-quay-app", "namespace": "quay"}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "quay"}});
    refused(
        &request(&[example("minimal"), vec![service]].concat(), None),
        "error[krm-conflict]: items[3]: metadata.name: Service",
    );
    let with_namespace = [example("minimal"), vec![namespace.clone()]].concat();
    refused(&request(&with_namespace, None), "say cluster: {namespace: external}");
    let mut given_up = with_namespace;
    given_up.last_mut().unwrap()["metadata"]["labels"] = json!({"quay-operator/quayregistry": "my-registry"});
    assert_eq!(applied(&items(&request(&given_up, None))), expected("minimal"));
}

#[test]
fn a_function_config_may_be_an_item_too_and_others_may_not_repeat_it() {
    let inputs = example("kubernetes");
    let config = inputs.iter().find(|item| item["kind"] == "RenderConfig").unwrap();
    let answer = items(&request(&inputs, Some(config)));
    assert_eq!(applied(&answer), expected("kubernetes"));
    assert_eq!(find(&answer, "RenderConfig", "facts")["metadata"]["annotations"][LOCAL], "true");
    let mut other = config.clone();
    other["metadata"]["name"] = json!("others");
    refused(&request(&[inputs.clone(), vec![other]].concat(), Some(config)), "error[input-duplicate]");
    refused(
        &request(&[inputs.clone(), inputs].concat(), None),
        "a second QuayRegistry; the first is at quayregistry.yaml\n",
    );
}

#[test]
fn a_function_config_that_says_nothing_is_told_so() {
    for (spec, words) in [
        (json!({"input": []}), "spec.input: unknown field \"input\""),
        (json!({"inputs": {}}), "spec.inputs: is a map, not a list"),
        (json!({"inputs": ["text"]}), "spec.inputs[0]: is a text, not a map"),
        (json!([]), "spec: is a list, not a map"),
        (
            json!({"inputs": [{"apiVersion": "v1", "kind": "ConfigMap"}]}),
            "is not an input of quay-render; of all files: 1 ConfigMap",
        ),
    ] {
        let config = json!({"apiVersion": "quay-render.dev/v1alpha1", "kind": "Inputs", "metadata": {"name": "x"}, "spec": spec});
        refused(&request(&example("kubernetes"), Some(&config)), words);
    }
    let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"release": "3.5"}});
    refused(&request(&example("kubernetes"), Some(&settings)), "data: unknown field \"data\"");
    refused(&request(&[], None), "error[input-missing]: the input holds no QuayRegistry");
}
