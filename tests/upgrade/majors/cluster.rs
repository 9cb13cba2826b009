//! A cluster whose managed database moves to another PostgreSQL: commits, the tool that applies them, Kubernetes, Quay,
//! the migration of the schema, and whatever kills pods.
//!
//! Each [`Action`] is one effect, so that all else can happen between any two. Left out is what any registry with a
//! managed database has: two servers of one form on a claim, when a pod is evicted whose server runs (here the second
//! waits for the first); a pod that runs on when it has been deleted by force; and a migration that loses its lock with
//! its server before it has connected, when pods of another release, or another Job of its name, start meanwhile.

use super::claims::{Database, EMPTY, NewClaim, OldClaim, Writes};
use super::commits::{Commit, Stage, Sync, Tool};
use super::gates::{Gate, Gates};
use super::migration::{Job, Progress};
use super::pods::{Form, Pod, Step};

/// A pod of Quay.
#[derive(Clone, Copy, Debug)]
pub struct Quay {
    pub release: usize,
    pub serves: bool,
    pub ends: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    StartSync,
    Apply(usize),
    EndSync,
    CreateDatabase,
    EndDatabase(usize),
    RemoveDatabase(usize),
    Advance(usize),
    /// A container is killed, and starts again.
    Kill(usize),
    /// The pod begins anew, with its first container: its node was started again.
    Reboot(usize),
    /// The pod is to end, and another takes its place at once.
    Evict(usize),
    CreateQuay,
    EndQuay(usize),
    RemoveQuay(usize),
    StartQuay(usize),
    /// A pod of Quay writes to a server, and is told that it is done.
    Write(usize, usize),
    AdvanceJob(usize),
    /// The user stops pods by hand for which a migration waits, as its log says.
    StopQuay,
    /// The user deletes the old claim, when the registry serves without it.
    DeleteOldClaim,
}

impl Action {
    /// Whether it happens to the pods of the database.
    pub const fn is_of_database(self) -> bool {
        use Action::{Advance, CreateDatabase, EndDatabase, Evict, Kill, Reboot, RemoveDatabase};
        matches!(
            self,
            CreateDatabase | EndDatabase(_) | RemoveDatabase(_) | Advance(_) | Kill(_) | Reboot(_) | Evict(_)
        )
    }
}

/// How many writes there are at most, and how much goes wrong.
const WRITES: u32 = 24;
const KILLS: u32 = 3;
const EVICTIONS: u32 = 2;
/// The write that the claims had at first: the old one, and the new one where somebody else's data lies there.
const FIRST: Writes = 1;
pub const UNKNOWN: Writes = 1 << 63;

pub struct Cluster {
    pub(super) gates: Gates,
    pub(super) tool: Tool,
    pub head: Commit,
    pub(super) sync: Option<Sync>,
    pub(super) form: Form,
    pub(super) quay: (usize, bool),
    pub(super) pods: Vec<Pod>,
    pub(super) quays: Vec<Quay>,
    pub(super) jobs: Vec<Job>,
    pub(super) old: OldClaim,
    pub(super) new: NewClaim,
    pub(super) runs: u32,
    /// What Quay wrote, in all and to the new server.
    pub(super) acknowledged: Writes,
    pub(super) kept_by_new: Writes,
    writes: u32,
    kills: u32,
    evictions: u32,
    /// The user has deleted the old claim, and the old server has begun with an empty one since.
    pub(super) began_anew: bool,
    /// Something that must never happen has happened.
    pub(super) harm: Option<&'static str>,
}

impl Cluster {
    /// The former release has run; nothing of it runs at the moment.
    pub fn new(gates: Gates, tool: Tool, has_unknown_data: bool) -> Self {
        let data = |writes| Database { writes, schema: Some(0), ..EMPTY };
        let mut new = NewClaim::default();
        if has_unknown_data {
            new.data = Some(data(UNKNOWN));
        }
        Self {
            gates,
            tool,
            head: Commit { stage: Stage::Before, id: 0 },
            sync: None,
            form: Form::Old,
            quay: (0, true),
            pods: Vec::new(),
            quays: Vec::new(),
            jobs: vec![Job { release: 0, id: 0, progress: Progress::Complete, lock: None, ends: false }],
            old: OldClaim { data: Some(data(FIRST)), control: 0, fence: None },
            new,
            runs: 0,
            acknowledged: FIRST,
            kept_by_new: 0,
            writes: 0,
            kills: 0,
            evictions: 0,
            began_anew: false,
            harm: None,
        }
    }

    /// All that can happen next.
    pub fn actions(&self, found: &mut Vec<Action>) {
        found.clear();
        self.tool_actions(found);
        self.database_actions(found);
        self.quay_actions(found);
        found.extend((0..self.jobs.len()).filter(|at| self.next(&self.jobs[*at]).is_some()).map(Action::AdvanceJob));
        let is_mounted = self.form.mounts_old() || self.pods.iter().any(|pod| pod.form.mounts_old());
        let serves = self.pods.iter().any(Pod::serves);
        if self.old.data.is_some() && !self.began_anew && self.head.stage == Stage::Done && !is_mounted && serves {
            found.push(Action::DeleteOldClaim);
        }
    }

    fn database_actions(&self, found: &mut Vec<Action>) {
        let is_other = |pod: &Pod| pod.form != self.form;
        let is_there = self.pods.iter().any(|pod| !is_other(pod) && !pod.ends);
        let may_create = !self.gates.have(Gate::Recreates) || !self.pods.iter().any(is_other);
        if !is_there && may_create {
            found.push(Action::CreateDatabase);
        }
        for (at, pod) in self.pods.iter().enumerate() {
            if pod.ends {
                found.push(Action::RemoveDatabase(at));
            } else if is_other(pod) {
                found.push(Action::EndDatabase(at));
            } else if self.evictions < EVICTIONS {
                found.push(Action::Evict(at));
            }
            if self.can_advance(pod) {
                found.push(Action::Advance(at));
            }
            if self.kills < KILLS {
                found.extend([Action::Kill(at), Action::Reboot(at)]);
            }
        }
    }

    fn quay_actions(&self, found: &mut Vec<Action>) {
        let (release, runs) = self.quay;
        let is_there = self.quays.iter().any(|quay| quay.release == release && !quay.ends);
        if runs && !is_there {
            found.push(Action::CreateQuay);
        }
        if runs && release != self.head.release() && self.jobs.iter().any(|job| self.waits_for_pods(job)) {
            found.push(Action::StopQuay);
        }
        for (at, quay) in self.quays.iter().enumerate() {
            if quay.ends {
                found.push(Action::RemoveQuay(at));
            } else if !runs || quay.release != release {
                found.push(Action::EndQuay(at));
            }
            if !quay.serves && self.may_start(quay) {
                found.push(Action::StartQuay(at));
            }
            if quay.serves && self.writes < WRITES {
                let takes = |pod: &Pod| self.takes_writes(pod, quay.release);
                found.extend((0..self.pods.len()).filter(|to| takes(&self.pods[*to])).map(|to| Action::Write(at, to)));
            }
        }
    }

    /// The pod that answers new connections at the Service.
    pub(super) fn server(&self) -> Option<usize> {
        self.pods.iter().position(|pod| pod.serves() && !pod.ends)
    }

    pub(super) fn database(&self, pod: &Pod) -> Option<&Database> {
        if pod.form == Form::Old { self.old.data.as_ref() } else { self.new.data.as_ref() }
    }

    fn is_read_only(&self, pod: &Pod) -> bool {
        matches!(pod.form, Form::Moves(_)) && self.gates.have(Gate::ReadOnlyUntilSwitch)
    }

    fn takes_writes(&self, pod: &Pod, release: usize) -> bool {
        pod.serves() && !self.is_read_only(pod) && self.database(pod).is_some_and(|data| data.schema == Some(release))
    }

    fn may_start(&self, quay: &Quay) -> bool {
        let Some(server) = self.server() else { return false };
        let pod = &self.pods[server];
        // The former release's may be of a time when they did not ask.
        let waits_for_writes = quay.release == 1 && self.gates.have(Gate::QuayWaitsForWrites);
        if waits_for_writes && self.is_read_only(pod) {
            return false;
        }
        let schema = self.database(pod).and_then(|data| data.schema);
        !self.is_locked(pod) && (schema == Some(quay.release) || !self.gates.have(Gate::QuayWaitsForSchema))
    }

    /// Lets it happen.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::StartSync => self.sync = Some(Sync { commit: self.head, applied: [false; 3] }),
            Action::Apply(at) => self.apply(at),
            Action::EndSync => self.end_sync(),
            Action::CreateDatabase => {
                self.runs += 1;
                let (run, form) = (self.runs, self.form);
                self.pods.push(Pod { run, form, step: form.first(), ends: false, has_dumped: false });
            }
            Action::EndDatabase(at) => self.pods[at].ends = true,
            Action::RemoveDatabase(at) => drop(self.pods.remove(at)),
            Action::Advance(at) => self.advance(at),
            Action::Kill(at) => {
                let step = self.pods[at].step.again();
                self.restart(at, step);
            }
            Action::Reboot(at) => {
                let step = self.pods[at].form.first();
                self.restart(at, step);
            }
            Action::Evict(at) => {
                self.evictions += 1;
                self.pods[at].ends = true;
            }
            Action::CreateQuay => self.quays.push(Quay { release: self.quay.0, serves: false, ends: false }),
            Action::EndQuay(at) => self.quays[at].ends = true,
            Action::RemoveQuay(at) => drop(self.quays.remove(at)),
            Action::StartQuay(at) => {
                self.quays[at].serves = true;
                let data = self.server().and_then(|server| self.database(&self.pods[server]));
                if !data.is_some_and(Database::is_fit) {
                    self.harm = Some("Quay starts on an empty or partly restored database");
                }
            }
            Action::Write(_, to) => self.write(to),
            Action::AdvanceJob(at) => self.advance_job(at),
            Action::StopQuay => self.quay.1 = false,
            Action::DeleteOldClaim => self.old = OldClaim { data: None, fence: None, ..self.old },
        }
    }

    fn restart(&mut self, at: usize, step: Step) {
        self.kills += 1;
        self.runs += 1;
        self.pods[at].run = self.runs;
        self.pods[at].step = step;
    }

    fn write(&mut self, to: usize) {
        let write = 1 << (1 + self.writes);
        self.writes += 1;
        self.acknowledged |= write;
        let is_old = self.pods[to].form == Form::Old;
        if !is_old {
            self.kept_by_new |= write;
        }
        if let Some(data) = if is_old { &mut self.old.data } else { &mut self.new.data } {
            data.writes |= write;
        }
    }
}
