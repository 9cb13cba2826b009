//! QuayRegistry, `quay.redhat.com/v1` (guide 3.1, 3.2).

use super::Spanned;
use super::access::component as tls;
use super::declared::{GUIDE_STORAGE, TLS};
use super::document::Document;
use super::fields::Fields;
use super::overrides;
use super::settings::{self, Overrides};
use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::object::{Map, Value};
use crate::quote::{self, nearest};
use crate::yaml::Node;

/// The kinds that rules in this program refer to; everything else about them is in their component.yaml.
pub mod kind {
    /// The registry's database.
    pub const POSTGRES: &str = "postgres";
    /// The vulnerability scanner.
    pub const CLAIR: &str = "clair";
    /// Build logs and user events.
    pub const REDIS: &str = "redis";
    /// Its database, where that is a component of its own.
    pub const CLAIR_DATABASE: &str = "clairpostgres";
    /// Adjusts the number of pods to the load.
    pub const AUTOSCALER: &str = "horizontalpodautoscaler";
    /// The bucket for image layers.
    pub const OBJECT_STORAGE: &str = "objectstorage";
    /// Access from outside the cluster.
    pub const ROUTE: &str = "route";
    /// The repository mirror worker.
    pub const MIRROR: &str = "mirror";
    /// Where TLS ends, in releases where it is a component.
    pub const TLS: &str = super::TLS;
    /// Metrics, alerts and the dashboard.
    pub const MONITORING: &str = "monitoring";
}

/// One entry of `spec.components`.
pub struct Component {
    /// The kind of component.
    pub kind: String,
    /// Whether quay-render provides it.
    pub managed: bool,
    /// Where the entry stands.
    pub at: Location,
    /// Its path, `spec.components[2]`.
    pub field: String,
    /// Its overrides.
    pub overrides: Option<Overrides>,
}

/// A QuayRegistry.
pub struct Registry {
    /// `metadata.name`.
    pub name: Spanned<String>,
    /// `metadata.namespace`.
    pub namespace: Option<Spanned<String>>,
    /// `spec.components`, only those listed.
    pub components: Vec<Component>,
    /// The component `tls` of later operators.
    pub tls: Option<tls::Component>,
    /// `spec.configBundleSecret` (guide 3.5).
    pub bundle_secret: Option<Spanned<String>>,
    /// `status.currentVersion` (guide 3.6.4).
    pub current_version: Option<Spanned<String>>,
    /// What it says, word for word.
    pub written: Written,
}

/// The parts of a QuayRegistry that its user writes, with everything in them.
#[derive(Default)]
pub struct Written {
    /// `metadata.labels`.
    pub labels: Map,
    /// `metadata.annotations`.
    pub annotations: Map,
    /// `spec.components`.
    pub components: Vec<Value>,
}

impl Written {
    fn of(document: &Document) -> Self {
        let root = document.root.to_value();
        let map = |name: &str| root.at(&["metadata", name]).and_then(Value::as_map).cloned().unwrap_or_default();
        let components = root.at(&["spec", "components"]).and_then(Value::as_seq).unwrap_or_default().to_vec();
        Self { labels: map("labels"), annotations: map("annotations"), components }
    }
}

/// Reads a QuayRegistry; `None` where it has no usable name.
pub fn read(document: &Document, release: &Release, diagnostics: &mut Diagnostics) -> Option<Registry> {
    let root = Fields::root(document, "QuayRegistry", diagnostics)?;
    root.check(diagnostics);
    let (name, namespace) = root.open_map("metadata", diagnostics).map_or((None, None), |metadata| {
        let is_too_deep = root.get("spec").is_none() && metadata.get("spec").is_some();
        if is_too_deep {
            let message = "stands one level too deep: spec belongs beside metadata".to_owned();
            metadata.refuse(codes::FIELD_UNKNOWN, "spec", message, "indent it as metadata is", diagnostics);
        }
        metadata.check_but(is_too_deep.then_some("spec"), diagnostics);
        (metadata.text("name", diagnostics), metadata.text("namespace", diagnostics))
    });
    let (mut components, mut later) = (Vec::new(), Vec::new());
    let mut tls = None;
    let mut bundle_secret = None;
    if let Some(spec) = root.map("spec", diagnostics) {
        bundle_secret = spec.text("configBundleSecret", diagnostics).filter(|secret| !secret.value.is_empty());
        for entry in spec.open_maps("components", diagnostics) {
            match entry.get("kind").and_then(Node::as_str) {
                Some(TLS) if tls.is_none() => {
                    tls = tls::read(&entry, !release.rules.overrides.is_empty(), diagnostics);
                    let is_kind = release.kind(TLS).is_some();
                    let overrides = is_kind.then(|| settings::overrides(&entry, TLS, release, diagnostics)).flatten();
                    let of_tls = tls.as_ref().filter(|_| is_kind).map(as_entry);
                    components.extend(of_tls.map(|of_tls| Component { overrides, ..of_tls }));
                }
                _ => components.extend(component(&entry, release, &components, &mut later, diagnostics)),
            }
        }
    }
    judge_later(&later, &components, release, diagnostics);
    let status = root.open_map("status", diagnostics);
    let current_version = status.and_then(|status| status.text("currentVersion", diagnostics));
    // Without a name it is not rendered, but everything else is checked.
    let name = name.unwrap_or_else(|| Spanned { value: "registry".to_owned(), at: document.place() });
    let written = Written::of(document);
    Some(Registry { name, namespace, components, tls, bundle_secret, current_version, written })
}

fn component(
    entry: &Fields<'_>,
    release: &Release,
    before: &[Component],
    later: &mut Vec<Later>,
    diagnostics: &mut Diagnostics,
) -> Option<Component> {
    if entry.get("kind").is_none() {
        entry.missing("kind", diagnostics);
    }
    let given = entry.any_text("kind", diagnostics)?;
    let managed = entry.flag("managed", diagnostics);
    let at = given.at.clone();
    let field = entry.path_of("kind");
    if release.later.kinds.contains_key(&given.value) {
        let kind = given.value.clone();
        later.push(Later { kind: given, field, managed: managed.is_none_or(|flag| flag.value) });
        refuse_later_fields(entry, &kind, release, diagnostics);
        return None;
    }
    refuse_later_fields(entry, &given.value, release, diagnostics);
    tls::refuse_secret_ref(entry, &given, diagnostics);
    let kinds = release.kinds().into_iter().map(|(name, _)| name);
    let known: Vec<&str> = kinds.clone().filter(|name| *name != TLS).chain([TLS]).collect();
    let kind = if given.value == GUIDE_STORAGE {
        // The guide's own example (3.4.2) uses this name; the API does not.
        diagnostics.push(
            Diagnostic::new(codes::COMPONENT_ALIAS, "\"storage\" is \"objectstorage\" in the API")
                .at(at.clone())
                .field(&field)
                .hint("kind: objectstorage"),
        );
        Some(kind::OBJECT_STORAGE)
    } else {
        kinds.clone().find(|name| *name == given.value)
    };
    if given.value == TLS {
        let message = "tls is listed twice".to_owned();
        diagnostics.push(Diagnostic::new(codes::COMPONENT_DUPLICATE, message).at(at).field(field).hint("keep one"));
        return None;
    }
    let Some(kind) = kind else {
        // The guide's name is included, so that a typo in it leads to the API's.
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
    if let Some(first) = before.iter().find(|other| other.kind == kind) {
        let message = format!("{kind} is listed twice; the first is at {}", first.at);
        diagnostics.push(Diagnostic::new(codes::COMPONENT_DUPLICATE, message).at(at).field(field).hint("keep one"));
        return None;
    }
    if managed.is_none() && entry.get("managed").is_none() {
        entry.missing("managed", diagnostics);
    }
    let takes = !release.rules.overrides.is_empty();
    let overrides = takes.then(|| settings::overrides(entry, kind, release, diagnostics)).flatten();
    let (managed, field) = (managed?.value, entry.path().to_owned());
    Some(Component { kind: kind.to_owned(), managed, at, field, overrides })
}

/// The field that holds overrides.
const OVERRIDES: &str = "overrides";

/// The component `tls` as an entry of the list, for a release that has it.
fn as_entry(tls: &tls::Component) -> Component {
    let (at, field) = (tls.at.clone(), tls.field.clone());
    Component { kind: TLS.to_owned(), managed: tls.managed, at, field, overrides: None }
}

/// A component of a later operator than the release.
struct Later {
    kind: Spanned<String>,
    field: String,
    managed: bool,
}

/// Reports components of later operators: managed ones are there in any case; an unmanaged one is refused, unless it is
/// part of another component that is unmanaged too.
fn judge_later(later: &[Later], components: &[Component], release: &Release, diagnostics: &mut Diagnostics) {
    let known = |entry: &Later| release.later.kinds.get(&entry.kind.value);
    let is_unmanaged = |kind: &str| components.iter().any(|other| other.kind == kind && !other.managed);
    let is_harmless =
        |entry: &&Later| entry.managed || known(entry).and_then(|kind| kind.of.as_deref()).is_some_and(is_unmanaged);
    let (harmless, refused): (Vec<&Later>, Vec<&Later>) = later.iter().partition(is_harmless);
    if let Some((first, kind)) = harmless.first().and_then(|first| Some((first, known(first)?))) {
        let mut names: Vec<String> = harmless.iter().map(|entry| format!("{:?}", entry.kind.value)).collect();
        names.dedup();
        let came = if names.len() == 1 { "is a component" } else { "are components" };
        let (names, since, here) = (names.join(" and "), &kind.since, &release.name);
        let message = format!("{names} {came} of operator {since}: {here} does the same without");
        let problem = Diagnostic::new(codes::COMPONENT_LATER, message).at(first.kind.at.clone());
        diagnostics.push(problem.field(first.field.clone()).hint("nothing is lost; the entries may stay or go"));
    }
    for (entry, kind) in refused.into_iter().filter_map(|entry| Some((entry, known(entry)?))) {
        let (name, since, here) = (&entry.kind.value, &kind.since, &release.name);
        let message = format!("{name:?} came with operator {since}; release {here} has no such component");
        let problem = Diagnostic::new(codes::COMPONENT_LATER_UNMANAGED, message).at(entry.kind.at.clone());
        diagnostics.push(problem.field(entry.field.clone()).hint(format!("remove the entry: {}", kind.instead)));
    }
}

fn refuse_later_fields(entry: &Fields<'_>, kind: &str, release: &Release, diagnostics: &mut Diagnostics) {
    for (name, field) in release.later.fields.iter().filter(|(name, _)| entry.get(name).is_some()) {
        let message = format!("came with operator {}; release {} has no such field", field.since, release.name);
        let settings = if name == OVERRIDES { overrides::as_settings(entry, kind, release, None) } else { None };
        let settings = settings.map(|text| format!("\n{text}")).unwrap_or_default();
        let hint = format!("remove it: {}{settings}", field.instead);
        entry.refuse(codes::FIELD_LATER, name, message, &hint, diagnostics);
    }
    let overrides = (!release.rules.overrides.is_empty()).then_some(OVERRIDES);
    entry.only_but(release.later.fields.keys().map(String::as_str).chain(overrides), diagnostics);
}
