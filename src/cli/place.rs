//! Whether a directory is one that a build may take for its own.

#![allow(
    clippy::disallowed_methods,
    reason = "it looks at the directory that the user named, before anything is written"
)]

use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::output::{Failure, LOCK, STAGING};
use std::fs;
use std::path::Path;

/// Why the first build into a directory needs `--force`: it is the input, or holds other files. Files whose names begin with a
/// point do not count, so that a fresh clone is empty.
pub(super) fn objection(out: &Path, input: &str, force: bool) -> Option<Failure> {
    if force || [LOCK, STAGING].iter().any(|own| out.join(own).symlink_metadata().is_ok()) {
        return None;
    }
    let input = Path::new(input);
    let input = if input.is_dir() { Some(input) } else { input.parent() };
    let is_input =
        input.and_then(|input| input.canonicalize().ok()).is_some_and(|it| Some(it) == out.canonicalize().ok());
    let is_other = |name: &str| !name.starts_with('.');
    let mut entries = fs::read_dir(out).ok()?.filter_map(Result::ok);
    let message = match entries.any(|entry| entry.file_name().to_str().is_none_or(is_other)) {
        _ if is_input => "is the directory of the input, and the output would lie among its files",
        true => "holds files, and no output of quay-render",
        false => return None,
    };
    let mut problems = Diagnostics::new();
    let problem = Diagnostic::new(codes::OUTPUT_FOREIGN, message).at(Location::file(out.display().to_string()));
    problems.push(
        problem.hint("name a directory of its own; with --force it goes there, and what is not in its way stays"),
    );
    Some(Failure::Refused(problems))
}
