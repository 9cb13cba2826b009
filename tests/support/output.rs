//! An output directory for a test, written through the library.

pub use quay_render::diagnostic::Code;
pub use quay_render::output::{Failure, File, FileSet, JOURNAL, LOCK, LockKey, Report, STAGING, compare, write};
pub use std::collections::BTreeMap;
pub use std::fs;
pub use std::os::unix::fs::{MetadataExt as _, PermissionsExt};
pub use std::path::{Path, PathBuf};

/// A set of files; those with `secret` in their path hold one.
pub fn set(files: &[(&str, &str)]) -> FileSet {
    let mut set = FileSet::new("3.5");
    for (path, text) in files {
        set.insert(*path, File { bytes: text.as_bytes().to_vec(), secret: path.contains("secret") });
    }
    set
}

pub fn key() -> LockKey {
    LockKey::derive(&[b"a key"])
}

/// A directory to write to, inside one that is removed when this value is dropped.
pub struct Out {
    pub dir: tempfile::TempDir,
    pub target: PathBuf,
}

impl Out {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { target: dir.path().join("out"), dir }
    }

    pub fn with(files: &FileSet) -> Self {
        let out = Self::new();
        out.build(files).unwrap();
        out
    }

    pub fn build(&self, files: &FileSet) -> Result<Report, Failure> {
        write(&self.target, files, Some(&key()), false)
    }

    pub fn force(&self, files: &FileSet) -> Result<Report, Failure> {
        write(&self.target, files, Some(&key()), true)
    }

    pub fn put(&self, path: &str, text: &str) {
        let path = self.target.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.target.join(path)).unwrap()
    }

    pub fn has(&self, path: &str) -> bool {
        self.target.join(path).symlink_metadata().is_ok()
    }

    pub fn mode(&self, path: &str) -> u32 {
        mode(&self.target.join(path))
    }

    /// Everything in the directory.
    pub fn snapshot(&self) -> Snapshot {
        snapshot(&self.target)
    }

    /// Checks that the build is refused for exactly these reasons, that comparing agrees, and that nothing is changed.
    pub fn assert_refused(&self, outcome: Result<Report, Failure>, before: &Snapshot, expected: &[(Code, &str)]) {
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
    pub fn refuses(&self, files: &FileSet, expected: &[(Code, &str)]) {
        let before = self.snapshot();
        self.assert_refused(self.build(files), &before, expected);
        let compared = compare(&self.target, files, Some(&key()), false).map(|_| Report::default());
        self.assert_refused(compared, &before, expected);
    }
}

pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Mode, and content of files or the target of links.
pub type Snapshot = BTreeMap<String, (u32, Option<Vec<u8>>)>;

pub fn snapshot(root: &Path) -> Snapshot {
    pub fn visit(root: &Path, folder: &Path, found: &mut Snapshot) {
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

pub fn is_clean(target: &Path) -> bool {
    [STAGING, JOURNAL].iter().all(|name| target.join(name).symlink_metadata().is_err())
}

/// The lock's entry of a file.
pub fn locked(out: &Out, path: &str) -> String {
    let lock: serde_json::Value = serde_json::from_str(&out.text(LOCK)).unwrap();
    lock["files"][path].as_str().unwrap().to_owned()
}

pub fn wanted() -> FileSet {
    set(&[("a.yaml", "a"), ("quay/b.yaml", "b")])
}

/// Writes a journal with some steps and a true anchor, as only a run in this place can.
pub fn put_journal(out: &Out, steps: &str) {
    put_text(out, &format!("{{\"version\": 1, @anchor@, \"steps\": {steps}}}"));
}

/// Writes any text there, with the true anchor in place of `@anchor@`.
pub fn put_text(out: &Out, text: &str) {
    let guard = out.target.join(STAGING).join(".gitignore");
    out.put(".quay-render.staging/.gitignore", "*\n");
    let it = fs::metadata(guard).unwrap();
    out.put(JOURNAL, &text.replace("@anchor@", &anchor(it.ino(), it.ctime(), it.ctime_nsec())));
}

pub fn anchor(inode: u64, seconds: i64, nanoseconds: i64) -> String {
    format!("\"anchor\": {{\"inode\": {inode}, \"seconds\": {seconds}, \"nanoseconds\": {nanoseconds}}}")
}
