//! The Jobs that dump the old database and restore it, an effect at a time. That one of them keeps others out while it works
//! is left out: a lock goes with its server, and it saves work only.

use super::databases::{Database, EMPTY, Source};
use super::gates::Gate;
use super::world::World;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// dump.sh looks for sessions.
    Begins,
    /// It takes its snapshot,
    Dumps,
    /// and looks again when all is dumped.
    LooksAgain,
    /// restore.sh looks at the registry's database, and makes one.
    Makes,
    Restores,
    Compares,
    /// The new database takes its place.
    Renames,
    Complete,
    Failed,
}

#[derive(Clone, Copy, Debug)]
pub struct Restore {
    pub step: Step,
    pub dump: Database,
    /// What is made, beside the registry's.
    pub made: Database,
}

pub const NEW: Restore = Restore { step: Step::Begins, dump: EMPTY, made: EMPTY };

impl Restore {
    pub const fn has_ended(&self) -> bool {
        matches!(self.step, Step::Complete | Step::Failed)
    }

    pub const fn dumps(&self) -> bool {
        matches!(self.step, Step::Dumps | Step::LooksAgain)
    }

    /// Whether it has sessions in the new server.
    pub const fn is_on_server(&self) -> bool {
        matches!(self.step, Step::Restores | Step::Compares | Step::Renames)
    }
}

impl World {
    pub(super) fn can_restore(&self, restore: &Restore) -> bool {
        match restore.step {
            Step::Begins | Step::Dumps | Step::LooksAgain => true,
            Step::Complete | Step::Failed => false,
            _ => self.live().is_some(),
        }
    }

    pub(super) fn restore(&mut self, at: usize) {
        let mut restore = self.restores[at];
        restore.step = match restore.step {
            Step::Begins if self.old.quay_runs && self.gates.have(Gate::DumpLooksBefore) => Step::Failed,
            Step::Begins => Step::Dumps,
            Step::Dumps => {
                restore.dump = self.old.database;
                Step::LooksAgain
            }
            Step::LooksAgain => {
                restore.dump.source = Some(Source { of_move: self.moves, until: self.old.acknowledged });
                let is_refused = self.old.quay_runs && self.gates.have(Gate::DumpLooksAfter);
                if is_refused { Step::Failed } else { Step::Makes }
            }
            Step::Makes => self.make(&mut restore),
            Step::Restores => {
                restore.made = restore.dump;
                self.show(&restore);
                Step::Compares
            }
            Step::Compares if restore.made.writes != restore.dump.writes && self.gates.have(Gate::Compares) => {
                Step::Failed
            }
            Step::Compares => {
                if !self.gates.have(Gate::MarkComesWithData) {
                    self.set_live(|live| live.has_mark = true);
                }
                Step::Renames
            }
            Step::Renames => self.rename(&restore),
            ended => ended,
        };
        self.restores[at] = restore;
    }

    fn is_refused(&self) -> bool {
        self.gates.have(Gate::RefusesSecond) && self.live().is_some_and(|live| live.has_mark)
    }

    fn make(&mut self, restore: &mut Restore) -> Step {
        restore.made = Database { schema: restore.dump.schema, is_whole: false, ..EMPTY };
        let has_tables = self.live().is_some_and(|live| live.schema.is_some());
        // Who restores in place finds the tables of an attempt before.
        let is_blocked = has_tables && !self.gates.have(Gate::RestoresAside);
        if self.is_refused() || self.is_in_use() || is_blocked {
            return Step::Failed;
        }
        if !self.gates.have(Gate::MarkComesWithData) && !self.gates.have(Gate::RestoresAside) {
            restore.made.has_mark = true;
        }
        self.show(restore);
        Step::Restores
    }

    /// Without a place beside it, what is made is the registry's database.
    fn show(&mut self, restore: &Restore) {
        if !self.gates.have(Gate::RestoresAside) {
            let has_mark = self.live().is_some_and(|live| live.has_mark) || restore.made.has_mark;
            self.set_live(|live| *live = Database { has_mark, ..restore.made });
        }
    }

    /// PostgreSQL itself renames no database in which there are sessions.
    fn rename(&mut self, restore: &Restore) -> Step {
        let in_place = !self.gates.have(Gate::RestoresAside);
        if (self.is_in_use() && !in_place) || self.is_refused() {
            return Step::Failed;
        }
        let has_mark = in_place || self.gates.have(Gate::MarkComesWithData);
        self.set_live(|live| *live = Database { has_mark, ..restore.made });
        Step::Complete
    }
}
