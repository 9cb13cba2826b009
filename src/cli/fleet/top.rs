//! The top directory of a fleet's output, with the list of the directories below it.

use super::Run;
use crate::diagnostic::Diagnostics;
use crate::fleet::{LIST, NAMESPACES, listed, top};
use crate::output::{self, Failure, FileSet, Prepared, Wanted};
use std::collections::BTreeSet;
use std::path::Path;

/// A directory of a fleet's output: below the uppermost one nothing is a link. What is of no registry may be of any release.
pub(super) fn part<'a>(out: &'a Path, target: &'a Path, files: Option<&'a FileSet>, force: bool) -> Wanted<'a> {
    Wanted { target, within: Some(out), files, key: None, force, review: Some(&|_| Diagnostics::new()) }
}

/// The directories that a run writes to.
pub(super) fn directories(run: &Run) -> Vec<String> {
    let shared = (run.is_whole && !run.shared.is_empty()).then(|| NAMESPACES.to_owned());
    shared.into_iter().chain(run.fleet.members.iter().map(|member| member.name.clone())).collect()
}

/// The file that lists these directories.
pub(super) fn list(run: &Run, directories: &[String]) -> FileSet {
    top(directories, &run.release())
}

/// What other runs left in an output that matters for this run.
#[derive(Default)]
pub(super) struct Known {
    /// The directories that the list names when this run is done; nothing if the list stays as it is.
    pub list: Option<Vec<String>>,
    /// The directories that an earlier run of the fleet wrote, that still exist and that this run removes.
    pub gone: Vec<String>,
    /// The directories in which runs were killed, except those that this run writes to or removes.
    pub scraps: Vec<String>,
}

impl Known {
    /// Inspects the output.
    ///
    /// # Errors
    /// Those of [`output::own_file`].
    pub fn find(run: &Run, out: &Path) -> Result<Self, Failure> {
        let list = output::own_file(out, LIST)?;
        let list = list.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        Ok(if run.is_whole { Self::of_all(run, out, &list) } else { Self::of_some(run, out, &list) })
    }

    fn of_all(run: &Run, out: &Path, old: &str) -> Self {
        let list = directories(run);
        let wanted: BTreeSet<&str> = list.iter().map(String::as_str).collect();
        let is_gone = |path: &&str| !wanted.contains(path) && output::is_output(out, path);
        let gone: BTreeSet<String> = listed(old).filter(is_gone).map(str::to_owned).collect();
        let mut scraps = output::scraps(out);
        scraps.retain(|path| !wanted.contains(path.as_str()) && !gone.contains(path));
        Self { gone: gone.into_iter().collect(), scraps, list: Some(list) }
    }

    /// A run over some registries removes none: it adds to the list the chosen ones, and the others that have an
    /// output. If a run was killed while it wrote the list, the list is written again.
    fn of_some(run: &Run, out: &Path, old: &str) -> Self {
        let old: BTreeSet<&str> = listed(old).collect();
        let chosen: BTreeSet<&str> = run.fleet.members.iter().map(|member| member.name.as_str()).collect();
        let is_kept = |name: &&str| chosen.contains(name) || old.contains(name) || output::is_output(out, name);
        let all = std::iter::once(NAMESPACES).chain(run.outlines.keys().map(String::as_str));
        let mut list: Vec<&str> = all.filter(is_kept).collect();
        let known: BTreeSet<&str> = list.iter().copied().collect();
        list.extend(old.difference(&known));
        let is_longer = list.iter().any(|name| !old.contains(name));
        let list = (is_longer || output::is_scrap(out)).then(|| list.into_iter().map(str::to_owned).collect());
        Self { list, ..Self::default() }
    }
}

/// The top directory, locked by a run that changes the list until it ends, so that two such runs exclude each other.
///
/// The list names every directory that may exist: a new one before its first file is written, and one to remove until
/// its last file is gone. So the next run knows of everything that a killed run leaves.
pub(super) struct Top {
    /// The list with the new directories and those to remove.
    pub prepared: Prepared,
    /// The directories to remove.
    pub gone: Vec<String>,
    /// The directories in which other runs were killed.
    pub scraps: Vec<String>,
}

impl Top {
    /// Locks the directory and stages the list; nothing if the list stays as it is.
    ///
    /// # Errors
    /// Those of [`output::prepare`].
    pub fn take(run: &Run, out: &Path, force: bool) -> Result<Option<Self>, Failure> {
        if !run.is_whole && Known::find(run, out)?.list.is_none() {
            return Ok(None);
        }
        let held = output::hold(out, force)?;
        // Another run may have changed the list before the lock was taken.
        let known = match Known::find(run, out) {
            Ok(known) => known,
            Err(failure) => {
                held.release();
                return Err(failure);
            }
        };
        let Known { list: Some(mut all), gone, scraps } = known else {
            held.release();
            return Ok(None);
        };
        all.extend(gone.iter().cloned());
        let prepared = held.prepare(part(out, out, Some(&list(run, &all)), force))?;
        Ok(Some(Self { prepared, gone, scraps }))
    }
}
