use super::{all, compiled, example, one};
use quay_render::diagnostic::{Diagnostic, codes};
use serde_json::{Value as Json, json};

/// The diagnostics for the settings of one component.
fn said(component: &str, settings: &Json) -> Vec<Diagnostic> {
    let compiled = compiled(&json!({component: settings}), &json!({}));
    compiled
        .diagnostics
        .iter()
        .filter(|it| it.field.as_deref().unwrap_or_default().starts_with("spec.comp"))
        .cloned()
        .collect()
}

#[test]
fn a_wrong_type_and_a_misspelt_name_are_refused_where_they_stand() {
    for (component, targets, setting) in all() {
        let field = format!("spec.components.{component}.{}", setting.name);
        // A value of every type; one of them fits.
        let wrong = [json!([[]]), json!({"zzzzzzzz": {"z": 1}}), json!(true), json!("a b c")];
        let refused = wrong.iter().filter(|value| {
            let found = said(component, &one(targets, setting, (*value).clone()));
            let is_told = |it: &Diagnostic| {
                let is_of_value = it.field.as_deref().is_some_and(|path| path.starts_with(&field));
                is_of_value && it.location.as_ref().is_some_and(|at| at.file == "config.yaml" && at.line > 5)
            };
            found.iter().any(|it| {
                [codes::FIELD_TYPE, codes::FIELD_VALUE, codes::FIELD_UNKNOWN].contains(&it.code) && is_told(it)
            })
        });
        let taken = match setting.name {
            // Any text.
            "storageClassName" | "priorityClassName" => 1,
            _ => 0,
        };
        assert_eq!(refused.count(), wrong.len() - taken, "{field}");
        let misspelt = setting.name.replacen(['e', 'a'], "", 1);
        let found = said(component, &json!({misspelt.as_str(): example(setting)}));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        let hint = format!("the nearest is {:?}", setting.name);
        assert!(found.len() == 1 && found[0].starts_with("error[field-unknown]: config.yaml:"), "{found:#?}");
        assert!(found[0].contains(&hint), "{found:#?}");
    }
}

/// The diagnostic for a setting: where, and the message.
#[test]
fn what_contradicts_the_compiler_is_refused() {
    let volume = json!({"name": "more", "persistentVolumeClaim": {"claimName": "more"}});
    for (component, settings, field, message) in [
        ("quay", json!({"replicas": 3}), "replicas", "its autoscaler says how many pods there are"),
        (
            "quay",
            json!({"autoscaler": {"minReplicas": 30}}),
            "autoscaler",
            "minReplicas would be more than maxReplicas",
        ),
        ("quay", json!({"autoscaler": {"minReplicas": 0}}), "autoscaler.minReplicas", "must be at least 1"),
        ("postgres", json!({"replicas": 2}), "replicas", "more than 1 pod of it would each have data of its own"),
        ("quay", json!({"labels": {"quay-component": "x"}}), "labels.quay-component", "is quay-render's own"),
        (
            "mirror",
            json!({"podLabels": {"quay-operator/quayregistry": "x"}}),
            "podLabels.quay-operator/quayregistry",
            "is quay-render's own",
        ),
        (
            "clair",
            json!({"annotations": {"argocd.argoproj.io/sync-wave": "9"}}),
            "annotations.argocd.argoproj.io/sync-wave",
            "is quay-render's own",
        ),
        (
            "quay",
            json!({"env": [{"name": "QE_K8S_CONFIG_SECRET", "value": "x"}]}),
            "env[0].name",
            "is a variable that its container needs",
        ),
        (
            "quay",
            json!({"volumes": [{"name": "scripts", "emptyDir": {}}]}),
            "volumes[0].name",
            "is the name of a volume of its own",
        ),
        (
            "quay",
            json!({"initContainers": [{"name": "wait-for-schema", "image": "x"}]}),
            "initContainers[0].name",
            "is the name of a container of its own",
        ),
        (
            "quay",
            json!({"volumeMounts": [{"name": "scripts", "mountPath": "/conf"}]}),
            "volumeMounts[0].mountPath",
            "its container mounts a volume at /conf/stack",
        ),
        (
            "quay",
            json!({"volumeMounts": [{"name": "script", "mountPath": "/more"}]}),
            "volumeMounts[0].name",
            "its pods have no volume of that name",
        ),
        (
            "quay",
            json!({"resources": {"limits": {"memory": "4Gi"}}}),
            "resources",
            "the Deployment would ask for more memory than its limit",
        ),
        ("quay", json!({"volumes": [volume]}), "volumes[0]", "several pods mount this claim"),
        (
            "quay",
            json!({"resources": {"limits": {"memroy": "4Gi"}}}),
            "resources.limits.memroy",
            "unknown field \"memroy\"",
        ),
        (
            "quay",
            json!({"resources": {"limits": {"memory": "4 GB"}}}),
            "resources.limits.memory",
            "\"4 GB\" is not a quantity",
        ),
        (
            "quay",
            json!({"env": [{"name": "A", "value": "x"}, {"name": "A", "value": "y"}]}),
            "env[1]",
            "has the name of an item further up",
        ),
        ("quay", json!({"env": [{"value": "x"}]}), "env[0].name", "is required and missing"),
        (
            "quay",
            json!({"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}),
            "env[0].value",
            "holds what counts as a secret",
        ),
        (
            "quay",
            json!({"sidecars": [{"name": "a", "image": "b", "args": ["--password", "hunter2"]}]}),
            "sidecars[0].args",
            "holds what counts as a secret",
        ),
        ("quay", json!({"nodeSelector": {"a b": "c"}}), "nodeSelector.a b", ""),
        ("quay", json!({"nodeSelector": {"a": "b c"}}), "nodeSelector.a", "is not a value of a label"),
        ("quay", json!({"replicas": -1}), "replicas", "must not be negative"),
        ("quay", json!({"autoscaler": true}), "autoscaler", "takes false, or a map"),
        ("redis", json!({"networkPolicy": {"from": [{}]}}), "networkPolicy.from[0]", "names no one to grant access to"),
        (
            "redis",
            json!({"networkPolicy": {"from": [{"ipBlock": {"cidr": "10.0.0.0/8"}, "podSelector": {}}]}}),
            "networkPolicy.from[0]",
            "has an ipBlock and a selector",
        ),
        (
            "quay",
            json!({"networkPolicy": {"egress": [{"ports": [{"port": 70000}]}]}}),
            "networkPolicy.egress[0].ports[0].port",
            "is not a port",
        ),
        (
            "redis",
            json!({"livenessProbe": {"tcpSocket": {"port": 0}}}),
            "livenessProbe.tcpSocket.port",
            "is not a port",
        ),
        ("redis", json!({"networkPolicy": true}), "networkPolicy", "takes false, or a map"),
        (
            "redis",
            json!({"networkPolicy": {"from": [{"ipBlock": {"cidr": "192.0.2.1/24"}}]}}),
            "networkPolicy.from[0].ipBlock.cidr",
            "\"192.0.2.1/24\" is an address inside a range",
        ),
        (
            "clair",
            json!({"networkPolicy": {"egress": [{"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.0.0"]}}]}]}}),
            "networkPolicy.egress[0].to[0].ipBlock.except",
            "\"10.0.0.0\" is not a range of addresses",
        ),
    ] {
        let found: Vec<String> = said(component, &settings).iter().map(ToString::to_string).collect();
        let start = format!("spec.components.{component}.{field}: {message}");
        let is_told = |text: &String| text.contains("config.yaml:") && text.contains(&start);
        assert!(message.is_empty() && !found.is_empty() || found.iter().any(is_told), "{start}\n{found:#?}");
        assert!(found.iter().all(|text| !text.contains("hunter2")), "{found:#?}");
    }
}

#[test]
fn a_field_that_the_cluster_lacks_is_refused() {
    let settings = json!({"redis": {"livenessProbe": {"grpc": {"port": 1}}}});
    let found = compiled(&settings, &json!({})).diagnostics;
    assert!(!found.has_errors(), "1.33 has it");
}

/// Unknown names count too, and beyond the limit nothing else is reported.
#[test]
fn the_bound_is_on_the_whole_map() {
    let many: serde_json::Map<String, Json> = (0..5_001).map(|n| (format!("setting{n}"), json!("x"))).collect();
    let long = json!({"unheard": "x".repeat(1 << 20)});
    for map in [Json::from(many), long] {
        for (components, pods, field) in
            [(json!({"quay": map}), json!({}), "spec.components.quay"), (json!({}), map.clone(), "spec.pods")]
        {
            let found = compiled(&components, &pods).diagnostics;
            let of_map = found.iter().filter(|it| it.field.as_deref().is_some_and(|path| path.starts_with(field)));
            let codes: Vec<_> = of_map.map(|it| (it.code, it.field.as_deref().unwrap())).collect();
            assert_eq!(codes, [(codes::OBJECT_SIZE, field)]);
        }
    }
}
