//! A change of the input changes the objects that contain it and the pods that read those, and no others.

use super::{IN_KEYS, edited, output, read, referenced, rendered, with_config};
use crate::support::every_field::{Maker, folder};
use quay_render::input::Inputs;
use quay_render::object::Object;
use quay_render::{Rendered, compile};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::process::Command;

/// The one-line values of the keys file.
const KEYS: [&str; 7] = [
    "SECRET_KEY",
    "DATABASE_SECRET_KEY",
    "DB_PASSWORD",
    "DB_ROOT_PW",
    "CLAIR_DB_PASSWORD",
    "SECURITY_SCANNER_V4_PSK",
    "CONFIG_EDITOR_PW",
];

/// The input with another value of the keys file.
fn rotated(inputs: Inputs, key: &str) -> Inputs {
    edited(inputs, |text| {
        let start = format!("  {key}: ");
        let line = |line: &str| {
            if line.starts_with(&start) { format!("{start}rotated-{key}-{:060}", 0) } else { line.to_owned() }
        };
        text.lines().map(|it| line(it) + "\n").collect()
    })
}

fn label(object: &Object) -> String {
    format!("{} {}", object.kind(), object.base_name)
}

/// The objects that differ; both outputs have the same objects.
fn changed<'a>(old: &'a Rendered, new: &Rendered) -> Vec<&'a Object> {
    let labels = |rendered: &Rendered| rendered.objects.iter().map(label).collect::<Vec<_>>();
    assert_eq!(labels(old), labels(new));
    let pairs = old.objects.iter().zip(&new.objects);
    pairs.filter(|(old, new)| old.value != new.value).map(|(old, _)| old).collect()
}

/// The data objects among these, and all objects that name one of them.
fn with_readers(old: &Rendered, changed: &[&Object]) -> BTreeSet<String> {
    let data = changed.iter().filter(|it| ["Secret", "ConfigMap"].contains(&it.kind()));
    let names: Vec<(&str, String)> = data.map(|it| (it.name(), label(it))).collect();
    let names_one = |object: &&Object| {
        let text = output(std::slice::from_ref(*object));
        names.iter().any(|(name, _)| text.split(|c: char| c.is_whitespace() || c == '"').any(|word| word == *name))
    };
    old.objects.iter().filter(names_one).map(label).collect()
}

fn labels(objects: &[&Object]) -> BTreeSet<String> {
    objects.iter().map(|object| label(object)).collect()
}

#[test]
fn a_key_changes_the_secrets_that_hold_it_and_what_refers_to_them() {
    let old = rendered(compile(&read("minimal")));
    for (key, secrets) in KEYS.into_iter().zip([
        &["quay-config-secret", "quay-migration-config-secret", "quay-registry-managed-secret-keys"][..],
        &["quay-config-secret", "quay-migration-config-secret", "quay-registry-managed-secret-keys"],
        &["quay-config-secret", "quay-migration-config-secret", "postgres-config-secret"],
        &["postgres-config-secret"],
        &["clair-config-secret", "clair-postgres-config-secret"],
        &["clair-config-secret", "quay-config-secret"],
        &["quay-config-editor-credentials"],
    ]) {
        let new = rendered(compile(&rotated(read("minimal"), key)));
        let found = changed(&old, &new);
        assert_eq!(labels(&found), with_readers(&old, &found), "{key}");
        let held: BTreeSet<&str> = found.iter().filter(|it| it.is_secret()).map(|it| it.base_name.as_str()).collect();
        let wanted: Vec<String> = secrets.iter().map(|name| format!("my-registry-{name}")).collect();
        assert_eq!(held, wanted.iter().map(String::as_str).collect(), "{key}");
        assert!(found.iter().any(|it| it.kind() == "Deployment"), "{key}");
    }
}

#[test]
fn a_secret_that_stays_in_the_cluster_changes_nothing() {
    let old = output(&rendered(compile(&referenced(read("minimal")))).objects);
    for key in KEYS {
        let inputs = rotated(referenced(read("minimal")), key);
        assert!(
            inputs.sources.iter().any(|source| String::from_utf8_lossy(&source.bytes).contains("rotated-")),
            "{key}"
        );
        assert_eq!(output(&rendered(compile(&inputs)).objects), old, "{key}");
    }
    let inputs = edited(referenced(read("minimal")), |text| {
        text.replace("accessKey: ", "accessKey: ROTATED").replace("secretKey: ", "secretKey: ROTATED")
    });
    assert_eq!(output(&rendered(compile(&inputs)).objects), old, "the bucket's keys");
}

/// Each secret of config.yaml in turn.
#[test]
fn a_secret_of_config_yaml_changes_its_secret_and_what_refers_to_it() {
    let mut maker = Maker::new(3);
    let mut config = maker.every_field();
    config.retain(|name, _| !IN_KEYS.contains(&name.as_str()));
    let text = serde_json::to_string(&config).unwrap();
    let inline = rendered(compile(&with_config(&config)));
    let late = output(&rendered(compile(&referenced(with_config(&config)))).objects);
    let mut tried = 0;
    for secret in &maker.secrets {
        let new: String = secret.chars().rev().collect();
        if !text.contains(secret.as_str()) {
            continue;
        }
        let new: Map<String, Json> = serde_json::from_str(&text.replace(secret.as_str(), &new)).unwrap();
        assert!(output(&rendered(compile(&referenced(with_config(&new)))).objects) == late, "{secret}");
        let new = rendered(compile(&with_config(&new)));
        let found = changed(&inline, &new);
        assert_eq!(labels(&found), with_readers(&inline, &found));
        let held: Vec<&str> = found.iter().filter(|it| it.is_secret()).map(|it| it.base_name.as_str()).collect();
        let is_of_database =
            ["DB_URI", "DB_CONNECTION_ARGS"].iter().any(|name| config[*name].to_string().contains(secret));
        let wanted = ["registry-quay-config-secret", "registry-quay-migration-config-secret"];
        assert_eq!(held, wanted[..if is_of_database { 2 } else { 1 }]);
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}

#[test]
fn a_public_field_changes_its_config_map_and_the_pods_that_read_it() {
    let title = |mut inputs: Inputs| {
        for (name, source) in &mut inputs.bundle.as_mut().unwrap().files {
            if name == "config.yaml" {
                source.bytes.extend_from_slice(b"\nREGISTRY_TITLE: Another\n");
            }
        }
        inputs
    };
    let old = rendered(compile(&referenced(read("unmanaged-redis"))));
    let new = rendered(compile(&title(referenced(read("unmanaged-redis")))));
    let found = changed(&old, &new);
    let pods =
        ["Deployment registry-quay-app", "Deployment registry-quay-config-editor", "Deployment registry-quay-mirror"];
    let wanted: BTreeSet<String> =
        pods.into_iter().chain(["ConfigMap registry-quay-config"]).map(str::to_owned).collect();
    assert_eq!(labels(&found), wanted);
    assert_eq!(with_readers(&old, &found), wanted);
}

/// Clair mounts only what it reads.
#[test]
fn a_public_field_restarts_no_clair() {
    for example in ["minimal", "kubernetes"] {
        let title = b"REGISTRY_TITLE: Another\n";
        let mut new = edited(read(example), |text| {
            text.replace("  config.yaml: |\n", "  config.yaml: |\n    REGISTRY_TITLE: Another\n")
        });
        if example == "minimal" {
            new.bundle = Some(folder(title, Vec::new()));
        }
        let (old, new) = (rendered(compile(&read(example))), rendered(compile(&new)));
        let found = labels(&changed(&old, &new));
        assert!(found.iter().any(|it| it.ends_with("-quay-app")), "{example}: {found:?}");
        assert!(!found.iter().any(|it| it.contains("clair")), "{example}: {found:?}");
    }
}

/// In an order in which the database has the new password before its clients do.
#[test]
fn what_to_restart_is_told_database_first() {
    let show = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        let output = command.args(["show", "secrets", "examples/flux"]).args(more).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = show(&[]);
    let run = "kubectl --namespace quay rollout";
    for (secret, database, clients) in [
        ("database", "quay-database", &["quay-app", "quay-mirror", "quay-config-editor"][..]),
        ("clair", "clair-postgres", &["quay-app", "quay-mirror", "quay-config-editor", "clair-app"]),
    ] {
        let (_, rest) = text.split_once(&format!("my-registry-quay-secret-{secret} ({secret})\n")).unwrap();
        let mut lines = rest.lines().skip_while(|line| !line.starts_with("  restart: "));
        let server = format!("deployment/my-registry-{database}");
        assert_eq!(lines.next().unwrap(), format!("  restart: {run} restart {server} && {run} status {server}"));
        let after = lines.next().unwrap().strip_prefix(&format!("  then:    {run} restart ")).unwrap();
        let after: BTreeSet<&str> = after.split(' ').collect();
        assert_eq!(
            after,
            clients
                .iter()
                .map(|it| format!("deployment/my-registry-{it}"))
                .collect::<Vec<_>>()
                .iter()
                .map(String::as_str)
                .collect()
        );
    }
    let rows: Vec<Json> = serde_json::from_str(&show(&["--format", "json"])).unwrap();
    let root = rows.iter().find(|row| row["entry"] == "DB_ROOT_PW").unwrap();
    assert_eq!(root["restart"][0], "my-registry-quay-database");
}
