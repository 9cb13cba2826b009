//! Moves that are cut: containers that are killed or stopped at any moment, servers that were, and two pods at once.

use super::{Container, FIRST, Move, OF_QUAY, Scene, command, must, program, state_of, until};
use std::fs;

/// Holds the script before its n-th command, or before the n-th of those with a name: it says so and waits.
const HOLD: &str = r#"
if [[ $0 == */upgrade-*.sh ]]; then
    set -o functrace
    held=0
    trap '[[ $BASHPID != "$$" || ! $BASH_COMMAND =~ $HOLD_BEFORE ]] || ((++held != HOLD_AT)) || { : >"$HOLD_FILE"; sleep 1000; }' DEBUG
fi
"#;

impl Scene {
    /// Starts an init container that is held at a command; none if it ends before, and well.
    fn held(&self, it: Move, script: &str, before: &str, at: usize) -> Option<Container> {
        fs::write(self.at("hold.sh"), HOLD).unwrap();
        let [hold, held] = ["hold.sh", "tmp/held"].map(|path| self.at(path).display().to_string());
        let _none_yet = fs::remove_file(&held);
        let major = if script == "upgrade-dump.sh" { it.from } else { it.to };
        let variables =
            [("BASH_ENV", hold.as_str()), ("HOLD_BEFORE", before), ("HOLD_AT", &at.to_string()), ("HOLD_FILE", &held)];
        let mut container = self.script(it, major, script, &variables);
        let is_held = || self.at("tmp/held").exists();
        until("a script that is held or has ended", || is_held() || container.script().has_ended());
        if is_held() {
            return Some(container);
        }
        container.ends().with(0, &[]);
        None
    }
}

#[test]
fn a_dump_may_be_killed_at_each_of_its_steps() {
    let scene = Scene::new(OF_QUAY);
    let mut points = 0;
    for at in (1..).step_by(9) {
        let Some(container) = scene.held(FIRST, "upgrade-dump.sh", "", at) else { break };
        container.kill();
        points += 1;
        assert_eq!(scene.names("second").iter().filter(|name| *name != "upgrade").count(), 0);
        // Complete, or not there.
        let has_dump = scene.at("second/upgrade/dump").exists();
        assert!(!has_dump || scene.at("second/upgrade/dump/database.dump").exists());
    }
    assert!(points >= 12, "{points}");
    assert_eq!(scene.names("second/upgrade"), ["dump", "lock"]);
    scene.moves(FIRST);
    scene.same(13, "second", &scene.state);
    scene.same(10, "first", &scene.state);
}

#[test]
fn a_restore_may_be_killed_at_each_of_its_steps() {
    let scene = Scene::new(OF_QUAY);
    let mut points = 0;
    // While the image makes its server the script waits in a loop, of which no two runs are the same.
    let steps = "^(run|sql|rm|exec|flush|mv|reach|describe|compare|same_rows|create_extensions|list_entries)";
    for at in (1..).step_by(3) {
        // A pod that is made anew begins at the front.
        scene.dump(FIRST).ends().with(0, &[]);
        let Some(container) = scene.held(FIRST, "upgrade-restore.sh", steps, at) else { break };
        container.kill();
        points += 1;
        assert!(!scene.at("second/userdata").exists() || scene.record("second").is_some());
    }
    assert!(points >= 7, "{points}");
    scene.moves(FIRST);
    scene.same(13, "second", &scene.state);
}

/// Between an earlier move's database and the new one there is none for a moment.
#[test]
fn a_change_of_places_may_be_killed_at_each_of_its_steps() {
    let scene = Scene::new(OF_QUAY);
    scene.moves(FIRST);
    let server = scene.server(13, "second");
    server.sql("DROP VIEW named");
    let earlier = server.state();
    server.stop();
    let again = Move { id: "11112222", ..FIRST };
    let mut points = 0;
    for at in 1.. {
        scene.dump(again).ends().with(0, &[]);
        let Some(container) = scene.held(again, "upgrade-restore.sh", "^(flush|mv|rm -rf .*dump)", at) else { break };
        container.kill();
        points += 1;
        let [is_there, is_kept] = ["second/userdata", "second/userdata-0a1b2c3d"].map(|path| scene.at(path).exists());
        let record = scene.record("second").unwrap_or_default();
        assert!(is_kept != record.contains("0a1b2c3d"), "{record}");
        assert!(is_kept || is_there);
        if record.contains("11112222") {
            break;
        }
    }
    assert!(points >= 4, "{points}");
    // What was left of the dump goes.
    scene.moves(again);
    assert_eq!(scene.names("second/upgrade"), ["lock"]);
    assert_eq!(scene.names("second"), ["upgrade", "userdata", "userdata-0a1b2c3d"]);
    scene.same(13, "second", &scene.state);
    fs::rename(scene.at("second/userdata-0a1b2c3d"), scene.at("third/userdata")).unwrap();
    scene.same(13, "third", &earlier);
}

/// A program of PostgreSQL is under way: what it has done by then is on the disk.
#[test]
fn programs_may_be_killed_half_way() {
    let scene = Scene::new(OF_QUAY);
    let cut = |container: Container| {
        let mut container = container;
        container.script().prints("half way");
        container.kill();
    };
    scene.shim("pg_dump", "$real \"$@\"; truncate --size=3000 \"${4#--file=}\"; echo half way; exec sleep 1000");
    cut(scene.dump(FIRST));
    scene.restore(FIRST).ends().with(1, &["holds no dump of the move"]);
    scene.without_shims();
    scene.dump(FIRST).ends().with(0, &[]);
    for part in ["pre-data", "data"] {
        let part = format!("[[ $1 == --list ]] && exec $real \"$@\"\n$real --section={part} \"$@\"\n");
        scene.shim("pg_restore", &format!("{part}echo half way; exec sleep 1000"));
        cut(scene.restore(FIRST));
    }
    scene.without_shims();
    scene.shim("createdb", "echo half way >&2; exec sleep 1000");
    let container = scene.restore(FIRST);
    until("a server that is made", || scene.at("second/upgrade/userdata/postmaster.pid").exists());
    container.kill();
    scene.without_shims();
    scene.restore(FIRST).ends().with(0, &[]);
    scene.same(13, "second", &scene.state);
}

#[test]
fn a_stop_ends_the_old_server_cleanly_and_the_next_start_repeats() {
    let scene = Scene::new(OF_QUAY);
    scene.shim("pg_dump", "echo half way; exec sleep 1000");
    let mut container = scene.dump(FIRST);
    container.script().prints("half way");
    assert_ne!(state_of(&scene.at("first/userdata")), 1);
    container.signal("TERM");
    container.ends().with(143, &["upgrade-dump: stopped"]);
    assert_eq!(state_of(&scene.at("first/userdata")), 1);
    scene.without_shims();
    scene.dump(FIRST).ends().with(0, &[]);
    scene.shim("pg_restore", "[[ $1 == --list ]] && exec $real \"$@\"\necho half way; exec sleep 1000");
    let mut container = scene.restore(FIRST);
    container.script().prints("half way");
    container.signal("TERM");
    container.ends().with(143, &["upgrade-restore: stopped"]);
    assert_eq!(scene.names("tmp").len(), 0);
    scene.without_shims();
    scene.moves(FIRST);
    scene.same(13, "second", &scene.state);
}

#[test]
fn a_program_that_fails_fails_the_move() {
    let scene = Scene::new(OF_QUAY);
    scene.shim("pg_dump", "echo 'cannot dump' >&2; exit 1");
    scene.dump(FIRST).ends().with(1, &["cannot dump", "error: pg_dump has failed"]);
    assert_eq!(state_of(&scene.at("first/userdata")), 1);
    scene.without_shims();
    scene.dump(FIRST).ends().with(0, &[]);
    must(command(&program("truncate")).arg("--size=60000").arg(scene.at("second/upgrade/dump/database.dump")));
    scene.restore(FIRST).ends().with(1, &["error: the dump cannot be restored"]);
    // Begun anew it heals.
    scene.moves(FIRST);
    scene.same(13, "second", &scene.state);
}

/// It recovers first, and the number in its file is that of a process in another container.
#[test]
fn an_old_server_that_was_killed_is_dumped_with_all_that_it_had_said_yes_to() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(10, "first");
    server.sql("CHECKPOINT; INSERT INTO tag (name) SELECT 'late ' || n FROM generate_series(1, 500) n");
    let state = server.state();
    server.container.kill();
    assert_ne!(state_of(&scene.at("first/userdata")), 1);
    // The first process of a container is there in each.
    let file = scene.at("first/userdata/postmaster.pid");
    let pid = fs::read_to_string(&file).unwrap();
    assert!(pid.starts_with("1\n"), "{pid}");
    scene.moves(FIRST);
    // A sequence that is recovered leaves out what it had taken ahead.
    scene.same(13, "second", &state.replace("tag_id_seq|90500|", "tag_id_seq|90528|"));
    assert!(!file.exists());
}

#[test]
fn two_pods_take_turns() {
    let scene = Scene::new(OF_QUAY);
    scene.shim("pg_dump", "echo half way; exec sleep 1000");
    let mut first = scene.dump(FIRST);
    first.script().prints("half way");
    let late = scene.script(FIRST, 10, "upgrade-dump.sh", &[("TIMEOUT_SECONDS", "1")]);
    late.ends().with(1, &["error: another pod has been moving this database for 1 s"]);
    scene.without_shims();
    let mut second = scene.script(FIRST, 10, "upgrade-dump.sh", &[("TIMEOUT_SECONDS", "60")]);
    first.signal("TERM");
    first.ends().with(143, &[]);
    second.script().prints("dumping");
    second.ends().with(0, &["dumped 10 tables"]);
    let both = [scene.restore(FIRST), scene.restore(FIRST)].map(Container::ends);
    for ended in &both {
        ended.with(0, &[]);
    }
    assert_eq!(both.iter().filter(|ended| ended.output.contains("is moved")).count(), 1);
    scene.same(13, "second", &scene.state);
}
