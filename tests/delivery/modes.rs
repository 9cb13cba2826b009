//! Each delivery in each mode of secrets: what the output holds, and that no secret is in it but inline.

use super::{kinds, only, parsed};
use crate::support::{quay_render, repository};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::Output;

/// Secrets of the bundle below, in the clear and as base64 has them.
const SECRET: &str = "correcthorse7315";
const REGISTRY: &str = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: registry, namespace: quay}\nspec:\n  \
                        configBundleSecret: bundle\n  components: [{kind: redis, managed: false}]\n";

/// Writes an input of a delivery and a mode.
fn write(folder: &Path, delivery: &str, mode: &str) {
    let input = folder.join("in");
    fs::create_dir_all(input.join("config-bundle")).unwrap();
    let certificate = fs::read_to_string(repository().join("examples/sealed/render-config.yaml")).unwrap();
    let certificate = certificate.split_once("      certificate: |\n").unwrap().1;
    let certificate: String =
        certificate.lines().take_while(|line| line.starts_with("        ")).map(|line| format!("{line}\n")).collect();
    let settings = match mode {
        "external" => "    external: {store: {name: vault}}\n".to_owned(),
        "sealed" => format!("    sealed:\n      certificate: |\n{certificate}"),
        _ => String::new(),
    };
    let config = format!(
        "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n  release: \"3.18\"\n  delivery: {delivery}\n  \
         cluster: {{platform: openshift, appsDomain: apps.example.com}}\n  secrets:\n    mode: {mode}\n{settings}"
    );
    let redis = format!("{{host: redis.example.com, port: 6379, password: {SECRET}}}");
    let bundle = format!("# kept\nBUILDLOGS_REDIS: {redis}\nUSER_EVENTS_REDIS: {redis}\n");
    for (name, text) in
        [("registry.yaml", REGISTRY), ("render-config.yaml", &config), ("config-bundle/config.yaml", &bundle)]
    {
        fs::write(input.join(name), text).unwrap();
    }
    if ["inline", "sealed"].contains(&mode) {
        run(folder, &["keys", "in"], Some(0));
    }
    if mode == "sealed" {
        run(folder, &["seal", "in"], None);
    }
}

fn run(folder: &Path, arguments: &[&str], code: Option<i32>) -> Output {
    let output = quay_render().args(arguments).current_dir(folder).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(code.is_none() || output.status.code() == code, "{arguments:?}: {told}");
    assert!(!told.contains(SECRET), "{told}");
    output
}

/// Whether a text has the secret in the clear, or in base64.
fn holds_secret(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let words = text.split(|c: char| !is_base64(c)).filter_map(|word| STANDARD.decode(word).ok());
    text.contains(SECRET) || words.into_iter().any(|bytes| String::from_utf8_lossy(&bytes).contains(SECRET))
}

#[test]
fn every_pairing_of_delivery_and_mode_says_where_the_secrets_are() {
    for delivery in ["manifests", "operator"] {
        for mode in ["inline", "referenced", "external", "sealed"] {
            let folder = tempfile::tempdir().unwrap();
            write(folder.path(), delivery, mode);
            if mode == "sealed" && delivery == "manifests" {
                // All other values are there but those of the bucket's owner; build says which is missing, if any.
                run(folder.path(), &["seal", "in"], None);
            }
            let built = run(folder.path(), &["build", "in", "--stdout"], None);
            let (stream, told) = (String::from_utf8(built.stdout).unwrap(), String::from_utf8(built.stderr).unwrap());
            assert!(built.status.success(), "{delivery}, {mode}: {told}");
            let objects = parsed(&stream);
            let is_there = |kind: &str| kinds(&objects).contains(&kind);
            assert_eq!(holds_secret(&stream), mode == "inline", "{delivery}, {mode}");
            assert_eq!(is_there("Secret"), mode == "inline", "{delivery}, {mode}");
            assert_eq!(is_there("ExternalSecret"), mode == "external", "{delivery}, {mode}");
            assert_eq!(is_there("SealedSecret"), mode == "sealed", "{delivery}, {mode}");
            assert_eq!(is_there("QuayRegistry"), delivery == "operator", "{delivery}, {mode}");
            assert_eq!(is_there("Deployment"), delivery == "manifests", "{delivery}, {mode}");
            if delivery == "operator" {
                of_operator(&objects, mode, folder.path());
            }
        }
    }
}

/// Without a config bundle there is no Secret, and nothing to seal.
#[test]
fn nothing_is_sealed_where_there_is_no_bundle() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "operator", "sealed");
    let input = folder.path().join("in");
    for name in ["keys.yaml", "sealed.yaml"] {
        fs::remove_file(input.join(name)).unwrap();
    }
    fs::remove_dir_all(input.join("config-bundle")).unwrap();
    let told = run(folder.path(), &["build", "in", "--stdout"], Some(1)).stderr;
    assert!(String::from_utf8(told).unwrap().contains("error["), "the QuayRegistry names a bundle that is not there");
    let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: registry, namespace: quay}\n";
    fs::write(input.join("registry.yaml"), registry).unwrap();
    let built = run(folder.path(), &["build", "in", "--stdout"], Some(0));
    let objects = parsed(&String::from_utf8(built.stdout).unwrap());
    assert!(!kinds(&objects).iter().any(|kind| ["Secret", "SealedSecret"].contains(kind)), "{objects:#?}");
    assert_eq!(only(&objects, "QuayRegistry")["spec"]["configBundleSecret"], Json::Null);
}

/// There is one Secret, whichever makes it, with the name that the QuayRegistry has.
fn of_operator(objects: &[Json], mode: &str, folder: &Path) {
    assert_eq!(only(objects, "QuayRegistry")["spec"]["configBundleSecret"], "bundle");
    match mode {
        "external" => {
            let spec = &only(objects, "ExternalSecret")["spec"];
            assert_eq!(spec["target"]["name"], "bundle");
            let keys: Vec<&Json> = spec["data"].as_array().unwrap().iter().map(|it| &it["secretKey"]).collect();
            assert_eq!(keys, ["config.yaml"]);
        }
        "sealed" => {
            let sealed = only(objects, "SealedSecret");
            assert_eq!(sealed["metadata"]["name"], "bundle");
            let keys: Vec<&String> = sealed["spec"]["encryptedData"].as_object().unwrap().keys().collect();
            assert_eq!(keys, ["config.yaml"]);
            // The values may be taken out of the input once they are sealed.
            fs::remove_file(folder.join("in/keys.yaml")).unwrap();
            let text = "BUILDLOGS_REDIS: {host: redis.example.com, port: 6379}\nUSER_EVENTS_REDIS: {host: redis.example.com, port: 6379}\n";
            fs::write(folder.join("in/config-bundle/config.yaml"), text).unwrap();
            let again = run(folder, &["build", "in", "--stdout"], Some(0));
            assert_eq!(only(&parsed(&String::from_utf8(again.stdout).unwrap()), "SealedSecret"), sealed);
        }
        "referenced" => {
            let shown = run(folder, &["show", "secrets", "in", "--make"], Some(0));
            let shown = String::from_utf8(shown.stdout).unwrap();
            assert!(shown.contains("kubectl create secret generic bundle --namespace quay \\\n  --from-file=config.yaml=FILE_WITH_CONFIG_YAML"), "{shown}");
        }
        _ => {}
    }
}

#[test]
fn a_bundle_inline_is_kept_from_git_and_from_others() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "operator", "inline");
    run(folder.path(), &["build", "in", "--out", "out"], Some(0));
    let path = folder.path().join("out/registry/quayregistry/secret-bundle.yaml");
    assert!(holds_secret(&fs::read_to_string(&path).unwrap()));
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o777;
    assert_eq!(mode, 0o600);
    let ignored = fs::read_to_string(folder.path().join("out/.gitignore")).unwrap();
    assert!(ignored.contains("/registry/quayregistry/secret-bundle.yaml\n"), "{ignored}");
    // What is compared never shows it.
    let text = fs::read_to_string(&path).unwrap().replace("config.yaml: ", "config.yaml: QQ==\n  other: ");
    fs::create_dir(folder.path().join("other")).unwrap();
    fs::write(folder.path().join("other/secret.yaml"), text).unwrap();
    let compared = run(folder.path(), &["diff", "out", "other"], Some(1));
    let compared = String::from_utf8(compared.stdout).unwrap();
    assert!(!holds_secret(&compared) && compared.contains("Secret quay/bundle"), "{compared}");
}
