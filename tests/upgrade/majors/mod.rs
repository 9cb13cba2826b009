//! How a managed database comes to another PostgreSQL, as a state machine: whatever order commits are applied in, and
//! whatever is killed on the way, no write that Quay was told of as done is lost.
//!
//! The principle: Quay's writes are taken on one of the two claims, never on both. Until the commit that lets Quay
//! serve they can only reach the old claim, since the new server is read-only to all but the migration. With that
//! commit restore-previous fences the old claim, and no server starts there again; then the new server takes writes.
//!
//! | commit | the database's pod | Quay |
//! |---|---|---|
//! | B, [`Stage::Moves`] | dump-previous, restore-previous, the new server, read-only | paused; then the migration |
//! | C, [`Stage::Switches`] | the same, but restore-previous fences, and the server takes writes | serves |
//! | D, [`Stage::Done`] | restore-previous only looks for the final record; the server | serves |
//!
//! Before them the former release runs; all three are of the later one. A retry is B with another id.
//!
//! What is lost all the same: who deletes the old claim and then applies the former release makes it begin with an
//! empty one. The new claim keeps what it has.

mod claims;
mod cluster;
mod commits;
mod containers;
mod gates;
mod harm;
mod migration;
mod peace;
mod pods;

use cluster::{Action, Cluster};
use commits::{Commit, STAGES, Stage, Tool};
use gates::{Gate, Gates};
use migration::Progress;
use peace::End;
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRng, TestRunner};
use std::fmt::Write as _;

/// How many interleavings a test tries.
const CASES: u32 = 10_000;
/// An attempt that no story has.
const FRESH: u8 = 9;

/// From one commit to the next one.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Forward,
    /// `git revert` of the last commit.
    Back,
    /// A retry: with another id.
    Retry,
    /// Any commit: several that are applied, or reverted, at once.
    To(Stage, u8),
}

/// A commit, and what happens before the next one.
#[derive(Clone, Debug)]
struct Chapter {
    turn: Turn,
    /// The tool stops when it has applied the database, and only its pods go on.
    is_half: bool,
    /// What happens, as numbers among what can.
    choices: Vec<u8>,
    /// Whether it is then left in peace until it is rolled out.
    settles: bool,
}

#[derive(Clone, Debug)]
struct Story {
    tool: Tool,
    has_unknown_data: bool,
    chapters: Vec<Chapter>,
    /// Whether it ends with the commits of the upgrade; else, where it can, with the former release.
    goes_on: bool,
}

impl Story {
    /// What a user goes on with who follows the page, while the old claim is not given up.
    fn last_commits(&self) -> Vec<Commit> {
        let stages = if self.goes_on { &STAGES[2..] } else { &STAGES[..1] };
        stages.iter().map(|stage| Commit { stage: *stage, id: FRESH }).collect()
    }
}

fn stories() -> impl Strategy<Value = Story> {
    let turns = prop_oneof![
        6 => Just(Turn::Forward),
        3 => Just(Turn::Back),
        1 => Just(Turn::Retry),
        3 => (0..STAGES.len(), 1_u8..3).prop_map(|(stage, id)| Turn::To(STAGES[stage], id)),
    ];
    let is_half = prop_oneof![3 => Just(false), 1 => Just(true)];
    let chapters = (turns, is_half, prop::collection::vec(any::<u8>(), 0..32), any::<bool>())
        .prop_map(|(turn, is_half, choices, settles)| Chapter { turn, is_half, choices, settles });
    let tools = (any::<bool>(), any::<bool>()).prop_map(|(has_waves, prunes)| Tool { has_waves, prunes });
    let unknown = prop_oneof![15 => Just(false), 1 => Just(true)];
    (tools, unknown, prop::collection::vec(chapters, 1..7), any::<bool>())
        .prop_map(|(tool, has_unknown_data, chapters, goes_on)| Story { tool, has_unknown_data, chapters, goes_on })
}

fn turned(commit: Commit, turn: Turn) -> Commit {
    let at = STAGES.iter().position(|stage| *stage == commit.stage).unwrap();
    match turn {
        // The pause has a commit of its own only where somebody writes one.
        Turn::Forward if commit.stage == Stage::Before => Commit { stage: Stage::Moves, id: commit.id.max(1) },
        Turn::Forward => Commit { stage: STAGES[(at + 1).min(STAGES.len() - 1)], id: commit.id.max(1) },
        Turn::Back if commit.stage == Stage::Moves => Commit { stage: Stage::Before, ..commit },
        Turn::Back => Commit { stage: STAGES[at.saturating_sub(1)], ..commit },
        Turn::Retry => Commit { stage: Stage::Moves, id: commit.id % 3 + 1 },
        Turn::To(stage, id) => Commit { stage, id },
    }
}

/// Lives a story, and ends it in peace. What happens is told.
fn live(gates: Gates, story: &Story, tell: &mut dyn FnMut(std::fmt::Arguments)) -> Result<(), String> {
    let mut cluster = Cluster::new(gates, story.tool, story.has_unknown_data);
    let mut found = Vec::new();
    cluster.settle(&mut found, |_| {})?;
    for chapter in &story.chapters {
        cluster.head = turned(cluster.head, chapter.turn);
        tell(format_args!("commit {:?}", cluster.head));
        if chapter.is_half {
            tell(format_args!("  of which the database is applied"));
            cluster.apply_half();
        }
        for choice in &chapter.choices {
            cluster.actions(&mut found);
            if chapter.is_half {
                // Half of the time the containers go on: a whole move is many steps.
                let goes_on = *choice >= 128 && found.iter().any(|action| matches!(action, Action::Advance(_)));
                found.retain(|action| matches!(action, Action::Advance(_)) || (!goes_on && action.is_of_database()));
            }
            if found.is_empty() {
                break;
            }
            let action = found[usize::from(*choice) % found.len()];
            tell(format_args!("  {action:?}"));
            cluster.act(action);
            if let Some(harm) = cluster.harm() {
                return Err(harm.to_owned());
            }
        }
        if chapter.settles {
            tell(format_args!("  in peace:"));
            cluster.settle(&mut found, |action| tell(format_args!("  {action:?}")))?;
        }
    }
    if story.has_unknown_data {
        return if cluster.holds_unknown_data() { Ok(()) } else { Err("data of others is gone".to_owned()) };
    }
    // A pod that was there before the end may still give the old claim up, and its attempt is the one to go on with.
    if cluster.switched().is_none() && !end(&mut cluster, &story.last_commits(), tell)? && cluster.switched().is_none()
    {
        return Err(format!("{:?} is not rolled out", cluster.head));
    }
    let commits = cluster.way_on();
    if cluster.switched().is_some() && !end(&mut cluster, &commits, tell)? {
        return Err(format!("{:?} is not rolled out", cluster.head));
    }
    Ok(())
}

/// Applies commits, each when the one before is rolled out; whether all of them are in the end.
fn end(cluster: &mut Cluster, commits: &[Commit], tell: &mut dyn FnMut(std::fmt::Arguments)) -> Result<bool, String> {
    let mut found = Vec::new();
    for commit in commits {
        cluster.head = *commit;
        tell(format_args!("at the end {commit:?}"));
        if cluster.settle(&mut found, |action| tell(format_args!("  {action:?}")))? != End::RolledOut {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Nothing, or the shortest story that was found in which something goes wrong.
fn check(gates: Gates) -> Result<(), String> {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    // The same stories in each run: a change of the gates is what makes it fail.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(Default::default()));
    let ended = runner.run(&stories(), |story| live(gates, &story, &mut |_| {}).map_err(TestCaseError::fail));
    match ended {
        Ok(()) => Ok(()),
        Err(TestError::Fail(_, story)) => {
            let mut log = String::new();
            let end = live(gates, &story, &mut |line| writeln!(log, "{line}").unwrap());
            let data = if story.has_unknown_data { ", data of others on the new claim" } else { "" };
            Err(format!("{:?}{data}: {}, after\n{log}", story.tool, end.unwrap_err()))
        }
        Err(abort) => panic!("{abort}"),
    }
}

#[test]
fn no_write_is_lost_and_every_way_comes_to_its_end() {
    check(Gates(&[])).unwrap_or_else(|found| panic!("{found}"));
}

/// Each gate by itself: without it a counterexample is found, and it is short enough to read.
#[test]
fn no_gate_can_go() {
    const LOST: &str = "a server answers without a write that was acknowledged";
    const PARTLY: &str = "a server answers with a partly restored database";
    const TWO: &str = "two servers run on one directory";
    const TAKEN: &str = "data is put aside while its server runs";
    const OTHERS: &str = "data of others is gone";
    const SCHEMA: &str = "Quay serves with the schema of another release";
    const STUCK: &str = "is not rolled out";
    let without: [(&'static [Gate], &[&str]); 26] = [
        (&[Gate::Recreates], &[TWO]),
        (&[Gate::Locks], &[TWO]),
        (&[Gate::RecordHasId], &[STUCK]),
        (&[Gate::ChecksDigest], &[LOST, SCHEMA]),
        (&[Gate::DigestFollowsStop], &[STUCK]),
        (&[Gate::MakesAside], &[STUCK]),
        (&[Gate::PlacesWhole], &[PARTLY]),
        (&[Gate::PlacesWithRecord], &[STUCK]),
        (&[Gate::RecordLiesInData], &[LOST]),
        (&[Gate::RemovesLeftovers], &[STUCK]),
        (&[Gate::LeavesUnknownData], &[OTHERS]),
        (&[Gate::IdsAreUsedOnce], &[STUCK]),
        // The first by itself leaves a pod that waits for a dump, in rarer stories.
        (&[Gate::RestoreReadsRecord, Gate::RemovesDump], &[TAKEN, LOST, STUCK]),
        (&[Gate::DumpIsRenamed], &[PARTLY]),
        (&[Gate::ReadOnlyUntilSwitch], &[LOST]),
        (&[Gate::Fences], &[LOST, STUCK, SCHEMA]),
        (&[Gate::FencesFirst], &[STUCK]),
        (&[Gate::FinalStays], &[LOST, STUCK]),
        (&[Gate::DoneChecksRecord], &[LOST]),
        (&[Gate::JobAsksToBegin], &[STUCK]),
        (&[Gate::JobAsksToEnd], &[STUCK]),
        (&[Gate::JobNeedsMajor], &[STUCK]),
        (&[Gate::JobIsNamedById], &[STUCK]),
        (&[Gate::JobWaitsForPods], &[SCHEMA]),
        (&[Gate::QuayWaitsForSchema], &[SCHEMA]),
        (&[Gate::QuayWaitsForWrites], &[SCHEMA]),
    ];
    for (gates, says) in without {
        let found = check(Gates(gates)).expect_err(&format!("nothing goes wrong without {gates:?}"));
        assert!(says.iter().any(|says| found.contains(says)), "{gates:?}: {found}");
        assert!(found.lines().count() < 120, "{gates:?}: {found}");
    }
}

/// The pause keeps users from errors, and lets the migration begin. It cannot keep the writes: the tool may apply the
/// database before it, or start Quay before the old server on the way back.
#[test]
fn the_pause_is_not_what_keeps_the_writes() {
    check(Gates(&[Gate::MovePauses])).unwrap_or_else(|found| panic!("{found}"));
    check(Gates(&[Gate::ReadOnlyUntilSwitch])).unwrap_err();
}

/// The second thing between Quay and an empty claim, behind the look for the record.
#[test]
fn the_migration_makes_no_tables() {
    let harm = |gates: &'static [Gate]| {
        let mut cluster = Cluster::new(Gates(gates), Tool { has_waves: false, prunes: true }, false);
        cluster.head = Commit { stage: Stage::Done, id: 1 };
        let mut found = Vec::new();
        // The first harm, that the server is empty, is not what this asks for.
        for _ in 0..20 {
            let _ = cluster.settle(&mut found, |_| {});
        }
        cluster.harm
    };
    assert_eq!(harm(&[Gate::DoneChecksRecord]), None);
    let harm = harm(&[Gate::DoneChecksRecord, Gate::JobWaitsForTables]);
    assert_eq!(harm, Some("the schema of an empty or partly restored database is migrated"));
}

/// The one thing that is left to time. A migration that takes longer to start than the next attempt takes to stop the
/// server, to move all data and to begin its own migration would run beside that one.
#[test]
fn a_migration_that_starts_at_once_meets_no_other() {
    let harm = |gates: &'static [Gate]| {
        let mut cluster = Cluster::new(Gates(gates), Tool { has_waves: false, prunes: false }, false);
        let mut found = Vec::new();
        let mut go_on = |cluster: &mut Cluster, id, but, at: usize, progress: fn(&Progress) -> bool| {
            cluster.head = Commit { stage: Stage::Moves, id };
            let is_reached = |cluster: &Cluster| cluster.jobs.get(at).is_some_and(|job| progress(&job.progress));
            assert_eq!(cluster.go_on(&mut found, but, is_reached, |_| {}), Ok(End::RolledOut));
        };
        let first = Action::AdvanceJob(1);
        go_on(&mut cluster, 1, None, 1, |progress| matches!(progress, Progress::Starts(1)));
        go_on(&mut cluster, 2, Some(first), 2, |progress| matches!(progress, Progress::Migrates(_)));
        cluster.act(first);
        cluster.harm()
    };
    assert_eq!(harm(&[]), None);
    assert_eq!(harm(&[Gate::JobConnectsSoon]), Some("two migrations of one database run"));
}

/// Commits, each left in peace before the next one: S the former release, P paused, B moves and migrates, C lets Quay
/// serve, D is done, each with its attempt; X deletes the old claim. Wherever Quay can write, it does.
#[test]
fn what_is_applied_again_is_refused_or_serves_every_write() {
    const OPEN: End = End::RolledOut;
    const SHUT: End = End::Refused;
    for (commits, wanted) in [
        // As the page has it, by the way back too.
        ("S P B1 C1 D1", OPEN),
        ("S B1 C1 D1 X", OPEN),
        ("S B1 S", OPEN),
        ("S B1 P S", OPEN),
        ("S B1 S B2 C2 D2", OPEN),
        ("S B1 C1 B1 C1 D1", OPEN),
        // Several commits at once.
        ("S C1 D1", OPEN),
        ("S D1", SHUT),
        ("S D1 S", OPEN),
        ("S D1 B1 C1 D1", OPEN),
        ("S B1 D1", SHUT),
        ("S B1 D1 C1 D1", OPEN),
        ("S B1 D1 S", OPEN),
        // The same id after the old server has run, and after another attempt.
        ("S B1 S B1", SHUT),
        ("S B1 S C1", SHUT),
        ("S B1 S D1", SHUT),
        ("S B1 S B1 B2 C2", OPEN),
        ("S B1 S B2 B1", SHUT),
        ("S B1 S B2 B1 S", OPEN),
        ("S B1 S B2 B1 B3 C3", OPEN),
        ("S B1 S C2", OPEN),
        // Another id while the later release is paused, and while it runs.
        ("S B1 B2 C2", OPEN),
        ("S B1 C2 D2", OPEN),
        ("S B1 D2", SHUT),
        ("S B1 B2 C1", SHUT),
        ("S B1 B2 B1 S", OPEN),
        ("S B1 C1 C2", SHUT),
        ("S B1 C1 B2", SHUT),
        ("S B1 C1 B2 C1", OPEN),
        ("S B1 C1 D2", SHUT),
        ("S B1 C1 D1 B2", SHUT),
        ("S B1 C1 D1 D2", SHUT),
        ("S B1 C1 D1 D2 D1", OPEN),
        // Back from where Quay has served, and forth again.
        ("S B1 C1 S", SHUT),
        ("S B1 C1 S C1 D1", OPEN),
        ("S B1 C1 S B2", SHUT),
        ("S B1 C1 D1 S", SHUT),
        ("S B1 C1 D1 S D1", OPEN),
        ("S B1 C1 D1 B1 C1 D1", OPEN),
        // Without the old claim.
        ("S B1 C1 D1 X C1", OPEN),
        ("S B1 C1 D1 X B1 D1", OPEN),
        ("S B1 C1 D1 X B2", SHUT),
        // Here the former release makes itself an empty claim: the page about deleting it says so.
        ("S B1 C1 D1 X S C1", SHUT),
        ("S B1 C1 D1 X S B2", SHUT),
        ("S B1 C1 D1 X S D1", OPEN),
    ] {
        for tool in [(false, false), (false, true), (true, false), (true, true)] {
            let mut cluster = Cluster::new(Gates(&[]), Tool { has_waves: tool.0, prunes: tool.1 }, false);
            assert_eq!(live_words(&mut cluster, commits), Ok(wanted), "{commits}, {tool:?}");
        }
    }
}

fn live_words(cluster: &mut Cluster, commits: &str) -> Result<End, &'static str> {
    let mut found = Vec::new();
    let mut end = End::RolledOut;
    for word in commits.split(' ') {
        cluster.actions(&mut found);
        if word == "X" {
            assert!(found.contains(&Action::DeleteOldClaim), "{commits}");
            cluster.act(Action::DeleteOldClaim);
            continue;
        }
        let stage = STAGES["SPBCD".find(&word[..1]).unwrap()];
        cluster.head = Commit { stage, id: word[1..].parse().unwrap_or_default() };
        end = cluster.settle(&mut found, |_| {})?;
        cluster.actions(&mut found);
        if let Some(write) = found.iter().find(|action| matches!(action, Action::Write(..))) {
            cluster.act(*write);
        }
        cluster.harm().map_or(Ok(()), Err)?;
    }
    Ok(end)
}
