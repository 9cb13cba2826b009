//! The image, as far as it can be made without a container runtime: the Dockerfile copies all that is packaged, and the program,
//! linked statically, runs in a root with the image's content.

use super::release::{listed, released};
use super::{inside, run, succeeds};
use crate::support::process::copy_program;
use crate::support::repository;
use std::fs;

/// What is packaged, and not needed to build.
const READ: [&str; 3] = ["Cargo.toml.orig", "LICENSE", "README.md"];

fn dockerfile() -> String {
    fs::read_to_string(repository().join("Dockerfile")).unwrap()
}

/// The words after each occurrence of an instruction.
fn instructions<'a>(text: &'a str, name: &str) -> Vec<Vec<&'a str>> {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    lines.map(|line| line.split_whitespace().collect()).collect()
}

/// The words of an instruction in JSON.
fn words(text: &str, name: &str) -> Vec<String> {
    serde_json::from_str(&instructions(text, name)[0].join(" ")).unwrap()
}

/// What comes into the image that builds.
fn copied(text: &str) -> Vec<&str> {
    let copies = instructions(text, "COPY").into_iter().filter(|words| !words[0].starts_with("--"));
    copies.flat_map(|words| words[..words.len() - 1].to_vec()).collect()
}

#[test]
fn the_image_answers_as_a_function_and_knows_every_command() {
    let text = dockerfile();
    let root = tempfile::tempdir().unwrap();
    let entry_point = words(&text, "ENTRYPOINT");
    let inner = root.path().join(entry_point[0].trim_start_matches('/'));
    fs::create_dir_all(inner.parent().unwrap()).unwrap();
    copy_program(&released().join("quay-render"), &inner);
    let list = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- apiVersion: quay.redhat.com/v1\n  kind: \
                QuayRegistry\n  metadata: {name: r, namespace: q}\n- apiVersion: quay-render.dev/v1alpha1\n  kind: \
                RenderConfig\n  metadata: {name: facts}\n  spec: {release: '3.5', cluster: {platform: openshift, \
                appsDomain: apps.example.com}, secrets: {mode: referenced}}\n";
    let answer = succeeds(&mut inside(root.path(), &[entry_point.clone(), words(&text, "CMD")].concat()), list);
    assert!(answer.contains("kind: ResourceList") && answer.contains("name: r-quay-app"), "{answer}");
    let version = succeeds(&mut inside(root.path(), &[entry_point.clone(), vec!["--version".to_owned()]].concat()), "");
    assert_eq!(version.trim(), format!("quay-render {}", env!("CARGO_PKG_VERSION")));
    let refused = run(&mut inside(root.path(), &[entry_point, vec!["krm".to_owned()]].concat()), "");
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn the_dockerfile_follows_the_package() {
    let text = dockerfile();
    // The plugin's image builds the same way.
    let plugin = fs::read_to_string(repository().join("components/argocd/Dockerfile")).unwrap();
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).unwrap();
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    assert_eq!(instructions(&text, "FROM")[0][0], format!("rust:{version}-alpine"));
    assert_eq!(instructions(&text, "FROM")[1], ["scratch"]);
    // kustomize and kpt say --user nobody, which must have a meaning in the image.
    assert!(text.contains("'nobody:x:65534:65534:") && text.contains("/source/passwd /source/group /etc/"), "{text}");
    let ignored = fs::read_to_string(repository().join(".dockerignore")).unwrap();
    let kept: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    let listed = listed();
    let needed = listed.lines().filter(|file| !file.starts_with('.') && !READ.contains(file));
    let needed: Vec<&str> = needed.collect();
    for copied in [&text, &plugin].map(|text| copied(text)) {
        let is_in = |file: &&str, folder: &str| *file == folder || file.starts_with(&format!("{folder}/"));
        let missing: Vec<_> = needed.iter().filter(|file| !copied.iter().any(|it| is_in(file, it))).collect();
        assert!(missing.is_empty(), "not copied: {missing:?}");
        let ignored: Vec<_> = copied.iter().filter(|file| !kept.iter().any(|it| is_in(file, it))).collect();
        assert!(ignored.is_empty(), "not in .dockerignore: {ignored:?}");
    }
}
