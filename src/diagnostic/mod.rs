//! The compiler's diagnostics about an input: code, severity, location, message and hint.
//!
//! A message never holds a secret: it names the field, not its value. Where it quotes a public value, anything in it
//! that looks like a secret, such as the password in a URL, is masked here, for all forms of a report.

mod all;
mod allowed;
pub mod codes;

pub use all::{Diagnostics, MOST_OF_FILE};
pub use allowed::Allowed;
pub use codes::Code;

use crate::sensitive;
use std::fmt;

/// How bad it is. Only an error refuses the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input is refused and nothing is written.
    Error,
    /// Something is done, but perhaps not what the user wanted.
    Warning,
    /// Something worth knowing.
    Note,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A location in a file: line and column count from 1, columns in characters. Line 0 means the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The file as the user named it, or a part of one: `bundle.yaml: data["config.yaml"]`.
    pub file: String,
    /// The line, from 1; 0 for the file as a whole.
    pub line: u32,
    /// The column, from 1; 0 for the line or the file as a whole.
    pub column: u32,
}

impl Location {
    /// The file as a whole.
    #[must_use]
    pub fn file(name: impl Into<String>) -> Self {
        Self { file: name.into(), line: 0, column: 0 }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => write!(f, "{}", self.file),
            (line, 0) => write!(f, "{}:{line}", self.file),
            (line, column) => write!(f, "{}:{line}:{column}", self.file),
        }
    }
}

/// One problem, warning or note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code, with its page.
    pub code: Code,
    /// How bad it is; the code's own severity unless changed.
    pub severity: Severity,
    /// Where it is, if known.
    pub location: Option<Location>,
    /// The path of the field (`spec.components[3].kind`), if there is one.
    pub field: Option<String>,
    /// What is wrong: lower case, no final period, never a secret.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic with the default severity of its code.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        let message = sensitive::masked(&message.into()).into_owned();
        Self { code, severity: code.severity(), location: None, field: None, message, hint: None }
    }

    /// Sets the location.
    #[must_use]
    pub fn at(mut self, location: Location) -> Self {
        self.location = Some(location);
        self
    }

    /// Sets the field.
    #[must_use]
    pub fn field(mut self, path: impl Into<String>) -> Self {
        self.field = Some(path.into());
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        self.hint = Some(sensitive::masked(&text.into()).into_owned());
        self
    }
}

/// `error[code]: file:1:2: field: message`, then the hint's lines, each indented by two.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]: ", self.severity.as_str(), self.code)?;
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        if let Some(field) = &self.field {
            write!(f, "{field}: ")?;
        }
        write!(f, "{}", self.message)?;
        if let Some(hint) = &self.hint {
            for (index, line) in hint.lines().enumerate() {
                write!(f, "\n  {}{line}", if index == 0 { "hint: " } else { "      " })?;
            }
        }
        Ok(())
    }
}
