//! The output, judged as its consumers do: the API server's schemas and rules, references between objects, kubectl.
//!
//! `.ci/setup` installs the two Pythons that these tests need; kubectl must be on the PATH.

mod checkov;
mod combinations;
mod memory;
mod overlay;
mod patches;
mod pods;
mod programs;
mod references;
mod releases;
mod reload;
mod rules;
mod settings;
mod ways;

use self::combinations::{Case, Output, every_case, examples};
use self::programs::{Python, kubectl};
use crate::support::models;
use crate::support::problems::assert_none;
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

/// Compiled once for all tests.
fn outputs() -> &'static [Output] {
    static OUTPUTS: LazyLock<Vec<Output>> = LazyLock::new(|| every_case().iter().map(Case::compile).collect());
    &OUTPUTS
}

#[test]
fn every_combination_of_components_obeys_the_rules() {
    let outputs = outputs();
    let combinations: BTreeSet<_> =
        outputs.iter().filter(|it| it.case.platform == "openshift").map(|it| &it.case.unmanaged).collect();
    assert_eq!(combinations.len(), 256);
    assert_none(outputs.iter().flat_map(|output| {
        let found = [rules::broken(output), references::dangling(output), pods::refused(output)];
        let problems = [found.concat(), memory::unlimited(output), reload::unwatched(output)].concat();
        problems.into_iter().map(|problem| (output.case.to_string(), problem))
    }));
}

/// An API server refuses to change a selector, so no setting may change one.
#[test]
fn no_combination_of_components_changes_a_selector() {
    let mut selectors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for output in outputs() {
        for deployment in output.of_kind("Deployment") {
            let name = rules::what(deployment).replace(output.case.registry, "<registry>");
            let selector = deployment["spec"]["selector"].to_string().replace(output.case.registry, "<registry>");
            selectors.entry(name).or_default().insert(selector);
        }
    }
    assert!(selectors.len() == 7 && selectors.values().all(|found| found.len() == 1), "{selectors:#?}");
}

/// Objects without repetitions, which show nothing new.
fn distinct<'a>(objects: impl Iterator<Item = &'a Json>) -> Vec<&'a Json> {
    let mut seen = BTreeSet::new();
    objects.filter(|object| seen.insert(object.to_string())).collect()
}

#[test]
fn every_object_fits_the_strict_schemas_of_its_kubernetes() {
    let (outputs, examples) = (outputs(), examples());
    let everything: Vec<&Output> = outputs.iter().chain(&examples).collect();
    let mut versions: BTreeMap<&str, Vec<&Output>> = BTreeMap::new();
    for output in &everything {
        versions.entry(&output.case.version).or_default().push(output);
    }
    // What is rendered for the default version is applied to older clusters with the same APIs, and to newer ones.
    let default = versions["1.33"].clone();
    versions.entry("1.25").or_default().extend(&default);
    versions.entry(NEWEST).or_default().extend(&default);
    let objects = versions
        .into_iter()
        .map(|(version, outputs)| (version.to_owned(), outputs.into_iter().flat_map(Output::values).collect()));
    assert_fits(objects.collect());
}

/// The newest Kubernetes whose schemas are available.
const NEWEST: &str = "1.37";

/// Fails if an object does not match the strict schemas of a version of Kubernetes.
fn assert_fits(versions: BTreeMap<String, Vec<&Json>>) {
    let mut batches = [(Python::Kubernetes, Vec::new()), (Python::OldKubernetes, Vec::new())];
    for (version, objects) in versions {
        let objects = distinct(objects.into_iter().filter(|object| !is_modelled(object)));
        let minor: u32 = version.split_once('.').unwrap().1.parse().unwrap();
        batches[usize::from(minor < 25)].1.push(json!({"version": version, "objects": objects}));
    }
    let mut problems = Vec::new();
    for (python, batches) in batches {
        assert!(!batches.is_empty());
        problems.extend(python.ask("schemas", &json!(batches)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Whether a type is one of those that tests/delivery holds to schemas of their own.
fn is_of_operators(group: &str) -> bool {
    ["operators.coreos.com", "quay.redhat.com"].contains(&group)
}

/// Whether the type of an object comes from the project that defines it.
fn is_modelled(object: &Json) -> bool {
    let group = rules::text(&object["apiVersion"]).split('/').next().unwrap_or_default();
    ["cert-manager.io", "gateway.networking.k8s.io", "traefik.io"].contains(&group) || is_of_operators(group)
}

/// The Gateway API, cert-manager and Traefik: every kind and version that is rendered.
#[test]
fn every_object_of_other_projects_fits_their_types() {
    let (outputs, examples) = (outputs(), examples());
    let of_others = |it: &&Json| {
        is_modelled(it) && !is_of_operators(rules::text(&it["apiVersion"]).split('/').next().unwrap_or_default())
    };
    let objects = distinct(outputs.iter().chain(&examples).flat_map(Output::values).filter(of_others));
    let objects: Vec<Json> = objects.into_iter().cloned().collect();
    let kinds: BTreeSet<String> =
        objects.iter().map(|object| format!("{} {}", object["kind"], object["apiVersion"]).replace('"', "")).collect();
    let wanted = [
        "BackendTLSPolicy gateway.networking.k8s.io/v1",
        "BackendTLSPolicy gateway.networking.k8s.io/v1alpha3",
        "Certificate cert-manager.io/v1",
        "HTTPRoute gateway.networking.k8s.io/v1",
        "ServersTransport traefik.io/v1alpha1",
        "TLSRoute gateway.networking.k8s.io/v1",
        "TLSRoute gateway.networking.k8s.io/v1alpha2",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
    let found = models::problems(&objects);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// A field of an object of an example that is unknown there, or has an invalid value.
const MISTAKES: [(&str, &str, &str, &str); 31] = [
    ("access-gateway", "HTTPRoute", "/spec/rules/0/backendRefs/0/wieght", "1"),
    ("access-gateway", "HTTPRoute", "/spec/rules/0/backendRefs/0/port", "\"https\""),
    ("access-gateway", "HTTPRoute", "/spec/rules/0/timeouts/read", "\"1m\""),
    ("access-gateway", "HTTPRoute", "/spec/parentRefs/0/section", "\"https\""),
    ("access-gateway-passthrough", "TLSRoute", "/spec/rules/0/timeouts", "{\"request\": \"1m\"}"),
    ("access-gateway-passthrough", "TLSRoute", "/spec/hostnames", "\"registry.example.com\""),
    ("access-gateway-reencrypt", "BackendTLSPolicy", "/spec/targetRefs/0/port", "443"),
    ("access-gateway-reencrypt", "BackendTLSPolicy", "/spec/validation/hostName", "\"a.example.com\""),
    ("access-gateway-reencrypt", "BackendTLSPolicy", "/spec/validation/caCertificateRefs/0/key", "\"ca.crt\""),
    ("access-ingress-nginx", "Certificate", "/spec/issuerRef/namespace", "\"quay\""),
    ("access-ingress-nginx", "Certificate", "/spec/privateKey/bits", "256"),
    ("access-ingress-nginx", "Certificate", "/spec/dnsNames", "\"registry.example.com\""),
    ("access-ingress-nginx", "Certificate", "/metadata/colour", "\"red\""),
    ("access-ingress-traefik-reencrypt", "ServersTransport", "/spec/serverNames", "[\"a.example.com\"]"),
    ("access-ingress-traefik-reencrypt", "ServersTransport", "/spec/insecureSkipVerify", "\"true\""),
    ("access-ingress-nginx", "Ingress", "/spec/tls/0/secret", "\"a\""),
    ("access-ingress-nginx", "Ingress", "/spec/rules/0/http/paths/0/backend/service/port/nam", "\"http\""),
    ("access-service-nodeport", "Service", "/spec/ports/0/nodeport", "30443"),
    ("access-service-loadbalancer", "Service", "/spec/loadBalancerSourceRange", "[]"),
    ("minimal", "Route", "/spec/tls/certificate", "\"PEM\""),
    ("access-route-edge", "Route", "/spec/tls/destinationCACertificate", "\"PEM\""),
    ("access-route-edge", "Route", "/spec/tls/termination", "\"none\""),
    ("access-route-edge-secret", "Route", "/spec/tls/externalCertificate/key", "\"tls.key\""),
    ("access-route-edge-pair", "Route", "/spec/tls/externalCertificate", "{\"name\": \"registry-tls\"}"),
    ("storage-gateway", "NooBaa", "/spec/dbResource", "{}"),
    ("storage-gateway", "NooBaa", "/spec/dbType", "\"mongodb\""),
    ("storage-gateway", "BackingStore", "/spec/pvPool/volumes", "3"),
    ("storage-gateway", "BackingStore", "/spec/pvPool/numVolumes", "21"),
    ("storage-gateway", "BackingStore", "/spec/pvPool/resources/requests/storage", "\"15Gi\""),
    ("storage-gateway", "BucketClass", "/spec/placementPolicy/tiers/0/placement", "\"Striped\""),
    ("storage-gateway", "BucketClass", "/spec/placementPolicy/tiers/0/backingStores", "[\"one\"]"),
];

#[test]
fn schemas_and_types_refuse_mistakes_in_a_way_in() {
    let examples = examples();
    for (example, kind, path, value) in MISTAKES {
        let output = examples.iter().find(|output| output.case.name == example).unwrap();
        let is_it = |object: &&Json| {
            let name = rules::text(&object["metadata"]["name"]);
            let is_only = ["Certificate", "NooBaa", "BackingStore", "BucketClass"].contains(&kind);
            object["kind"] == kind && (name.ends_with("-quay") || name.ends_with("-quay-app") || is_only)
        };
        let right = output.values().find(is_it).unwrap_or_else(|| panic!("{example} has no {kind}"));
        let wrong = models::with(right, path, serde_json::from_str(value).unwrap());
        let ask = |object: &Json| match is_modelled(object) {
            true => models::problems(std::slice::from_ref(object)),
            false => Python::Kubernetes.ask("schemas", &json!([{"version": "1.33", "objects": [object]}])),
        };
        assert_eq!(ask(right), Vec::<String>::new(), "{example}: {kind}");
        assert!(!ask(&wrong).is_empty(), "{example}: {kind} {path}: {value} passes");
    }
}

/// The schemas do refuse something.
#[test]
fn the_schemas_refuse_what_an_api_server_would_drop() {
    let minimal = examples().into_iter().find(|output| output.case.name == "minimal").unwrap();
    let mut wrong = Vec::new();
    for object in minimal.values() {
        let mut object = object.clone();
        object["metadata"]["colour"] = json!("red");
        wrong.push(object);
    }
    for version in ["1.25", "1.33", "1.37"] {
        let told = Python::Kubernetes.ask("schemas", &json!([{"version": version, "objects": wrong}]));
        assert_eq!(told.len(), wrong.len(), "{version}: {told:#?}");
    }
    // What is newer than the version is a problem as well: a kind, or a field beside the one that nobody knows.
    for version in ["1.18", "1.20", "1.24"] {
        let told = Python::OldKubernetes.ask("schemas", &json!([{"version": version, "objects": wrong}]));
        let objects: BTreeSet<&str> = told.iter().filter_map(|told| told.split(": ").nth(1)).collect();
        assert_eq!(objects.len(), wrong.len(), "{version}: {told:#?}");
    }
}

#[test]
fn kubectl_reads_every_example_as_the_same_objects() {
    let mut pairs = Vec::new();
    for output in examples() {
        let folder = tempfile::tempdir().unwrap();
        let files = output.files.iter();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let is_list = |path: &&String| path.rsplit('/').next() == Some("kustomization.yaml");
        let all: Vec<&String> = output.files.iter().map(|(path, _)| path).filter(is_list).collect();
        // One at the top lists those below it.
        let top: Vec<&String> = all.iter().copied().filter(|path| *path == "kustomization.yaml").collect();
        let lists = if top.is_empty() { all } else { top };
        let theirs: Vec<String> = lists
            .into_iter()
            .map(|path| kubectl(&["kustomize", folder.path().join(path).parent().unwrap().to_str().unwrap()]))
            .collect();
        let theirs = theirs.join("---\n");
        let ours: Vec<&String> = output
            .files
            .iter()
            .filter(|(path, _)| path.ends_with(".yaml") && !is_list(&path))
            .map(|(_, text)| text)
            .collect();
        assert!(ours.len() > 3, "{}", output.case);
        pairs.push(json!({"name": output.case.name, "ours": ours, "theirs": theirs}));
    }
    let problems = Python::Kubernetes.ask("compare", &json!(pairs));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Every Secret is named by its content. kubectl's generator shows that the hash is kustomize's: since version 4 its
/// generator breaks base64 into lines of 70 characters and hashes those, so the names are the same if every value fits
/// into one line.
#[test]
fn every_secret_has_the_hash_of_kustomize() {
    let outputs = outputs();
    let secrets = |outputs: &'static [Output]| {
        let hashed = outputs.iter().filter(|output| rules::names_follow_content(output));
        distinct(hashed.flat_map(Output::values).filter(|object| object["kind"] == "Secret"))
    };
    for secret in secrets(outputs) {
        let name = rules::text(&secret["metadata"]["name"]);
        let hash = secret_hash(&secret["type"], secret["data"].clone());
        assert!(name.ends_with(&format!("-{hash}")), "{name} should end in {hash}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (mut generators, mut wanted, mut same) = (Vec::new(), BTreeSet::new(), 0);
    for (number, secret) in secrets(&outputs[..20]).into_iter().enumerate() {
        let mut broken = secret["data"].clone();
        let mut files = Vec::new();
        for (index, (key, value)) in broken.as_object_mut().unwrap().iter_mut().enumerate() {
            let file = format!("{number}.{index}");
            fs::write(folder.path().join(&file), rules::decoded(value)).unwrap();
            files.push(format!("{key}={file}"));
            *value = json!(in_lines(rules::text(value)));
        }
        same += usize::from(broken == secret["data"]);
        wanted.insert(format!("s{number}-{}", secret_hash(&secret["type"], broken)));
        generators.push(json!({"name": format!("s{number}"), "type": secret["type"], "files": files}));
    }
    assert!(generators.len() > 10 && same > 1, "{} Secrets, {same} of short values", generators.len());
    let kustomization = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "secretGenerator": generators,
    });
    fs::write(folder.path().join("kustomization.yaml"), kustomization.to_string()).unwrap();
    let made = kubectl(&["kustomize", folder.path().to_str().unwrap()]);
    let made: BTreeSet<String> =
        made.lines().filter_map(|line| line.strip_prefix("  name: ")).map(str::to_owned).collect();
    assert_eq!(made, wanted);
}

fn in_lines(base64: &str) -> String {
    if base64.len() <= 70 {
        return base64.to_owned();
    }
    base64.as_bytes().chunks(70).map(|line| format!("{}\n", str::from_utf8(line).unwrap())).collect()
}

/// No base64 value contains a character that Go escapes in JSON; neither do keys and types.
fn secret_hash(kind: &Json, mut data: Json) -> String {
    data.sort_all_objects();
    let text = json!({"data": data, "kind": "Secret", "name": "", "type": kind}).to_string();
    let hex: String = Sha256::digest(text).iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let letter = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        _ => c,
    };
    hex.chars().map(letter).collect()
}
