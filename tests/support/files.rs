//! Files that tests change.

use std::fs;
use std::path::Path;

/// Copies a file, or a folder with all below it.
pub fn copy(from: &Path, to: &Path) {
    if from.is_file() {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(from, to).unwrap();
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// Makes a named pipe that nobody writes to.
pub fn make_pipe(path: &Path) {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

/// A keys file without one value, which may be in quotes.
pub fn without_key(keys: &str, name: &str) -> String {
    let is_other = |line: &&str| !line.starts_with(&format!("  {name}: "));
    let kept: String = keys.split_inclusive('\n').filter(is_other).collect();
    assert!(kept.len() < keys.len(), "no {name}");
    kept
}
