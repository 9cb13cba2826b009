//! Secrets that stay in the cluster: what pods join at their start is what `inline` would have given them, and no secret
//! of an input is in the output.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

#[path = "support/process.rs"]
#[allow(dead_code, reason = "shared with tests that run servers")]
mod process;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use quay_render::contract::plain::plain_values;
use quay_render::diagnostic::Diagnostics;
use quay_render::input::{self, Inputs};
use quay_render::model::schema::{self, Secrecy};
use quay_render::object::{Object, Value};
use quay_render::yaml::{self, Dialect, Origin};
use quay_render::{Compiled, Rendered, Settled, compile, settle};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

type Files = BTreeMap<String, Vec<u8>>;

fn examples() -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir("examples").unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| Path::new("examples").join(name).join("keys.yaml").is_file());
    names.sort();
    names
}

fn read(example: &str) -> Inputs {
    input::read(&format!("examples/{example}"), None).unwrap()
}

/// The input with its secrets left to the cluster.
fn referenced(mut inputs: Inputs) -> Inputs {
    for source in &mut inputs.sources {
        let text = String::from_utf8(std::mem::take(&mut source.bytes)).unwrap();
        source.bytes = text.replace("mode: inline", "mode: referenced").into_bytes();
    }
    inputs
}

fn rendered(compiled: Compiled) -> Rendered {
    let said: String = compiled.diagnostics.iter().map(|problem| format!("{problem}\n")).collect();
    compiled.registry.unwrap_or_else(|| panic!("{said}"))
}

fn find<'a>(objects: &'a [Object], kind: &str, name: &str) -> &'a Object {
    objects
        .iter()
        .find(|object| object.kind() == kind && object.name() == name)
        .unwrap_or_else(|| panic!("{kind} {name}"))
}

/// What a ConfigMap or Secret would look like to the kubelet.
fn content(object: &Object) -> Files {
    let entries = |field: &str, encoded: bool| {
        let map = object.value.at(&[field]).and_then(Value::as_map).cloned().unwrap_or_default();
        map.into_iter().map(move |(key, value)| {
            let text = value.as_str().unwrap().to_owned();
            (key, if encoded { STANDARD.decode(text).unwrap() } else { text.into_bytes() })
        })
    };
    let is_secret = object.kind() == "Secret";
    entries("data", is_secret).chain(entries("binaryData", true)).collect()
}

/// The Secrets and ConfigMaps that others make: by name, those of the contract, the claim's and the service CA.
fn cluster(settled: &Settled) -> BTreeMap<String, Files> {
    let Settled { model, resolved, contract } = settled;
    let mut made: BTreeMap<String, Files> = BTreeMap::new();
    for plain in plain_values(model, resolved, contract) {
        let at = contract.find(plain.secret, &plain.entry).unwrap();
        made.entry(at.name).or_default().insert(at.key, plain.value.to_vec());
    }
    let bucket = model.config.bucket.as_ref();
    let claim = [
        ("BUCKET_HOST", bucket.map_or("s3.storage.svc", |bucket| &bucket.host)),
        ("BUCKET_NAME", bucket.map_or("quay-bucket", |bucket| &bucket.name)),
        ("BUCKET_PORT", "443"),
        ("AWS_ACCESS_KEY_ID", bucket.map_or("EXAMPLE-ACCESS", |bucket| &bucket.access_key)),
        ("AWS_SECRET_ACCESS_KEY", bucket.map_or("EXAMPLE-SECRET", |bucket| &bucket.secret_key)),
    ];
    let claim = claim.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec()));
    made.insert(format!("{}-quay-datastore", resolved.name), claim.into());
    let authority = Files::from([("service-ca.crt".to_owned(), b"service CA".to_vec())]);
    made.insert(format!("{}-cluster-service-ca", resolved.name), authority);
    made
}

/// Runs a pod's init container as the pod says, over volumes as the kubelet would fill them: what lies under each mount
/// path afterwards.
fn join(objects: &[Object], made: &BTreeMap<String, Files>, kind: &str, name: &str) -> Files {
    let root = tempfile::tempdir().unwrap();
    let pod = objects
        .iter()
        .find(|object| object.kind() == kind && object.base_name == name)
        .and_then(|object| object.value.at(&["spec", "template", "spec"]))
        .unwrap_or_else(|| panic!("{kind} {name}"));
    let list = |value: &Value, field: &str| value.at(&[field]).and_then(Value::as_seq).unwrap_or_default().to_vec();
    let text = |value: &Value, path: &[&str]| value.at(path).and_then(Value::as_str).map(str::to_owned);
    let container =
        list(pod, "initContainers").into_iter().find(|it| text(it, &["name"]).unwrap() == "join-configuration");
    let container = container.unwrap_or_else(|| panic!("{name} joins nothing"));
    let volumes = list(pod, "volumes");
    let below = |path: &str| root.path().join(path.trim_start_matches('/'));
    let mut targets = Vec::new();
    for mount in list(&container, "volumeMounts") {
        let path = text(&mount, &["mountPath"]).unwrap();
        let volume = volumes.iter().find(|volume| text(volume, &["name"]) == text(&mount, &["name"])).unwrap();
        fs::create_dir_all(below(&path)).unwrap();
        let of = |kind: &str, name: String| match made.get(&name) {
            Some(files) => files.clone(),
            None => content(find(objects, kind, &name)),
        };
        let files = match (text(volume, &["secret", "secretName"]), text(volume, &["configMap", "name"])) {
            (Some(secret), _) => of("Secret", secret),
            (_, Some(map)) => of("ConfigMap", map),
            _ => {
                assert_eq!(text(volume, &["emptyDir", "medium"]).as_deref(), Some("Memory"), "{name}: {path}");
                targets.push(path);
                continue;
            }
        };
        files.iter().for_each(|(key, bytes)| fs::write(below(&path).join(key), bytes).unwrap());
    }
    let mut words = list(&container, "command").into_iter().map(|word| word.as_str().unwrap().to_owned());
    assert_eq!(words.next().as_deref(), Some("python3"));
    let mut command = process::command(&process::python());
    words.for_each(|word| {
        command.arg(below(&word));
    });
    let output = command.args(["--timeout", "2", "--interval", "0.1"]).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    let mut found = Files::new();
    for target in targets {
        for entry in
            walkdir::WalkDir::new(below(&target)).into_iter().map(Result::unwrap).filter(|it| it.file_type().is_file())
        {
            let path = entry.path().strip_prefix(root.path()).unwrap();
            found.insert(format!("/{}", path.display()), fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// A YAML document without its order.
fn document(bytes: &[u8]) -> Value {
    let (text, origin) = (std::str::from_utf8(bytes).unwrap(), Origin { file: "config.yaml", within: None });
    let mut problems = Diagnostics::new();
    let value = yaml::parse_one(text, &origin, Dialect::Python, &mut problems).unwrap().to_value();
    assert!(!problems.has_errors(), "{problems:?}");
    ordered(value)
}

fn ordered(value: Value) -> Value {
    match value {
        Value::Map(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(key, value)| (key, ordered(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(entries.into_iter().collect())
        }
        Value::Seq(items) => Value::Seq(items.into_iter().map(ordered).collect()),
        other => other,
    }
}

fn config_secret(rendered: &Rendered, base: &str) -> Files {
    let name = format!("{}-{base}", rendered.resolved.name);
    content(rendered.objects.iter().find(|object| object.is_secret() && object.base_name == name).unwrap())
}

/// Compares what one pod joins with the Secret that `inline` gives it.
fn assert_same(joined: &Files, inline: &Files, what: &str) {
    for (key, bytes) in inline {
        let found = joined.get(&format!("/conf/stack/{key}")).unwrap_or_else(|| panic!("{what}: no {key}"));
        if key == "config.yaml" {
            assert_eq!(document(found), document(bytes), "{what}");
        } else {
            assert!(found == bytes, "{what}: {key} differs");
        }
    }
    let extra = joined.keys().filter_map(|path| path.strip_prefix("/conf/stack/"));
    let extra: Vec<&str> = extra.filter(|key| !inline.contains_key(*key)).collect();
    assert!(extra.iter().all(|key| key.starts_with("extra_ca_certs/")), "{what}: {extra:?}");
}

#[test]
fn every_pod_joins_what_inline_would_have_given_it() {
    for example in examples() {
        let inline = rendered(compile(&read(&example)));
        let inputs = referenced(read(&example));
        let late = rendered(compile(&inputs));
        let settled = settle(&inputs, &mut Diagnostics::new()).0.unwrap();
        let made = cluster(&settled);
        let wanted = config_secret(&inline, "quay-config-secret");
        let mut pods =
            vec![("Deployment", "quay-app"), ("Job", "quay-app-upgrade"), ("Deployment", "quay-config-editor")];
        if late.objects.iter().any(|object| object.component == "mirror") {
            pods.push(("Deployment", "quay-mirror"));
        }
        for (kind, base) in pods {
            let joined = join(&late.objects, &made, kind, &format!("{}-{base}", late.resolved.name));
            assert_same(&joined, &wanted, &format!("{example}: {base}"));
        }
        if late.objects.iter().any(|object| object.component == "clair") {
            let joined = join(&late.objects, &made, "Deployment", &format!("{}-clair-app", late.resolved.name));
            let clair = config_secret(&inline, "clair-config-secret");
            let found = document(&joined["/joined/config/config.yaml"]);
            assert_eq!(quoted(found), document(&clair["config.yaml"]), "{example}: Clair");
            assert!(joined["/joined/certs/quay-ssl.cert"] == wanted["ssl.cert"], "{example}: Clair's CA");
        }
    }
}

/// Clair's connection strings with the password as `inline` writes it: in them quotes stand around it, for libpq.
fn quoted(value: Value) -> Value {
    match value {
        Value::Str(text) => text.replace('\'', "").into(),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, value)| (key, quoted(value))).collect()),
        Value::Seq(items) => Value::Seq(items.into_iter().map(quoted).collect()),
        other => other,
    }
}

#[test]
fn an_unknown_bucket_is_joined_from_its_claim_where_secrets_are_inline() {
    let known = rendered(compile(&read("minimal")));
    let mut inputs = read("minimal");
    for source in &mut inputs.sources {
        let text = String::from_utf8(std::mem::take(&mut source.bytes)).unwrap();
        source.bytes = text.split("  objectStorage:").next().unwrap().as_bytes().to_vec();
    }
    let late = rendered(compile(&inputs));
    let settled = settle(&read("minimal"), &mut Diagnostics::new()).0.unwrap();
    let joined = join(&late.objects, &cluster(&settled), "Deployment", &format!("{}-quay-app", late.resolved.name));
    assert_same(&joined, &config_secret(&known, "quay-config-secret"), "minimal");
}

#[test]
fn files_left_to_a_secret_count_as_given() {
    let config = "SERVER_HOSTNAME: registry.example.com\nAUTHENTICATION_TYPE: JWT\nJWT_AUTH_ISSUER: issuer\n\
        JWT_VERIFY_ENDPOINT: https://jwt.example.com/verify\nFEATURE_SIGNING: true\nSIGNING_ENGINE: gpg2\n\
        GPG2_PRIVATE_KEY_NAME: EEB32221\nDB_URI: postgresql://quay@db.example.com:5432/quay?sslmode=verify-full\n\
        BUILDLOGS_REDIS: {host: r.example.com}\nUSER_EVENTS_REDIS: {host: r.example.com}\n\
        DISTRIBUTED_STORAGE_CONFIG:\n  default: [CloudFrontedS3Storage, {s3_access_key: a, s3_secret_key: b, s3_bucket: quay, \
        storage_path: /r, cloudfront_distribution_domain: d.cloudfront.net, cloudfront_key_id: K, \
        cloudfront_privatekey_filename: cloudfront.pem}]\n\
        DISTRIBUTED_STORAGE_PREFERENCE: [default]\nDISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [default]\n";
    let names = ["jwt-authn.cert", "signing-public.gpg", "signing-private.gpg", "database.pem", "cloudfront.pem"];
    let files = names.map(|name| format!("      {name}: {{name: own, key: {name}}}\n")).concat();
    let mut inputs = referenced(read("all-unmanaged"));
    for source in &mut inputs.sources {
        let text = String::from_utf8(std::mem::take(&mut source.bytes)).unwrap();
        source.bytes =
            text.replace("mode: referenced\n", &format!("mode: referenced\n    files:\n{files}")).into_bytes();
    }
    for (key, source) in &mut inputs.bundle.as_mut().unwrap().files {
        if key == "config.yaml" {
            source.bytes = config.as_bytes().to_vec();
        }
    }
    let late = rendered(compile(&inputs));
    let text = output(&late.objects);
    for name in names {
        assert!(text.contains(&format!("own-0/{name}")), "{name} is joined");
    }
}

/// A text as it might stand in a file: plain, in base64 at any offset, percent-encoded, escaped in JSON.
fn forms(secret: &str) -> Vec<String> {
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let json = serde_json::to_string(secret).unwrap();
    let mut forms = vec![secret.to_owned(), percent, json.get(1..json.len() - 1).unwrap_or_default().to_owned()];
    for offset in 0..3 {
        let padded = [&vec![b' '; offset], secret.as_bytes()].concat();
        let text = STANDARD.encode(padded);
        // What depends on neighbours is cut off at both ends.
        forms.push(text.get(4..text.len().saturating_sub(4)).unwrap_or_default().to_owned());
    }
    forms.retain(|form| form.len() >= 8);
    forms
}

fn assert_hidden<'a>(text: &str, secrets: impl Iterator<Item = &'a str>, what: &str) {
    for secret in secrets {
        for form in forms(secret) {
            assert!(!text.contains(&form), "{what} holds a secret");
        }
    }
}

fn output(objects: &[Object]) -> String {
    quay_render::emit::stream(objects)
}

#[test]
fn no_example_that_leaves_its_secrets_to_the_cluster_has_one_in_its_output() {
    for example in examples() {
        let inputs = referenced(read(&example));
        let late = rendered(compile(&inputs));
        assert!(late.objects.iter().all(|object| !object.is_secret()), "{example}");
        let settled = settle(&inputs, &mut Diagnostics::new()).0.unwrap();
        let plain = plain_values(&settled.model, &settled.resolved, &settled.contract);
        // The certificate is for everybody.
        let secrets: Vec<String> = plain
            .iter()
            .filter(|plain| plain.entry != "ssl.cert")
            .map(|plain| String::from_utf8(plain.value.to_vec()).unwrap())
            .collect();
        assert!(secrets.len() > 2, "{example}");
        assert_hidden(&output(&late.objects), secrets.iter().map(String::as_str), &example);
    }
    for golden in ["referenced", "external", "sealed"] {
        for entry in walkdir::WalkDir::new(format!("golden/{golden}")).into_iter().map(Result::unwrap) {
            let Ok(text) = fs::read_to_string(entry.path()) else { continue };
            assert!(!text.lines().any(|line| line == "kind: Secret"), "{}", entry.path().display());
        }
    }
}

/// A config.yaml in which every secret field, member and argument, and every one that nobody knows, holds a marker.
fn marked() -> (String, Vec<String>) {
    let mut markers = Vec::new();
    let mut marker = || {
        let text = format!("MARKER{:04}marker", markers.len());
        markers.push(text.clone());
        text
    };
    let mut config = String::from("SERVER_HOSTNAME: registry.example.com\nCOMPANY_THING: ");
    config.push_str(&format!("{{inside: [{}]}}\n", marker()));
    let members = |map: &str, marker: &mut dyn FnMut() -> String| {
        let known =
            schema::members(map).filter(|fact| fact.secrecy() == Secrecy::Secret && fact.kind == schema::Type::Text);
        let names = known.map(|fact| fact.name).chain(["never_heard_of"]);
        let known: Vec<String> = names.map(|name| format!("{name}: {}", marker())).collect();
        format!("{{{}}}", known.join(", "))
    };
    for fact in schema::fields() {
        let value = match (&fact.kind, fact.secrecy()) {
            (schema::Type::Text, Secrecy::Secret) if fact.name == "DB_URI" => {
                format!("postgresql://quay:{}@db.example.com:5432/quay", marker())
            }
            (schema::Type::Text, Secrecy::Secret) => marker().repeat(3),
            (schema::Type::Members(map), Secrecy::Inside) => members(map, &mut marker),
            _ => continue,
        };
        config.push_str(&format!("{}: {value}\n", fact.name.replace("<NAME>", "SSO")));
    }
    let mut drivers: Vec<&str> = schema::arguments().iter().map(|argument| argument.driver).collect();
    drivers.dedup();
    config.push_str("DISTRIBUTED_STORAGE_CONFIG:\n");
    for driver in drivers {
        config.push_str(&format!("  {driver}: [{driver}, {}]\n", members("storage", &mut marker)));
    }
    config.push_str(&format!("DOCUMENTATION_ROOT: https://user:{}@docs.example.com/\n", marker()));
    config.push_str(&format!("BUILD_MANAGER: [ephemeral, {{EXECUTORS: [{}]}}]\n", members("executor", &mut marker)));
    (config, markers)
}

#[test]
fn no_marker_of_a_secret_is_in_the_output() {
    let (config, markers) = marked();
    let mut inputs = referenced(read("all-unmanaged"));
    let bundle = inputs.bundle.as_mut().unwrap();
    for (key, source) in &mut bundle.files {
        if key == "config.yaml" {
            source.bytes = config.clone().into_bytes();
        }
    }
    let source = input::Source { name: "b/private.txt".to_owned(), bytes: b"FILEMARKERfilemarker".to_vec() };
    bundle.files.push(("private.txt".to_owned(), source));
    // Rules would refuse such a configuration; what is rendered is the question here.
    let mut diagnostics = Diagnostics::new();
    let mut model = quay_render::model::read(&inputs, &mut diagnostics).unwrap();
    quay_render::model::render_config::add_images(&mut model.config, &inputs.images);
    let resolved = quay_render::check::resolve(&model, &inputs, &mut diagnostics).unwrap();
    let contract = quay_render::contract::draw(&model, &resolved, &[]);
    let plan = quay_render::plan::plan(&model, &resolved, &contract);
    let objects = quay_render::render::render(&plan).unwrap();
    let settings = quay_render::transform::Settings { registry: "registry", namespace: "quay", protect_data: true };
    let text = output(&quay_render::transform::transform(objects, &settings));
    let all = markers.iter().map(String::as_str).chain(["FILEMARKERfilemarker"]);
    assert_hidden(&text, all, "the output");
    assert!(
        text.contains("registry.example.com") && text.contains("never_heard_of"),
        "the contract names what it cuts"
    );
    assert!(text.contains("postgresql://quay@db.example.com:5432/quay"), "the rest of a URI stays readable");
    for problem in diagnostics.iter() {
        assert_hidden(&problem.to_string(), markers.iter().map(String::as_str), "a diagnostic");
    }
}

#[test]
fn a_changed_secret_changes_what_holds_it_and_no_more() {
    let change = |mut inputs: Inputs| {
        for source in &mut inputs.sources {
            let text = String::from_utf8(std::mem::take(&mut source.bytes)).unwrap();
            let password = text.lines().find_map(|line| line.trim().strip_prefix("DB_PASSWORD: ")).map(str::to_owned);
            source.bytes = match password {
                Some(old) => text.replace(&old, "another-password-of-the-database"),
                None => text,
            }
            .into_bytes();
        }
        inputs
    };
    let late = |inputs: Inputs| output(&rendered(compile(&inputs)).objects);
    assert_eq!(late(referenced(read("minimal"))), late(change(referenced(read("minimal")))));
    let (old, new) = (rendered(compile(&read("minimal"))), rendered(compile(&change(read("minimal")))));
    let changed: Vec<String> = old
        .objects
        .iter()
        .zip(&new.objects)
        .filter(|(old, new)| old.value != new.value)
        .map(|(old, _)| format!("{} {}", old.kind(), old.base_name))
        .collect();
    let wanted = [
        "Deployment my-registry-clair-app",
        "Deployment my-registry-quay-config-editor",
        "Deployment my-registry-quay-mirror",
        "Deployment my-registry-quay-database",
        "Job my-registry-quay-postgres-init",
        "Secret my-registry-postgres-config-secret",
        "Deployment my-registry-quay-app",
        "Job my-registry-quay-app-upgrade",
        "Secret my-registry-quay-config-secret",
    ];
    assert_eq!(changed, wanted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Values that need quoting in YAML, in a URI or anywhere else arrive as they are.
    #[test]
    fn any_value_arrives_unchanged(values in proptest::collection::vec("[ -~äß€😀\\n]{1,40}", 4), password in "[!-~]{1,40}") {
        prop_assume!(!password.contains('%'));
        let encode = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' | '~' => c.to_string(),
            c => format!("%{:02X}", u32::from(c)),
        };
        let encoded: String = password.chars().map(encode).collect();
        let quoted: Vec<String> = values.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
        let config = format!(
            "SERVER_HOSTNAME: registry.example.com\nDB_URI: postgresql://quay:{encoded}@db.example.com:5432/quay\n\
             BUILDLOGS_REDIS: {{host: r.example.com, password: {}}}\nUSER_EVENTS_REDIS: {{host: r.example.com, password: {}}}\n\
             DISTRIBUTED_STORAGE_CONFIG:\n  a.b c: [RadosGWStorage, {{access_key: {}, secret_key: {}, hostname: s.example.com, \
             bucket_name: quay, storage_path: /r, is_secure: true}}]\n\
             DISTRIBUTED_STORAGE_PREFERENCE: [a.b c]\nDISTRIBUTED_STORAGE_DEFAULT_LOCATIONS: [a.b c]\n",
            quoted[0], quoted[1], quoted[2], quoted[3],
        );
        let with = |mut inputs: Inputs| {
            for (key, source) in &mut inputs.bundle.as_mut().unwrap().files {
                if key == "config.yaml" {
                    source.bytes = config.clone().into_bytes();
                }
            }
            inputs
        };
        let inline = rendered(compile(&with(read("all-unmanaged"))));
        let inputs = with(referenced(read("all-unmanaged")));
        let late = rendered(compile(&inputs));
        let settled = settle(&inputs, &mut Diagnostics::new()).0.unwrap();
        let joined = join(&late.objects, &cluster(&settled), "Deployment", &format!("{}-quay-app", late.resolved.name));
        assert_same(&joined, &config_secret(&inline, "quay-config-secret"), "values");
    }
}
