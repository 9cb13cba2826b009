//! What the world comes to when nothing goes wrong any more.

use super::commits::{Commit, Stage};
use super::pods::Pod;
use super::restore::Step;
use super::world::{Action, World};

/// More than any commit takes to be rolled out.
const STEPS: usize = 300;
/// A text that no story gives `rerun`.
const FRESH: u8 = 9;

/// How a commit ends that is applied in peace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    RolledOut,
    /// The migration or the registry waits, or the Job has failed.
    Refused,
}

pub type Tell<'a> = &'a mut dyn FnMut(std::fmt::Arguments);

impl World {
    /// Lets everything happen but what goes wrong and what a user does, until the last commit is rolled out or nothing
    /// happens any more.
    pub fn settle(&mut self, tell: Tell) -> Result<End, &'static str> {
        self.go_on(Self::is_rolled_out, tell)
    }

    fn go_on(&mut self, is_reached: impl Fn(&Self) -> bool, tell: Tell) -> Result<End, &'static str> {
        let (mut found, mut random) = (Vec::new(), 1_u32);
        for _ in 0..STEPS {
            self.harm().map_or(Ok(()), Err)?;
            if is_reached(self) {
                return Ok(End::RolledOut);
            }
            self.actions(&mut found);
            // To another commit, or where something of this one was lost.
            let is_over = self.sync.is_some_and(|sync| sync.commit != self.head);
            found.retain(|action| action.is_peaceful() || (*action == Action::EndSync && is_over));
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let Some(action) = found.get((random >> 16) as usize % found.len().max(1)).copied() else { break };
            tell(format_args!("  {action:?}"));
            self.act(action);
        }
        self.harm().map_or(Ok(End::Refused), Err)
    }

    fn is_rolled_out(&self) -> bool {
        let commit = self.head;
        let is_applied = self.sync.is_some_and(|sync| sync.commit == commit && sync.applied == [true; 3]);
        let (runs, waits) = self.quay;
        let pods = match self.pods[..] {
            [] => !runs,
            [pod] => runs && pod.serves && !pod.ends && pod.waits == waits,
            _ => false,
        };
        let is_there = commit.stage == Stage::Nothing || (self.is_up && self.is_migrated(commit));
        is_applied && pods && is_there && self.is_up == self.is_deployed
    }

    fn is_stopped(&self) -> bool {
        let is_applied = self.sync.is_some_and(|sync| sync.commit == self.head && sync.applied[0]);
        is_applied && self.is_up && !self.pods.iter().any(|pod| pod.serves)
    }

    /// Step 3 of the page.
    pub fn stop_old(&mut self) {
        // The Jobs that run meanwhile end first: one whose dump has seen Quay fails.
        while let Some(at) = self.restores.iter().position(|it| it.dumps()) {
            self.act(Action::Restore(at));
        }
        self.act(Action::StopOperator);
        self.act(Action::StopOld);
    }

    /// Step 5 of the page: a Job, and whether it has restored.
    pub fn make_restore(&mut self, tell: Tell) -> Result<End, &'static str> {
        self.act(Action::MakeRestore);
        self.go_on(|world| world.restores.iter().all(|it| it.has_ended()), tell)?;
        let is_done = self.restores.iter().any(|it| it.step == Step::Complete);
        Ok(if is_done { End::RolledOut } else { End::Refused })
    }

    /// A user who follows the page from here, to the end of the move.
    pub fn finish(&mut self, tell: Tell) -> Result<(), String> {
        self.stop_old();
        for stage in [Stage::Paused, Stage::Starts, Stage::Done] {
            self.commit(Commit { stage, rerun: FRESH });
            tell(format_args!("at the end {:?}", self.head));
            if stage == Stage::Paused {
                self.go_on(Self::is_stopped, tell)?;
                if !self.live().is_some_and(|live| live.has_mark) {
                    self.make_restore(tell)?;
                }
            }
            if self.settle(tell)? != End::RolledOut {
                return Err(format!("{:?} is not rolled out", self.head));
            }
            if self.pods.iter().any(|pod: &Pod| pod.serves) {
                self.act(Action::Write);
                self.harm().map_or(Ok(()), Err)?;
            }
        }
        Ok(())
    }
}
