//! A registry with all components managed, on OpenShift, with settings.

use quay_render::input::{Inputs, Source};
use quay_render::{Compiled, compile};
use serde_json::{Value as Json, json};

const REGISTRY: &str = "apiVersion: quay.redhat.com/v1
kind: QuayRegistry
metadata: {name: registry, namespace: quay}
spec: {configBundleSecret: bundle}
";
const BUNDLE: &str = "apiVersion: v1
kind: Secret
metadata: {name: bundle, namespace: quay}
stringData: {config.yaml: 'FEATURE_BUILD_SUPPORT: true'}
";

/// Compiles it; `more` is added to the spec of its RenderConfig, and `version` is that of Kubernetes.
pub fn compiled(version: Option<&str>, more: Json) -> Compiled {
    let mut spec = json!({
        "release": "3.5",
        "cluster": {"platform": "openshift", "appsDomain": "apps.example.com"},
        "secrets": {"mode": "referenced"},
    });
    if let Some(version) = version {
        spec["cluster"]["kubernetesVersion"] = version.into();
    }
    let Json::Object(more) = more else { panic!("not a map: {more}") };
    spec.as_object_mut().unwrap().extend(more);
    let config = json!({"apiVersion": "quay-render.dev/v1alpha1", "kind": "RenderConfig", "spec": spec});
    let config = serde_yaml::to_string(&config).unwrap();
    let texts = [("registry.yaml", REGISTRY), ("config.yaml", config.as_str()), ("bundle.yaml", BUNDLE)];
    let sources = texts.map(|(name, text)| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() });
    compile(&Inputs { name: "DIR".to_owned(), sources: sources.into(), ..Inputs::default() })
}
