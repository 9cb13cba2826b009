//! Runs that are killed, or meet an error, before each single operation that changes the disk.

use super::disk::Disk;
use super::*;
use crate::diagnostic::codes;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// What goes wrong at an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The process is killed: this and all later operations do nothing, cleanup included.
    Kill,
    /// Only this operation fails.
    Once,
    /// The disk is full: from this operation on nothing can be created.
    Full,
}

/// A disk that fails at operation number `at`, counted from 0.
struct FaultyDisk {
    at: usize,
    fault: Fault,
    seen: Cell<usize>,
}

impl FaultyDisk {
    fn new(at: usize, fault: Fault) -> Self {
        Self { at, fault, seen: Cell::new(0) }
    }

    fn struck(&self) -> bool {
        self.seen.get() > self.at
    }

    fn fails(&self, creates: bool) -> bool {
        let now = self.seen.replace(self.seen.get() + 1);
        match self.fault {
            Fault::Kill => now >= self.at,
            Fault::Once => now == self.at,
            Fault::Full => now >= self.at && creates,
        }
    }

    fn run(&self, creates: bool, operation: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.fails(creates) { Err(io::ErrorKind::StorageFull.into()) } else { operation() }
    }
}

impl Disk for FaultyDisk {
    fn create_dir(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.run(true, || RealDisk.create_dir(path, mode))
    }

    fn create_file(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        if self.fails(true) {
            // Only a file can be left half written.
            if self.fault != Fault::Kill || self.seen.get() == self.at + 1 {
                RealDisk.create_file(path, &bytes[..bytes.len() / 2], mode)?;
            }
            return Err(io::ErrorKind::StorageFull.into());
        }
        RealDisk.create_file(path, bytes, mode)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.run(false, || RealDisk.rename(from, to))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.run(false, || RealDisk.remove_file(path))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.run(false, || RealDisk.remove_dir(path))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.run(false, || RealDisk.remove_dir_all(path))
    }
}

/// Modes and content of everything except the staging folder.
type Snapshot = BTreeMap<String, (u32, Option<Vec<u8>>)>;

fn snapshot(root: &Path) -> Snapshot {
    fn visit(root: &Path, folder: &Path, found: &mut Snapshot) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            if name == STAGING {
                continue;
            }
            let mode = fs::symlink_metadata(&path).unwrap().permissions().mode() & 0o7777;
            if path.is_dir() {
                found.insert(name, (mode, None));
                visit(root, &path, found);
            } else {
                found.insert(name, (mode, Some(fs::read(&path).unwrap())));
            }
        }
    }
    let mut found = Snapshot::new();
    if root.is_dir() {
        visit(root, root, &mut found);
    }
    found
}

fn without_empty_directories(mut tree: Snapshot) -> Snapshot {
    let full: BTreeSet<String> = tree
        .iter()
        .filter(|(_, (_, bytes))| bytes.is_some())
        .flat_map(|(path, _)| paths::parents(path))
        .map(str::to_owned)
        .collect();
    tree.retain(|path, (_, bytes)| bytes.is_some() || full.contains(path));
    tree
}

/// Some files, and a .gitignore that names those with secrets.
fn set(files: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new("3.5");
    let mut names = String::new();
    for (path, text) in files {
        let secret = path.contains("secret");
        set.insert(*path, File { bytes: text.as_bytes().to_vec(), secret });
        names += &if secret { format!("/{path}\n") } else { String::new() };
    }
    set.insert(IGNORE, File { bytes: names.into_bytes(), secret: false });
    set
}

/// The files with secrets that Git would track in a tree.
fn open_to_git(tree: &Snapshot) -> Vec<&str> {
    let text = |path: &str| tree.get(path).and_then(|(_, bytes)| bytes.as_deref()).unwrap_or_default();
    let names: Vec<&[u8]> = text(IGNORE).split(|byte| *byte == b'\n').collect();
    let is_named = |path: &str| names.contains(&format!("/{path}").as_bytes());
    let secrets = tree.keys().map(String::as_str).filter(|path| text(path).ends_with(b"secret"));
    secrets.filter(|path| !is_named(path)).collect()
}

/// A change with every kind of step: replaced, added next to others, added in new directories, removed, removed with
/// its directory, kept, a secret replaced, added, removed.
fn before() -> FileSet {
    set(&[
        ("clair/a.yaml", "a"),
        ("gone/deep/b.yaml", "b"),
        ("gone/deep/c.yaml", "c"),
        ("gone/secret-l.yaml", "last secret"),
        ("kustomization.yaml", "one"),
        ("quay/d.yaml", "old d"),
        ("quay/e.yaml", "e"),
        ("quay/f.yaml", "f"),
        ("quay/secret-g.yaml", "old secret"),
    ])
}

fn after() -> FileSet {
    set(&[
        ("clair/a.yaml", "a"),
        ("clair/h.yaml", "h"),
        ("kustomization.yaml", "two"),
        ("new/deep/deeper/i.yaml", "i"),
        ("new/deep/j.yaml", "j"),
        ("new/k.yaml", "k"),
        ("new/secret-m.yaml", "another secret"),
        ("quay/d.yaml", "new d"),
        ("quay/f.yaml", "f"),
        ("quay/secret-g.yaml", "new secret"),
    ])
}

struct World {
    _dir: tempfile::TempDir,
    target: PathBuf,
    key: LockKey,
}

impl World {
    /// A directory whose parent does not exist, with `files` written to it if there are any, and a file of somebody
    /// else's.
    fn new(files: Option<&FileSet>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let world = Self { target: dir.path().join("deploy/out"), _dir: dir, key: LockKey::derive(&[b"key"]) };
        if let Some(files) = files {
            fs::create_dir_all(world.target.join("quay")).unwrap();
            fs::write(world.target.join("quay/README.md"), "foreign").unwrap();
            world.write(&RealDisk, files, false).unwrap();
        }
        world
    }

    fn write(&self, disk: &impl Disk, files: &FileSet, force: bool) -> Result<Report, Failure> {
        write_on(
            disk,
            &Request {
                target: &self.target,
                within: None,
                files,
                key: Some(&self.key),
                force,
                gone: false,
                review: None,
            },
        )
    }

    fn snapshot(&self) -> Snapshot {
        snapshot(&self.target)
    }

    fn has_staging(&self) -> bool {
        self.target.join(STAGING).exists()
    }
}

/// The two changes that are interrupted: into a new directory, and from one tree to another.
fn changes() -> [(Option<FileSet>, FileSet); 2] {
    [(None, after()), (Some(before()), after())]
}

/// Runs the change once for each of its operations, each time in a new world where that operation fails.
fn at_each_operation(
    old: Option<&FileSet>,
    new: &FileSet,
    fault: Fault,
    check: impl Fn(usize, &World, Result<Report, Failure>),
) {
    for at in 0.. {
        let world = World::new(old);
        let disk = FaultyDisk::new(at, fault);
        let outcome = world.write(&disk, new, false);
        if !disk.struck() {
            outcome.unwrap();
            assert!(at > 20, "only {at} operations");
            return;
        }
        check(at, &world, outcome);
    }
}

fn written(old: Option<&FileSet>, new: Option<&FileSet>) -> Snapshot {
    let world = World::new(old);
    if let Some(new) = new {
        world.write(&RealDisk, new, false).unwrap();
    }
    world.snapshot()
}

#[test]
fn a_kill_leaves_the_old_tree_the_new_one_or_a_journal_that_leads_to_it() {
    for (old, new) in changes() {
        let (old_tree, new_tree) = (written(old.as_ref(), None), written(old.as_ref(), Some(&new)));
        let journals = Cell::new(0);
        at_each_operation(old.as_ref(), &new, Fault::Kill, |at, world, _| {
            assert_eq!(open_to_git(&world.snapshot()), [""; 0], "{at}");
            let unfinished = unfinished(&world.target);
            if unfinished {
                journals.set(journals.get() + 1);
                let Err(Failure::Refused(problems)) = compare(&world.target, &new, Some(&world.key), false) else {
                    panic!("{at}: compared an unfinished tree")
                };
                assert!(problems.iter().all(|problem| problem.code == codes::OUTPUT_LOCK));
            } else {
                let tree = world.snapshot();
                assert!(tree == old_tree || tree == new_tree, "{at}: a mixture");
            }
            let report = world.write(&RealDisk, &new, false).unwrap();
            assert_eq!(report.completed_journal, unfinished, "{at}");
            assert_eq!(world.snapshot(), new_tree, "{at}");
            assert!(!world.has_staging(), "{at}");
        });
        assert!(journals.get() > 3, "the moves were not interrupted");
    }
}

#[test]
fn a_kill_while_a_journal_is_completed_is_no_worse() {
    let (old, new) = (before(), after());
    let new_tree = written(Some(&old), Some(&new));
    at_each_operation(Some(&old), &new, Fault::Kill, |first, _, _| {
        // The second run restores the old tree, so that it makes a commit of its own after completing the first. Each
        // of its operations is combined with every fourth one of the first.
        for second in (first % 4..).step_by(4) {
            let world = World::new(Some(&old));
            let _ = world.write(&FaultyDisk::new(first, Fault::Kill), &new, false);
            let disk = FaultyDisk::new(second, Fault::Kill);
            let _ = world.write(&disk, &old, false);
            world.write(&RealDisk, &new, false).unwrap();
            assert_eq!(world.snapshot(), new_tree, "{first}, {second}");
            if !disk.struck() {
                break;
            }
        }
    });
}

#[test]
fn an_error_or_a_full_disk_leaves_the_old_tree() {
    for ((old, new), fault) in
        changes().into_iter().flat_map(|change| [Fault::Once, Fault::Full].map(|f| (change.clone(), f)))
    {
        let (old_tree, new_tree) = (written(old.as_ref(), None), written(old.as_ref(), Some(&new)));
        at_each_operation(old.as_ref(), &new, fault, |at, world, outcome| match outcome {
            _ if !open_to_git(&world.snapshot()).is_empty() => panic!("{fault:?} {at}: Git would take a secret"),
            Ok(_) => assert_eq!(without_empty_directories(world.snapshot()), new_tree, "{fault:?} {at}"),
            Err(Failure::Io { path, .. }) if unfinished(&world.target) => {
                // Only a failure to remove the journal itself cannot be undone.
                assert_eq!(path, world.target.join(JOURNAL), "{fault:?} {at}");
            }
            Err(Failure::Io { .. }) => {
                assert_eq!(world.snapshot(), old_tree, "{fault:?} {at}");
                if old.is_some() {
                    assert!(!world.has_staging(), "{fault:?} {at}");
                } else {
                    assert!(!world.target.parent().unwrap().exists(), "{fault:?} {at}: directories were left");
                }
            }
            Err(refused) => panic!("{fault:?} {at}: {refused}"),
        });
    }
}

#[test]
fn an_old_tree_restored_from_git_after_a_kill_is_no_edit() {
    let (old, new) = (before(), after());
    let (old_tree, new_tree) = (written(Some(&old), None), written(Some(&old), Some(&new)));
    at_each_operation(Some(&old), &new, Fault::Kill, |at, world, _| {
        for (path, (_, bytes)) in &old_tree {
            let path = world.target.join(path);
            match bytes {
                None => fs::create_dir_all(path).unwrap(),
                Some(bytes) => fs::write(path, bytes).unwrap(),
            }
        }
        world.write(&RealDisk, &new, false).unwrap();
        let contents = |tree: Snapshot| tree.into_iter().map(|(path, (_, bytes))| (path, bytes)).collect::<Vec<_>>();
        assert_eq!(contents(world.snapshot()), contents(new_tree.clone()), "{at}");
    });
}

#[test]
fn an_edit_after_a_kill_is_not_lost_unasked() {
    let (old, new) = (before(), after());
    let new_tree = written(Some(&old), Some(&new));
    at_each_operation(Some(&old), &new, Fault::Kill, |at, world, _| {
        let edited = world.target.join("quay/d.yaml");
        fs::write(&edited, "a person's").unwrap();
        let Err(Failure::Refused(problems)) = world.write(&RealDisk, &new, false) else { panic!("{at}: not refused") };
        let problems: Vec<_> = problems.iter().collect();
        assert_eq!(problems.len(), 1, "{at}: {problems:?}");
        assert_eq!(problems[0].code, codes::OUTPUT_EDITED, "{at}");
        assert_eq!(problems[0].location.as_ref().unwrap().file, edited.display().to_string());
        assert_eq!(fs::read(&edited).unwrap(), b"a person's", "{at}");
        world.write(&RealDisk, &new, true).unwrap();
        assert_eq!(world.snapshot()["quay/d.yaml"].1.as_deref(), Some(&b"new d"[..]), "{at}");
        assert_eq!(world.snapshot().len(), new_tree.len(), "{at}");
    });
}

#[test]
fn a_directory_removed_after_a_kill_comes_back() {
    let (old, new) = (before(), after());
    let new_tree = written(Some(&old), Some(&new));
    at_each_operation(Some(&old), &new, Fault::Kill, |at, world, _| {
        fs::remove_dir_all(world.target.join("clair")).unwrap();
        world.write(&RealDisk, &new, false).unwrap();
        assert_eq!(world.snapshot(), new_tree, "{at}");
    });
}

#[test]
fn a_directory_is_given_up_whole_or_not_at_all() {
    let give_up = |world: &World, disk: &FaultyDisk| {
        let nothing = FileSet::default();
        let (target, key) = (world.target.as_path(), Some(&world.key));
        write_on(disk, &Request { target, within: None, files: &nothing, key, force: false, gone: true, review: None })
    };
    let old_tree = written(Some(&before()), None);
    for fault in [Fault::Kill, Fault::Once, Fault::Full] {
        for at in 0.. {
            let world = World::new(Some(&before()));
            let disk = FaultyDisk::new(at, fault);
            let outcome = give_up(&world, &disk);
            if !disk.struck() {
                outcome.unwrap();
                assert!(at > 15, "only {at} operations");
                break;
            }
            let is_open = unfinished(&world.target);
            let left = world.snapshot();
            assert_eq!(open_to_git(&left), [""; 0], "{fault:?} {at}");
            let is_gone = !left.contains_key(LOCK);
            assert!(is_open || is_gone || left == old_tree, "{fault:?} {at}: a mixture");
            give_up(&world, &FaultyDisk::new(usize::MAX, fault)).unwrap();
            let left: Vec<String> = without_empty_directories(world.snapshot()).into_keys().collect();
            assert_eq!(left, ["quay", "quay/README.md"], "{fault:?} {at}");
            assert!(!world.has_staging(), "{fault:?} {at}");
        }
    }
}
