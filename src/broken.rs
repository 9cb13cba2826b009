//! A file of this program is wrong.

use std::fmt;

/// A file of this program is wrong. Never the user's mistake; it names the file and never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The path below `components/`.
    pub file: String,
    /// The line, where it can be told.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl Broken {
    /// A whole file is wrong.
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
