//! `spec.imageMirror` of the RenderConfig: where copies of images are, for nodes that reach nothing else.

use super::Spanned;
use super::fields::{Fields, Word};
use crate::diagnostic::{Diagnostics, Location, codes};

/// `spec.imageMirror`.
#[derive(Clone)]
pub struct ImageMirror {
    /// Where it begins.
    pub at: Location,
    /// `mode`.
    pub mode: Mode,
    /// `mirrors`.
    pub mirrors: Vec<Mirror>,
}

/// Who leads pods to the mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The output: its images are named as the mirror has them.
    Rewrite,
    /// The cluster: its nodes have a mirror set, and images keep their names.
    MirrorSet,
}

impl Word for Mode {
    const WORDS: &'static [(&'static str, Self)] = &[("rewrite", Self::Rewrite), ("mirrorSet", Self::MirrorSet)];
}

/// A prefix of images, and the one of their copies.
#[derive(Clone)]
pub struct Mirror {
    /// `source`: a host, perhaps with folders or a whole repository.
    pub source: Spanned<String>,
    /// `mirror`: what stands in its place.
    pub mirror: String,
}

impl ImageMirror {
    /// The entry for an image: of those whose source it begins with, the one with the longest.
    #[must_use]
    pub fn entry(&self, image: &str) -> Option<&Mirror> {
        let begins = |mirror: &&Mirror| rest(image, &mirror.source.value).is_some();
        self.mirrors.iter().filter(begins).max_by_key(|mirror| mirror.source.value.len())
    }

    /// The name of an image's copy; `None` if no entry is for it.
    #[must_use]
    pub fn copy(&self, image: &str) -> Option<String> {
        let entry = self.entry(image)?;
        Some(format!("{}{}", entry.mirror, rest(image, &entry.source.value)?))
    }
}

/// What follows a prefix that ends where a part of an image's name does.
fn rest<'a>(image: &'a str, prefix: &str) -> Option<&'a str> {
    let rest = image.strip_prefix(prefix)?;
    let port = !prefix.contains('/') && rest.starts_with(':') && rest.contains('/');
    (rest.starts_with(['/', ':', '@']) && !port).then_some(rest)
}

/// Reads it; `None` if it is not there.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<ImageMirror> {
    let map = spec.map("imageMirror", diagnostics)?;
    let mode = map.choice::<Mode>("mode", diagnostics).map_or(Mode::Rewrite, |mode| mode.value);
    let mut mirrors: Vec<Mirror> = Vec::new();
    for item in map.maps("mirrors", diagnostics) {
        let (source, mirror) = (item.text("source", diagnostics), item.text("mirror", diagnostics));
        let Some((source, mirror)) = source.zip(mirror) else { continue };
        if mirrors.iter().any(|other| other.source.value == source.value) {
            let message = format!("{} has a mirror already", crate::quote::name(&source.value));
            item.refuse(codes::FIELD_VALUE, "source", message, "one mirror for each source", diagnostics);
        }
        mirrors.push(Mirror { source, mirror: mirror.value });
    }
    Some(ImageMirror { at: map.place(), mode, mirrors })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mirror(entries: &[(&str, &str)]) -> ImageMirror {
        let at = Location::file("a.yaml".to_owned());
        let entry = |(source, mirror): &(&str, &str)| Mirror {
            source: Spanned { value: (*source).to_owned(), at: at.clone() },
            mirror: (*mirror).to_owned(),
        };
        ImageMirror { at: at.clone(), mode: Mode::Rewrite, mirrors: entries.iter().map(entry).collect() }
    }

    #[test]
    fn the_longest_source_that_ends_where_a_part_does_counts() {
        let mirror = mirror(&[
            ("quay.io", "m.example.com:5000/quay.io"),
            ("quay.io/sclorg", "m.example.com:5000/data"),
            ("reg", "m/reg"),
        ]);
        for (image, copy) in [
            ("quay.io/projectquay/quay:3.18.0", Some("m.example.com:5000/quay.io/projectquay/quay:3.18.0")),
            ("quay.io/sclorg/redis-7-c9s@sha256:aa", Some("m.example.com:5000/data/redis-7-c9s@sha256:aa")),
            ("quay.io/sclorg-more/redis:1", Some("m.example.com:5000/quay.io/sclorg-more/redis:1")),
            ("quay.iowa/a:1", None),
            ("quay.io:5000/a:1", None),
            ("reg:1", Some("m/reg:1")),
            ("docker.io/library/redis:7", None),
        ] {
            assert_eq!(mirror.copy(image).as_deref(), copy, "{image}");
        }
    }
}
