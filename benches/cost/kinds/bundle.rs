//! The config bundle except for config.yaml.

use super::case::{CONFIG, Case, room};
use super::text::{authority, block, fill, fill_to, letters, lines};
use super::{Kind, files};

/// Its kinds.
pub const KINDS: &[Kind] = &[
    files("bundle: a file in base64", |bytes| {
        let data = letters(room(bytes) & !3);
        let config = format!("stringData:\n  config.yaml: |\n{}", block(CONFIG, 4));
        Case::with(
            "bundle.yaml",
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\ndata:\n  file: {data}\n{config}"
            ),
        )
    }),
    files("bundle: many keys", |bytes| {
        let data = lines(room(bytes), |n| format!("  key-{n:06}: value"));
        let config = format!("stringData:\n  config.yaml: |\n{}", block(CONFIG, 4));
        Case::with(
            "bundle.yaml",
            format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\n{config}{data}"),
        )
    }),
    files("bundle: config.yaml in a Secret", |bytes| {
        let config = format!("{CONFIG}{}", lines(room(bytes), |n| format!("FIELD_{n:06}: value")));
        let config = format!("stringData:\n  config.yaml: |\n{}", block(&config, 4));
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: bundle, namespace: quay}}\n{config}");
        Case::with("bundle.yaml", fill_to(text, bytes))
    }),
    files("bundle: many files", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 512 {
            case.put(&format!("config-bundle/file-{number}"), letters(512));
        }
        case
    }),
    files("bundle: many fragments", |bytes| {
        let mut case = Case::new();
        for number in 0..bytes / 512 {
            case.put(&format!("config-bundle/f{number}.config.yaml"), lines(512, |n| format!("F_{number}_{n}: value")));
        }
        case
    }),
    files("bundle: authorities", |bytes| {
        let one = authority();
        Case::with("config-bundle/extra_ca_cert_all.crt", fill(room(bytes), |_, out| out.push_str(&one)))
    }),
    files("bundle: Clair's configuration", |bytes| {
        let members = lines(room(bytes), |n| format!("    member-{n:06}: value"));
        Case::with("config-bundle/clair-config.yaml", format!("matchers:\n  config:\n{members}"))
    }),
    files("bundle: a chain of certificates", |bytes| {
        let one = authority();
        Case::with("config-bundle/ssl.cert", fill(room(bytes), |_, out| out.push_str(&one)))
    }),
    files("bundle: beginnings of keys", |bytes| {
        let begin = "-----BEGIN PRIVATE KEY-----\n";
        Case::with("config-bundle/ssl.key", fill(room(bytes), |_, out| out.push_str(begin)))
    }),
    files("bundle: literals of a generator", |bytes| {
        let literals = lines(room(bytes), |n| format!("    - key-{n:06}=value"));
        generated(&format!("    files: [config.yaml]\n    literals:\n{literals}"))
    }),
    files("bundle: environment of a generator", |bytes| {
        let mut case = generated("    files: [config.yaml]\n    envs: [all.env]\n");
        case.put("all.env", lines(room(bytes), |n| format!("KEY_{n:06}=value")));
        case
    }),
    files("bundle: files of a generator", |bytes| {
        let names = lines(bytes / 8, |n| format!("    - file-{n}"));
        let mut case = generated(&format!("    files:\n    - config.yaml\n{names}"));
        for number in 0..names.lines().count() {
            case.put(&format!("file-{number}"), letters(96));
        }
        case
    }),
];

/// An input whose bundle is made by a kustomization, from its config.yaml and the rest of the generator.
fn generated(generator: &str) -> Case {
    let head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: quay\nsecretGenerator:\n  - name: bundle\n";
    let mut case = Case::with("kustomization.yaml", format!("{head}{generator}"));
    case.put("config.yaml", CONFIG);
    case.files.retain(|(name, _)| !name.starts_with("config-bundle/"));
    case
}
