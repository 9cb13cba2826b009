//! What is set of components, laid on their rendered objects: a setting lands where `components/kubernetes/settings.tsv` and
//! the `settings` of each `component.yaml` say.
//!
//! What the shape says is laid first, the profile over it, then `spec.pods` and `spec.components.<name>`, each value as
//! Kubernetes merges it, and at last what the QuayRegistry overrides. What contradicts what the compiler relies on is an error.

mod account;
mod conflicts;
mod current;
mod lay;
mod overrides;
mod targets;

pub use overrides::apply as apply_overrides;

use crate::catalog::{Release, Targets};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::kubernetes::settings::Setting;
use crate::kubernetes::shapes;
use crate::model::settings::{Given, Settings};
use crate::object::{Object, Value};
use conflicts::Conflicts;
use targets::Landing;

pub use current::{Current, current};

/// One setting of a component: what was written for it, and what comes of it.
pub struct Laid<'a> {
    /// The component, by its name in `spec.components`.
    pub component: &'a str,
    pub setting: &'static Setting,
    /// Its value, all together.
    pub value: Value,
    /// What it was written in; the last wins.
    pub given: Vec<&'a Given>,
}

/// What a shape says, each with its component.
#[must_use]
pub fn of_shape(shape: &str, registry: &str) -> Vec<(&'static str, Given)> {
    let rows = shapes::rows().iter().filter(|row| row.shape == shape);
    rows.map(|row| (row.component, Given::of_shape(row, registry))).collect()
}

/// Every setting of every component that is set, in the order of the tables.
#[must_use]
pub fn laid<'a>(release: &'a Release, shape: &'a [(&str, Given)], settings: &'a Settings) -> Vec<Laid<'a>> {
    let mut found = Vec::new();
    for (name, targets, _) in release.settings() {
        for setting in targets.settings() {
            let of_shape = shape.iter().filter(|(component, _)| *component == name).map(|(_, given)| given);
            let given: Vec<&Given> =
                of_shape.chain(settings.of(name)).filter(|given| given.setting.name == setting.name).collect();
            let value = Given::all_together(given.iter().copied());
            found.extend(value.map(|value| Laid { component: name, setting, value, given }));
        }
    }
    found
}

/// Lays all settings on the objects of a registry. A problem is one with the place of what was written; one of a component
/// that is not rendered is a warning.
pub fn apply(
    objects: &mut Vec<Object>,
    release: &Release,
    registry: &str,
    shape: &str,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) {
    let shape = of_shape(shape, registry);
    let laid = laid(release, &shape, settings);
    for (name, targets, component) in release.settings() {
        let own: Vec<&Laid<'_>> = laid.iter().filter(|laid| laid.component == name).collect();
        if targets::is_rendered(objects, targets, registry) {
            // All are looked at before any is laid: none contradicts another one.
            let mut conflicts = Conflicts { registry, targets, diagnostics: &mut *diagnostics };
            let free: Vec<bool> = own.iter().map(|laid| conflicts.before(objects, &own, laid)).collect();
            for (laid, _) in own.iter().zip(free).filter(|(_, is_free)| *is_free) {
                lay::setting(objects, registry, targets, laid);
            }
            account::make(objects, registry, &component.name, targets, &own, diagnostics);
            Conflicts { registry, targets, diagnostics: &mut *diagnostics }.after(objects, &own);
        } else {
            unused(name, settings, diagnostics);
        }
    }
}

/// Whether an object is one of those on which settings of a component land.
#[must_use]
pub fn is_of(object: &Object, targets: &Targets, registry: &str) -> bool {
    targets::is_rendered(std::slice::from_ref(object), targets, registry)
}

/// Settings of a component that is not rendered.
fn unused(name: &str, settings: &Settings, diagnostics: &mut Diagnostics) {
    let component = settings.own.components.iter().find(|component| component.name == name);
    if let Some(component) = component.filter(|component| !component.given.is_empty()) {
        diagnostics.push(
            Diagnostic::new(codes::SETTING_UNUSED, "is not used: the component is not rendered")
                .at(component.at.clone())
                .field(format!("spec.components.{name}"))
                .hint("take it out; or have the component rendered: show components says why it is not"),
        );
    }
}

/// Whether a component has an autoscaler among some objects.
fn autoscaler<'a>(objects: &'a [Object], registry: &str, targets: &Targets) -> Option<&'a Object> {
    let name = targets.autoscaler.as_deref()?;
    objects.iter().find(|object| targets::is(object, "HorizontalPodAutoscaler", name, registry))
}

/// The setting of that name among those of a component.
fn find<'a>(own: &'a [&Laid<'_>], name: &str) -> Option<&'a Laid<'a>> {
    own.iter().copied().find(|laid| laid.setting.name == name)
}

/// Where the settings of a table land, in words: `Deployment quay-app: spec.replicas`.
#[must_use]
pub fn places(targets: &Targets, setting: &'static Setting) -> Vec<String> {
    let landings = setting.places.iter().flat_map(|place| targets::landings(targets, place));
    let shown = |Landing { kind, name, paths }: Landing<'_>| {
        let space = if name.is_empty() { "" } else { " " };
        format!("{kind}{space}{name}: {}", paths.join(", "))
    };
    landings.map(shown).collect()
}
