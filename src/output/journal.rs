//! The commit: staged content, a journal that makes the commit certain, and moves that can be undone or completed.
//!
//! Step `n` of a commit concerns one path. Its new content, a file or a whole new directory, is staged as `n`; the old
//! content is moved to `n.old`. Both are moves inside one file system, so after an error they are undone in reverse
//! order, and the staging folder tells a later run which moves are still to be made.

use super::digest::Entry;
use super::disk::Disk;
use super::paths::{self, JOURNAL, LOCK, STAGING};
use super::plan::{Plan, Request, Superseded, blocked};
use super::step::Step;
use super::tree::{Found, Tree, look};
use super::{
    DIRECTORY_MODE, FILE_MODE, Failure, File, FileSet, GUARD_TEXT, IGNORE, SECRET_MODE, STAGING_MODE, lockfile,
};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::quote;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

const HINT: &str = "to give up the interrupted run delete .quay-render.staging here, restore the directory from Git and \
                    build again";

/// The journal as stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Journal {
    version: u32,
    anchor: Anchor,
    steps: Vec<Step>,
}

/// Proves that a journal was written on this machine, in this place: the inode number of a file next to it, and when
/// the system changed that file last. Nobody can choose either, so a journal from Git, an archive or a copy does not
/// match.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Anchor {
    inode: u64,
    seconds: i64,
    nanoseconds: i64,
}

/// One rename.
struct Move {
    from: PathBuf,
    to: PathBuf,
    /// To undo the move, the content is moved from here.
    back: PathBuf,
    /// The path that an error names: the end of the move that the user knows.
    named: PathBuf,
}

impl Move {
    fn make(&self, disk: &impl Disk) -> Result<(), Failure> {
        disk.rename(&self.from, &self.to).map_err(Failure::at(&self.named))
    }

    fn take_back(&self, disk: &impl Disk) -> io::Result<()> {
        if self.back == self.to { disk.rename(&self.to, &self.from) } else { disk.rename(&self.back, &self.to) }
    }
}

/// The staging folder.
struct Staging<'a> {
    target: &'a Path,
    folder: PathBuf,
}

impl<'a> Staging<'a> {
    fn of(target: &'a Path) -> Self {
        Self { target, folder: target.join(STAGING) }
    }

    fn new_content(&self, step: usize) -> PathBuf {
        self.folder.join(step.to_string())
    }

    fn old_content(&self, step: usize) -> PathBuf {
        self.folder.join(format!("{step}.old"))
    }

    fn take_out(&self, step: usize, path: &str) -> Move {
        let (named, to) = (self.target.join(path), self.old_content(step));
        Move { from: named.clone(), back: to.clone(), to, named }
    }

    fn bring_in(&self, step: usize, path: &str) -> Move {
        let named = self.target.join(path);
        Move { from: self.new_content(step), to: named.clone(), back: named.clone(), named }
    }

    /// Moves new content over the old, of which a copy is kept.
    fn bring_over(&self, step: usize, path: &str) -> Move {
        Move { back: self.old_content(step), ..self.bring_in(step, path) }
    }

    /// The journal before it takes effect.
    fn draft(&self) -> PathBuf {
        self.folder.join("draft")
    }

    /// The file that anchors the journal: the `.gitignore` that hides the staging folder from Git.
    fn guard(&self) -> PathBuf {
        self.folder.join(IGNORE)
    }

    /// The anchor for a journal written here and now.
    fn anchor(&self) -> Result<Option<Anchor>, Failure> {
        let guard = look(&self.guard())?.filter(Metadata::is_file);
        // The time when the inode changed, which no program can set.
        Ok(guard.map(|it| Anchor { inode: it.ino(), seconds: it.ctime(), nanoseconds: it.ctime_nsec() }))
    }

    /// The journal of some steps; nothing if the file to anchor it to is missing.
    fn journal(&self, steps: &[Step]) -> Result<Option<Vec<u8>>, Failure> {
        let Some(anchor) = self.anchor()? else { return Ok(None) };
        let journal = Journal { version: lockfile::VERSION, anchor, steps: steps.to_vec() };
        lockfile::print(&journal, &self.target.join(JOURNAL)).map(Some)
    }

    fn discard(&self, disk: &impl Disk) -> io::Result<()> {
        disk.remove_dir_all(&self.folder)
    }
}

/// Stages the new content of `plan` next to the old one, with a draft of the journal. Nothing has changed yet: to every
/// other run, a staging folder without a journal is waste to remove.
///
/// # Errors
/// `Io`; nothing is staged then.
pub(super) fn prepare(disk: &impl Disk, request: &Request<'_>, plan: &Plan) -> Result<(), Failure> {
    clear_scrap(disk, request.target)?;
    let staging = Staging::of(request.target);
    if plan.steps.is_empty() {
        return Ok(());
    }
    let staged = stage(disk, &staging, request.files, plan);
    if staged.is_err() {
        // The next run removes what cannot be removed now.
        let _ = staging.discard(disk);
    }
    staged
}

/// Discards what was prepared.
pub(super) fn discard(disk: &impl Disk, target: &Path) {
    // The next run removes what cannot be removed now.
    let _ = Staging::of(target).discard(disk);
}

/// Whether what was prepared for `steps` is still there: another run may have removed it as waste.
///
/// # Errors
/// `Refused` when something else is at its place; `Io` when it cannot be read.
pub(super) fn is_prepared(target: &Path, steps: &[Step]) -> Result<bool, Failure> {
    let staging = Staging::of(target);
    let expected = staging.journal(steps)?;
    Ok(expected.is_some() && lockfile::read(&staging.draft(), HINT)? == expected)
}

/// Commits what was prepared.
///
/// # Errors
/// `Io`; either the tree is unchanged, or a journal says that it is not.
pub(super) fn commit(disk: &impl Disk, target: &Path, steps: &[Step]) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    let (staging, journal) = (Staging::of(target), target.join(JOURNAL));
    // The journal appears under its name as a whole or not at all.
    if let Err(error) = disk.rename(&staging.draft(), &journal) {
        let _ = staging.discard(disk);
        return Err(Failure::at(&journal)(error));
    }
    let moves = steps.iter().enumerate().flat_map(|(n, step)| {
        if step.is_over() {
            return vec![staging.bring_over(n, &step.path)];
        }
        let out = step.was.is_some().then(|| staging.take_out(n, &step.path));
        let new = step.staged.then(|| staging.bring_in(n, &step.path));
        out.into_iter().chain(new).collect()
    });
    if let Err(failure) = move_all_or_none(disk, moves) {
        // The journal first: the folder can be removed without it, but not while it is there.
        if failure.undone && disk.remove_file(&journal).is_ok() {
            let _ = staging.discard(disk);
        }
        return Err(failure.cause);
    }
    finish(disk, &staging, steps)
}

/// Removes the leftovers of a run that was killed before its commit, or just after it.
pub(super) fn clear_scrap(disk: &impl Disk, target: &Path) -> Result<(), Failure> {
    let staging = Staging::of(target);
    match look(&staging.folder)? {
        None => Ok(()),
        Some(metadata) if metadata.is_dir() => staging.discard(disk).map_err(Failure::at(&staging.folder)),
        Some(_) => {
            let hint = "this name is quay-render's own: move it away";
            Err(Failure::refuse(lockfile::problem(&staging.folder, "is not a directory", hint)))
        }
    }
}

/// Writes all new content and, last, the draft of the journal.
fn stage(disk: &impl Disk, staging: &Staging<'_>, files: &FileSet, plan: &Plan) -> Result<(), Failure> {
    disk.create_dir(&staging.folder, STAGING_MODE).map_err(Failure::at(&staging.folder))?;
    let guard = staging.guard();
    disk.create_file(&guard, GUARD_TEXT, SECRET_MODE).map_err(Failure::at(&guard))?;
    for (n, step) in plan.steps.iter().enumerate().filter(|(_, step)| step.staged) {
        let place = Place::new(staging.new_content(n), staging.target.join(&step.path));
        match files.get(&step.path) {
            Some(file) => place.create(disk, file)?,
            None if step.path == LOCK => place.write(disk, &plan.lock, FILE_MODE)?,
            None => stage_directory(disk, &place, files, &step.path)?,
        }
        if step.is_over()
            && let Found::File(old) = Tree::new(staging.target).inspect(&step.path)?
        {
            Place::new(staging.old_content(n), staging.target.join(&step.path)).write(disk, &old, FILE_MODE)?;
        }
    }
    let (draft, journal) = (staging.draft(), staging.journal(&plan.steps)?);
    let journal = journal.ok_or_else(|| Failure::at(&guard)(io::ErrorKind::NotFound.into()))?;
    disk.create_file(&draft, &journal, SECRET_MODE).map_err(Failure::at(&draft))
}

/// Makes the directory `path` with everything wanted below it, at `place`.
fn stage_directory(disk: &impl Disk, place: &Place, files: &FileSet, path: &str) -> Result<(), Failure> {
    put_files(disk, place, files.below(path))
}

/// Makes a directory at `place` with some files, by their relative paths.
///
/// # Errors
/// `Io`; what was made so far is left.
pub(super) fn put_files<'a>(
    disk: &impl Disk,
    place: &Place,
    files: impl Iterator<Item = (&'a str, &'a File)>,
) -> Result<(), Failure> {
    place.create_dir(disk)?;
    let mut made = BTreeSet::new();
    for (rest, file) in files {
        let mut parents: Vec<&str> = paths::parents(rest).collect();
        while let Some(parent) = parents.pop() {
            if made.insert(parent) {
                place.join(parent).create_dir(disk)?;
            }
        }
        place.join(rest).create(disk, file)?;
    }
    Ok(())
}

/// Where something is staged, and the path for errors: the one that the user knows.
pub(super) struct Place {
    staged: PathBuf,
    named: PathBuf,
}

impl Place {
    pub(super) fn new(staged: PathBuf, named: PathBuf) -> Self {
        Self { staged, named }
    }

    pub(super) fn staged(&self) -> &Path {
        &self.staged
    }

    fn join(&self, path: &str) -> Self {
        Self { staged: self.staged.join(path), named: self.named.join(path) }
    }

    fn create_dir(&self, disk: &impl Disk) -> Result<(), Failure> {
        disk.create_dir(&self.staged, DIRECTORY_MODE).map_err(Failure::at(&self.named))
    }

    /// Makes the file.
    ///
    /// # Errors
    /// `Io`, with the path that the user knows.
    pub(super) fn create(&self, disk: &impl Disk, file: &File) -> Result<(), Failure> {
        self.write(disk, &file.bytes, if file.secret { SECRET_MODE } else { FILE_MODE })
    }

    fn write(&self, disk: &impl Disk, bytes: &[u8], mode: u32) -> Result<(), Failure> {
        disk.create_file(&self.staged, bytes, mode).map_err(Failure::at(&self.named))
    }
}

/// An error during the moves, and whether the earlier ones were undone.
struct Broken {
    cause: Failure,
    undone: bool,
}

fn move_all_or_none(disk: &impl Disk, moves: impl Iterator<Item = Move>) -> Result<(), Broken> {
    let mut done: Vec<Move> = Vec::new();
    for next in moves {
        if let Err(cause) = next.make(disk) {
            let undone = done.iter().rev().all(|made| made.take_back(disk).is_ok());
            return Err(Broken { cause, undone });
        }
        done.push(next);
    }
    Ok(())
}

/// Ends a commit after its moves.
fn finish(disk: &impl Disk, staging: &Staging<'_>, steps: &[Step]) -> Result<(), Failure> {
    let removed = steps.iter().filter(|step| !step.staged);
    let emptied: BTreeSet<&str> = removed.flat_map(|step| paths::parents(&step.path)).collect();
    for directory in emptied.iter().rev() {
        // Most are not empty. An empty one that cannot be removed is invisible to Git and kubectl.
        let _ = disk.remove_dir(&staging.target.join(directory));
    }
    let journal = staging.target.join(JOURNAL);
    disk.remove_file(&journal).map_err(Failure::at(&journal))?;
    // The new tree is complete; the next run removes the rest.
    let _ = staging.discard(disk);
    Ok(())
}

/// Completes the commit of an interrupted run, if there is one, and returns what it replaced.
///
/// After an error nothing is undone: the tree was already changed when this started.
///
/// # Errors
/// `Refused` when the journal is not valid here (`output-lock`), or when a person has since changed or added something
/// where it would write; `Io`. The journal stays.
pub(super) fn complete(disk: &impl Disk, request: &Request<'_>) -> Result<Option<Superseded>, Failure> {
    let staging = Staging::of(request.target);
    let Some(journal) = Journal::read(&staging)? else { return Ok(None) };
    for next in pending(disk, &staging, &journal.steps, request.force)? {
        next.make(disk)?;
    }
    finish(disk, &staging, &journal.steps)?;
    Ok(Some(journal.steps.into_iter().filter_map(|step| Some((step.path, step.was?))).collect()))
}

/// The moves that are still to be made. They are refused if one would lose a person's later change.
fn pending(disk: &impl Disk, staging: &Staging<'_>, steps: &[Step], force: bool) -> Result<Vec<Move>, Failure> {
    let mut tree = Tree::new(staging.target);
    let mut problems = Diagnostics::new();
    let (mut moves, mut homeless) = (Vec::new(), BTreeSet::new());
    for (n, step) in steps.iter().enumerate() {
        if step.staged && look(&staging.new_content(n))?.is_none() {
            continue;
        }
        match tree.inspect(&step.path)? {
            Found::Missing { top: Some(_) } if step.staged => homeless.extend(paths::parents(&step.path)),
            Found::Missing { .. } => {}
            Found::File(bytes) => {
                if !force && !step.was.as_ref().is_some_and(|was| was.matches(&bytes, None)) {
                    problems.push(interfered(&tree, &step.path));
                }
                if !step.is_over() {
                    moves.push(staging.take_out(n, &step.path));
                }
            }
            Found::Obstacle(obstacle) => problems.push(blocked(&tree, &obstacle)),
        }
        if step.staged {
            moves.push(staging.bring_in(n, &step.path));
        }
    }
    Failure::unless_clean(problems)?;
    for directory in homeless {
        let directory = tree.path(directory);
        if look(&directory)?.is_none() {
            disk.create_dir(&directory, DIRECTORY_MODE).map_err(Failure::at(&directory))?;
        }
    }
    Ok(moves)
}

fn interfered(tree: &Tree<'_>, path: &str) -> Diagnostic {
    let message = "changed after a run was interrupted that is still to write here; completing it would lose that";
    Diagnostic::new(codes::OUTPUT_EDITED, message)
        .at(tree.location(path))
        .hint("keep a copy elsewhere; --force completes the run and drops the change")
}

impl Journal {
    fn read(staging: &Staging<'_>) -> Result<Option<Self>, Failure> {
        // A link is not followed here: whoever clears the folder reports it.
        if !look(&staging.folder)?.is_some_and(|metadata| metadata.is_dir()) {
            return Ok(None);
        }
        let file = staging.target.join(JOURNAL);
        let Some(bytes) = lockfile::read(&file, HINT)? else { return Ok(None) };
        let journal: Self = lockfile::parse(&bytes, &file, HINT)?;
        if staging.anchor()? != Some(journal.anchor) {
            let message =
                "was not written in this place: it came by Git, in an archive or with a copy, and is not carried out";
            return Err(Failure::refuse(lockfile::problem(&file, message, HINT)));
        }
        journal.check(&file)?;
        Ok(Some(journal))
    }

    fn check(&self, file: &Path) -> Result<(), Failure> {
        let mut problems = Diagnostics::new();
        // The lock is one of quay-render's own names, so it is only valid in the last step.
        let steps = match self.steps.split_last() {
            Some((last, others)) if last.path == LOCK => others,
            _ => self.steps.as_slice(),
        };
        lockfile::refuse_paths(steps.iter().map(|step| step.path.as_str()), file, HINT, &mut problems);
        let mut seen = BTreeSet::new();
        for step in &self.steps {
            let idle = !step.staged && step.was.is_none();
            if idle || !seen.insert(&step.path) || step.was.as_ref().is_some_and(Entry::is_secret) {
                let message = format!("the step of {} is not one that quay-render writes", quote::name(&step.path));
                problems.push(lockfile::problem(file, message, HINT));
            }
        }
        Failure::unless_clean(problems)
    }
}
