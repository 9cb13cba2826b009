//! What installs the operator, against schemas written from the published CustomResourceDefinitions, which know no other field;
//! and what is decided of it.

use super::{config, input, kinds, objects, only, registry, said};
use crate::support::examples;
use quay_render::compile;
use serde_json::{Value as Json, json};

/// The schema of a kind: operator-framework/api, and quay-operator's QuayRegistry of 3.18.
fn schema(kind: &str) -> Json {
    let all: Json = serde_yaml::from_str(include_str!("schemas.yaml")).unwrap();
    let found = all[kind].clone();
    assert!(found.is_object(), "{kind}");
    found
}

/// What a strict API server says against an object.
pub fn objections(object: &Json) -> Vec<String> {
    let kind = object["kind"].as_str().unwrap();
    let validator = jsonschema::draft7::new(&schema(kind)).unwrap();
    validator.iter_errors(object).map(|error| format!("{kind}: {}: {error}", error.instance_path())).collect()
}

const OF_OLM: [&str; 3] = ["OperatorGroup", "QuayRegistry", "Subscription"];

/// Every way to say something of the operator.
const VARIANTS: &[&str] = &[
    "",
    "  operator: {installMode: OwnNamespace}\n",
    "  operator: {namespace: openshift-operators}\n",
    "  operator: {namespace: somewhere, operatorGroup: external, installPlanApproval: Manual}\n",
    "  operator: {install: external}\n",
    "  operator: {startingCSV: quay-operator.v3.18.0, channel: stable, source: mirror, sourceNamespace: catalogs, package: quay}\n",
    "  operator: {nodeSelector: {a/b: c}, tolerations: [{operator: Exists}, {key: a, value: b, effect: NoExecute, tolerationSeconds: 5}]}\n",
    "  proxy: {secretName: proxy, noProxy: [10.0.0.0/8]}\n",
    "  cluster: {platform: kubernetes}\n",
    "  components: {quay: {replicas: 2, affinity: {nodeAffinity: {}}, securityContext: {runAsNonRoot: true}}}\n",
];

#[test]
fn everything_is_as_the_published_definitions_have_it() {
    let mut seen = 0;
    let listed = registry("{components: [{kind: horizontalpodautoscaler, managed: false}]}");
    for variant in VARIANTS {
        let pair = [("config.yaml", b"SERVER_HOSTNAME: registry.example.com\n".as_slice())];
        let is_plain = variant.contains("kubernetes");
        let text = if is_plain { plain() } else { listed.clone() };
        let bundle: &[(&str, &[u8])] = if is_plain { &[] } else { &pair };
        for object in objects(&input(&[&text, &config("3.18", variant)], bundle)) {
            if OF_OLM.contains(&object["kind"].as_str().unwrap()) {
                assert_eq!(objections(&object), [""; 0], "{variant}");
                seen += 1;
            }
        }
    }
    for name in ["delivery-operator", "delivery-operator-flux", "delivery-operator-own", "storage-gateway"] {
        for text in examples::built(name).values() {
            let object: Json = serde_yaml::from_str(text).unwrap_or(Json::Null);
            if OF_OLM.iter().any(|kind| object["kind"] == *kind) {
                assert_eq!(objections(&object), [""; 0], "{name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 25, "{seen}");
    // The schemas refuse what they should.
    for (kind, wrong) in [
        (
            "Subscription",
            json!({"channel": "a", "name": "b", "source": "c", "sourceNamespace": "d", "approval": "Manual"}),
        ),
        ("Subscription", json!({"channel": "a", "name": "b", "source": "c"})),
        ("OperatorGroup", json!({"namespaces": ["a"]})),
        ("QuayRegistry", json!({"components": [{"kind": "quay", "managed": true, "overrides": {"zzz": 1}}]})),
    ] {
        let api = if kind == "Subscription" { "operators.coreos.com/v1alpha1" } else { "operators.coreos.com/v1" };
        let object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": "a"}, "spec": wrong});
        assert!(!objections(&object).is_empty(), "{object}");
    }
}

/// A registry on plain Kubernetes, where nothing is there but databases.
fn plain() -> String {
    let bundle = "apiVersion: v1\nkind: Secret\nmetadata: {name: bundle, namespace: quay}\nstringData:\n  config.yaml: |\n    \
                  SERVER_HOSTNAME: registry.example.com\n    DISTRIBUTED_STORAGE_CONFIG: {default: [LocalStorage, {storage_path: /a}]}\n    \
                  DISTRIBUTED_STORAGE_CONFIG: {default: [S3Storage, {s3_bucket: a, host: s3.example.com, storage_path: /a, s3_access_key: a, s3_secret_key: b}]}\n    \
                  DISTRIBUTED_STORAGE_PREFERENCE: [default]\n  ssl.cert: |\n";
    let bundle = bundle.replace("    DISTRIBUTED_STORAGE_CONFIG: {default: [LocalStorage, {storage_path: /a}]}\n", "");
    let folder = crate::support::example("delivery-operator-own/config-bundle");
    let block = |name: &str| -> String {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|line| format!("    {line}\n")).collect()
    };
    let bundle = format!("{bundle}{}  ssl.key: |\n{}", block("ssl.cert"), block("ssl.key"));
    format!(
        "{}---\n{bundle}",
        registry(
            "{configBundleSecret: bundle, components: [{kind: tls, managed: false}, {kind: route, managed: false}, {kind: objectstorage, managed: false}]}"
        )
    )
}

fn subscription(more: &str) -> Json {
    only(&objects(&input(&[&registry("{}"), &config("3.18", more)], &[])), "Subscription").clone()
}

#[test]
fn the_channel_is_that_of_the_release_and_a_version_is_where_it_begins() {
    for (release, channel, version) in [
        ("3.5", "quay-v3.5", Json::Null),
        ("3.6", "stable-3.6", Json::Null),
        ("3.15", "stable-3.15", Json::Null),
        ("3.15.7", "stable-3.15", json!("quay-operator.v3.15.7")),
        ("3.18", "stable-3.18", Json::Null),
    ] {
        let objects = objects(&input(&[&registry("{}"), &config(release, "")], &[]));
        let spec = &only(&objects, "Subscription")["spec"];
        assert_eq!((&spec["channel"], &spec["startingCSV"]), (&json!(channel), &version), "{release}");
    }
}

#[test]
fn what_is_there_already_is_not_made_again() {
    for (more, wanted) in [
        ("", vec!["Namespace", "Namespace", "OperatorGroup", "QuayRegistry", "Subscription"]),
        ("  operator: {namespace: openshift-operators}\n", vec!["Namespace", "QuayRegistry", "Subscription"]),
        ("  operator: {operatorGroup: external}\n", vec!["Namespace", "QuayRegistry", "Subscription"]),
        (
            "  operator: {installMode: OwnNamespace}\n",
            vec!["Namespace", "OperatorGroup", "QuayRegistry", "Subscription"],
        ),
        ("  operator: {namespace: quay}\n", vec!["Namespace", "OperatorGroup", "QuayRegistry", "Subscription"]),
        ("  operator: {install: external}\n", vec!["Namespace", "QuayRegistry"]),
    ] {
        let objects = objects(&input(&[&registry("{}"), &config("3.18", more)], &[]));
        assert_eq!(kinds(&objects), wanted, "{more}");
    }
}

#[test]
fn the_group_watches_one_namespace_or_all() {
    let group =
        |more: &str| only(&objects(&input(&[&registry("{}"), &config("3.18", more)], &[])), "OperatorGroup").clone();
    let all = group("");
    assert_eq!((&all["metadata"]["namespace"], &all["spec"]), (&json!("quay-operator"), &json!({})));
    let own = group("  operator: {installMode: OwnNamespace}\n");
    assert_eq!((&own["metadata"]["namespace"], &own["spec"]), (&json!("quay"), &json!({"targetNamespaces": ["quay"]})));
}

/// Monitoring needs an operator of all namespaces: unasked it is left out, asked for it is an error.
#[test]
fn an_operator_of_one_namespace_does_no_monitoring() {
    let own = "  operator: {installMode: OwnNamespace}\n";
    let listed = registry("{components: [{kind: mirror, managed: false}]}");
    let managed = |more: &str| {
        let objects = objects(&input(&[&listed, &config("3.18", more)], &[]));
        let components = only(&objects, "QuayRegistry")["spec"]["components"].as_array().unwrap().clone();
        components.iter().find(|entry| entry["kind"] == "monitoring").unwrap()["managed"].clone()
    };
    assert_eq!((managed(own), managed("")), (json!(false), json!(true)));
    let asked = registry("{components: [{kind: monitoring, managed: true}]}");
    let told = said(&compile(&input(&[&asked, &config("3.18", own)], &[])));
    assert!(
        told.contains(
            "error[component-api]: 0.yaml:4:28: spec.components[0]: monitoring needs an operator that watches all"
        ),
        "{told}"
    );
    assert!(told.contains("installMode: AllNamespaces"), "{told}");
}

#[test]
fn images_and_proxy_reach_the_operator_as_variables() {
    let digest = "a".repeat(64);
    let more = format!(
        "  images: {{RELATED_IMAGE_COMPONENT_QUAY: mirror.example.com/quay@sha256:{digest}}}\n  proxy: {{httpsProxy: 'http://proxy:3128', noProxy: [172.30.0.0/16]}}\n"
    );
    let env = subscription(&more)["spec"]["config"]["env"].as_array().unwrap().clone();
    let names: Vec<&str> = env.iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["RELATED_IMAGE_COMPONENT_QUAY", "HTTPS_PROXY", "NO_PROXY"]);
    assert_eq!(env[2]["value"], ".svc,.cluster.local,localhost,127.0.0.1,::1,172.30.0.0/16");
    let secret = subscription("  proxy: {secretName: proxy, noProxy: [172.30.0.0/16]}\n")["spec"]["config"].clone();
    assert_eq!(secret["envFrom"], json!([{"secretRef": {"name": "proxy"}}]));
    assert_eq!(secret["env"].as_array().unwrap().len(), 1);
    assert!(subscription("")["spec"].get("config").is_none());
}

#[test]
fn more_variables_and_resources_reach_its_pod() {
    let digest = "a".repeat(64);
    let more = format!(
        "  images: {{RELATED_IMAGE_COMPONENT_QUAY: mirror.example.com/quay@sha256:{digest}}}\n  operator:\n    env: [{{name: DEBUGLOG, value: \"true\"}}, {{name: EMPTY, value: ''}}]\n    \
         resources: {{requests: {{cpu: 100m, memory: 256Mi}}, limits: {{memory: 1Gi}}}}\n"
    );
    let config = subscription(&more)["spec"]["config"].clone();
    let names: Vec<&str> = config["env"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["RELATED_IMAGE_COMPONENT_QUAY", "DEBUGLOG", "EMPTY"]);
    assert_eq!(config["env"][1], json!({"name": "DEBUGLOG", "value": "true"}));
    assert_eq!(
        config["resources"],
        json!({"limits": {"memory": "1Gi"}, "requests": {"cpu": "100m", "memory": "256Mi"}})
    );
    let wrong = "  operator:\n    env:\n    - {name: RELATED_IMAGE_COMPONENT_QUAY, value: a}\n    - {name: https_proxy, value: a}\n    - {name: A, value: '1'}\n    \
                 - {name: A, value: '2'}\n    - {name: DB_PASSWORD, value: hunter7315}\n    - {name: URL, value: 'https://a:hunter7315@b.example.com'}\n    - {name: a-b, value: c}\n    \
                 - {name: C}\n    resources: {requests: {memory: 2Gi, cpu: 1x}, limits: {memory: 1Gi, disk: 1Gi}}\n";
    let told = said(&compile(&input(&[&registry("{}"), &super::config("3.18", wrong)], &[])));
    for part in [
        "error[delivery-setting]: 1.yaml:10:14: spec.operator.env[0]: is an image, which spec.images says",
        "error[delivery-setting]: 1.yaml:11:14: spec.operator.env[1]: is the proxy, which spec.proxy says",
        "error[field-value]: 1.yaml:13:14: spec.operator.env[3]: has the name of a variable further up",
        "error[secret-exposed]: 1.yaml:14:34: spec.operator.env[4].value: holds what counts as a secret",
        "error[secret-exposed]: 1.yaml:15:26: spec.operator.env[5].value: holds what counts as a secret",
        "spec.operator.env[6].name: \"a-b\" is not a name of a variable",
        "spec.operator.env[7].value: is required and missing",
        "spec.operator.resources.requests.cpu: \"1x\" is not a quantity",
        "error[field-value]: 1.yaml:18:16: spec.operator.resources.requests.memory: is more than the limit",
        "error[field-unknown]: 1.yaml:18:73: spec.operator.resources.limits.disk: unknown field",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    assert!(!told.contains("hunter7315"), "{told}");
}

/// Each of the pieces that `apply -k`, Argo CD and Flux take one after the other.
#[test]
fn the_registry_comes_after_its_operator() {
    let files = examples::built("delivery-operator");
    let listed = |path: &str| {
        let file: Json = serde_yaml::from_str(&files[std::path::Path::new(path)]).unwrap();
        file["resources"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed("kustomization.yaml"), ["operator", "registry"]);
    assert_eq!(
        listed("operator/kustomization.yaml"),
        [
            "olm/namespace-quay-operator.yaml",
            "olm/operatorgroup-quay-operator.yaml",
            "olm/subscription-quay-operator.yaml"
        ]
    );
    assert_eq!(
        listed("registry/kustomization.yaml"),
        ["namespace/namespace-quay.yaml", "quayregistry/quayregistry-registry.yaml"]
    );
    // In one namespace, that is there before the operator.
    let own = examples::built("delivery-operator-own");
    assert!(own.contains_key(std::path::Path::new("operator/namespace/namespace-quay.yaml")));
    let objects = objects(&input(&[&registry("{}"), &config("3.18", "")], &[]));
    let annotation = |kind: &str, name: &str| {
        only(&objects, kind)["metadata"]["annotations"][format!("argocd.argoproj.io/{name}")]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    assert!(annotation("Subscription", "sync-wave") < annotation("QuayRegistry", "sync-wave"));
    assert_eq!(annotation("QuayRegistry", "sync-options"), "Prune=false,Delete=false,SkipDryRunOnMissingResource=true");
    let flux = examples::built("delivery-operator-flux");
    let layer = |name: &str| -> Json {
        let path = format!("flux/kustomization-quay-my-registry-{name}.yaml");
        serde_yaml::from_str(&flux[std::path::Path::new(&path)]).unwrap()
    };
    assert_eq!(layer("registry")["spec"]["dependsOn"], json!([{"name": "quay-my-registry-operator"}]));
    assert_eq!(
        layer("operator")["spec"]["healthChecks"],
        json!([{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "name": "quayregistries.quay.redhat.com"}])
    );
}

#[test]
fn what_a_person_has_to_do_is_said() {
    let told = |more: &str| said(&compile(&input(&[&registry("{}"), &config("3.18", more)], &[])));
    let manual = told("  operator: {installPlanApproval: Manual}\n");
    assert!(manual.contains("note[operator-approval]") && manual.contains("patch installplan NAME"), "{manual}");
    let both = told("  operator: {startingCSV: quay-operator.v3.18.0}\n");
    assert!(both.contains("and then the newest version of the channel"), "{both}");
    assert!(told("  operator: {channel: stable-3.17}\n").contains("warning[operator-version]"));
    assert!(told("  proxy: {httpsProxy: 'http://proxy:3128'}\n").contains("warning[operator-proxy]"));
    assert!(!told("").contains("operator-"), "{}", told(""));
}
