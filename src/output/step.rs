//! One step of a commit.

use super::digest::Entry;
use super::paths::IGNORE;
use serde::{Deserialize, Serialize};

/// One path of a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// The file, or the directory to be moved in as a whole.
    pub(super) path: String,
    /// The digest of the old file. It is a plain one for a secret too: the journal exists only as long as the secret's
    /// own content next to it, and is as well protected.
    pub(super) was: Option<Entry>,
    /// Whether there is new content; if not, the file is removed.
    pub(super) staged: bool,
}

impl Step {
    /// Whether the new content replaces the old in a single move: so there is no moment in which Git would track files
    /// that it must ignore.
    pub(super) fn is_over(&self) -> bool {
        self.path == IGNORE && self.staged && self.was.is_some()
    }
}
