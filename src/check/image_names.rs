//! Names of images: which ones may be written, and what is said of those that may not.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::model::Spanned;

/// What is said of a text that is no image with a digest.
pub(super) fn no_image(wanted: &Spanned<String>, field: &str) -> Diagnostic {
    let problem = report(codes::IMAGE_DIGEST, wanted, field, "is not an image with a digest");
    problem.hint("repository@sha256:<64 hex digits>: a tag may be another image tomorrow")
}

/// Warns of a name that a node completes as it likes.
pub(super) fn note_host(wanted: &Spanned<String>, field: &str, diagnostics: &mut Diagnostics) {
    let image = &wanted.value;
    if !has_host(image) {
        let problem = report(codes::IMAGE_HOST, wanted, field, "does not say which registry it is in");
        diagnostics.push(problem.hint(format!("{}{image}: a node may refuse a short name", hub(image))));
    }
}

/// A problem of a written image.
pub(super) fn report(code: Code, wanted: &Spanned<String>, field: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, message).at(wanted.at.clone()).field(field)
}

/// Whether a text is an image by its digest.
pub(super) fn has_digest(image: &str) -> bool {
    let Some((repository, digest)) = image.split_once('@') else { return false };
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':');
    !repository.is_empty()
        && repository.chars().all(allowed)
        && repository.starts_with(|c: char| c.is_ascii_alphanumeric())
        && is_digest(digest)
}

/// Whether a text is a digest: `sha256:` and 64 hex digits.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

/// Whether an image has a tag. The operator sees none if the host has a port (measured).
pub(super) fn has_tag(image: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    image.split_once(':').is_some_and(|(repository, tag)| {
        repository.starts_with(|c: char| c.is_ascii_alphanumeric())
            && repository.chars().all(allowed)
            && !tag.is_empty()
            && tag.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
    })
}

/// Whether the part before the first `/` is a registry's host, by the rule that nodes use.
pub(super) fn has_host(image: &str) -> bool {
    let first = image.split_once('/').map(|(first, _)| first);
    first.is_some_and(|first| first == "localhost" || first.contains(['.', ':']))
}

/// The prefix that most nodes add to a short name.
fn hub(image: &str) -> &'static str {
    if image.contains('/') { "docker.io/" } else { "docker.io/library/" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn only_a_whole_digest_will_do() {
        let digest = "a".repeat(64);
        assert!(has_digest(&format!("reg.local:5000/team/quay@sha256:{digest}")));
        assert!(has_digest(&format!("reg.local/quay:v1@sha256:{digest}")));
        for bad in ["quay:latest", "quay@latest", "quay@sha256:abc", "@sha256:aa", ""] {
            assert!(!has_digest(bad), "{bad}");
        }
    }

    #[test]
    fn a_tag_stands_behind_a_name_without_a_port() {
        for good in ["quay.io/projectquay/quay:3.18.0", "quay:latest", "reg.local/a/b:v1_2.3-x"] {
            assert!(has_tag(good), "{good}");
        }
        for bad in ["reg.local:5000/a/b/quay:v3", "reg.local/clair", "quay:", "quay@latest", ":v1", "quay:a b"] {
            assert!(!has_tag(bad), "{bad}");
        }
    }

    #[test]
    fn a_host_has_a_dot_or_a_port() {
        for image in ["quay.io/quay/quay", "mirror:5000/quay", "localhost/quay", "127.0.0.1:5000/a"] {
            assert!(has_host(image), "{image}");
        }
        for image in ["centos/redis-32-centos7", "redis", "redis:6", "team/quay.io/redis"] {
            assert!(!has_host(image), "{image}");
        }
    }

    #[test]
    fn every_image_of_every_release_names_its_registry() {
        for release in Catalog::embedded().names() {
            let release = Catalog::embedded().release(release).unwrap().unwrap();
            for (name, image) in &release.images {
                let is_named = has_digest(image) || (release.rules.image_tags && has_tag(image));
                assert!(is_named && has_host(image), "{} {name}: {image}", release.name);
            }
        }
    }
}
