//! The operations that change the disk, and the lock that keeps two runs apart.
//!
//! A trait defines the operations, so that a test can stop a run before each of them.

use super::Failure;
use crate::diagnostic::{Diagnostic, Location, codes};
use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

/// How long a run waits for another one: `ATTEMPTS` times `PAUSE`, which is 10 seconds.
pub(super) const ATTEMPTS: u32 = 200;
const PAUSE: Duration = Duration::from_millis(50);

/// All operations with which this module changes the disk.
///
/// They set modes exactly: the same input gives the same tree under any umask, and no secret depends on a strict one.
pub(super) trait Disk {
    /// Makes one directory, whose parent exists.
    fn create_dir(&self, path: &Path, mode: u32) -> io::Result<()>;
    /// Makes a file that does not exist yet.
    fn create_file(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()>;
    /// Moves a file or directory; may replace a file.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes one file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes one directory, which must be empty.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;
    /// Removes a directory with its content; links are removed, not followed.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;
}

/// The disk of this machine.
pub(super) struct RealDisk;

impl Disk for RealDisk {
    fn create_dir(&self, path: &Path, mode: u32) -> io::Result<()> {
        DirBuilder::new().mode(mode).create(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(mode))
    }

    fn create_file(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?;
        file.set_permissions(Permissions::from_mode(mode))?;
        file.write_all(bytes)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(path)
    }
}

/// Whether a run writes or only reads.
#[derive(Clone, Copy)]
pub(super) enum Purpose {
    Write,
    Read,
}

/// A directory that no other run writes to while this value lives.
///
/// It is an advisory lock on a handle of the directory: it leaves no file behind, and the kernel releases it when the
/// process ends, however that happens.
pub(super) struct DirectoryLock {
    _handle: File,
}

impl DirectoryLock {
    /// Locks `target`, an existing directory or a link to one, and tries up to `attempts` times if another run holds
    /// the lock.
    ///
    /// # Errors
    /// `Refused` when another run holds the lock all that time; `Io` when it is not a directory or cannot be opened or
    /// locked.
    pub(super) fn take(target: &Path, purpose: Purpose, attempts: u32) -> Result<Self, Failure> {
        // Checked before opening: opening a pipe would wait for its other end.
        if !std::fs::metadata(target).map_err(Failure::at(target))?.is_dir() {
            return Err(Failure::at(target)(io::ErrorKind::NotADirectory.into()));
        }
        let handle = File::open(target).map_err(Failure::at(target))?;
        for attempt in 0..attempts {
            if attempt > 0 {
                std::thread::sleep(PAUSE);
            }
            let locked = match purpose {
                Purpose::Write => handle.try_lock(),
                Purpose::Read => handle.try_lock_shared(),
            };
            match locked {
                Ok(()) => return Ok(Self { _handle: handle }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(Failure::at(target)(source)),
            }
        }
        Err(Failure::refuse(
            Diagnostic::new(codes::OUTPUT_LOCK, "another run is writing to this directory")
                .at(Location::file(target.display().to_string()))
                .hint("wait for it to end, then build again"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_excludes_writers_until_it_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let first = DirectoryLock::take(dir.path(), Purpose::Write, 1).ok();
        assert!(first.is_some());
        for purpose in [Purpose::Write, Purpose::Read] {
            let Err(Failure::Refused(problems)) = DirectoryLock::take(dir.path(), purpose, 2) else {
                panic!("not refused")
            };
            assert!(problems.iter().all(|p| p.code == codes::OUTPUT_LOCK));
        }
        drop(first);
        let reader = DirectoryLock::take(dir.path(), Purpose::Read, 1).ok();
        assert!(reader.is_some());
        assert!(DirectoryLock::take(dir.path(), Purpose::Read, 1).is_ok(), "two may look at once");
        assert!(DirectoryLock::take(dir.path(), Purpose::Write, 1).is_err());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
