//! The pods of the database: the forms of their Deployment, and the steps of their containers.

use super::claims::Id;

/// What the Deployment of the database says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The old server on the old claim, and nothing else.
    Old,
    /// The data is moved, and the new server takes no writes of Quay.
    Moves(Id),
    /// The data is moved where it is not, the old claim is fenced, and the new server takes all writes.
    Switches(Id),
    /// The old claim is not mounted.
    Done(Id),
}

impl Form {
    /// Where its containers begin.
    pub const fn first(self) -> Step {
        match self {
            Self::Old => Step::ServerStarts,
            Self::Moves(_) | Self::Switches(_) => Step::DumpBegins,
            Self::Done(_) => Step::CheckBegins,
        }
    }

    pub const fn mounts_old(self) -> bool {
        !matches!(self, Self::Done(_))
    }

    /// `cluster_name` of its server; the old one has none.
    pub const fn id(self) -> Id {
        match self {
            Self::Old => 0,
            Self::Moves(id) | Self::Switches(id) | Self::Done(id) => id,
        }
    }
}

/// Where a pod is: which container runs, and what it has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// dump-previous waits for the lock, and looks at the claims.
    DumpBegins,
    OldServerRuns,
    /// Half of the dump lies where restore-previous looks for it.
    DumpIsHalf,
    /// restore-previous waits for the lock, and looks at the new claim.
    RestoreBegins,
    /// The new server restores.
    Restores,
    /// It has stopped.
    Made,
    /// What was in the place of the data is put aside.
    PlaceIsFree,
    Placed,
    /// restore-previous of [`Form::Switches`] fences the old claim,
    Fences,
    /// and makes the record final.
    EndsRecord,
    /// restore-previous of [`Form::Done`] waits for the lock, and looks for the final record.
    CheckBegins,
    ServerStarts,
    /// The server answers at the Service.
    Serves,
}

impl Step {
    /// Whether a container with the lock is at this step.
    pub const fn is_locked(self) -> bool {
        use Step::{CheckBegins, DumpBegins, RestoreBegins, ServerStarts, Serves};
        !matches!(self, DumpBegins | RestoreBegins | CheckBegins | ServerStarts | Serves)
    }

    /// Where the container begins that is at this step.
    pub const fn again(self) -> Self {
        match self {
            Self::DumpBegins | Self::OldServerRuns | Self::DumpIsHalf => Self::DumpBegins,
            Self::CheckBegins => Self::CheckBegins,
            Self::ServerStarts | Self::Serves => Self::ServerStarts,
            _ => Self::RestoreBegins,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Pod {
    /// Of this run of its server: another run has none of its connections.
    pub run: u32,
    pub form: Form,
    pub step: Step,
    pub ends: bool,
    /// dump-previous has dumped in this pod.
    pub has_dumped: bool,
}

impl Pod {
    /// Whether a server of this pod runs on the data of the old claim.
    pub fn runs_on_old(&self) -> bool {
        match self.step {
            Step::Serves => self.form == Form::Old,
            Step::OldServerRuns | Step::DumpIsHalf => true,
            _ => false,
        }
    }

    /// Whether its server runs on the data of the new claim that is in its place.
    pub fn runs_on_new(&self) -> bool {
        self.serves() && self.form != Form::Old
    }

    /// Whether a server of this pod runs on data that is being made.
    pub fn makes(&self) -> bool {
        self.step == Step::Restores
    }

    pub fn serves(&self) -> bool {
        self.step == Step::Serves
    }
}
