//! A run in two parts: first everything that may be refused or fail for lack of space, then the moves.

use super::disk::{ATTEMPTS, DirectoryLock, Disk, Purpose, RealDisk};
use super::plan::{Plan, Report, Request, Superseded};
use super::{DIRECTORY_MODE, Failure, Wanted, journal, lockfile, unfinished};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A locked directory in which any interrupted run is completed.
#[must_use]
pub struct Held {
    target: PathBuf,
    lock: DirectoryLock,
    /// The old content that the interrupted run replaced.
    superseded: Option<Superseded>,
    created: Vec<PathBuf>,
}

/// A run that is ready to commit: compared and staged, with nothing moved yet.
///
/// Several directories can be prepared one after the other and then be committed together. If it is dropped before, the
/// directory stays as it was.
#[must_use]
pub struct Prepared {
    target: PathBuf,
    plan: Plan,
    resumed: bool,
    created: Vec<PathBuf>,
    /// Nothing once it is released.
    lock: Option<DirectoryLock>,
    /// Whether the commit has begun, so that the journal owns what is staged.
    is_begun: bool,
}

/// Compares a directory with the wanted files, as [`write()`](super::write()) does, and stages the difference.
///
/// # Errors
/// Those of [`write()`](super::write()); the tree is unchanged.
pub fn prepare(wanted: Wanted<'_>) -> Result<Prepared, Failure> {
    wanted.ask(|request| prepare_on(&RealDisk, request))
}

/// Locks a directory, made if it does not exist, and completes an interrupted run in it.
///
/// # Errors
/// As [`write()`](super::write()).
pub fn hold(target: &Path, force: bool) -> Result<Held, Failure> {
    let wanted = Wanted { target, within: None, files: None, key: None, force, review: None };
    wanted.ask(|request| Held::take(&RealDisk, request))
}

/// Completes an interrupted run in an existing directory, or removes its leftovers; does nothing while another run is
/// at work there.
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

    /// Like [`prepare`], in the locked directory: the path in `wanted` is ignored.
    ///
    /// # Errors
    /// Those of [`prepare`].
    pub fn prepare(self, wanted: Wanted<'_>) -> Result<Prepared, Failure> {
        let target = self.target.clone();
        Wanted { target: &target, ..wanted }.ask(|request| self.prepare_on(&RealDisk, request))
    }

    /// Releases the directory, and removes it if it was made for nothing.
    pub fn release(self) {
        remove_created(&RealDisk, &self.created);
    }
}

impl Prepared {
    /// The directory.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Lets other runs read and write the directory. If one writes, [`Prepared::commit`] refuses.
    pub fn released(mut self) -> Self {
        self.lock = None;
        self
    }

    /// Commits the run.
    ///
    /// # Errors
    /// As [`write()`](super::write()); and `output-lock` if another run has written here since the release.
    pub fn commit(self) -> Result<Report, Failure> {
        self.commit_held().map(|(report, _)| report)
    }

    /// Like [`Prepared::commit`], and keeps the lock afterwards.
    ///
    /// # Errors
    /// Those of [`Prepared::commit`].
    pub fn commit_held(mut self) -> Result<(Report, Option<Held>), Failure> {
        let is_ours = self.is_ours(ATTEMPTS);
        // If another run staged something there, this run must not remove it.
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

    /// Locks the directory again, and tells whether the staged content is still what was prepared.
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

/// Both parts in one call.
pub(super) fn write_on(disk: &impl Disk, request: &Request<'_>) -> Result<Report, Failure> {
    prepare_on(disk, request)?.carry_out(disk)
}

fn prepare_on(disk: &impl Disk, request: &Request<'_>) -> Result<Prepared, Failure> {
    Held::take(disk, request)?.prepare_on(disk, request)
}

/// Removes directories that were made for nothing. One that is no longer empty stays: it may hold a journal and what
/// that needs.
pub(super) fn remove_created(disk: &impl Disk, created: &[PathBuf]) {
    for directory in created.iter().rev() {
        let _ = disk.remove_dir(directory);
    }
}

/// How often to make a directory again that somebody else removes at once.
const RETRIES: usize = 10;

/// Makes `target` and its missing parents, and records what it made, from the top.
pub(super) fn create_target(disk: &impl Disk, target: &Path, created: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    for _ in 0..RETRIES {
        let directories: Vec<&Path> = target.ancestors().take_while(missing).collect();
        let made = directories.iter().rev().try_for_each(|directory| {
            match disk.create_dir(directory, DIRECTORY_MODE) {
                Ok(()) => created.push((*directory).to_owned()),
                // Another run was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && directory.is_dir() => {}
                Err(error) => return Err((*directory, error)),
            }
            Ok(())
        });
        match made {
            Ok(()) => return Ok(()),
            // Another run failed and removed what it had made.
            Err((_, error)) if error.kind() == io::ErrorKind::NotFound => {}
            Err((directory, error)) => return Err(Failure::at(directory)(error)),
        }
    }
    Err(Failure::at(target)(io::ErrorKind::NotFound.into()))
}

/// The missing directories of some targets and their missing parents, the deepest first: those to remove again if
/// nothing is written to the targets.
#[must_use]
pub fn missing<'a>(targets: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let is_missing = |path: &&Path| !path.as_os_str().is_empty() && !path.exists();
    let found: BTreeSet<PathBuf> =
        targets.flat_map(|target| target.ancestors().take_while(is_missing)).map(Path::to_owned).collect();
    found.into_iter().rev().collect()
}

/// Removes those of the directories that are empty.
pub fn remove_empty(directories: &[PathBuf]) {
    for directory in directories {
        let _ = std::fs::remove_dir(directory);
    }
}
