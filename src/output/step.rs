//! What a commit is made of.

use super::digest::Entry;
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
