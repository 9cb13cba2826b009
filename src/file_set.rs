//! What a directory shall hold: the files that are made of objects, before anything is written.

use std::collections::BTreeMap;
use zeroize::Zeroize;

/// Where new content waits in the directory until all of it is there.
pub const STAGING: &str = ".quay-render.staging";
/// What Git does not take.
pub const IGNORE: &str = ".gitignore";

/// A path below a `.gitignore` as a line of it that means this path and no other (gitignore(5)). A line break cannot be
/// written there: any character in its place is left alone too.
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
    /// Whether it holds a secret value: written for its owner only, and never digested without a key.
    pub secret: bool,
}

impl Drop for File {
    fn drop(&mut self) {
        if self.secret {
            self.bytes.zeroize();
        }
    }
}

/// Everything a directory shall hold, and the release it is of.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    /// The release of the operator, `3.5`.
    pub release: String,
    files: BTreeMap<String, File>,
}

impl FileSet {
    /// No files yet.
    #[must_use]
    pub fn new(release: impl Into<String>) -> Self {
        Self { release: release.into(), files: BTreeMap::new() }
    }

    /// Adds a file and returns the one that had its path. The path is relative and normalized, with `/` between its
    /// parts; [`output::write`](crate::output::write()) and
    /// [`output::compare`](crate::output::compare()) refuse others.
    pub fn insert(&mut self, path: impl Into<String>, file: File) -> Option<File> {
        self.files.insert(path.into(), file)
    }

    /// The files in the order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The file of that path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.get(path)
    }

    /// The files below a directory, under their paths from there.
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
