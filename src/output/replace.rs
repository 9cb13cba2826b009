//! Replaces single files, and makes whole directories: what commands write next to an input, which no lock records.
//!
//! New content is written in a folder with a random name next to the target, readable by its owner only and hidden from
//! Git. It is synced, because it may be impossible to make again, and then renamed: a reader sees either the old or the
//! new content, and a hard link to the old file keeps the old content. Such folders of a killed run are removed by the
//! next one.

use super::disk::{ATTEMPTS, DirectoryLock, Disk as _, Purpose, RealDisk};
use super::journal::{Place, put_files};
use super::paths;
use super::prepared::{create_target, remove_created};
use super::tree::{describe, look};
use super::{Failure, File, FileSet, GUARD_TEXT, IGNORE, SECRET_MODE, STAGING_MODE};
use crate::diagnostic::{Diagnostic, Location, codes};
use crate::files;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The prefix of these folder names.
const PREFIX: &str = ".quay-render.new-";

/// What must be at a path before it may be replaced.
#[derive(Clone, Copy)]
pub enum Before<'a> {
    /// This content, or no file: the state that the new content was made from.
    Is(Option<&'a [u8]>),
    /// Any file, or none.
    Any,
}

/// Writes a file in an existing directory.
///
/// # Errors
/// `Refused` if something other than a file is there (`output-foreign`), or if the file is not as it was `before`
/// because another run was faster (`output-lock`). `Io` when the system refuses. Either way nothing is changed.
pub fn replace(path: &Path, before: Before<'_>, file: &File) -> Result<(), Failure> {
    let beside = Beside::new(path)?;
    if let Some(found) = look(path)?.filter(|found| !found.is_file()) {
        let message =
            format!("{} is in the way, and quay-render neither follows nor replaces it", describe(found.file_type()));
        let problem = Diagnostic::new(codes::OUTPUT_FOREIGN, message).at(at(path));
        return Err(Failure::refuse(problem.hint("move it away, and put the file itself in its place")));
    }
    if let Before::Is(expected) = before {
        let found = if look(path)?.is_some() { files::read(path).map_err(Failure::at(path))? } else { None };
        if found.as_deref() != expected {
            let problem =
                Diagnostic::new(codes::OUTPUT_LOCK, "changed while this command was at work, and nothing was written");
            return Err(Failure::refuse(problem.at(at(path)).hint("run it again")));
        }
    }
    beside.place(path).create(&RealDisk, file)?;
    beside.bring_in(path)
}

/// Makes a file of secrets readable by its owner only. Returns whether others could read it before.
///
/// # Errors
/// `Io` when the system refuses, as it does if the file is somebody else's.
pub fn close_to_others(path: &Path) -> Result<bool, Failure> {
    let Some(file) = files::open(path).map_err(Failure::at(path))? else { return Ok(false) };
    let mode = file.metadata().map_err(Failure::at(path))?.permissions().mode();
    if mode & !SECRET_MODE & 0o777 == 0 {
        return Ok(false);
    }
    file.set_permissions(Permissions::from_mode(SECRET_MODE)).map_err(Failure::at(path))?;
    Ok(true)
}

/// Makes a directory with some files, where there is nothing or an empty directory. Missing parents are made too.
///
/// # Errors
/// `Io` when the system refuses, also if another run was faster; nothing is left then.
pub fn create_directory(path: &Path, files: &FileSet) -> Result<(), Failure> {
    paths::check(files, path)?;
    let mut created = Vec::new();
    let done = create_target(&RealDisk, parent(path), &mut created).and_then(|()| {
        let beside = Beside::new(path)?;
        let place = beside.place(path);
        put_files(&RealDisk, &place, files.iter())?;
        beside.bring_in(path)
    });
    if done.is_err() {
        remove_created(&RealDisk, &created);
    }
    done
}

/// Makes files where nothing is, in a directory that is there. Missing folders are made too.
///
/// # Errors
/// Those of [`replace`]; nothing is left then.
pub fn add_files(root: &Path, files: &FileSet) -> Result<(), Failure> {
    paths::check(files, root)?;
    let (mut folders, mut added) = (Vec::new(), Vec::new());
    let done = files.iter().try_for_each(|(path, file)| {
        let path = root.join(path);
        create_target(&RealDisk, parent(&path), &mut folders)?;
        replace(&path, Before::Is(None), file)?;
        added.push(path);
        Ok(())
    });
    if done.is_err() {
        for path in &added {
            // What cannot be removed stays; the error is reported anyhow.
            let _ = RealDisk.remove_file(path);
        }
        remove_created(&RealDisk, &folders);
    }
    done
}

/// A folder next to a path, on the same file system, with a lock that keeps other runs from writing there.
struct Beside {
    /// Removed with its content before the lock is released.
    folder: TempDir,
    parent: PathBuf,
    _lock: DirectoryLock,
}

impl Beside {
    fn new(path: &Path) -> Result<Self, Failure> {
        let parent = parent(path);
        if path.file_name().is_none() {
            return Err(Failure::at(path)(io::Error::new(io::ErrorKind::InvalidInput, "is not the name of a file")));
        }
        let lock = DirectoryLock::take(parent, Purpose::Write, ATTEMPTS)?;
        clear(parent).map_err(Failure::at(parent))?;
        let mut folder = tempfile::Builder::new();
        folder.prefix(PREFIX).rand_bytes(12).permissions(Permissions::from_mode(STAGING_MODE));
        let folder = folder.tempdir_in(parent).map_err(Failure::at(parent))?;
        let guard = folder.path().join(IGNORE);
        RealDisk.create_file(&guard, GUARD_TEXT, SECRET_MODE).map_err(Failure::at(path))?;
        Ok(Self { folder, parent: parent.to_owned(), _lock: lock })
    }

    /// Where the new content is written. It keeps its file name, so that a .gitignore that names the file hides it here
    /// too; only a `.gitignore` gets another name, because the folder has one already.
    fn place(&self, path: &Path) -> Place {
        let name = path.file_name().filter(|name| *name != IGNORE).unwrap_or(OsStr::new("content"));
        Place::new(self.folder.path().join(name), path.to_owned())
    }

    /// Moves finished content to its path.
    fn bring_in(&self, path: &Path) -> Result<(), Failure> {
        let place = self.place(path);
        let moved = sync_all(place.staged()).and_then(|()| RealDisk.rename(place.staged(), path));
        moved.and_then(|()| sync(&self.parent)).map_err(Failure::at(path))
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn at(path: &Path) -> Location {
    Location::file(path.display().to_string())
}

/// Removes leftovers of killed runs. The directory is locked, so none of them belongs to a live run.
fn clear(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(PREFIX) && entry.file_type()?.is_dir() {
            RealDisk.remove_dir_all(&entry.path())?;
        }
    }
    Ok(())
}

/// Waits until a file, or a directory with all below it, is on the disk.
fn sync_all(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            sync_all(&entry?.path())?;
        }
    }
    sync(path)
}

fn sync(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_read_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys.yaml");
        let file = |text: &str| File { bytes: text.as_bytes().to_vec(), secret: true };
        replace(&path, Before::Is(None), &file("one")).unwrap();
        for before in [Before::Is(None), Before::Is(Some(b"")), Before::Is(Some(b"other"))] {
            let Err(Failure::Refused(problems)) = replace(&path, before, &file("two")) else { panic!("replaced") };
            assert!(problems.iter().all(|problem| problem.code == codes::OUTPUT_LOCK));
        }
        replace(&path, Before::Is(Some(b"one")), &file("two")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        replace(&path, Before::Any, &file("three")).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "something was left");
    }
}
