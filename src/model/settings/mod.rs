//! `spec.components` and `spec.pods` of the RenderConfig: the settings of each component, and of all pods.

mod check;
pub(super) mod extent;
mod profile;

use super::fields::Fields;
use super::lacking;
use super::overrides;
use crate::catalog::{Release, number};
use crate::diagnostic::{Diagnostics, Location, codes};
use crate::input::Profile;
use crate::kubernetes::settings::{self as known, Setting};
use crate::kubernetes::shapes::Row;
use crate::kubernetes::{Form, merge};
use crate::object::Value;
use crate::yaml::{Data, Node, Pos};
use check::Check;
use std::collections::BTreeMap;

/// All settings.
#[derive(Default)]
pub struct Settings {
    /// `spec.profile`, which is applied first.
    pub profile: Layer,
    /// The settings of the RenderConfig itself.
    pub own: Layer,
}

/// The settings of one document.
#[derive(Default)]
pub struct Layer {
    /// `spec.pods`: for every component.
    pub pods: Vec<Given>,
    /// `spec.components`: for each component.
    pub components: Vec<Component>,
}

/// The settings of one component.
pub struct Component {
    /// Its name in `spec.components`.
    pub name: String,
    /// Where it is in the input.
    pub at: Location,
    pub given: Vec<Given>,
}

/// One setting, as written.
pub struct Given {
    pub setting: &'static Setting,
    pub value: Value,
    /// The path of its field.
    pub field: String,
    /// The location of its value.
    pub at: Location,
    /// The location of each key and item below it, by relative path: `[0].name`.
    places: BTreeMap<String, Location>,
    pub setter: Setter,
}

/// Who made a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setter {
    /// The program: the shape of the output or one of its profiles. Applies to long-running pods, not to Jobs.
    Program,
    /// The user.
    User,
}

impl Given {
    /// A setting from the shape of the output.
    #[must_use]
    pub fn of_shape(row: &Row, registry: &str) -> Self {
        Self {
            setting: row.setting,
            value: row.value(registry),
            field: "spec.shape".to_owned(),
            at: Location::file(format!("shape {} ({})", row.shape, row.source)),
            places: BTreeMap::new(),
            setter: Setter::Program,
        }
    }

    /// The merged value of several settings of one name, each over the previous; `None` if there are none.
    pub fn all_together<'a>(given: impl IntoIterator<Item = &'a Self>) -> Option<Value> {
        let lay = |below, given: &Self| Some(merge(below, given.value.clone(), given.setting.kind));
        given.into_iter().fold(None, lay)
    }

    /// The location of the value at a path below it; its own if there is none.
    #[must_use]
    pub fn place(&self, path: &str) -> Location {
        self.places.get(path).unwrap_or(&self.at).clone()
    }

    /// The locations of its values, one for each file it was read from.
    #[must_use]
    pub fn files(&self) -> Vec<&Location> {
        let mut found: Vec<&Location> = vec![&self.at];
        for place in self.places.values() {
            if found.iter().all(|known| known.file != place.file) {
                found.push(place);
            }
        }
        found
    }
}

/// Reads all settings, and checks them for the cluster's Kubernetes version; `profiles` are the named profile files.
pub fn read(
    spec: &Fields<'_>,
    release: &Release,
    version: (u32, u32),
    profiles: &[Profile],
    diagnostics: &mut Diagnostics,
) -> Settings {
    let profile = profile::read(spec, release, version, profiles, diagnostics);
    let own = Layer::read(spec, release, version, Setter::User, diagnostics);
    // Problems with the map itself have been reported.
    if let Some(map) = spec.open_map("components", &mut Diagnostics::new()) {
        lacking::warn_of_members(&map, "such component", release, names, diagnostics);
    }
    Settings { profile, own }
}

/// The components of a release that have settings.
fn names(release: &Release) -> Vec<&str> {
    release.settings().map(|(name, ..)| name).collect()
}

impl Settings {
    /// The settings for a component, those of all pods before its own.
    pub fn of<'a>(&'a self, component: &'a str) -> impl Iterator<Item = &'a Given> {
        self.layers().into_iter().flat_map(move |layer| layer.pods.iter().chain(layer.of(component)))
    }

    /// The merged value of a setting of a component; `None` if nobody sets it.
    #[must_use]
    pub fn value(&self, component: &str, name: &str) -> Option<Value> {
        Given::all_together(self.of(component).filter(|given| given.setting.name == name))
    }

    /// Its layers; each is merged over the previous one.
    #[must_use]
    pub fn layers(&self) -> [&Layer; 2] {
        [&self.profile, &self.own]
    }
}

impl Layer {
    fn read(
        spec: &Fields<'_>,
        release: &Release,
        version: (u32, u32),
        setter: Setter,
        diagnostics: &mut Diagnostics,
    ) -> Self {
        let of_pods: Vec<&'static Setting> = known::settings().iter().filter(|setting| setting.is_of_pods).collect();
        let pods = spec.open_map("pods", diagnostics);
        let pods = pods.map(|map| given(&map, &of_pods, version, setter, diagnostics)).unwrap_or_default();
        let mut components = Vec::new();
        if let Some(map) = spec.map("components", diagnostics) {
            for (name, targets, _) in release.settings() {
                if let Some(fields) = map.open_map(name, diagnostics) {
                    let given = given(&fields, &targets.settings(), version, setter, diagnostics);
                    components.push(Component { name: name.to_owned(), at: fields.place(), given });
                }
            }
        }
        Self { pods, components }
    }

    fn given_mut(&mut self) -> impl Iterator<Item = &mut Given> {
        self.pods.iter_mut().chain(self.components.iter_mut().flat_map(|component| &mut component.given))
    }

    /// The settings for this component alone.
    pub fn of<'a>(&'a self, component: &str) -> &'a [Given] {
        let found = self.components.iter().find(|known| known.name == component);
        found.map(|component| component.given.as_slice()).unwrap_or_default()
    }
}

fn given(
    map: &Fields<'_>,
    settings: &[&'static Setting],
    version: (u32, u32),
    setter: Setter,
    diagnostics: &mut Diagnostics,
) -> Vec<Given> {
    let mut found = Vec::new();
    if !extent::may_be_set(map, diagnostics) {
        return found;
    }
    let names: Vec<&str> = settings.iter().map(|setting| setting.name).collect();
    map.only(&names, diagnostics);
    for setting in settings {
        let Some(node) = map.get(setting.name) else { continue };
        found.extend(one(map, node, (setting.name, setting), version, setter, diagnostics));
    }
    found
}

/// Reads one setting; `None` if it is wrong, which is reported.
fn one(
    map: &Fields<'_>,
    node: &Node,
    (name, setting): (&str, &'static Setting),
    version: (u32, u32),
    setter: Setter,
    diagnostics: &mut Diagnostics,
) -> Option<Given> {
    let (field, locate) = (map.path_of(name), |pos| map.location(pos));
    let mut check = Check { locate: &locate, version, diagnostics, is_right: true };
    check.setting(node, setting, &field).then(|| {
        let mut places = BTreeMap::new();
        note(node, "", &locate, &mut places);
        Given { setting, value: node.to_value(), field, at: locate(node.pos), places, setter }
    })
}

/// The overrides of a component in a QuayRegistry.
#[derive(Default)]
pub struct Overrides {
    /// The values to set, each replacing what is there.
    pub given: Vec<Override>,
    /// The fields that the operator of that release accepts and ignores.
    pub idle: Vec<Idle>,
}

/// One override.
pub struct Override {
    /// The components whose objects it changes, by the names of their settings.
    pub on: Vec<String>,
    /// The setting to apply.
    pub given: Given,
}

/// An override without effect.
pub struct Idle {
    /// Its path.
    pub field: String,
    /// Where it is in the input.
    pub at: Location,
    /// Why it has no effect.
    pub why: String,
    /// What to do.
    pub hint: String,
    /// Whether the operator knows it, so that it counts as an override.
    pub is_known: bool,
}

/// Reads the overrides of a component of a kind; `None` if there are none.
pub fn overrides(
    entry: &Fields<'_>,
    kind: &str,
    release: &Release,
    diagnostics: &mut Diagnostics,
) -> Option<Overrides> {
    if entry.get(OVERRIDES).is_some_and(is_blank) {
        say_blank(entry, OVERRIDES, diagnostics);
        return None;
    }
    let map = entry.open_map(OVERRIDES, diagnostics)?;
    let mut found = Overrides::default();
    if !extent::may_be_set(&map, diagnostics) {
        return Some(found);
    }
    let known: Vec<&str> = release.rules.overrides.keys().map(String::as_str).collect();
    map.only(&known, diagnostics);
    for (name, taken) in &release.rules.overrides {
        let Some(node) = map.get(name) else { continue };
        let (field, at) = (map.path_of(name), map.location(node.pos));
        let takes_text = known::find_override(kind, name).is_none_or(|setting| setting.kind.form() == Form::Text);
        if is_blank(node) && !takes_text {
            say_blank(&map, name, diagnostics);
            continue;
        }
        if let Some(since) = &taken.since {
            let came = match number(since) {
                Some(_) => format!("came with operator {since}"),
                None => "is of an operator that is not published yet".to_owned(),
            };
            let why = format!("{came}: that of {} does nothing with it", release.name);
            let settings = overrides::as_settings(entry, kind, release, Some(name));
            let hint = settings.map_or_else(
                || "take it out".to_owned(),
                |text| format!("take it out: spec.components of the RenderConfig says the same\n{text}"),
            );
            found.idle.push(Idle { field, at, why, hint, is_known: false });
            continue;
        }
        let is_one = |kinds: &[String]| kinds.iter().any(|known| known == kind);
        if !is_one(&taken.of) {
            if taken.idle || is_one(&taken.idle_of) {
                let why = format!("the operator takes it of {kind}, and does nothing with it");
                found.idle.push(Idle { field, at, why, hint: "take it out".to_owned(), is_known: true });
            } else {
                let message =
                    format!("{kind} does not support {name} overrides; these do: {}", listed_kinds(&taken.of));
                map.refuse(codes::OVERRIDE_UNSUPPORTED, name, message, "take it out", diagnostics);
            }
            continue;
        }
        let own = [kind.to_owned()];
        let on = taken.laid_on.get(kind).map_or(own.as_slice(), Vec::as_slice);
        let Some(setting) = on.first().and_then(|first| known::find_override(first, name)) else { continue };
        let given = one(&map, node, (name, setting), ANY, Setter::User, diagnostics);
        found.given.extend(given.map(|given| Override { on: on.to_vec(), given }));
    }
    Some(found)
}

/// The field of a component that holds overrides.
const OVERRIDES: &str = "overrides";

/// Whether a value is an empty text where something else is expected, as templates write for a missing value.
fn is_blank(node: &Node) -> bool {
    node.as_str() == Some("")
}

fn say_blank(map: &Fields<'_>, name: &str, diagnostics: &mut Diagnostics) {
    let message = "is an empty text, which an API server refuses here: it counts as not given".to_owned();
    map.refuse(codes::OVERRIDE_IDLE, name, message, "take it out", diagnostics);
}

/// The operator does not check which fields a cluster has.
const ANY: (u32, u32) = (1, u32::MAX);

fn listed_kinds(kinds: &[String]) -> String {
    kinds.join(", ")
}

impl Given {
    /// The same value for another setting of its form.
    #[must_use]
    pub fn of(&self, setting: &'static Setting) -> Self {
        Self { setting, places: self.places.clone(), ..self.with(self.value.clone()) }
    }

    /// The same setting with another value.
    #[must_use]
    pub fn with(&self, value: Value) -> Self {
        let (field, at) = (self.field.clone(), self.at.clone());
        Self { setting: self.setting, value, field, at, places: BTreeMap::new(), setter: Setter::User }
    }
}

/// Records the location of everything below a node.
pub(in crate::model) fn note(
    node: &Node,
    path: &str,
    locate: &dyn Fn(Pos) -> Location,
    places: &mut BTreeMap<String, Location>,
) {
    match &node.data {
        Data::Map(entries) => {
            for entry in entries {
                let path = format!("{path}.{}", entry.key);
                places.insert(path.clone(), locate(entry.value.pos));
                note(&entry.value, &path, locate, places);
            }
        }
        Data::Seq(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                places.insert(path.clone(), locate(item.pos));
                note(item, &path, locate, places);
            }
        }
        _ => {}
    }
}
