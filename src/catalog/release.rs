//! A release: its facts and its files. Both are inherited from its parent except for the differences.

use super::alerts::{self, Alerts};
use super::assemble::{Assembled, Parts, assemble, file_of};
use super::component::{self, Channel, Component, Kind, Needs, Server, Version, Versions};
use super::facts::{Later, Number, Oldest, Rules, User, number};
use super::fixed::{self, Immutable};
use super::layers::{self, Layers};
use super::memo::Memo;
use super::secret::{Key, Secret};
use super::targets::Targets;
use super::{Broken, Files, secrets, settable, typed};
use crate::object::{Map, Value};
use indexmap::IndexMap;
use minijinja::Environment;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

/// One release of the operator.
#[derive(Debug)]
pub struct Release {
    /// The name used in a RenderConfig.
    pub name: String,
    /// The name of the release that it is a version of; its own name for the newest version.
    pub family: String,
    /// The version that the operator reports.
    pub version: String,
    /// The releases that may be upgraded to this one directly, as Red Hat documents it; some are older than all that there are here.
    pub upgrades_from: Vec<String>,
    /// Other versions of the same release whose images are known, which a RenderConfig may name as well.
    pub patches: Vec<String>,
    /// The oldest cluster that it runs on.
    pub oldest: Oldest,
    /// The images by the names of their overrides (guide 7.1.5.1).
    pub images: IndexMap<String, String>,
    /// The users that images run as where the platform does not choose, by the same names.
    pub users: IndexMap<String, User>,
    /// Fields of config.yaml that are written unless the user sets them.
    pub defaults: Map,
    /// The facts that templates use, as `release.<fact>`, and that commands print.
    pub facts: Map,
    /// The facts that the compiler uses.
    pub rules: Rules,
    /// What later operators accept in a QuayRegistry.
    pub later: Later,
    /// All files of the release.
    pub files: Files,
    /// The components, in the order of their folders.
    pub components: Vec<Component>,
    /// The Secrets that pods read, in the order of their places.
    pub secrets: Vec<Secret>,
    /// All component folders of any release: those that this release lacks are not managed in it.
    pub known: BTreeSet<String>,
    /// The order in which objects are applied.
    pub layers: Layers,
    /// The changes that a cluster refuses.
    pub immutable: Arc<Immutable>,
    /// The alerts and objectives.
    pub alerts: Alerts,
    /// The files as templates, compiled once for all registries.
    pub templates: OnceLock<Result<Environment<'static>, Broken>>,
    /// What they render to, parsed once for all registries.
    pub parsed: Memo<Arc<[Value]>>,
}

/// Reads a release, or with `patch` one of its earlier versions, and checks it.
pub(super) fn read(name: &str, patch: Option<&str>, all: &Files, parts: &Parts) -> Result<Release, Broken> {
    let Assembled {
        version,
        upgrades_from,
        files,
        oldest,
        mut images,
        users,
        mut patches,
        defaults,
        facts,
        rules,
        later,
    } = assemble(name, all, parts)?;
    let (called, version) = match patch {
        Some(patch) => {
            images.extend(patches.shift_remove(patch).unwrap_or_default());
            (patch.to_owned(), patch.to_owned())
        }
        None => (name.to_owned(), version),
    };
    let (family, patches) = (name.to_owned(), patches.into_keys().collect());
    let oldest = oldest.ok_or_else(|| Broken::new(&file_of(name), "has no `oldest`, and no parent that has it"))?;
    let components = parts.components(&files)?;
    let layers: Layers = typed(&files, layers::FILE)?;
    if let Some(mistake) = layers.mistake() {
        return Err(Broken::new(layers::FILE, mistake));
    }
    for component in &components {
        if !layers.iter().any(|layer| layer.name == component.layer) {
            return Err(Broken::new(&component.file(), format!("no layer is called {:?}", component.layer)));
        }
    }
    for component in &components {
        if let Some(image) = component.images.values().find(|image| !images.contains_key(*image)) {
            return Err(Broken::new(&component.file(), format!("the release has no image {image}")));
        }
        if let Some(image) = component.images.values().find(|image| !users.contains_key(*image)) {
            return Err(Broken::new(&file_of(name), format!("`users` does not say whom {image} runs as")));
        }
    }
    settable::check(&components, &files, all)?;
    let secrets = secrets::collect(&components, &files)?;
    let known = component::folders(all).map(str::to_owned).collect();
    let immutable = Arc::new(typed(&files, fixed::FILE)?);
    let alerts = alerts::read(&files)?;
    let templates = OnceLock::new();
    Ok(Release {
        name: called,
        family,
        version,
        upgrades_from,
        patches,
        oldest,
        images,
        users,
        defaults,
        facts,
        rules,
        later,
        files,
        components,
        secrets,
        known,
        layers,
        immutable,
        alerts,
        templates,
        parsed: Memo::default(),
    })
}

impl Release {
    /// The path of the file with its facts.
    #[must_use]
    pub fn file(&self) -> String {
        file_of(&self.family)
    }

    /// The templates of a component, which render objects.
    pub fn templates<'a>(&'a self, component: &Component) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let facts = component.file();
        let files = self.files.folder(&component.name);
        files.filter(move |(path, _)| *path != facts && path.ends_with(".yaml"))
    }

    /// The names, without the registry's, of the objects of a kind that its templates render: a template's file is
    /// named by its object's kind and that name.
    pub fn rendered<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a str> {
        let prefix = format!("{}-", kind.to_ascii_lowercase());
        let paths = self.components.iter().flat_map(|component| self.templates(component)).map(|(path, _)| path);
        paths.filter_map(move |path| path.rsplit('/').next()?.strip_prefix(&prefix)?.strip_suffix(".yaml"))
    }

    /// Its number, which tables use to say what it has.
    #[must_use]
    pub fn number(&self) -> Number {
        number(&self.version).unwrap_or_default()
    }

    /// Whether a fact of the release is true: present, and neither `false` nor null.
    #[must_use]
    pub fn holds(&self, path: &[&str]) -> bool {
        !matches!(self.facts.at(path), None | Some(Value::Null | Value::Bool(false)))
    }

    /// The value of `release` in templates.
    #[must_use]
    pub fn seen(&self) -> Map {
        let mut seen = self.facts.clone();
        seen.insert("version", self.version.as_str());
        seen
    }

    /// The component in a folder.
    #[must_use]
    pub fn component(&self, name: &str) -> Option<&Component> {
        self.components.iter().find(|component| component.name == name)
    }

    /// The components that a QuayRegistry may list, in the operator's order.
    #[must_use]
    pub fn kinds(&self) -> Vec<(&str, &Kind)> {
        let kinds = self.components.iter().filter_map(|it| Some((it.name.as_str(), it.kind.as_ref()?)));
        let mut kinds: Vec<_> = kinds.collect();
        kinds.sort_by_key(|(_, kind)| kind.place);
        kinds
    }

    /// The facts of a kind.
    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.component(name)?.kind.as_ref()
    }

    /// What may be set, by its name in `spec.components` of the RenderConfig, with the component that defines it, in
    /// the order of folders.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &Targets, &Component)> {
        self.components.iter().flat_map(|component| {
            component.settings.iter().map(move |(name, targets)| (name.as_str(), targets, component))
        })
    }

    /// The APIs of a cluster that components need.
    #[must_use]
    pub fn apis(&self) -> Vec<&Needs> {
        self.kinds().into_iter().filter_map(|(_, kind)| kind.needs.as_ref()).collect()
    }

    /// A Secret that pods read, by its logical name.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&Secret> {
        self.secrets.iter().find(|secret| secret.name == name)
    }

    /// The Secrets that a user may name.
    #[must_use]
    pub fn nameable(&self) -> Vec<&str> {
        self.secrets.iter().filter(|secret| !secret.provisioned).map(|secret| secret.name.as_str()).collect()
    }

    /// The random values by name, each with its Secret, in order.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &Key, &Secret)> {
        self.secrets.iter().flat_map(|secret| secret.keys.iter().map(move |(name, key)| (name.as_str(), key, secret)))
    }

    /// A random value by name, with its Secret.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<(&Key, &Secret)> {
        self.secrets.iter().find_map(|secret| Some((secret.keys.get(name)?, secret)))
    }

    /// The names by which images are overridden.
    #[must_use]
    pub fn image_names(&self) -> Vec<&str> {
        self.images.keys().map(String::as_str).collect()
    }

    /// The names of the alerts.
    #[must_use]
    pub fn alert_names(&self) -> Vec<&str> {
        self.alerts.alerts.keys().map(String::as_str).collect()
    }

    /// The names of the objectives.
    #[must_use]
    pub fn objective_names(&self) -> Vec<&str> {
        self.alerts.objectives.keys().map(String::as_str).collect()
    }

    /// The API versions that the cluster's Kubernetes serves, by kind.
    #[must_use]
    pub fn kubernetes_versions(&self, (major, minor): (u32, u32)) -> BTreeMap<String, String> {
        let minor = if major > 1 { u32::MAX } else { minor };
        let kinds = self.versions(Server::Kubernetes).flat_map(|versions| &versions.kinds);
        let version = |rows| Some(latest(rows, minor, Channel::Standard)?.to_owned());
        kinds.filter_map(|(kind, rows)| Some((kind.clone(), version(rows)?))).collect()
    }

    /// The API version of a kind of the Gateway API; `None` if that release and channel lack it.
    #[must_use]
    pub fn gateway_version(&self, kind: &str, release: (u32, u32), channel: Channel) -> Option<&str> {
        let minor = match release {
            (0, _) => return None,
            (1, minor) => minor,
            _ => u32::MAX,
        };
        let rows = self.versions(Server::Gateway).find_map(|versions| versions.kinds.get(kind))?;
        latest(rows, minor, channel)
    }

    fn versions(&self, by: Server) -> impl Iterator<Item = &Versions> {
        let versions = self.components.iter().filter_map(|component| component.versions.as_ref());
        versions.filter(move |versions| versions.by == by)
    }
}

/// The last version available with a minor version and a channel.
fn latest(rows: &[Version], minor: u32, channel: Channel) -> Option<&str> {
    rows.iter().rfind(|row| row.from <= minor && row.channel <= channel).map(|row| row.api.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn newest() -> Arc<Release> {
        Catalog::embedded().standard().unwrap()
    }

    #[test]
    fn the_autoscaler_follows_the_cluster() {
        let release = newest();
        for (version, api) in
            [((1, 20), "autoscaling/v2beta2"), ((1, 23), "autoscaling/v2"), ((2, 0), "autoscaling/v2")]
        {
            assert_eq!(release.kubernetes_versions(version)["HorizontalPodAutoscaler"], api);
        }
    }

    #[test]
    fn a_kind_of_the_gateway_api_follows_release_and_channel() {
        let release = newest();
        let version = |kind, minor, channel| {
            let version = release.gateway_version(kind, (1, minor), channel)?;
            version.strip_prefix("gateway.networking.k8s.io/")
        };
        let (standard, experimental) = (Channel::Standard, Channel::Experimental);
        assert_eq!(version("BackendTLSPolicy", 3, standard), None);
        assert_eq!(version("BackendTLSPolicy", 3, experimental), Some("v1alpha3"));
        assert_eq!(version("BackendTLSPolicy", 4, standard), Some("v1"));
        assert_eq!(version("TLSRoute", 4, standard), None);
        assert_eq!(version("TLSRoute", 4, experimental), Some("v1alpha2"));
        assert_eq!(version("TLSRoute", 5, experimental), Some("v1"));
        assert_eq!(version("HTTPRoute", 0, standard), Some("v1"));
        assert_eq!(release.gateway_version("HTTPRoute", (0, 8), experimental), None);
    }
}
