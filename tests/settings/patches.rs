use super::{CLUSTER, HEAD, REGISTRY, objects_of};
use crate::support;
use crate::support::registry::Registry;
use quay_render::Compiled;
use quay_render::object::labels::PATCHES;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn compiled(patches: Json) -> Compiled {
    support::settings::compiled(None, json!({"patches": patches}))
}

fn objects(patches: Json) -> BTreeMap<String, Json> {
    objects_of(compiled(patches.clone()), &patches)
}

/// The diagnostics for some patches: code, line and message.
fn said(patches: Json) -> Vec<(String, u32, String)> {
    let found = compiled(patches).diagnostics;
    let errors = found.iter().filter(|it| it.to_string().starts_with("error"));
    let row = |it: &quay_render::diagnostic::Diagnostic| {
        let line = it.location.as_ref().map_or(0, |at| at.line);
        (it.code.to_string(), line, format!("{}: {}", it.field.as_deref().unwrap_or_default(), it.message))
    };
    errors.map(row).collect()
}

const APP: &str = "registry-quay-app";

#[test]
fn a_patch_lands_on_what_its_target_means_and_nowhere_else() {
    let fresh = objects(json!([]));
    let merge = json!({"spec": {"template": {"spec": {"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}], "containers": [{"name": "quay-app", "lifecycle": {"preStop": {"exec": {"command": ["true"]}}}}]}}}});
    let add = json!([{"op": "add", "path": "/spec/template/spec/dnsPolicy", "value": "Default"}]);
    let patched = objects(json!([
        {"target": {"group": "apps", "kind": "Deployment", "name": APP}, "patch": merge},
        {"target": {"labelSelector": "quay-component=quay-app,!none"}, "patch": {"metadata": {"annotations": {"team": "x"}}}},
        {"target": {"kind": "Job"}, "patch": add},
    ]));
    let mut changed = Vec::new();
    for (name, object) in &patched {
        if *object != fresh[name] {
            changed.push((name.as_str(), object["metadata"]["annotations"][PATCHES].as_str().unwrap()));
        }
    }
    let all = [
        ("Deployment quay-app", "spec.patches[0],spec.patches[1]"),
        ("Job quay-app-upgrade", "spec.patches[2]"),
        ("Job quay-postgres-init", "spec.patches[2]"),
    ];
    assert!(all.iter().all(|row| changed.contains(row)), "{changed:?}");
    let labelled = |name: &str| fresh[name]["metadata"]["labels"]["quay-component"] == "quay-app";
    assert!(
        changed.iter().all(|(name, _)| all.iter().any(|(known, _)| known == name) || labelled(name)),
        "{changed:?}"
    );
    let pod = &patched["Deployment quay-app"]["spec"]["template"]["spec"];
    assert_eq!(pod["hostAliases"], json!([{"ip": "10.0.0.1", "hostnames": ["a"]}]));
    assert_eq!(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"], json!(["true"]));
    assert_eq!(
        pod["containers"][0]["image"],
        fresh["Deployment quay-app"]["spec"]["template"]["spec"]["containers"][0]["image"]
    );
    assert_eq!(patched["Job quay-app-upgrade"]["spec"]["template"]["spec"]["dnsPolicy"], "Default");
    // A Job that is another one has another name.
    let name = |objects: &BTreeMap<String, Json>| objects["Job quay-app-upgrade"]["metadata"]["name"].clone();
    assert_ne!(name(&patched), name(&fresh));
}

#[test]
fn settings_come_first_and_patches_one_after_the_other() {
    let app = json!({"kind": "Deployment", "name": APP});
    let spec = json!({
        "components": {"quay": {"priorityClassName": "high"}},
        "patches": [
            {"target": app, "patch": [{"op": "test", "path": "/spec/template/spec/priorityClassName", "value": "high"}]},
            {"target": app, "patch": {"spec": {"template": {"spec": {"priorityClassName": "higher"}}}}},
            {"target": app, "patch": [{"op": "copy", "from": "/spec/template/spec/priorityClassName", "path": "/spec/template/spec/schedulerName"}]},
        ],
    });
    let objects = objects_of(support::settings::compiled(None, spec.clone()), &spec);
    let object = &objects["Deployment quay-app"];
    assert_eq!(object["spec"]["template"]["spec"]["priorityClassName"], "higher");
    assert_eq!(object["spec"]["template"]["spec"]["schedulerName"], "higher");
    assert_eq!(object["metadata"]["annotations"][PATCHES], "spec.patches[1],spec.patches[2]");
}

/// There is one limit for all of them: a thousand patches with one value each count as much as one with a thousand.
#[test]
fn all_patches_together_are_no_more_than_an_object_takes() {
    let target = json!({"kind": "Deployment", "name": APP});
    let hosts = |count: usize| (0..count).map(|n| Json::from(format!("host{n}"))).collect::<Vec<_>>();
    let merge = |count: usize| json!({"target": target, "patch": {"spec": {"template": {"spec": {"hostAliases": [{"ip": "10.0.0.1", "hostnames": hosts(count)}]}}}}});
    let add = |count: usize| {
        let operations = (0..count).map(|_| json!({"op": "add", "path": "/spec/paused", "value": true}));
        json!({"target": target, "patch": operations.collect::<Vec<_>>()})
    };
    assert_eq!(said(json!([merge(4_000)])), []);
    let many = |patch: &dyn Fn(usize) -> Json| vec![patch(600); 10];
    let long = json!({"target": target, "patch": {"metadata": {"annotations": {"a": "x".repeat(1 << 20)}}}});
    for (patches, what) in
        [(vec![merge(6_000)], "values"), (many(&merge), "values"), (vec![add(2_000)], "values"), (vec![long], "bytes")]
    {
        let found = said(json!(patches));
        let [(code, line, text)] = found.as_slice() else { panic!("{found:#?}") };
        assert!(code == "object-size" && *line > 5, "{found:#?}");
        assert!(text.starts_with("spec.patches: has ") && text.ends_with("may be changed by patches"), "{text}");
        assert!(text.contains(what), "{text}");
    }
}

#[test]
fn a_patch_that_is_for_no_object_is_refused_with_the_nearest_name() {
    for (target, hint) in [
        (json!({"kind": "Deploymnt"}), "the nearest kind is Deployment"),
        (json!({"kind": "StatefulSet"}), "no object of that kind is rendered"),
        (json!({"kind": "Deployment", "name": "registry-quay-ap"}), "the nearest name is registry-quay-app"),
        (json!({"kind": "Deployment", "group": "extensions"}), "objects here are "),
        (json!({"labelSelector": "quay-component=quay-ap"}), "objects here are "),
    ] {
        let found =
            compiled(json!([{"target": target, "patch": {"metadata": {"annotations": {"a": "b"}}}}])).diagnostics;
        let errors: Vec<_> = found.iter().filter(|it| it.to_string().starts_with("error")).collect();
        assert_eq!(errors.len(), 1, "{target}");
        assert_eq!(errors[0].code.to_string(), "patch-target", "{target}");
        assert!(errors[0].hint.as_deref().unwrap_or_default().starts_with(hint), "{target}: {:?}", errors[0].hint);
        assert!(errors[0].location.as_ref().unwrap().line > 5);
    }
}

#[test]
fn what_the_compiler_relies_on_cannot_be_patched_away() {
    let pod = |pod: Json| json!({"spec": {"template": {"spec": pod}}});
    let container = |it: Json| pod(json!({"containers": [it]}));
    for (kind, name, patch, message) in [
        ("Deployment", APP, json!({"metadata": {"name": "x"}}), "metadata.name cannot be changed"),
        ("Deployment", APP, json!({"metadata": {"namespace": "x"}}), "metadata.namespace cannot be changed"),
        ("Deployment", APP, json!({"apiVersion": "apps/v2"}), "apiVersion cannot be changed"),
        (
            "Deployment",
            APP,
            json!({"spec": {"selector": {"matchLabels": {"a": "b"}}}}),
            "spec.selector cannot be changed",
        ),
        (
            "Deployment",
            APP,
            json!({"metadata": {"labels": {"quay-operator/quayregistry": "x"}}}),
            "metadata.labels.quay-operator/quayregistry cannot be changed",
        ),
        (
            "Deployment",
            APP,
            json!({"spec": {"template": {"metadata": {"labels": null}}}}),
            "spec.template.metadata.labels.",
        ),
        (
            "Deployment",
            APP,
            json!({"metadata": {"annotations": {"argocd.argoproj.io/sync-wave": "9"}}}),
            "metadata.annotations.argocd.argoproj.io/sync-wave is quay-render's own",
        ),
        ("Deployment", APP, json!({"spec": {"replicas": 3}}), "spec.replicas is a setting"),
        (
            "Deployment",
            "registry-quay-database",
            json!({"spec": {"replicas": 2}}),
            "spec.replicas is more than the component may have",
        ),
        (
            "Deployment",
            APP,
            container(json!({"name": "quay-app", "image": "x"})),
            "spec.template.spec.containers[0].image cannot be changed here",
        ),
        (
            "Deployment",
            APP,
            container(json!({"name": "quay-app", "$patch": "delete"})),
            "spec.template.spec.containers[0] is gone",
        ),
        (
            "Deployment",
            APP,
            container(json!({"name": "quay-app", "env": [{"name": "QE_K8S_CONFIG_SECRET", "value": "x"}]})),
            "env[",
        ),
        (
            "Deployment",
            APP,
            container(json!({"name": "quay-app", "volumeMounts": null})),
            "volumeMounts[0] is gone or changed",
        ),
        (
            "Deployment",
            APP,
            container(json!({"name": "quay-app", "ports": [{"containerPort": 8080, "$patch": "delete"}]})),
            "ports[",
        ),
        ("Deployment", APP, pod(json!({"volumes": null})), "spec.template.spec.volumes[0] is gone or changed"),
        (
            "Service",
            APP,
            json!({"spec": {"ports": [{"$patch": "replace"}]}}),
            "spec.ports[0] of the Service is gone or changed",
        ),
        (
            "HorizontalPodAutoscaler",
            APP,
            json!({"spec": {"scaleTargetRef": {"name": "x"}}}),
            "spec.scaleTargetRef cannot be changed",
        ),
        ("Route", "registry-quay", json!({"spec": {"host": "x.example.com"}}), "spec.host cannot be changed"),
    ] {
        let found = said(json!([{"target": {"kind": kind, "name": name}, "patch": patch}]));
        let is_told =
            found.iter().any(|(code, line, text)| code == "patch-conflict" && *line > 5 && text.contains(message));
        assert!(is_told, "{patch}: {found:#?}");
    }
    // Variables that may be set are free, and what is added is.
    let free = container(
        json!({"name": "quay-app", "env": [{"name": "WORKER_COUNT_WEB", "value": "2"}, {"name": "NEW", "value": "x"}]}),
    );
    assert!(said(json!([{"target": {"kind": "Deployment", "name": APP}, "patch": free}])).is_empty());
}

/// Of several patches of one object, the one that makes the change is named, even if another comes last.
#[test]
fn a_conflict_stands_where_the_patch_says_it() {
    let target = json!({"kind": "Deployment", "name": APP});
    let replicas = json!({"target": target, "patch": {"spec": {"replicas": 4}}});
    let memory = json!({"target": target, "patch": [
        {"op": "replace", "path": "/spec/template/spec/containers/0/resources/limits/memory", "value": "4Gi"},
    ]});
    let priority = json!({"target": target, "patch": {"spec": {"template": {"spec": {"priorityClassName": "high"}}}}});
    let lines =
        [json!([replicas, memory, priority]), json!([memory, replicas, priority]), json!([memory, priority, replicas])];
    for (place, patches) in lines.into_iter().enumerate() {
        let compiled = compiled(patches);
        let fields: Vec<_> = compiled.diagnostics.iter().filter_map(|it| it.field.clone()).collect();
        assert!(fields.contains(&format!("spec.patches[{place}].patch")), "{fields:?}");
        assert_eq!(fields.iter().filter(|field| field.starts_with("spec.patches")).count(), 1, "{fields:?}");
    }
}

#[test]
fn a_patch_that_kubernetes_would_not_take_is_refused_where_it_stands() {
    let pod = |pod: Json| json!({"spec": {"template": {"spec": pod}}});
    let app = json!({"kind": "Deployment", "name": APP});
    for (patch, code, message) in [
        (
            pod(json!({"hostNetwrk": true})),
            "patch-failed",
            "spec.template.spec.hostNetwrk is a field that Kubernetes does not know",
        ),
        (pod(json!({"hostNetwork": "x"})), "patch-failed", "spec.template.spec.hostNetwork is not true or false"),
        (pod(json!({"containers": [{"name": "beside"}]})), "patch-failed", "image is required and missing"),
        (
            json!([{"op": "remove", "path": "/spec/template/spec/hostNetwork"}]),
            "patch-failed",
            "there is no /spec/template/spec/hostNetwork",
        ),
        (
            json!([{"op": "test", "path": "/kind", "value": "Job"}]),
            "patch-failed",
            "/kind is something else than the test says",
        ),
        (
            json!([{"op": "add", "path": "/spec/template/spec/containers/9", "value": {}}]),
            "patch-failed",
            "there is no /spec/template/spec/containers/9",
        ),
        (json!([{"op": "ad", "path": "/spec", "value": 1}]), "field-value", "op is none of the operations"),
        (json!([{"op": "remove", "path": "spec"}]), "field-value", "path is not a path"),
        (json!([{"op": "add", "path": "/spec"}]), "field-value", "has no value"),
        (json!({"spec": {"$retainKeys": ["a"]}}), "field-value", "is a directive that is not known"),
        (json!({"spec": {"$patch": "drop"}}), "field-value", "is not a directive"),
        (json!("spec: {}"), "field-value", "is neither a map nor a list"),
    ] {
        let found = said(json!([{"target": app, "patch": patch}]));
        assert_eq!(found.len(), 1, "{patch}: {found:#?}");
        assert!(found[0].0 == code && found[0].1 > 5 && found[0].2.contains(message), "{patch}: {found:#?}");
    }
    for target in [
        json!({}),
        json!({"knd": "Deployment"}),
        json!({"kind": "Deployment", "labelSelector": "a in (b)"}),
        json!(["Deployment"]),
    ] {
        assert!(!said(json!([{"target": target, "patch": {}}])).is_empty(), "{target}");
    }
}

/// Values of a patch that may be secret are not repeated, and not rendered in plain text.
#[test]
fn a_secret_in_a_patch_is_refused_and_not_repeated() {
    let app = json!({"kind": "Deployment", "name": APP});
    let env =
        |value: Json| json!({"spec": {"template": {"spec": {"containers": [{"name": "quay-app", "env": [value]}]}}}});
    for patch in [
        env(json!({"name": "DB_PASSWORD", "value": "hidden-word"})),
        env(json!({"name": "X", "value": "https://user:hidden-word@example.com"})),
        json!([{"op": "add", "path": "/metadata/annotations/x", "value": "https://user:hidden-word@example.com"}]),
        json!([{"op": "add", "path": "/spec/template/spec/containers/0/env/-", "value": {"name": "API_TOKEN", "value": "hidden-word"}}]),
    ] {
        let found = compiled(json!([{"target": app, "patch": patch}])).diagnostics;
        let all: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|it| it.code.to_string() == "secret-exposed"), "{patch}: {all:#?}");
        assert!(!format!("{all:?} {:?}", found.iter().map(|it| &it.hint).collect::<Vec<_>>()).contains("hidden-word"));
    }
}

#[test]
fn what_was_patched_is_shown_with_its_place() {
    let more = "  components: {mirror: {priorityClassName: high}}\n  patches:\n    - target: {kind: Deployment, name: a-quay-mirror}\n      patch: {spec: {template: {spec: {priorityClassName: higher}}}}\n";
    let input = Registry::of(&[("registry.yaml", REGISTRY), ("config.yaml", &[HEAD, CLUSTER, more].concat())]);
    let output = input.run(&["show", "settings", ".", "--format", "json"]);
    let rows: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
    let row = |field: &str| rows.iter().find(|row| row["field"] == field).unwrap_or_else(|| panic!("{field}"));
    let mirror = row("spec.components.mirror.priorityClassName");
    assert_eq!(mirror["value"], "higher");
    assert_eq!(mirror["origin"], "spec.patches[0] (./config.yaml:9:7), ./config.yaml:7:44, release 3.5");
    assert!(row("spec.components.mirror.replicas")["origin"].as_str().unwrap().starts_with("shape production"));
    let patch = row("spec.patches[0]");
    assert_eq!(
        (&patch["value"], &patch["origin"]),
        (&json!(["Deployment a-quay-mirror"]), &json!("./config.yaml:9:7"))
    );
}
