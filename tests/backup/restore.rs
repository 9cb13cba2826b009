//! A database that was lost is what it was: from the dump to the restore.

use super::{DATABASE, PASSWORD, SECRET_KEY, Scene};
use crate::support::process::{command, must, program, until};
use std::fs;

#[test]
fn what_was_lost_is_there_again_row_by_row() {
    let scene = Scene::new();
    let certificate = scene.recipient("key");
    let before = scene.state();
    let name = scene.back_up(&["--certificate", &certificate]);
    scene.as_user("DROP TABLE tag CASCADE; DELETE FROM blob");
    scene.fetch("latest").with(0, &[&name, "of release 3.18.0", "5 tables"]);
    scene.restore().ends().with(0, &["is restored", "is kept as quay_before_"]);
    assert_eq!(scene.state(), before);
    let databases = scene.databases();
    assert!(
        databases.len() == 2 && databases[0].starts_with("quay_before_") && databases[1] == DATABASE,
        "{databases:?}"
    );
    // The next numbers are free, and the user may go on as before.
    scene.as_user("INSERT INTO tag (name) VALUES ('next'); ALTER TABLE tag ADD COLUMN migrated int");
}

/// Rows that are written while the dump is made are in none of it, or in all of it.
#[test]
fn writers_do_not_disturb_a_dump() {
    let scene = Scene::new();
    let rows = || scene.postgres.sql(DATABASE, "SELECT count(*) FROM tag").trim().parse::<u32>().unwrap();
    let forever = "DO $$ BEGIN LOOP INSERT INTO tag (name) VALUES ('w'); COMMIT; END LOOP; END $$";
    let writer = scene.client(DATABASE, forever);
    until("the first row", || rows() > 2000);
    let name = scene.back_up(&[]);
    drop(writer);
    let after = rows();
    scene.fetch(&name).with(0, &[]);
    // It compares the rows with those that were counted while the writer wrote.
    scene.restore().ends().with(0, &["is restored"]);
    assert!((2001..after).contains(&rows()), "{} of {after}", rows());
}

#[test]
fn a_restore_waits_for_nobody_who_uses_the_database() {
    let scene = Scene::new();
    let before = scene.state();
    scene.back_up(&[]);
    scene.fetch("latest").with(0, &[]);
    let client = scene.client(DATABASE, "SELECT pg_sleep(60)").once_busy();
    scene.restore().ends().with(1, &["error: the database registry-quay-database is in use"]);
    drop(client);
    assert_eq!(scene.state(), before);
    assert_eq!(scene.databases(), [DATABASE]);
}

/// A restore that is killed leaves the database as it was, and the next one goes through.
#[test]
fn a_restore_that_is_cut_begins_anew() {
    let scene = Scene::new();
    let before = scene.state();
    scene.back_up(&[]);
    scene.fetch("latest").with(0, &[]);
    // What a restore leaves when its node goes.
    scene.postgres.sql("postgres", "CREATE DATABASE quay_restore_20260101000000");
    let mut cut = scene.restore();
    cut.prints("restoring into the new database");
    cut.terminate();
    let ended = cut.ends();
    assert!(ended.code != Some(0) || ended.output.contains("is restored"), "{}", ended.output);
    until("the end of its sessions", || {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'quay-render-restore'";
        scene.postgres.sql("postgres", sessions).trim() == "0"
    });
    assert_eq!(scene.state(), before);
    scene.restore().ends().with(0, &["is restored"]);
    assert_eq!(scene.state(), before);
    assert!(scene.databases().iter().all(|name| !name.starts_with("quay_restore_")), "{:?}", scene.databases());
}

#[test]
fn two_restores_at_once_are_one() {
    let scene = Scene::new();
    scene.back_up(&[]);
    scene.fetch("latest").with(0, &[]);
    // Holds the lock as the first of them does.
    let _first = scene.client("template1", "SELECT pg_advisory_lock(1903518073, 1919251315), pg_sleep(60)").once_busy();
    scene.restore().ends().with(1, &["error: another restore is under way"]);
}

#[test]
fn a_backup_of_another_registry_or_release_is_refused_before_anything_changes() {
    let scene = Scene::new();
    scene.back_up(&[]);
    scene.has_config(PASSWORD, "another-key");
    scene.fetch("latest").with(1, &["error: DATABASE_SECRET_KEY is not the one that the backup was made with"]);
    scene.has_config(PASSWORD, SECRET_KEY);
    scene.as_user("UPDATE alembic_version SET version_num = 'ffffffffffff'");
    let newer = scene.back_up(&[]);
    scene.fetch(&newer).with(1, &["error: the backup is of a newer release: its schema is at ffffffffffff"]);
    scene.as_user("UPDATE alembic_version SET version_num = '0a1b2c3d4e01'");
    let older = scene.back_up(&[]);
    scene.fetch(&older).with(0, &["of an older release: its schema is migrated once it is restored"]);
    scene.fetch("20260101T000000Z-000000").with(1, &["there is no backup of that name", &older]);
    scene.fetch("list").with(1, &[&newer, &older, "nothing is restored"]);
}

#[test]
fn an_encrypted_backup_opens_with_its_key_alone() {
    let scene = Scene::new();
    let certificate = scene.recipient("right");
    let name = scene.back_up(&["--certificate", &certificate]);
    let content = fs::read(scene.backup(&name, "database.dump.00000.cms")).unwrap();
    assert!(!content.windows(5).any(|part| part == b"PGDMP"));
    scene.fetch("latest").with(1, &["is encrypted, and the Secret with the private key is not there"]);
    scene.recipient("key");
    scene.fetch("latest").with(1, &["the private key does not open the backup"]);
    fs::copy(scene.at("right"), scene.at("key")).unwrap();
    scene.fetch("latest").with(0, &[]);
    // What a person does who has openssl alone.
    let decrypt = "openssl cms -decrypt -binary -inform DER -inkey \"$1\" -in \"$2\" | pg_restore --list";
    let mut by_hand = command(&program("bash"));
    by_hand.args(["-o", "pipefail", "-c", decrypt, "-"]).arg(scene.at("right"));
    let listed = must(by_hand.arg(scene.backup(&name, "database.dump.00000.cms")));
    assert!(listed.contains("TABLE DATA public tag quay"), "{listed}");
}

#[test]
fn a_damaged_backup_is_told_from_a_good_one() {
    let scene = Scene::new();
    let good = scene.back_up(&[]);
    let bad = scene.back_up(&[]);
    let part = scene.backup(&bad, "database.dump.00000");
    let mut content = fs::read(&part).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    fs::write(&part, content).unwrap();
    scene.fetch(&bad).with(1, &["database.dump.00000 of backup", "is damaged: restore another"]);
    fs::remove_file(&part).unwrap();
    scene.fetch(&bad).with(1, &["cannot be read"]);
    fs::write(scene.backup(&bad, "backup.json"), "{\"version\": 1").unwrap();
    scene.fetch(&bad).with(1, &["backup.json of backup", "is broken"]);
    fs::remove_file(scene.backup(&bad, "backup.json")).unwrap();
    scene.fetch("latest").with(0, &[&good]);
}
