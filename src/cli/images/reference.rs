//! The name of an image, taken apart.

use crate::check::image_names::is_digest;
use std::fmt;

/// An image: its repository, and a tag, a digest, or both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Host and path.
    pub repository: String,
    pub tag: Option<String>,
    /// With its algorithm: `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// Takes a name apart.
    pub fn parse(text: &str) -> Self {
        let (name, digest) =
            text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest.to_owned())));
        // Behind the last `/`: the host may have a port.
        let path = name.rfind('/').map_or(0, |at| at + 1);
        let tag = name.get(path..).and_then(|last| last.split_once(':')).map(|(_, tag)| tag.to_owned());
        let end = tag.as_ref().map_or(name.len(), |tag| name.len() - tag.len() - 1);
        Self { repository: name.get(..end).unwrap_or(name).to_owned(), tag, digest }
    }

    /// Whether a tag alone says which image it is, so that it may be another one tomorrow.
    pub fn is_loose(&self) -> bool {
        self.digest.is_none()
    }

    /// Whether it is of the characters of such names alone, of which none means anything to a shell. Containers that a user
    /// adds may have any text there.
    pub fn is_plain(&self) -> bool {
        let text = self.to_string();
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | ':' | '@');
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(allowed)
    }

    /// The command that prints its digest; `None` for what is no name of an image.
    pub fn resolve(&self) -> Option<String> {
        self.is_plain().then(|| format!("skopeo inspect --no-tags --format '{{{{.Digest}}}}' docker://{self}"))
    }

    /// The host, and the path in it.
    pub fn parts(&self) -> (&str, &str) {
        self.repository.split_once('/').unwrap_or(("docker.io", &self.repository))
    }

    /// What is copied: by the digest where there is one, for tools that take no more than one of both.
    pub fn exact(&self) -> Self {
        Self { tag: self.tag.clone().filter(|_| self.is_loose()), ..self.clone() }
    }

    /// A tag under which a copy is kept: registries clean up what has none.
    pub fn kept_tag(&self) -> String {
        let short = |digest: &String| digest.trim_start_matches("sha256:").chars().take(12).collect::<String>();
        let of_digest = self.digest.as_ref().map(|digest| format!("mirrored-{}", short(digest)));
        self.tag.clone().or(of_digest).unwrap_or_else(|| "latest".to_owned())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

/// Whether a text is the name of an image with its host, and can be nothing else.
pub fn is_image(text: &str) -> bool {
    let Reference { repository, tag, digest } = Reference::parse(text);
    let is_plain = |text: &str, more: &[char]| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(&c))
    };
    let (host, path) = repository.split_once('/').unwrap_or_default();
    host.contains(['.', ':'])
        && is_plain(host, &['.', '-', ':'])
        && path.split('/').all(|part| is_plain(part, &['.', '-', '_']))
        && tag.is_none_or(|tag| is_plain(&tag, &['.', '-', '_']))
        && digest.is_none_or(|digest| is_digest(&digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_and_put_together() {
        let digest = format!("sha256:{}", "a".repeat(64));
        for (repository, tag, digest) in [
            ("quay.io/a/b", Some("1.0"), None),
            ("reg.local:5000/a/b", Some("1.0"), Some(digest.as_str())),
            ("reg.local:5000/b", None, Some(digest.as_str())),
            ("redis", Some("6"), None),
            ("reg.local:5000/b", None, None),
        ] {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let parts = Reference { repository: repository.to_owned(), tag: own(tag), digest: own(digest) };
            assert_eq!(Reference::parse(&parts.to_string()), parts);
        }
    }

    #[test]
    fn only_the_name_of_an_image_is_one() {
        for good in ["quay.io/quay/quay-builder:latest", "reg:5000/a", "quay.io/a/b@sha256:"] {
            assert_eq!(is_image(good), !good.ends_with(':'), "{good}");
        }
        for bad in ["hunter2", "user:word@reg.local/a", "https://quay.io/a", "quay.io/", "quay.io/a b", "a/b:c"] {
            assert!(!is_image(bad), "{bad}");
        }
    }
}
