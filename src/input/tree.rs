//! Reads the documents to compare: all below a directory.

use super::bounds::Bounds;
use super::{Inputs, Unreadable, is_document, is_kustomization, real};
use std::path::Path;
use walkdir::{DirEntry, WalkDir};

/// Reads every `*.yaml`, `*.yml` and `*.json` file below a directory, sorted by path, except hidden entries and
/// kustomizations. Links to files inside are followed, links to folders are not; a link that leads outside is a
/// problem.
///
/// # Errors
/// If `root` does not exist or the system refuses to read it.
pub fn read_tree(root: &str) -> Result<Inputs, Unreadable> {
    let mut inputs = Inputs { name: root.to_owned(), ..Inputs::default() };
    let root = Path::new(root);
    let mut bounds = Bounds::of_tree(real(root)?);
    let is_seen = |entry: &DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(is_seen) {
        let unreadable =
            |error: walkdir::Error| Unreadable { path: error.path().unwrap_or(root).to_owned(), source: error.into() };
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        // A kustomization lists other files and is not an object.
        if entry.file_type().is_dir() || !is_document(path) || is_kustomization(path) {
            continue;
        }
        let Some(real) = bounds.confined(path, &mut inputs.problems) else { continue };
        if !real.is_dir() {
            inputs.sources.extend(bounds.open(path, &real, &mut inputs.problems)?);
        }
    }
    Ok(inputs)
}
