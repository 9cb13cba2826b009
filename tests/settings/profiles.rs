use super::{CLUSTER, HEAD, REGISTRY, objects_of};
use crate::support;
use crate::support::registry::Registry;
use quay_render::catalog::Catalog;
use quay_render::kubernetes::nodes::nodes;
use quay_render::resources::{Moment, Needs};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn with(spec: Json) -> BTreeMap<String, Json> {
    objects_of(support::settings::compiled(None, spec.clone()), &spec)
}

/// The diagnostics for an input, each line of them.
fn said(folder: &Registry, input: &str) -> Vec<String> {
    let output = folder.run(&["validate", input]);
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    text.lines().filter(|it| it.starts_with("error")).map(str::to_owned).collect()
}

#[test]
fn small_fits_a_node_of_16_gi_while_everything_is_replaced() {
    assert_eq!(nodes()[0].name, "4 CPU, 16Gi");
    for release in Catalog::embedded().names() {
        for shape in ["production", "operator"] {
            let spec = json!({"release": release, "shape": shape, "profile": "small"});
            let rendered = support::settings::compiled(None, spec).registry.unwrap();
            let needs = Needs::of(&rendered.objects);
            assert_eq!(needs.nodes(Moment::Peak)[0].number, Ok(1), "{release} {shape}");
            for pods in needs.pods.iter().filter(|pods| !pods.is_job) {
                assert_eq!([pods.number(Moment::Least), pods.number(Moment::Most)], [1, 1], "{release} {}", pods.owner);
            }
            assert!(rendered.objects.iter().all(|object| object.kind() != "HorizontalPodAutoscaler"));
            let memory = needs.total(Moment::Least).requests.get("memory").unwrap();
            assert!(memory > f64::from(4u32 << 30), "{memory}");
        }
    }
}

#[test]
fn a_profile_changes_no_claim_no_selector_and_no_job() {
    let fresh = with(json!({}));
    for profile in ["small", "standard", "large"] {
        let objects = with(json!({"profile": profile}));
        for (name, object) in &objects {
            assert_eq!(object["spec"].get("selector"), fresh[name]["spec"].get("selector"), "{profile} {name}");
            if name.starts_with("PersistentVolumeClaim ") || name.starts_with("Job ") {
                assert_eq!(*object, fresh[name], "{profile}");
            }
        }
        assert_eq!(profile == "standard", objects == fresh);
    }
    let large = with(json!({"profile": "large"}));
    assert_eq!(large["HorizontalPodAutoscaler quay-app"]["spec"]["minReplicas"], 4);
    assert_eq!(large["Deployment clair-app"]["spec"]["replicas"], 4);
}

#[test]
fn a_render_config_is_laid_over_its_profile() {
    let objects = with(json!({
        "profile": "small",
        "components": {"mirror": {"replicas": 3}, "quay": {"autoscaler": {"minReplicas": 5}}},
    }));
    assert_eq!(objects["Deployment quay-mirror"]["spec"]["replicas"], 3);
    assert_eq!(objects["HorizontalPodAutoscaler quay-app"]["spec"]["minReplicas"], 5);
    assert!(objects["Deployment quay-app"]["spec"].get("replicas").is_none());
}

/// A profile file in a fleet, named relative to the folder of its RenderConfig, and what overrides it.
#[test]
fn a_profile_of_ones_own_is_laid_below_all_render_configs() {
    let folder = Registry::of(&[]);
    let profile = "  pods: {priorityClassName: low, nodeSelector: {a: b}}\n  components:\n    mirror: {replicas: 7, nodeSelector: {a: c}}\n    clair: {replicas: 6}\n";
    folder.write("fleet/common/big.profile.yaml", &format!("{HEAD}{profile}"));
    let top = format!("{HEAD}{CLUSTER}  profile: common/big.profile.yaml\n  components: {{clair: {{replicas: 5}}}}\n");
    folder.write("fleet/render-config.yaml", &top);
    folder.write("fleet/one/quayregistry.yaml", REGISTRY);
    folder.write("fleet/one/render-config.yaml", &format!("{HEAD}  components: {{mirror: {{replicas: 4}}}}\n"));
    folder.write("fleet/two/quayregistry.yaml", &REGISTRY.replace("name: a", "name: b"));
    let own = format!("{HEAD}  profile: small\n");
    folder.write("fleet/two/render-config.yaml", &own);
    let rows = |only: &str| -> BTreeMap<String, (Json, String)> {
        let output = folder.run(&["show", "settings", "fleet", "--only", only, "--format", "json"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let rows: Vec<Json> = serde_json::from_slice(&output.stdout).unwrap();
        let row = |row: Json| {
            (
                row["field"].as_str().unwrap().to_owned(),
                (row["value"].clone(), row["origin"].as_str().unwrap().to_owned()),
            )
        };
        rows.into_iter().map(row).collect()
    };
    let one = rows("one");
    let (replicas, origin) = &one["spec.components.mirror.replicas"];
    assert_eq!(
        (replicas, origin.as_str()),
        (
            &json!(4),
            "fleet/one/render-config.yaml:4:35, fleet/common/big.profile.yaml:6:24, shape production (operator 3.7)"
        )
    );
    assert_eq!(one["spec.components.clair.replicas"].0, json!(5));
    assert_eq!(one["spec.components.mirror.nodeSelector"].0, json!({"a": "c"}));
    assert_eq!(one["spec.components.quay.nodeSelector"].0, json!({"a": "b"}));
    assert_eq!(one["spec.components.quay.priorityClassName"].0, json!("low"));
    let two = rows("two");
    assert_eq!(two["spec.components.mirror.replicas"].1, "profile small, shape production (operator 3.7)");
    assert!(!two.contains_key("spec.components.quay.priorityClassName"));
}

#[test]
fn a_profile_that_is_none_is_refused_where_it_is_named() {
    let folder = Registry::of(&[]);
    folder.write("in/quayregistry.yaml", REGISTRY);
    folder.write("out.profile.yaml", &format!("{HEAD}  pods: {{}}\n"));
    folder.write(
        "in/wrong.profile.yaml",
        &format!("{HEAD}  release: '3.5'\n  components: {{miror: {{}}, mirror: {{replicas: x}}}}\n"),
    );
    folder.write("in/other.profile.yaml", "kind: ConfigMap\napiVersion: v1\n");
    for (profile, expected) in [
        ("medium", vec!["error[field-value]: in/render-config.yaml:7:12: spec.profile: \"medium\" is not a profile"]),
        (
            "profile.yaml",
            vec!["error[field-value]: in/render-config.yaml:7:12: spec.profile: \"profile.yaml\" is not a profile"],
        ),
        (
            "no.profile.yaml",
            vec!["error[input-file]: in/render-config.yaml:7:12: spec.profile: names a file that is not there"],
        ),
        (
            "../out.profile.yaml",
            vec!["error[input-file]: in/render-config.yaml:7:12: spec.profile: leads out of the input"],
        ),
        (
            "other.profile.yaml",
            vec!["error[input-document]: in/other.profile.yaml: a profile is one RenderConfig, and this is not"],
        ),
        (
            "wrong.profile.yaml",
            vec![
                "error[field-unknown]: in/wrong.profile.yaml:4:3: spec: a profile says pods and components, and nothing else",
                "error[field-unknown]: in/wrong.profile.yaml:5:16: spec.components.miror: unknown field \"miror\"",
                "error[field-type]: in/wrong.profile.yaml:5:46: spec.components.mirror.replicas: is a text, not a whole number",
            ],
        ),
    ] {
        folder.write("in/render-config.yaml", &format!("{HEAD}{CLUSTER}  profile: {profile}\n"));
        let said = said(&folder, "in");
        assert_eq!(said, expected, "{profile}");
    }
    // From standard input there are no files.
    let spec = json!({"profile": "big.profile.yaml"});
    let compiled = support::settings::compiled(None, spec);
    let errors: Vec<String> =
        compiled.diagnostics.iter().map(ToString::to_string).filter(|it| it.starts_with("error")).collect();
    assert!(errors.len() == 1 && errors[0].contains("only an input on the disk has files"), "{errors:?}");
}
