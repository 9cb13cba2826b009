//! The files that a directory must contain, before anything is written.

use std::collections::BTreeMap;
use zeroize::Zeroize;

/// The folder in the directory that holds new content until it is complete.
pub const STAGING: &str = ".quay-render.staging";
/// The file that records what was written.
pub const LOCK: &str = "quay-render.lock";
/// The file with what Git ignores.
pub const IGNORE: &str = ".gitignore";

/// The line of a `.gitignore` that matches just this path below it (gitignore(5)). A line break cannot be written
/// there, so `?` stands for it and matches other characters too.
#[must_use]
pub fn ignore_line(path: &str) -> String {
    let mut line = String::from("/");
    for c in path.chars() {
        if matches!(c, '\\' | '*' | '?' | '[' | ' ') {
            line.push('\\');
        }
        line.push(if c.is_control() { '?' } else { c });
    }
    line
}

/// One file of the output.
#[derive(Clone, PartialEq, Eq)]
pub struct File {
    /// The whole file.
    pub bytes: Vec<u8>,
    /// Whether it holds a secret value: readable by its owner only, and never digested without a key.
    pub secret: bool,
}

impl Drop for File {
    fn drop(&mut self) {
        if self.secret {
            self.bytes.zeroize();
        }
    }
}

/// All files that a directory must contain, and their release.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    /// The release of the operator, such as `3.5`.
    pub release: String,
    files: BTreeMap<String, File>,
}

impl FileSet {
    /// No files yet.
    #[must_use]
    pub fn new(release: impl Into<String>) -> Self {
        Self { release: release.into(), files: BTreeMap::new() }
    }

    /// Adds a file and returns the previous one of that path. The path is relative and normalized, with `/` as
    /// separator; [`output::write`](crate::output::write()) and [`output::compare`](crate::output::compare()) refuse
    /// others.
    pub fn insert(&mut self, path: impl Into<String>, file: File) -> Option<File> {
        self.files.insert(path.into(), file)
    }

    /// The files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The file with that path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// The files below a directory, by their paths relative to it.
    pub(crate) fn below<'a>(&'a self, directory: &'a str) -> impl Iterator<Item = (&'a str, &'a File)> {
        let rest = move |path: &'a str| path.strip_prefix(directory)?.strip_prefix('/');
        let from = format!("{directory}/");
        self.files.range(from..).map_while(move |(path, file)| Some((rest(path)?, file)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_gitignore_means_one_path() {
        for (path, line) in [
            ("quay/secret-a.yaml", "/quay/secret-a.yaml"),
            ("keys [1].yaml", "/keys\\ \\[1].yaml"),
            ("!#*?\\ ", "/!#\\*\\?\\\\\\ "),
            ("a\nb", "/a?b"),
        ] {
            assert_eq!(ignore_line(path), line);
        }
    }
}
