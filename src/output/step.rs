//! What a commit is made of.

use super::digest::Entry;
use super::paths::IGNORE;
use serde::{Deserialize, Serialize};

/// One path of a commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    /// The file, or the directory that is moved in as a whole.
    pub(super) path: String,
    /// The digest of the file that is there before. It is a plain one for a secret too: the journal lives as long as
    /// the secret's own bytes beside it, and is as closed.
    pub(super) was: Option<Entry>,
    /// Whether new content comes to the path; if not, the file is removed.
    pub(super) staged: bool,
}

impl Step {
    /// Whether the new content is moved over the old at once: there is no moment in which Git would take what it is told to
    /// leave alone.
    pub(super) fn is_over(&self) -> bool {
        self.path == IGNORE && self.staged && self.was.is_some()
    }
}
