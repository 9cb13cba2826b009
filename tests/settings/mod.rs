//! Settings of components: each setting is applied where its table says, in Jobs too, and mistakes are refused with
//! their line.
//!
//! `.ci/bless settings::` writes `golden/settings.md`, the table of all settings.

mod arrive;
mod histories;
mod overrides;
mod page;
mod patches;
mod profiles;
mod refused;
mod resources;
mod shapes;

use crate::support;
use quay_render::Compiled;
use quay_render::catalog::{Catalog, Targets};
use quay_render::kubernetes::settings::Setting;
use quay_render::object::Object;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// A registry with defaults only.
const REGISTRY: &str = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: a, namespace: quay}\n";
/// The head of a RenderConfig, and the required fields.
const HEAD: &str = "apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n";
const CLUSTER: &str =
    "  release: '3.5'\n  cluster: {platform: openshift, appsDomain: a.example.com}\n  secrets: {mode: referenced}\n";

/// All settings: each component with each of its settings.
fn all() -> Vec<(&'static str, &'static Targets, &'static Setting)> {
    let release = Catalog::shipped().unwrap();
    let of = |(name, targets, _): (&'static str, &'static Targets, _)| {
        targets.settings().into_iter().map(move |setting| (name, targets, setting))
    };
    release.settings().flat_map(of).collect()
}

fn example(setting: &Setting) -> Json {
    serde_json::from_str(setting.example).unwrap()
}

/// Other settings that a setting needs to be valid.
fn beside(setting: &Setting) -> Json {
    match setting.name {
        "replicas" => json!({"autoscaler": false}),
        "volumeMounts" => json!({"volumes": [{"name": "extra", "emptyDir": {}}]}),
        _ => json!({}),
    }
}

/// The settings of one component, with the one to test.
fn one(targets: &Targets, setting: &Setting, value: Json) -> Json {
    let mut settings = beside(setting);
    let map = settings.as_object_mut().unwrap();
    map.retain(|name, _| targets.settings().iter().any(|known| known.name == *name));
    map.insert(setting.name.to_owned(), value);
    settings
}

/// A value of the setting that its component accepts.
fn fitting(targets: &Targets, setting: &Setting) -> Json {
    match (setting.name, targets.most) {
        ("replicas", Some(most)) if most < 3 => json!(0),
        // Production has what the example says already.
        ("securityContext", _) if targets.deployment.as_ref().is_some_and(|of| is_exporter(&of.name)) => {
            json!({"readOnlyRootFilesystem": true})
        }
        ("podSecurityContext", _) if targets.deployment.as_ref().is_some_and(|of| is_exporter(&of.name)) => {
            json!({"fsGroup": 2000})
        }
        _ => example(setting),
    }
}

/// Compiles a registry with all components managed, with these settings.
fn compiled(components: &Json, pods: &Json) -> Compiled {
    // The operator has no exporters.
    shaped(if names_exporter(components) { "production" } else { "operator" }, components, pods)
}

fn is_exporter(component: &str) -> bool {
    component.ends_with("exporter")
}

fn names_exporter(components: &Json) -> bool {
    components.as_object().unwrap().keys().any(|name| is_exporter(name))
}

/// The same in a shape.
fn shaped(shape: &str, components: &Json, pods: &Json) -> Compiled {
    let clair = json!({"disconnected": {"updates": {"claim": "clair-updates", "file": "updates.gz"}}});
    let backup = json!({"claim": {"size": "50Gi"}});
    let mut more = json!({"shape": shape, "components": components, "pods": pods, "clair": clair, "backup": backup});
    if names_exporter(components) {
        let image = format!("registry.example.com/exporter@sha256:{}", "4".repeat(64));
        more["monitoring"] = json!({"exporters": {"postgres": image, "redis": image}});
    }
    support::settings::compiled(None, more)
}

/// Its objects as JSON, by kind and name.
fn objects(components: &Json, pods: &Json) -> BTreeMap<String, Json> {
    objects_of(compiled(components, pods), components)
}

fn objects_of(compiled: Compiled, components: &Json) -> BTreeMap<String, Json> {
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let rendered = compiled.registry.unwrap_or_else(|| panic!("{components}: {said:#?}"));
    let name = |object: &Object| match object.kind() {
        "Namespace" => "Namespace".to_owned(),
        kind => format!("{kind} {}", object.base_name.replacen("registry-", "", 1)),
    };
    rendered.objects.iter().map(|object| (name(object), serde_json::to_value(&object.value).unwrap())).collect()
}
