//! What keeps the move safe, each by itself, so that a test can take one away.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// `Recreate`: a new pod of the database only when all pods of another form have gone.
    Recreates,
    /// dump-previous and restore-previous have the lock on the new claim while they work.
    Locks,
    /// The record names the attempt that it is of.
    RecordHasId,
    /// The record holds the digest of the old claim's `pg_control`, and an attempt goes on only where it is still that.
    ChecksDigest,
    /// The digest is taken when the old server has stopped.
    DigestFollowsStop,
    /// The data is made beside its place, so what a killed attempt leaves is known for that.
    MakesAside,
    /// It comes to its place when it is whole.
    PlacesWhole,
    /// It comes there with its record.
    PlacesWithRecord,
    /// The record lies in the directory of the data, so that one rename puts both aside.
    RecordLiesInData,
    /// What a killed attempt has left is removed at the next start.
    RemovesLeftovers,
    /// Data without a record is nobody's to replace.
    LeavesUnknownData,
    /// An attempt that was put aside does not move the data again: its migration is complete and is not run again.
    IdsAreUsedOnce,
    /// restore-previous reads the record again once it has the lock,
    RestoreReadsRecord,
    /// and has removed the dump before a server starts on what was made of it.
    RemovesDump,
    /// The dump is written beside the place where restore-previous looks for it, and renamed when it is whole.
    DumpIsRenamed,
    /// Until the commit that lets Quay serve, the new server takes writes from the migration alone.
    ReadOnlyUntilSwitch,
    /// Before the new server takes Quay's writes, `pg_control` of the old claim is renamed: no server starts there.
    Fences,
    /// The record becomes final after that.
    FencesFirst,
    /// An attempt does not replace another one whose server has taken Quay's writes.
    FinalStays,
    /// When the init containers that move have gone, one remains that looks for the final record.
    DoneChecksRecord,
    /// The migration of the later release asks for its attempt in the transaction that has the lock,
    JobAsksToBegin,
    /// and also where it finds that there is nothing to migrate.
    JobAsksToEnd,
    /// The connection that migrates is refused by a server of the former PostgreSQL.
    JobNeedsMajor,
    /// It asks for no attempt, but is made so soon that another one cannot have moved the data meanwhile.
    JobConnectsSoon,
    /// The migration makes no tables.
    JobWaitsForTables,
    /// It has the attempt in its name, so another attempt has another Job.
    JobIsNamedById,
    /// It waits until no pod of another release is left.
    JobWaitsForPods,
    /// Quay's pods wait for the schema of their release.
    QuayWaitsForSchema,
    /// Those of the later release also wait until the server takes their writes.
    QuayWaitsForWrites,
    /// The commit that moves the data also pauses Quay.
    MovePauses,
}

/// All gates but these.
#[derive(Clone, Copy, Debug)]
pub struct Gates(pub &'static [Gate]);

impl Gates {
    pub fn have(&self, gate: Gate) -> bool {
        !self.0.contains(&gate)
    }
}
