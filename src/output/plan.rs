//! What a run would change, computed without changing anything.

use super::digest::{Entry, LockKey};
use super::lockfile::Lock;
use super::step::Step;
use super::tree::{Found, Obstacle, Tree};
use super::{Failure, File, FileSet, git, paths};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, codes};
use crate::quote;
use std::collections::BTreeMap;
use std::path::Path;

/// What a caller of `write` or `compare` asked for.
pub(super) struct Request<'a> {
    pub(super) target: &'a Path,
    pub(super) within: Option<&'a Path>,
    pub(super) files: &'a FileSet,
    pub(super) key: Option<&'a LockKey>,
    pub(super) force: bool,
    /// Whether the directory is to be removed with everything in it, the lock included.
    pub(super) gone: bool,
    pub(super) review: Option<Review<'a>>,
}

impl Request<'_> {
    /// Checks the paths that are asked for, and the way to the directory.
    ///
    /// # Errors
    /// `Io` for a path that the compiler should not have made; `Refused` where a link or a file is on the way.
    pub(super) fn check(&self) -> Result<(), Failure> {
        paths::check(self.files, self.target)?;
        let Some((root, path)) = self.within.and_then(|root| Some((root, self.target.strip_prefix(root).ok()?))) else {
            return Ok(());
        };
        let mut tree = Tree::new(root);
        match tree.obstacle(&path.to_string_lossy())? {
            None => Ok(()),
            Some(obstacle) => Err(Failure::refuse(blocked(&tree, &obstacle))),
        }
    }
}

/// What a directory holds before a run.
#[derive(Clone, Copy, Debug)]
pub struct Old<'a> {
    /// The release; nothing where no run has written there.
    pub release: Option<&'a str>,
    /// The files that are replaced or removed, by their paths; those with a secret are left out.
    pub files: &'a BTreeMap<String, Vec<u8>>,
}

/// What a caller has to say about a run. An error refuses it, whether forced or not. Without a caller who knows releases, one
/// is not written over another.
pub type Review<'a> = &'a dyn Fn(&Old<'_>) -> Diagnostics;

/// Content that a commit of quay-render replaced. If it is there again, the old tree was restored: it is not a person's
/// edit.
pub(super) type Superseded = BTreeMap<String, Entry>;

/// What happens to one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// Its content is replaced.
    Changed,
    /// It was written by quay-render and is no longer wanted.
    Removed,
    /// It already has the wanted content.
    Unchanged,
}

/// What a run did; the paths are relative to the directory and sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Files that are new.
    pub added: Vec<String>,
    /// Files with other content than before.
    pub changed: Vec<String>,
    /// Files that were removed.
    pub removed: Vec<String>,
    /// How many files already had the wanted content.
    pub unchanged: usize,
    /// Whether an interrupted run was completed first.
    pub completed_journal: bool,
    /// The diagnostics of the review.
    pub review: Diagnostics,
}

/// What a run would do.
#[derive(Debug)]
pub struct Plan {
    changes: BTreeMap<String, Change>,
    pub(super) steps: Vec<Step>,
    pub(super) lock: Vec<u8>,
    review: Diagnostics,
}

impl Plan {
    /// Each file that is wanted or would be removed, ordered by path.
    pub fn changes(&self) -> impl Iterator<Item = (&str, Change)> {
        self.changes.iter().map(|(path, change)| (path.as_str(), *change))
    }

    /// Whether nothing would be written, the lock included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The report of a run that executes the plan.
    pub(super) fn report(&self, completed_journal: bool) -> Report {
        let mut report = Report { completed_journal, review: self.review.clone(), ..Report::default() };
        for (path, change) in &self.changes {
            match change {
                Change::Added => report.added.push(path.clone()),
                Change::Changed => report.changed.push(path.clone()),
                Change::Removed => report.removed.push(path.clone()),
                Change::Unchanged => report.unchanged += 1,
            }
        }
        report
    }

    /// Compares the wanted files with the lock and the disk.
    ///
    /// # Errors
    /// `Refused` with every problem; `Io` when something cannot be read.
    pub(super) fn make(request: &Request<'_>, superseded: &Superseded) -> Result<Self, Failure> {
        let old = Lock::read(request.target)?;
        let mut comparison = Comparison {
            request,
            superseded,
            tree: Tree::new(request.target),
            problems: Diagnostics::new(),
            replaced: BTreeMap::new(),
            plan: Self { changes: BTreeMap::new(), steps: Vec::new(), lock: Vec::new(), review: Diagnostics::new() },
        };
        if let Some((lock, _)) = old.as_ref().filter(|_| !request.gone && request.review.is_none()) {
            comparison.release(&lock.release);
        }
        comparison.files(old.as_ref().map(|(lock, _)| &lock.files))?;
        for problem in git::taken_back(request.target, request.files)? {
            comparison.problems.push(problem);
        }
        comparison.lock(old.as_ref().map(|(_, bytes)| bytes.as_slice()))?;
        if let Some(review) = request.review {
            let release = old.as_ref().map(|(lock, _)| lock.release.as_str());
            let said = review(&Old { release, files: &comparison.replaced });
            comparison.problems.extend(said.clone());
            comparison.plan.review = said;
        }
        Failure::unless_clean(comparison.problems)?;
        Ok(comparison.plan)
    }
}

struct Comparison<'a> {
    request: &'a Request<'a>,
    superseded: &'a Superseded,
    tree: Tree<'a>,
    problems: Diagnostics,
    replaced: BTreeMap<String, Vec<u8>>,
    plan: Plan,
}

impl Comparison<'_> {
    fn release(&mut self, locked: &str) {
        let wanted = &self.request.files.release;
        if locked != wanted {
            let locked = quote::bare_number(locked);
            let message = format!("the directory holds release {locked}, and this is release {wanted}");
            let hint = "rendering over another release is an upgrade: build does it";
            self.problems
                .push(Diagnostic::new(codes::OUTPUT_RELEASE, message).at(self.tree.location(paths::LOCK)).hint(hint));
        }
    }

    fn files(&mut self, owned: Option<&BTreeMap<String, Entry>>) -> Result<(), Failure> {
        let files = self.request.files;
        let unwanted = owned.into_iter().flatten().filter(|(path, _)| files.get(path).is_none());
        // This order leaves no secret that Git would track if the run is killed: unwanted files go before the
        // .gitignore that names them, and a new .gitignore comes before the files that it names.
        let (last, first): (Vec<_>, Vec<_>) = unwanted.partition(|(path, _)| *path == paths::IGNORE);
        for (path, entry) in first {
            self.unwanted(path, entry)?;
        }
        let (names, others): (Vec<_>, Vec<_>) = files.iter().partition(|(path, _)| *path == paths::IGNORE);
        for (path, file) in names.into_iter().chain(others) {
            self.wanted(path, file, owned.and_then(|owned| owned.get(path)))?;
        }
        for (path, entry) in last {
            self.unwanted(path, entry)?;
        }
        Ok(())
    }

    fn wanted(&mut self, path: &str, file: &File, entry: Option<&Entry>) -> Result<(), Failure> {
        let change = match self.tree.inspect(path)? {
            Found::Missing { top } => {
                self.add(top.as_deref().unwrap_or(path));
                Change::Added
            }
            Found::File(bytes) if bytes == file.bytes => Change::Unchanged,
            Found::File(bytes) => {
                match entry {
                    Some(entry) if !self.is_ours(path, entry, &bytes) => self.edited(path, entry, LOST_BY_WRITING),
                    Some(_) => {}
                    None => self.foreign(path),
                }
                self.plan.steps.push(Step { path: path.to_owned(), was: Some(Entry::plain(&bytes)), staged: true });
                if !file.secret && entry.is_none_or(|entry| !entry.is_secret()) {
                    self.replaced.insert(path.to_owned(), bytes);
                }
                Change::Changed
            }
            Found::Obstacle(obstacle) => {
                self.problems.push(blocked(&self.tree, &obstacle));
                return Ok(());
            }
        };
        self.plan.changes.insert(path.to_owned(), change);
        Ok(())
    }

    /// Adds a path. A missing directory is moved in as a whole: its files are consecutive in the order of the paths.
    fn add(&mut self, path: &str) {
        if self.plan.steps.last().is_none_or(|step| step.path != path) {
            self.plan.steps.push(Step { path: path.to_owned(), was: None, staged: true });
        }
    }

    fn unwanted(&mut self, path: &str, entry: &Entry) -> Result<(), Failure> {
        match self.tree.inspect(path)? {
            Found::Missing { .. } => {}
            Found::File(bytes) => {
                if !self.is_ours(path, entry, &bytes) {
                    self.edited(path, entry, LOST_BY_REMOVING);
                }
                self.plan.steps.push(Step { path: path.to_owned(), was: Some(Entry::plain(&bytes)), staged: false });
                self.plan.changes.insert(path.to_owned(), Change::Removed);
                if !entry.is_secret() {
                    self.replaced.insert(path.to_owned(), bytes);
                }
            }
            Found::Obstacle(obstacle) => self.problems.push(blocked(&self.tree, &obstacle)),
        }
        Ok(())
    }

    fn lock(&mut self, old: Option<&[u8]>) -> Result<(), Failure> {
        let Request { target, files, key, gone, .. } = *self.request;
        if gone {
            let was = old.map(Entry::plain);
            self.plan.steps.extend(was.map(|was| Step { path: paths::LOCK.to_owned(), was: Some(was), staged: false }));
            return Ok(());
        }
        let entries = files.iter().map(|(path, file)| (path.to_owned(), Entry::of(file, key))).collect();
        self.plan.lock = Lock { release: files.release.clone(), files: entries }.to_bytes(target)?;
        if old != Some(self.plan.lock.as_slice()) {
            self.plan.steps.push(Step { path: paths::LOCK.to_owned(), was: old.map(Entry::plain), staged: true });
        }
        Ok(())
    }

    fn is_ours(&self, path: &str, entry: &Entry, bytes: &[u8]) -> bool {
        entry.matches(bytes, self.request.key) || self.superseded.get(path).is_some_and(|was| was.matches(bytes, None))
    }

    fn edited(&mut self, path: &str, entry: &Entry, loss: &str) {
        let (message, hint) = if *entry == Entry::Secret {
            (
                format!("differs, and was written without a DIGEST_KEY, so an edit cannot be recognised; {loss}"),
                "overwrite it this once with --force; with a DIGEST_KEY, which quay-render keys makes, the next build can tell",
            )
        } else if entry.is_secret() {
            (
                format!(
                    "differs from what was written, or was written with other keys: the two cannot be told apart; {loss}"
                ),
                "build with the keys that it was written with, or overwrite it with --force",
            )
        } else {
            (
                format!("edited since quay-render wrote it, and {loss}"),
                "move the edit to the input or an overlay; --force drops it",
            )
        };
        self.unless_forced(codes::OUTPUT_EDITED, path, message, hint);
    }

    fn foreign(&mut self, path: &str) {
        let message = "in the way of a file to write, and not written by quay-render";
        self.unless_forced(codes::OUTPUT_FOREIGN, path, message, "move it away; --force overwrites it");
    }

    fn unless_forced(&mut self, code: Code, path: &str, message: impl Into<String>, hint: &str) {
        if !self.request.force {
            self.problems.push(Diagnostic::new(code, message).at(self.tree.location(path)).hint(hint));
        }
    }
}

const LOST_BY_WRITING: &str = "writing it again would lose that";
const LOST_BY_REMOVING: &str = "it is no longer part of the output: removing it would lose that";

/// A path that is not a regular file is never replaced, even with `force`: it may lead to or hold valuable data.
pub(super) fn blocked(tree: &Tree<'_>, obstacle: &Obstacle) -> Diagnostic {
    let message = format!("{} is in the way, and quay-render neither follows nor replaces it", obstacle.what);
    Diagnostic::new(codes::OUTPUT_FOREIGN, message)
        .at(tree.location(&obstacle.path))
        .hint("move it away; --force does not")
}
