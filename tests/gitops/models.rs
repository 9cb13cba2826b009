//! The objects for Flux and Argo CD, checked by the types of their own programs from @kubernetes-models.

use super::inputs::{Form, every_registry};
use crate::support::models::{problems, with};
use serde_json::{Value as Json, json};
use std::fs;
use std::process::Command;

/// What `init` writes for a controller.
fn initial(option: &str) -> Vec<Json> {
    let mut objects = Vec::new();
    for platform in ["openshift", "kubernetes"] {
        let folder = tempfile::tempdir().unwrap();
        let mut init = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        init.args([
            "init",
            "reg",
            option,
            "--platform",
            platform,
            "--repository",
            "https://git.example.org/registries",
        ]);
        init.current_dir(folder.path());
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

/// The types do refuse something, and unknown fields at any depth.
#[test]
fn the_types_refuse_what_a_controller_would_drop() {
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
        let found = problems(&[with(object, path, value)]);
        assert!(found.len() == 1 && found[0].contains(path.rsplit('/').next().unwrap()), "{path}: {found:?}");
    }
}
