//! The image, as far as it can be made without a container runtime: what the Dockerfile copies can be built, and the
//! program, linked statically, runs in a root with the image's content.

use super::{copy, run, succeeds};
use crate::support::repository;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// Builds the program from what the Dockerfile copies, linked statically; returns its path.
fn built(text: &str) -> PathBuf {
    let folder = repository().join("target/test-image");
    let context = folder.join("context");
    fs::create_dir_all(&context).unwrap();
    let copied: Vec<Vec<&str>> = instructions(text, "COPY").into_iter().filter(|it| !it[0].starts_with("--")).collect();
    assert!(copied.len() > 2, "{copied:?}");
    for mut words in copied {
        let target = words.pop().unwrap();
        for source in words {
            let to = if target == "./" { context.join(source) } else { context.join(target) };
            copy(&repository().join(source), &to);
        }
    }
    let triple = "x86_64-unknown-linux-gnu";
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(&context).args(["build", "--locked", "--offline", "--quiet", "--target", triple, "--target-dir"]);
    cargo.arg(folder.join("target")).env("RUSTFLAGS", "-C target-feature=+crt-static").env_remove("CARGO_TARGET_DIR");
    succeeds(&mut cargo, "");
    folder.join("target").join(triple).join("debug/quay-render")
}

/// A command in another, otherwise empty, root.
fn inside(root: &Path, words: &[String]) -> Command {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new(if is_root { "chroot" } else { "unshare" });
    if !is_root {
        command.args(["--map-root-user", "chroot"]);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.arg(root).args(words).env_clear().env("PATH", path);
    command
}

#[test]
fn the_image_answers_as_a_function_and_knows_every_command() {
    let text = dockerfile();
    let program = built(&text);
    let root = tempfile::tempdir().unwrap();
    let entry_point = words(&text, "ENTRYPOINT");
    let inner = root.path().join(entry_point[0].trim_start_matches('/'));
    fs::create_dir_all(inner.parent().unwrap()).unwrap();
    fs::copy(&program, &inner).unwrap();
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
    for words in [&text, &plugin].into_iter().flat_map(|text| instructions(text, "COPY")) {
        let (_, sources) = words.split_last().unwrap();
        let is_kept = |source: &&str| kept.contains(source) || kept.contains(&source.split('/').next().unwrap());
        assert!(words[0].starts_with("--") || sources.iter().all(is_kept), "{sources:?} is not in .dockerignore");
    }
}
