//! Names inside the target directory, and which of them may be written.
//!
//! Paths come from the compiler, and from two files that anybody with access to the repository can edit: the lock and
//! the journal. One rule holds for all three, so that no path can lead out of the directory.

use super::Failure;
use crate::file_set::FileSet;
pub use crate::file_set::{IGNORE, LOCK, STAGING};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// The steps of a commit that are left. It is in the staging folder, so that neither exists without the other.
pub const JOURNAL: &str = ".quay-render.staging/journal";

/// Why `path` may not be written, if it may not: only a normalized relative path with `/` between its parts is
/// allowed, outside Git's own folder and this module's own names.
pub(super) fn objection(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("is empty");
    }
    if path.starts_with('/') {
        return Some("is absolute");
    }
    if path.contains(|c: char| c == '\\' || c.is_control()) {
        return Some("holds a backslash or a control character");
    }
    if path.split('/').any(|part| part == "..") {
        return Some("leads out of the directory");
    }
    if path.split('/').any(|part| part.is_empty() || part == ".") {
        return Some("is not normalized");
    }
    if path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
        return Some("lies in Git's own folder");
    }
    let first = path.split('/').next().unwrap_or(path);
    if [LOCK, STAGING].iter().any(|own| first.eq_ignore_ascii_case(own)) {
        return Some("is a name that quay-render keeps for itself");
    }
    None
}

/// Whether each file of a set may be written to a directory. If not, that is a mistake of the compiler, not of the
/// user, because the names come from objects that it has checked. So it is not a diagnostic.
///
/// # Errors
/// `Io` with the first such path.
pub(super) fn check(files: &FileSet, target: &Path) -> Result<(), Failure> {
    match objections(&files.iter().map(|(path, _)| path).collect()).first() {
        None => Ok(()),
        Some((path, reason)) => Err(Failure::Io {
            path: target.join(path),
            source: io::Error::new(io::ErrorKind::InvalidInput, format!("not a path to write to: it {reason}")),
        }),
    }
}

/// Every objection to the paths of a set, including a path inside another file of the set.
pub(super) fn objections<'a>(paths: &BTreeSet<&'a str>) -> Vec<(&'a str, &'static str)> {
    let nested = |path: &str| parents(path).any(|parent| paths.contains(parent));
    paths
        .iter()
        .filter_map(|path| {
            let reason = objection(path).or_else(|| nested(path).then_some("lies inside another file"))?;
            Some((*path, reason))
        })
        .collect()
}

/// The directories above a path, the nearest first: for `a/b/c` they are `a/b` and `a`.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |path| parent(path))
}

fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_normalized_relative_paths_pass() {
        for path in ["kustomization.yaml", "quay/deployment-a.yaml", "a/b/..c", "a/.hidden", "ü/ß.yaml", "a:b"] {
            assert_eq!(objection(path), None, "{path}");
        }
        let refused = [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a/.",
            "a//b",
            "a/",
            "a\\b",
            "..\\x",
            "C:\\x",
            "a\0b",
            "a\nb",
            ".git/config",
            "a/.GIT/hooks/x",
            LOCK,
            STAGING,
            JOURNAL,
            "quay-render.lock/x",
            ".quay-render.staging/0",
        ];
        for path in refused {
            assert!(objection(path).is_some(), "{path:?}");
        }
    }

    #[test]
    fn a_file_inside_a_file_is_refused() {
        let paths = BTreeSet::from(["a", "a-b", "a/b/c"]);
        assert_eq!(objections(&paths), [("a/b/c", "lies inside another file")]);
    }
}
