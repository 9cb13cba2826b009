//! A database that moves from one server to another, as that of a QuayEcosystem: what the Job with `spec.restoreFrom` runs.

use super::{DATABASE, PASSWORD, STATE, Scene, TABLES};
use crate::support::postgres::Postgres;
use crate::support::process::{Ended, Script, command, program, until};
use crate::support::wait::Wait;
use std::process::{Child, Stdio};

/// The database's name and its user's on the old server.
const OLD: &str = "quay";
const OLD_PASSWORD: &str = "old-secret-1147";
/// The old server's name, as `spec.restoreFrom.host` has it.
const HOST: &str = "registry-quay-postgresql";

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
        ("ALONE", "yes"),
        ("TIMEOUT_SECONDS", "5"),
    ];
    scene.bash("dump.sh", &of_server).ends()
}

/// What the container `restore` of the Job runs.
fn restore(scene: &Scene) -> Script {
    scene.restore_with(&[("RESTORED_FROM", HOST)])
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
    restore(&scene).ends().with(0, &["is restored", "is kept as quay_before_"]);
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
    restore(&scene).ends().with(1, &["is in use"]);
    drop(client);
    assert_eq!((scene.state(), state(&old)), (empty.clone(), before.clone()));
    // A Job that is killed while it restores.
    let mut job = restore(&scene);
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
    restore(&scene).ends().with(0, &["is restored"]);
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

/// A registry on the new server; its pods are there before the data is.
#[test]
fn a_pod_waits_for_the_restore_and_is_not_in_its_way() {
    let (old, scene) = (old_server(), new_server());
    let wait = || Wait::uri("postgresql", scene.postgres.port, PASSWORD, DATABASE).restored_from(HOST);
    let waiting = wait();
    let mut pod = waiting.start("schema");
    pod.prints(&format!("waiting: the database has not been restored from {HOST} yet: quay-render show restore has"));
    dump(&scene, &old, OLD_PASSWORD).with(0, &[]);
    restore(&scene).ends().with(0, &["is restored"]);
    pod.ends().with(0, &[&format!("the database was restored from {HOST}"), "ready"]);
    wait().restored_from("another-server").waits("schema", "the database has not been restored from another-server");
}

/// The old Quay, which was not stopped.
struct OldQuay(Child);

impl OldQuay {
    fn starts(old: &Postgres) -> Self {
        let mut psql = command(&program("psql"));
        psql.env("PGHOST", "127.0.0.1").env("PGPORT", old.port.to_string()).env("PGUSER", OLD);
        psql.env("PGPASSWORD", OLD_PASSWORD).args(["--dbname", OLD]).stdin(Stdio::piped()).stderr(Stdio::null());
        let quay = Self(psql.spawn().unwrap());
        until("the session of the old Quay", || sessions(old) == "1");
        quay
    }
}

impl Drop for OldQuay {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ended = self.0.wait();
    }
}

fn sessions(old: &Postgres) -> String {
    let of_quay = format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{OLD}'");
    old.sql("postgres", &of_quay).trim().to_owned()
}

#[test]
fn nothing_is_dumped_while_the_old_quay_may_write() {
    let (old, scene) = (old_server(), new_server());
    let quay = OldQuay::starts(&old);
    dump(&scene, &old, OLD_PASSWORD)
        .with(1, &["error: before the dump other clients have sessions in the database (1)", "stop them"]);
    assert!(!scene.at("scratch/database.dump").exists());
    drop(quay);
    until("the end of its session", || sessions(&old) == "0");
    dump(&scene, &old, OLD_PASSWORD).with(0, &["dumped 5 tables"]);
}

/// What the registry has written since is not put aside but by somebody who wants that.
#[test]
fn a_database_is_restored_once() {
    let (old, scene) = (old_server(), new_server());
    dump(&scene, &old, OLD_PASSWORD).with(0, &[]);
    restore(&scene).ends().with(0, &["is restored"]);
    scene.as_user("INSERT INTO tag (name) VALUES ('written since')");
    let written = scene.state();
    let ended = restore(&scene).ends();
    let says = format!("ALTER DATABASE \"{DATABASE}\" RESET quay_render.restored_from");
    let refused = format!("error: {DATABASE} has been restored from {HOST} already");
    ended.with(1, &[&refused, &says]);
    assert_eq!(scene.state(), written);
    scene.postgres.sql("postgres", &says);
    restore(&scene).ends().with(0, &["is restored"]);
    assert_eq!(scene.state(), state(&old));
}
