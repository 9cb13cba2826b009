//! The commits of an upgrade, and the tool that applies them.

use super::claims::Id;
use super::cluster::{Action, Cluster};
use super::gates::{Gate, Gates};
use super::migration::{Job, Progress};
use super::pods::Form;

/// What a commit says, in the order of an upgrade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The former release, as it ran before.
    Before,
    /// The former release, paused.
    Paused,
    /// The later release, paused, with `databaseUpgrade`.
    Moves,
    /// The same, no longer paused.
    Switches,
    /// The same, with `done: true`.
    Done,
}

pub const STAGES: [Stage; 5] = [Stage::Before, Stage::Paused, Stage::Moves, Stage::Switches, Stage::Done];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub stage: Stage,
    /// Without meaning before the stage [`Stage::Moves`].
    pub id: Id,
}

impl Commit {
    pub fn release(self) -> usize {
        usize::from(self.stage >= Stage::Moves)
    }

    pub fn form(self) -> Form {
        match self.stage {
            Stage::Before | Stage::Paused => Form::Old,
            Stage::Moves => Form::Moves(self.id),
            Stage::Switches => Form::Switches(self.id),
            Stage::Done => Form::Done(self.id),
        }
    }

    /// The release of Quay's pods, and whether there are any.
    pub fn quay(self, gates: Gates) -> (usize, bool) {
        let is_paused = match self.stage {
            Stage::Paused => true,
            Stage::Moves => gates.have(Gate::MovePauses),
            Stage::Before | Stage::Switches | Stage::Done => false,
        };
        (self.release(), !is_paused)
    }

    /// What its Job is named by.
    fn job(self, gates: Gates) -> (usize, Id) {
        let is_named = self.release() == 1 && gates.have(Gate::JobIsNamedById);
        (self.release(), if is_named { self.id } else { 0 })
    }
}

/// What the tool is at, and which of the objects it has applied.
#[derive(Clone, Copy, Debug)]
pub struct Sync {
    pub commit: Commit,
    pub applied: [bool; 3],
}

/// The places of the objects in [`Sync::applied`].
const DATABASE: usize = 0;
const JOB: usize = 1;
const QUAY: usize = 2;

/// How the tool works.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Database, migration and Quay in turn, each when the one before is healthy; else in any order.
    pub has_waves: bool,
    /// It deletes Jobs that are no longer in the commit. It never deletes claims: they are annotated.
    pub prunes: bool,
}

impl Cluster {
    pub(super) fn is_of(&self, job: &Job, commit: Commit) -> bool {
        !job.ends && (job.release, job.id) == commit.job(self.gates)
    }

    pub(super) fn is_migrated(&self, commit: Commit) -> bool {
        self.jobs.iter().any(|job| self.is_of(job, commit) && job.progress == Progress::Complete)
    }

    pub(super) fn tool_actions(&self, found: &mut Vec<Action>) {
        let Some(sync) = &self.sync else {
            found.push(Action::StartSync);
            return;
        };
        for at in (0..3).filter(|at| !sync.applied[*at]) {
            if !self.tool.has_waves || (sync.applied[..at] == [true; 3][..at] && self.is_its_turn(at, sync.commit)) {
                found.push(Action::Apply(at));
            }
        }
        // At any time: a person ends it, or it turns to another commit.
        found.push(Action::EndSync);
    }

    fn is_its_turn(&self, at: usize, commit: Commit) -> bool {
        match at {
            JOB => self.server().is_some_and(|at| self.pods[at].form == self.form),
            QUAY => self.is_migrated(commit),
            _ => true,
        }
    }

    /// The tool applies the database of the last commit, and stops.
    pub fn apply_half(&mut self) {
        self.act(Action::StartSync);
        self.act(Action::Apply(DATABASE));
        self.act(Action::EndSync);
    }

    pub(super) fn apply(&mut self, at: usize) {
        let Some(sync) = self.sync.as_mut() else { return };
        sync.applied[at] = true;
        let commit = sync.commit;
        match at {
            DATABASE => self.form = commit.form(),
            QUAY => self.quay = commit.quay(self.gates),
            JOB if !self.jobs.iter().any(|job| self.is_of(job, commit)) => {
                let (release, id) = commit.job(self.gates);
                self.jobs.push(Job { release, id, progress: Progress::Waits, lock: None, ends: false });
            }
            _ => {}
        }
    }

    pub(super) fn end_sync(&mut self) {
        let Some(sync) = self.sync.take() else { return };
        if self.tool.prunes && sync.applied == [true; 3] {
            let mut jobs = std::mem::take(&mut self.jobs);
            for job in &mut jobs {
                job.ends |= !self.is_of(job, sync.commit);
            }
            jobs.retain(|job| !job.ends || job.migrates());
            self.jobs = jobs;
        }
    }
}
