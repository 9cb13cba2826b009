//! `docs/backup-and-restore.md` is followed, block by block, with git and a real database: kubectl is a stand-in that runs what the
//! pods of the Jobs would run.

use super::{DATABASE, PASSWORD, ROOT_PASSWORD, SECRET_KEY, Scene, storage_python};
use crate::support::page::{Computer, blocks};
use crate::support::process::{program, python};
use crate::support::wait::fixture;
use std::fs;

/// What kubectl does: a Job from the CronJob runs a backup, one that is created runs a restore, and all others are done.
fn kubectl(scene: &Scene) -> String {
    let at = |path: &str| scene.at(path).display().to_string();
    let servers = program("postgres").parent().unwrap().display().to_string();
    let (scripts, scratch, config) = (at("scripts"), at("scratch"), at("config.yaml"));
    let common =
        format!("--scratch {scratch} --folder {} --config {config} --place quay/my-registry/quay", at("backups"));
    let (storage, quay, port) = (storage_python(), python(), scene.postgres.port);
    let [storage, quay] = [storage, quay].map(|path| path.display().to_string());
    format!(
        "set -e\nexport PATH={servers}:$PATH\nlog={log}\ncase \" $* \" in\n\
         *' --from=cronjob/my-registry-quay-database-backup '*)\n\
           {quay} -B {scripts}/connect.py {connection} --config {config} >$log\n\
           CONNECTION_FOLDER={connection} bash {scripts}/dump.sh {scratch} >>$log\n\
           {storage} -B {scripts}/keep.py {common} --release 3.15.0 --number 7 --days 30 >>$log ;;\n\
         *' create -f - '*)\n\
           backup=$(grep -A1 'name: BACKUP' | sed -n 's/ *value: //p')\n\
           BACKUP=$backup {storage} -B {scripts}/fetch.py {common} --key /none --versions {versions} >$log\n\
           CONNECTION_FOLDER=/none PGHOST=127.0.0.1 PGPORT={port} PGUSER=postgres PGPASSWORD={ROOT_PASSWORD} DATABASE={DATABASE} \
           OWNER=quay INTO=new bash {scripts}/restore.sh {scratch} >>$log ;;\n\
         *' get job '*) echo Complete ;;\n\
         *' logs '*) cat $log ;;\nesac\n",
        log = at("log"),
        connection = at("connection"),
        versions = fixture().display(),
    )
}

#[test]
fn the_page_leads_from_a_backup_to_the_database_as_it_was() {
    let scene = Scene::new();
    let computer = Computer::with_registry(&kubectl(&scene), " --release 3.15");
    let page = blocks("backup-and-restore.md");
    assert_eq!(page.len(), 9);
    let before = scene.state();
    let follow = |step: usize, codes: &[i32]| {
        let calls = computer.run(&page[step]);
        let found: Vec<i32> = calls.iter().map(|call| call.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(found, codes, "block {step}: {calls:#?}");
    };
    let output = |path: &str| fs::read_to_string(computer.at(&format!("work/deploy/my-registry/{path}")));
    let job = |text: &str| text.lines().find(|line| line.starts_with("  name: ")).unwrap().to_owned();
    let upgrade = || job(&output("quay/job-my-registry-quay-app-upgrade.yaml").unwrap());
    let replicas = || output("quay/deployment-my-registry-quay-app.yaml").unwrap().contains("  replicas: 0\n");
    let first = upgrade();

    follow(0, &[0]);
    let cron_job = output("backup/cronjob-my-registry-quay-database-backup.yaml").unwrap();
    assert!(cron_job.contains("schedule: \"30 2 * * *\""), "{cron_job}");
    follow(1, &[0]);
    follow(2, &[]);
    follow(3, &[]);
    assert!(fs::read_to_string(computer.at("home/backup.crt")).unwrap().starts_with("-----BEGIN CERTIFICATE"));
    follow(4, &[0]);
    scene.as_user("DROP TABLE tag CASCADE");
    follow(5, &[0]);
    assert!(replicas());
    follow(6, &[0]);
    assert_eq!(scene.state(), before);
    follow(7, &[0]);
    assert_ne!(upgrade(), first);
    assert!(replicas());
    follow(8, &[0]);
    assert!(!replicas());
    computer.run("git diff --exit-code\ntest -z \"$(git status --porcelain)\"");
    let log = fs::read_to_string(scene.at("log")).unwrap();
    assert!(
        log.contains("is restored") && ![PASSWORD, SECRET_KEY, ROOT_PASSWORD].iter().any(|it| log.contains(it)),
        "{log}"
    );
}
