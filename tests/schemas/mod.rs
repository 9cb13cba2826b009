//! The JSON Schemas of the input, and the reference of config.yaml's fields: the committed copies are what the program
//! prints, the schemas accept every example and refuse common mistakes, and they agree with the readers.
//!
//! `.ci/bless` writes the copies. It never does so if `CI` is set.

mod documents;
mod fields;
mod pages;

use crate::support::golden;
use jsonschema::Validator;
use quay_render::catalog::{Catalog, Release};
use quay_render::schemas::{Schema, reference};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const FOLDER: &str = "examples/.schemas";

/// A validator for a schema.
fn validator(schema: Schema) -> Validator {
    jsonschema::draft7::new(&schema.json()).unwrap()
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{error}:\n{text}"))
}

/// A schema's objections to a document.
fn objections(schema: Schema, document: &Value) -> Vec<String> {
    said_against(&schema.json(), document)
}

fn said_against(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::draft7::new(schema).unwrap();
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn each_schema_is_one_of_draft_07() {
    let releases = Catalog::every().flat_map(|release| Schema::ALL.iter().map(move |schema| (schema, release)));
    for (schema, release) in releases {
        let json = schema.json_of(release);
        assert_eq!(json["$schema"], "http://json-schema.org/draft-07/schema#");
        if let Err(error) = jsonschema::draft7::meta::validate(&json) {
            panic!("{}: {}: {error}", schema.name(), error.instance_path());
        }
    }
}

#[test]
fn the_committed_copies_are_what_the_program_prints() {
    let standard = Schema::ALL.iter().map(|schema| (format!("{FOLDER}/{}.json", schema.name()), schema.text()));
    // Of other releases those that an example names.
    let named: BTreeSet<(String, &str)> = example_files().filter_map(|path| named_of_release(&path)).collect();
    let of_releases = named.into_iter().map(|(release, name)| {
        let schema = Schema::ALL.iter().find(|schema| schema.name() == name).unwrap();
        (format!("{FOLDER}/{release}/{name}.json"), schema.text_of(&of_name(&release)))
    });
    for (path, text) in standard.chain(of_releases).chain([("docs/reference/fields.md".to_owned(), reference())]) {
        let problem = golden::compare(&path, &text);
        assert!(problem.is_none(), "{}\n.ci/bless", problem.unwrap_or_default());
    }
}

/// A release by its name.
fn of_name(release: &str) -> Arc<Release> {
    Catalog::embedded().release(release).unwrap().unwrap()
}

/// The release and the name of the schema that a file names, if it is not that of the standard release.
fn named_of_release(path: &Path) -> Option<(String, &'static str)> {
    let text = fs::read_to_string(path).unwrap();
    let (_, named) = text.lines().next()?.split_once("/.schemas/")?;
    let (release, file) = named.split_once('/')?;
    let name = file.strip_suffix(".json")?;
    Some((release.to_owned(), Schema::ALL.iter().find(|schema| schema.name() == name).unwrap().name()))
}

#[test]
fn the_command_prints_each_schema_and_knows_no_other() {
    let program = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_quay-render"));
        command.arg("schema").args(words).output().unwrap()
    };
    for schema in Schema::ALL {
        let output = program(&[schema.name()]);
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), schema.text(), "{}", schema.name());
        let output = program(&[schema.name(), "--release", "3.18"]);
        assert_eq!(String::from_utf8(output.stdout).unwrap(), schema.text_of(&of_name("3.18")), "{}", schema.name());
    }
    assert_eq!(program(&["keys"]).status.code(), Some(2));
    assert_eq!(program(&["registry", "--release", "3.4"]).status.code(), Some(2));
}

/// The YAML files of the examples.
fn example_files() -> impl Iterator<Item = PathBuf> {
    let files =
        walkdir::WalkDir::new("examples").sort_by_file_name().into_iter().map(|entry| entry.unwrap().into_path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
}

/// The schema of a file, if there is one for its kind. In a fleet, a file may hold a part of a RenderConfig.
fn schema_of(path: &Path, document: &Value) -> Option<Schema> {
    match document["kind"].as_str() {
        Some("QuayRegistry") => Some(Schema::Registry),
        Some("RenderConfig") if path.strip_prefix("examples/fleet").is_ok_and(|rest| rest.components().count() > 1) => {
            Some(Schema::RenderConfigPart)
        }
        Some("RenderConfig") => Some(Schema::RenderConfig),
        Some(_) => None,
        None => {
            let is_bundle = ["config-bundle/config.yaml", "files/config.yaml"].iter().any(|end| path.ends_with(end));
            is_bundle.then_some(Schema::ConfigBundle)
        }
    }
}

#[test]
fn each_example_names_its_schema_in_the_first_line_and_fits_it() {
    let mut seen = 0;
    for path in example_files() {
        let text = fs::read_to_string(&path).unwrap();
        let document = yaml(&text);
        let Some(schema) = schema_of(&path, &document) else {
            assert!(!text.contains("yaml-language-server"), "{} has no schema", path.display());
            continue;
        };
        let line = text.lines().next().unwrap();
        let file = line.strip_prefix("# yaml-language-server: $schema=");
        let file = file.unwrap_or_else(|| panic!("{} names no schema", path.display()));
        let named = path.parent().unwrap().join(file).canonicalize().unwrap_or_else(|error| panic!("{file}: {error}"));
        let release = named_of_release(&path).map(|(release, _)| release);
        let folder = Path::new(FOLDER).join(release.as_deref().unwrap_or_default());
        let expected = folder.join(format!("{}.json", schema.name())).canonicalize().unwrap();
        assert_eq!(named, expected, "{}", path.display());
        let json = release.map_or_else(|| schema.json(), |release| schema.json_of(&of_name(&release)));
        assert_eq!(said_against(&json, &document), Vec::<String>::new(), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 30, "only {seen} files");
}

#[test]
fn the_config_of_a_bundle_in_a_secret_fits_too() {
    let secret = yaml(&fs::read_to_string("examples/kubernetes/config-bundle.yaml").unwrap());
    let config = yaml(secret["stringData"]["config.yaml"].as_str().unwrap());
    assert_eq!(objections(Schema::ConfigBundle, &config), Vec::<String>::new());
}

/// Mistakes, each with a part of the editor's message.
const MISTAKES: &[(Schema, &str, &str)] = &[
    (Schema::ConfigBundle, "FEATURE_MAILING: \"true\"", "/FEATURE_MAILING"),
    (Schema::ConfigBundle, "MAIL_PORT: \"587\"", "/MAIL_PORT"),
    (Schema::ConfigBundle, "AUTHENTICATION_TYPE: ldap", "/AUTHENTICATION_TYPE"),
    (Schema::ConfigBundle, "DEFAULT_TAG_EXPIRATION: 2 weeks", "/DEFAULT_TAG_EXPIRATION"),
    (Schema::ConfigBundle, "TAG_EXPIRATION_OPTIONS: [2w, null]", "/TAG_EXPIRATION_OPTIONS/1"),
    (Schema::ConfigBundle, "BUILDLOGS_REDIS: {hots: redis}", "hots"),
    (Schema::ConfigBundle, "SSO_LOGIN_CONFIG: {CLIENTID: quay}", "CLIENTID"),
    (Schema::ConfigBundle, "GITHUB_LOGIN_CONFIG: {OIDC_SERVER: x}", "OIDC_SERVER"),
    (Schema::ConfigBundle, "SUPER_USERS: admin", "/SUPER_USERS"),
    (Schema::ConfigBundle, "DISTRIBUTED_STORAGE_CONFIG: {a: [S3Storge, {}]}", "S3Storge"),
    (Schema::ConfigBundle, "DISTRIBUTED_STORAGE_CONFIG: {a: [S3Storage]}", "/DISTRIBUTED_STORAGE_CONFIG/a"),
    (Schema::ConfigBundle, "DISTRIBUTED_STORAGE_CONFIG: {a: [S3Storage, {storage_path: /}]}", "s3_bucket"),
    (
        Schema::ConfigBundle,
        "DISTRIBUTED_STORAGE_CONFIG: {a: [S3Storage, {s3_bucket: b, storage_path: /, hostname: h}]}",
        "hostname",
    ),
    (Schema::Registry, "{apiVersion: quay.redhat.com/v1, kind: QuayRegistry, metadata: {}}", "name"),
    (Schema::Registry, "{apiVersion: quay.redhat.com/v2, kind: QuayRegistry, metadata: {name: a}}", "/apiVersion"),
    (
        Schema::Registry,
        "{apiVersion: quay.redhat.com/v1, kind: QuayRegistry, metadata: {name: a}, spec: {components: [{kind: reddis, managed: true}]}}",
        "/spec/components/0/kind",
    ),
    (
        Schema::Registry,
        "{apiVersion: quay.redhat.com/v1, kind: QuayRegistry, metadata: {name: a}, spec: {components: [{kind: redis}]}}",
        "managed",
    ),
    (Schema::RenderConfig, "{apiVersion: quay-render.dev/v1alpha1, kind: RenderConfig}", "spec"),
    (Schema::RenderConfig, "spec: {release: 3.5}", "/spec/release"),
    (Schema::RenderConfig, "spec: {cluster: {platform: OpenShift}}", "/spec/cluster/platform"),
    (Schema::RenderConfig, "spec: {images: {RELATED_IMAGE_COMPONENT_QUAY: quay:latest}}", "/spec/images"),
    (Schema::RenderConfig, "spec: {diagnostics: {redis: {level: allow}}}", "reason"),
    (
        Schema::RenderConfig,
        "spec: {diagnostics: {redis: {level: allow, reason: \" \"}}}",
        "/spec/diagnostics/redis/reason",
    ),
    (Schema::RenderConfig, "spec: {diagnostics: {yaml-syntax: {level: warn}}}", "yaml-syntax"),
];

#[test]
fn common_mistakes_are_told_at_their_place() {
    for (schema, text, told) in MISTAKES {
        let said = objections(*schema, &yaml(text));
        assert!(said.iter().any(|objection| objection.contains(told)), "{text}\n{told:?} is not in {said:#?}");
    }
}

#[test]
fn what_only_looks_like_a_mistake_is_let_through() {
    for text in [
        "FEATURE_OF_A_LATER_RELEASE: true",
        "SSO_LOGIN_CONFIG: {SERVICE_NAME: SSO, LOGIN_SCOPES: [openid]}",
        "MAIL_PASSWORD: null",
        "GITHUB_LOGIN_CONFIG: {GITHUB_ENDPOINT: https://github.com/, ORG_RESTRICT: null}",
        "DISTRIBUTED_STORAGE_CONFIG: {a: [SwiftStorage, {auth_version: \"3\", auth_url: u, swift_container: c, storage_path: /, swift_user: u, swift_password: p, os_options: {tenant_id: t}}]}",
        "BUILD_MANAGER: [ephemeral, {EXECUTORS: [{EXECUTOR: kubernetes, SETUP_TIME: 180}]}]",
    ] {
        assert_eq!(objections(Schema::ConfigBundle, &yaml(text)), Vec::<String>::new(), "{text}");
    }
    assert_eq!(objections(Schema::ConfigBundle, &Value::Null), Vec::<String>::new(), "an empty file");
}
