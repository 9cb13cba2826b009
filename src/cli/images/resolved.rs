//! The digests of images that are named by a tag, as `show images --form resolve` finds them.

use super::super::Fatal;
use super::reference::Reference;
use crate::check::image_names::is_digest;
use crate::input;
use crate::report::visible;
use std::collections::BTreeMap;

/// The digest of each image, by its name with the tag.
#[derive(Default)]
pub struct Resolved(BTreeMap<String, String>);

impl Resolved {
    /// Reads a file with an image and its digest a line; blank lines and those that begin with `#` are passed over.
    ///
    /// # Errors
    /// If it cannot be read, or a line holds anything else; the line is named, and not repeated.
    pub fn read(path: &str) -> Result<Self, Fatal> {
        let inputs = input::read_export(path)?;
        let no_list = || Fatal(format!("{}: not one file of text", visible(path)));
        if let Some(problem) = inputs.problems.iter().next() {
            return Err(Fatal(problem.to_string()));
        }
        let [source] = inputs.sources.as_slice() else { return Err(no_list()) };
        let text = source.text().map_err(|_| no_list())?;
        let mut found = BTreeMap::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            let (place, line) = (visible(path), index + 1);
            match words.as_slice() {
                [image, digest] if is_digest(digest) => {
                    let known = found.insert((*image).to_owned(), (*digest).to_owned());
                    if known.is_some_and(|known| known != *digest) {
                        return Err(Fatal(format!("{place}:{line}: another digest of this image is further up")));
                    }
                }
                [_] => {
                    return Err(Fatal(format!(
                        "{place}:{line}: no digest behind the image: the command that looks for it failed"
                    )));
                }
                _ => {
                    return Err(Fatal(format!(
                        "{place}:{line}: not an image, a blank, and its digest: sha256: and 64 hex digits"
                    )));
                }
            }
        }
        Ok(Self(found))
    }

    /// An image by its digest, where that was found.
    pub fn of(&self, image: Reference) -> Reference {
        match self.0.get(&image.to_string()).filter(|_| image.is_loose()) {
            Some(digest) => Reference { tag: None, digest: Some(digest.clone()), ..image },
            None => image,
        }
    }
}
