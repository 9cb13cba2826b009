//! Whether Git ignores the files with secrets. The output's own `.gitignore` names each of them, and the last matching
//! line of the deepest `.gitignore` decides (gitignore(5)): only a `.gitignore` in a folder below can include them
//! again.

use super::{Failure, FileSet, IGNORE, paths};
use crate::diagnostic::{Diagnostic, Location, codes};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// Refuses each `.gitignore` above a file with a secret that includes anything again, and each that is not a file.
///
/// # Errors
/// `Io` where one cannot be read.
pub(super) fn taken_back(target: &Path, files: &FileSet) -> Result<Vec<Diagnostic>, Failure> {
    let secret = files.iter().filter(|(_, file)| file.secret);
    let folders: BTreeSet<&str> = secret.flat_map(|(path, _)| paths::parents(path)).collect();
    let mut found = Vec::new();
    for folder in folders {
        let path = target.join(folder).join(IGNORE);
        if files.get(&format!("{folder}/{IGNORE}")).is_some() {
            continue;
        }
        let problem = match std::fs::symlink_metadata(&path) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => continue,
            Err(error) => return Err(Failure::at(&path)(error)),
            Ok(metadata) if !metadata.is_file() => Some(0),
            Ok(_) => negation(&std::fs::read(&path).map_err(Failure::at(&path))?),
        };
        found.extend(problem.map(|line| {
            let file = path.display().to_string();
            let message = "may take files with secrets back into Git: a line begins with `!`, or this is not a file";
            Diagnostic::new(codes::OUTPUT_FOREIGN, message)
                .at(Location { file, line, column: u32::from(line > 0) })
                .hint("take the line out, or move it into a .gitignore above the output")
        }));
    }
    Ok(found)
}

/// The number of the first line that includes something again. Git skips a byte order mark, but no blanks.
fn negation(bytes: &[u8]) -> Option<u32> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = bytes.split(|byte| *byte == b'\n').zip(1u32..);
    lines.find(|(line, _)| line.starts_with(b"!")).map(|(_, number)| number)
}
