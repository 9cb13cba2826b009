//! An invalid file of this program.

use std::fmt;

/// An invalid file of this program, which is never the user's fault. Names the file, but no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The path below `components/`.
    pub file: String,
    /// The line, if known.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl Broken {
    /// A problem with a whole file.
    #[must_use]
    pub fn new(file: &str, reason: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, reason: reason.into() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "components/{}", self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Broken {}
