//! The shape production: what pods may do, what they request, what they may reach.

mod network;
mod pod_security;
mod room;

use crate::support::examples;
use crate::support::template;
use quay_render::input::{self, Inputs};
use quay_render::{Rendered, compile};
use serde_json::{Value, json};

/// An example of the shape production, as the cluster gets it.
struct Case {
    name: String,
    openshift: bool,
    version: (u32, u32),
    objects: Vec<Value>,
}

/// All of them.
fn production() -> Vec<Case> {
    // Its overrides say something else of nearly everything, and win.
    let names = examples::registries().into_iter().filter(|name| name != "release-3.18-overridden");
    let cases: Vec<Case> = names.filter_map(|name| case(&name, &inputs(&name))).collect();
    assert!(cases.len() > 30 && cases.iter().any(|case| !case.openshift), "{}", cases.len());
    cases
}

fn inputs(name: &str) -> Inputs {
    input::read(&format!("{}/examples/{name}", env!("CARGO_MANIFEST_DIR")), None).unwrap()
}

/// The output for an input; nothing if it has the operator's shape.
fn case(name: &str, inputs: &Inputs) -> Option<Case> {
    let compiled = compile(inputs);
    let found: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    let Rendered { model, objects, .. } = compiled.registry.unwrap_or_else(|| panic!("{name}: {found:#?}"));
    let cluster = &model.config.cluster;
    model.config.is_production().then(|| Case {
        name: name.to_owned(),
        openshift: cluster.is_openshift(),
        version: cluster.version,
        objects: objects.iter().map(|object| serde_json::to_value(&object.value).unwrap()).collect(),
    })
}

/// An example with more in its RenderConfig.
fn with(name: &str, more: &Value) -> Case {
    let mut inputs = inputs(name);
    let source = inputs.sources.iter_mut().find(|source| source.name.ends_with("render-config.yaml")).unwrap();
    let mut document: Value = serde_yaml::from_slice(&source.bytes).unwrap();
    lay(&mut document, more);
    source.bytes = document.to_string().into_bytes();
    case(name, &inputs).expect("it has the shape production")
}

fn lay(below: &mut Value, above: &Value) {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => {
            above.iter().for_each(|(key, value)| lay(below.entry(key).or_insert(Value::Null), value));
        }
        (below, above) => below.clone_from(above),
    }
}

impl Case {
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| object["kind"] == kind)
    }

    /// All owners of pods: the name, and the pod template.
    fn pods(&self) -> impl Iterator<Item = (String, &Value)> {
        let owners = self.objects.iter().filter(|object| template(object)["spec"].is_object());
        owners.map(|owner| (format!("{}: {}", self.name, text(&owner["metadata"]["name"])), template(owner)))
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The containers of a pod, including init containers.
fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(|list| items(&pod[list]))
}

#[test]
fn every_pod_has_an_account_and_its_token_only_where_quay_reads_it() {
    let readers = ["quay-app", "quay-mirror", "quay-app-upgrade"];
    for case in production() {
        let accounts: Vec<&str> = case.of_kind("ServiceAccount").map(|it| text(&it["metadata"]["name"])).collect();
        for (owner, template) in case.pods() {
            let pod = &template["spec"];
            let component = text(&template["metadata"]["labels"]["quay-component"]);
            assert_eq!(pod["automountServiceAccountToken"], json!(readers.contains(&component)), "{owner}");
            let account = text(&pod["serviceAccountName"]);
            assert!(accounts.contains(&account), "{owner} runs as {account}, of {accounts:?}");
        }
    }
}

#[test]
fn an_eviction_takes_one_pod_at_a_time_and_blocks_no_node() {
    for case in production() {
        let budgets: Vec<&Value> = case.of_kind("PodDisruptionBudget").collect();
        for owner in case.of_kind("Deployment") {
            let labels = &owner["spec"]["template"]["metadata"]["labels"];
            let own: Vec<_> = budgets.iter().filter(|it| network::selects(&it["spec"]["selector"], labels)).collect();
            let name = text(&owner["metadata"]["name"]);
            let is_scaled = ["quay-app", "quay-mirror", "clair-app"].iter().any(|scaled| name.ends_with(scaled));
            assert_eq!(own.len(), usize::from(is_scaled), "{}: {name}", case.name);
            for budget in own {
                assert_eq!(budget["spec"]["maxUnavailable"], 1, "{name}");
                assert!(budget["spec"]["minAvailable"].is_null(), "{name}");
                let version = if case.version >= (1, 21) { "policy/v1" } else { "policy/v1beta1" };
                assert_eq!(budget["apiVersion"], version, "{}: {name}", case.name);
            }
        }
    }
}
