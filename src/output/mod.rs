//! Writing the output directory: compare, write, prune; and single files next to an input (`replace`). Nothing else in
//! the program writes to disk.
//!
//! The directory belongs to a Git work tree and to the people who work there. A lock file in it, `quay-render.lock`,
//! says which files belong to quay-render and what it wrote to them; all other files stay as they are, and an own file
//! that a person edited is not overwritten unasked.
//!
//! One run is one transaction, in this order:
//!
//! 1. lock the directory, so that two runs exclude each other (`disk`);
//! 2. complete a commit during which an earlier run was killed (`journal`);
//! 3. compare the wanted files with the lock and the disk: report every problem at once, with nothing written yet (`plan`);
//! 4. stage the new content in `.quay-render.staging`, whose own `.gitignore` keeps Git from tracking anything in it;
//! 5. write the journal there: from here on the new tree is certain;
//! 6. move old files out of the way and new ones in, the lock last; remove the journal and the staging folder.
//!
//! **Guarantees.** A refusal, an error or a full disk leaves the old tree: before step 5 it was not touched, and an
//! error in step 6 moves everything back. A process that is killed leaves the old tree, the new one, or a journal that
//! the next [`write()`] completes ([`unfinished`] tells); a staging folder without a journal is waste that the next
//! write removes. A journal that was not written in this very place is refused, so that nobody can commit one.
//!
//! **Limits.** There is no `fsync`: a power cut can lose what the kernel had not written yet, as it does for anything
//! in a work tree before a commit. During the moves a reader of the directory sees a mixture. The lock is advisory,
//! among runs of quay-render on one machine; a file system without such locks is an error. Unix only.
//!
//! Links inside the directory are never followed; the directory itself may be one.

#![allow(clippy::disallowed_methods, reason = "the one module that writes to disk")]

mod digest;
mod disk;
#[cfg(test)]
mod faults;
mod git;
mod journal;
mod lockfile;
mod paths;
mod plan;
mod prepared;
mod replace;
mod step;
mod tree;

pub use crate::file_set::{File, FileSet, ignore_line};
pub use digest::LockKey;
pub use paths::{IGNORE, JOURNAL, LOCK, STAGING};
pub use plan::{Change, Old, Plan, Report, Review};
pub use prepared::{Held, Prepared, hold, missing, prepare, recover, remove_empty};
pub use replace::{Before, add_files, close_to_others, create_directory, replace};

use crate::diagnostic::{Diagnostic, Diagnostics};
use disk::{ATTEMPTS, DirectoryLock, Purpose, RealDisk};
use lockfile::Lock;
use plan::{Request, Superseded};
use prepared::write_on;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use tree::{Found, Tree};
use walkdir::{DirEntry, WalkDir};

/// Why nothing was written.
#[derive(Debug)]
pub enum Failure {
    /// The directory cannot be written to as it is: exit code 1.
    Refused(Diagnostics),
    /// The system refused an operation: exit code 2.
    Io {
        /// The path of the operation.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Failure {
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    fn refuse(problem: Diagnostic) -> Self {
        let mut problems = Diagnostics::new();
        problems.push(problem);
        Self::Refused(problems)
    }

    fn unless_clean(mut problems: Diagnostics) -> Result<(), Self> {
        if problems.has_errors() {
            problems.sort();
            return Err(Self::Refused(problems));
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
                }
                Ok(())
            }
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Io { source, .. } => Some(source),
        }
    }
}

/// The wanted content of a directory.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The directory, or a link to one; it may not exist yet.
    pub target: &'a Path,
    /// The directory that it lies in, if it is one of several: no directory between the two may be a link.
    pub within: Option<&'a Path>,
    /// Its files; nothing to remove it, with its lock.
    pub files: Option<&'a FileSet>,
    /// The key to recognize files with a secret.
    pub key: Option<&'a LockKey>,
    /// Whether to overwrite files that a person edited or put there.
    pub force: bool,
    /// Reviews what would be replaced or removed, and may refuse it.
    pub review: Option<Review<'a>>,
}

impl Wanted<'_> {
    /// Calls a function on this as a request.
    fn ask<T>(self, run: impl FnOnce(&Request<'_>) -> T) -> T {
        let nothing = FileSet::default();
        let Wanted { target, within, files, key, force, review } = self;
        run(&Request { target, within, files: files.unwrap_or(&nothing), key, force, gone: files.is_none(), review })
    }
}

/// Makes `target` hold `files`, and removes those of an earlier run that are no longer among them.
///
/// `target` is a directory, a link to one, or does not exist yet. `key` serves to recognize files with a secret.
/// `force` overwrites files that a person edited or put there. The commit of a killed run is completed first. Files
/// that are right already are not touched, neither their time nor their mode; written files have mode 0644, 0600 with a
/// secret, in directories of mode 0755.
///
/// # Errors
/// [`Failure::Refused`] with every problem at once: `output-edited`, `output-foreign`, `output-release`, `output-lock`.
/// [`Failure::Io`] when the system refuses an operation. Either way the tree is unchanged, except that an earlier run
/// is completed; if even undoing the moves or removing the journal fails, [`unfinished`] is true and the next write
/// completes them.
pub fn write(target: &Path, files: &FileSet, key: Option<&LockKey>, force: bool) -> Result<Report, Failure> {
    Wanted { target, within: None, files: Some(files), key, force, review: None }
        .ask(|request| write_on(&RealDisk, request))
}

/// [`write()`], where the caller first reviews what would be replaced or removed.
///
/// # Errors
/// Those of [`write()`], and [`Failure::Refused`] with the errors of the review, together with all others.
pub fn write_reviewed(
    target: &Path,
    files: &FileSet,
    key: Option<&LockKey>,
    force: bool,
    review: Review<'_>,
) -> Result<Report, Failure> {
    let wanted = Wanted { target, within: None, files: Some(files), key, force, review: Some(review) };
    wanted.ask(|request| write_on(&RealDisk, request))
}

/// What [`write()`] would do with the same arguments, by the same code; nothing is written.
///
/// # Errors
/// Those of [`write()`], and `output-lock` where an unfinished run must be completed first.
pub fn compare(target: &Path, files: &FileSet, key: Option<&LockKey>, force: bool) -> Result<Plan, Failure> {
    compare_with(Wanted { target, within: None, files: Some(files), key, force, review: None })
}

/// Like [`compare`], for a directory that may be removed.
///
/// # Errors
/// Those of [`compare`].
pub fn compare_with(wanted: Wanted<'_>) -> Result<Plan, Failure> {
    let target = wanted.target;
    wanted.ask(|request| {
        request.check()?;
        let _lock = match std::fs::metadata(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            _ => Some(DirectoryLock::take(target, Purpose::Read, ATTEMPTS)?),
        };
        if unfinished(target) {
            let hint = "build again: that completes it";
            return Err(Failure::refuse(lockfile::problem(&target.join(JOURNAL), "a run was interrupted here", hint)));
        }
        Plan::make(request, &Superseded::new())
    })
}

/// The content of a file that quay-render wrote to `target`; nothing if it is missing or was changed since.
///
/// # Errors
/// [`Failure::Refused`] if the lock is invalid; [`Failure::Io`] when the system refuses to read.
pub fn own_file(target: &Path, path: &str) -> Result<Option<Vec<u8>>, Failure> {
    let Some((lock, _)) = Lock::read(target)? else { return Ok(None) };
    let Some(entry) = lock.files.get(path) else { return Ok(None) };
    match Tree::new(target).inspect(path)? {
        Found::File(bytes) if entry.matches(&bytes, None) => Ok(Some(bytes)),
        _ => Ok(None),
    }
}

/// Whether an output of quay-render is at a path inside `target`, without a link on the way. The leftovers of a killed
/// run count too: it may already have removed the lock.
#[must_use]
pub fn is_output(target: &Path, path: &str) -> bool {
    let is_real = |part: &str| target.join(part).symlink_metadata().is_ok_and(|it| it.is_dir());
    paths::objection(path).is_none()
        && is_real(path)
        && paths::parents(path).all(is_real)
        && (is_scrap(&target.join(path))
            || target.join(path).join(LOCK).symlink_metadata().is_ok_and(|it| it.is_file()))
}

/// Why nothing may be written to `path` in an output, if so: it is not a normalized relative path, or it is a reserved
/// name.
#[must_use]
pub fn objection(path: &str) -> Option<&'static str> {
    paths::objection(path)
}

/// Whether a killed run left something in a directory.
#[must_use]
pub fn is_scrap(target: &Path) -> bool {
    target.join(STAGING).symlink_metadata().is_ok_and(|it| it.is_dir())
}

/// The directories below `target` in which runs were killed, as relative paths. No link is followed, and hidden
/// directories are skipped.
#[must_use]
pub fn scraps(target: &Path) -> Vec<String> {
    let is_seen = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_dir() && (entry.depth() == 0 || name == STAGING || !name.starts_with('.'))
    };
    let mut walk = WalkDir::new(target).follow_root_links(true).sort_by_file_name().into_iter();
    let mut found = Vec::new();
    while let Some(entry) = walk.next() {
        // No run was killed in a folder that cannot be read.
        let Ok(entry) = entry else { continue };
        if !is_seen(&entry) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
        } else if entry.depth() > 0 && entry.file_name() == STAGING {
            walk.skip_current_dir();
            let below = entry.path().parent().and_then(|path| path.strip_prefix(target).ok()?.to_str());
            found.extend(below.filter(|path| !path.is_empty()).map(str::to_owned));
        }
    }
    found
}

/// The directories from a path below `target` up to `target`, the deepest first.
#[must_use]
pub fn ways_up(target: &Path, path: &str) -> Vec<PathBuf> {
    std::iter::once(path).chain(paths::parents(path)).map(|path| target.join(path)).collect()
}

/// Whether a run was interrupted during its commit: until the next [`write()`] the directory holds a mixture of old and
/// new files.
#[must_use]
pub fn unfinished(target: &Path) -> bool {
    is_scrap(target) && std::fs::symlink_metadata(target.join(JOURNAL)).is_ok()
}

/// Everybody may read directories, under any umask.
const DIRECTORY_MODE: u32 = 0o755;
/// And files without a secret. Git records only whether a file is executable.
const FILE_MODE: u32 = 0o644;
/// Only the owner may read secrets and the staging folder.
const SECRET_MODE: u32 = 0o600;
const STAGING_MODE: u32 = 0o700;
/// The `.gitignore` that hides a folder from Git, whatever the user's own `.gitignore` says.
const GUARD_TEXT: &[u8] = b"*\n";
