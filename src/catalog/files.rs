//! The files below `components/`: those compiled into the program, those of a folder, or some in memory.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// Paths below `components/` and contents, sorted by path.
#[cfg(not(feature = "live-components"))]
const EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// Files by their paths below `components/`, separated by `/`.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<Cow<'static, str>, Cow<'static, str>>);

impl Files {
    /// The files compiled into the program.
    #[must_use]
    pub fn embedded() -> Self {
        #[cfg(feature = "live-components")]
        return live::read();
        #[cfg(not(feature = "live-components"))]
        Self(EMBEDDED.iter().map(|(path, text)| (Cow::Borrowed(*path), Cow::Borrowed(*text))).collect())
    }

    /// The content of a file.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(|text| &**text)
    }

    /// Adds a file, or replaces the one that has its path.
    pub fn insert(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.0.insert(Cow::Owned(path.into()), Cow::Owned(text.into()));
    }

    /// All files, in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (&**path, &**text))
    }

    /// The files directly in a folder.
    pub fn folder<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let prefix = format!("{name}/");
        self.iter().filter(move |(path, _)| path.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/')))
    }

    /// The top-level folders that directly contain a file of that name.
    pub fn folders_with<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let end = format!("/{name}");
        self.iter().filter_map(move |(path, _)| path.strip_suffix(&end)).filter(|folder| !folder.contains('/'))
    }

    /// Removes a file, or all files of a folder if the path ends in `/`; returns whether there was one.
    pub fn remove(&mut self, path: &str) -> bool {
        let before = self.0.len();
        let is_meant = |known: &str| if path.ends_with('/') { known.starts_with(path) } else { known == path };
        self.0.retain(|known, _| !is_meant(known));
        self.0.len() < before
    }

    /// Gives a file another path; returns whether it existed.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let found = self.0.remove(from).map(|text| self.0.insert(Cow::Owned(to.to_owned()), text));
        found.is_some()
    }

    /// Adds or replaces files by those below a folder of `other`, by their paths in that folder, except for the file
    /// `but`.
    pub fn lay_over(&mut self, other: &Self, folder: &str, but: &str) {
        let prefix = format!("{folder}/");
        let below = other.0.iter().filter_map(|(path, text)| Some((path.strip_prefix(&*prefix)?, text)));
        for (path, text) in below.filter(|(path, _)| *path != but) {
            self.0.insert(Cow::Owned(path.to_owned()), text.clone());
        }
    }
}

impl<P: Into<String>, T: Into<String>> FromIterator<(P, T)> for Files {
    fn from_iter<I: IntoIterator<Item = (P, T)>>(files: I) -> Self {
        let mut all = Self::default();
        files.into_iter().for_each(|(path, text)| all.insert(path, text));
        all
    }
}

/// For editing templates: the files as on disk, so that no change needs a build.
#[cfg(feature = "live-components")]
mod live {
    #![allow(clippy::disallowed_methods, reason = "the feature is there to read the sources from disk")]

    use super::Files;
    use std::path::Path;

    pub(super) fn read() -> Files {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/components"));
        let is_read = |entry: &walkdir::DirEntry| !entry.file_name().to_string_lossy().starts_with(['.', '_']);
        let entries = walkdir::WalkDir::new(root).into_iter().filter_entry(is_read).filter_map(Result::ok);
        let file = |entry: walkdir::DirEntry| {
            let path = entry.path().strip_prefix(root).ok()?.to_str()?.replace('\\', "/");
            Some((path, std::fs::read_to_string(entry.path()).ok()?))
        };
        entries.filter(|entry| entry.file_name() != "README.md").filter_map(file).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Files {
        ["a/component.yaml", "a/files/x", "a/one.yaml", "b/component.yaml", "r/1/a/one.yaml", "r/1/facts.yaml"]
            .iter()
            .map(|path| (*path, *path))
            .collect()
    }

    #[test]
    fn a_folder_has_its_own_files() {
        let files = files();
        let names: Vec<&str> = files.folder("a").map(|(path, _)| path).collect();
        assert_eq!(names, ["a/component.yaml", "a/one.yaml"]);
        assert_eq!(files.folders_with("component.yaml").collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn files_are_replaced_and_taken_away() {
        let mut laid = files();
        laid.lay_over(&files(), "r/1", "facts.yaml");
        assert_eq!((laid.get("a/one.yaml"), laid.get("facts.yaml")), (Some("r/1/a/one.yaml"), None));
        assert!(laid.remove("a/") && !laid.remove("a/one.yaml") && laid.remove("b/component.yaml"));
        assert_eq!(laid.iter().count(), 2);
    }
}
