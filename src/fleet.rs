//! What the registries of a fleet share, and what they must not have in common.
//!
//! A fleet is one cluster. Each registry is compiled by itself, as if it were alone; here is checked whether they can
//! coexist.

use crate::Rendered;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::Outline;
use crate::object::labels::REGISTRY_LABEL;
use crate::object::{GATEWAY_OPERATOR, Identity, Map, Object, REGISTRY_OPERATOR, Value};
use crate::output::{self, File, FileSet};
use std::collections::{BTreeMap, BTreeSet};

/// The component that renders a storage gateway.
const GATEWAY: &str = "storagegateway";
/// The components whose objects are one and the same for all registries that have them.
const ONE_FOR_ALL: [&str; 3] = [GATEWAY, GATEWAY_OPERATOR, REGISTRY_OPERATOR];

/// What is kept of a registry after it is compiled.
pub struct Facts {
    /// Its folder in the fleet.
    folder: String,
    /// Its name and namespace.
    identity: (String, String),
    /// Where its name is written.
    at: Location,
    hosts: BTreeSet<String>,
    /// The operator that makes its objects, if one does.
    operator: Option<Watch>,
    objects: BTreeSet<Identity>,
    /// What it shares with others: a Namespace, a storage gateway, what installs an operator.
    shared: Vec<Object>,
}

/// Which namespaces the operator of a registry watches.
struct Watch {
    /// Whether that is its own alone.
    is_own: bool,
    /// Its namespace; `None` if somebody else installs it somewhere.
    home: Option<String>,
    /// Where that is said.
    at: Location,
}

impl Watch {
    fn of(rendered: &Rendered) -> Option<Self> {
        let (said, installed) = (rendered.model.config.operator.as_ref()?, rendered.resolved.operator.as_ref()?);
        let is_known = said.is_installed || said.namespace.is_some() || said.is_own();
        Some(Self {
            is_own: said.is_own(),
            home: is_known.then(|| installed.namespace.clone()),
            at: said.mode.at.clone(),
        })
    }

    /// Whether both cannot be in one cluster: one watches all namespaces, and the other is not the same operator.
    fn is_in_the_way_of(&self, other: &Self) -> bool {
        match (self.is_own, other.is_own) {
            (true, true) => false,
            (false, false) => self.home.as_ref().zip(other.home.as_ref()).is_some_and(|(one, other)| one != other),
            _ => true,
        }
    }
}

/// What several registries render.
#[derive(Default)]
pub struct Shared {
    /// The namespaces whose Namespace it is.
    namespaces: BTreeSet<String>,
    /// The namespaces whose storage gateway it is.
    gateways: BTreeSet<String>,
    /// The namespaces whose operator it installs.
    operators: BTreeSet<String>,
}

impl Shared {
    /// What several of these registries render.
    #[must_use]
    pub fn of<'a>(outlines: impl Iterator<Item = &'a Outline> + Clone) -> Self {
        let namespaces = outlines.clone().filter(|outline| outline.renders_namespace);
        Self {
            namespaces: several(namespaces.map(|outline| outline.namespace.as_str())),
            gateways: several(outlines.clone().filter_map(|outline| outline.gateway.as_deref())),
            operators: several(outlines.filter_map(|outline| outline.operator.as_deref())),
        }
    }

    /// Whether they render nothing in common.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.gateways.is_empty() && self.operators.is_empty()
    }

    fn holds(&self, object: &Object) -> bool {
        let is_common = match object.component.as_str() {
            // One that has the gateway in common with others has its operator in common with them, though they do not
            // install it: it comes before what all share.
            GATEWAY | GATEWAY_OPERATOR => self.gateways.contains(object.home()),
            REGISTRY_OPERATOR => self.operators.contains(object.home()),
            _ => false,
        };
        is_common || (object.kind() == "Namespace" && self.namespaces.contains(object.name()))
    }
}

/// The names that are there more than once.
fn several<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    names.for_each(|name| *counts.entry(name).or_default() += 1);
    counts.into_iter().filter(|(_, count)| *count > 1).map(|(name, _)| name.to_owned()).collect()
}

/// Takes what a registry shares with others out of its objects, and returns the facts about the rest.
#[must_use]
pub fn take(folder: &str, rendered: &mut Rendered, shared: &Shared) -> Facts {
    rendered.share(|object| shared.holds(object));
    let resolved = &rendered.resolved;
    let objects = rendered.objects.iter().chain(&rendered.kustomizations);
    let hosts = [Some(&resolved.hostname), resolved.editor_hostname.as_ref(), resolved.builder_hostname.as_ref()];
    Facts {
        folder: folder.to_owned(),
        identity: (resolved.namespace.clone(), resolved.name.clone()),
        at: rendered.model.registry.name.at.clone(),
        hosts: hosts.into_iter().flatten().map(|host| host.text().to_lowercase()).collect(),
        operator: Watch::of(rendered),
        objects: objects.map(|object| Identity::of_value(&object.value).base()).collect(),
        shared: rendered.shared.clone(),
    }
}

/// Reports which registries cannot be in the same cluster. `others` are those that were not compiled, by their folders.
#[must_use]
pub fn collisions<'a>(facts: &[Facts], others: impl Iterator<Item = (&'a str, &'a Outline)>) -> Diagnostics {
    let mut found = Diagnostics::new();
    let mut registries: BTreeMap<(String, String), String> = BTreeMap::new();
    for (folder, outline) in others {
        registries.insert((outline.namespace.clone(), outline.name.clone()), folder.to_owned());
    }
    operators(facts, &mut found);
    let (mut hosts, mut objects) = (BTreeMap::new(), BTreeMap::new());
    let mut common: BTreeMap<Identity, (Option<&Value>, &str)> = BTreeMap::new();
    for registry in facts {
        let (namespace, name) = &registry.identity;
        if let Some(other) = registries.get(&registry.identity) {
            let message = format!("registry {namespace}/{name} is in the folder {other} too");
            found.push(collision(registry, message, "give one of them another name or namespace"));
            // Two registries of one name have everything in common, which this message covers.
            continue;
        }
        registries.insert(registry.identity.clone(), registry.folder.clone());
        for host in &registry.hosts {
            if let Some(other) = hosts.insert(host, &registry.folder) {
                let message = format!("the host {host} is also that of the registry in the folder {other}");
                found.push(collision(registry, message, "give one of them another SERVER_HOSTNAME"));
            }
        }
        for object in registry.shared.iter().filter(|object| ONE_FOR_ALL.contains(&object.component.as_str())) {
            let (identity, value) = (Identity::of_value(&object.value), object.value.at(&["spec"]));
            let (first, other) = common.entry(identity).or_insert((value, &registry.folder));
            if *first != value {
                let message = format!(
                    "{} {} is rendered otherwise by the registry in the folder {other}",
                    object.kind(),
                    object.name()
                );
                let hint = match object.component.as_str() {
                    GATEWAY | GATEWAY_OPERATOR => {
                        "one gateway serves all: write spec.objectStorage.gateway once, in a RenderConfig of a folder \
                         above them, or leave it to one of them"
                    }
                    _ => {
                        "one operator serves all: write spec.operator, spec.images and spec.proxy once, in a RenderConfig of a \
                         folder above them"
                    }
                };
                found.push(collision(registry, message, hint));
            }
        }
        for object in &registry.objects {
            if let Some(other) = objects.insert(object, &registry.folder) {
                let message = format!("{object} is also rendered by the registry in the folder {other}");
                found.push(collision(registry, message, "give one of the registries another name"));
            }
        }
    }
    found
}

/// Reports operators that watch the same namespaces: the Lifecycle Manager does not install the second (guide 2.3).
fn operators(facts: &[Facts], found: &mut Diagnostics) {
    let all = || facts.iter().filter_map(|registry| Some((registry, registry.operator.as_ref()?)));
    let Some((wide, first)) = all().find(|(_, watch)| !watch.is_own) else { return };
    for (_, watch) in all().filter(|(_, watch)| first.is_in_the_way_of(watch)) {
        let which = if watch.is_own { "its namespace alone" } else { "all namespaces" };
        let message = format!(
            "the operator watches {which}, and another one, that of the registry in the folder {}, all: only one of them is installed",
            wide.folder
        );
        let problem = Diagnostic::new(codes::OPERATOR_GROUPS, message).at(watch.at.clone());
        let hint = "one operator for all: write spec.operator once, in a RenderConfig of a folder above them; or installMode: \
                    OwnNamespace for each";
        found.push(problem.field("spec.operator.installMode").hint(hint));
    }
}

fn collision(registry: &Facts, message: String, hint: &str) -> Diagnostic {
    Diagnostic::new(codes::FLEET_COLLISION, message).at(registry.at.clone()).hint(hint)
}

/// What several registries share, each once: Namespaces, storage gateways, and what installs operators.
#[must_use]
pub fn shared(facts: &[Facts]) -> Vec<Object> {
    let mut found: BTreeMap<Identity, Object> = BTreeMap::new();
    for object in facts.iter().flat_map(|registry| &registry.shared) {
        match found.get_mut(&Identity::of_value(&object.value)) {
            Some(known) => unite(&mut known.value, &object.value),
            None => _ = found.insert(Identity::of_value(&object.value), object.clone()),
        }
    }
    let mut found: Vec<Object> = found.into_values().collect();
    found.iter_mut().for_each(|object| object.value = of_nobody(std::mem::replace(&mut object.value, Value::Null)));
    found.sort_by(|a, b| (&a.component, a.kind(), a.name()).cmp(&(&b.component, b.kind(), b.name())));
    found
}

/// An object that belongs to no single registry.
fn of_nobody(mut value: Value) -> Value {
    if let Some(metadata) = value.as_map_mut().and_then(|root| root.get_mut("metadata")?.as_map_mut())
        && let Some(labels) = metadata.get_mut("labels").and_then(Value::as_map_mut)
    {
        labels.remove(REGISTRY_LABEL);
        if labels.is_empty() {
            metadata.remove("labels");
        }
    }
    value
}

/// Adds the labels and annotations of one object to another of the same name: all registries get what one needs.
fn unite(known: &mut Value, other: &Value) {
    for part in ["labels", "annotations"] {
        let Some(entries) = other.at(&["metadata", part]).and_then(Value::as_map) else { continue };
        let Some(metadata) = known.as_map_mut().and_then(|root| root.get_mut("metadata")?.as_map_mut()) else {
            continue;
        };
        if !metadata.contains(part) {
            metadata.insert(part, Map::new());
        }
        let Some(map) = metadata.get_mut(part).and_then(Value::as_map_mut) else { continue };
        for (name, value) in entries.iter() {
            map.insert(name, value.clone());
        }
        map.sort();
    }
}

/// The release for what all registries share: the newest of theirs.
#[must_use]
pub fn release<'a>(outlines: impl Iterator<Item = &'a Outline>) -> String {
    outlines.map(|outline| outline.release.as_str()).max().unwrap_or_default().to_owned()
}

/// The file that lists the directories of a fleet's output, so that a run can tell which are no longer part of it.
pub const LIST: &str = "quay-render.fleet";

/// The files in the top directory: the list of the others.
#[must_use]
pub fn top(directories: &[String], release: &str) -> FileSet {
    let mut files = FileSet::new(release);
    let lines: String = directories.iter().map(|directory| format!("{directory}\n")).collect();
    let text = format!("# The directories that quay-render made of the registries of a fleet.\n{lines}");
    files.insert(LIST, File { bytes: text.into_bytes(), secret: false });
    files
}

/// The directory of what several registries share.
pub const NAMESPACES: &str = "namespaces";

/// Why the folder of a registry cannot be the name of its output, if so.
#[must_use]
pub fn objection(folder: &str) -> Option<String> {
    let is = |part: &str, own: &str| part.eq_ignore_ascii_case(own);
    let first = folder.split('/').next().unwrap_or(folder);
    if let Some(reason) = output::objection(folder) {
        return Some(format!("has a name that no output can have: it {reason}"));
    }
    if is(first, NAMESPACES) {
        return Some(format!("{first} is where the output has what several registries share"));
    }
    if let Some(own) = folder.split('/').find(|part| is(part, LIST) || is(part, output::LOCK)) {
        return Some(format!("{own} is a name that quay-render keeps for itself"));
    }
    if folder.starts_with('#') {
        return Some(format!("begins with #, which makes a comment of it in {LIST}"));
    }
    let is_ragged = |part: &str| part.trim() != part;
    folder.split('/').any(is_ragged).then(|| "has a name that begins or ends with a blank".to_owned())
}

/// The directories that a list names.
pub fn listed(list: &str) -> impl Iterator<Item = &str> {
    list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}
