//! Limits on reading an input: no link may leave it, and its size and number of files are limited, so that memory and
//! time are bounded whatever a repository contains.

use super::{Source, Unreadable};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::files;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// A Kubernetes object has at most 1.5 MiB in etcd; a file may hold a few.
const LARGEST_FILE: u64 = 4 << 20;
/// A list of objects of a cluster may be long.
const LARGEST_EXPORT_FILE: u64 = 64 << 20;
/// The files of an export together.
const LARGEST_EXPORT: u64 = 128 << 20;
/// A config bundle has at most 1 MiB, as it is a Secret; the rest of the input may be a few times larger.
const LARGEST_INPUT: u64 = 8 << 20;
/// The maximum number of entries in all listed folders, plus the keys that kustomization generators make.
const MOST_ENTRIES: usize = 10_000;

#[cfg(test)]
thread_local! {
    /// How many files and folders this thread has read.
    pub(super) static READS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The maximum size of one file, and what to do about a larger one.
#[derive(Clone, Copy)]
pub(super) struct PerFile {
    largest: u64,
    hint: &'static str,
}

impl PerFile {
    /// For a file of an input.
    pub(super) const INPUT: Self =
        Self { largest: LARGEST_FILE, hint: "no Kubernetes object can be that large; is this the right file?" };
    /// For what was exported of a cluster.
    pub(super) const EXPORT: Self = Self {
        largest: LARGEST_EXPORT_FILE,
        hint: "export the registry's namespace only (-n NAMESPACE), kinds in files of their own, and ClusterServiceVersions without \
               their copies (-l '!olm.copiedFrom')",
    };
}

/// The entries of a folder.
#[derive(Default)]
pub(super) struct Listing {
    /// The number of entries, including hidden ones.
    pub(super) counted: usize,
    /// The paths that are not hidden, sorted; empty if there are more than an input may have.
    pub(super) paths: Vec<PathBuf>,
}

/// Folders and files that have been read, by path.
#[derive(Default)]
pub(super) struct Known {
    pub(super) folders: BTreeMap<PathBuf, Listing>,
    pub(super) files: BTreeMap<PathBuf, Source>,
}

/// The limits of one input, and how much has been read.
pub(super) struct Bounds {
    /// The folder that no link may leave, as a path without links.
    within: PathBuf,
    per_file: PerFile,
    largest: u64,
    most: usize,
    bytes: u64,
    files: usize,
    entries: usize,
    /// The limit that was exceeded. Nothing is read after that.
    met: Option<Diagnostic>,
    /// The name and size of the first file that did not fit.
    pub(super) refused: Option<(String, u64)>,
    /// What was read before and is not read again.
    known: Known,
}

impl Bounds {
    /// The limits for an input that is compiled.
    pub(super) fn new(within: PathBuf) -> Self {
        Self::knowing(within, Known::default())
    }

    /// The limits for an input of which parts have already been read.
    pub(super) fn knowing(within: PathBuf, known: Known) -> Self {
        let (largest, most) = (LARGEST_INPUT, MOST_ENTRIES);
        let per_file = PerFile::INPUT;
        Self { within, per_file, largest, most, bytes: 0, files: 0, entries: 0, met: None, refused: None, known }
    }

    /// The limits for a tree that is compared, perhaps the output of many registries: only a file's size is limited.
    pub(super) fn of_tree(within: PathBuf) -> Self {
        Self { largest: u64::MAX, most: usize::MAX, ..Self::new(within) }
    }

    /// The limits for what was exported of a cluster.
    pub(super) fn of_export(within: PathBuf) -> Self {
        Self { per_file: PerFile::EXPORT, largest: LARGEST_EXPORT, ..Self::new(within) }
    }

    /// Reports the limit that was exceeded, if any: once, however much is left unread.
    pub(super) fn tell(&self, problems: &mut Diagnostics) {
        if let Some(met) = &self.met {
            problems.push(met.clone());
        }
    }

    /// The entries of a directory that are not hidden, sorted by name.
    pub(super) fn entries(&mut self, folder: &Path) -> Result<Vec<PathBuf>, Unreadable> {
        Ok(self.list(folder)?.paths)
    }

    /// Like [`entries`](Self::entries), with the total number.
    pub(super) fn list(&mut self, folder: &Path) -> Result<Listing, Unreadable> {
        let name = folder.display().to_string();
        if let Some(listing) = self.known.folders.remove(folder) {
            return Ok(if self.count_all(&name, listing.counted) { listing } else { Listing::default() });
        }
        #[cfg(test)]
        READS.set(READS.get() + 1);
        let unreadable = |source| Unreadable { path: folder.to_owned(), source };
        let mut listing = Listing::default();
        for entry in fs::read_dir(folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            listing.counted += 1;
            if !self.count(&name) {
                return Ok(Listing { paths: Vec::new(), ..listing });
            }
            if !entry.file_name().to_string_lossy().starts_with('.') {
                listing.paths.push(entry.path());
            }
        }
        listing.paths.sort();
        Ok(listing)
    }

    /// Counts an entry of a folder, or a key of a file; returns whether it is within the limit.
    pub(super) fn count(&mut self, of: &str) -> bool {
        self.count_all(of, 1)
    }

    /// Counts several at once.
    pub(super) fn count_all(&mut self, of: &str, number: usize) -> bool {
        self.entries += number;
        if self.entries > self.most && self.met.is_none() {
            let message = format!(
                "does not fit into the input, which has at most {} files, folders and keys of generators",
                self.most
            );
            self.stop(of, message);
        }
        self.met.is_none()
    }

    /// The target of a path with links resolved, if it is inside the input. Nothing is opened before that is known.
    pub(super) fn confined(&self, path: &Path, problems: &mut Diagnostics) -> Option<PathBuf> {
        let inside = fs::canonicalize(path).ok().filter(|real| real.starts_with(&self.within));
        if inside.is_none() {
            problems.push(
                Diagnostic::new(codes::INPUT_FILE, "is a link that leads out of the input or nowhere")
                    .at(Location::file(path.display().to_string()))
                    .hint("copy the file into the input: what is rendered must be reviewable in one place"),
            );
        }
        inside
    }

    /// Whether a path without links is inside the input.
    pub(super) fn holds(&self, real: &Path) -> bool {
        real.starts_with(&self.within)
    }

    /// Reads the regular file at `real`, the path without links, under the name `path`.
    pub(super) fn open(
        &mut self,
        path: &Path,
        real: &Path,
        problems: &mut Diagnostics,
    ) -> Result<Option<Source>, Unreadable> {
        let unreadable = |source| Unreadable { path: path.to_owned(), source };
        if self.met.is_some() {
            return Ok(None);
        }
        if let Some(source) = self.known.files.remove(path) {
            return Ok(self.fits(&source.name, source.bytes.len() as u64).then_some(source));
        }
        #[cfg(test)]
        READS.set(READS.get() + 1);
        let name = path.display().to_string();
        let Some(mut file) = files::open(real).map_err(unreadable)? else {
            problems.push(
                Diagnostic::new(codes::INPUT_FILE, "is not a regular file")
                    .at(Location::file(name))
                    .hint("pipes and devices do not belong in an input directory"),
            );
            return Ok(None);
        };
        let Some(bytes) = take(&mut file, &name, self.per_file, problems).map_err(unreadable)? else { return Ok(None) };
        Ok(self.fits(&name, bytes.len() as u64).then_some(Source { name, bytes }))
    }

    /// Counts a file that has been read; returns whether it is within the limit.
    pub(super) fn fits(&mut self, name: &str, bytes: u64) -> bool {
        if self.met.is_some() {
            return false;
        }
        if self.bytes + bytes > self.largest {
            let message = format!(
                "does not fit into the input, which has at most {} MiB: the {} files before it have {} bytes, and it has {bytes}",
                self.largest >> 20,
                self.files,
                self.bytes
            );
            self.stop(name, message);
            self.refused = Some((name.to_owned(), bytes));
            return false;
        }
        self.bytes += bytes;
        self.files += 1;
        true
    }

    fn stop(&mut self, at: &str, message: String) {
        let hint = "neither it nor what comes after it was read; is this the right directory? \
                    keep in it only what belongs to the registry";
        self.met = Some(Diagnostic::new(codes::INPUT_FILE, message).at(Location::file(at)).hint(hint));
    }
}

/// Reads to the end, but no more than the maximum size of a file.
pub(super) fn take(
    reader: &mut impl Read,
    name: &str,
    limit: PerFile,
    problems: &mut Diagnostics,
) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    reader.take(limit.largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit.largest {
        problems.push(
            Diagnostic::new(codes::INPUT_FILE, format!("is larger than {} MiB", limit.largest >> 20))
                .at(Location::file(name))
                .hint(limit.hint),
        );
        return Ok(None);
    }
    Ok(Some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds() -> Bounds {
        Bounds::new(PathBuf::from("/"))
    }

    #[test]
    fn an_input_of_the_largest_size_fits_and_one_byte_more_does_not() {
        let mut bounds = bounds();
        assert!(
            bounds.fits("a", LARGEST_FILE) && bounds.fits("b", LARGEST_INPUT - LARGEST_FILE) && bounds.fits("c", 0)
        );
        assert!(!bounds.fits("d", 1));
        let told = bounds.met.unwrap();
        assert_eq!(
            told.message,
            "does not fit into the input, which has at most 8 MiB: the 3 files before it have 8388608 bytes, and it has 1"
        );
    }

    #[test]
    fn an_input_of_the_most_entries_fits_and_one_more_does_not() {
        let mut bounds = bounds();
        assert!((0..MOST_ENTRIES).all(|_| bounds.count("folder")));
        assert!(!bounds.count("folder"));
        assert!(bounds.met.unwrap().message.contains("at most 10000 files"));
    }
}
