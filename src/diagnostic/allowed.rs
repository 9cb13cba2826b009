//! Diagnostics that the user chose not to see.

/// Diagnostics that the user allows, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Their code.
    pub code: String,
    /// The user's reason.
    pub reason: String,
    /// How many there were.
    pub count: usize,
}
