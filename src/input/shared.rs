//! Files that are read once for several inputs.

use super::bounds::{Bounds, Known, Listing};
use super::{Shared, Source, Unreadable, is_document};
use crate::diagnostic::Diagnostics;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder with the documents directly in it.
pub(super) struct Documents {
    folder: PathBuf,
    /// The entries of the folder.
    pub(super) listing: Listing,
    pub(super) sources: Vec<(PathBuf, Source)>,
    /// The first document beyond the limit.
    refused: Option<(String, u64)>,
    /// Problems of the files.
    problems: Diagnostics,
    /// The problem to report if the folder has more entries than an input may have.
    pub(super) overfull: Diagnostics,
}

impl Documents {
    /// Reads the documents directly in a folder.
    ///
    /// # Errors
    /// If the system refuses to read it.
    pub(super) fn read(folder: &Path, within: &Path) -> Result<Self, Unreadable> {
        let mut bounds = Bounds::new(within.to_owned());
        let listing = bounds.list(folder)?;
        let (mut overfull, mut problems) = (Diagnostics::new(), Diagnostics::new());
        bounds.tell(&mut overfull);
        let mut sources = Vec::new();
        for path in listing.paths.iter().filter(|path| is_document(path) && !path.is_dir()) {
            let Some(real) = bounds.confined(path, &mut problems) else { continue };
            sources.extend(bounds.open(path, &real, &mut problems)?.map(|source| (path.clone(), source)));
        }
        Ok(Self { folder: folder.to_owned(), listing, sources, refused: bounds.refused, problems, overfull })
    }

    /// What has been read, for the input that the folder itself is.
    pub(super) fn known(self) -> Known {
        Known { folders: BTreeMap::from([(self.folder, self.listing)]), files: self.sources.into_iter().collect() }
    }

    /// The documents as part of every input below the folder.
    pub(super) fn shared(&mut self) -> Level {
        let sources = std::mem::take(&mut self.sources);
        Level {
            folder: self.folder.display().to_string(),
            entries: self.listing.counted,
            sources: sources.into_iter().map(|(_, source)| Arc::new(Shared::new(source))).collect(),
            refused: self.refused.take(),
            problems: std::mem::take(&mut self.problems),
        }
    }
}

/// The documents directly in a folder that contains several inputs.
pub(super) struct Level {
    folder: String,
    entries: usize,
    sources: Vec<Arc<Shared>>,
    refused: Option<(String, u64)>,
    problems: Diagnostics,
}

impl Level {
    /// Adds its documents to an input, as far as they fit within that input's limits.
    pub(super) fn add(&self, bounds: &mut Bounds, problems: &mut Diagnostics) -> Vec<Arc<Shared>> {
        if !bounds.count_all(&self.folder, self.entries) {
            return Vec::new();
        }
        problems.extend(self.problems.clone());
        let mut fits = |file: &Shared| bounds.fits(&file.source.name, file.source.bytes.len() as u64);
        let fitting = self.sources.iter().take_while(|file| fits(file));
        let fitting = fitting.map(Arc::clone).collect();
        if let Some((name, bytes)) = &self.refused {
            bounds.fits(name, *bytes);
        }
        fitting
    }
}
