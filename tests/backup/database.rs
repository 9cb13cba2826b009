//! The database on the other side: passwords, TLS, servers that are not there or too new.

use super::{DATABASE, PASSWORD, Scene};
use std::fs;

#[test]
fn a_dump_is_tried_in_a_server_of_its_own() {
    let scene = Scene::new();
    scene.dump(&[("TRY_RESTORE", "yes")]).with(0, &["a server of its own has restored the dump", "dumped 5 tables"]);
    assert!(!scene.at("scratch/trial").exists());
    let counts = fs::read_to_string(scene.at("scratch/tables.tsv")).unwrap();
    assert_eq!(
        counts,
        "public.alembic_version\t1\npublic.blob\t50\npublic.kind\t2\npublic.odd name\t0\npublic.tag\t2000\n"
    );
}

#[test]
fn a_password_that_was_rotated_on_one_side_is_said_and_never_shown() {
    let scene = Scene::new();
    let before = scene.back_up(&[]);
    scene.postgres.sql("postgres", "ALTER ROLE quay PASSWORD 'another-secret'");
    let ended = scene.dump(&[("TIMEOUT_SECONDS", "1")]);
    ended.with(1, &["error: the server was not reached within 1 s", "password authentication failed"]);
    assert_eq!(scene.backups(), [before]);
    scene.has_config("another-secret", super::SECRET_KEY);
    scene.dump(&[]).with(0, &["dumped"]);
}

#[test]
fn a_server_that_starts_is_waited_for() {
    let mut scene = Scene::new();
    scene.postgres.stop();
    scene.connect().with(0, &[]);
    let mut dump = scene.bash("dump.sh", &[]);
    dump.prints("waiting: ");
    scene.postgres.start();
    dump.ends().with(0, &["dumped 5 tables"]);
}

#[test]
fn a_server_that_is_newer_than_its_client_is_named() {
    let scene = Scene::new();
    let old = scene.at("scripts/bin");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("pg_dump"), "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n").unwrap();
    fs::set_permissions(old.join("pg_dump"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", old.display(), std::env::var("PATH").unwrap());
    scene.dump(&[("PATH", &path)]).with(1, &["and the client of this image, 9, cannot dump it"]);
}

/// A database of the user's: restored into an empty one of the same name.
#[test]
fn an_own_database_is_restored_into_an_empty_one() {
    let scene = Scene::new();
    let before = scene.state();
    scene.back_up(&[]);
    scene.fetch("latest").with(0, &[]);
    let into = [("INTO", "empty")];
    scene.bash("restore.sh", &into).ends().with(1, &["error: the database has 5 tables: restore into an empty one"]);
    scene.postgres.sql("postgres", &format!("ALTER DATABASE \"{DATABASE}\" RENAME TO before"));
    scene.postgres.sql("postgres", &format!("CREATE DATABASE \"{DATABASE}\" OWNER quay"));
    scene.postgres.sql(DATABASE, "CREATE EXTENSION pg_trgm");
    scene.bash("restore.sh", &into).ends().with(0, &["is restored"]);
    assert_eq!(scene.state(), before);
}

#[test]
fn the_connection_is_that_of_quay_and_nothing_else_is_run() {
    let scene = Scene::new();
    let config = |text: String| fs::write(scene.at("config.yaml"), text).unwrap();
    let port = scene.postgres.port;
    // What a shell would run, and what libpq would read as more than a password.
    let odd = "a'b \"c\" $(touch /tmp/x) `d` \\";
    scene.postgres.sql("postgres", &format!("ALTER ROLE quay PASSWORD '{}'", odd.replace('\'', "''")));
    let encoded: String = odd.bytes().map(|byte| format!("%25{byte:02X}")).collect();
    config(format!(
        "DB_URI: postgresql://quay:{encoded}@127.0.0.1:{port}/{DATABASE}?sslmode=disable\nDB_CONNECTION_ARGS: {{connect_timeout: 5, autorollback: true}}\n"
    ));
    scene.connect().with(0, &["the connection is written"]);
    scene.bash("dump.sh", &[]).ends().with(0, &["dumped 5 tables"]);
    config("DB_URI: mysql+pymysql://quay:word@db/quay\n".to_owned());
    scene.connect().with(1, &["error: DB_URI leads to mysql, and backups are made of PostgreSQL alone"]);
    config(format!(
        "DB_URI: postgresql://quay:{PASSWORD}@db/quay\nDB_CONNECTION_ARGS: {{sslrootcert: /none/ca.crt}}\n"
    ));
    scene.connect().with(1, &["error: the file of sslrootcert cannot be read"]);
    config(format!("DB_URI: postgresql://quay:{PASSWORD}@db/quay\nDB_CONNECTION_ARGS: {{passfile: x}}\n"));
    scene.connect().with(1, &["a parameter that a backup does not know: passfile"]);
}
