//! Reads the target directory without following a link in it.

use super::{Failure, paths};
use crate::diagnostic::Location;
use crate::files;
use std::collections::BTreeMap;
use std::fs::{FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// What is at a path.
#[derive(Debug)]
pub(super) enum Found {
    /// Nothing; `top` is the topmost missing directory on the way.
    Missing { top: Option<String> },
    /// A regular file, in real directories.
    File(Vec<u8>),
    /// Something else, at the path itself or above it. It is never followed or replaced.
    Obstacle(Obstacle),
}

/// Something that is in the way of a file.
#[derive(Clone, Debug)]
pub(super) struct Obstacle {
    pub(super) path: String,
    pub(super) what: &'static str,
}

#[derive(Clone)]
enum Directory {
    Present,
    Missing { top: String },
    Obstacle(Obstacle),
}

/// The current target directory; directories that were inspected once are not inspected again.
pub(super) struct Tree<'a> {
    root: &'a Path,
    directories: BTreeMap<String, Directory>,
}

impl<'a> Tree<'a> {
    /// The tree below `root`, which may not exist.
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, directories: BTreeMap::new() }
    }

    /// The path on the disk.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The path as a diagnostic names it.
    pub(super) fn location(&self, path: &str) -> Location {
        Location::file(self.path(path).display().to_string())
    }

    /// What is at `path`, with its content.
    ///
    /// # Errors
    /// `Io` when it cannot be inspected or read.
    pub(super) fn inspect(&mut self, path: &str) -> Result<Found, Failure> {
        if let Some(parent) = paths::parents(path).next() {
            match self.directory(parent)? {
                Directory::Present => {}
                Directory::Missing { top } => return Ok(Found::Missing { top: Some(top) }),
                Directory::Obstacle(obstacle) => return Ok(Found::Obstacle(obstacle)),
            }
        }
        let full = self.path(path);
        let Some(metadata) = look(&full)? else { return Ok(Found::Missing { top: None }) };
        let bytes = files::read(&full).map_err(Failure::at(&full))?;
        let obstacle = || Obstacle { path: path.to_owned(), what: describe(metadata.file_type()) };
        Ok(bytes.map_or_else(|| Found::Obstacle(obstacle()), Found::File))
    }

    /// What is in the way of a directory, at `path` or above it.
    ///
    /// # Errors
    /// `Io` when it cannot be inspected.
    pub(super) fn obstacle(&mut self, path: &str) -> Result<Option<Obstacle>, Failure> {
        Ok(match self.directory(path)? {
            Directory::Obstacle(obstacle) => Some(obstacle),
            Directory::Present | Directory::Missing { .. } => None,
        })
    }

    fn directory(&mut self, path: &str) -> Result<Directory, Failure> {
        if let Some(known) = self.directories.get(path) {
            return Ok(known.clone());
        }
        let above = match paths::parents(path).next() {
            Some(parent) => self.directory(parent)?,
            None => Directory::Present,
        };
        let found = match above {
            Directory::Present => match look(&self.path(path))? {
                None => Directory::Missing { top: path.to_owned() },
                Some(metadata) if metadata.is_dir() => Directory::Present,
                Some(metadata) => {
                    Directory::Obstacle(Obstacle { path: path.to_owned(), what: describe(metadata.file_type()) })
                }
            },
            other => other,
        };
        self.directories.insert(path.to_owned(), found.clone());
        Ok(found)
    }
}

/// The metadata of `path`, without following a link; `None` if nothing is there.
pub(super) fn look(path: &Path) -> Result<Option<Metadata>, Failure> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::at(path)(error)),
    }
}

/// A word for something that is not a file.
pub(super) fn describe(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        "a link"
    } else if kind.is_dir() {
        "a directory"
    } else if kind.is_file() {
        "a file"
    } else {
        "a special file"
    }
}
