//! A cluster, as far as order matters: claims bind when a pod uses them, load balancers never get an address, a new
//! autoscaler is Degraded, pods start when what they mount exists, and their init containers end when what they wait
//! for is ready.

use super::inputs::Registry;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Kind, namespace and name.
pub type Id = (String, String, String);

pub fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

pub fn items(value: &Json) -> &[Json] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

pub fn id(object: &Json) -> Id {
    let metadata = &object["metadata"];
    [&object["kind"], &metadata["namespace"], &metadata["name"]].map(|value| text(value).to_owned()).into()
}

pub fn annotation<'a>(object: &'a Json, name: &str) -> &'a str {
    text(&object["metadata"]["annotations"][name])
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    Healthy,
    Progressing,
    Degraded,
}

struct Live {
    object: Json,
    health: Health,
    /// The pod template of the running pods.
    running: Json,
}

/// Pods by the end of their owner's name, and what must be healthy before they are, where the registry has it.
const NEEDS: [(&str, &str); 15] = [
    ("-quay-postgres-init", "Deployment *-quay-database"),
    ("-quay-postgres-init", "Service *-quay-database"),
    ("-quay-app-upgrade", "Service *-quay-database"),
    ("-quay-app-upgrade", "Job *-quay-postgres-init"),
    ("-quay-app", "Job *-quay-app-upgrade"),
    ("-quay-app", "Service *-quay-redis"),
    ("-quay-app", "Deployment *-quay-redis"),
    ("-quay-mirror", "Job *-quay-app-upgrade"),
    ("-quay-app", "Deployment *-clair-app"),
    ("-quay-app", "Service *-clair-app"),
    ("-quay-mirror", "Deployment *-clair-app"),
    ("-quay-mirror", "Service *-clair-app"),
    ("-clair-app", "Deployment *-clair-postgres"),
    ("-clair-app", "Service *-clair-postgres"),
    ("-clair-import", "Deployment *-clair-app"),
];

/// A Job's name without its hash.
fn base(id: &Id) -> &str {
    if id.0 == "Job" { id.2.rsplit_once('-').unwrap().0 } else { &id.2 }
}

pub struct World {
    live: BTreeMap<Id, Live>,
    /// Names of Secrets and ConfigMaps that nobody applied.
    made: BTreeSet<(String, String)>,
    /// All objects of a registry in the end.
    wanted: Vec<Id>,
}

impl World {
    pub fn new() -> Self {
        Self { live: BTreeMap::new(), made: BTreeSet::new(), wanted: Vec::new() }
    }

    /// A registry that is about to be applied, with the Secrets from its user.
    pub fn expect(&mut self, registry: &Registry) {
        let by_objects: BTreeSet<String> = registry.values().flat_map(makes).map(|(_, name)| name).collect();
        let given = registry.given.iter().filter(|name| !by_objects.contains(*name));
        self.made.extend(given.map(|name| ("Secret".to_owned(), name.clone())));
        self.wanted = registry.values().map(id).collect();
        // Claims of the user's own.
        let mounted = registry.values().flat_map(references).filter(|(kind, _)| kind == "PersistentVolumeClaim");
        let is_own = |name: &String| self.wanted.iter().all(|id| id.0 != "PersistentVolumeClaim" || id.2 != *name);
        self.made.extend(mounted.filter(|(_, name)| is_own(name)));
    }

    pub fn apply(&mut self, object: &Json) {
        let (id, health) = (
            id(object),
            if object["kind"] == "HorizontalPodAutoscaler" { Health::Degraded } else { Health::Progressing },
        );
        match self.live.get_mut(&id) {
            // What was applied before is healthy already, but for new pods.
            Some(live) if live.object["spec"].get("template").is_none() => live.object = object.clone(),
            Some(live) => (live.object, live.health) = (object.clone(), Health::Progressing),
            None => drop(self.live.insert(id, Live { object: object.clone(), health, running: Json::Null })),
        }
    }

    /// Lets minutes pass.
    pub fn rest(&mut self) {
        for live in self.live.values_mut().filter(|live| live.health == Health::Degraded) {
            live.health = Health::Healthy;
        }
    }

    /// Removes an object, unless running pods use it.
    pub fn prune(&mut self, pruned: &Id) -> Result<(), String> {
        if matches!(pruned.0.as_str(), "Secret" | "ConfigMap") {
            let user = self.live.iter().find(|(id, live)| id.0 == "Deployment" && mentions(&live.running, &pruned.2));
            if let Some((user, _)) = user {
                return Err(format!("{pruned:?} is pruned, and pods of {user:?} still run with it"));
            }
        }
        self.live.remove(pruned).map(drop).ok_or_else(|| format!("{pruned:?} is not there"))
    }

    pub fn ids(&self) -> impl Iterator<Item = (&Id, &Json)> {
        self.live.iter().map(|(id, live)| (id, &live.object))
    }

    pub fn health(&self, id: &Id) -> Option<Health> {
        let is_made = self.made.contains(&(id.0.clone(), id.2.clone()));
        self.live.get(id).map(|live| live.health).or(is_made.then_some(Health::Healthy))
    }

    /// Whether a Secret, ConfigMap or any other object exists.
    pub fn has(&self, kind: &str, name: &str) -> bool {
        self.live.keys().any(|id| id.0 == kind && id.2 == name)
            || self.made.contains(&(kind.to_owned(), name.to_owned()))
    }

    /// Runs all controllers until nothing changes.
    pub fn analyze(&mut self) {
        loop {
            let mut changes = Vec::new();
            for (id, live) in self.live.iter().filter(|(_, live)| live.health == Health::Progressing) {
                if self.becomes_healthy(id, &live.object) {
                    changes.push(id.clone());
                }
            }
            if changes.is_empty() {
                return;
            }
            for id in changes {
                let live = self.live.get_mut(&id).unwrap();
                live.health = Health::Healthy;
                live.running = live.object["spec"]["template"].clone();
                self.made.extend(makes(&live.object));
            }
        }
    }

    fn becomes_healthy(&self, id: &Id, object: &Json) -> bool {
        match id.0.as_str() {
            "Deployment" | "Job" => self.can_start(object) && self.has_ended_waiting(id),
            // Bound for a pod that could start but for it.
            "PersistentVolumeClaim" => self.live.values().any(|live| {
                let template = &live.object["spec"]["template"];
                mentions(&template["spec"]["volumes"], &id.2) && self.can_start(&live.object)
            }),
            // Nobody gives it an address; its last run failed.
            "Ingress" | "CronJob" => false,
            "Service" => object["spec"]["type"] != "LoadBalancer",
            _ => true,
        }
    }

    /// Whether everything that the pods mount and read exists.
    fn can_start(&self, owner: &Json) -> bool {
        references(owner).iter().all(|(kind, name)| self.has(kind, name))
    }

    fn has_ended_waiting(&self, id: &Id) -> bool {
        let needs = NEEDS.iter().filter(|(pods, _)| base(id).ends_with(pods));
        needs
            .flat_map(|(_, needed)| self.wanted.iter().filter(|wanted| is_such(wanted, needed)))
            .all(|needed| self.health(needed) == Some(Health::Healthy))
    }
}

fn is_such(id: &Id, pattern: &str) -> bool {
    let (kind, end) = pattern.split_once(" *").unwrap();
    id.0 == kind && base(id).ends_with(end)
}

/// What a QuayRegistry cannot be without.
const DEFINITION: &str = "quayregistries.quay.redhat.com";
/// The same of what makes a storage gateway.
const OF_GATEWAY: [(&str, &str); 3] = [
    ("NooBaa", "noobaas.noobaa.io"),
    ("BackingStore", "backingstores.noobaa.io"),
    ("BucketClass", "bucketclasses.noobaa.io"),
];

/// The objects that controllers make from an object.
fn makes(object: &Json) -> Vec<(String, String)> {
    let own = |kind: &str, name: &Json| (kind.to_owned(), text(name).to_owned());
    match text(&object["kind"]) {
        "ExternalSecret" => vec![own("Secret", &object["spec"]["target"]["name"])],
        "SealedSecret" => vec![own("Secret", &object["metadata"]["name"])],
        "Certificate" => vec![own("Secret", &object["spec"]["secretName"])],
        // The operator's kinds, once that is installed.
        "Subscription" if object["metadata"]["name"] == "odf-operator" => {
            OF_GATEWAY.map(|(_, definition)| own("CustomResourceDefinition", &json!(definition))).into()
        }
        "Subscription" => vec![own("CustomResourceDefinition", &json!(DEFINITION))],
        "ObjectBucketClaim" => ["Secret", "ConfigMap"].map(|kind| own(kind, &object["metadata"]["name"])).into(),
        _ => Vec::new(),
    }
}

pub fn mentions(value: &Json, name: &str) -> bool {
    match value {
        Json::String(text) => text == name,
        Json::Array(items) => items.iter().any(|item| mentions(item, name)),
        Json::Object(map) => map.values().any(|value| mentions(value, name)),
        _ => false,
    }
}

/// The objects that an object refers to: kind and name.
pub fn references(object: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let spec = &object["spec"];
    collect(&spec["template"]["spec"], &mut found);
    let mut refer = |kind: &str, name: &Json| {
        if let Some(name) = name.as_str() {
            found.push((kind.to_owned(), name.to_owned()));
        }
    };
    match text(&object["kind"]) {
        "HorizontalPodAutoscaler" => refer("Deployment", &spec["scaleTargetRef"]["name"]),
        "RoleBinding" => refer("Role", &object["roleRef"]["name"]),
        kind @ ("NooBaa" | "BackingStore" | "BucketClass") => {
            let (_, definition) = OF_GATEWAY.iter().find(|(known, _)| *known == kind).unwrap();
            refer("CustomResourceDefinition", &json!(definition));
        }
        "QuayRegistry" => {
            refer("CustomResourceDefinition", &json!(DEFINITION));
            refer("Secret", &spec["configBundleSecret"]);
        }
        "Route" => {
            refer("Service", &spec["to"]["name"]);
            refer("Secret", &spec["tls"]["externalCertificate"]["name"]);
        }
        "Ingress" => {
            items(&spec["tls"]).iter().for_each(|tls| refer("Secret", &tls["secretName"]));
            let paths = items(&spec["rules"]).iter().flat_map(|rule| items(&rule["http"]["paths"]));
            paths.for_each(|path| refer("Service", &path["backend"]["service"]["name"]));
        }
        "ServersTransport" => items(&spec["rootCAsSecrets"]).iter().for_each(|name| refer("Secret", name)),
        "HTTPRoute" | "TLSRoute" => {
            let backends = items(&spec["rules"]).iter().flat_map(|rule| items(&rule["backendRefs"]));
            backends.for_each(|backend| refer("Service", &backend["name"]));
        }
        "BackendTLSPolicy" => {
            items(&spec["targetRefs"]).iter().for_each(|target| refer("Service", &target["name"]));
            let authorities = items(&spec["validation"]["caCertificateRefs"]);
            authorities.iter().for_each(|authority| refer(text(&authority["kind"]), &authority["name"]));
        }
        _ => {}
    }
    found
}

/// The objects that a pod mounts and reads.
fn collect(value: &Json, found: &mut Vec<(String, String)>) {
    const NAMED: [(&str, &str, &str); 7] = [
        ("secret", "secretName", "Secret"),
        ("secret", "name", "Secret"),
        ("configMap", "name", "ConfigMap"),
        ("secretKeyRef", "name", "Secret"),
        ("configMapKeyRef", "name", "ConfigMap"),
        ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
        ("secretRef", "name", "Secret"),
    ];
    match value {
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Json::Object(map) => {
            for (key, value) in map {
                let named = NAMED.iter().filter(|(field, ..)| field == key && value["optional"] != json!(true));
                found.extend(
                    named.filter_map(|(_, name, kind)| Some(((*kind).to_owned(), value[*name].as_str()?.to_owned()))),
                );
                collect(value, found);
            }
        }
        _ => {}
    }
}
