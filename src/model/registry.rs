//! QuayRegistry, `quay.redhat.com/v1` (guide 3.1, 3.2).

use super::Spanned;
use super::access::component as tls;
use super::documents::Document;
use super::fields::Fields;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::quote::{self, nearest};
use crate::yaml::Node;
use std::fmt;

/// The components of guide 3.2, in the order in which the operator lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The registry's database.
    Postgres,
    /// The vulnerability scanner.
    Clair,
    /// Build logs and user events.
    Redis,
    /// The autoscaler of the application.
    HorizontalPodAutoscaler,
    /// The bucket for image layers.
    ObjectStorage,
    /// The way in from outside the cluster.
    Route,
    /// The repository mirror worker.
    Mirror,
    /// Metrics, alerts and the dashboard.
    Monitoring,
}

/// What is known of a component without any input.
pub struct Facts {
    /// The component.
    pub kind: Kind,
    /// Its name in the API.
    pub name: &'static str,
    /// The fields of config.yaml that belong to it (measured).
    pub fields: &'static [&'static str],
    /// The fields that must be in the bundle when the component is unmanaged, because Quay does not start without them.
    pub required: &'static [&'static str],
    /// The validator's field group, as the config editor wants it for greying out.
    pub field_group: Option<&'static str>,
}

/// One row a component.
pub const COMPONENTS: &[Facts] = &[
    Facts {
        kind: Kind::Postgres,
        name: "postgres",
        fields: &["DB_URI", "DB_CONNECTION_ARGS"],
        required: &["DB_URI"],
        field_group: Some("Database"),
    },
    Facts {
        kind: Kind::Clair,
        name: "clair",
        fields: &[
            "FEATURE_SECURITY_SCANNER",
            "SECURITY_SCANNER_ENDPOINT",
            "SECURITY_SCANNER_INDEXING_INTERVAL",
            "SECURITY_SCANNER_NOTIFICATIONS",
            "SECURITY_SCANNER_V4_ENDPOINT",
            "SECURITY_SCANNER_V4_NAMESPACE_WHITELIST",
        ],
        required: &[],
        field_group: Some("SecurityScanner"),
    },
    Facts {
        kind: Kind::Redis,
        name: "redis",
        fields: &["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"],
        required: &["BUILDLOGS_REDIS", "USER_EVENTS_REDIS"],
        field_group: Some("Redis"),
    },
    Facts {
        kind: Kind::HorizontalPodAutoscaler,
        name: "horizontalpodautoscaler",
        fields: &[],
        required: &[],
        field_group: None,
    },
    Facts {
        kind: Kind::ObjectStorage,
        name: "objectstorage",
        fields: &[
            "DISTRIBUTED_STORAGE_CONFIG",
            "DISTRIBUTED_STORAGE_PREFERENCE",
            "DISTRIBUTED_STORAGE_DEFAULT_LOCATIONS",
            "FEATURE_STORAGE_REPLICATION",
        ],
        required: &["DISTRIBUTED_STORAGE_CONFIG"],
        field_group: Some("DistributedStorage"),
    },
    Facts {
        kind: Kind::Route,
        name: "route",
        // SERVER_HOSTNAME is the user's to set while the component is managed (guide 7.1.2.1), and the other two are
        // overwritten with a warning; so none of them conflicts.
        fields: &[],
        required: &["SERVER_HOSTNAME"],
        field_group: Some("HostSettings"),
    },
    Facts {
        kind: Kind::Mirror,
        name: "mirror",
        fields: &[
            "FEATURE_REPO_MIRROR",
            "REPO_MIRROR_INTERVAL",
            "REPO_MIRROR_SERVER_HOSTNAME",
            "REPO_MIRROR_TLS_VERIFY",
        ],
        required: &[],
        field_group: Some("RepoMirror"),
    },
    Facts { kind: Kind::Monitoring, name: "monitoring", fields: &[], required: &[], field_group: None },
];

/// What guide 3.4.2 calls objectstorage.
pub const GUIDE_STORAGE: &str = "storage";

/// The component of later operators that is Clair's database.
const CLAIR_DATABASE: &str = "clairpostgres";

/// Kinds that operators have from 3.7 on, and what to do in place of one that is unmanaged.
const LATER_KINDS: &[(&str, &str)] = &[
    ("quay", "the application is always rendered"),
    (CLAIR_DATABASE, "a connstring in the bundle's clair-config.yaml leads Clair to a database of your own"),
];

impl Kind {
    /// What is known of it.
    #[must_use]
    pub fn facts(self) -> &'static Facts {
        COMPONENTS.iter().find(|facts| facts.kind == self).unwrap_or(&FALLBACK)
    }
}

/// Never reached: every kind has its row, which a test checks.
const FALLBACK: Facts = Facts { kind: Kind::Monitoring, name: "", fields: &[], required: &[], field_group: None };

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}

/// One entry of `spec.components`.
pub struct Component {
    /// Which one.
    pub kind: Kind,
    /// Whether quay-render provides it.
    pub managed: bool,
    /// Where the entry stands.
    pub at: Location,
    /// Its path, `spec.components[2]`.
    pub field: String,
}

/// A QuayRegistry.
pub struct Registry {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `spec.components`, as far as given.
    pub components: Vec<Component>,
    /// The component `tls` of later operators.
    pub tls: Option<tls::Component>,
    /// `spec.configBundleSecret` (guide 3.5).
    pub bundle_secret: Option<Spanned<String>>,
    /// `status.currentVersion` (guide 3.6.4).
    pub current_version: Option<Spanned<String>>,
}

/// What an API server may have written into `metadata`.
const METADATA: &[&str] = &[
    "name",
    "namespace",
    "labels",
    "annotations",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
    "finalizers",
    "ownerReferences",
    "selfLink",
    "generateName",
];

/// Reads a QuayRegistry; `None` where it has no usable name.
pub fn read(document: &Document, diagnostics: &mut Diagnostics) -> Option<Registry> {
    let root = Fields::new(&document.files, "", &document.root, diagnostics)?;
    root.only(&["apiVersion", "kind", "metadata", "spec", "status"], diagnostics);
    let metadata = root.map("metadata", "metadata", diagnostics);
    if metadata.is_none() {
        root.missing("metadata", "metadata:\n  name: my-registry", diagnostics);
    }
    let (name, namespace) = metadata.map_or((None, None), |metadata| {
        let is_too_deep = root.get("spec").is_none() && metadata.get("spec").is_some();
        if is_too_deep {
            let message = "stands one level too deep: spec belongs beside metadata".to_owned();
            metadata.refuse(codes::FIELD_UNKNOWN, "spec", message, "indent it as metadata is", diagnostics);
        }
        let known: Vec<&str> = METADATA.iter().copied().chain(is_too_deep.then_some("spec")).collect();
        metadata.only(&known, diagnostics);
        (metadata.required("name", "name: my-registry", diagnostics), metadata.text("namespace", diagnostics))
    });
    let spec = root.map("spec", "spec", diagnostics);
    let (mut components, mut later) = (Vec::new(), Vec::new());
    let mut tls = None;
    let mut bundle_secret = None;
    if let Some(spec) = spec {
        spec.only(&["components", "configBundleSecret"], diagnostics);
        bundle_secret = spec.text("configBundleSecret", diagnostics).filter(|secret| !secret.value.is_empty());
        for (index, node) in spec.list("components", diagnostics).unwrap_or_default().iter().enumerate() {
            let path = format!("spec.components[{index}]");
            if let Some(entry) = Fields::new(&document.files, &path, node, diagnostics) {
                match entry.get("kind").and_then(Node::as_str) {
                    Some(tls::TLS) if tls.is_none() => tls = tls::read(&entry, entry.place(), &path, diagnostics),
                    _ => components.extend(component(&entry, &path, &components, &mut later, diagnostics)),
                }
            }
        }
    }
    judge_later(&later, &components, diagnostics);
    let status = root.map("status", "status", diagnostics);
    let current_version = status.and_then(|status| status.text("currentVersion", diagnostics));
    // What lacks a name is not rendered, but everything else of it is looked at.
    let name = name.unwrap_or_else(|| Spanned { value: "registry".to_owned(), at: document.place() });
    Some(Registry { name, namespace, components, tls, bundle_secret, current_version })
}

fn component(
    entry: &Fields<'_>,
    path: &str,
    before: &[Component],
    later: &mut Vec<Later>,
    diagnostics: &mut Diagnostics,
) -> Option<Component> {
    let given = entry.required("kind", "kind: postgres", diagnostics)?;
    let managed = entry.flag("managed", diagnostics);
    let at = given.at.clone();
    let field = format!("{path}.kind");
    if LATER_KINDS.iter().any(|(name, _)| *name == given.value) {
        later.push(Later { kind: given, field, managed: managed.is_none_or(|flag| flag.value) });
        refuse_later_fields(entry, diagnostics);
        return None;
    }
    refuse_later_fields(entry, diagnostics);
    tls::refuse_secret_ref(entry, &given, diagnostics);
    let known: Vec<&str> = COMPONENTS.iter().map(|facts| facts.name).chain([tls::TLS]).collect();
    let facts = if given.value == GUIDE_STORAGE {
        // The guide's own example (3.4.2) calls it so; the API does not.
        diagnostics.push(
            Diagnostic::new(codes::COMPONENT_ALIAS, "\"storage\" is \"objectstorage\" in the API")
                .at(at.clone())
                .field(&field)
                .hint("kind: objectstorage"),
        );
        COMPONENTS.iter().find(|facts| facts.kind == Kind::ObjectStorage)
    } else {
        COMPONENTS.iter().find(|facts| facts.name == given.value)
    };
    if given.value == tls::TLS {
        let message = "tls is listed twice".to_owned();
        diagnostics.push(Diagnostic::new(codes::COMPONENT_DUPLICATE, message).at(at).field(field).hint("keep one"));
        return None;
    }
    let Some(facts) = facts else {
        // The guide's name counts here too, so that a slip in it leads to the API's.
        let names: Vec<&str> = known.iter().copied().chain([GUIDE_STORAGE]).collect();
        let hint = match nearest(&given.value, &names) {
            Some(GUIDE_STORAGE) => "the nearest is \"objectstorage\"".to_owned(),
            Some(name) => format!("the nearest is {name:?}"),
            None => format!("the kinds are {}", known.join(", ")),
        };
        let message = format!("unknown component {}", quote::word(&given.value, &names));
        diagnostics.push(Diagnostic::new(codes::COMPONENT_UNKNOWN, message).at(at).field(field).hint(hint));
        return None;
    };
    if let Some(first) = before.iter().find(|other| other.kind == facts.kind) {
        let message = format!("{} is listed twice; the first is at {}", facts.name, first.at);
        diagnostics.push(Diagnostic::new(codes::COMPONENT_DUPLICATE, message).at(at).field(field).hint("keep one"));
        return None;
    }
    if managed.is_none() && entry.get("managed").is_none() {
        entry.missing("managed", "managed: true, or managed: false where you bring your own", diagnostics);
    }
    Some(Component { kind: facts.kind, managed: managed?.value, at, field: path.to_owned() })
}

/// A component of a later operator.
struct Later {
    kind: Spanned<String>,
    field: String,
    managed: bool,
}

/// What 3.5 does with components of later operators: managed they are there anyhow, and unmanaged one is refused, save for
/// a database of a Clair that is none of ours either.
fn judge_later(later: &[Later], components: &[Component], diagnostics: &mut Diagnostics) {
    let has_own_clair = components.iter().any(|other| other.kind == Kind::Clair && !other.managed);
    let is_harmless = |entry: &&Later| entry.managed || (entry.kind.value == CLAIR_DATABASE && has_own_clair);
    let (harmless, refused): (Vec<&Later>, Vec<&Later>) = later.iter().partition(is_harmless);
    if let Some(first) = harmless.first() {
        let mut names: Vec<String> = harmless.iter().map(|entry| format!("{:?}", entry.kind.value)).collect();
        names.dedup();
        let came = if names.len() == 1 { "is a component" } else { "are components" };
        let message = format!("{} {came} of operator 3.7: 3.5 does the same without", names.join(" and "));
        let problem = Diagnostic::new(codes::COMPONENT_LATER, message).at(first.kind.at.clone());
        diagnostics.push(problem.field(first.field.clone()).hint("nothing is lost; the entries may stay or go"));
    }
    for entry in refused {
        let name = &entry.kind.value;
        let message = format!("{name:?} came with operator 3.7; release 3.5 has no such component");
        let instead = LATER_KINDS.iter().find(|(known, _)| known == name).map_or("", |(_, instead)| instead);
        let problem = Diagnostic::new(codes::COMPONENT_LATER_UNMANAGED, message).at(entry.kind.at.clone());
        diagnostics.push(problem.field(entry.field.clone()).hint(format!("remove the entry: {instead}")));
    }
}

fn refuse_later_fields(entry: &Fields<'_>, diagnostics: &mut Diagnostics) {
    if entry.get("overrides").is_some() {
        let message = "came with operator 3.6; release 3.5 has no such field".to_owned();
        let hint = "remove it: patch the rendered object with a kustomize overlay on the output";
        entry.refuse(codes::FIELD_LATER, "overrides", message, hint, diagnostics);
    }
    entry.only(&["kind", "managed", "overrides", "secretRef"], diagnostics);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_row() {
        for facts in COMPONENTS {
            assert_eq!(facts.kind.facts().name, facts.name);
            assert!(!facts.name.is_empty());
        }
        assert_eq!(COMPONENTS.len(), 8);
    }
}
