//! The types of other projects' objects: Argo CD, Flux, the Gateway API, cert-manager and Traefik from @kubernetes-models,
//! dashboards from Grafana's own packages.

use serde_json::{Value as Json, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn packages() -> PathBuf {
    let folder = std::env::var_os("QUAY_RENDER_TEST_MODELS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-models/node_modules"), PathBuf::from);
    assert!(
        folder.join("@kubernetes-models").is_dir(),
        "this test needs the packages of tests/models at {}: run .ci/setup, which installs them, or set \
         QUAY_RENDER_TEST_MODELS",
        folder.display()
    );
    folder
}

/// What a script says to a list.
fn answer(script: &str, list: &[Json]) -> Json {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models").join(script);
    let mut node = Command::new("node");
    node.arg(script).arg(packages()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().expect("this test needs node: run .ci/setup, which installs it");
    child.stdin.take().unwrap().write_all(json!(list).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The parts of objects that do not match their types, including unknown fields.
pub fn problems(objects: &[Json]) -> Vec<String> {
    serde_json::from_value(answer("validate.mjs", objects)).unwrap()
}

/// The parts of each dashboard that do not match the types of the oldest or of the newest Grafana, including unknown fields.
pub fn problems_in_grafana(dashboards: &[Json]) -> Vec<Vec<String>> {
    serde_json::from_value(answer("grafana.mjs", dashboards)).unwrap()
}

/// An object with one field set.
pub fn with(object: &Json, path: &str, value: Json) -> Json {
    let mut object = object.clone();
    let (parent, name) = path.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"))[name] = value;
    object
}
