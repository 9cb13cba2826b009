//! Writing an output directory, through the library's own interface: what happens to whose files, and what is left
//! when a run is refused, killed or out of space.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod digests;
mod files;
mod git;
mod hostile;
mod model;
mod processes;
mod registry;

use quay_render::diagnostic::Code;
use quay_render::output::{Failure, File, FileSet, JOURNAL, LOCK, LockKey, Report, STAGING, compare, write};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A set of files; those with `secret` in their path hold one.
fn set(files: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new("3.5");
    for (path, text) in files {
        set.insert(*path, File { bytes: text.as_bytes().to_vec(), secret: path.contains("secret") });
    }
    set
}

fn key() -> LockKey {
    LockKey::derive(&[b"a key"])
}

/// A directory to write to, inside one that goes away with this value.
struct Out {
    dir: tempfile::TempDir,
    target: PathBuf,
}

impl Out {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { target: dir.path().join("out"), dir }
    }

    fn with(files: &FileSet) -> Self {
        let out = Self::new();
        out.build(files).unwrap();
        out
    }

    fn build(&self, files: &FileSet) -> Result<Report, Failure> {
        write(&self.target, files, Some(&key()), false)
    }

    fn force(&self, files: &FileSet) -> Result<Report, Failure> {
        write(&self.target, files, Some(&key()), true)
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.target.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.target.join(path)).unwrap()
    }

    fn has(&self, path: &str) -> bool {
        self.target.join(path).symlink_metadata().is_ok()
    }

    fn mode(&self, path: &str) -> u32 {
        mode(&self.target.join(path))
    }

    /// Everything in the directory.
    fn snapshot(&self) -> Snapshot {
        snapshot(&self.target)
    }

    /// Checks that the build is refused for just these reasons, that comparing says the same, and that nothing is
    /// touched.
    fn assert_refused(&self, outcome: Result<Report, Failure>, before: &Snapshot, expected: &[(Code, &str)]) {
        let Err(Failure::Refused(problems)) = outcome else { panic!("not refused: {outcome:?}") };
        let found: Vec<(Code, String)> =
            problems.iter().map(|p| (p.code, p.location.clone().expect("a place").file)).collect();
        let expected: Vec<(Code, String)> =
            expected.iter().map(|(code, path)| (*code, self.target.join(path).display().to_string())).collect();
        assert_eq!(found, expected);
        assert!(problems.iter().all(|problem| problem.hint.is_some()));
        assert_eq!(self.snapshot(), *before, "something was touched");
    }

    /// `assert_refused` of a build without `--force`.
    fn refuses(&self, files: &FileSet, expected: &[(Code, &str)]) {
        let before = self.snapshot();
        self.assert_refused(self.build(files), &before, expected);
        let compared = compare(&self.target, files, Some(&key()), false).map(|_| Report::default());
        self.assert_refused(compared, &before, expected);
    }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Mode, and content of files or the goal of links.
type Snapshot = BTreeMap<String, (u32, Option<Vec<u8>>)>;

fn snapshot(root: &Path) -> Snapshot {
    fn visit(root: &Path, folder: &Path, found: &mut Snapshot) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let content = if kind.is_symlink() {
                Some(fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
            } else {
                kind.is_file().then(|| fs::read(&path).unwrap())
            };
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(name, (mode(&path), content));
            if kind.is_dir() {
                visit(root, &path, found);
            }
        }
    }
    let mut found = Snapshot::new();
    if root.is_dir() {
        visit(root, root, &mut found);
    }
    found
}

fn is_clean(target: &Path) -> bool {
    [STAGING, JOURNAL].iter().all(|name| target.join(name).symlink_metadata().is_err())
}

/// The lock's entry of a file.
fn locked(out: &Out, path: &str) -> String {
    let lock: serde_json::Value = serde_json::from_str(&out.text(LOCK)).unwrap();
    lock["files"][path].as_str().unwrap().to_owned()
}
