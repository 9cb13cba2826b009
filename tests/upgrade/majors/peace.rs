//! What the cluster comes to when nothing is killed any more.

use super::claims::Id;
use super::cluster::{Action, Cluster};
use super::commits::{Commit, STAGES, Stage};

/// More than any commit takes to be rolled out.
const STEPS: usize = 600;

/// How a commit ends that is applied in peace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    RolledOut,
    /// No server comes up, or the migration or Quay waits.
    Refused,
}

impl Cluster {
    /// Lets everything happen but kills, evictions and deletions, until the last commit is rolled out or for long
    /// enough.
    pub fn settle(&mut self, found: &mut Vec<Action>, tell: impl FnMut(Action)) -> Result<End, &'static str> {
        self.go_on(found, None, Self::is_rolled_out, tell)
    }

    /// The same until something else is reached, but for an action that takes longer.
    pub fn go_on(
        &mut self,
        found: &mut Vec<Action>,
        but: Option<Action>,
        is_reached: impl Fn(&Self) -> bool,
        mut tell: impl FnMut(Action),
    ) -> Result<End, &'static str> {
        let mut random: u32 = 1;
        for _ in 0..STEPS {
            if is_reached(self) {
                return Ok(End::RolledOut);
            }
            self.actions(found);
            // Again where that is another commit, and for pods that were stopped by hand.
            let is_over = self.sync.is_some_and(|sync| {
                sync.commit != self.head || (sync.applied == [true; 3] && self.quay != sync.commit.quay(self.gates))
            });
            found.retain(|action| match action {
                Action::Kill(_) | Action::Reboot(_) | Action::Evict(_) | Action::DeleteOldClaim => false,
                Action::EndSync => is_over,
                _ => Some(*action) != but,
            });
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let Some(action) = found.get((random >> 16) as usize % found.len().max(1)).copied() else { break };
            tell(action);
            self.act(action);
            if let Some(harm) = self.harm() {
                return Err(harm);
            }
        }
        Ok(End::Refused)
    }

    fn is_rolled_out(&self) -> bool {
        let commit = self.head;
        let is_applied = self.sync.is_some_and(|sync| sync.commit == commit && sync.applied == [true; 3]);
        let database = match self.pods[..] {
            [pod] => pod.form == commit.form() && pod.serves() && !pod.ends,
            _ => false,
        };
        let quay = match self.quays[..] {
            [] => !self.quay.1,
            // Where the database moves and nothing is paused, Quay waits for its writes.
            [quay] => {
                let is_right = quay.serves != (commit.stage == Stage::Moves);
                self.quay.1 && is_right && !quay.ends && quay.release == commit.release()
            }
            _ => false,
        };
        // The former release's has nothing to do; on the way back it may find a later schema, and fails.
        let is_migrated = commit.release() == 0 || self.is_migrated(commit);
        is_applied && database && quay && is_migrated
    }

    /// The attempt for which the old claim has been given up.
    pub fn switched(&self) -> Option<Id> {
        let record = self.new.record.filter(|record| record.is_final).map(|record| record.id);
        self.old.fence.or(record)
    }

    /// The commits that a user goes on with when the old claim is given up.
    pub fn way_on(&self) -> Vec<Commit> {
        // Only the last one is left to a user who deleted the old claim: the former release may have begun anew there.
        let stages = if self.began_anew || self.old.data.is_none() { &STAGES[4..] } else { &STAGES[3..] };
        let commits = |id| stages.iter().map(|stage| Commit { stage: *stage, id }).collect();
        self.switched().map(commits).unwrap_or_default()
    }
}
