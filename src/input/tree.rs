//! Reads the documents to compare, and what was exported of a cluster: all below a directory.

use super::bounds::{Bounds, PerFile};
use super::{Inputs, Unreadable, is_document, is_kustomization, read_stdin, real};
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
    read_below(root, &mut bounds, &mut inputs)?;
    Ok(inputs)
}

/// Reads what was exported of a cluster, which may be larger than an input: a file, all below a directory as [`read_tree`]
/// does, or `-` for standard input.
///
/// # Errors
/// If `name` does not exist or the system refuses to read it.
pub fn read_export(name: &str) -> Result<Inputs, Unreadable> {
    let mut inputs = Inputs { name: name.to_owned(), ..Inputs::default() };
    if name == "-" {
        read_stdin(PerFile::EXPORT, &mut inputs)?;
        return Ok(inputs);
    }
    let root = Path::new(name);
    let target = real(root)?;
    let mut bounds = Bounds::of_export(target.clone());
    if target.is_dir() {
        read_below(root, &mut bounds, &mut inputs)?;
    } else {
        inputs.sources.extend(bounds.open(root, &target, &mut inputs.problems)?);
    }
    bounds.tell(&mut inputs.problems);
    Ok(inputs)
}

/// Reads all below a directory, within its limits.
fn read_below(root: &Path, bounds: &mut Bounds, inputs: &mut Inputs) -> Result<(), Unreadable> {
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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_may_be_larger_than_an_input() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("list.yaml");
        std::fs::write(&file, vec![b'#'; 5 << 20]).unwrap();
        for (read, taken) in [(read_tree as fn(&str) -> _, 0), (read_export, 1)] {
            let inputs: Inputs = read(folder.path().to_str().unwrap()).unwrap();
            assert_eq!((inputs.sources.len(), inputs.problems.has_errors()), (taken, taken == 0));
        }
        assert_eq!(read_export(file.to_str().unwrap()).unwrap().sources.len(), 1);
    }
}
