//! How large a text may be, and the tree that it makes.

/// How large a text may be, counting what aliases repeat.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Its values and keys.
    pub nodes: usize,
    /// The bytes of its text, and of the text in its tree. As no file is larger, only aliases can exceed the second.
    pub bytes: usize,
    /// Its documents.
    pub documents: usize,
}

impl Limits {
    /// Those of a file of an input.
    pub(super) const INPUT: Self = Self { nodes: 150_000, bytes: 4 << 20, documents: 10_000 };
    /// Those of what was exported of a cluster: long lists.
    pub(super) const EXPORT: Self = Self { nodes: 2_000_000, bytes: 64 << 20, documents: 100_000 };
}
