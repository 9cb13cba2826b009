//! Which objects of an export are one registry's, and which of several generations are in use.

use super::export::{Export, Live};
use super::noise;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::kubernetes_names::is_label;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{POD_SPEC, Value, base_names, pod_path};
use std::collections::BTreeSet;

/// The group of a QuayRegistry.
const GROUP: &str = "quay.redhat.com";
/// The kind of it.
pub const KIND: &str = "QuayRegistry";
/// The namespace of the dashboards of all registries.
const DASHBOARDS: &str = "openshift-config-managed";
/// What keeps a QuayRegistry from being deleted as long as no operator answers.
pub const FINALIZER: &str = "quay-operator/finalizer";

/// A registry in an export.
pub struct Registry<'a> {
    /// Everything that was exported.
    pub export: &'a Export,
    /// Its QuayRegistry; it may be gone once no operator needs it.
    pub live: Option<&'a Live>,
    /// Its name.
    pub name: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
}

/// Every QuayRegistry of an export.
pub fn all(export: &Export) -> impl Iterator<Item = &Live> {
    export.of_kind(KIND).filter(|live| live.group() == GROUP)
}

/// The registry that is meant: the one of that namespace and name, or the only one.
pub fn choose<'a>(
    export: &'a Export,
    wanted: Option<&(String, String)>,
    problems: &mut Diagnostics,
) -> Option<Registry<'a>> {
    let is_wanted =
        |live: &&Live| wanted.is_none_or(|(namespace, name)| live.namespace() == namespace && live.name() == name);
    let found: Vec<&Live> = all(export).filter(is_wanted).collect();
    match found.as_slice() {
        [live] if is_label(live.name()) && is_label(live.namespace()) => {
            Some(Registry { export, live: Some(live), name: live.name(), namespace: live.namespace() })
        }
        [live] => {
            let message = "its name or its namespace is none that Kubernetes takes";
            let problem = Diagnostic::new(codes::ADOPT_MISSING, message).at(live.at.clone());
            problems
                .push(problem.hint("export it from the cluster: kubectl get quayregistry NAME -n NAMESPACE -o yaml"));
            None
        }
        [] => {
            let (namespace, name) = wanted.map_or(("NAMESPACE", "NAME"), |(namespace, name)| (namespace, name));
            problems.push(missing(
                "the export holds no QuayRegistry",
                &format!("kubectl get quayregistry {name} -n {namespace} -o yaml"),
            ));
            None
        }
        several => {
            let is_plain = |live: &&&Live| is_label(live.name()) && is_label(live.namespace());
            let option = |live: &&Live| format!("--registry {}/{}", live.namespace(), live.name());
            let names: Vec<String> = several.iter().filter(is_plain).map(option).collect();
            let message = format!("the export holds {} QuayRegistries", several.len());
            problems.push(
                Diagnostic::new(codes::ADOPT_MISSING, message).hint(format!("say which one: {}", names.join(", or "))),
            );
            None
        }
    }
}

/// Something that the export lacks, with the command that gets it.
pub(super) fn missing(message: &str, command: &str) -> Diagnostic {
    Diagnostic::new(codes::ADOPT_MISSING, message).hint(format!("get it and name that file too: {command} > FILE"))
}

/// A Deployment that the export lacks.
pub(super) fn missing_deployment(registry: &Registry<'_>, name: &str) -> Diagnostic {
    let command = format!("kubectl get deployment {name} -n {} -o yaml", registry.namespace);
    missing(&format!("the Deployment {name} is not in the export"), &command)
}

impl<'a> Registry<'a> {
    /// The full name of an object of the registry.
    #[must_use]
    pub fn named(&self, base: &str) -> String {
        base_names::named(self.name, base)
    }

    /// The registry of a namespace and a name, whose QuayRegistry may be gone.
    #[must_use]
    pub fn of(export: &'a Export, namespace: &'a str, name: &'a str) -> Self {
        let live = all(export).find(|live| live.namespace() == namespace && live.name() == name);
        Self { export, live, name, namespace }
    }

    /// A field of its QuayRegistry.
    #[must_use]
    pub fn field(&self, path: &[&str]) -> Option<&'a Value> {
        self.live?.value.at(path)
    }

    /// A text of its QuayRegistry; empty if it has none.
    #[must_use]
    pub fn text(&self, path: &[&str]) -> &'a str {
        self.field(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The entry of a component in its QuayRegistry, if it lists it.
    #[must_use]
    pub fn component(&self, kind: &str) -> Option<&'a Value> {
        self.field(&["spec", "components"])?.as_seq()?.iter().find(|entry| entry.str_at(&["kind"]) == kind)
    }

    /// Whether its QuayRegistry lists a component as managed; nothing if it does not list it.
    #[must_use]
    pub fn is_managed(&self, kind: &str) -> Option<bool> {
        self.component(kind)?.at(&["managed"])?.as_bool()
    }

    /// The config.yaml that runs.
    #[must_use]
    pub fn config(&self) -> Option<Value> {
        self.current("Secret", base_names::CONFIG_SECRET)?.document("config.yaml")
    }

    /// Where its QuayRegistry is.
    #[must_use]
    pub fn at(&self) -> Location {
        self.live.map(|live| live.at.clone()).unwrap_or_default()
    }

    /// The places of its QuayRegistry among the owners of an object.
    #[must_use]
    pub fn owned(&self, live: &Live) -> Vec<usize> {
        let owners = live.value.at(&["metadata", "ownerReferences"]).and_then(Value::as_seq).unwrap_or_default();
        let is_it = |owner: &Value| owner.str_at(&["kind"]) == KIND && owner.str_at(&["name"]) == self.name;
        let places = owners.iter().enumerate().filter(|(_, owner)| is_it(owner)).map(|(at, _)| at);
        if live.namespace() == self.namespace { places.collect() } else { Vec::new() }
    }

    /// The objects that are the registry's: those that the operator owns or has labelled, without what controllers made of
    /// them, and without the config bundle, which is its user's. One of the same name in another namespace is another
    /// registry.
    pub fn objects(&self) -> impl Iterator<Item = &'a Live> {
        let label = |live: &Live| live.value.str_at(&["metadata", "labels", REGISTRY_LABEL]) == self.name;
        let is_dashboard = |live: &Live| {
            live.namespace() == DASHBOARDS && live.kind() == "ConfigMap" && live.name().starts_with(&self.named(""))
        };
        let is_own = move |live: &&Live| {
            let is_input = live.kind() == KIND || (live.kind() == "Secret" && live.name() == self.bundle());
            let is_near = live.namespace() == self.namespace || is_dashboard(live);
            is_near && !is_input && !noise::is_made(live.kind()) && (label(live) || !self.owned(live).is_empty())
        };
        self.export.objects.iter().filter(is_own)
    }

    /// The name of the Secret with its config bundle; empty if it has none.
    #[must_use]
    pub fn bundle(&self) -> &'a str {
        self.text(&["spec", "configBundleSecret"])
    }

    /// An object in the registry's namespace, by its kind and the part of its name behind the registry's.
    #[must_use]
    pub fn find(&self, kind: &str, base: &str) -> Option<&'a Live> {
        self.export.find(kind, self.namespace, &self.named(base))
    }

    /// Every generation of an object whose name may follow its content.
    #[must_use]
    pub fn generations(&self, kind: &str, base: &str) -> Vec<&'a Live> {
        let name = self.named(base);
        let is_one = |live: &&Live| live.namespace() == self.namespace && live.base_name() == name;
        self.export.objects.iter().filter(|live| live.kind() == kind).filter(is_one).collect()
    }

    /// The generation that pods use; where none says so, the only one there is, or the newest.
    #[must_use]
    pub fn current(&self, kind: &str, base: &str) -> Option<&'a Live> {
        let mut found = self.generations(kind, base);
        let used = self.used();
        if let Some(at) = found.iter().position(|live| used.contains(live.name())) {
            return Some(found.swap_remove(at));
        }
        // RFC 3339 in UTC: the later text is the later time.
        found.into_iter().max_by_key(|live| live.value.str_at(&["metadata", "creationTimestamp"]).to_owned())
    }

    /// Every text of the pod templates of its Deployments: among them the names of what they use.
    #[must_use]
    pub fn used(&self) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        for live in self.objects().filter(|live| live.kind() == "Deployment") {
            if let Some(pod) = live.value.at(POD_SPEC) {
                texts(pod, &mut found);
            }
        }
        found
    }

    /// The claims that its Deployments mount, each with the Deployment.
    #[must_use]
    pub fn claims(&self) -> Vec<(&'a str, &'a str)> {
        let deployments = self.objects().filter(|live| live.kind() == "Deployment");
        deployments.flat_map(|live| mounted(&live.value).into_iter().map(|claim| (live.name(), claim))).collect()
    }
}

/// The claims that the pods of an object mount.
#[must_use]
pub fn mounted(object: &Value) -> Vec<&str> {
    let volumes = object
        .at(pod_path(object.str_at(&["kind"])))
        .and_then(|pod| pod.at(&["volumes"])?.as_seq())
        .unwrap_or_default();
    volumes.iter().filter_map(|volume| volume.at(&["persistentVolumeClaim", "claimName"])?.as_str()).collect()
}

fn texts<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Str(text) => drop(found.insert(text.as_str())),
        Value::Seq(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Map(map) => map.iter().for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}
