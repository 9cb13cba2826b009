//! What keeps the move safe, each by itself, so that a test can take one away.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// The dump is not begun while others have sessions in the old database,
    DumpLooksBefore,
    /// nor used where they have when it has ended.
    DumpLooksAfter,
    /// The restore is made in a database of another name, which takes the registry's when it is whole.
    RestoresAside,
    /// Only when its rows are those of the dump.
    Compares,
    /// The mark comes with the name, in one transaction.
    MarkComesWithData,
    /// A database with a mark keeps its name.
    RefusesSecond,
    /// The migration waits for the mark.
    MigrationWaitsForMark,
    /// So do the registry's pods: the database may have tables for another reason.
    PodsWaitForMark,
    /// The registry's pods wait for the schema of their release, too.
    PodsWaitForSchema,
    /// Who waits for the mark has no session in the registry's database.
    WaitsWithoutSession,
    /// A build does not take restoreFrom out of an input whose former output is paused with it.
    BuildRefuses,
    /// The way back deletes the claim of the new database.
    WayBackDeletesClaim,
}

/// All gates but these.
#[derive(Clone, Copy, Debug)]
pub struct Gates(pub &'static [Gate]);

impl Gates {
    pub fn have(self, gate: Gate) -> bool {
        !self.0.contains(&gate)
    }
}
