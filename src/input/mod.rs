//! Reading the input: one directory, one file or standard input, as bytes under the names the user gave.
//!
//! What cannot be read for a reason that the user can mend (too large, a link that leaves the input) is a diagnostic;
//! what the system refuses is an error.

#![allow(clippy::disallowed_methods, reason = "the one module that reads the input from disk")]

mod bundle;
mod fleet;
mod generator;
mod tree;

pub use fleet::{Fleet, Member, find};
pub use generator::Generated;
pub use tree::read_tree;

use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::files;
use crate::pki::Date;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// A Kubernetes object is at most 1.5 MiB in etcd; a file may hold a few.
const LARGEST_FILE: u64 = 4 << 20;
/// The folder that stands for the config bundle's Secret: each file is a key.
const BUNDLE_FOLDER: &str = "config-bundle";
/// What `quay-render keys` writes beside the input.
pub const KEYS_FILE: &str = "keys.yaml";
/// What `quay-render seal` writes beside the input.
pub const SEALED_FILE: &str = "sealed.yaml";

/// Everything that is compiled: nothing else reaches the compiler.
#[derive(Default)]
pub struct Inputs {
    /// The input as the user named it.
    pub name: String,
    /// What a command takes to mean this registry, where it is one of a fleet.
    pub of_fleet: Option<String>,
    /// The files with Kubernetes documents, in the order of their names.
    pub sources: Vec<Source>,
    /// The files with documents of each folder above it that belongs to the same fleet, the outermost first.
    pub above: Vec<Vec<Source>>,
    /// The folder `config-bundle/`, where there is one.
    pub bundle: Option<Folder>,
    /// The Secrets that kustomizations of the input make, one of which may be the config bundle.
    pub generated: Vec<Generated>,
    /// Image overrides from outside of the files, where the user asked for that (guide 7.1.5.1).
    pub images: BTreeMap<String, Given>,
    /// The namespace where the files name none.
    pub namespace: Option<Given>,
    /// How strictly it is looked at.
    pub options: Options,
    /// What was wrong with the files themselves.
    pub problems: Diagnostics,
}

/// A value from outside of the files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The value.
    pub value: String,
    /// Where it is from, as a message says it.
    pub from: String,
}

/// How strictly an input is looked at; none of it changes what is rendered.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Whether what would not pass on a FIPS cluster is an error (guide 6.3).
    pub fips: bool,
    /// The day that certificates are judged by; without one it is only told when they end.
    pub as_of: Option<Date>,
    /// Whether a warning refuses the input.
    pub deny_warnings: bool,
    /// Whether a document that is for other programs refuses it.
    pub strict_input: bool,
}

/// One file.
pub struct Source {
    /// Its path as the user would write it.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A folder of files, each a key of the config bundle.
pub struct Folder {
    /// Its path as the user would write it.
    pub name: String,
    /// The keys with their files, in the order of the keys.
    pub files: Vec<(String, Source)>,
}

/// The system refused to read something: exit code 2.
#[derive(Debug)]
pub struct Unreadable {
    /// What it was about.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The file that makes a folder a config bundle.
const CONFIG_FILE: &str = "config.yaml";

impl Inputs {
    /// What a command takes for this input, for messages that tell one to run.
    #[must_use]
    pub fn argument(&self) -> &str {
        self.of_fleet.as_deref().unwrap_or(&self.name)
    }

    /// Whether this is a config bundle alone, as [`read_checked`] reads one.
    #[must_use]
    pub fn is_bundle_alone(&self) -> bool {
        self.sources.is_empty() && self.bundle.is_some()
    }
}

/// Reads an input that is only checked: what [`read`] reads, or a config bundle alone, a folder with a config.yaml and
/// what belongs to it, or one config.yaml. The latter has no sources and nothing but its bundle.
///
/// # Errors
/// As [`read`].
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
        inputs.bundle = Some(bundle::read(root, &real(root)?, &mut inputs.problems)?);
    }
    Ok(inputs)
}

/// Whether a text says of itself that it is a Kubernetes document, be it one that cannot be read. Quay has no field that
/// is called kind or apiVersion.
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

/// Reads `input`: a directory, a file, or `-` for standard input. `output` is the directory that is written to; where
/// it lies in the input it is no part of it. A `keys.yaml` and a `sealed.yaml` beside a single file belong to it.
///
/// # Errors
/// When `input` does not exist or the system refuses to read it.
pub fn read(input: &str, output: Option<&Path>) -> Result<Inputs, Unreadable> {
    let mut inputs = Inputs { name: input.to_owned(), ..Inputs::default() };
    if input == "-" {
        let name = "<stdin>".to_owned();
        let read = take(&mut io::stdin().lock(), &name, &mut inputs.problems);
        let bytes = read.map_err(|source| Unreadable { path: PathBuf::from("-"), source })?;
        inputs.sources.extend(bytes.map(|bytes| Source { name, bytes }));
        return Ok(inputs);
    }
    let root = Path::new(input);
    let unreadable = |source| Unreadable { path: root.to_owned(), source };
    if fs::metadata(root).map_err(unreadable)?.is_dir() {
        read_in(root, &real(root)?, output, &mut inputs)?;
    } else {
        let folder = root.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // What the user names may be a link; what lies beside it is as confined as a directory.
        inputs.sources.extend(open(root, &real(root)?, &mut inputs.problems)?);
        let within = real(folder)?;
        for beside in [KEYS_FILE, SEALED_FILE].map(|name| root.with_file_name(name)) {
            if beside != root && beside.symlink_metadata().is_ok() {
                read_confined(&beside, &within, &mut inputs)?;
            }
        }
    }
    Ok(inputs)
}

/// The path without links.
fn real(path: &Path) -> Result<PathBuf, Unreadable> {
    fs::canonicalize(path).map_err(|source| Unreadable { path: path.to_owned(), source })
}

/// Whether a file may hold Kubernetes documents, by its name.
fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["yaml", "yml", "json"].iter().any(|known| end == *known))
}

/// Reads a directory, none of whose links leaves `within`.
fn read_in(root: &Path, within: &Path, output: Option<&Path>, inputs: &mut Inputs) -> Result<(), Unreadable> {
    let output = output.and_then(|path| fs::canonicalize(path).ok());
    for path in entries(root)? {
        if output.is_some() && fs::canonicalize(&path).ok() == output {
            continue;
        }
        let Some(real) = confined(&path, within, &mut inputs.problems) else { continue };
        if real.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name == BUNDLE_FOLDER {
                inputs.bundle = Some(bundle::read(&path, within, &mut inputs.problems)?);
            } else if bundle::is_misnamed(&name) {
                inputs.problems.push(bundle::misnamed(&path));
            }
        } else if is_document(&path) {
            if let Some(source) = open(&path, &real, &mut inputs.problems)? {
                inputs.generated.extend(generator::read(&source, root, within)?);
                inputs.sources.push(source);
            }
        }
    }
    Ok(())
}

/// The entries of a directory that are not hidden, in the order of their names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
    let walk = WalkDir::new(folder).min_depth(1).max_depth(1).sort_by_file_name();
    let mut paths = Vec::new();
    for entry in walk {
        let entry = entry.map_err(|error| Unreadable { path: folder.to_owned(), source: error.into() })?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            paths.push(entry.into_path());
        }
    }
    Ok(paths)
}

/// Where a path leads when its links are followed, if that is inside the input. Nothing is opened before that is known.
fn confined(path: &Path, within: &Path, problems: &mut Diagnostics) -> Option<PathBuf> {
    let inside = fs::canonicalize(path).ok().filter(|real| real.starts_with(within));
    if inside.is_none() {
        problems.push(
            Diagnostic::new(codes::INPUT_FILE, "is a link that leads out of the input or nowhere")
                .at(Location::file(path.display().to_string()))
                .hint("copy the file into the input: what is rendered must be reviewable in one place"),
        );
    }
    inside
}

fn read_confined(path: &Path, within: &Path, inputs: &mut Inputs) -> Result<(), Unreadable> {
    if let Some(real) = confined(path, within, &mut inputs.problems) {
        inputs.sources.extend(open(path, &real, &mut inputs.problems)?);
    }
    Ok(())
}

/// Reads the regular file that is at `real` once all links are followed, under the name that leads there.
fn open(path: &Path, real: &Path, problems: &mut Diagnostics) -> Result<Option<Source>, Unreadable> {
    let unreadable = |source| Unreadable { path: path.to_owned(), source };
    let name = path.display().to_string();
    let Some(mut file) = files::open(real).map_err(unreadable)? else {
        problems.push(
            Diagnostic::new(codes::INPUT_FILE, "is no regular file")
                .at(Location::file(name))
                .hint("pipes and devices have no place in an input directory"),
        );
        return Ok(None);
    };
    let bytes = take(&mut file, &name, problems).map_err(unreadable)?;
    Ok(bytes.map(|bytes| Source { name, bytes }))
}

/// Reads to the end, but never more than the largest file may have.
fn take(reader: &mut impl Read, name: &str, problems: &mut Diagnostics) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(LARGEST_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_FILE {
        problems.push(
            Diagnostic::new(codes::INPUT_FILE, format!("is larger than {} MiB", LARGEST_FILE >> 20))
                .at(Location::file(name))
                .hint("no Kubernetes object can be that large; is this the right file?"),
        );
        return Ok(None);
    }
    Ok(Some(bytes))
}
