//! Files that hold what is expected, and the one switch that accepts what is found: `BLESS=1`, never where `CI` is set.

use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The texts below a folder, by path.
pub type Tree = BTreeMap<PathBuf, String>;

/// Whether what is found is accepted.
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some() && std::env::var_os("CI").is_none()
}

/// The difference between a file and what is found, if there is one; none where it was accepted.
pub fn compare(path: &str, found: &str) -> Option<String> {
    if blessing() {
        fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
        return None;
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    (wanted != found).then(|| format!("{path}\n{}", TextDiff::from_lines(wanted.as_str(), found).unified_diff()))
}

/// All files below a folder.
pub fn read_tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_owned();
            (path, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// The differences between a folder and what is found: both a missing and an unexpected file are one. Where it is
/// accepted, what is stale is removed.
pub fn compare_tree(case: &str, golden: &Path, found: &Tree) -> Vec<String> {
    if blessing() {
        if golden.exists() {
            fs::remove_dir_all(golden).unwrap();
        }
        for (path, text) in found {
            let path = golden.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        return Vec::new();
    }
    let wanted = read_tree(golden);
    let paths: BTreeSet<&PathBuf> = wanted.keys().chain(found.keys()).collect();
    let differing = paths.into_iter().filter_map(|path| match (wanted.get(path), found.get(path)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => {
            let diff = TextDiff::from_lines(old.as_str(), new.as_str());
            Some(format!("{case}/{}\n{}", path.display(), diff.unified_diff().context_radius(2)))
        }
        (Some(_), None) => Some(format!("{case}/{} is missing", path.display())),
        _ => Some(format!("{case}/{} is not in golden", path.display())),
    });
    differing.collect()
}
