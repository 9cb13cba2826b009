//! Reads the input: one directory, one file or standard input, as bytes under the names that the user gave.
//!
//! If something cannot be read for a reason that the user can fix (too large, a link that leaves the input), that is a
//! diagnostic; if the system refuses, it is an error.

#![allow(clippy::disallowed_methods, reason = "the one module that reads the input from disk")]

mod bounds;
mod bundle;
mod fleet;
mod generator;
mod profile;
mod shared;
mod tree;

pub use fleet::{Fleet, Member, find};
pub use generator::{Generated, is_kustomization};
pub use profile::{Profile, is_profile};
pub use tree::{read_export, read_tree};

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::pki::Date;
use crate::yaml::Document;
use bounds::{Bounds, PerFile};
use memchr::memmem;
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The folder that replaces the config bundle's Secret: each file is a key.
const BUNDLE_FOLDER: &str = "config-bundle";
/// The file that `quay-render keys` writes next to the input.
pub const KEYS_FILE: &str = "keys.yaml";
/// The file that `quay-render seal` writes next to the input.
pub const SEALED_FILE: &str = "sealed.yaml";

/// The complete input of the compiler.
#[derive(Default)]
pub struct Inputs {
    /// The input as the user named it.
    pub name: String,
    /// The arguments by which commands select this registry, if it is one of a fleet.
    pub of_fleet: Option<String>,
    /// The same, if it was read alone, without the folders above it that say what it lacks.
    pub apart_from_fleet: Option<String>,
    /// The files with Kubernetes documents, sorted by name.
    pub sources: Vec<Source>,
    /// The files with documents in each folder above it within the same fleet, outermost first.
    pub above: Vec<Vec<Arc<Shared>>>,
    /// The folder `config-bundle/`, if there is one.
    pub bundle: Option<Folder>,
    /// The Secrets that kustomizations of the input generate, one of which may be the config bundle.
    pub generated: Vec<Generated>,
    /// The files that RenderConfigs name as profiles.
    pub profiles: Vec<Profile>,
    /// Image overrides from outside the files, if the user asked for that (guide 7.1.5.1).
    pub images: BTreeMap<String, Given>,
    /// The namespace, if the files name none.
    pub namespace: Option<Given>,
    /// The release, overriding the one in the files.
    pub release: Option<String>,
    /// The components and releases to compile it with.
    pub catalog: Catalog,
    /// How strictly it is checked.
    pub options: Options,
    /// Problems of the files themselves.
    pub problems: Diagnostics,
}

/// A value from outside the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The reference of the image.
    pub value: String,
    /// Where it comes from, for messages.
    pub from: String,
}

/// How strictly an input is checked; this does not change what is rendered.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Whether anything not allowed on a FIPS cluster is an error (guide 6.3).
    pub fips: bool,
    /// The day for which certificates are checked; without one only their end is reported.
    pub as_of: Option<Date>,
    /// Whether a warning refuses the input.
    pub deny_warnings: bool,
    /// Whether a document for other programs refuses it.
    pub strict_input: bool,
}

/// One file.
pub struct Source {
    /// Its path as the user would write it.
    pub name: String,
    /// The whole file, in any encoding.
    pub bytes: Vec<u8>,
}

impl Source {
    /// The content as text.
    ///
    /// # Errors
    /// The problem to report, if it is not UTF-8.
    pub fn text(&self) -> Result<&str, Diagnostic> {
        std::str::from_utf8(&self.bytes).map_err(|_| {
            Diagnostic::new(codes::INPUT_FILE, "is not UTF-8 text")
                .at(Location::file(&self.name))
                .hint("save it as UTF-8; binary values belong under `data`, in base64")
        })
    }
}

/// A file shared by several inputs, parsed once for all of them.
pub struct Shared {
    /// The file.
    pub source: Source,
    parsed: OnceLock<Parsed>,
}

/// The documents of a file, and their problems.
pub type Parsed = (Vec<Document>, Diagnostics);

impl Shared {
    /// Takes a file.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self { source, parsed: OnceLock::new() }
    }

    /// The parsed content, by `parse` on first use.
    pub fn parsed(&self, parse: impl FnOnce() -> Parsed) -> &Parsed {
        self.parsed.get_or_init(parse)
    }
}

/// A folder of files, each a key of the config bundle.
pub struct Folder {
    /// Its path as the user would write it.
    pub name: String,
    /// The keys with their files, sorted by key.
    pub files: Vec<(String, Source)>,
}

/// The system refused to read something: exit code 2.
#[derive(Debug)]
pub struct Unreadable {
    /// The path that could not be read.
    pub path: PathBuf,
    /// The system's error.
    pub source: io::Error,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.source)
    }
}

impl std::error::Error for Unreadable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The file that makes a folder a config bundle.
const CONFIG_FILE: &str = "config.yaml";

impl Inputs {
    /// The argument of a command for this input, for messages that suggest a command.
    #[must_use]
    pub fn argument(&self) -> &str {
        self.of_fleet.as_deref().unwrap_or(&self.name)
    }

    /// Whether this is just a config bundle, as [`read_checked`] may return.
    #[must_use]
    pub fn is_bundle_alone(&self) -> bool {
        self.sources.is_empty() && self.bundle.is_some()
    }
}

/// Reads an input that is only checked: the same as [`read`], or just a config bundle: a folder with a config.yaml and
/// its files, or a single config.yaml. In that case there are no sources, only the bundle.
///
/// # Errors
/// Those of [`read`].
pub fn read_checked(input: &str) -> Result<Inputs, Unreadable> {
    let mut inputs = read(input, None)?;
    let root = Path::new(input);
    let is_folder = input != "-" && root.is_dir();
    let first = if is_folder { inputs.sources.len() } else { 1 };
    let mut sources = inputs.sources.iter().take(first);
    if inputs.bundle.is_some() || inputs.sources.is_empty() || sources.any(|source| is_manifest(&source.bytes)) {
        return Ok(inputs);
    }
    if !is_folder {
        let config = inputs.sources.drain(..).next();
        let files = config.into_iter().map(|source| (CONFIG_FILE.to_owned(), source)).collect();
        inputs.bundle = Some(Folder { name: input.to_owned(), files });
    } else if root.join(CONFIG_FILE).is_file() {
        inputs.sources.clear();
        inputs.problems = Diagnostics::new();
        let mut bounds = Bounds::new(real(root)?);
        inputs.bundle = Some(bundle::read(root, &mut bounds, &mut inputs.problems)?);
        bounds.tell(&mut inputs.problems);
    }
    Ok(inputs)
}

/// Whether a text claims to be a Kubernetes document, even if unreadable. Quay has no field called kind or apiVersion.
fn is_manifest(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let is_json = text.trim_start().starts_with('{');
    let says = |line: &str| {
        let line = if is_json { line.trim_start_matches(['{', ' ', '\t']) } else { line };
        ["kind", "apiVersion"].iter().any(|key| {
            let quoted = line.strip_prefix(['"', '\'']);
            let rest = quoted.unwrap_or(line).strip_prefix(key);
            rest.is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':'))
        })
    };
    if is_json { text.split([',', '\n', '{']).any(says) } else { text.lines().any(says) }
}

/// Reads `input`: a directory, a file, or `-` for standard input. `output` is the output directory, which is excluded
/// if it is inside the input. With a single file, a `keys.yaml` and a `sealed.yaml` next to it are read too.
///
/// # Errors
/// If `input` does not exist or the system refuses to read it.
pub fn read(input: &str, output: Option<&Path>) -> Result<Inputs, Unreadable> {
    let mut inputs = Inputs { name: input.to_owned(), ..Inputs::default() };
    if input == "-" {
        read_stdin(PerFile::INPUT, &mut inputs)?;
        return Ok(inputs);
    }
    let root = Path::new(input);
    let unreadable = |source| Unreadable { path: root.to_owned(), source };
    if fs::metadata(root).map_err(unreadable)?.is_dir() {
        let mut bounds = Bounds::new(real(root)?);
        read_in(root, &mut bounds, output, &mut inputs)?;
        profile::read(&mut inputs, &mut bounds)?;
        bounds.tell(&mut inputs.problems);
        if !inputs.sources.iter().any(|source| memmem::find(&source.bytes, b"release:").is_some()) {
            inputs.apart_from_fleet = fleet::around(root);
        }
    } else {
        let folder = root.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The path given by the user may be a link; files next to it are confined as in a directory.
        let mut bounds = Bounds::new(real(folder)?);
        inputs.sources.extend(bounds.open(root, &real(root)?, &mut inputs.problems)?);
        for beside in [KEYS_FILE, SEALED_FILE].map(|name| root.with_file_name(name)) {
            if beside != root && beside.symlink_metadata().is_ok() {
                read_confined(&beside, &mut bounds, &mut inputs)?;
            }
        }
        profile::read(&mut inputs, &mut bounds)?;
        bounds.tell(&mut inputs.problems);
    }
    Ok(inputs)
}

/// Reads standard input.
fn read_stdin(limit: PerFile, inputs: &mut Inputs) -> Result<(), Unreadable> {
    let name = "<stdin>".to_owned();
    let read = bounds::take(&mut io::stdin().lock(), &name, limit, &mut inputs.problems);
    let bytes = read.map_err(|source| Unreadable { path: PathBuf::from("-"), source })?;
    inputs.sources.extend(bytes.map(|bytes| Source { name, bytes }));
    Ok(())
}

/// The path without links.
fn real(path: &Path) -> Result<PathBuf, Unreadable> {
    fs::canonicalize(path).map_err(|source| Unreadable { path: path.to_owned(), source })
}

/// Whether a file's name is that of a document of the input. Profiles are read only where they are named.
fn is_document(path: &Path) -> bool {
    !is_profile(&path.to_string_lossy())
        && path.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
}

/// Reads a directory, within its limits.
fn read_in(root: &Path, bounds: &mut Bounds, output: Option<&Path>, inputs: &mut Inputs) -> Result<(), Unreadable> {
    let output = output.and_then(|path| fs::canonicalize(path).ok());
    for path in bounds.entries(root)? {
        if output.is_some() && fs::canonicalize(&path).ok() == output {
            continue;
        }
        let Some(real) = bounds.confined(&path, &mut inputs.problems) else { continue };
        if real.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name == BUNDLE_FOLDER {
                inputs.bundle = Some(bundle::read(&path, bounds, &mut inputs.problems)?);
            } else if bundle::is_misnamed(&name) {
                inputs.problems.push(bundle::misnamed(&path));
            }
        } else if is_document(&path)
            && let Some(source) = bounds.open(&path, &real, &mut inputs.problems)?
        {
            inputs.generated.extend(generator::read(&source, root, bounds)?);
            inputs.sources.push(source);
        }
    }
    Ok(())
}

fn read_confined(path: &Path, bounds: &mut Bounds, inputs: &mut Inputs) -> Result<(), Unreadable> {
    if let Some(real) = bounds.confined(path, &mut inputs.problems) {
        inputs.sources.extend(bounds.open(path, &real, &mut inputs.problems)?);
    }
    Ok(())
}
