//! The Jobs that migrate the schema. What a Job looks at before, and the connection that migrates, are two effects: the
//! program that migrates takes some seconds to start, and connects by itself.

use super::claims::{Database, Id};
use super::cluster::Cluster;
use super::gates::Gate;
use super::pods::{Form, Pod};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Waits,
    /// It has seen all that it asks for, in the server of this attempt, and starts what migrates.
    Starts(Id),
    /// What migrates is connected to the server of this run.
    Migrates(u32),
    Complete,
}

/// A migration of the schema; release and id are its name.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    pub release: usize,
    pub id: Id,
    pub progress: Progress,
    /// It has the lock in the server of this run, as long as that is there.
    pub lock: Option<u32>,
    /// It is deleted, but a migration that runs is not cut.
    pub ends: bool,
}

impl Job {
    pub const fn migrates(&self) -> bool {
        matches!(self.progress, Progress::Migrates(_))
    }
}

impl Cluster {
    /// Whether a migration has the lock in the server of a pod.
    pub(super) fn is_locked(&self, pod: &Pod) -> bool {
        self.jobs.iter().any(|job| job.lock == Some(pod.run))
    }

    /// Whether a Job waits until the pods of another release are gone.
    pub(super) fn waits_for_pods(&self, job: &Job) -> bool {
        job.progress == Progress::Waits && self.are_others(job) && self.gates.have(Gate::JobWaitsForPods)
    }

    fn are_others(&self, job: &Job) -> bool {
        self.quays.iter().any(|quay| quay.release != job.release)
    }

    /// What a migration does next, and whether it has the lock then; nothing while it waits.
    pub(super) fn next(&self, job: &Job) -> Option<(Progress, Option<u32>)> {
        match job.progress {
            Progress::Complete => None,
            Progress::Waits => self.look(job),
            Progress::Starts(id) => Some(self.connect(job, id)),
            Progress::Migrates(run) => {
                let is_connected = self.pods.iter().any(|pod| pod.run == run && pod.serves());
                Some((if is_connected { Progress::Complete } else { Progress::Waits }, None))
            }
        }
    }

    fn look(&self, job: &Job) -> Option<(Progress, Option<u32>)> {
        let pod = &self.pods[self.server()?];
        let schema = self.database(pod)?.schema;
        let is_over = schema == Some(job.release);
        let asks = self.gates.have(if is_over { Gate::JobAsksToEnd } else { Gate::JobAsksToBegin });
        // Without the id in its name it does not have it at all.
        if job.release == 1 && asks && self.gates.have(Gate::JobIsNamedById) && pod.form.id() != job.id {
            return None;
        }
        if is_over {
            return Some((Progress::Starts(pod.form.id()), None));
        }
        let makes_tables = job.release == 0 || !self.gates.have(Gate::JobWaitsForTables);
        let is_older = schema.map_or(makes_tables, |schema| schema < job.release);
        let is_free = !self.is_locked(pod) && !self.waits_for_pods(job);
        (is_older && is_free).then_some((Progress::Starts(pod.form.id()), Some(pod.run)))
    }

    /// Where the server is not there or refuses, the Job begins again.
    fn connect(&self, job: &Job, seen: Id) -> (Progress, Option<u32>) {
        let fails = (Progress::Waits, None);
        let Some(pod) = self.server().map(|at| &self.pods[at]) else { return fails };
        let schema = self.database(pod).and_then(|data| data.schema);
        let is_former = pod.form == Form::Old && self.gates.have(Gate::JobNeedsMajor);
        let is_other = pod.form != Form::Old && pod.form.id() != seen && self.gates.have(Gate::JobConnectsSoon);
        if schema > Some(job.release) || (job.release == 1 && (is_former || is_other)) {
            return fails;
        }
        if schema == Some(job.release) {
            return (Progress::Complete, None);
        }
        // The lock that was lost is left out.
        let is_overtaken = job.lock != Some(pod.run) && self.are_others(job);
        if is_overtaken { fails } else { (Progress::Migrates(pod.run), Some(pod.run)) }
    }

    pub(super) fn advance_job(&mut self, at: usize) {
        let job = self.jobs[at];
        let Some((progress, lock)) = self.next(&job) else { return };
        self.jobs[at] = Job { progress, lock, ..job };
        match (job.progress, progress) {
            (Progress::Migrates(run), Progress::Complete) => self.migrate(job.release, run),
            (_, Progress::Migrates(_)) => {
                let are_two = self.jobs.iter().filter(|other| other.progress == progress).count() > 1;
                if are_two {
                    self.harm = Some("two migrations of one database run");
                }
            }
            _ => {}
        }
        if job.ends && !self.jobs[at].migrates() {
            self.jobs.remove(at);
        }
    }

    fn migrate(&mut self, release: usize, run: u32) {
        let Some(pod) = self.pods.iter().find(|pod| pod.run == run) else { return };
        let is_old = pod.form == Form::Old;
        let Some(data) = (if is_old { &mut self.old.data } else { &mut self.new.data }) else { return };
        let is_fresh = is_old && self.began_anew;
        if !is_fresh && !Database::is_fit(data) {
            self.harm = Some("the schema of an empty or partly restored database is migrated");
        }
        data.schema = data.schema.max(Some(release));
    }
}
