//! The output as a base for kustomize: the overlay in `docs/kustomize-and-kpt.md`, and the names that such overlays rely on.

use super::combinations::examples;
use super::programs::kubectl;
use crate::support::files::copy;
use serde::Deserialize as _;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Length of the hash at the end of a name.
const HASH: usize = 10;

fn golden() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/minimal"))
}

/// The overlay of the page, and its file name there.
fn overlay() -> (String, String) {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/kustomize-and-kpt.md")).unwrap();
    let block = page.split("```yaml\n# overlays/").nth(1).unwrap().split("```").next().unwrap();
    let (file, text) = block.split_once('\n').unwrap();
    (format!("overlays/{file}"), text.to_owned())
}

/// Objects by kind and name.
fn objects(stream: &str) -> BTreeMap<String, Json> {
    let documents = serde_yaml::Deserializer::from_str(stream).map(|document| Json::deserialize(document).unwrap());
    documents
        .map(|object| (format!("{} {}", object["kind"], object["metadata"]["name"]).replace('"', ""), object))
        .collect()
}

#[test]
fn the_overlay_of_the_page_changes_what_it_says_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    copy(golden(), &folder.path().join("deploy/my-registry"));
    let (file, text) = overlay();
    let file = folder.path().join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    let base = objects(&kubectl(&["kustomize", folder.path().join("deploy/my-registry").to_str().unwrap()]));
    let patched = objects(&kubectl(&["kustomize", file.parent().unwrap().to_str().unwrap()]));
    assert_eq!(base.keys().collect::<Vec<_>>(), patched.keys().collect::<Vec<_>>());
    let job = base.keys().find(|name| name.starts_with("Job my-registry-quay-app-upgrade-")).unwrap();
    let mut wanted = base.clone();
    let mut set = |name: &str, path: &str, value: Json| {
        let (parent, field) = path.rsplit_once('/').unwrap();
        wanted.get_mut(name).unwrap().pointer_mut(parent).unwrap()[field] = value;
    };
    let app = "Deployment my-registry-quay-app";
    set(app, "/spec/template/spec/priorityClassName", json!("registry"));
    set(app, "/spec/template/spec/containers/0/resources/requests/memory", json!("12Gi"));
    set(app, "/spec/template/spec/containers/0/resources/limits/memory", json!("24Gi"));
    set("HorizontalPodAutoscaler my-registry-quay-app", "/spec/maxReplicas", json!(6));
    let claim = "PersistentVolumeClaim my-registry-quay-database";
    set(claim, "/spec/storageClassName", json!("fast"));
    set(claim, "/spec/resources/requests/storage", json!("200Gi"));
    set(job, "/spec/template/spec/priorityClassName", json!("registry"));
    for (name, object) in &patched {
        assert_eq!(object, &wanted[name], "{name}");
    }
    assert_eq!(base.iter().filter(|(name, object)| patched[*name] != **object).count(), 4);
}

#[test]
fn only_the_names_of_secrets_jobs_and_what_is_joined_follow_content() {
    for output in examples() {
        let mut hashed = 0;
        for (component, object) in &output.objects {
            let (kind, name) = (object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap());
            // A Route that holds a key says so in its file's name.
            let files = |name: &str| {
                ["", ".secret"].map(|mark| format!("{component}/{}-{name}{mark}.yaml", kind.to_lowercase()))
            };
            let has_file = |name: &str| {
                let files = files(name);
                output.files.iter().any(|(path, _)| files.iter().any(|file| path.ends_with(file)))
            };
            if has_file(name) {
                continue;
            }
            hashed += 1;
            let (base, hash) = name.rsplit_once('-').unwrap();
            assert!(hash.len() == HASH && has_file(base), "{}: {name}", output.case);
            assert!(matches!(kind, "Secret" | "Job") || component == "join", "{}: {kind} {name}", output.case);
        }
        let is_delivered = output.objects.iter().any(|(_, object)| object["kind"] == "QuayRegistry");
        assert_eq!(hashed == 0, is_delivered, "{}", output.case);
    }
}
