//! A namespace in which a registry moves: the old Quay and its operator, commits, the tool that applies them, Kubernetes,
//! the Jobs, the pods, and whatever kills them.
//!
//! Each [`Action`] is one effect, so that all else can happen between any two; the way back is one, for `kubectl delete`
//! waits for the claim, which is there as long as a pod uses it.

use super::commits::{Commit, Stage, Sync, Tool};
use super::databases::{Database, EMPTY, Old, Schema, Writes};
use super::gates::{Gate, Gates};
use super::pods::{Migration, Pod, Progress};
use super::restore::{NEW, Restore, Step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    StartSync,
    Apply(usize),
    EndSync,
    StartServer,
    StopServer,
    /// Its pod is killed, and with it all sessions.
    KillServer,
    CreatePod,
    EndPod(usize),
    RemovePod(usize),
    StartPod(usize),
    Migrate(usize),
    /// The Job has failed too often.
    GiveUp(usize),
    /// The user deletes a Job of before, if there is one, and makes one.
    MakeRestore,
    Restore(usize),
    KillRestore(usize),
    /// Rows are missing where they were restored.
    LoseRows(usize),
    /// A Quay writes, and is told that it is done.
    Write,
    OldWrites,
    /// The user scales it to 0.
    StopOperator,
    StopOld,
    /// The old operator starts Quay again.
    StartOld,
}

impl Action {
    /// Whether it happens by itself, and nothing goes wrong with it.
    pub const fn is_peaceful(self) -> bool {
        use Action::{
            Apply, CreatePod, EndPod, Migrate, RemovePod, Restore, StartPod, StartServer, StartSync, StopServer,
        };
        matches!(
            self,
            StartSync
                | Apply(_)
                | StartServer
                | StopServer
                | CreatePod
                | EndPod(_)
                | RemovePod(_)
                | StartPod(_)
                | Migrate(_)
                | Restore(_)
        )
    }
}

/// How many writes there are at most, and how much goes wrong.
const WRITES: u32 = 24;
const KILLS: u32 = 3;
const RESTORES: usize = 2;
/// What the old database has at first.
const FIRST: Writes = 1;

pub struct World {
    pub(super) gates: Gates,
    pub(super) tool: Tool,
    pub(super) tool_runs: bool,
    pub head: Commit,
    pub(super) sync: Option<Sync>,
    pub old: Old,
    /// The Deployment of the new database, and whether its server runs.
    pub(super) is_deployed: bool,
    pub(super) is_up: bool,
    /// The registry's database on the claim of the new server.
    pub(super) claim: Option<Database>,
    /// Whether the registry runs, and whether it waits for the mark.
    pub(super) quay: (bool, bool),
    pub(super) pods: Vec<Pod>,
    pub(super) migrations: Vec<Migration>,
    pub restores: Vec<Restore>,
    /// What the new Quay was told of as done.
    pub(super) acknowledged: Writes,
    /// It has served in this move.
    pub(super) has_run: bool,
    pub(super) moves: u8,
    writes: u32,
    kills: u32,
    /// Something that must never happen has happened.
    pub(super) harm: Option<&'static str>,
}

impl World {
    /// The old Quay runs. With `has_tables`, the new registry ran before, without data.
    pub fn new(gates: Gates, tool: Tool, has_tables: bool) -> Self {
        let database = Database::of(Schema::Old, FIRST);
        Self {
            gates,
            tool,
            tool_runs: true,
            head: Commit { stage: Stage::Nothing, rerun: 0 },
            sync: None,
            old: Old { database, acknowledged: FIRST, operator_runs: true, quay_runs: true, came_in_dump: false },
            is_deployed: false,
            is_up: false,
            claim: has_tables.then_some(Database::of(Schema::New, 0)),
            quay: (false, false),
            pods: Vec::new(),
            migrations: Vec::new(),
            restores: Vec::new(),
            acknowledged: 0,
            has_run: false,
            moves: 0,
            writes: 0,
            kills: 0,
            harm: None,
        }
    }

    /// The registry's database, where its server answers.
    pub fn live(&self) -> Option<&Database> {
        self.claim.as_ref().filter(|_| self.is_up)
    }

    pub(super) fn set_live(&mut self, change: impl FnOnce(&mut Database)) {
        if let Some(live) = &mut self.claim {
            change(live);
        }
    }

    pub fn dumps(&self) -> bool {
        self.restores.iter().any(Restore::dumps)
    }

    /// All that can happen next.
    pub fn actions(&self, found: &mut Vec<Action>) {
        found.clear();
        self.tool_actions(found);
        self.old_actions(found);
        if self.is_deployed && !self.is_up {
            found.push(Action::StartServer);
        } else if self.is_up && !self.is_deployed {
            found.push(Action::StopServer);
        }
        self.pod_actions(found);
        self.job_actions(found);
    }

    fn old_actions(&self, found: &mut Vec<Action>) {
        let old = &self.old;
        if old.operator_runs {
            found.push(Action::StopOperator);
        }
        if !old.quay_runs {
            found.extend(old.operator_runs.then_some(Action::StartOld));
            return;
        }
        // One that comes and goes while a dump is made, between the two looks, nobody sees.
        if !(old.came_in_dump && self.dumps()) {
            found.push(Action::StopOld);
        }
        if self.writes < WRITES {
            found.push(Action::OldWrites);
        }
    }

    fn pod_actions(&self, found: &mut Vec<Action>) {
        let (runs, waits) = self.quay;
        if runs && !self.pods.iter().any(|pod| pod.waits == waits && !pod.ends) {
            found.push(Action::CreatePod);
        }
        for (at, pod) in self.pods.iter().enumerate() {
            if pod.ends {
                found.push(Action::RemovePod(at));
            } else if !runs || pod.waits != waits {
                found.push(Action::EndPod(at));
            }
            if self.can_start(pod) {
                found.push(Action::StartPod(at));
            }
        }
        if self.writes < WRITES && self.live().is_some() && self.pods.iter().any(|pod| pod.serves && !pod.ends) {
            found.push(Action::Write);
        }
    }

    fn job_actions(&self, found: &mut Vec<Action>) {
        let may_fail = self.kills < KILLS;
        for (at, migration) in self.migrations.iter().enumerate() {
            if self.can_migrate(migration) {
                found.push(Action::Migrate(at));
            }
            if may_fail && migration.progress == Progress::Waits {
                found.push(Action::GiveUp(at));
            }
        }
        for (at, restore) in self.restores.iter().enumerate() {
            if self.can_restore(restore) {
                found.push(Action::Restore(at));
            }
            if may_fail && !restore.has_ended() {
                found.push(Action::KillRestore(at));
            }
            if may_fail && restore.step == Step::Compares {
                found.push(Action::LoseRows(at));
            }
        }
        if may_fail && self.is_up {
            found.push(Action::KillServer);
        }
        let run = self.restores.iter().filter(|it| !it.has_ended()).count();
        if self.head.has_restore_from() && self.is_deployed && run < RESTORES {
            found.push(Action::MakeRestore);
        }
    }

    /// Lets it happen.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::StartSync => self.sync = Some(Sync { commit: self.head, applied: [false; 3] }),
            Action::Apply(at) => self.apply(at),
            Action::EndSync => self.end_sync(),
            Action::StartServer => {
                self.is_up = true;
                self.claim.get_or_insert(EMPTY);
            }
            Action::StopServer => self.stop_server(),
            Action::KillServer => {
                self.kills += 1;
                self.stop_server();
            }
            Action::CreatePod => {
                let waits = self.quay.1;
                self.pods.push(Pod { waits, has_seen_mark: false, serves: false, ends: false });
            }
            Action::EndPod(at) => self.pods[at].ends = true,
            Action::RemovePod(at) => drop(self.pods.remove(at)),
            Action::StartPod(at) => self.start(at),
            Action::Migrate(at) => self.migrate(at),
            Action::GiveUp(at) => {
                self.kills += 1;
                self.migrations[at].progress = Progress::GaveUp;
            }
            Action::MakeRestore => {
                self.restores.retain(|it| !it.has_ended());
                self.restores.push(NEW);
            }
            Action::Restore(at) => self.restore(at),
            Action::KillRestore(at) => {
                self.kills += 1;
                self.restores[at].step = Step::Failed;
            }
            Action::LoseRows(at) => {
                self.kills += 1;
                self.restores[at].made.writes &= !FIRST;
            }
            Action::Write => {
                let write = self.next_write();
                self.acknowledged |= write;
                self.set_live(|live| live.writes |= write);
            }
            Action::OldWrites => {
                let write = self.next_write();
                self.old.acknowledged |= write;
                self.old.database.writes |= write;
            }
            Action::StopOperator => self.old.operator_runs = false,
            Action::StopOld => self.old.quay_runs = false,
            Action::StartOld => {
                self.old.quay_runs = true;
                self.old.came_in_dump = self.dumps();
            }
        }
    }

    fn next_write(&mut self) -> Writes {
        self.writes += 1;
        FIRST << self.writes
    }

    fn stop_server(&mut self) {
        self.is_up = false;
        for restore in self.restores.iter_mut().filter(|it| it.is_on_server()) {
            restore.step = Step::Failed;
        }
        for migration in self.migrations.iter_mut().filter(|it| it.progress == Progress::Migrates) {
            migration.progress = Progress::Looks;
        }
    }

    /// The way back of the page: the tool no longer applies anything, and in the end the old Quay runs.
    pub fn way_back(&mut self) {
        (self.tool_runs, self.sync) = (false, None);
        self.head.stage = Stage::Nothing;
        (self.is_deployed, self.quay) = (false, (false, false));
        self.pods.clear();
        self.migrations.clear();
        self.restores.clear();
        self.stop_server();
        if self.gates.have(Gate::WayBackDeletesClaim) {
            self.claim = None;
        }
        self.moves += 1;
        (self.acknowledged, self.has_run) = (0, false);
        (self.old.operator_runs, self.old.quay_runs, self.old.came_in_dump) = (true, true, false);
    }

    /// The user goes to another commit.
    pub fn commit(&mut self, commit: Commit) {
        self.head = commit;
        self.tool_runs |= commit.stage != Stage::Nothing;
    }
}
