//! What the containers of the database's pods do, an effect at a time.

use super::claims::{Database, Dump, EMPTY, Finding, Record};
use super::cluster::Cluster;
use super::gates::Gate;
use super::pods::{Form, Pod, Step};

impl Cluster {
    /// Whether the pod comes further, or waits or fails again and again.
    pub(super) fn can_advance(&self, pod: &Pod) -> bool {
        let is_free = !self.gates.have(Gate::Locks) || !self.pods.iter().any(|other| other.step.is_locked());
        match pod.step {
            Step::Serves => false,
            Step::DumpBegins => is_free && self.find(pod) != Finding::Refused,
            Step::RestoreBegins => is_free && self.find_again(pod) != Finding::Refused,
            Step::CheckBegins => is_free && self.is_done(pod),
            Step::ServerStarts => !pod.ends && self.may_serve(pod),
            _ => true,
        }
    }

    fn is_own(&self, pod: &Pod, id: u8) -> bool {
        id == pod.form.id() || !self.gates.have(Gate::RecordHasId)
    }

    /// The record of the pod's attempt.
    fn own_record(&self, pod: &Pod) -> Option<&Record> {
        self.new.record.as_ref().filter(|record| self.is_own(pod, record.id))
    }

    fn is_unchanged(&self, record: &Record) -> bool {
        self.old.data.is_none() || record.digest == self.old.control || !self.gates.have(Gate::ChecksDigest)
    }

    /// What dump-previous finds.
    fn find(&self, pod: &Pod) -> Finding {
        if self.old.fence.is_some_and(|id| !self.is_own(pod, id)) {
            return Finding::Refused;
        }
        if let Some(record) = self.own_record(pod) {
            return if self.is_unchanged(record) { Finding::Moved } else { Finding::Refused };
        }
        let is_final = self.new.record.is_some_and(|record| record.is_final) && self.gates.have(Gate::FinalStays);
        let is_used = self.new.attempts_aside & (1 << pod.form.id()) != 0 && self.gates.have(Gate::IdsAreUsedOnce);
        // A fenced claim without a record of its attempt: nobody knows what happened.
        let is_readable = self.old.data.is_some() && self.old.fence.is_none();
        let is_blocked = self.new.dump.is_some() || self.new.made.is_some();
        if is_final || is_used || !is_readable || self.holds_unknown() || (is_blocked && !self.removes_leftovers()) {
            return Finding::Refused;
        }
        Finding::Moves
    }

    /// What restore-previous finds.
    fn find_again(&self, pod: &Pod) -> Finding {
        let may_move = if self.gates.have(Gate::RestoreReadsRecord) {
            if self.own_record(pod).is_some() {
                return Finding::Moved;
            }
            !self.holds_unknown() && (self.new.made.is_none() || self.removes_leftovers())
        } else if pod.has_dumped {
            true
        } else {
            return Finding::Moved;
        };
        let has_dump = self.new.dump.is_some_and(|dump| dump.id == pod.form.id());
        if may_move && has_dump { Finding::Moves } else { Finding::Refused }
    }

    fn holds_unknown(&self) -> bool {
        self.new.data.is_some() && self.new.record.is_none() && self.gates.have(Gate::LeavesUnknownData)
    }

    fn removes_leftovers(&self) -> bool {
        self.gates.have(Gate::RemovesLeftovers)
    }

    fn is_done(&self, pod: &Pod) -> bool {
        !self.gates.have(Gate::DoneChecksRecord) || self.own_record(pod).is_some_and(|record| record.is_final)
    }

    fn may_serve(&self, pod: &Pod) -> bool {
        let is_taken =
            self.pods.iter().any(|other| other.serves() && (other.form == Form::Old) == (pod.form == Form::Old));
        let is_fenced = pod.form == Form::Old && self.old.fence.is_some();
        !is_taken && !is_fenced
    }

    /// The next effect of the container that runs.
    pub(super) fn advance(&mut self, at: usize) {
        let pod = self.pods[at];
        let next = match pod.step {
            Step::DumpBegins => self.begin_dump(at),
            Step::OldServerRuns if !self.gates.have(Gate::DumpIsRenamed) => {
                self.dump(&pod, false);
                Step::DumpIsHalf
            }
            Step::OldServerRuns | Step::DumpIsHalf => {
                self.old.control += 1;
                self.dump(&pod, true);
                self.pods[at].has_dumped = true;
                Step::RestoreBegins
            }
            Step::RestoreBegins if self.find_again(&pod) == Finding::Moved => after_move(&pod),
            Step::RestoreBegins => self.make(&pod),
            Step::Restores => self.restore(),
            Step::Made => self.free_place(&pod),
            Step::PlaceIsFree => self.place(&pod),
            Step::Placed => {
                let record = self.record(&pod);
                self.new.record.get_or_insert(record);
                self.new.dump = self.new.dump.filter(|_| !self.gates.have(Gate::RemovesDump));
                after_move(&pod)
            }
            Step::Fences if self.gates.have(Gate::FencesFirst) => self.fence(&pod),
            Step::Fences => self.end_record(&pod),
            Step::EndsRecord if self.gates.have(Gate::FencesFirst) => self.end_record(&pod),
            Step::EndsRecord => self.fence(&pod),
            Step::CheckBegins => Step::ServerStarts,
            Step::ServerStarts => self.serve(&pod),
            Step::Serves => Step::Serves,
        };
        self.pods[at].step = next;
    }

    fn begin_dump(&mut self, at: usize) -> Step {
        self.pods[at].has_dumped = false;
        if self.find(&self.pods[at]) == Finding::Moved {
            return Step::RestoreBegins;
        }
        (self.new.dump, self.new.made) = (None, None);
        self.old.control += 1;
        Step::OldServerRuns
    }

    /// The dump comes to its place when the server has stopped, with the digest that is taken then.
    fn dump(&mut self, pod: &Pod, is_whole: bool) {
        let digest = self.old.control - u32::from(!self.gates.have(Gate::DigestFollowsStop));
        let whole = |data: Database| Database { is_whole: is_whole && data.is_whole, ..data };
        self.new.dump = self.old.data.map(|data| Dump { id: pod.form.id(), digest, database: whole(data) });
    }

    fn record(&self, pod: &Pod) -> Record {
        let digest = self.new.dump.map_or(self.old.control, |dump| dump.digest);
        Record { id: pod.form.id(), digest, is_final: false }
    }

    /// The new server makes its data, and begins to restore.
    fn make(&mut self, pod: &Pod) -> Step {
        let schema = self.new.dump.and_then(|dump| dump.database.schema);
        let begun = Some(Database { schema, is_whole: false, ..EMPTY });
        let record = self.record(pod);
        if self.makes_in_place() {
            self.put_aside();
            self.new.data = begun;
            self.new.record = Some(record).filter(|_| !self.gates.have(Gate::PlacesWhole));
        } else {
            self.new.made = begun;
        }
        Step::Restores
    }

    fn makes_in_place(&self) -> bool {
        !self.gates.have(Gate::MakesAside) || !self.gates.have(Gate::PlacesWhole)
    }

    fn restore(&mut self) -> Step {
        let restored = self.new.dump.map(|dump| dump.database);
        if self.makes_in_place() {
            self.new.data = restored;
        } else {
            self.new.made = restored;
        }
        Step::Made
    }

    fn free_place(&mut self, pod: &Pod) -> Step {
        if self.makes_in_place() {
            return Step::Placed;
        }
        if !self.gates.have(Gate::RecordLiesInData) && self.own_record(pod).is_none() {
            self.new.record = Some(self.record(pod));
            return Step::Made;
        }
        if self.new.data.is_none() {
            return self.place(pod);
        }
        self.put_aside();
        Step::PlaceIsFree
    }

    /// What another attempt has moved is kept; only without the gate, what is nobody's is not.
    fn put_aside(&mut self) {
        if self.pods.iter().any(Pod::runs_on_new) {
            self.harm = Some("data is put aside while its server runs");
        }
        let Some(data) = self.new.data.take() else { return };
        if let Some(record) = self.new.record {
            self.new.aside |= data.writes;
            self.new.attempts_aside |= 1 << record.id;
        }
        if self.gates.have(Gate::RecordLiesInData) {
            self.new.record = None;
        }
    }

    fn place(&mut self, pod: &Pod) -> Step {
        if self.new.made.is_none() {
            return Step::RestoreBegins;
        }
        self.new.data = self.new.made.take();
        if self.gates.have(Gate::PlacesWithRecord) {
            self.new.record = Some(self.record(pod));
        }
        Step::Placed
    }

    fn fence(&mut self, pod: &Pod) -> Step {
        if self.old.data.is_some() && self.gates.have(Gate::Fences) {
            self.old.fence.get_or_insert(pod.form.id());
        }
        after_switch(pod)
    }

    fn end_record(&mut self, pod: &Pod) -> Step {
        if let Some(record) = &mut self.new.record {
            record.is_final = true;
        }
        after_switch(pod)
    }

    fn serve(&mut self, pod: &Pod) -> Step {
        if pod.form == Form::Old {
            self.old.control += 1;
            // Only the user deletes it.
            self.began_anew |= self.old.data.is_none();
            self.old.data.get_or_insert(EMPTY);
        } else {
            self.new.data.get_or_insert(EMPTY);
        }
        Step::Serves
    }
}

/// Where a pod goes on whose data has been moved.
const fn after_move(pod: &Pod) -> Step {
    if matches!(pod.form, Form::Switches(_)) { Step::Fences } else { Step::ServerStarts }
}

/// The two effects of [`Form::Switches`] follow one another.
const fn after_switch(pod: &Pod) -> Step {
    if matches!(pod.step, Step::Fences) { Step::EndsRecord } else { Step::ServerStarts }
}
