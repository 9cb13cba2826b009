//! A database that moves from one server to another, as that of a QuayEcosystem: what the Job with `spec.restoreFrom` runs.

use super::{DATABASE, STATE, Scene, TABLES};
use crate::support::postgres::Postgres;
use crate::support::process::{Ended, until};

/// The database's name and its user's on the old server.
const OLD: &str = "quay";
const OLD_PASSWORD: &str = "old-secret-1147";

/// The old server: its user is not the superuser, as the Secret of a QuayEcosystem need not have the superuser's password.
fn old_server() -> Postgres {
    let old = Postgres::running();
    old.create(OLD, OLD_PASSWORD, OLD);
    old.sql(OLD, "CREATE EXTENSION pg_trgm");
    old.sql(OLD, &format!("SET ROLE {OLD}; {TABLES}"));
    old
}

/// What the container `dump` of the Job runs.
fn dump(scene: &Scene, old: &Postgres, password: &str) -> Ended {
    scene.clear_scratch();
    let port = old.port.to_string();
    let of_server = [
        ("CONNECTION_FOLDER", "/none"),
        ("PGHOST", "127.0.0.1"),
        ("PGPORT", port.as_str()),
        ("PGUSER", OLD),
        ("PGPASSWORD", password),
        ("PGDATABASE", OLD),
        ("NEEDS_SCHEMA", "yes"),
        ("TIMEOUT_SECONDS", "5"),
    ];
    scene.bash("dump.sh", &of_server).ends()
}

/// The state with the owner's name as it is on the new server.
fn state(old: &Postgres) -> String {
    old.sql(OLD, STATE)
}

/// The scene of a new registry: the migration has made its tables in a database without rows of the user's.
fn new_server() -> Scene {
    let scene = Scene::new();
    scene.as_user("DELETE FROM tag; DELETE FROM blob; CREATE TABLE of_a_later_schema (id serial)");
    scene
}

#[test]
fn a_database_is_on_the_new_server_as_it_was_on_the_old_one() {
    let (old, scene) = (old_server(), new_server());
    old.sql(OLD, "SET ROLE quay; INSERT INTO tag (name) VALUES ('the last push')");
    let before = state(&old);
    dump(&scene, &old, OLD_PASSWORD).with(0, &["dumped 5 tables"]);
    scene.restore().ends().with(0, &["is restored", "is kept as quay_before_"]);
    assert_eq!(scene.state(), before, "rows, owners, extensions and next numbers");
    assert_eq!(state(&old), before, "the old database is not changed");
    assert_eq!(old.sql("postgres", "SELECT count(*) FROM pg_database WHERE datname LIKE 'quay_%'").trim(), "0");
    // Quay goes on with it, and its migration may change it.
    scene.as_user("INSERT INTO tag (name) VALUES ('next'); ALTER TABLE tag ADD COLUMN migrated int");
}

/// Whatever fails leaves both servers as they were, and the next Job goes through.
#[test]
fn a_move_that_fails_is_made_once_more() {
    let (mut old, scene) = (old_server(), new_server());
    let (before, empty) = (state(&old), scene.state());
    dump(&scene, &old, "another").with(1, &["error: the server was not reached within"]);
    // The old server is lost in the middle of the way.
    old.stop();
    dump(&scene, &old, OLD_PASSWORD).with(1, &["error: the server was not reached within"]);
    old.start();
    // A client of the new database that was not stopped.
    dump(&scene, &old, OLD_PASSWORD).with(0, &[]);
    let client = scene.client(DATABASE, "SELECT pg_sleep(60)").once_busy();
    scene.restore().ends().with(1, &["is in use"]);
    drop(client);
    assert_eq!((scene.state(), state(&old)), (empty.clone(), before.clone()));
    // A Job that is killed while it restores.
    let mut job = scene.restore();
    job.prints("restoring into the new database");
    job.terminate();
    let ended = job.ends();
    assert_ne!(ended.code, Some(0), "{}", ended.output);
    until("the end of its sessions", || {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quay-render-restore'";
        scene.postgres.sql("postgres", sessions).trim() == "0"
    });
    assert_eq!((scene.state(), state(&old)), (empty, before.clone()));
    dump(&scene, &old, OLD_PASSWORD).with(0, &[]);
    scene.restore().ends().with(0, &["is restored"]);
    assert_eq!((scene.state(), state(&old)), (before.clone(), before));
    assert!(scene.databases().iter().all(|name| !name.starts_with("quay_restore_")), "{:?}", scene.databases());
}

/// One that Quay has never set up is not moved.
#[test]
fn a_database_without_a_schema_of_quay_is_not_moved() {
    let (old, scene) = (old_server(), new_server());
    old.sql(OLD, "SET ROLE quay; DELETE FROM alembic_version");
    dump(&scene, &old, OLD_PASSWORD).with(1, &["error: the database has no schema of Quay"]);
}
