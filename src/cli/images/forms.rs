//! The forms in which images are printed, each as the published types of its tool have it.

use super::super::Fatal;
use super::super::map::map;
use super::reference::Reference;
use super::{Image, Resolved};
use crate::check::images::is_used;
use crate::model::image_mirror::{ImageMirror, Mirror};
use crate::object::{Map, Value};
use crate::report::visible;
use crate::{Rendered, yaml};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Commands that print each image that a tag names, a blank, and its digest.
pub fn resolve(images: &[Image]) -> String {
    let mut out = String::from("# Prints each image that is named by a tag, and its digest: for --resolved.\n");
    let loose: Vec<&Image> = images.iter().filter(|image| image.source.is_loose()).collect();
    if loose.is_empty() {
        out.push_str("# No image is named by a tag.\n");
    }
    for Image { source, .. } in loose {
        _ = match source.resolve() {
            Some(command) => writeln!(out, "printf '%s %s\\n' {source} \"$({command})\""),
            None => writeln!(out, "{}", no_image(source)),
        };
    }
    out
}

/// The line in a script for what no command is made of.
fn no_image(source: &Reference) -> String {
    format!("# not the name of an image: {}", visible(&source.to_string()))
}

/// `spec.images` with each image of the registry by its digest.
///
/// # Errors
/// If the digest of one is not known.
pub fn pinned(rendered: &Rendered, resolved: &Resolved) -> Result<String, Fatal> {
    let own = &rendered.resolved;
    let mut images = Map::new();
    let mut loose = Vec::new();
    for (name, image) in own.images.iter().filter(|(name, _)| is_used(name, &own.release, &own.components)) {
        let source = own.mirrored.get(image).unwrap_or(image);
        let found = resolved.of(Reference::parse(source));
        if found.is_loose() {
            loose.push(found.to_string());
        }
        images.insert(name.as_str(), found.to_string());
    }
    if !loose.is_empty() {
        return Err(Fatal(format!(
            "the digest is not known of {}: run the commands of --form resolve, and give what they print with --resolved",
            loose.join(", ")
        )));
    }
    let text = yaml::emit(&map([("images", images.into())]));
    let lines: String = text.lines().map(|line| format!("  {line}\n")).collect();
    Ok(format!("  # Below spec of the RenderConfig.\n{lines}"))
}

/// What oc-mirror reads: `additionalImages` of an ImageSetConfiguration.
pub fn image_set(images: &[Image], version: &str) -> String {
    let image = |image: &Image| map([("name", image.source.exact().to_string().into())]);
    let mut root = Map::new();
    root.insert("kind", "ImageSetConfiguration");
    root.insert("apiVersion", format!("mirror.openshift.io/{version}"));
    if version == "v1alpha2" {
        // Needed there: what a later run goes on from.
        root.insert("storageConfig", map([("local", map([("path", "./oc-mirror".into())]))]));
    }
    root.insert("mirror", map([("additionalImages", Value::Seq(images.iter().map(image).collect()))]));
    let command = match version {
        "v1alpha2" => "oc mirror --config images.yaml docker://mirror.example.com",
        _ => "oc mirror --v2 --config images.yaml --workspace file://oc-mirror docker://mirror.example.com",
    };
    format!(
        "# {command}\n# The mirror keeps the path behind the host: spec.imageMirror: {{mirrors: [{{source: quay.io, mirror: \
         mirror.example.com}}]}}\n{}",
        yaml::emit(&root.into())
    )
}

/// What `skopeo sync --src yaml` reads: tags and digests by registry and repository.
pub fn skopeo_sync(images: &[Image]) -> String {
    let mut hosts: BTreeMap<&str, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for image in images {
        let (host, path) = image.source.parts();
        let exact = image.source.exact();
        let version = exact.digest.or(exact.tag).unwrap_or_else(|| "latest".to_owned());
        hosts.entry(host).or_default().entry(path).or_default().push(version);
    }
    let list = |versions: Vec<String>| Value::Seq(versions.into_iter().map(Value::from).collect());
    let mut root = Map::new();
    for (host, paths) in hosts {
        let paths: Map = paths.into_iter().map(|(path, versions)| (path.to_owned(), list(versions))).collect();
        root.insert(host, map([("images", paths.into())]));
    }
    format!(
        "# skopeo sync --all --preserve-digests --scoped --src yaml --dest docker images.yaml mirror.example.com\n\
         # Below it the host is part of the path: spec.imageMirror: {{mirrors: [{{source: quay.io, mirror: mirror.example.com/quay.io}}]}}\n{}",
        yaml::emit(&root.into())
    )
}

/// A command for each image that copies it to its mirror.
pub fn copies(images: &[Image], mirror: &ImageMirror, command: &str) -> String {
    let mut out = String::new();
    for image in images {
        let exact = image.source.exact();
        if !exact.is_plain() {
            _ = writeln!(out, "{}", no_image(&exact));
            continue;
        }
        match mirror.copy(&exact.to_string()) {
            Some(copy) => {
                let copy = Reference { tag: Some(image.source.kept_tag()), digest: None, ..Reference::parse(&copy) };
                _ = writeln!(out, "{command} {exact} {copy}");
            }
            None => _ = writeln!(out, "# no mirror in spec.imageMirror is for {exact}"),
        }
    }
    out
}

/// A kind of object that leads the nodes of OpenShift to mirrors.
pub struct SetKind {
    api: &'static str,
    kind: &'static str,
    field: &'static str,
    /// Whether it is for images that are named by a tag; else for those with a digest.
    of_tags: bool,
}

/// Before OpenShift 4.13.
pub const ICSP: SetKind = SetKind {
    api: "operator.openshift.io/v1alpha1",
    kind: "ImageContentSourcePolicy",
    field: "repositoryDigestMirrors",
    of_tags: false,
};
/// For images with a digest.
pub const IDMS: SetKind = SetKind {
    api: "config.openshift.io/v1",
    kind: "ImageDigestMirrorSet",
    field: "imageDigestMirrors",
    of_tags: false,
};
/// For images with a tag.
pub const ITMS: SetKind =
    SetKind { api: "config.openshift.io/v1", kind: "ImageTagMirrorSet", field: "imageTagMirrors", of_tags: true };

/// The mirrors of the images that a set of this kind redirects.
///
/// # Errors
/// If it would redirect none.
pub fn mirror_set(rendered: &Rendered, images: &[Image], mirror: &ImageMirror, set: &SetKind) -> Result<String, Fatal> {
    let (fitting, others): (Vec<&Image>, Vec<&Image>) =
        images.iter().partition(|image| image.source.is_loose() == set.of_tags);
    let entries = used(&fitting, mirror);
    if entries.is_empty() {
        let (own, other) = if set.of_tags { ("a tag", "idms") } else { ("a digest", "itms") };
        return Err(Fatal(format!(
            "no image that is named by {own} has a mirror in spec.imageMirror; the others: --form {other}"
        )));
    }
    let mut out = String::new();
    if !others.is_empty() {
        let (what, way) = if set.of_tags {
            ("a digest", "idms, or icsp before OpenShift 4.13")
        } else {
            ("a tag", "itms; or --resolved")
        };
        _ = writeln!(out, "# Not for {} that {what} names: --form {way}.", super::super::count(others.len(), "image"));
    }
    let entry = |entry: &&Mirror| {
        map([
            ("mirrors", Value::Seq(vec![entry.mirror.as_str().into()])),
            ("source", entry.source.value.as_str().into()),
        ])
    };
    let name = format!("{}.{}", rendered.resolved.namespace, rendered.resolved.name);
    let object = map([
        ("apiVersion", set.api.into()),
        ("kind", set.kind.into()),
        ("metadata", map([("name", name.into())])),
        ("spec", map([(set.field, Value::Seq(entries.iter().map(entry).collect()))])),
    ]);
    out.push_str(&yaml::emit(&object));
    Ok(out)
}

/// The entries of `spec.imageMirror` that are for any of the images, in their order there.
fn used<'a>(images: &[&Image], mirror: &'a ImageMirror) -> Vec<&'a Mirror> {
    let is_used = |entry: &&Mirror| {
        images.iter().any(|image| {
            let own = mirror.entry(&image.source.exact().to_string());
            own.is_some_and(|own| own.source.value == entry.source.value)
        })
    };
    mirror.mirrors.iter().filter(is_used).collect()
}

/// The same for nodes and tools that read registries.conf, whatever names the images.
///
/// # Errors
/// If no mirror is for any image.
pub fn registries_conf(images: &[Image], mirror: &ImageMirror) -> Result<String, Fatal> {
    let all: Vec<&Image> = images.iter().collect();
    let entries = used(&all, mirror);
    if entries.is_empty() {
        return Err(Fatal("no mirror in spec.imageMirror is for an image of this registry".to_owned()));
    }
    let mut out = String::from("# A file below /etc/containers/registries.conf.d on each node.\n");
    for entry in entries {
        _ = write!(
            out,
            "\n[[registry]]\nlocation = \"{}\"\n\n[[registry.mirror]]\nlocation = \"{}\"\n",
            entry.source.value, entry.mirror
        );
    }
    Ok(out)
}
