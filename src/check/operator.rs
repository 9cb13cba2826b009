//! What an operator that is installed must find, and what it cannot be told: the delivery `operator` (guide 2.3, 4.2.3, 5).

use super::components::{Choice, managed};
use crate::catalog::{Overridable, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes::quantity;
use crate::kubernetes::settings::find_override;
use crate::kubernetes_names::{is_label_value, is_object_name, is_qualified};
use crate::model::operator::{Operator, Variable};
use crate::model::registry::{Component, kind};
use crate::model::secrets::is_reference;
use crate::model::settings::{self, Given, Overrides};
use crate::model::subscription::Subscription;
use crate::model::{Model, Spanned};
use crate::object::base_names;
use crate::quote;
use crate::sensitive::{is_harmless, name};
use crate::yaml::{Data, Node};
use std::collections::BTreeSet;

/// The namespace of operators that watch all namespaces, with an OperatorGroup of its own, by platform.
pub(super) const SHARED: [&str; 2] = ["openshift-operators", "operators"];
/// The variables of a proxy.
const PROXY: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"];
/// The name of the config bundle's Secret where the QuayRegistry names none, without the registry's name.
const BUNDLE: &str = "config-bundle";

/// The operator of a registry, with everything decided.
pub struct Installed {
    /// Its namespace.
    pub namespace: String,
    /// Whether the output has that Namespace, apart from the registry's own.
    pub renders_namespace: bool,
    /// Whether the output has its OperatorGroup.
    pub renders_group: bool,
    /// Its channel.
    pub channel: String,
    /// The ClusterServiceVersion to begin with.
    pub starting_csv: Option<String>,
    /// Settings of components that become overrides, as entries of a QuayRegistry.
    pub overrides: Vec<Component>,
    /// The Secret with the config bundle; nothing where there is none.
    pub bundle: Option<String>,
}

/// Decides how the operator of a registry is installed, and reports what it cannot do; nothing for the delivery `manifests`.
pub fn resolve(
    model: &Model,
    components: &[Choice],
    namespace: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Installed> {
    let operator = model.config.operator.as_ref()?;
    let mut checker = Checker { model, operator, diagnostics };
    let own = checker.namespace(namespace);
    let renders_group = checker.group(&own);
    let channel = checker.channel();
    let starting_csv = checker.version(&own);
    checker.nodes();
    checker.variables();
    checker.resources();
    checker.proxy();
    checker.components();
    let bundle = checker.bundle();
    checker.files(bundle.as_deref().filter(|name| is_object_name(name)));
    checker.references();
    let overrides = checker.overrides(components);
    Some(Installed {
        renders_namespace: renders_group && own != namespace,
        namespace: own,
        renders_group,
        channel,
        starting_csv,
        overrides,
        bundle,
    })
}

/// Says what an operator in a namespace waits for, or that it does not stay at the version to begin with.
pub(super) fn note_approval(
    subscription: &Subscription,
    version: Option<&Spanned<String>>,
    namespace: &str,
    field: &str,
    diagnostics: &mut Diagnostics,
) {
    let approval = &subscription.approval;
    let (message, hint) = match (version, approval.value.as_str()) {
        (Some(version), "Automatic") => (
            format!("{} is installed first, and then the newest version of the channel", version.value),
            "installPlanApproval: Manual   # a person approves each version".to_owned(),
        ),
        (_, "Manual") => (
            "nothing is installed before a person approves the InstallPlan, and what comes after the operator waits"
                .to_owned(),
            format!(
                "kubectl --namespace {namespace} get installplans; kubectl --namespace {namespace} patch installplan NAME \
                 --type merge --patch '{{\"spec\":{{\"approved\":true}}}}'"
            ),
        ),
        _ => return,
    };
    let problem = Diagnostic::new(codes::OPERATOR_APPROVAL, message).at(approval.at.clone());
    diagnostics.push(problem.field(format!("{field}.installPlanApproval")).hint(hint));
}

struct Checker<'a> {
    model: &'a Model,
    operator: &'a Operator,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Checker<'a> {
    fn refuse(&mut self, at: &Location, field: &str, message: impl Into<String>, hint: impl Into<String>) {
        let problem = Diagnostic::new(codes::DELIVERY_SETTING, message).at(at.clone());
        self.diagnostics.push(problem.field(field).hint(hint));
    }

    /// The operator's namespace.
    fn namespace(&mut self, registry: &str) -> String {
        let home = self.operator.home(registry).to_owned();
        if let Some(given) = self.operator.namespace.as_ref().filter(|given| given.value != home) {
            let message = format!(
                "an operator of installMode OwnNamespace watches the namespace that it is in, and the registry's is {}",
                quote::name(registry)
            );
            self.refuse(&given.at, "spec.operator.namespace", message, "take it out, or installMode: AllNamespaces");
        }
        home
    }

    /// Whether the OperatorGroup is rendered.
    fn group(&mut self, namespace: &str) -> bool {
        let is_shared = SHARED.contains(&namespace);
        if let Some(given) = self.operator.subscription.group.as_ref().filter(|given| given.value && is_shared) {
            let message = format!(
                "{namespace} has an OperatorGroup already, and beside a second one nothing is installed there any more"
            );
            self.refuse(&given.at, "spec.operator.operatorGroup", message, "operatorGroup: external");
        }
        if self.operator.is_own() && is_shared {
            let at = self.operator.mode.at.clone();
            let message = format!("the OperatorGroup of {namespace} watches all namespaces, and OwnNamespace one");
            self.refuse(&at, "spec.operator.installMode", message, "installMode: AllNamespaces, or another namespace");
        }
        self.operator.is_installed
            && !is_shared
            && self.operator.subscription.group.as_ref().is_none_or(|given| given.value)
    }

    /// The channel of the release, or one that the user names, which may bring another release.
    fn channel(&mut self) -> String {
        let release = &self.model.release;
        let standard = release.rules.operator.channel.replace("{release}", &release.family);
        let Some(given) = self.operator.subscription.channel.as_ref().filter(|given| **given != standard) else {
            return standard;
        };
        let message = format!("{} is not the channel of release {}, {standard}", quote::name(given), release.family);
        let problem = Diagnostic::new(codes::OPERATOR_VERSION, message).at(self.operator.at.clone());
        let hint = "the input is checked by the rules of spec.release; say there which release the channel brings";
        self.diagnostics.push(problem.field("spec.operator.channel").hint(hint));
        given.clone()
    }

    /// The version to begin with, and whether it stays.
    fn version(&mut self, namespace: &str) -> Option<String> {
        let release = &self.model.release;
        let named = (release.name != release.family).then(|| Spanned {
            value: format!("quay-operator.v{}", release.version),
            at: self.model.config.release.at.clone(),
        });
        let found = self.operator.subscription.starting_csv.clone().or(named);
        if self.operator.is_installed {
            note_approval(&self.operator.subscription, found.as_ref(), namespace, "spec.operator", self.diagnostics);
        }
        found.map(|found| found.value)
    }

    /// What no API server takes for the pod: it would take the Subscription, and the operator would never start.
    fn nodes(&mut self) {
        let at = self.operator.at.clone();
        let wrong = self.operator.node_selector.iter().find(|(name, value)| {
            !is_qualified(name) || value.as_str().is_none_or(|value| !value.is_empty() && !is_label_value(value))
        });
        if let Some((name, _)) = wrong {
            let message = format!("{} and its value are no label of a node", quote::name(name));
            let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(at.clone());
            let hint = "node-role.kubernetes.io/infra: \"\"";
            self.diagnostics.push(problem.field("spec.operator.nodeSelector").hint(hint));
        }
        for toleration in &self.operator.tolerations {
            let text = |name: &str| toleration.str_at(&[name]);
            let is_all = text("key").is_empty() && text("operator") != "Exists";
            let has_value = text("operator") == "Exists" && !text("value").is_empty();
            let is_name = text("key").is_empty() || is_qualified(text("key"));
            if is_all || has_value || !is_name {
                let message = "is no toleration: without a key it needs operator Exists, which has no value";
                let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(at.clone());
                let hint = "{key: node-role.kubernetes.io/infra, operator: Exists, effect: NoSchedule}";
                self.diagnostics.push(problem.field("spec.operator.tolerations").hint(hint));
            }
        }
    }

    /// Variables that are said elsewhere, or twice, and secrets: a Subscription is for everybody's eyes.
    fn variables(&mut self) {
        let mut seen = BTreeSet::new();
        for (index, Variable { name, value }) in self.operator.env.iter().enumerate() {
            let field = format!("spec.operator.env[{index}]");
            let text = name.value.as_str();
            if self.model.release.images.contains_key(text) {
                let hint = format!("spec.images: {{{text}: …}}");
                self.refuse(&name.at, &field, "is an image, which spec.images says", hint);
            } else if PROXY.contains(&text.to_ascii_uppercase().as_str()) {
                self.refuse(
                    &name.at,
                    &field,
                    "is the proxy, which spec.proxy says",
                    "take it out, and write spec.proxy",
                );
            } else if !seen.insert(text) {
                let problem = Diagnostic::new(codes::FIELD_VALUE, "has the name of a variable further up");
                self.diagnostics.push(problem.at(name.at.clone()).field(field).hint("keep one of them"));
            } else if !value.value.is_empty()
                && (name::is_secret_variable(text) || name::is_secret(text) || !is_harmless(&value.value, true))
            {
                let message = "holds what counts as a secret, where everybody can read it";
                let problem = Diagnostic::new(codes::SECRET_EXPOSED, message).at(value.at.clone());
                let hint = "take it out: the operator takes secrets from the config bundle alone";
                self.diagnostics.push(problem.field(format!("{field}.value")).hint(hint));
            }
        }
    }

    /// An API server takes no pod that requests more than its limit.
    fn resources(&mut self) {
        let of = |part: &str, name: &str| quantity(self.operator.resources.get(part)?.str_at(&[name]));
        for name in ["cpu", "memory"] {
            let (Some(request), Some(limit)) = (of("requests", name), of("limits", name)) else { continue };
            if request > limit {
                let message = "is more than the limit, and no pod is made then";
                let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(self.operator.resources_at.clone());
                let problem = problem.field(format!("spec.operator.resources.requests.{name}"));
                self.diagnostics.push(problem.hint("raise the limit, or lower the request"));
            }
        }
    }

    /// The proxy is the operator's own; later ones hand it on to pods.
    fn proxy(&mut self) {
        let Some(proxy) = self.model.config.proxy.as_ref().filter(|proxy| proxy.is_named()) else { return };
        let (at, release) = (proxy.at().clone(), &self.model.release);
        if !self.operator.is_installed {
            let message =
                "is not a setting of a registry: the operator hands its own proxy on, and somebody else installs it";
            self.refuse(&at, "spec.proxy", message, "take it out, and say it where the operator is installed");
        } else if !release.rules.operator.proxy {
            let message = format!("the operator of {} does not hand a proxy on to the registry's pods", release.family);
            self.refuse(&at, "spec.proxy", message, "take it out, or delivery: manifests");
        } else if !proxy
            .direct
            .iter()
            .any(|entry| entry.starts_with(|c: char| c.is_ascii_digit()) || entry.contains(':'))
        {
            let message = "the operator calls the cluster's API by an address, and noProxy names none";
            let problem = Diagnostic::new(codes::OPERATOR_PROXY, message).at(at);
            let hint = "noProxy: [172.30.0.0/16]   # the network of Services: kubectl get service kubernetes \
                        --namespace default shows an address of it";
            self.diagnostics.push(problem.field("spec.proxy.noProxy").hint(hint));
        }
    }

    /// Entries of the component tls that the operator of the release does not understand.
    fn components(&mut self) {
        let Some(tls) = &self.model.registry.tls else { return };
        let release = &self.model.release;
        if release.kind(kind::TLS).is_none() {
            let message = format!("tls came with operator 3.6; that of {} has no such component", release.family);
            self.refuse(
                &tls.at,
                &tls.field,
                message,
                "take it out: without a pair in the bundle the operator makes one",
            );
        } else if let Some(secret) = tls.secret.as_ref().filter(|_| !release.rules.operator.secret_ref) {
            let message = format!("secretRef came with operator 3.18; that of {} does nothing with it", release.family);
            let hint = "take it out, and put ssl.cert and ssl.key into the config bundle";
            self.refuse(&secret.at, &format!("{}.secretRef", tls.field), message, hint);
        }
    }

    /// The name of the bundle's Secret.
    fn bundle(&mut self) -> Option<String> {
        let registry = &self.model.registry;
        let Some(named) = &registry.bundle_secret else {
            return self.model.bundle.at.is_some().then(|| base_names::named(&registry.name.value, BUNDLE));
        };
        if !is_object_name(&named.value) {
            let message = format!("{} is not a name for a Secret", quote::name(&named.value));
            let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(named.at.clone());
            let hint = "lower-case letters, digits, `-` and `.`, at most 253";
            self.diagnostics.push(problem.field("spec.configBundleSecret").hint(hint));
        }
        Some(named.value.clone())
    }

    /// Files that are not in the input must be keys of the one Secret that the operator reads.
    fn files(&mut self, bundle: Option<&str>) {
        let at = self.model.config.secrets.at.clone().unwrap_or_else(|| self.model.config.at.clone());
        for (file, place) in &self.model.config.secrets.files {
            if Some(place.name.as_str()) != bundle || place.key != *file {
                let message = "the operator reads one Secret, with the whole config bundle";
                let hint = match bundle {
                    Some(bundle) => format!("{{name: {bundle}, key: {file}}}"),
                    None => "name the Secret in spec.configBundleSecret of the QuayRegistry".to_owned(),
                };
                self.refuse(&at, &format!("spec.secrets.files[{file:?}]"), message, hint);
            }
        }
    }

    /// Nothing joins values of other Secrets into what the operator reads.
    fn references(&mut self) {
        let bundle = &self.model.bundle;
        for file in bundle.config.iter().chain(&bundle.fragments).chain(&bundle.clair) {
            let mut found = Vec::new();
            named(&file.root, "", &mut found);
            for (path, node) in found {
                let message = "names a Secret, and the operator hands config.yaml on as it is";
                self.refuse(
                    &file.location(node.pos),
                    &path,
                    message,
                    "write the value, in the Secret of the config bundle",
                );
            }
        }
    }

    /// The settings of components as overrides of the QuayRegistry; reports those that the operator of the release has not.
    fn overrides(&mut self, components: &[Choice]) -> Vec<Component> {
        let model = self.model;
        let release = &model.release;
        let mut found: Vec<Component> = Vec::new();
        for component in &model.config.settings.own.components {
            for given in component.given.iter().filter(|_| component.name != NAMESPACE_SETTINGS) {
                match overridden(release, &component.name, given) {
                    Some((kind, over)) if managed(components, kind) => self.add(kind, over, &mut found),
                    Some((kind, _)) => {
                        let problem =
                            Diagnostic::new(codes::SETTING_UNUSED, format!("is not used: {kind} is unmanaged"));
                        self.diagnostics.push(problem.at(given.at.clone()).field(&given.field).hint("take it out"));
                    }
                    None => {
                        let since = release.rules.overrides.get(given.setting.name).and_then(|it| it.since.clone());
                        let came = since.map(|since| format!(": it came with {since}")).unwrap_or_default();
                        let message = format!("the operator of {} has no such override{came}", release.family);
                        self.refuse(&given.at, &given.field, message, "take it out, or delivery: manifests");
                    }
                }
            }
        }
        found
    }

    /// Adds an override to the entry of its kind.
    fn add(&self, kind: &str, over: settings::Override, found: &mut Vec<Component>) {
        if let Some(known) = found.iter_mut().find(|known| known.kind == kind) {
            known.overrides.get_or_insert_default().given.push(over);
            return;
        }
        found.push(Component {
            kind: kind.to_owned(),
            managed: true,
            at: over.given.at.clone(),
            field: over.given.field.clone(),
            overrides: Some(Overrides { given: vec![over], idle: Vec::new() }),
        });
    }
}

/// The settings of the Namespace, which is rendered whoever makes what is in it.
const NAMESPACE_SETTINGS: &str = "namespace";

/// The kind whose override says the same as a setting of a component, and that override; nothing if the operator of the
/// release has none.
fn overridden<'r>(release: &'r Release, component: &str, given: &Given) -> Option<(&'r str, settings::Override)> {
    let name = given.setting.name;
    let taken = release.rules.overrides.get(name).filter(|taken| taken.since.is_none())?;
    let kind = taken.of.iter().find(|kind| reaches(taken, kind, component))?;
    let own = [kind.clone()];
    let on = taken.laid_on.get(kind.as_str()).map_or(own.as_slice(), Vec::as_slice);
    let setting = find_override(on.first()?, name)?;
    let over = given.of(setting);
    Some((kind, settings::Override { on: on.to_vec(), given: over }))
}

/// Whether the override of a kind changes a component first of all.
fn reaches(taken: &Overridable, kind: &str, component: &str) -> bool {
    taken.laid_on.get(kind).map_or(kind == component, |on| on.first().is_some_and(|first| first == component))
}

/// The values below a node that name a Secret, with their paths.
fn named<'n>(node: &'n Node, path: &str, found: &mut Vec<(String, &'n Node)>) {
    if is_reference(node) {
        found.push((path.to_owned(), node));
        return;
    }
    match &node.data {
        Data::Map(entries) => {
            for entry in entries {
                let path = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
                named(&entry.value, &path, found);
            }
        }
        Data::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                named(item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}
