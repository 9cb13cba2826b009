//! `spec.delivery` and `spec.operator` of the RenderConfig: whether the output holds the registry's objects, or what its
//! operator makes them of, and how that operator is installed (guide 2.3, 4.2.3, 5.1).

use super::Spanned;
use super::fields::{Fields, Word};
use super::subscription::{self, Subscription};
use crate::catalog::Delivery;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::object::{Map, Value};
use crate::yaml::Node;

impl Word for Delivery {
    const WORDS: &'static [(&'static str, Self)] = &[("manifests", Self::Manifests), ("operator", Self::Operator)];
}

/// Which namespaces an operator watches, in the words of the Operator Lifecycle Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstallMode {
    /// All of the cluster.
    AllNamespaces,
    /// That of the registry, in which it is installed.
    OwnNamespace,
}

impl Word for InstallMode {
    const WORDS: &'static [(&'static str, Self)] =
        &[("AllNamespaces", Self::AllNamespaces), ("OwnNamespace", Self::OwnNamespace)];
}

/// `spec.operator`, for the delivery `operator`.
pub struct Operator {
    /// Where `spec.operator` is, else `spec.delivery`.
    pub at: Location,
    /// Whether the output installs it, and not somebody else.
    pub is_installed: bool,
    /// Which namespaces it watches.
    pub mode: Spanned<InstallMode>,
    /// Its namespace; `None` for the default.
    pub namespace: Option<Spanned<String>>,
    /// Where it comes from, and which of its versions.
    pub subscription: Subscription,
    /// Variables of its pod.
    pub env: Vec<Variable>,
    /// What its pod requests, and its limits.
    pub resources: Map,
    /// Where `resources` is.
    pub resources_at: Location,
    /// Where its pod runs.
    pub node_selector: Map,
    pub tolerations: Vec<Value>,
}

/// A variable of the operator's pod.
pub struct Variable {
    pub name: Spanned<String>,
    pub value: Spanned<String>,
}

/// Where it is installed if nothing else is said.
const NAMESPACE: &str = "quay-operator";

/// The settings that the delivery `operator` has too. Any other is refused there, unless it says what holds anyhow.
const TAKEN: &[&str] = &[
    "release",
    "shape",
    "namespace",
    "cluster",
    "delivery",
    "operator",
    "secrets",
    "proxy",
    "images",
    "components",
    "objectStorage",
    "protectData",
    "output",
    "flux",
    "knownFields",
    "fips",
    "diagnostics",
];

/// Reads both; `None` for the delivery `manifests`.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Operator> {
    let delivery = spec.choice::<Delivery>("delivery", diagnostics);
    let settings = spec.map("operator", diagnostics).map(|map| settings(&map, diagnostics));
    let Some(delivery) = delivery.filter(|delivery| delivery.value == Delivery::Operator) else {
        if settings.is_some() {
            let message = "is not used: the output holds the objects of the registry itself";
            let problem = Diagnostic::new(codes::SETTING_UNUSED, message).at(spec.place_of("operator"));
            diagnostics.push(problem.field("spec.operator").hint("delivery: operator"));
        }
        return None;
    };
    refuse_others(spec, diagnostics);
    Some(settings.unwrap_or_else(|| Operator::at(delivery.at)))
}

fn settings(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Operator {
    let standard = Operator::at(map.place());
    let is_installed = map.text("install", diagnostics).is_none_or(|given| given.value == "render");
    let mode = map.choice("installMode", diagnostics).unwrap_or(standard.mode);
    Operator {
        is_installed,
        mode,
        namespace: map.valid_text("namespace", diagnostics),
        subscription: subscription::read(map, diagnostics),
        env: map.maps("env", diagnostics).iter().filter_map(|it| variable(it, diagnostics)).collect(),
        resources: resources(map, diagnostics),
        resources_at: map.place_of("resources"),
        node_selector: node_selector(map, diagnostics),
        tolerations: map.maps("tolerations", diagnostics).iter().map(|it| toleration(it, diagnostics)).collect(),
        at: standard.at,
    }
}

impl Operator {
    /// The defaults.
    fn at(at: Location) -> Self {
        Self {
            is_installed: true,
            mode: Spanned { value: InstallMode::AllNamespaces, at: at.clone() },
            namespace: None,
            subscription: Subscription::at(at.clone()),
            env: Vec::new(),
            resources: Map::new(),
            resources_at: at.clone(),
            node_selector: Map::new(),
            tolerations: Vec::new(),
            at,
        }
    }

    /// Its namespace, for a registry in one.
    #[must_use]
    pub fn home<'a>(&'a self, registry: &'a str) -> &'a str {
        let given = self.namespace.as_ref().map_or(NAMESPACE, |given| given.value.as_str());
        if self.is_own() { registry } else { given }
    }

    /// Whether it watches one namespace alone.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.mode.value == InstallMode::OwnNamespace
    }
}

fn variable(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<Variable> {
    let (name, value) = (map.valid_text("name", diagnostics), map.text("value", diagnostics));
    Some(Variable { name: name?, value: value? })
}

/// The quantities of a pod, in the order of its fields.
fn resources(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Map {
    let mut found = Map::new();
    let Some(resources) = map.map("resources", diagnostics) else { return found };
    for part in ["limits", "requests"] {
        let Some(given) = resources.map(part, diagnostics) else { continue };
        let mut quantities = Map::new();
        for name in ["cpu", "memory"] {
            if let Some(text) = given.valid_text(name, diagnostics) {
                quantities.insert(name, text.value);
            }
        }
        if !quantities.is_empty() {
            found.insert(part, quantities);
        }
    }
    found
}

fn node_selector(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Map {
    let Some(labels) = map.open_map("nodeSelector", diagnostics) else { return Map::new() };
    let entries = labels.entries().iter();
    entries.filter_map(|entry| Some((entry.key.clone(), labels.text(&entry.key, diagnostics)?.value.into()))).collect()
}

/// A toleration in the order of its fields.
fn toleration(map: &Fields<'_>, diagnostics: &mut Diagnostics) -> Value {
    let mut toleration = Map::new();
    for name in ["key", "operator", "value", "effect"] {
        if let Some(text) = map.text(name, diagnostics) {
            toleration.insert(name, text.value);
        }
    }
    if let Some(seconds) = map.number("tolerationSeconds", diagnostics) {
        toleration.insert("tolerationSeconds", Value::Int(seconds.value));
    }
    toleration.into()
}

/// Refuses every setting that an operator cannot be told. One that says what holds anyhow is let pass: it may be of a
/// RenderConfig that many registries share.
fn refuse_others(spec: &Fields<'_>, diagnostics: &mut Diagnostics) {
    for entry in spec.entries().iter().filter(|entry| !TAKEN.contains(&entry.key.as_str())) {
        let name = entry.key.as_str();
        if entry.value.is_null() || !spec.has_row(name) || spec.is_default(name) || is_empty(&entry.value) {
            continue;
        }
        refuse(spec, name, hint(name), diagnostics);
    }
    if spec.get("shape").and_then(Node::as_str) == Some("production") {
        refuse(spec, "shape", "shape: operator, or take it out", diagnostics);
    }
    // A gateway is beside the registry, whoever makes the bucket claim.
    if let Some(storage) = spec.open_map("objectStorage", &mut Diagnostics::new())
        && storage.get("bucket").is_some()
    {
        refuse(&storage, "bucket", "take it out: the operator reads the bucket claim by itself", diagnostics);
    }
    if let Some(secrets) = spec.open_map("secrets", &mut Diagnostics::new())
        && secrets.get("names").is_some_and(|node| !is_empty(node))
    {
        let hint = "take it out: the operator reads one Secret, with the whole config bundle, and \
                    spec.configBundleSecret of the QuayRegistry names it";
        refuse(&secrets, "names", hint, diagnostics);
    }
}

fn is_empty(node: &Node) -> bool {
    node.as_map().is_some_and(<[_]>::is_empty) || node.as_seq().is_some_and(<[_]>::is_empty)
}

/// Reports that the operator cannot be told a setting.
pub(super) fn refuse(map: &Fields<'_>, name: &str, hint: &str, diagnostics: &mut Diagnostics) {
    let message = "is not a setting that the operator knows (delivery: operator)".to_owned();
    map.refuse(codes::DELIVERY_SETTING, name, message, hint, diagnostics);
}

/// What the operator has in place of a setting.
fn hint(name: &str) -> &'static str {
    match name {
        "access" => {
            "take it out: components route and tls of the QuayRegistry, and ssl.cert and ssl.key of the bundle, say the way in"
        }
        "pods" => {
            "take it out: say it of each component in spec.components; nodes are chosen by an annotation of the Namespace, \
             components: {namespace: {annotations: {openshift.io/node-selector: …}}}"
        }
        "paused" => "take it out: the operator itself stops the application for an upgrade",
        _ => "take it out, or delivery: manifests",
    }
}
