//! How the database of a QuayEcosystem comes to a registry, as a state machine: in whatever order commits are applied,
//! whatever is killed, and however often the Job is made, no registry starts without what the old Quay was told of as done.
//!
//! The principle: a restore puts a mark on the database that it brings, in the transaction in which that takes its name.
//! While `restoreFrom` is in the input, migration and registry look for the mark first, without a session in the database.
//!
//! | commit | migration | registry |
//! |---|---|---|
//! | [`Stage::Paused`], `paused` and `restoreFrom` | waits for the mark | no pods |
//! | [`Stage::Starts`], `restoreFrom` | the same | waits for the mark, then for the schema |
//! | [`Stage::Done`] | does nothing | waits for the schema |
//!
//! What the page asks of a user, for no gate can know it:
//!
//! - The old Quay is started by hand on the way back alone. Where its operator was not stopped, and starts it after a dump
//!   or, for a moment, within one, what it is told of as done then is not moved.
//! - `restoreFrom` goes when the registry has run with it; after the way back it begins with `paused` and `restoreFrom` again.
//! - Nobody takes the mark off, but who wants to put aside what the registry has written since.

mod commits;
mod databases;
mod gates;
mod harm;
mod peace;
mod pods;
mod restore;
mod world;

use commits::{Commit, STAGES, Stage, Tool};
use gates::{Gate, Gates};
use peace::{End, Tell};
use proptest::prelude::*;
use proptest::test_runner::{TestError, TestRng, TestRunner};
use restore::Step;
use std::fmt::Write as _;
use world::{Action, World};

/// How many interleavings a test tries.
const CASES: u32 = 10_000;

/// From one commit to the next one.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Forward,
    /// `git revert` of the last commit.
    Back,
    /// Another text in `rerun`.
    Again,
    /// Any commit: several that are applied, or reverted, at once.
    To(Stage),
    WayBack,
}

/// A commit, and what happens before the next one.
#[derive(Clone, Debug)]
struct Chapter {
    turn: Turn,
    /// What happens, as numbers among what can.
    choices: Vec<u8>,
    /// Whether it is then left in peace.
    settles: bool,
}

#[derive(Clone, Debug)]
struct Story {
    tool: Tool,
    /// The new registry ran before, without data.
    has_tables: bool,
    /// The user has followed step 3 before the first commit.
    is_stopped: bool,
    chapters: Vec<Chapter>,
    /// Whether it ends by the way back, and forth again.
    ends_back: bool,
}

fn stories() -> impl Strategy<Value = Story> {
    let turns = prop_oneof![
        6 => Just(Turn::Forward),
        2 => Just(Turn::Back),
        1 => Just(Turn::Again),
        2 => (0..STAGES.len()).prop_map(|stage| Turn::To(STAGES[stage])),
        1 => Just(Turn::WayBack),
    ];
    let chapters = (turns, prop::collection::vec(any::<u8>(), 0..48), any::<bool>())
        .prop_map(|(turn, choices, settles)| Chapter { turn, choices, settles });
    let tools = (any::<bool>(), any::<bool>()).prop_map(|(has_waves, prunes)| Tool { has_waves, prunes });
    let tables = prop_oneof![7 => Just(false), 1 => Just(true)];
    (tools, tables, any::<bool>(), prop::collection::vec(chapters, 1..7), any::<bool>()).prop_map(
        |(tool, has_tables, is_stopped, chapters, ends_back)| Story {
            tool,
            has_tables,
            is_stopped,
            chapters,
            ends_back,
        },
    )
}

fn turned(commit: Commit, turn: Turn) -> Commit {
    let at = STAGES.iter().position(|stage| *stage == commit.stage).unwrap();
    let stage = match turn {
        Turn::Forward => STAGES[(at + 1).min(STAGES.len() - 1)],
        Turn::Back => STAGES[at.saturating_sub(1)],
        Turn::Again | Turn::WayBack => commit.stage,
        Turn::To(stage) => stage,
    };
    let rerun = if matches!(turn, Turn::Again) { commit.rerun % 3 + 1 } else { commit.rerun };
    Commit { stage, rerun }
}

fn turn(world: &mut World, turn: Turn, tell: Tell) {
    if matches!(turn, Turn::WayBack) {
        tell(format_args!("the way back"));
        return world.way_back();
    }
    let commit = turned(world.head, turn);
    if world.may_commit(commit.stage) {
        tell(format_args!("commit {commit:?}"));
        world.commit(commit);
    }
}

/// Lives a story, and ends it in peace. What happens is told.
fn live(gates: Gates, story: &Story, tell: Tell) -> Result<(), String> {
    let mut world = World::new(gates, story.tool, story.has_tables);
    if story.is_stopped {
        world.stop_old();
    }
    let mut found = Vec::new();
    for chapter in &story.chapters {
        turn(&mut world, chapter.turn, tell);
        for choice in &chapter.choices {
            world.actions(&mut found);
            if found.is_empty() {
                break;
            }
            let action = found[usize::from(*choice) % found.len()];
            tell(format_args!("  {action:?}"));
            world.act(action);
            world.harm().map_or(Ok(()), Err)?;
        }
        if chapter.settles {
            tell(format_args!("  in peace:"));
            world.settle(tell)?;
        }
    }
    if story.ends_back {
        tell(format_args!("at the end the way back"));
        world.way_back();
        world.act(Action::OldWrites);
        world.harm().map_or(Ok(()), Err)?;
    }
    world.finish(tell)
}

/// Nothing, or the shortest story that was found in which something goes wrong.
fn check(gates: Gates) -> Result<(), String> {
    let config = ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() };
    // The same stories in each run: a change of the gates is what makes it fail.
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(Default::default()));
    match runner.run(&stories(), |story| live(gates, &story, &mut |_| {}).map_err(TestCaseError::fail)) {
        Ok(()) => Ok(()),
        Err(TestError::Fail(_, story)) => {
            let mut log = String::new();
            let end = live(gates, &story, &mut |line| writeln!(log, "{line}").unwrap());
            let tables = if story.has_tables { ", tables of before" } else { "" };
            let stopped = if story.is_stopped { "stopped" } else { "not stopped" };
            Err(format!("{:?}{tables}, the old Quay is {stopped}: {}, after\n{log}", story.tool, end.unwrap_err()))
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
    const LOST: &str = "a database is served without a write of the old Quay";
    const OTHER: &str = "a database is served that was not restored";
    const PARTLY: &str = "a partly restored database is migrated";
    const TABLES: &str = "the migration makes tables in a database without data";
    const SCHEMA: &str = "Quay serves with the schema of another release";
    const STUCK: &str = "is not rolled out";
    let without: [(&'static [Gate], &[&str]); 13] = [
        (&[Gate::DumpLooksBefore], &[LOST]),
        (&[Gate::DumpLooksAfter], &[LOST]),
        (&[Gate::RestoresAside], &[STUCK]),
        (&[Gate::RestoresAside, Gate::MarkComesWithData], &[PARTLY]),
        (&[Gate::Compares], &[LOST]),
        (&[Gate::MarkComesWithData], &[TABLES]),
        (&[Gate::RefusesSecond], &[STUCK]),
        (&[Gate::MigrationWaitsForMark], &[TABLES]),
        (&[Gate::PodsWaitForMark], &[OTHER]),
        (&[Gate::PodsWaitForSchema], &[SCHEMA]),
        (&[Gate::WaitsWithoutSession], &[STUCK]),
        (&[Gate::BuildRefuses], &[TABLES, OTHER]),
        (&[Gate::WayBackDeletesClaim], &[LOST]),
    ];
    for (gates, says) in without {
        let found = check(Gates(gates)).expect_err(&format!("nothing goes wrong without {gates:?}"));
        assert!(says.iter().any(|says| found.contains(says)), "{gates:?}: {found}");
        assert!(found.lines().count() < 80, "{gates:?}: {found}");
    }
}

/// Commits and what a user does, each left in peace before the next one: X stops the old operator and Quay, and O is the
/// operator that starts it again; N nothing, A `paused` and `restoreFrom`, C `restoreFrom`, D neither, and G is `rerun`;
/// R makes the Job, and K kills one before its end; W is the way back. Whoever can write, does.
#[test]
fn what_is_applied_again_waits_or_serves_every_write() {
    const OPEN: End = End::RolledOut;
    const SHUT: End = End::Refused;
    for (words, wanted) in [
        // As the page has it.
        ("X A R C D", OPEN),
        ("X A R A", OPEN),
        ("A X R C D", OPEN),
        // Not restored.
        ("X A", SHUT),
        ("X A C", SHUT),
        ("X C", SHUT),
        ("X C R C D", OPEN),
        ("X A K C", SHUT),
        ("X A K R C D", OPEN),
        ("X A G R C D", OPEN),
        ("X A C A R C D", OPEN),
        // The old Quay runs.
        ("A R", SHUT),
        ("A R C", SHUT),
        ("A R X R C D", OPEN),
        ("A X O R", SHUT),
        ("X A O R C", SHUT),
        ("X A O R X R C D", OPEN),
        // Again.
        ("X A R R", SHUT),
        ("X A R R C D", OPEN),
        ("X A R C R", SHUT),
        ("X A R C A R", SHUT),
        ("X A R C A R C D", OPEN),
        ("X A R C D A R", SHUT),
        // Reverts, and several commits at once.
        ("X A R C D C A C D", OPEN),
        ("X A R N A C D", OPEN),
        ("X A R C N C D", OPEN),
        ("X A N A C", SHUT),
        ("X A R C D N D", OPEN),
        // Back and forth.
        ("X A W", OPEN),
        ("X A W X A C", SHUT),
        ("X A R W X A C", SHUT),
        ("X A R C W X C", SHUT),
        ("X A R C D W X A R C D", OPEN),
        ("X A R C W A R C", SHUT),
        ("X A R C W X A R C D W X A R C D", OPEN),
    ] {
        for (has_waves, prunes) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut world = World::new(Gates(&[]), Tool { has_waves, prunes }, false);
            assert_eq!(live_words(&mut world, words), Ok(wanted), "{words}, waves {has_waves}, prunes {prunes}");
        }
    }
}

fn live_words(world: &mut World, words: &str) -> Result<End, &'static str> {
    let (mut found, mut end) = (Vec::new(), End::RolledOut);
    for word in words.split(' ') {
        match word {
            "X" => world.stop_old(),
            "O" => {
                world.old.operator_runs = true;
                world.act(Action::StartOld);
            }
            "R" => end = world.make_restore(&mut |_| {})?,
            "K" => {
                world.act(Action::MakeRestore);
                while world.restores[0].step != Step::Renames {
                    world.act(Action::Restore(0));
                }
                world.act(Action::KillRestore(0));
            }
            "W" => {
                world.way_back();
                end = End::RolledOut;
            }
            word => {
                let (stage, rerun) = match "NACD".find(word) {
                    Some(at) => (STAGES[at], world.head.rerun),
                    None => (world.head.stage, world.head.rerun + 1),
                };
                assert!(world.may_commit(stage), "{words}");
                world.commit(Commit { stage, rerun });
                end = world.settle(&mut |_| {})?;
            }
        }
        world.actions(&mut found);
        for write in [Action::Write, Action::OldWrites] {
            if found.contains(&write) {
                world.act(write);
            }
        }
        world.harm().map_or(Ok(()), Err)?;
    }
    Ok(end)
}

/// What two gates keep, in the words of a user.
#[test]
fn a_second_move_puts_nothing_aside_and_begins_with_nothing() {
    let lives =
        |gates, words| live_words(&mut World::new(Gates(gates), Tool { has_waves: false, prunes: true }, false), words);
    let again = "X A R C A R G C";
    assert_eq!(lives(&[], again), Ok(End::RolledOut));
    assert_eq!(lives(&[Gate::RefusesSecond], again), Err("a database is served without a write of the new Quay"));
    let forth = "X A R C D W X A C";
    assert_eq!(lives(&[], forth), Ok(End::Refused));
    assert_eq!(lives(&[Gate::WayBackDeletesClaim], forth), Err("a database is served without a write of the old Quay"));
}

/// What the page asks of a user, and no gate does.
#[test]
fn restore_from_goes_no_sooner_than_the_registry_has_run() {
    let mut world = World::new(Gates(&[]), Tool { has_waves: false, prunes: true }, false);
    assert_eq!(live_words(&mut world, "X A C"), Ok(End::Refused));
    assert!(!world.may_commit(Stage::Done));
    world.commit(Commit { stage: Stage::Done, rerun: 0 });
    assert_eq!(world.settle(&mut |_| {}), Err("the migration makes tables in a database without data"));
}
