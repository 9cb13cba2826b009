//! The overrides of components in a QuayRegistry, combined with shapes, profiles and RenderConfigs.

use quay_render::input::{Inputs, Shared, Source};
use quay_render::{Compiled, compile};
use serde_json::{Value as Json, json};
use std::sync::Arc;

const HEAD: &str = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n";

fn source(name: &str, text: String) -> Source {
    Source { name: name.to_owned(), bytes: text.into_bytes() }
}

/// A registry of release 3.18 without autoscalers and with these overrides of its mirror.
fn compiled(overrides: &str, own: &str, above: &str) -> Compiled {
    let registry = format!(
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {{name: registry, namespace: quay}}\nspec:\n  components:\n    - {{kind: horizontalpodautoscaler, managed: false}}\n    - kind: mirror\n      managed: true\n      overrides: {overrides}\n"
    );
    let own = format!(
        "{HEAD}  release: '3.18'\n  cluster: {{platform: openshift, appsDomain: a.example.com}}\n  secrets: {{mode: referenced}}\n{own}"
    );
    let above = source("above.yaml", format!("{HEAD}{above}"));
    compile(&Inputs {
        name: "DIR".to_owned(),
        sources: vec![source("registry.yaml", registry), source("config.yaml", own)],
        above: vec![vec![Arc::new(Shared::new(above))]],
        ..Inputs::default()
    })
}

fn errors(compiled: &Compiled) -> Vec<String> {
    compiled.diagnostics.iter().map(ToString::to_string).filter(|it| it.starts_with("error")).collect()
}

fn mirror(compiled: Compiled) -> Json {
    let said = errors(&compiled);
    let objects = compiled.registry.unwrap_or_else(|| panic!("{said:#?}")).objects;
    let mirror = objects.iter().find(|it| it.kind() == "Deployment" && it.name() == "registry-quay-mirror").unwrap();
    serde_json::to_value(&mirror.value).unwrap()
}

#[test]
fn overrides_are_laid_over_shape_profile_and_what_other_folders_say() {
    let replicas = |own: &str, above: &str| mirror(compiled("{replicas: 5}", own, above))["spec"]["replicas"].clone();
    assert_eq!(replicas("", "  paused: false\n"), 5);
    assert_eq!(replicas("  profile: small\n", "  paused: false\n"), 5);
    assert_eq!(replicas("", "  components: {mirror: {replicas: 3}}\n"), 5);
    assert_eq!(replicas("  components: {mirror: {replicas: 5}}\n", "  paused: false\n"), 5);
    // The operator lays resources in place of its own, and so in place of the shape's.
    let spec = mirror(compiled("{resources: {limits: {memory: 3Gi}}}", "", "  paused: false\n"));
    let container = &spec["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["resources"], json!({"limits": {"memory": "3Gi"}}));
}

#[test]
fn two_values_in_a_registrys_own_files_are_an_error_that_shows_both() {
    let own =
        "  components:\n    mirror:\n      replicas: 3\n      env: [{name: A, value: alpha}, {name: B, value: beta}]\n";
    let found = errors(&compiled(
        "{replicas: 5, env: [{name: C, value: z}, {name: B, value: gamma}]}",
        own,
        "  paused: false\n",
    ));
    assert_eq!(found.len(), 2, "{found:#?}");
    let replicas = "error[setting-conflict]: registry.yaml:9:29: spec.components[1].overrides.replicas: says 5, and spec.components.mirror.replicas says 3 (config.yaml:9:17)";
    assert!(found.iter().any(|text| text.starts_with(replicas)), "{found:#?}");
    let env = found.iter().find(|text| text.contains("overrides.env")).unwrap_or_else(|| panic!("{found:#?}"));
    assert!(env.contains("spec.components.mirror.env says") && env.contains("(config.yaml:10:"), "{env}");
    // The values of variables may be secrets.
    assert!(!env.contains("beta") && !env.contains("gamma"), "{env}");
    let same = "  components: {mirror: {env: [{name: A, value: x}], annotations: {a: b}}}\n";
    assert!(
        errors(&compiled("{env: [{name: C, value: z}], annotations: {c: d}}", same, "  paused: false\n")).is_empty()
    );
}
