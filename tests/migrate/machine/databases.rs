//! The databases of both servers.

/// What was written, a bit for each write that a Quay was told of as done.
pub type Writes = u64;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    Old,
    New,
}

/// From which dump a database is.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The move in which it was made; the way back begins another.
    pub of_move: u8,
    /// All that the old Quay was told of as done when it ended.
    pub until: Writes,
}

#[derive(Clone, Copy, Debug)]
pub struct Database {
    pub writes: Writes,
    /// Nothing without tables.
    pub schema: Option<Schema>,
    /// Not while it is being restored.
    pub is_whole: bool,
    pub has_mark: bool,
    pub source: Option<Source>,
}

/// What a server makes where it finds no data.
pub const EMPTY: Database = Database { writes: 0, schema: None, is_whole: true, has_mark: false, source: None };

impl Database {
    pub const fn of(schema: Schema, writes: Writes) -> Self {
        Self { writes, schema: Some(schema), ..EMPTY }
    }
}

/// The old Quay, and the operator that starts it again.
#[derive(Clone, Copy, Debug)]
pub struct Old {
    pub database: Database,
    pub acknowledged: Writes,
    pub operator_runs: bool,
    pub quay_runs: bool,
    /// It was started while a dump was made.
    pub came_in_dump: bool,
}
