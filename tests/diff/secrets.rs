//! Secrets of the examples, and of every place of an object that may hold one.

use crate::support::repository;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::collections::BTreeSet;
use std::fs;

/// Every secret of the examples that is too long to occur by chance: the values of the keys files, each line of those
/// with several, and values with names of secrets in the config bundles; plain and in base64, as a whole and as a part
/// of a larger encoded text.
pub fn secrets() -> BTreeSet<String> {
    let mut plain = BTreeSet::new();
    for file in walkdir::WalkDir::new(repository().join("examples")).into_iter().map(Result::unwrap) {
        let name = file.file_name().to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(file.path()) else { continue };
        let is_keys = matches!(name.as_str(), "keys.yaml" | "sealed.yaml" | "ssl.key");
        let text = without_certificates(&text);
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let (key, value) = line.split_once(": ").unwrap_or(("", line));
            let is_secret = ["password", "secret", "_key", "KEY", "PSK"].iter().any(|part| key.contains(part));
            let value = value.trim().trim_matches(['"', '\'']);
            let is_value =
                is_keys && !value.contains([' ', ':']) && !key.ends_with("name") && !key.ends_with("namespace");
            if (is_value || is_secret) && value.len() >= 12 && !value.starts_with("my-registry") {
                plain.insert(value.to_owned());
            }
            let password = value.split_once("://").and_then(|(_, rest)| rest.split_once('@')?.0.split_once(':'));
            plain.extend(password.map(|(_, password)| password.to_owned()).filter(|password| password.len() >= 8));
        }
    }
    assert!(plain.len() > 100, "{}", plain.len());
    let encoded = plain.iter().flat_map(|value| {
        // The same bytes have three forms, by where they begin; the letters at the ends depend on what is around.
        (0..3).filter_map(move |shift| {
            let text = STANDARD.encode([&vec![b' '; shift], value.as_bytes()].concat());
            let inner = text.trim_end_matches('=');
            Some(inner.get(4..inner.len() - 1)?.to_owned()).filter(|inner| inner.len() >= 10)
        })
    });
    let encoded: BTreeSet<String> = encoded.collect();
    plain.into_iter().chain(encoded).collect()
}

/// A text without its certificates: they are public, and the output has some to be trusted.
fn without_certificates(text: &str) -> String {
    let mut parts = text.split("-----BEGIN CERTIFICATE-----");
    let first = parts.next().unwrap_or_default().to_owned();
    first
        + &parts
            .map(|part| part.split_once("-----END CERTIFICATE-----").map_or(part, |(_, rest)| rest))
            .collect::<String>()
}

/// Makes a document that holds a secret.
type Holder = Box<dyn Fn(&str) -> String>;

/// Documents with a secret in each kind of place, each with a name.
pub fn holders() -> Vec<(&'static str, Holder)> {
    let object = |kind: &'static str, rest: Holder| -> Holder {
        let (api, kind) = kind.rsplit_once('/').unwrap();
        Box::new(move |secret| {
            format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: a, namespace: b}}\n{}\n", rest(secret))
        })
    };
    let with = |name: &'static str, kind: &'static str, rest: fn(&str) -> String| (name, object(kind, Box::new(rest)));
    let deployment = "apps/v1/Deployment";
    vec![
        with("data", "v1/Secret", |secret| format!("data: {{a: {}}}", STANDARD.encode(secret))),
        with("stringData", "v1/Secret", |secret| format!("stringData: {{a: {secret}}}")),
        with("a bundle", "v1/Secret", |secret| {
            let config =
                format!("SERVER_HOSTNAME: h\nBUILDLOGS_REDIS: {{host: r, password: {secret}}}\nOWN: {secret}\n");
            format!("data: {{config.yaml: {}}}", STANDARD.encode(config))
        }),
        with("a fragment", "v1/Secret", |secret| format!("stringData: {{x.config.yaml: 'SECRET_KEY: {secret}'}}")),
        with("config.yaml", "v1/ConfigMap", |secret| format!("data: {{config.yaml: 'SECRET_KEY: {secret}'}}")),
        with("a URL in config.yaml", "v1/ConfigMap", |secret| {
            format!("data: {{config.yaml: 'AVATAR_KIND: \"https://u:{secret}@h/\"'}}")
        }),
        with("Clair's configuration", "v1/ConfigMap", |secret| {
            format!("data: {{config.yaml: 'indexer: {{connstring: host=h password={secret}}}'}}")
        }),
        with("a document of JSON", "v1/ConfigMap", |secret| format!("data: {{a.json: '{{\"token\": \"{secret}\"}}'}}")),
        with("a text", "v1/ConfigMap", |secret| {
            format!("data: {{a.conf: \"x = {}\\npassword = {secret}\"}}", secret.len())
        }),
        with("a list", "x.io/v1/X", |secret| format!("spec: {{urls: [a{}, 'redis://:{secret}@h']}}", secret.len())),
        with("binaryData", "v1/ConfigMap", |secret| format!("binaryData: {{a: {}}}", STANDARD.encode(secret))),
        with("a sealed value", "bitnami.com/v1alpha1/SealedSecret", |secret| {
            format!("spec: {{encryptedData: {{a: {}}}}}", STANDARD.encode(secret))
        }),
        with("a template of an ExternalSecret", "external-secrets.io/v1/ExternalSecret", |secret| {
            format!("spec: {{target: {{template: {{data: {{a: 'x={secret}'}}}}}}}}")
        }),
        with("a key of a Route", "route.openshift.io/v1/Route", |secret| format!("spec: {{tls: {{key: {secret}}}}}")),
        with("a variable", deployment, |secret| {
            let variable = format!("{{name: OWN_PASSWORD, value: {secret}}}");
            format!("spec: {{template: {{spec: {{containers: [{{name: c, env: [{variable}]}}]}}}}}}")
        }),
        with("a URL in a variable", deployment, |secret| {
            let variable = format!("{{name: DATABASE, value: 'postgresql://u:{secret}@h/d'}}");
            format!("spec: {{template: {{spec: {{containers: [{{name: c, env: [{variable}]}}]}}}}}}")
        }),
        with("an argument", deployment, |secret| {
            format!("spec: {{template: {{spec: {{containers: [{{name: c, args: [--password, {secret}]}}]}}}}}}")
        }),
        with("a field", "x.io/v1/X", |secret| format!("spec: {{adminPassword: {secret}, n: {}}}", secret.len())),
        (
            "an annotation",
            Box::new(|secret| {
                let copy = format!("'{{\"data\": {{\"a\": \"{secret}\"}}}}'");
                format!(
                    "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, annotations: {{kapp.k14s.io/original: {copy}}}}}\n"
                )
            }),
        ),
        (
            "a checksum",
            Box::new(|secret| {
                format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{checksum/a: {secret}}}}}\n")
            }),
        ),
    ]
}
