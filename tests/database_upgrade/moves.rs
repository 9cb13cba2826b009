//! Moves that come to their end.

use super::{
    ADMIN_PASSWORD, FIRST, Move, OF_CLAIR, OF_QUAY, PASSWORD, SECOND, Scene, command, is_root, must, program, same,
    state_of, until,
};
use std::fs;

#[test]
fn quays_database_goes_from_10_to_13_and_to_15() {
    let scene = Scene::new(OF_QUAY);
    fs::remove_file(scene.at("image/sync")).unwrap();
    scene.dump(FIRST).ends().with(0, &["upgrade-dump: dumping registry-quay-database, ", "dumped 10 tables"]);
    let ended = scene.restore(FIRST).ends();
    ended
        .with(0, &["restoring registry-quay-database of PostgreSQL 10.23", "is moved: 10 tables, 2524 rows, compared"]);
    assert_eq!(scene.names("second"), ["upgrade", "userdata"]);
    assert_eq!(scene.names("second/upgrade"), ["lock"]);
    assert!(scene.names("tmp").is_empty());
    assert_eq!(state_of(&scene.at("first/userdata")), 1);
    let record = scene.record("second").unwrap();
    assert!(record.starts_with("id\t0a1b2c3d\ncontrol\t"), "{record}");
    assert!(record.contains("\nfrom\t10.23\nto\t13\ntables\t10\nrows\t2524\ndate\t20"), "{record}");

    let server = scene.server(13, "second");
    same(&server.state(), &scene.state);
    // As Quay comes, which is not let in by the socket's rules.
    let mut quay = server.psql(&["--command", "INSERT INTO tag (name) VALUES ('after') RETURNING id"]);
    quay.env("PGHOST", "127.0.0.1").env("PGUSER", OF_QUAY.owner).env("PGPASSWORD", PASSWORD);
    assert!(must(&mut quay).starts_with("90001"));
    let state = server.state();
    server.stop();

    scene.moves(SECOND);
    let server = scene.server(15, "third");
    same(&server.state(), &state);
    let mut quay = server.psql(&["--command", "CREATE TABLE later (id serial)"]);
    quay.env("PGHOST", "127.0.0.1").env("PGUSER", OF_QUAY.owner).env("PGPASSWORD", PASSWORD);
    must(&mut quay);
    server.stop();
}

#[test]
fn clairs_database_goes_from_10_to_13_and_to_15() {
    let scene = Scene::new(OF_CLAIR);
    let [first, second] = [FIRST, SECOND].map(|it| Move { database: OF_CLAIR, ..it });
    scene.moves(first);
    scene.same(13, "second", &scene.state);
    scene.moves(second);
    scene.same(15, "third", &scene.state);
    // Over two versions.
    let scene = Scene::new(OF_CLAIR);
    let at_once = Move { to: 15, ..first };
    scene.moves(at_once);
    scene.same(15, "second", &scene.state);
}

/// Each start of the pod runs the init containers, as long as the RenderConfig has the upgrade.
#[test]
fn later_starts_change_nothing() {
    let scene = Scene::new(OF_QUAY);
    scene.moves(FIRST);
    let server = scene.server(13, "second");
    server.sql("DROP VIEW named");
    let state = server.state();
    server.stop();
    let before = (scene.record("second"), scene.names("second/userdata"));
    let none = [("POSTGRESQL_DATABASE", "another")];
    for _ in 0..2 {
        scene.dump(FIRST).ends().with(0, &["upgrade-dump: the move 0a1b2c3d is done\n"]);
        let again = scene.script(FIRST, 13, "upgrade-restore.sh", &none);
        again.ends().with(0, &["upgrade-restore: the move 0a1b2c3d is done\n"]);
    }
    assert_eq!((scene.record("second"), scene.names("second/userdata")), before);
    scene.same(13, "second", &state);
    // A server that was killed has left files too.
    scene.server(13, "second").container.kill();
    scene.moves(FIRST);
    // The user has deleted the old claim, and an empty one takes its place.
    fs::remove_dir_all(scene.at("first")).unwrap();
    fs::create_dir(scene.at("first")).unwrap();
    scene.dump(FIRST).ends().with(0, &["the old claim holds no database any more"]);
    scene.restore(FIRST).ends().with(0, &[]);
    scene.same(13, "second", &state);
}

#[test]
fn what_is_not_moved_is_said_and_stays() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(10, "first");
    server.sql(
        "CREATE ROLE reporter LOGIN PASSWORD 'reporter-secret'; GRANT SELECT ON tag TO reporter;
         CREATE DATABASE notes OWNER reporter;
         ALTER DATABASE \"registry-quay-database\" SET search_path = nowhere;
         ALTER ROLE postgres SET statement_timeout = '1ms'; ALTER ROLE \"quay-user\" SET work_mem = '8MB'",
    );
    server.stop();
    let said = "not moved, and kept in the old claim: database notes, role reporter, \
                settings (database registry-quay-database), settings (role postgres), settings (role quay-user)";
    scene.dump(FIRST).ends().with(0, &[said]);
    scene.restore(FIRST).ends().with(0, &["is moved: 10 tables"]);
    scene.same(13, "second", &scene.state);
    let server = scene.server(10, "first");
    assert!(server.sql("SELECT datname FROM pg_database").contains("notes"));
    server.stop();
}

/// Settings that a user has made with the server stand above those of its files.
#[test]
fn settings_of_the_old_server_keep_it_from_nothing() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(10, "first");
    for setting in [
        "shared_preload_libraries = 'not_there'",
        "unix_socket_directories = '/not/there'",
        "ssl = on",
        "archive_mode = on",
        "archive_command = 'exit 1'",
        "port = 1",
        "listen_addresses = 'not.there'",
        "hba_file = '/not/there'",
        "logging_collector = on",
        "default_transaction_read_only = on",
        "wal_level = minimal",
        "statement_timeout = '1ms'",
    ] {
        server.sql(&format!("ALTER SYSTEM SET {setting}"));
    }
    server.stop();
    // What the image's start script has written is not there in another container.
    fs::remove_file(scene.at("home/custom.conf")).unwrap();
    scene.moves(FIRST);
    scene.same(13, "second", &scene.state);
}

/// The commit was taken back, Quay wrote with the old server, and the commit came again: with a new id.
#[test]
fn a_move_begun_anew_keeps_what_the_first_one_brought() {
    let scene = Scene::new(OF_QUAY);
    scene.moves(FIRST);
    let after_first = scene.record("second").unwrap();
    let server = scene.server(10, "first");
    server.sql("INSERT INTO tag (name) VALUES ('meanwhile')");
    let meanwhile = server.state();
    server.stop();
    let says = [
        "error: the old server has run since the move 0a1b2c3d of 20",
        "run quay-render upgrade INPUT --again and apply its output",
    ];
    scene.dump(FIRST).ends().with(1, &says);
    assert_eq!(scene.record("second").unwrap(), after_first);

    let again = Move { id: "11112222", ..FIRST };
    let is_kept = "the database that the move 0a1b2c3d of 20";
    scene.dump(again).ends().with(0, &[is_kept]);
    scene.restore(again).ends().with(0, &["is kept in userdata-0a1b2c3d of the new claim"]);
    assert_eq!(scene.names("second"), ["upgrade", "userdata", "userdata-0a1b2c3d"]);
    assert_eq!(fs::read_to_string(scene.at("second/userdata-0a1b2c3d/upgrade.tsv")).unwrap(), after_first);
    scene.same(13, "second", &meanwhile);

    // Its migration is complete under that id.
    let says = "error: the move 0a1b2c3d was made before, and the new claim keeps what it brought";
    scene.dump(FIRST).ends().with(1, &[says]);
    fs::rename(scene.at("second/userdata"), scene.at("second/aside")).unwrap();
    fs::rename(scene.at("second/userdata-0a1b2c3d"), scene.at("second/userdata")).unwrap();
    scene.same(13, "second", &scene.state);
}

/// The registry runs: the old claim lacks what is written from then on.
#[test]
fn when_the_registry_is_to_run_the_old_claim_is_closed() {
    let scene = Scene::new(OF_QUAY);
    let stage = |script: &str, it: Move, stage: &str| {
        let major = if script == "upgrade-dump.sh" { it.from } else { it.to };
        scene.script(it, major, script, &[("STAGE", stage)]).ends()
    };
    let (dump, restore) = ("upgrade-dump.sh", "upgrade-restore.sh");
    stage(restore, FIRST, "done").with(1, &["error: the registry has not run with what the move 0a1b2c3d brings"]);
    stage(dump, FIRST, "moves").with(0, &[]);
    stage(restore, FIRST, "moves").with(0, &[]);
    stage(restore, FIRST, "done").with(1, &["error: the registry has not run with what the move 0a1b2c3d brings"]);
    assert!(scene.at("first/userdata/global/pg_control").exists());
    stage(dump, FIRST, "serves").with(0, &["the move 0a1b2c3d is done"]);
    stage(restore, FIRST, "serves").with(0, &["the old claim is closed"]);
    assert!(!scene.at("first/userdata/global/pg_control").exists());
    assert!(scene.record("second").unwrap().ends_with("\nfinal\tyes\n"));
    let server = scene.server(13, "second");
    server.sql("INSERT INTO tag (name) VALUES ('since')");
    let since = server.state();
    server.stop();
    // The pod starts again, in each of its later forms.
    for (at, is_there) in [("serves", true), ("done", false), ("serves", true), ("moves", true)] {
        if is_there {
            stage(dump, FIRST, at).with(0, &["the move 0a1b2c3d is done"]);
        }
        let ended = stage(restore, FIRST, at);
        ended.with(0, &[]);
    }
    // Another id would leave it behind, and so would the former release.
    let says = "error: the registry has run with what the move 0a1b2c3d has brought: go on with that";
    let other = Move { id: "11112222", ..FIRST };
    for _ in 0..2 {
        stage(dump, other, "serves").with(1, &[says]);
        // Who opens the old claim again does not get past the record.
        let _closed = fs::rename(
            scene.at("first/userdata/global/pg_control.moved-0a1b2c3d"),
            scene.at("first/userdata/global/pg_control"),
        );
    }
    stage(restore, FIRST, "serves").with(0, &["the old claim is closed"]);
    let mut former = scene.container(10, "first", &["run-postgresql"], &scene.database.variables());
    until("a server that ends", || former.script().has_ended());
    former.ends();
    scene.same(13, "second", &since);
}

/// Cut between the two things that close the old claim.
#[test]
fn a_claim_that_is_closed_by_half_is_closed_at_the_next_start() {
    let scene = Scene::new(OF_QUAY);
    scene.moves(FIRST);
    let control = scene.at("first/userdata/global/pg_control");
    fs::rename(&control, control.with_file_name("pg_control.moved-0a1b2c3d")).unwrap();
    let serves = [("STAGE", "serves")];
    scene.script(FIRST, 10, "upgrade-dump.sh", &serves).ends().with(0, &["the move 0a1b2c3d is done"]);
    scene.script(FIRST, 13, "upgrade-restore.sh", &serves).ends().with(0, &[]);
    assert!(scene.record("second").unwrap().ends_with("\nfinal\tyes\n"));
    // Without what it was closed for, nothing begins.
    fs::remove_dir_all(scene.at("second/userdata")).unwrap();
    scene.dump(FIRST).ends().with(1, &["error: the old claim was closed for the move 0a1b2c3d"]);
}

#[test]
fn no_password_is_in_a_file_that_stays() {
    let scene = Scene::new(OF_QUAY);
    scene.moves(FIRST);
    let mut grep = command(&program("grep"));
    grep.args(["--recursive", "--text", "--files-with-matches", "-e", PASSWORD, "-e", ADMIN_PASSWORD]);
    let found = grep.arg(scene.folder.path()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
    assert_eq!(found.status.code(), Some(1));
}

/// OpenShift gives a pod a user without a name.
#[test]
fn the_user_of_the_pod_needs_no_name() {
    if !is_root() {
        return;
    }
    let mut scene = Scene::new(OF_QUAY);
    scene.user = 1_000_650_000;
    for path in ["first", "second", "tmp"] {
        must(command(&program("chown")).args(["-R", &scene.user.to_string()]).arg(scene.at(path)));
    }
    // As a volume is whose group the pod has.
    must(command(&program("chmod")).args(["-R", "g+rwX"]).arg(scene.at("first")));
    scene.dump(FIRST).ends().with(0, &["dumped 10 tables"]);
}
