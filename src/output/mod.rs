//! Writing the output directory: compare, write, prune; and single files beside an input (`replace`). Nothing else in the
//! program writes to disk.
//!
//! The directory belongs to a Git work tree and to the people who work there. A lock file in it,
//! `quay-render.lock`, says which files are quay-render's own and what it wrote to them; whatever else is there stays
//! as it is, and an own file that a person edited is not overwritten unasked.
//!
//! One run is one transaction, in this order:
//!
//! 1. lock the directory, so that two runs exclude each other (`disk`);
//! 2. complete a commit that an earlier run was killed in (`journal`);
//! 3. compare what is wanted with the lock and the disk: every problem at once, and nothing written yet (`plan`);
//! 4. stage the new content in `.quay-render.staging`, which holds a `.gitignore` of its own: whatever is left there, Git
//!    takes none of it;
//! 5. write the journal there: from here on the new tree is certain;
//! 6. move old files out of the way and new ones in, the lock last; drop the journal and the staging folder.
//!
//! **What holds.** A refusal, an error or a full disk leaves the old tree: before step 5 it was not touched, and an
//! error in step 6 moves everything back. A process that is killed leaves the old tree, the new one, or a journal that
//! the next [`write()`] completes ([`unfinished`] tells); a staging folder without a journal is scrap that the next
//! write removes. A journal that was not written where it lies is refused, so that nobody can commit one.
//!
//! **What does not.** There is no `fsync`: a power cut can lose what the kernel had not written yet, as it does for
//! anything in a work tree before a commit. While the moves last a reader of the directory sees a mixture. The lock
//! is advisory, among runs of quay-render on one machine; a file system that has no such claims is an error. Unix only.
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
pub use replace::{Before, close_to_others, create_directory, replace};

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
    /// The directory is not in a state to be written to: exit code 1.
    Refused(Diagnostics),
    /// The system refused an operation: exit code 2.
    Io {
        /// What it was about.
        path: PathBuf,
        /// What the system said.
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

/// What a directory shall hold.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The directory, a link to one, or not there yet.
    pub target: &'a Path,
    /// The directory that it lies in, where it is one of several: from there on nothing on the way to it may be a link.
    pub within: Option<&'a Path>,
    /// Its files; nothing where it is given up, with its lock.
    pub files: Option<&'a FileSet>,
    /// What files with a secret are known again by.
    pub key: Option<&'a LockKey>,
    /// Whether files that a person edited or put in the way are taken over.
    pub force: bool,
    /// Who has a say about what is replaced or removed, before anything is.
    pub review: Option<Review<'a>>,
}

impl Wanted<'_> {
    /// Does something with the request that it makes.
    fn ask<T>(self, run: impl FnOnce(&Request<'_>) -> T) -> T {
        let nothing = FileSet::default();
        let Wanted { target, within, files, key, force, review } = self;
        run(&Request { target, within, files: files.unwrap_or(&nothing), key, force, gone: files.is_none(), review })
    }
}

/// Makes `target` hold `files`, and removes those of an earlier run that are no longer among them.
///
/// `target` is a directory, a link to one, or not there yet. `key` is what files with a secret are known again by.
/// `force` takes over files that a person edited or put in the way. Completes the commit of a killed run first. What
/// is right already is not touched, neither its time nor its mode; what is written has mode 0644, 0600 with a secret,
/// in directories of mode 0755.
///
/// # Errors
/// [`Failure::Refused`] with every problem at once: `output-edited`, `output-foreign`, `output-release`,
/// `output-lock`. [`Failure::Io`] when the system refuses an operation. Either way the tree is as it was, with an
/// earlier run completed; if the system refuses even to take the moves back, or to drop the journal, [`unfinished`]
/// holds and the next write completes them.
pub fn write(target: &Path, files: &FileSet, key: Option<&LockKey>, force: bool) -> Result<Report, Failure> {
    Wanted { target, within: None, files: Some(files), key, force, review: None }
        .ask(|request| write_on(&RealDisk, request))
}

/// [`write()`], where the caller has a say about what is replaced or removed, before anything is.
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

/// What [`write()`] would do with the same arguments, found by the same code; nothing is written.
///
/// # Errors
/// Those of [`write()`], and `output-lock` where an unfinished run must be completed first.
pub fn compare(target: &Path, files: &FileSet, key: Option<&LockKey>, force: bool) -> Result<Plan, Failure> {
    compare_with(Wanted { target, within: None, files: Some(files), key, force, review: None })
}

/// As [`compare`], for a directory that may be given up.
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

/// A file that quay-render wrote to `target` and that nobody changed since; nothing where it is not there, or is another.
///
/// # Errors
/// [`Failure::Refused`] where the lock is not to be trusted; [`Failure::Io`] when the system refuses to read.
pub fn own_file(target: &Path, path: &str) -> Result<Option<Vec<u8>>, Failure> {
    let Some((lock, _)) = Lock::read(target)? else { return Ok(None) };
    let Some(entry) = lock.files.get(path) else { return Ok(None) };
    match Tree::new(target).inspect(path)? {
        Found::File(bytes) if entry.matches(&bytes, None) => Ok(Some(bytes)),
        _ => Ok(None),
    }
}

/// Whether there is an output of quay-render at a path below `target`, to which no link leads and which does not lead out. What
/// a run left that was killed counts until it is gone too: it may have taken the lock away already.
#[must_use]
pub fn is_output(target: &Path, path: &str) -> bool {
    let is_real = |part: &str| target.join(part).symlink_metadata().is_ok_and(|it| it.is_dir());
    paths::objection(path).is_none()
        && is_real(path)
        && paths::parents(path).all(is_real)
        && (is_scrap(&target.join(path))
            || target.join(path).join(LOCK).symlink_metadata().is_ok_and(|it| it.is_file()))
}

/// Why nothing may be written to `path` in an output, if it may not: it is not a normalized relative path, or a name that has a
/// meaning of its own.
#[must_use]
pub fn objection(path: &str) -> Option<&'static str> {
    paths::objection(path)
}

/// Whether a run that was killed left something in a directory.
#[must_use]
pub fn is_scrap(target: &Path) -> bool {
    target.join(STAGING).symlink_metadata().is_ok_and(|it| it.is_dir())
}

/// The directories below `target` in which runs were killed, as paths from there. No link is followed, and nothing hidden
/// is searched.
#[must_use]
pub fn scraps(target: &Path) -> Vec<String> {
    let is_seen = |entry: &DirEntry| {
        let name = entry.file_name().to_string_lossy();
        entry.file_type().is_dir() && (entry.depth() == 0 || name == STAGING || !name.starts_with('.'))
    };
    let mut walk = WalkDir::new(target).follow_root_links(true).sort_by_file_name().into_iter();
    let mut found = Vec::new();
    while let Some(entry) = walk.next() {
        // A folder that cannot be read is not one that a run was killed in.
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

/// Whether a run was interrupted in its commit: the directory holds neither the old files nor the new ones until the
/// next [`write()`].
#[must_use]
pub fn unfinished(target: &Path) -> bool {
    is_scrap(target) && std::fs::symlink_metadata(target.join(JOURNAL)).is_ok()
}

/// Directories are for everybody to read, under any umask.
const DIRECTORY_MODE: u32 = 0o755;
/// So are files without a secret. Git keeps no more of a mode than whether a file can be run.
const FILE_MODE: u32 = 0o644;
/// A secret is for its owner, and so is everything in the staging folder.
const SECRET_MODE: u32 = 0o600;
const STAGING_MODE: u32 = 0o700;
/// What keeps Git away from a folder whatever the user's own `.gitignore` says.
const GUARD_TEXT: &[u8] = b"*\n";
