//! Settings that change from one build to the next: restarts and changes that a cluster would refuse are reported in
//! advance.

use super::{REGISTRY, all, beside, fitting};
use crate::support::every_field::Dice;
use crate::support::registry::Registry;
use serde::Deserialize as _;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const HISTORIES: u64 = 4;
const STEPS: usize = 4;
/// Sizes and classes of a volume: a cluster accepts some changes between them, others not.
const SIZES: &[&str] = &["50Gi", "100Gi", "200Gi"];

/// Some settings of some components.
fn some(dice: &mut Dice) -> Json {
    let mut components: Map<String, Json> = Map::new();
    for (component, targets, setting) in all() {
        let is_alone = matches!(setting.name, "serviceAccount" | "volumeMounts" | "replicas" | "accessModes");
        let overlaps = matches!(setting.name, "podLabels" | "serviceLabels" | "podAnnotations" | "serviceAnnotations");
        if is_alone || overlaps || dice.below(12) > 0 {
            continue;
        }
        let value = if setting.name == "volumeSize" { json!(dice.pick(SIZES)) } else { fitting(targets, setting) };
        let own = components.entry(component).or_insert_with(|| json!({})).as_object_mut().unwrap();
        own.insert(setting.name.to_owned(), value);
        own.extend(beside(setting).as_object().unwrap().clone());
    }
    components.into()
}

fn write(folder: &Registry, spec: &Json) {
    let mut whole = json!({
        "release": "3.5",
        "cluster": {"platform": "openshift", "appsDomain": "apps.example.com"},
        "secrets": {"mode": "referenced"},
    });
    whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    let config = json!({"apiVersion": "quay-render.dev/v1alpha1", "kind": "RenderConfig", "spec": whole});
    folder.write("in/config.yaml", &serde_yaml::to_string(&config).unwrap());
}

/// The objects in a directory, by kind and file name.
fn objects(folder: &Path) -> BTreeMap<String, Json> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap);
    let files = files.filter(|it| it.path().extension().is_some_and(|end| end == "yaml"));
    let read = |it: walkdir::DirEntry| {
        let text = fs::read_to_string(it.path()).unwrap();
        let object = Json::deserialize(serde_yaml::Deserializer::from_str(&text)).unwrap();
        (it.file_name().to_str().unwrap().to_owned(), object)
    };
    files.map(read).filter(|(name, _)| name != "kustomization.yaml").collect()
}

fn size(claim: &Json) -> u64 {
    claim["spec"]["resources"]["requests"]["storage"].as_str().unwrap().trim_end_matches("Gi").parse().unwrap()
}

/// Whether a cluster refuses a change of an object (reference of the Kubernetes API, and the CRD of bucket claims).
fn is_refused(was: &Json, now: &Json) -> bool {
    let without_size = |claim: &Json| {
        let mut spec = claim["spec"].clone();
        spec.as_object_mut().unwrap().remove("resources");
        spec
    };
    match was["kind"].as_str().unwrap() {
        "PersistentVolumeClaim" => size(now) < size(was) || without_size(was) != without_size(now),
        "ObjectBucketClaim" => was["spec"] != now["spec"],
        _ => was["spec"].get("selector") != now["spec"].get("selector"),
    }
}

/// The objects of one kind of consequence in a comparison.
fn told(shown: &Json, meaning: &str) -> BTreeSet<String> {
    let changes = shown["changes"].as_array().unwrap().iter();
    let is_meant = |it: &&Json| it["meanings"].as_array().unwrap().iter().any(|known| known["kind"] == meaning);
    changes.filter(is_meant).map(|it| format!("{} {}", it["kind"], it["name"]).replace('"', "")).collect()
}

#[test]
fn each_restart_and_each_refusal_is_told_before_a_build() {
    let mut dice = Dice::new(31);
    let (mut restarts, mut refusals) = (0, 0);
    for history in 0..HISTORIES {
        let folder = Registry::of(&[("in/registry.yaml", REGISTRY)]);
        let shapes = ["production", "operator"];
        let profiles = ["small", "standard", "large"];
        write(&folder, &json!({"profile": dice.pick(&profiles), "shape": dice.pick(&shapes)}));
        assert!(folder.run(&["build", "in", "--out", "out"]).status.success());
        for step in 0..STEPS {
            let components = some(&mut dice);
            write(
                &folder,
                &json!({"profile": dice.pick(&profiles), "shape": dice.pick(&shapes), "components": components}),
            );
            let diff = folder.run(&["diff", "out", "in", "--format", "json"]);
            let shown: Json = serde_json::from_slice(&diff.stdout)
                .unwrap_or_else(|_| panic!("{components}: {}", String::from_utf8_lossy(&diff.stderr)));
            let _ = fs::remove_dir_all(folder.at("fresh"));
            assert!(folder.run(&["build", "in", "--out", "fresh"]).status.success());
            let (was, now) = (objects(&folder.at("out")), objects(&folder.at("fresh")));
            let name = |it: &Json| format!("{} {}", it["kind"], it["metadata"]["name"]).replace('"', "");
            let both = || was.iter().filter_map(|(file, was)| Some((was, now.get(file)?)));
            let expected: BTreeSet<String> = both()
                .filter(|(was, now)| was["kind"] == "Deployment" && was["spec"]["template"] != now["spec"]["template"])
                .map(|(_, now)| name(now))
                .collect();
            assert_eq!(told(&shown, "restart"), expected, "{history}.{step}: {components}");
            restarts += expected.len();
            let refused: BTreeSet<String> =
                both().filter(|(was, now)| is_refused(was, now)).map(|(_, now)| name(now)).collect();
            assert_eq!(told(&shown, "immutable"), refused, "{history}.{step}: {components}");
            refusals += refused.len();
            // No selector and no claim is another one, whatever is set.
            for (was, now) in both() {
                assert_eq!(was["spec"].get("selector"), now["spec"].get("selector"), "{}", name(now));
            }
            let claims = |all: &BTreeMap<String, Json>| -> BTreeSet<String> {
                all.values().filter(|it| it["kind"] == "PersistentVolumeClaim").map(name).collect()
            };
            assert_eq!(claims(&was), claims(&now));
            let built = folder.run(&["build", "in", "--out", "out"]);
            assert_eq!(built.status.success(), refused.is_empty(), "{}", String::from_utf8_lossy(&built.stderr));
            let held = objects(&folder.at("out"));
            assert_eq!(held, if refused.is_empty() { now } else { was }, "{history}.{step}");
        }
    }
    assert!(restarts > 20 && refusals > 2, "{restarts} {refusals}");
}
