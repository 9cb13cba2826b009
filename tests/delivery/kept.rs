//! The QuayRegistry and the bundle of each example, as the operator gets them: word for word and byte for byte what the user
//! wrote.

use super::{config, input, kinds, objects, only, parsed, registry, said};
use crate::support::examples::registries;
use crate::support::repository;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::compile;
use quay_render::input::{self, Inputs, Source};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// An example with a RenderConfig that has nothing but release and cluster.
fn delivered(name: &str) -> (Inputs, Json, String) {
    let mut inputs = input::read(repository().join("examples").join(name).to_str().unwrap(), None).unwrap();
    let mut texts = inputs.sources.iter().map(|source| String::from_utf8(source.bytes.clone()).unwrap());
    let facts = texts.clone().flat_map(|text| parsed(&text)).find(|it| it["kind"] == "RenderConfig").unwrap();
    let wanted = texts.by_ref().flat_map(|text| parsed(&text)).find(|it| it["kind"] == "QuayRegistry").unwrap();
    let release = facts["spec"]["release"].as_str().unwrap();
    let mut cluster = facts["spec"]["cluster"].clone();
    cluster.as_object_mut().unwrap().shift_remove("namespace");
    let namespace = facts["spec"].get("namespace").map(|it| format!("  namespace: {it}\n")).unwrap_or_default();
    let text = config(release, &format!("{namespace}  cluster: {cluster}\n"));
    for source in &mut inputs.sources {
        if String::from_utf8_lossy(&source.bytes).contains("kind: RenderConfig") {
            source.bytes = text.clone().into_bytes();
        }
    }
    (inputs, wanted, release.to_owned())
}

/// The bundle as it stands in an input: each key with its bytes.
fn bundle(inputs: &Inputs, wanted: &Json) -> BTreeMap<String, Vec<u8>> {
    if let Some(folder) = inputs.bundle.as_ref().or_else(|| inputs.generated.first().map(|it| &it.folder)) {
        return folder.files.iter().map(|(key, file)| (key.clone(), file.bytes.clone())).collect();
    }
    let name = &wanted["spec"]["configBundleSecret"];
    let all = inputs.sources.iter().flat_map(|source| parsed(&String::from_utf8(source.bytes.clone()).unwrap()));
    let secret = all.filter(|it| it["kind"] == "Secret").find(|it| it["metadata"]["name"] == *name);
    let Some(secret) = secret else { return BTreeMap::new() };
    let entries = |field: &str| secret[field].as_object().cloned().unwrap_or_default();
    let decoded =
        entries("data").into_iter().map(|(key, value)| (key, STANDARD.decode(value.as_str().unwrap()).unwrap()));
    let plain =
        entries("stringData").into_iter().map(|(key, value)| (key, value.as_str().unwrap().as_bytes().to_vec()));
    decoded.chain(plain).collect()
}

/// The data of a Secret.
fn data(secret: &Json) -> BTreeMap<String, Vec<u8>> {
    let entries = secret["data"].as_object().unwrap().iter();
    entries.map(|(key, value)| (key.clone(), STANDARD.decode(value.as_str().unwrap()).unwrap())).collect()
}

/// The entries that the user listed, with the API's name for `storage`, and without what its operator has no word for.
fn listed(wanted: &Json, known: &[&str]) -> Vec<Json> {
    let entries = wanted["spec"]["components"].as_array().cloned().unwrap_or_default().into_iter();
    let named = entries.map(|mut entry| {
        if entry["kind"] == "storage" {
            entry["kind"] = json!("objectstorage");
        }
        entry
    });
    named.filter(|entry| known.contains(&entry["kind"].as_str().unwrap())).collect()
}

#[test]
fn each_example_is_given_to_its_operator_as_it_was_written() {
    let (mut seen, mut refused) = (0, Vec::new());
    for name in registries() {
        let (inputs, wanted, release) = delivered(&name);
        let compiled = compile(&inputs);
        let Some(rendered) = &compiled.registry else {
            let told = said(&compiled);
            refused.push(name.clone());
            // They name Secrets in config.yaml, or leave secrets and certificates to others than the operator.
            let is_expected =
                ["error[delivery-setting]", "error[component-required]", "error[database-uri]", "error[ldap]"];
            assert!(is_expected.iter().any(|code| told.contains(code)), "{name}: {told}");
            continue;
        };
        let objects = parsed(&quay_render::emit::stream(&rendered.objects));
        let found = only(&objects, "QuayRegistry");
        assert_eq!(found["metadata"]["name"], wanted["metadata"]["name"], "{name}");
        let known: Vec<&str> = rendered.resolved.release.kinds().into_iter().map(|(kind, _)| kind).collect();
        let (listed, all) =
            (listed(&wanted, &known), found["spec"]["components"].as_array().cloned().unwrap_or_default());
        assert_eq!(all[..listed.len()], listed, "{name} of {release}");
        // The rest is what the operator would fill in: a whole list, or none where none is written.
        assert!(all.len() == listed.len() || all.len() == known.len(), "{name}: {all:?}");
        for entry in &all[listed.len()..] {
            assert_eq!(entry.as_object().unwrap().len(), 2, "{name}: {entry}");
            let managed = rendered.resolved.managed(entry["kind"].as_str().unwrap());
            assert_eq!(entry["managed"], json!(managed), "{name}: {entry}");
        }
        let bundle = bundle(&inputs, &wanted);
        if bundle.is_empty() {
            assert!(!kinds(&objects).contains(&"Secret") && found["spec"]["configBundleSecret"].is_null(), "{name}");
        } else {
            let secret = only(&objects, "Secret");
            assert_eq!(data(secret), bundle, "{name}");
            assert_eq!(secret["metadata"]["name"], found["spec"]["configBundleSecret"], "{name}");
            if let Some(written) = wanted["spec"]["configBundleSecret"].as_str() {
                assert_eq!(secret["metadata"]["name"], written, "{name}");
            }
        }
        assert!(kinds(&objects).iter().all(|kind| KINDS.contains(kind)), "{name}: {:?}", kinds(&objects));
        seen += 1;
    }
    let expected = [
        "access-route-tls-component",
        "backup",
        "delivery-operator-flux",
        "flux",
        "monitoring",
        "redis-password",
        "referenced",
        "release-3.18-tls-unmanaged",
        "sealed",
    ];
    assert_eq!(refused, expected);
    assert!(seen > 40, "{seen}");
}

/// All that a registry of an operator consists of.
const KINDS: [&str; 5] = ["Namespace", "OperatorGroup", "QuayRegistry", "Secret", "Subscription"];

/// Text that is easily lost on the way: comments, anchors, numbers beyond 64 bits, line ends, bytes that are no text.
#[test]
fn no_byte_of_a_bundle_is_lost() {
    let text = "# a comment\r\nSERVER_HOSTNAME: registry.example.com   # behind\nREGISTRY_TITLE: 'it''s <% y %> #% z'\n\
                SUPER_USERS: &users [\"a\",\n  b]\nFEATURE_USER_CREATION: no\nDEFAULT_TAG_EXPIRATION: 2w\n\n\n";
    let icon = [0, 0, 1, 0, 0xff, 0xfe, 0, 10, 13];
    let files: [(&str, &[u8]); 4] = [
        ("config.yaml", text.as_bytes()),
        ("favicon.ico", &icon),
        ("own.config.yaml", b"# merged by the operator\nFEATURE_MAILING: false\n"),
        ("empty", b""),
    ];
    for release in ["3.5", "3.6", "3.9", "3.15", "3.18"] {
        let objects = objects(&input(&[&registry("{}"), &config(release, "")], &files));
        let wanted: BTreeMap<String, Vec<u8>> =
            files.iter().map(|(key, bytes)| ((*key).to_owned(), bytes.to_vec())).collect();
        assert_eq!(data(only(&objects, "Secret")), wanted, "{release}");
    }
}

#[test]
fn labels_and_annotations_stay_but_for_a_copy_that_kubectl_made() {
    let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: registry\n  namespace: quay\n  labels: {team: a}\n  \
                    annotations: {example.com/a: b, kubectl.kubernetes.io/last-applied-configuration: '{}'}\n  resourceVersion: '7'\n\
                    status: {currentVersion: 3.18.0}\n";
    let objects = objects(&input(&[registry, &config("3.18", "")], &[]));
    let found = only(&objects, "QuayRegistry");
    let metadata = found["metadata"].as_object().unwrap();
    assert_eq!(metadata.keys().collect::<Vec<_>>(), ["name", "namespace", "labels", "annotations"]);
    assert_eq!(metadata["labels"], json!({"quay-operator/quayregistry": "registry", "team": "a"}));
    assert_eq!(metadata["annotations"]["example.com/a"], "b");
    assert!(!found.to_string().contains("last-applied") && found.get("status").is_none());
}

/// What the operator of a release does not know is not written: an API server would refuse it, or drop it.
#[test]
fn what_no_operator_of_that_release_knows_is_left_out() {
    let listed = "{components: [{kind: quay, managed: true}, {kind: postgres, managed: true, overrides: {volumeSize: 60Gi, securityContext: {}}}]}";
    for (release, has_quay, kept) in [("3.6", false, vec!["volumeSize"]), ("3.18", true, vec!["volumeSize"])] {
        let listed = if release == "3.18" { listed.replace(", securityContext: {}", "") } else { listed.to_owned() };
        let objects = objects(&input(&[&registry(&listed), &config(release, "")], &[]));
        let components = only(&objects, "QuayRegistry")["spec"]["components"].as_array().unwrap().clone();
        assert_eq!(components.iter().any(|entry| entry["kind"] == "quay"), has_quay, "{release}");
        let postgres = components.iter().find(|entry| entry["kind"] == "postgres").unwrap();
        assert_eq!(postgres["overrides"].as_object().unwrap().keys().collect::<Vec<_>>(), kept, "{release}");
    }
}

/// A second run over what was written gives the same, as where kpt writes it over the input.
#[test]
fn what_was_delivered_is_delivered_alike() {
    let listed = "{configBundleSecret: bundle, components: [{kind: clair, managed: true, overrides: {replicas: 3}}, \
                  {kind: horizontalpodautoscaler, managed: false}]}";
    let bundle = "apiVersion: v1\nkind: Secret\nmetadata: {name: bundle, namespace: quay}\nstringData: {config.yaml: 'FEATURE_MAILING: false'}\n";
    let config =
        config("3.18", "  components: {quay: {replicas: 2, env: [{name: A, value: b}]}, mirror: {replicas: 1}}\n");
    let first = objects(&input(&[&registry(listed), bundle, &config], &[]));
    let text = |kind: &str| serde_yaml::to_string(only(&first, kind)).unwrap();
    let second = objects(&input(&[&text("QuayRegistry"), &text("Secret"), &config], &[]));
    assert_eq!(first, second);
}

#[test]
fn a_setting_becomes_the_override_that_says_the_same() {
    for (release, setting, kind, wanted) in [
        ("3.6", "postgres: {volumeSize: 70Gi}", "postgres", json!({"volumeSize": "70Gi"})),
        ("3.9", "clairpostgres: {volumeSize: 70Gi}", "clair", json!({"volumeSize": "70Gi"})),
        ("3.15", "clairpostgres: {volumeSize: 70Gi}", "clairpostgres", json!({"volumeSize": "70Gi"})),
        ("3.9", "quay: {labels: {team: a}}", "quay", json!({"labels": {"team": "a"}})),
        (
            "3.18",
            "redis: {resources: {limits: {memory: 1Gi}}}",
            "redis",
            json!({"resources": {"limits": {"memory": "1Gi"}}}),
        ),
    ] {
        let config = config(release, &format!("  components: {{{setting}}}\n"));
        let objects = objects(&input(&[&registry("{}"), &config], &[]));
        let components = only(&objects, "QuayRegistry")["spec"]["components"].as_array().unwrap().clone();
        let over: Map<String, Json> = components
            .iter()
            .filter_map(|entry| Some((entry["kind"].as_str()?.to_owned(), entry.get("overrides")?.clone())))
            .collect();
        assert_eq!(Json::from(over), json!({kind: wanted}), "{release}: {setting}");
    }
}

/// Whoever said it in the QuayRegistry said it last.
#[test]
fn an_override_is_laid_over_a_setting() {
    let listed =
        "{components: [{kind: quay, managed: true, overrides: {env: [{name: B, value: own}], annotations: {a: own}}}]}";
    let config = config(
        "3.18",
        "  components: {quay: {env: [{name: A, value: set}, {name: C, value: set}], annotations: {b: set}}}\n",
    );
    let objects = objects(&input(&[&registry(listed), &config], &[]));
    let entry = only(&objects, "QuayRegistry")["spec"]["components"][0].clone();
    let mut names: Vec<&str> =
        entry["overrides"]["env"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["A", "B", "C"]);
    assert_eq!(entry["overrides"]["annotations"], json!({"a": "own", "b": "set"}));
}

/// A Secret of the input that is exported from a cluster.
#[test]
fn a_bundle_in_base64_is_given_with_the_same_bytes() {
    let bytes = b"SERVER_HOSTNAME: registry.example.com # \xc3\xbc\n";
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\ntype: Opaque\ndata:\n  config.yaml: {}\n",
        STANDARD.encode(bytes)
    );
    let inputs = Inputs {
        sources: vec![Source { name: "bundle.yaml".to_owned(), bytes: secret.into_bytes() }]
            .into_iter()
            .chain(input(&[&registry("{configBundleSecret: bundle}"), &config("3.18", "")], &[]).sources)
            .collect(),
        ..Inputs::default()
    };
    assert_eq!(data(only(&objects(&inputs), "Secret"))["config.yaml"], bytes);
}
