//! Applies the settings of components to their rendered objects: `components/kubernetes/settings.tsv` and `settings` of
//! each `component.yaml` say where.
//!
//! The order is: the shape, the profile, `spec.pods`, `spec.components.<name>`, each merged as in Kubernetes, and last
//! the overrides of the QuayRegistry. Values that contradict what the compiler relies on are errors.

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

/// One setting of a component: where it is written, and its merged value.
pub struct Laid<'a> {
    /// The component, by its name in `spec.components`.
    pub component: &'a str,
    pub setting: &'static Setting,
    /// Its merged value.
    pub value: Value,
    /// Where it is written; the last one wins.
    pub given: Vec<&'a Given>,
}

/// The settings of a shape, each with its component.
#[must_use]
pub fn of_shape(shape: &str, registry: &str) -> Vec<(&'static str, Given)> {
    let rows = shapes::rows().iter().filter(|row| row.shape == shape);
    rows.map(|row| (row.component, Given::of_shape(row, registry))).collect()
}

/// All settings of all components that have a value, in the order of the tables.
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

/// Applies all settings to the objects of a registry. Problems have the location of the setting; settings for a
/// component that is not rendered are a warning.
pub fn apply(
    objects: &mut Vec<Object>,
    release: &Release,
    registry: &str,
    shape: &str,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) {
    for name in lay_all(objects, release, registry, shape, settings, diagnostics) {
        unused(name, settings, diagnostics);
    }
}

/// Applies the settings of those components that are rendered, where the objects of all others are made by somebody else.
pub fn apply_to_rendered(
    objects: &mut Vec<Object>,
    release: &Release,
    registry: &str,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) {
    let _others = lay_all(objects, release, registry, "", settings, diagnostics);
}

/// Applies all settings of the components that are rendered; returns the names of the others.
fn lay_all<'r>(
    objects: &mut Vec<Object>,
    release: &'r Release,
    registry: &str,
    shape: &str,
    settings: &Settings,
    diagnostics: &mut Diagnostics,
) -> Vec<&'r str> {
    let shape = of_shape(shape, registry);
    let laid = laid(release, &shape, settings);
    let mut others = Vec::new();
    // The Namespace of an operator is not the registry's.
    let (own, installs): (Vec<Object>, Vec<Object>) =
        std::mem::take(objects).into_iter().partition(|object| !object.installs_operator());
    *objects = own;
    for (name, targets, component) in release.settings() {
        let own: Vec<&Laid<'_>> = laid.iter().filter(|laid| laid.component == name).collect();
        if targets::is_rendered(objects, targets, registry) {
            // All are checked before any is applied, so that none contradicts another.
            let mut conflicts = Conflicts { registry, targets, diagnostics: &mut *diagnostics };
            let free: Vec<bool> = own.iter().map(|laid| conflicts.before(objects, &own, laid)).collect();
            for (laid, _) in own.iter().zip(free).filter(|(_, is_free)| *is_free) {
                lay::setting(objects, registry, targets, laid);
            }
            account::make(objects, registry, &component.name, targets, &own, diagnostics);
            Conflicts { registry, targets, diagnostics: &mut *diagnostics }.after(objects, &own);
        } else {
            others.push(name);
        }
    }
    objects.extend(installs);
    others
}

/// Whether an object is one of those that a component's settings apply to.
#[must_use]
pub fn is_of(object: &Object, targets: &Targets, registry: &str) -> bool {
    targets::is_rendered(std::slice::from_ref(object), targets, registry)
}

/// Warns of settings for a component that is not rendered.
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

/// The autoscaler of a component among some objects, if there is one.
fn autoscaler<'a>(objects: &'a [Object], registry: &str, targets: &Targets) -> Option<&'a Object> {
    let name = targets.autoscaler.as_deref()?;
    objects.iter().find(|object| targets::is(object, "HorizontalPodAutoscaler", name, registry))
}

/// The setting with that name among those of a component.
fn find<'a>(own: &'a [&Laid<'_>], name: &str) -> Option<&'a Laid<'a>> {
    own.iter().copied().find(|laid| laid.setting.name == name)
}

/// Where the settings of a table apply, in words: `Deployment quay-app: spec.replicas`.
#[must_use]
pub fn places(targets: &Targets, setting: &'static Setting) -> Vec<String> {
    let landings = setting.places.iter().flat_map(|place| targets::landings(targets, place));
    let shown = |Landing { kind, name, paths }: Landing<'_>| {
        let space = if name.is_empty() { "" } else { " " };
        format!("{kind}{space}{name}: {}", paths.join(", "))
    };
    landings.map(shown).collect()
}
