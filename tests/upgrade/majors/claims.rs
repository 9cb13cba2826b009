//! The two claims, with all that the init containers know: they have no other memory.

/// The number of an attempt.
pub type Id = u8;

/// What Quay wrote, a bit for each write that it was told of as done.
pub type Writes = u64;

#[derive(Clone, Copy, Debug)]
pub struct Database {
    pub writes: Writes,
    /// The release whose schema it has; without one there are no tables.
    pub schema: Option<usize>,
    /// Not while it is being restored.
    pub is_whole: bool,
}

impl Database {
    /// Nothing of a database that Quay or its migration must not see.
    pub const fn is_fit(&self) -> bool {
        self.is_whole && self.schema.is_some()
    }
}

/// What a server makes where it finds no data.
pub const EMPTY: Database = Database { writes: 0, schema: None, is_whole: true };

/// The data of the former PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub struct OldClaim {
    pub data: Option<Database>,
    /// The digest of `pg_control`, by either name: every start and stop of a server changes it.
    pub control: u32,
    /// The attempt that renamed `pg_control` to `pg_control.moved-<id>`.
    pub fence: Option<Id>,
}

/// What an attempt says of itself, in the directory of its data.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub id: Id,
    /// Of the old claim's `pg_control`, when the dump ended.
    pub digest: u32,
    /// The old claim is fenced, and the server may take Quay's writes.
    pub is_final: bool,
}

/// A dump of the old claim's database, with the facts beside it.
#[derive(Clone, Copy, Debug)]
pub struct Dump {
    pub id: Id,
    pub digest: u32,
    pub database: Database,
}

/// The data of the later PostgreSQL.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewClaim {
    /// `userdata`, the directory that the server starts in.
    pub data: Option<Database>,
    /// The record in `userdata`.
    pub record: Option<Record>,
    /// `upgrade/dump`.
    pub dump: Option<Dump>,
    /// `upgrade/userdata`: what is being made there is of use to nobody yet.
    pub made: Option<Database>,
    /// All that is in the directories `userdata-<id>`, which have been put aside.
    pub aside: Writes,
    /// Their attempts, a bit for each.
    pub attempts_aside: u32,
}

/// What an init container finds to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// There is nothing to move any more.
    Moved,
    Moves,
    /// It fails, and a person reads why.
    Refused,
}
