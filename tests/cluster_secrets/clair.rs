//! The bundle's clair-config.yaml: merged into Clair's configuration, its secrets only in Secrets.

use super::parity::assert_joined;
use super::{analyzed, document, output, read, referenced, rendered};
use crate::support::every_field;
use crate::support::pod::{Pod, cluster};
use quay_render::cluster_secrets::plain::plain_values;
use quay_render::compile;
use quay_render::input::Inputs;
use serde_json::{Value as Json, json};
use std::fs;

/// Secrets in every kind of place, next to values that may be shown.
const OWN: &str = r#"
log_level: debug
indexer:
  connstring: host=10.0.0.94 dbname=clair user=clair password=MARKER0 sslmode=disable
  layer_scan_concurrency: 6
  airgap: true
matcher:
  connstring: host=10.0.0.94 dbname=clair user=clair sslmode=verify-full
matchers:
  config: {crda: {key: MARKER1, timeout: 5}}
notifier:
  webhook:
    headers: {Authorization: [first, MARKER2]}
  amqp:
    uris: ["amqp://user:MARKER3@broker:5672/", "amqp://broker"]
updaters:
  sets: [rhel, debian]
"#;

fn with_own(text: &str) -> Inputs {
    with_bundle(read("minimal"), text)
}

fn with_bundle(mut inputs: Inputs, text: &str) -> Inputs {
    let own = ("clair-config.yaml".to_owned(), text.as_bytes().to_vec());
    inputs.bundle = Some(every_field::folder(b"FEATURE_MAILING: false\n", vec![own]));
    inputs
}

/// What Clair reads if its secrets are joined.
fn joined(inputs: Inputs) -> Json {
    let late = referenced(inputs);
    let made = cluster(&analyzed(&late));
    let late = rendered(compile(&late));
    let sees = Pod::new(&late.objects, &made, "my-registry-clair-app").sees(&["/clair"]);
    serde_json::to_value(document(&sees["/clair/config.yaml"])).unwrap()
}

#[test]
fn what_the_bundle_says_is_merged_into_clair_s_configuration_in_every_mode() {
    assert_joined(with_own(OWN), "clair-config.yaml");
    let config = joined(with_own(OWN));
    let at = |path: &str| config.pointer(path).cloned().unwrap();
    assert_eq!(at("/log_level"), "debug");
    assert_eq!(at("/indexer/layer_scan_concurrency"), 6);
    assert_eq!(at("/indexer/scanlock_retry"), 10, "what it does not say stays");
    assert_eq!(at("/matchers/config/crda"), json!({"key": "MARKER1", "timeout": 5}));
    assert_eq!(at("/notifier/webhook/headers/Authorization"), json!(["first", "MARKER2"]));
    assert_eq!(at("/notifier/webhook/callback"), "http://my-registry-clair-app/notifier/api/v1/notifications");
    assert_eq!(at("/matcher/connstring"), "host=10.0.0.94 dbname=clair user=clair sslmode=verify-full");
    assert!(at("/notifier/connstring").as_str().unwrap().starts_with("host=my-registry-clair-postgres "));
}

#[test]
fn no_secret_of_it_is_in_an_output_that_leaves_secrets_to_the_cluster() {
    let late = referenced(with_own(OWN));
    let analysis = analyzed(&late);
    let text = output(&rendered(compile(&late)).objects);
    for secret in ["MARKER", "10.0.0.94 dbname=clair user=clair password", "amqp://broker"] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert!(text.contains("layer_scan_concurrency: 6") && text.contains("user=clair sslmode=verify-full"));
    let values = plain_values(&analysis.model, &analysis.resolved, &analysis.cluster_secrets);
    let given: Vec<&str> = values.iter().filter(|it| it.secret == "clair").map(|it| it.entry.as_str()).collect();
    for entry in ["indexer.connstring", "matchers.config.crda.key", "notifier.amqp.uris.0"] {
        assert!(given.contains(&entry), "{entry}: {given:?}");
    }
    // Quay has no use for it.
    assert!(analysis.cluster_secrets.secrets.iter().all(|wanted| wanted.id.as_deref() != Some("files")));
}

#[test]
fn a_secret_of_the_user_s_own_is_joined() {
    let config = joined(with_own("indexer: {connstring: {fromSecret: {name: own, key: uri}}}\n"));
    assert_eq!(config.pointer("/indexer/connstring").unwrap(), "uri of own");
}

/// CAs in plain text, in a required Secret, in a Secret of the user's, and made by OpenShift.
#[test]
fn clair_trusts_what_quay_trusts_in_every_mode() {
    let authority = fs::read("tests/rules/files/ca.cert").unwrap();
    let odd = [&authority[..], b"# caf\xe9\n"].concat();
    for example in ["minimal", "kubernetes"] {
        let mut inputs = read(example);
        let files = ["extra_ca_cert_a.crt", "extra_ca_cert_b.crt"];
        let files = files.iter().zip([authority.clone(), odd.clone()]);
        if example == "minimal" {
            let files = files.map(|(name, bytes)| ((*name).to_owned(), bytes)).collect();
            inputs.bundle = Some(every_field::folder(b"FEATURE_MAILING: false\n", files));
        }
        let inline = rendered(compile(&inputs));
        let made = cluster(&analyzed(&inputs));
        let sees = Pod::new(&inline.objects, &made, &format!("{}-clair-app", inline.resolved.name));
        let sees = sees.sees(&["/var/run/certs"]);
        let trusted: Vec<&str> = sees.keys().map(|path| path.trim_start_matches("/var/run/certs/")).collect();
        let wanted: &[&str] = if example == "minimal" {
            &["extra_ca_cert_a.crt", "extra_ca_cert_b.crt", "quay-ssl.cert", "service-ca.crt"]
        } else {
            &["quay-ssl.cert"]
        };
        assert_eq!(trusted, wanted, "{example}");
        assert_joined(inputs, example);
    }
}

#[test]
fn where_no_clair_is_rendered_a_warning_says_that_nobody_reads_it() {
    for inputs in [read("unmanaged-clair"), referenced(read("unmanaged-clair"))] {
        let inputs = with_bundle(inputs, "log_level: debug\n");
        let compiled = compile(&inputs);
        let codes: Vec<&str> = compiled.diagnostics.iter().map(|problem| problem.code.as_str()).collect();
        assert!(codes.contains(&"clair-config-unread"), "{codes:?}");
        assert!(!output(&rendered(compiled).objects).contains("log_level: debug"));
    }
}

/// Clair's plan is independent of Quay's: another secret of Quay leaves Clair's pods unchanged.
#[test]
fn clair_has_a_plan_of_its_own_and_mounts_no_other() {
    for inputs in [super::referenced(super::read("minimal")), super::read("external")] {
        let rendered = super::rendered(quay_render::compile(&inputs));
        let plans = |end: &str| {
            let is_join = |object: &&quay_render::object::Object| object.base_name.ends_with(end);
            let object = rendered.objects.iter().filter(|object| object.kind() == "ConfigMap").find(is_join).unwrap();
            let quay_render::object::Value::Map(data) = object.value.at(&["data"]).unwrap() else { panic!("no map") };
            (object.name().to_owned(), data.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>())
        };
        let ((clair, own), (quay, other)) = (plans("-clair-join"), plans("-quay-join"));
        assert_eq!(own, ["join.py", "clair.yaml"]);
        assert_eq!(other, ["join.py", "quay.yaml"]);
        let app = |object: &&quay_render::object::Object| {
            object.name().ends_with("-clair-app") && object.kind() == "Deployment"
        };
        let pod = quay_render::yaml::emit(&rendered.objects.iter().find(app).unwrap().value);
        assert!(pod.contains(&clair) && !pod.contains(&quay), "{pod}");
    }
}
