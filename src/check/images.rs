//! Image overrides: with a digest, or not at all (guide 7.1.5).

use super::components::{Choice, has_clair_database, managed};
use super::database_upgrade::Moves;
use super::image_names::{has_digest, has_tag, no_image, note_host, report};
use crate::catalog::Release;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::model::image_mirror::{ImageMirror, Mirror, Mode};
use crate::model::registry::kind;
use crate::model::{Model, Spanned};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The images of a registry.
pub struct Images {
    /// The image for each name: the override, else the release's.
    pub named: BTreeMap<String, String>,
    /// Those of exporters.
    pub exporters: Exporters,
    /// What databases take over, with the images of their former servers.
    pub moves: Moves,
    /// The source of each that is named as its mirror has it.
    pub sources: BTreeMap<String, String>,
}

/// The images of exporters; nothing for one whose server is not the registry's.
#[derive(Clone, Default, Serialize)]
pub struct Exporters {
    /// That of Quay's database.
    pub postgres: Option<String>,
    /// That of Clair's database.
    pub clair_postgres: Option<String>,
    /// That of Redis.
    pub redis: Option<String>,
}

impl Exporters {
    fn all(&mut self) -> impl Iterator<Item = &mut String> {
        [&mut self.postgres, &mut self.clair_postgres, &mut self.redis].into_iter().flatten()
    }
}

/// Chooses the images, and names them as their mirrors have them where that is asked for.
pub fn choose(model: &Model, components: &[Choice], mut moves: Moves, diagnostics: &mut Diagnostics) -> Images {
    let mut named = wanted(model, components, diagnostics);
    let mut exporters = exporters(model, components, diagnostics);
    let mut sources = BTreeMap::new();
    if let Some(mirror) = &model.config.image_mirror {
        let used = named.iter().filter(|(name, _)| is_used(name, &model.release, components)).map(|(_, image)| image);
        let used: Vec<&String> = used.chain(exporters.all().chain(moves.images()).map(|image| &*image)).collect();
        note_mirrors(mirror, &used, diagnostics);
        let all = named.values_mut().chain(exporters.all()).chain(moves.images());
        for image in all.filter(|_| mirror.mode == Mode::Rewrite) {
            let Some(copy) = mirror.copy(image) else { continue };
            sources.insert(copy.clone(), std::mem::replace(image, copy));
        }
    }
    Images { named, exporters, moves, sources }
}

/// The images of exporters that have something to ask.
fn exporters(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> Exporters {
    if model.config.operator.is_some() || !model.config.is_production() || !managed(components, kind::MONITORING) {
        // The whole of spec.monitoring is not used then, which is said once.
        return Exporters::default();
    }
    let has_database = managed(components, kind::POSTGRES);
    let has_clair_database = has_clair_database(&model.release, components);
    let mut image = |given: &Option<Spanned<String>>, name: &str, is_used: bool, server: &str| {
        exporter(given.as_ref()?, &format!("spec.monitoring.exporters.{name}"), is_used, server, diagnostics)
    };
    let set = &model.config.monitoring.exporters;
    let postgres = image(&set.postgres, "postgres", has_database || has_clair_database, "database");
    Exporters {
        clair_postgres: postgres.clone().filter(|_| has_clair_database),
        postgres: postgres.filter(|_| has_database),
        redis: image(&set.redis, "redis", managed(components, kind::REDIS), "Redis"),
    }
}

fn exporter(
    image: &Spanned<String>,
    field: &str,
    is_used: bool,
    server: &str,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    if !has_digest(&image.value) {
        diagnostics.push(no_image(image, field));
        return None;
    }
    if !is_used {
        let message = format!("is not used: no {server} here is managed, and one of yours is yours to watch");
        diagnostics.push(report(codes::SETTING_UNUSED, image, field, message).hint("take it out"));
        return None;
    }
    note_host(image, field, diagnostics);
    Some(image.value.clone())
}

/// Warns of images that no mirror has, and of mirrors that are for no image.
fn note_mirrors(mirror: &ImageMirror, images: &[&String], diagnostics: &mut Diagnostics) {
    let is_copy = |image: &str| mirror.mirrors.iter().any(|entry| image.starts_with(&entry.mirror));
    let missed: BTreeSet<&str> = images
        .iter()
        .map(|image| image.as_str())
        .filter(|image| mirror.entry(image).is_none() && !is_copy(image))
        .collect();
    if !missed.is_empty() {
        let missed: Vec<&str> = missed.into_iter().collect();
        let message = format!("nothing here is for {}: nodes fetch it from there", missed.join(", "));
        let problem = Diagnostic::new(codes::IMAGE_MIRROR, message).at(mirror.at.clone());
        diagnostics.push(
            problem.field("spec.imageMirror.mirrors").hint("add its host as a source, where nodes do not reach it"),
        );
    }
    let is_idle = |entry: &&Mirror| {
        let is_own = |own: &Mirror| own.source.value == entry.source.value;
        !images.iter().any(|image| mirror.entry(image).is_some_and(is_own))
    };
    for entry in mirror.mirrors.iter().filter(is_idle) {
        let message = format!("no image of this registry begins with {}", entry.source.value);
        let problem = Diagnostic::new(codes::IMAGE_MIRROR, message).at(entry.source.at.clone());
        let hint = "`quay-render show images` lists the images; a source ends where a part of a name does";
        diagnostics.push(problem.field("spec.imageMirror.mirrors").hint(hint));
    }
}

/// The image for each name, as its source has it.
fn wanted(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
    let tags = model.release.rules.image_tags;
    let is_image = |text: &str| has_digest(text) || (tags && has_tag(text));
    let mut images = BTreeMap::new();
    for (name, image) in &model.release.images {
        let mut image = image.clone();
        if let Some(wanted) = model.config.images.get(name) {
            let is_image = is_image(&wanted.value);
            if is_image && !is_used(name, &model.release, components) {
                let message = "no component of this registry uses this image";
                diagnostics.push(report(codes::IMAGE_UNUSED, wanted, &field_of(name), message));
            } else if is_image {
                image.clone_from(&wanted.value);
                note_host(wanted, &field_of(name), diagnostics);
            } else {
                diagnostics.push(no_image(wanted, &field_of(name)));
            }
        }
        images.insert(name.clone(), image);
    }
    // Names of other releases. Those from the environment are ignored: nobody wrote them for this registry.
    let foreign = model.config.images.iter().filter(|(name, _)| !model.release.images.contains_key(*name));
    for (name, wanted) in foreign.filter(|(_, wanted)| wanted.at.line > 0 && !is_image(&wanted.value)) {
        diagnostics.push(no_image(wanted, &field_of(name)));
    }
    let is_loose = |(name, image): &(&String, &String)| !has_digest(image) && is_used(name, &model.release, components);
    let loose: Vec<&str> = images.iter().filter(is_loose).map(|(name, _)| name.as_str()).collect();
    // The operator has its own images; those of the release stand for them.
    let is_own = |name: &&&str| model.config.operator.is_none() || model.config.images.contains_key(**name);
    let loose: Vec<&str> = loose.iter().filter(is_own).copied().collect();
    if let Some(first) = loose.first() {
        let message = format!("{} {} named by a tag", loose.join(", "), if loose.len() == 1 { "is" } else { "are" });
        diagnostics.push(
            Diagnostic::new(codes::IMAGE_TAG, message)
                .at(model.config.images.get(*first).map_or(&model.config.at, |image| &image.at).clone())
                .field("spec.images")
                .hint("repository@sha256:<64 hex digits>: a tag may be another image tomorrow, and no build would show it"),
        );
    }
    images
}

/// The field of an image by its name.
fn field_of(name: &str) -> String {
    format!("spec.images.{name}")
}

/// Whether a component of the registry, or one that is always there, uses an image.
pub fn is_used(name: &str, release: &Release, components: &[Choice]) -> bool {
    let users = release.components.iter().filter(|component| component.images.values().any(|image| image == name));
    users.into_iter().any(|component| component.kind.is_none() || managed(components, &component.name))
}
