//! QuayRegistries and bundles in the forms in which people write them, against what is written here a second time as values and
//! bytes: the operator gets these, wherever secrets are.

use super::{config, input, only, parsed, said};
use crate::support::example;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::compile;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

type Bundle = BTreeMap<&'static str, Vec<u8>>;

/// An input, and what it says.
struct Case {
    name: &'static str,
    release: &'static str,
    documents: Vec<String>,
    /// The files of a folder `config-bundle`.
    folder: Vec<(&'static str, Vec<u8>)>,
    /// `spec.components` as far as they are listed.
    components: Json,
    /// The name of the bundle's Secret.
    secret: Option<&'static str>,
    /// What is in it.
    bundle: Bundle,
}

const FRONT: &str =
    "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: registry\n  namespace: quay\n";
/// What Windows and people make of a file: line ends, comments, anchors, flow style, odd quotes, blanks at the end.
const ODD: &[u8] = b"\xef\xbb\xbf# a comment\r\nSERVER_HOSTNAME: \"registry.example.com\"   # behind\r\n\r\nREGISTRY_TITLE: 'it''s #1'\r\n\
                    SUPER_USERS: &users [\"a\",\r\n  b]\r\nFEATURE_MAILING: no\r\n  \r\n";
const PLAIN: &[u8] = b"SERVER_HOSTNAME: registry.example.com\n";

fn file(name: &str) -> Vec<u8> {
    fs::read(example("delivery-operator-own/config-bundle").join(name)).unwrap()
}

/// The lines of a text behind an indentation.
fn indented(bytes: &[u8], by: &str) -> String {
    String::from_utf8_lossy(bytes).lines().map(|line| format!("{by}{line}\n")).collect()
}

fn case(name: &'static str, release: &'static str, registry: &str) -> Case {
    Case {
        name,
        release,
        documents: vec![registry.to_owned()],
        folder: Vec::new(),
        components: json!([]),
        secret: None,
        bundle: Bundle::new(),
    }
}

fn cases() -> Vec<Case> {
    let (cert, key) = (file("ssl.cert"), file("ssl.key"));
    let der: Vec<u8> = (0..=255).chain([0, 13, 10, 0xff]).collect();
    let named = |more: &str| format!("{FRONT}spec:\n  configBundleSecret: bundle\n{more}");
    let secret =
        |body: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\n{body}");
    let encoded = |bytes: &[u8]| STANDARD.encode(bytes);
    let pair = "SERVER_HOSTNAME: registry.example.com\nEXTERNAL_TLS_TERMINATION: false\n";
    let all =
        ["postgres", "clair", "redis", "horizontalpodautoscaler", "objectstorage", "route", "mirror", "monitoring"];
    let unmanaged: String = all.map(|kind| format!("  - kind: {kind}\n    managed: false\n")).concat();
    let outside = "SERVER_HOSTNAME: registry.example.com\nDB_URI: postgresql://quay:pa%40ss@db.example.com/quay # with an @\n\
                   BUILDLOGS_REDIS: {host: redis.example.com, password: \"a\\u0020b\"}\nUSER_EVENTS_REDIS: {host: redis.example.com}\n\
                   DISTRIBUTED_STORAGE_CONFIG:\n  s3: [S3Storage, {host: s3.example.com, s3_bucket: b, storage_path: /r, s3_access_key: AK, s3_secret_key: SK}]\n\
                   DISTRIBUTED_STORAGE_PREFERENCE: [s3]\nFEATURE_SECURITY_SCANNER: false\n";
    let pair_secret = secret(&format!(
        "type: Opaque\ndata:\n  config.yaml: {}\n  ssl.cert: >-\n    {}\nstringData:\n  ssl.key: |\n{}  # in both: this one counts\n  ssl.cert: |\n{}",
        encoded(pair.as_bytes()),
        encoded(b"old"),
        indented(&key, "    "),
        indented(&cert, "    "),
    ));
    let overrides = "  components:\n  - kind: postgres\n    managed: true\n    overrides: {volumeSize: \"60Gi\", storageClassName: fast}\n  - kind: quay\n    managed: true\n    \
                     overrides:\n      replicas: 3\n      env:\n      - {name: DEBUGLOG, value: 'true'}\n      - name: FROM\n        valueFrom: {configMapKeyRef: {name: a, key: b}}\n      \
                     labels: {team: \"1\"}\n      annotations: {example.com/a: 'yes'}\n      resources: {limits: {cpu: 2, memory: 8Gi}, requests: {cpu: 1500m}}\n  - {kind: horizontalpodautoscaler, managed: false}\n";
    vec![
        case("nothing but a name", "3.5", FRONT),
        case(
            "comments and line ends of Windows",
            "3.18",
            &format!("# first\r\n{}# last\r\n", FRONT.replace('\n', "\r\n")),
        ),
        Case {
            components: json!([{"kind": "clair", "managed": false}, {"kind": "mirror", "managed": false}]),
            ..case(
                "anchors, flow style and JSON's quotes",
                "3.6",
                "{\"apiVersion\": \"quay.redhat.com/v1\", kind: 'QuayRegistry', metadata: {name: registry, namespace: \"quay\"},\n \
                 spec: {components: [{kind: clair, managed: &no false}, {\"kind\": \"mirror\", \"managed\": *no}]}}\n",
            )
        },
        Case {
            components: json!([{"kind": "horizontalpodautoscaler", "managed": false}]),
            ..case(
                "an export in a list",
                "3.9",
                "apiVersion: v1\nkind: List\nitems:\n- apiVersion: quay.redhat.com/v1\n  kind: QuayRegistry\n  metadata:\n    name: registry\n    \
                 namespace: quay\n    uid: 0f1e2d3c\n    resourceVersion: '7'\n    generation: 2\n  spec:\n    components:\n    - {kind: horizontalpodautoscaler, managed: false}\n",
            )
        },
        Case {
            components: json!([
                {"kind": "postgres", "managed": true, "overrides": {"volumeSize": "60Gi", "storageClassName": "fast"}},
                {"kind": "quay", "managed": true, "overrides": {
                    "replicas": 3,
                    "env": [{"name": "DEBUGLOG", "value": "true"}, {"name": "FROM", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}}],
                    "labels": {"team": "1"}, "annotations": {"example.com/a": "yes"},
                    "resources": {"limits": {"cpu": 2, "memory": "8Gi"}, "requests": {"cpu": "1500m"}}}},
                {"kind": "horizontalpodautoscaler", "managed": false},
            ]),
            ..case("overrides", "3.18", &format!("{FRONT}spec:\n{overrides}"))
        },
        Case {
            documents: vec![
                named(&format!("  components:\n{unmanaged}")),
                secret(&format!("data:\n  config.yaml: {}\n", encoded(outside.as_bytes()))),
            ],
            components: all.map(|kind| json!({"kind": kind, "managed": false})).to_vec().into(),
            secret: Some("bundle"),
            bundle: Bundle::from([("config.yaml", outside.as_bytes().to_vec())]),
            ..case("every component the user's own, a Secret in base64", "3.5", "")
        },
        Case {
            documents: vec![named(""), pair_secret],
            secret: Some("bundle"),
            bundle: Bundle::from([
                ("config.yaml", pair.as_bytes().to_vec()),
                ("ssl.cert", cert.clone()),
                ("ssl.key", key.clone()),
            ]),
            ..case("a Secret with data and stringData", "3.6", "")
        },
        Case {
            documents: vec![
                named(""),
                secret(
                    "stringData:\n  config.yaml: \"# quoted\\nSERVER_HOSTNAME: registry.example.com\\nREGISTRY_TITLE: '\\u00fc \\x41'\\n\"\n  \
                     kept.txt: |+\n    no certificate of ours\n\n\n  empty: ''\n  folded.txt: >\n    one\n    line\n\n    two\n",
                ),
            ],
            secret: Some("bundle"),
            bundle: Bundle::from([
                ("config.yaml", "# quoted\nSERVER_HOSTNAME: registry.example.com\nREGISTRY_TITLE: 'ü A'\n".into()),
                ("kept.txt", b"no certificate of ours\n\n\n".to_vec()),
                ("empty", Vec::new()),
                ("folded.txt", b"one line\ntwo\n".to_vec()),
            ]),
            ..case("a Secret of quoted, kept and folded texts", "3.15", "")
        },
        Case {
            folder: vec![
                ("config.yaml", ODD.to_vec()),
                ("extra_ca_cert_own.crt", cert.clone()),
                ("favicon.ico", der.clone()),
                ("ssl.cert", cert.clone()),
                ("ssl.key", key.clone()),
            ],
            secret: Some("registry-config-bundle"),
            bundle: Bundle::from([
                ("config.yaml", ODD.to_vec()),
                ("extra_ca_cert_own.crt", cert.clone()),
                ("favicon.ico", der),
                ("ssl.cert", cert),
                ("ssl.key", key),
            ]),
            ..case("a folder with a pair, CAs, bytes that are no text and an odd config.yaml", "3.18", FRONT)
        },
        Case {
            documents: vec![named("  components: []\n")],
            folder: vec![("config.yaml", PLAIN[..PLAIN.len() - 1].to_vec())],
            secret: Some("bundle"),
            bundle: Bundle::from([("config.yaml", PLAIN[..PLAIN.len() - 1].to_vec())]),
            ..case("a folder for a Secret that is named, without a last line end", "3.7", "")
        },
    ]
}

const MODES: [&str; 3] =
    ["", "  secrets: {mode: referenced}\n", "  secrets: {mode: external, external: {store: {name: vault}}}\n"];

#[test]
fn each_form_reaches_the_operator_as_it_was_written_in_every_mode() {
    for case in cases() {
        for mode in MODES {
            let what = format!("{}, {}", case.name, if mode.is_empty() { "inline" } else { mode.trim() });
            let text = config(case.release, mode);
            let documents: Vec<&str> = case.documents.iter().map(String::as_str).chain([text.as_str()]).collect();
            let folder: Vec<(&str, &[u8])> = case.folder.iter().map(|(key, bytes)| (*key, bytes.as_slice())).collect();
            let compiled = compile(&input(&documents, &folder));
            let told = said(&compiled);
            let rendered = compiled.registry.unwrap_or_else(|| panic!("{what}: {told}"));
            let objects = parsed(&quay_render::emit::stream(&rendered.objects));
            let found = only(&objects, "QuayRegistry");
            let metadata = &found["metadata"];
            assert_eq!((&metadata["name"], &metadata["namespace"]), (&json!("registry"), &json!("quay")), "{what}");
            for filled in ["uid", "resourceVersion", "generation"] {
                assert!(metadata.get(filled).is_none(), "{what}: {filled}");
            }
            let all = found["spec"]["components"].as_array().cloned().unwrap_or_default();
            let listed = case.components.as_array().unwrap();
            assert!(all.starts_with(listed), "{what}: {all:#?}");
            assert_eq!(found["spec"]["configBundleSecret"].as_str(), case.secret, "{what}");
            let keys: BTreeSet<&str> = case.bundle.keys().copied().collect();
            let of_kind = |kind: &str| objects.iter().find(|object| object["kind"] == kind);
            let inline = of_kind("Secret").map(|secret| {
                assert_eq!(secret["metadata"]["name"].as_str(), case.secret, "{what}");
                let data = secret["data"].as_object().unwrap().iter();
                data.map(|(key, value)| (key.as_str(), STANDARD.decode(value.as_str().unwrap()).unwrap())).collect()
            });
            let external = of_kind("ExternalSecret").map(|external| {
                assert_eq!(external["spec"]["target"]["name"].as_str(), case.secret, "{what}");
                external["spec"]["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it["secretKey"].as_str().unwrap())
                    .collect()
            });
            // Where the cluster has the bundle, what is asked for is each of its keys, and nothing else.
            let asked = &rendered.cluster_secrets.secrets;
            let referenced: Option<BTreeSet<&str>> = asked.first().map(|wanted| {
                assert_eq!((asked.len(), Some(wanted.name.as_str())), (1, case.secret), "{what}");
                wanted.entries.iter().map(|entry| entry.key.as_str()).collect()
            });
            let is_there = !case.bundle.is_empty();
            assert_eq!(inline, (is_there && mode.is_empty()).then(|| case.bundle.clone()), "{what}");
            assert_eq!(external, (is_there && mode.contains("external")).then(|| keys.clone()), "{what}");
            assert_eq!(referenced, (is_there && !mode.is_empty()).then(|| keys.clone()), "{what}");
        }
    }
}
