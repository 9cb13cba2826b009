//! Files that a command writes next to the input: `keys.yaml` and `sealed.yaml`.

use super::Fatal;
use crate::diagnostic::Diagnostics;
use crate::input::Inputs;
use crate::output::{self, Failure};
use crate::yaml::{self, Dialect, Origin};
use std::path::{Path, PathBuf};

/// The path of the file: `found` if the input already has the document, else `name` next to the input.
pub fn target(input: &str, found: Option<&str>, name: &str) -> PathBuf {
    let input = Path::new(input);
    match found {
        Some(file) => PathBuf::from(file),
        None if input.is_dir() => input.join(name),
        None => input.with_file_name(name),
    }
}

/// The current content of the file, if it is part of the input.
pub fn content<'a>(inputs: &'a Inputs, path: &Path) -> Option<&'a [u8]> {
    let source = inputs.sources.iter().find(|source| Path::new(&source.name) == path);
    source.map(|source| source.bytes.as_slice())
}

/// Puts other content in the place of what was read of the file; the disk stays as it is.
pub fn put(inputs: &mut Inputs, path: &Path, bytes: Vec<u8>) {
    if let Some(source) = inputs.sources.iter_mut().find(|source| Path::new(&source.name) == path) {
        source.bytes = bytes;
    }
}

/// Refuses a file that holds more than one document, called `kind`, with `what` in it: the whole file is rewritten.
pub fn refuse_shared(inputs: &Inputs, path: &Path, what: &str, kind: &str) -> Result<(), Fatal> {
    let text = String::from_utf8_lossy(content(inputs, path).unwrap_or_default());
    let origin = Origin { file: "", within: None };
    if yaml::parse(&text, &origin, Dialect::Kubernetes, &mut Diagnostics::new()).len() > 1 {
        let message =
            format!("holds other documents beside {what}, which would be lost; give the {kind} a file of its own");
        return Err(Fatal(format!("{}: {message}", path.display())));
    }
    Ok(())
}

/// Replaces the file, unless it changed since it was read: of two runs at once the later one is refused.
pub fn write(inputs: &Inputs, path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let file = output::File { bytes: text.as_bytes().to_vec(), secret };
    output::replace(path, output::Before::Is(content(inputs, path)), &file)
}
