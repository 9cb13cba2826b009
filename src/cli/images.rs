//! `quay-render show images`: every image that the registry needs, in the forms that mirroring tools and clusters read.

mod forms;
mod reference;
mod resolved;

use super::map::map;
use super::{Fatal, Outcome, print, print_lines};
use crate::model::image_mirror::{ImageMirror, Mode};
use crate::object::Value;
use crate::report::visible;
use crate::{Rendered, emit};
use clap::ValueEnum;
use reference::Reference;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use resolved::Resolved;

/// In which form images are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// Each image and what uses it; of one that is named by a tag, the command that finds its digest
    List,
    /// The commands that print each image that is named by a tag with its digest, for --resolved
    Resolve,
    /// spec.images of the RenderConfig: each image by its digest
    Pinned,
    /// ImageSetConfiguration of oc-mirror, v1alpha2
    ImagesetV1alpha2,
    /// ImageSetConfiguration of oc-mirror, v2alpha1
    ImagesetV2alpha1,
    /// The file that `skopeo sync --src yaml` reads
    SkopeoSync,
    /// Commands of `oc image mirror`
    OcImageMirror,
    /// Commands of `crane copy`
    Crane,
    /// ImageContentSourcePolicy, for OpenShift before 4.13
    Icsp,
    /// ImageDigestMirrorSet
    Idms,
    /// ImageTagMirrorSet
    Itms,
    /// registries.conf of containers
    RegistriesConf,
}

/// An image that the registry needs.
pub struct Image {
    /// Where it comes from, not from a mirror.
    pub source: Reference,
    /// What uses it.
    pub users: Vec<String>,
}

/// Prints the images of a registry.
///
/// # Errors
/// If the form needs what is not there: a mirror, or digests.
pub fn show(rendered: &Rendered, form: Form, resolved: &Resolved, as_json: bool) -> Result<Outcome, Fatal> {
    if as_json && form != Form::List {
        return Err(Fatal("--format json goes with the form list".to_owned()));
    }
    let images = all(rendered, resolved);
    let mirror = rendered.model.config.image_mirror.as_ref();
    if as_json {
        print(serde_json::to_string_pretty(&rows(&images, mirror))? + "\n")?;
        return Ok(Outcome::Done);
    }
    print_lines(match form {
        Form::List => list(&images, mirror),
        Form::Resolve => forms::resolve(&images),
        Form::Pinned => forms::pinned(rendered, resolved)?,
        Form::ImagesetV1alpha2 => forms::image_set(&images, "v1alpha2"),
        Form::ImagesetV2alpha1 => forms::image_set(&images, "v2alpha1"),
        Form::SkopeoSync => forms::skopeo_sync(&images),
        Form::OcImageMirror => forms::copies(&images, needed(mirror)?, "oc image mirror --keep-manifest-list=true"),
        Form::Crane => forms::copies(&images, needed(mirror)?, "crane copy"),
        Form::Icsp => forms::mirror_set(rendered, &images, needed_set(mirror)?, &forms::ICSP)?,
        Form::Idms => forms::mirror_set(rendered, &images, needed_set(mirror)?, &forms::IDMS)?,
        Form::Itms => forms::mirror_set(rendered, &images, needed_set(mirror)?, &forms::ITMS)?,
        Form::RegistriesConf => forms::registries_conf(&images, needed_set(mirror)?)?,
    })?;
    Ok(Outcome::Done)
}

fn needed(mirror: Option<&ImageMirror>) -> Result<&ImageMirror, Fatal> {
    mirror.ok_or_else(|| {
        Fatal("this form needs spec.imageMirror in the RenderConfig: which images are copied to where".to_owned())
    })
}

/// The mirrors, if nodes are led to them by the cluster.
fn needed_set(mirror: Option<&ImageMirror>) -> Result<&ImageMirror, Fatal> {
    let mirror = needed(mirror)?;
    if mirror.mode == Mode::Rewrite {
        return Err(Fatal(
            "spec.imageMirror.mode is rewrite: pods name the mirror themselves, and nodes need none; write mode: mirrorSet"
                .to_owned(),
        ));
    }
    Ok(mirror)
}

/// The images in the order of their names: those of containers, and those of builders where builds are on.
fn all(rendered: &Rendered, resolved: &Resolved) -> Vec<Image> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (image, users) in emit::images(&rendered.objects) {
        let source = rendered.resolved.mirrored.get(&image).cloned().unwrap_or(image);
        found.entry(source).or_default().extend(users);
    }
    for (image, user) in builders(rendered) {
        let users = found.entry(image).or_default();
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let images = found.into_iter().map(|(text, users)| Image { source: resolved.of(Reference::parse(&text)), users });
    images.collect()
}

/// Quay's own defaults, where an executor of builds names no image (`buildman/manager/executor.py`).
const VIRTUAL_MACHINE: &str = "quay.io/quay/quay-builder-qemu-fedoracoreos:stable";
/// The same for an executor that runs podman.
const PODMAN: &str = "quay.io/projectquay/quay-builder:latest";

/// The images that executors of builds start, each with its user.
fn builders(rendered: &Rendered) -> Vec<(String, String)> {
    let resolved = &rendered.resolved;
    let manager =
        resolved.config.get("BUILD_MANAGER").filter(|_| resolved.builds).and_then(|field| field.value.as_seq());
    let executors = manager.and_then(|parts| parts.get(1)?.at(&["EXECUTORS"])?.as_seq()).unwrap_or_default();
    let mut found = Vec::new();
    for (index, executor) in executors.iter().enumerate() {
        let text = |name: &str| executor.at(&[name]).and_then(Value::as_str).filter(|text| !text.is_empty());
        let worker = text("WORKER_IMAGE").zip(text("WORKER_TAG")).map(|(image, tag)| format!("{image}:{tag}"));
        let kind = text("EXECUTOR").unwrap_or_default();
        let images = match kind {
            "kubernetes" => {
                vec![Some(text("BUILDER_VM_CONTAINER_IMAGE").unwrap_or(VIRTUAL_MACHINE).to_owned()), worker]
            }
            "kubernetesPodman" => vec![Some(text("BUILDER_CONTAINER_IMAGE").unwrap_or(PODMAN).to_owned())],
            "ec2" => vec![worker],
            _ => Vec::new(),
        };
        // What is no image may be anything, a secret too.
        let images = images.into_iter().flatten().filter(|image| reference::is_image(image));
        found.extend(images.map(|image| (image, format!("BUILD_MANAGER/executor {}", index + 1))));
    }
    found
}

fn rows(images: &[Image], mirror: Option<&ImageMirror>) -> Value {
    let row = |image: &Image| {
        let text = image.source.to_string();
        let copy = mirror.and_then(|mirror| mirror.copy(&text));
        let resolve = Some(&image.source).filter(|source| source.is_loose()).and_then(Reference::resolve);
        map([
            ("image", text.into()),
            ("users", image.users.clone().into()),
            ("mirror", copy.map_or(Value::Null, Into::into)),
            ("resolve", resolve.map_or(Value::Null, Into::into)),
        ])
    };
    Value::Seq(images.iter().map(row).collect())
}

fn list(images: &[Image], mirror: Option<&ImageMirror>) -> String {
    let mut out = String::new();
    for image in images {
        let text = image.source.to_string();
        _ = writeln!(out, "{}", visible(&text));
        if let Some(copy) = mirror.and_then(|mirror| mirror.copy(&text)) {
            _ = writeln!(out, "  mirror: {}", visible(&copy));
        }
        if let Some(command) = Some(&image.source).filter(|source| source.is_loose()).and_then(Reference::resolve) {
            _ = writeln!(out, "  by a tag; its digest: {}", visible(&command));
        }
        for user in &image.users {
            _ = writeln!(out, "  {}", visible(user));
        }
    }
    out
}
