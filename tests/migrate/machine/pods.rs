//! The migration of the schema, and the registry's pods: what they wait for, and what they look at, an effect at a time.

use super::databases::Schema;
use super::gates::Gate;
use super::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// For the mark.
    Waits,
    /// It has seen the mark, and looks at the schema next.
    Looks,
    Migrates,
    Complete,
    /// It has failed too often.
    GaveUp,
}

/// A Job; what it waits for and `rerun` are its name.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub waits: bool,
    pub rerun: u8,
    pub progress: Progress,
    pub ends: bool,
}

impl Migration {
    pub const fn new(waits: bool, rerun: u8) -> Self {
        Self { waits, rerun, progress: Progress::Waits, ends: false }
    }
}

/// A pod of the new registry.
#[derive(Clone, Copy, Debug)]
pub struct Pod {
    pub waits: bool,
    pub has_seen_mark: bool,
    pub serves: bool,
    pub ends: bool,
}

impl World {
    fn shows_mark(&self, waits: bool, gate: Gate) -> bool {
        self.live().is_some_and(|live| !waits || live.has_mark || !self.gates.have(gate))
    }

    fn is_locked(&self) -> bool {
        self.migrations.iter().any(|it| it.progress == Progress::Migrates)
    }

    /// Whether somebody has a session in the registry's database.
    pub(super) fn is_in_use(&self) -> bool {
        let waits_there = !self.gates.have(Gate::WaitsWithoutSession);
        let waiting = self.migrations.iter().any(|it| it.progress == Progress::Waits);
        let is_waited = waiting || self.pods.iter().any(|pod| !pod.has_seen_mark);
        self.is_locked() || self.pods.iter().any(|pod| pod.serves) || (waits_there && is_waited)
    }

    pub(super) fn can_migrate(&self, migration: &Migration) -> bool {
        match migration.progress {
            Progress::Waits => self.shows_mark(migration.waits, Gate::MigrationWaitsForMark),
            Progress::Looks => self.live().is_some() && !self.is_locked(),
            Progress::Migrates => self.live().is_some(),
            Progress::Complete | Progress::GaveUp => false,
        }
    }

    pub(super) fn migrate(&mut self, at: usize) {
        let Some(live) = self.live().copied() else { return };
        let next = match self.migrations[at].progress {
            Progress::Waits => Progress::Looks,
            Progress::Looks if live.schema == Some(Schema::New) => Progress::Complete,
            Progress::Looks => {
                if live.schema.is_none() {
                    self.harm = Some("the migration makes tables in a database without data");
                } else if !live.is_whole {
                    self.harm = Some("a partly restored database is migrated");
                }
                Progress::Migrates
            }
            _ => {
                self.set_live(|live| live.schema = Some(Schema::New));
                Progress::Complete
            }
        };
        self.migrations[at].progress = next;
        self.migrations.retain(|it| !it.ends || it.progress == Progress::Migrates);
    }

    pub(super) fn can_start(&self, pod: &Pod) -> bool {
        let waits_for_schema = self.gates.have(Gate::PodsWaitForSchema);
        if !pod.has_seen_mark {
            return self.shows_mark(pod.waits, Gate::PodsWaitForMark);
        }
        let is_ready =
            self.live().is_some_and(|live| live.schema == Some(Schema::New) || (!waits_for_schema && live.is_whole));
        !pod.serves && is_ready && !self.is_locked()
    }

    pub(super) fn start(&mut self, at: usize) {
        let pod = &mut self.pods[at];
        if pod.has_seen_mark {
            pod.serves = true;
            self.has_run = true;
        } else {
            pod.has_seen_mark = true;
        }
    }
}
