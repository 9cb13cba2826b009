//! Backups on a volume: whatever goes wrong, the last good one is there.

use super::Scene;
use crate::support::process::{Script, command, must, program};
use std::fs;

#[test]
fn the_newest_and_the_young_stay() {
    let scene = Scene::new();
    scene.dump(&[]).with(0, &[]);
    let folder = scene.backup("", "");
    // Long ago, lately, one that was never completed long ago, one that is being made, and what is none of ours.
    for (name, is_complete) in [
        ("20200101T000000Z-aaaaaa", true),
        ("20200102T000000Z-aaaaaa", true),
        ("20200103T000000Z-aaaaaa", false),
        ("29990101T000000Z-aaaaaa", false),
        ("notes", true),
    ] {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("database.dump.00000"), "x").unwrap();
        if is_complete {
            fs::write(folder.join(name).join("backup.json"), "{}").unwrap();
        }
    }
    let now = 1_800_000_000;
    let made = scene.keep_at(now, &["--number", "2", "--days", "30"]);
    made.with(0, &["20200101T000000Z-aaaaaa is deleted", "20200103T000000Z-aaaaaa is deleted: it was never completed"]);
    let left = scene.backups();
    let others = ["20200102T000000Z-aaaaaa", "29990101T000000Z-aaaaaa", "notes"];
    assert!(left.len() == 4 && others.iter().all(|other| left.contains(&(*other).to_owned())), "{left:?}");
    scene.keep_at(now + 60, &["--number", "1", "--days", "30"]).with(0, &["20200102T000000Z-aaaaaa is deleted"]);
    // Two of today: young, though more than one.
    assert_eq!(scene.backups().len(), 4);
    scene.keep_at(now + 120, &["--number", "1"]).with(0, &["is deleted: newer ones are there"]);
    assert_eq!(scene.backups().len(), 3);
}

/// A clock that was wrong names a backup so that it is the newest for years, or the oldest.
#[test]
fn no_clock_makes_a_backup_delete_itself_or_all_others() {
    let scene = Scene::new();
    scene.dump(&[]).with(0, &[]);
    let keep_at = |seconds| scene.keep_at(seconds, &["--number", "2", "--days", "30"]).with(0, &["is kept"]);
    let (now, year) = (1_800_000_000, 365 * 24 * 3600);
    keep_at(now);
    keep_at(now + 60);
    // Ahead by years: the newest two stay.
    keep_at(now + 5 * year);
    let left = scene.backups();
    assert!(left.len() == 2 && left[0].starts_with("20270115T0801") && left[1].starts_with("2032"), "{left:?}");
    // Back again: the one just made stays, though two newer ones are there by name.
    keep_at(now + 5 * year + 60);
    keep_at(now + 120);
    let left = scene.backups();
    assert!(left[0].starts_with("20270115T0802") && left.len() == 3, "{left:?}");
}

#[test]
fn a_full_disk_leaves_the_last_good_backup() {
    let scene = Scene::new();
    let good = scene.back_up(&[]);
    // The scratch volume: the dump goes to a device that is full.
    let dump = scene.at("scratch/database.dump");
    fs::remove_file(&dump).unwrap();
    let script = fs::read_to_string(scene.at("scripts/dump.sh")).unwrap();
    fs::write(
        scene.at("scripts/full.sh"),
        script.replace("$scratch/database.dump", "/dev/full").replace("\"$dump\"\n", "\n"),
    )
    .unwrap();
    scene.bash("full.sh", &[]).ends().with(1, &["error: pg_dump has failed"]);
    // The volume of backups: files end at 8 KiB.
    scene.dump(&[]).with(0, &[]);
    let [scratch, backups, config, _] = scene.paths();
    let mut limited = command(&program("bash"));
    limited.args(["-c", "ulimit -f 8; exec \"$@\"", "-"]).arg(super::storage_python()).arg("-B");
    limited.arg(scene.at("scripts/keep.py")).args(["--scratch", &scratch, "--folder", &backups, "--config", &config]);
    limited.args(["--place", super::PLACE, "--release", "3.18.0", "--number", "1"]);
    Script::start(&mut limited, &["Traceback"])
        .ends()
        .with(1, &["error: database.dump.00000 cannot be written: File too large"]);
    let whole = |name: &&String| scene.backup(name, "backup.json").exists();
    assert_eq!(scene.backups().iter().filter(whole).collect::<Vec<_>>(), [&good]);
    scene.fetch("latest").with(0, &[&good]);
}

#[test]
fn a_dump_that_is_broken_is_not_kept() {
    let scene = Scene::new();
    // A pg_dump that loses the end of what it writes.
    let folder = scene.at("scripts/bin");
    fs::create_dir(&folder).unwrap();
    let real = program("pg_dump").display().to_string();
    let cut = format!(
        "#!/bin/bash\n\"{real}\" \"$@\" || exit\nfor word in \"$@\"; do [[ $word != --file=* ]] || file=${{word#--file=}}; done\n\
         [[ -z ${{file:-}} ]] || truncate -s -2000 \"$file\"\n"
    );
    fs::write(folder.join("pg_dump"), cut).unwrap();
    must(command(&program("chmod")).arg("-R").arg("a+rx").arg(&folder));
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    scene.dump(&[("PATH", &path)]).with(1, &["error: the dump cannot be read to its end"]);
}

#[test]
fn a_job_that_is_killed_leaves_no_half_of_a_backup() {
    let scene = Scene::new();
    let good = scene.back_up(&[]);
    scene.connect().with(0, &[]);
    // The lock holds the dump up.
    let lock = "BEGIN; LOCK TABLE tag IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)";
    let holder = scene.client(super::DATABASE, lock).once_busy();
    let mut dump = scene.bash("dump.sh", &[]);
    dump.prints("dumping the database");
    dump.terminate();
    dump.ends().with(143, &["stopped"]);
    drop(holder);
    // One that is killed while it is kept: a folder without backup.json.
    let part = scene.backup("20260101T000000Z-bbbbbb", "database.dump.00000");
    fs::create_dir_all(part.parent().unwrap()).unwrap();
    fs::write(&part, "half").unwrap();
    scene.fetch("latest").with(0, &[&good]);
    scene.back_up(&["--number", "1"]);
    assert!(!part.exists());
}

#[test]
fn two_at_once_are_two() {
    let scene = Scene::new();
    scene.dump(&[]).with(0, &[]);
    let both = [scene.keep(&[]), scene.keep(&[])];
    both.into_iter().for_each(|keep| keep.ends().with(0, &["is kept"]));
    let names = scene.backups();
    assert_eq!(names.len(), 2);
    names.iter().for_each(|name| scene.fetch(name).with(0, &["is fetched"]));
}

/// A database that is empty, or was made anew, is no reason to delete what there is of the old one.
#[test]
fn what_has_lost_its_rows_takes_the_place_of_no_backup() {
    let scene = Scene::new();
    let good = scene.back_up(&["--number", "1"]);
    scene.as_user("DROP VIEW named; DROP TABLE tag, blob, kind, \"odd name\"");
    scene.dump(&[("NEEDS_SCHEMA", "yes")]).with(0, &["dumped 1 tables"]);
    scene.keep(&["--number", "1"]).ends().with(0, &["is kept", "less than half the rows", "no backup is deleted"]);
    assert!(scene.backups().contains(&good));
    scene.as_user("DELETE FROM alembic_version");
    scene.dump(&[("NEEDS_SCHEMA", "yes")]).with(1, &["error: the database has no schema of Quay"]);
    scene.as_user("DROP TABLE alembic_version");
    scene.dump(&[]).with(1, &["error: the database has no tables"]);
}

/// A volume that takes no more deletions is an error in the log, and the backup counts.
#[test]
fn what_cannot_be_deleted_costs_no_backup() {
    let scene = Scene::new();
    scene.dump(&[]).with(0, &[]);
    let old = scene.backup("20200101T000000Z-aaaaaa", "backup.json");
    fs::create_dir_all(&old).unwrap();
    scene
        .keep(&["--number", "1"])
        .ends()
        .with(0, &["is kept", "error: backup 20200101T000000Z-aaaaaa cannot be deleted"]);
}
