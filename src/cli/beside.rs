//! Files that a command writes beside the input: `keys.yaml` and `sealed.yaml`.

#![allow(clippy::disallowed_methods, reason = "what these commands are for: a file beside the input")]

use super::Fatal;
use crate::diagnostic::Diagnostics;
use crate::input::Inputs;
use crate::yaml::{self, Dialect, Origin};
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Where such a document is, else `name` beside the input.
pub fn target(input: &str, found: Option<&str>, name: &str) -> PathBuf {
    let input = Path::new(input);
    match found {
        Some(file) => PathBuf::from(file),
        None if input.is_dir() => input.join(name),
        None => input.with_file_name(name),
    }
}

/// What stands in the file now, where it is part of the input.
pub fn content<'a>(inputs: &'a Inputs, path: &Path) -> &'a [u8] {
    let source = inputs.sources.iter().find(|source| Path::new(&source.name) == path);
    source.map(|source| source.bytes.as_slice()).unwrap_or_default()
}

/// The file is written anew, so it must hold nothing but the one document, called `kind`, with `what` in it.
pub fn refuse_shared(inputs: &Inputs, path: &Path, what: &str, kind: &str) -> Result<(), Fatal> {
    let text = String::from_utf8_lossy(content(inputs, path));
    let origin = Origin { file: "", within: None };
    if yaml::parse(&text, &origin, Dialect::Kubernetes, &mut Diagnostics::new()).len() > 1 {
        let message =
            format!("holds other documents beside {what}, which would be lost; give the {kind} a file of its own");
        return Err(Fatal(format!("{}: {message}", path.display())));
    }
    Ok(())
}

/// Writes beside, then renames: the old file is whole until the new one is.
pub fn write(path: &Path, text: &str, mode: u32) -> Result<(), Fatal> {
    let failed = |error: std::io::Error| Fatal(format!("{}: {error}", path.display()));
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(mode).open(&beside).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let renamed = written.and_then(|()| fs::rename(&beside, path));
    renamed.map_err(|error| {
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
