//! What Flux and Argo CD are told, against the types of their own programs, as @kubernetes-models has them.

use super::inputs::{Form, every_registry};
use serde_json::{Value as Json, json};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn packages() -> PathBuf {
    let folder = std::env::var_os("QUAY_RENDER_TEST_GITOPS_PACKAGES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-gitops/node_modules"), PathBuf::from);
    assert!(
        folder.join("@kubernetes-models").is_dir(),
        "this test needs the packages of tests/packages-gitops.json at {}: run .ci/setup, which installs them, or set \
         QUAY_RENDER_TEST_GITOPS_PACKAGES",
        folder.display()
    );
    folder
}

fn problems(objects: &[Json]) -> Vec<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gitops/validate.mjs");
    let mut node = Command::new("node");
    node.arg(script).arg(packages()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().expect("this test needs node: run .ci/setup, which installs it");
    child.stdin.take().unwrap().write_all(json!(objects).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What `init` writes for a controller.
fn initial(option: &str) -> Vec<Json> {
    let mut objects = Vec::new();
    for platform in ["openshift", "kubernetes"] {
        let folder = tempfile::tempdir().unwrap();
        let mut init = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        init.args(["init", "reg", option, "--platform", platform]).current_dir(folder.path());
        assert!(init.output().unwrap().status.success());
        let files = fs::read_dir(folder.path().join("reg").join(option.trim_start_matches('-'))).unwrap();
        objects.extend(files.map(|file| {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            serde_yaml::from_str::<Json>(&text).unwrap()
        }));
    }
    objects
}

fn layers() -> Vec<Json> {
    let files = every_registry(Form::Layers).flat_map(|(registry, _)| &registry.files);
    files.filter(|(path, _)| path.starts_with("flux/kustomization-")).map(|(_, object)| object.clone()).collect()
}

#[test]
fn what_controllers_are_told_is_of_their_types() {
    let objects = [layers(), initial("--flux"), initial("--argocd")].concat();
    assert!(objects.len() > 60, "{}", objects.len());
    let found = problems(&objects);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// That the types refuse at all, and unknown fields at any depth.
#[test]
fn the_types_refuse_what_a_controller_would_drop() {
    let wrong = |mut object: Json, path: &str, value: Json| {
        let (parent, name) = path.rsplit_once('/').unwrap();
        object.pointer_mut(parent).unwrap()[name] = value;
        object
    };
    let mut kustomization = layers().into_iter().find(|object| object["spec"].get("dependsOn").is_some()).unwrap();
    kustomization["spec"]["healthChecks"] = json!([{"kind": "Deployment", "name": "a", "namespace": "b"}]);
    let application = initial("--argocd").remove(0);
    for (object, path, value) in [
        (&kustomization, "/spec/waits", json!(true)),
        (&kustomization, "/metadata/colour", json!("red")),
        (&kustomization, "/spec/sourceRef/branch", json!("main")),
        (&kustomization, "/spec/healthChecks/0/group", json!("apps")),
        (&kustomization, "/spec/prune", json!("true")),
        (&kustomization, "/spec/sourceRef/kind", json!("Git")),
        (&application, "/spec/source/url", json!("https://git.example.com")),
        (&application, "/spec/syncPolicy/automated/selfheal", json!(true)),
        (&application, "/spec/syncPolicy/retry/limit", json!("10")),
        (&application, "/spec/syncPolicy/retry/backoff/max", json!("1m")),
    ] {
        let found = problems(&[wrong(object.clone(), path, value)]);
        assert!(found.len() == 1 && found[0].contains(path.rsplit('/').next().unwrap()), "{path}: {found:?}");
    }
}
