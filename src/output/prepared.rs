//! A run in two parts: all that may be refused or fail for want of space, and the moves.

use super::disk::{ATTEMPTS, DirectoryLock, Disk, Purpose, RealDisk};
use super::plan::{Plan, Report, Request, Superseded};
use super::{DIRECTORY_MODE, Failure, Wanted, journal, lockfile, unfinished};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A directory that no other run writes to, in which an interrupted run is completed.
#[must_use]
pub struct Held {
    target: PathBuf,
    lock: DirectoryLock,
    /// What the interrupted run replaced.
    superseded: Option<Superseded>,
    created: Vec<PathBuf>,
}

/// A run that is ready to be carried out: compared and staged, with nothing moved yet.
///
/// Several directories can be prepared one after the other and then be carried out together. One that is dropped before
/// leaves the directory as it was.
#[must_use]
pub struct Prepared {
    target: PathBuf,
    plan: Plan,
    resumed: bool,
    created: Vec<PathBuf>,
    /// Nothing once it was let go.
    lock: Option<DirectoryLock>,
    /// Whether what is staged is the journal's.
    is_begun: bool,
}

/// Compares a directory with what is wanted, as [`write()`](super::write()) does, and stages the difference.
///
/// # Errors
/// Those of [`write()`](super::write()); the tree is as it was.
pub fn prepare(wanted: Wanted<'_>) -> Result<Prepared, Failure> {
    wanted.ask(|request| prepare_on(&RealDisk, request))
}

/// Claims a directory, and completes a run that was interrupted in it. It is made where it is not there.
///
/// # Errors
/// As [`write()`](super::write()).
pub fn hold(target: &Path, force: bool) -> Result<Held, Failure> {
    let wanted = Wanted { target, within: None, files: None, key: None, force, review: None };
    wanted.ask(|request| Held::take(&RealDisk, request))
}

/// Completes a run that was interrupted in a directory that is there, or removes what it left; where another run is at
/// work it does nothing.
///
/// # Errors
/// As [`write()`](super::write()).
pub fn recover(target: &Path, within: &Path, force: bool) -> Result<(), Failure> {
    let wanted = Wanted { target, within: Some(within), files: None, key: None, force, review: None };
    wanted.ask(|request| {
        request.check()?;
        let Ok(_lock) = DirectoryLock::take(target, Purpose::Write, 1) else { return Ok(()) };
        journal::complete(&RealDisk, request)?;
        journal::clear_scrap(&RealDisk, target)
    })
}

impl Held {
    fn take(disk: &impl Disk, request: &Request<'_>) -> Result<Self, Failure> {
        request.check()?;
        let (target, mut created) = (request.target.to_owned(), Vec::new());
        let held = create_target(disk, &target, &mut created).and_then(|()| {
            let lock = DirectoryLock::take(&target, Purpose::Write, ATTEMPTS)?;
            Ok((lock, journal::complete(disk, request)?))
        });
        match held {
            Ok((lock, superseded)) => Ok(Self { target, lock, superseded, created }),
            Err(failure) => {
                remove_created(disk, &created);
                Err(failure)
            }
        }
    }

    fn prepare_on(self, disk: &impl Disk, request: &Request<'_>) -> Result<Prepared, Failure> {
        let Self { target, lock, superseded, created } = self;
        let nothing = Superseded::new();
        let staged = request.check().and_then(|()| {
            let plan = Plan::make(request, superseded.as_ref().unwrap_or(&nothing))?;
            journal::prepare(disk, request, &plan)?;
            Ok(plan)
        });
        match staged {
            Ok(plan) => {
                Ok(Prepared { target, plan, resumed: superseded.is_some(), created, lock: Some(lock), is_begun: false })
            }
            Err(failure) => {
                remove_created(disk, &created);
                Err(failure)
            }
        }
    }

    /// As [`prepare`], of the directory that is held. What `wanted` says of where it is counts for nothing.
    ///
    /// # Errors
    /// Those of [`prepare`].
    pub fn prepare(self, wanted: Wanted<'_>) -> Result<Prepared, Failure> {
        let target = self.target.clone();
        Wanted { target: &target, ..wanted }.ask(|request| self.prepare_on(&RealDisk, request))
    }

    /// Gives it up, and removes it where it was made for nothing.
    pub fn release(self) {
        remove_created(&RealDisk, &self.created);
    }
}

impl Prepared {
    /// Lets other runs look at the directory, and write to it. Should one do so, [`Prepared::commit`] refuses.
    pub fn released(mut self) -> Self {
        self.lock = None;
        self
    }

    /// Carries it out.
    ///
    /// # Errors
    /// As [`write()`](super::write()); and `output-lock` where another run has been here since it was let go.
    pub fn commit(self) -> Result<Report, Failure> {
        self.commit_held().map(|(report, _)| report)
    }

    /// As [`Prepared::commit`], and keeps other runs away on.
    ///
    /// # Errors
    /// Those of [`Prepared::commit`].
    pub fn commit_held(mut self) -> Result<(Report, Option<Held>), Failure> {
        let is_ours = self.is_ours(ATTEMPTS);
        // Whatever is staged there now is not for this run to remove.
        self.is_begun = !matches!(is_ours, Ok(true));
        if !is_ours? {
            let hint = "build again";
            return Err(Failure::refuse(lockfile::problem(&self.target, "another run wrote here meanwhile", hint)));
        }
        let report = self.carry_out(&RealDisk)?;
        let target = std::mem::take(&mut self.target);
        let held = self.lock.take().map(|lock| Held { target, lock, superseded: None, created: Vec::new() });
        Ok((report, held))
    }

    /// Claims the directory again, and tells whether what is staged there is still what was prepared.
    fn is_ours(&mut self, attempts: u32) -> Result<bool, Failure> {
        if self.lock.is_some() || self.plan.is_empty() {
            return Ok(true);
        }
        self.lock = Some(DirectoryLock::take(&self.target, Purpose::Write, attempts)?);
        Ok(!unfinished(&self.target) && journal::is_prepared(&self.target, &self.plan.steps)?)
    }

    fn carry_out(&mut self, disk: &impl Disk) -> Result<Report, Failure> {
        self.is_begun = true;
        let done = journal::commit(disk, &self.target, &self.plan.steps);
        if done.is_err() {
            remove_created(disk, &self.created);
        }
        done.map(|()| self.plan.report(self.resumed))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        if !self.is_begun && self.is_ours(1).unwrap_or(false) {
            if !self.plan.is_empty() {
                journal::discard(&RealDisk, &self.target);
            }
            remove_created(&RealDisk, &self.created);
        }
    }
}

/// Both parts at once.
pub(super) fn write_on(disk: &impl Disk, request: &Request<'_>) -> Result<Report, Failure> {
    prepare_on(disk, request)?.carry_out(disk)
}

fn prepare_on(disk: &impl Disk, request: &Request<'_>) -> Result<Prepared, Failure> {
    Held::take(disk, request)?.prepare_on(disk, request)
}

/// Removes directories that were made for nothing. One that is not empty again stays: a journal in it is all that can hold
/// what it needs.
pub(super) fn remove_created(disk: &impl Disk, created: &[PathBuf]) {
    for directory in created.iter().rev() {
        let _ = disk.remove_dir(directory);
    }
}

/// How often a directory is made again that somebody removes at once.
const RETRIES: usize = 10;

/// Makes `target` and what is missing above it, and says what it made, from the top.
pub(super) fn create_target(disk: &impl Disk, target: &Path, created: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    for _ in 0..RETRIES {
        let directories: Vec<&Path> = target.ancestors().take_while(missing).collect();
        let made = directories.iter().rev().try_for_each(|directory| {
            match disk.create_dir(directory, DIRECTORY_MODE) {
                Ok(()) => created.push((*directory).to_owned()),
                // Another run, which was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
                Err(error) => return Err((*directory, error)),
            }
            Ok(())
        });
        match made {
            Ok(()) => return Ok(()),
            // Another run, which failed, took away what it had made.
            Err((_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err((directory, error)) => return Err(Failure::at(directory)(error)),
        }
    }
    Err(Failure::at(target)(io::ErrorKind::NotFound.into()))
}

/// The directories of some targets that are not there, with those above them, the deepest first: what may be removed
/// where nothing comes of the targets.
#[must_use]
pub fn missing<'a>(targets: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let found: BTreeSet<PathBuf> =
        targets.flat_map(|target| target.ancestors().take_while(is_missing)).map(Path::to_owned).collect();
    found.into_iter().rev().collect()
}

/// Removes directories as far as they are empty.
pub fn remove_empty(directories: &[PathBuf]) {
    for directory in directories {
        let _ = std::fs::remove_dir(directory);
    }
}
