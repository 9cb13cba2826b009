//! A model of a cluster during upgrades: a database, pods and migrations, and the tool that applies commits.
//!
//! Each [`Action`] is one thing that a cluster does between two others, in any order: a pod reads the schema, and what
//! it reads next may be read after the database has changed. The steps of pods and Jobs are those of
//! `components/quay/files`, whose scripts `tests/pod_scripts` runs against real servers.

/// What a commit of the registry says. Releases are numbered; that of number `n` has the revision [`newest`]`(n)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    pub release: usize,
    pub paused: bool,
}

/// The newest revision of a release. The one before it is no release's: half of a migration.
pub const fn newest(release: usize) -> i32 {
    2 * release as i32 + 1
}

/// The revision of a database without a schema.
pub const EMPTY: i32 = -1;

/// What applies commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// `kubectl apply`: everything at once, nothing is pruned.
    Kubectl,
    /// Argo CD: a wave after the other, of one commit to its end; then it prunes.
    Argo,
    /// Flux: each layer by itself, when the one before has this commit and is healthy.
    Flux,
}

/// What keeps pods and migrations apart.
#[derive(Clone, Copy, Debug)]
pub struct Gates {
    /// Pods wait until the schema is at least their image's.
    pub pods_wait: bool,
    /// Pods wait at a schema that their image does not know.
    pub pods_refuse_newer: bool,
    /// Pods look whether a migration has the lock.
    pub pods_look_for_lock: bool,
    /// A migration takes the lock.
    pub job_locks: bool,
    /// A migration waits until the pods of other releases have gone.
    pub job_waits_for_pods: bool,
}

/// As the output has them.
pub const ALL: Gates = Gates {
    pods_wait: true,
    pods_refuse_newer: true,
    pods_look_for_lock: true,
    job_locks: true,
    job_waits_for_pods: true,
};

const RELEASES: usize = 3;
/// Application and mirror, and how many pods each has.
const OWNERS: [usize; 2] = [2, 1];
/// How often a migration may die on its way, in all.
const CRASHES: u32 = 3;
/// `backoffLimit` is 20; fewer tries make no difference but to the time that the model takes.
const TRIES: u32 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Its init container is at the beginning.
    Waits,
    /// It has found the lock free, and not yet read the schema.
    FoundNoLock,
    Serves,
}

#[derive(Clone, Copy, Debug)]
struct Pod {
    owner: usize,
    release: usize,
    phase: Phase,
    ends: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Starts,
    /// It has read that there is something to migrate, and asks for pods until there are none.
    WaitsForPods,
    /// There are none, and it waits for the lock.
    WaitsForLock,
    Locked,
    /// With the lock it has read the schema again, and asks for pods once more.
    HasReadAgain,
    Migrates,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    step: Option<Step>,
    failures: u32,
    is_complete: bool,
    is_pruned: bool,
}

/// What a tool is at: a commit, and whether application and mirror have been applied (`kubectl`: each thing).
#[derive(Clone, Copy, Debug)]
struct Sync {
    commit: Commit,
    applied: [bool; 3],
}

/// The place of the Job in [`Sync::applied`], behind application and mirror.
const JOB: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Push,
    StartSync,
    Apply(usize),
    EndSync,
    CreatePod(usize),
    EndPod(usize),
    RemovePod(usize),
    AdvancePod(usize),
    AdvanceJob(usize),
    CrashJob(usize),
    /// What the log of a Job that waits tells a person to do, and what is done when it has.
    Scale(usize, bool),
}

pub struct Cluster {
    tool: Tool,
    gates: Gates,
    head: Commit,
    pushes: Vec<Commit>,
    sync: Option<Sync>,
    /// The commits whose application and mirror, and whose Job, are in the cluster.
    deployed: [Option<Commit>; 2],
    jobs: [Option<Job>; RELEASES],
    stopped_by_hand: [bool; 2],
    pods: Vec<Pod>,
    schema: i32,
    lock: Option<usize>,
    crashes: u32,
}

impl Cluster {
    /// Nothing is there yet, and `pushes` are to come, the last one first.
    pub fn new(tool: Tool, gates: Gates, first: Commit, pushes: Vec<Commit>) -> Self {
        Self {
            tool,
            gates,
            head: first,
            pushes,
            sync: None,
            deployed: [None; 2],
            jobs: [None; RELEASES],
            stopped_by_hand: [false; 2],
            pods: Vec::new(),
            schema: EMPTY,
            lock: None,
            crashes: 0,
        }
    }

    /// Another commit that is to be pushed.
    pub fn pushes(&mut self, commit: Commit) {
        self.pushes.insert(0, commit);
    }

    /// All that can happen next.
    pub fn actions(&self) -> Vec<Action> {
        let mut found = Vec::new();
        if !self.pushes.is_empty() {
            found.push(Action::Push);
        }
        self.tool_actions(&mut found);
        for (owner, count) in OWNERS.into_iter().enumerate() {
            let Some(commit) = self.deployed[owner] else { continue };
            let wanted = if commit.paused || self.stopped_by_hand[owner] { 0 } else { count };
            let own = |pod: &Pod| pod.owner == owner && pod.release == commit.release && !pod.ends;
            let there = self.pods.iter().filter(|pod| own(pod)).count();
            if there < wanted {
                found.push(Action::CreatePod(owner));
            }
            let is_too_much = |pod: &Pod| pod.owner == owner && !pod.ends && (!own(pod) || there > wanted);
            found.extend((0..self.pods.len()).filter(|at| is_too_much(&self.pods[*at])).map(Action::EndPod));
            if self.is_waited_for(owner) && !self.stopped_by_hand[owner] {
                found.push(Action::Scale(owner, true));
            }
        }
        for (at, pod) in self.pods.iter().enumerate() {
            if pod.ends {
                found.push(Action::RemovePod(at));
            }
            if pod.phase != Phase::Serves && self.next_phase(pod) != pod.phase {
                found.push(Action::AdvancePod(at));
            }
        }
        for (release, job) in self.jobs.iter().enumerate() {
            let Some(job) = job else { continue };
            if self.can_advance(release, job) {
                found.push(Action::AdvanceJob(release));
            }
            if job.step.is_some() && self.crashes < CRASHES {
                found.push(Action::CrashJob(release));
            }
        }
        found
    }

    fn tool_actions(&self, found: &mut Vec<Action>) {
        let Some(sync) = &self.sync else {
            found.push(Action::StartSync);
            return;
        };
        let is_complete = self.jobs[sync.commit.release].is_some_and(|job| job.is_complete);
        for at in (0..3).filter(|at| !sync.applied[*at]) {
            if at == JOB || self.tool == Tool::Kubectl || (sync.applied[JOB] && is_complete) {
                found.push(Action::Apply(at));
            }
        }
        // At any time: a person ends Argo's, a layer of Flux turns to another commit, two calls of kubectl meet.
        found.push(Action::EndSync);
    }

    /// Whether the migration that was committed last waits for pods of this owner.
    fn is_waited_for(&self, owner: usize) -> bool {
        let release = self.head.release;
        self.jobs[release].is_some_and(|job| job.step == Some(Step::WaitsForPods))
            && self.pods.iter().any(|pod| pod.owner == owner && pod.release != release && !pod.ends)
    }

    /// Whether a pod takes the schema for its own.
    fn is_ready(&self, pod: &Pod) -> bool {
        let own = newest(pod.release);
        (self.schema >= own || !self.gates.pods_wait) && (self.schema <= own || !self.gates.pods_refuse_newer)
    }

    fn next_phase(&self, pod: &Pod) -> Phase {
        match pod.phase {
            Phase::Waits if self.gates.pods_look_for_lock && self.lock.is_some() => Phase::Waits,
            Phase::Waits => Phase::FoundNoLock,
            Phase::FoundNoLock if self.is_ready(pod) => Phase::Serves,
            Phase::FoundNoLock => Phase::Waits,
            Phase::Serves => Phase::Serves,
        }
    }

    fn can_advance(&self, release: usize, job: &Job) -> bool {
        match job.step {
            None => !job.is_complete && job.failures < TRIES,
            Some(Step::WaitsForLock) => !self.gates.job_locks || self.lock.is_none(),
            Some(Step::WaitsForPods) => self.is_alone(release),
            Some(_) => true,
        }
    }

    /// Whether the API shows a migration no pods of other releases.
    fn is_alone(&self, release: usize) -> bool {
        !self.gates.job_waits_for_pods || self.pods.iter().all(|pod| pod.release == release)
    }

    /// Lets it happen.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Push => self.head = self.pushes.pop().unwrap(),
            Action::StartSync => self.sync = Some(Sync { commit: self.head, applied: [false; 3] }),
            Action::Apply(at) => self.apply(at),
            Action::EndSync => self.end_sync(),
            Action::CreatePod(owner) => {
                let release = self.deployed[owner].unwrap().release;
                self.pods.push(Pod { owner, release, phase: Phase::Waits, ends: false });
            }
            Action::EndPod(at) => self.pods[at].ends = true,
            Action::RemovePod(at) => drop(self.pods.remove(at)),
            Action::AdvancePod(at) => self.pods[at].phase = self.next_phase(&self.pods[at]),
            Action::AdvanceJob(release) => self.advance_job(release),
            Action::CrashJob(release) => {
                self.crashes += 1;
                self.end_try(release, false);
            }
            Action::Scale(owner, down) => self.stopped_by_hand[owner] = down,
        }
    }

    fn apply(&mut self, at: usize) {
        let sync = self.sync.as_mut().unwrap();
        sync.applied[at] = true;
        let commit = sync.commit;
        if at == JOB {
            let fresh = Job { step: None, failures: 0, is_complete: false, is_pruned: false };
            let job = self.jobs[commit.release].get_or_insert(fresh);
            job.is_pruned = false;
            if self.tool == Tool::Flux {
                self.prune(commit.release);
            }
        } else {
            self.deployed[at] = Some(commit);
            // Its number of pods is set again.
            self.stopped_by_hand[at] &= !commit.paused;
        }
    }

    fn end_sync(&mut self) {
        let sync = self.sync.take().unwrap();
        if self.tool == Tool::Argo && sync.applied == [true; 3] {
            self.prune(sync.commit.release);
        }
    }

    /// Deletes the Jobs of other releases; one that migrates ends its work first.
    fn prune(&mut self, kept: usize) {
        for release in (0..RELEASES).filter(|release| *release != kept) {
            match &mut self.jobs[release] {
                Some(job) if job.step == Some(Step::Migrates) => job.is_pruned = true,
                Some(_) => {
                    self.release_lock(release);
                    self.jobs[release] = None;
                }
                None => {}
            }
        }
    }

    fn advance_job(&mut self, release: usize) {
        let own = newest(release);
        let next = match self.jobs[release].unwrap().step {
            None => Step::Starts,
            Some(Step::Starts | Step::Locked) if self.schema >= own => {
                return self.end_try(release, self.schema == own);
            }
            Some(Step::Starts) => Step::WaitsForPods,
            Some(Step::WaitsForPods) => Step::WaitsForLock,
            Some(Step::WaitsForLock) => {
                self.lock = if self.gates.job_locks { Some(release) } else { None };
                Step::Locked
            }
            Some(Step::Locked) => Step::HasReadAgain,
            Some(Step::HasReadAgain) if self.is_alone(release) => Step::Migrates,
            Some(Step::HasReadAgain) => {
                self.release_lock(release);
                Step::WaitsForPods
            }
            Some(Step::Migrates) => {
                self.schema += 1;
                if self.schema >= own {
                    return self.end_try(release, true);
                }
                Step::Migrates
            }
        };
        self.jobs[release].as_mut().unwrap().step = Some(next);
    }

    fn end_try(&mut self, release: usize, is_complete: bool) {
        self.release_lock(release);
        let job = self.jobs[release].as_mut().unwrap();
        job.step = None;
        job.is_complete |= is_complete;
        job.failures += u32::from(!is_complete);
        if job.is_pruned {
            self.jobs[release] = None;
        }
    }

    fn release_lock(&mut self, release: usize) {
        if self.lock == Some(release) {
            self.lock = None;
        }
    }

    /// What must never be, or nothing.
    pub fn harm(&self) -> Option<String> {
        let migrating = self.jobs.iter().flatten().filter(|job| job.step == Some(Step::Migrates)).count();
        if migrating > 1 {
            return Some("two migrations run at once".to_owned());
        }
        let serving = |pod: &&Pod| pod.phase == Phase::Serves;
        let wrong = |pod: &&Pod| migrating > 0 || self.schema != newest(pod.release);
        self.pods.iter().filter(serving).find(wrong).map(|pod| {
            format!("a pod of release {} serves, at revision {} (migrations: {migrating})", pod.release, self.schema)
        })
    }

    /// Lets everything that is under way come to its end: nothing else goes wrong, and a person does what the log says.
    pub fn settle(&mut self) -> Result<(), String> {
        let mut random: u32 = 1;
        for _ in 0..5_000 {
            if let Some(harm) = self.harm() {
                return Err(harm);
            }
            let applied = self.sync.filter(|sync| sync.applied == [true; 3]);
            let is_over = applied.is_some_and(|sync| sync.commit == self.head);
            let is_left = self.jobs.iter().flatten().count() > 1 && self.tool == Tool::Argo;
            let moves = |action: &Action| match action {
                Action::CrashJob(_) => false,
                // One that waits in vain asks for ever.
                Action::AdvancePod(at) => self.is_ready(&self.pods[*at]) && self.lock.is_none(),
                // A person ends that of an earlier commit, which may wait for what no longer comes.
                Action::EndSync => self.sync.is_some_and(|sync| sync.commit != self.head) || (is_over && is_left),
                _ => true,
            };
            // In any order, so that two who wait for one another do not keep the others from going on.
            let possible: Vec<Action> = self.actions().into_iter().filter(moves).collect();
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let next = possible.get((random >> 16) as usize % possible.len().max(1)).copied();
            let by_hand = (0..OWNERS.len()).find(|owner| self.stopped_by_hand[*owner]);
            match (next, by_hand) {
                (Some(action), _) => self.act(action),
                (None, Some(owner)) if is_over => self.act(Action::Scale(owner, false)),
                (None, _) => return self.result(),
            }
        }
        Err("it does not come to rest".to_owned())
    }

    /// Whether the last commit is what runs.
    fn result(&self) -> Result<(), String> {
        let Commit { release, paused } = self.head;
        if self.schema > newest(release) {
            // Nothing takes the migration back: until a backup is restored, the later release serves, or none.
            return Ok(());
        }
        if self.schema < newest(release) {
            return Err(format!("release {release} is committed, and the schema stays at {}", self.schema));
        }
        let serving = self.pods.iter().filter(|pod| pod.phase == Phase::Serves).count();
        let wanted = if paused { 0 } else { OWNERS.iter().sum() };
        if serving != wanted {
            return Err(format!("{serving} pods serve in place of {wanted}"));
        }
        Ok(())
    }
}
