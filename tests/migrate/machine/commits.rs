//! The commits of a move, and the tool that applies them.

use super::gates::Gate;
use super::pods::{Migration, Progress};
use super::world::{Action, World};

/// What a commit says, in the order of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing of the new registry.
    Nothing,
    /// `paused` and `restoreFrom`, as `migrate` writes them.
    Paused,
    /// `restoreFrom` alone.
    Starts,
    /// Neither.
    Done,
}

pub const STAGES: [Stage; 4] = [Stage::Nothing, Stage::Paused, Stage::Starts, Stage::Done];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub stage: Stage,
    pub rerun: u8,
}

impl Commit {
    pub fn has_restore_from(self) -> bool {
        matches!(self.stage, Stage::Paused | Stage::Starts)
    }

    /// Whether its registry runs, and whether it waits for the mark.
    pub fn quay(self) -> (bool, bool) {
        (self.stage >= Stage::Starts, self.has_restore_from())
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
const MIGRATION: usize = 1;
const QUAY: usize = 2;

/// How the tool works.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// Database, migration and Quay in turn, each when the one before is healthy; else in any order.
    pub has_waves: bool,
    /// It deletes what is no longer in the commit, but no claims.
    pub prunes: bool,
}

impl World {
    pub(super) fn is_of(&self, migration: &Migration, commit: Commit) -> bool {
        !migration.ends && (migration.waits, migration.rerun) == (commit.has_restore_from(), commit.rerun)
    }

    pub(super) fn is_migrated(&self, commit: Commit) -> bool {
        self.migrations.iter().any(|it| self.is_of(it, commit) && it.progress == Progress::Complete)
    }

    /// Who says that the move is done has seen the registry run; and a build knows what it replaces.
    pub fn may_commit(&self, stage: Stage) -> bool {
        let passes_build = !self.gates.have(Gate::BuildRefuses) && self.head.stage == Stage::Paused;
        stage != Stage::Done || self.has_run || passes_build
    }

    pub(super) fn tool_actions(&self, found: &mut Vec<Action>) {
        let Some(sync) = &self.sync else {
            if self.tool_runs {
                found.push(Action::StartSync);
            }
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
            _ if commit.stage == Stage::Nothing => true,
            MIGRATION => self.is_up,
            QUAY => self.is_migrated(commit),
            _ => true,
        }
    }

    pub(super) fn apply(&mut self, at: usize) {
        let Some(sync) = self.sync.as_mut() else { return };
        sync.applied[at] = true;
        let commit = sync.commit;
        if commit.stage == Stage::Nothing && !self.tool.prunes {
            return;
        }
        match at {
            DATABASE => self.is_deployed = commit.stage != Stage::Nothing,
            QUAY => self.quay = commit.quay(),
            MIGRATION if commit.stage != Stage::Nothing && !self.migrations.iter().any(|it| self.is_of(it, commit)) => {
                self.migrations.push(Migration::new(commit.has_restore_from(), commit.rerun));
            }
            _ => {}
        }
    }

    pub(super) fn end_sync(&mut self) {
        let Some(sync) = self.sync.take() else { return };
        if self.tool.prunes && sync.applied == [true; 3] {
            let is_stale: Vec<bool> = self.migrations.iter().map(|it| !self.is_of(it, sync.commit)).collect();
            for (migration, is_stale) in self.migrations.iter_mut().zip(is_stale) {
                migration.ends |= is_stale;
            }
            // A migration that runs is not cut.
            self.migrations.retain(|it| !it.ends || it.progress == Progress::Migrates);
        }
    }
}
