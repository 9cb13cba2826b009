//! Backups in a bucket: a server that plays S3 and checks keys.

use super::{PLACE, Scene, storage_python};
use crate::support::process::{Ended, Script, command};
use crate::support::wait::fixture;
use std::fs;
use std::path::Path;

struct S3 {
    _server: Script,
    port: String,
    keys: [String; 2],
}

impl S3 {
    fn new() -> Self {
        let mut command = command(&storage_python());
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/backup/s3.py"));
        let mut server = Script::start(&mut command, &[]);
        server.prints("now");
        let text = server.text();
        let line = text.lines().find_map(|line| line.strip_prefix("serves ")).unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        Self { port: words[0].to_owned(), keys: [words[1].to_owned(), words[2].to_owned()], _server: server }
    }

    fn run(&self, scene: &Scene, script: &str, bucket: &str, keys: [&str; 2], backup: &str, more: &[&str]) -> Ended {
        let [scratch, _, config, key] = scene.paths();
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        let versions = fixture().display().to_string();
        let script = scene.run_python(&storage_python(), script, |command| {
            command.args(["--scratch", &scratch, "--config", &config, "--place", PLACE, "--bucket", bucket]);
            command.args(["--endpoint", &endpoint, "--region", "us-east-1", "--prefix", "of/quay"]).args(more);
            command.env("AWS_ACCESS_KEY_ID", keys[0]).env("AWS_SECRET_ACCESS_KEY", keys[1]);
            if more.is_empty() {
                command.args(["--versions", &versions, "--key", &key]).env("BACKUP", backup);
            }
        });
        script.ends()
    }

    fn right(&self) -> [&str; 2] {
        [&self.keys[0], &self.keys[1]]
    }

    fn keep(&self, scene: &Scene, bucket: &str, keys: [&str; 2]) -> Ended {
        self.run(scene, "keep.py", bucket, keys, "", &["--release", "3.18.0", "--number", "2"])
    }

    fn fetch(&self, scene: &Scene, bucket: &str, keys: [&str; 2]) -> Ended {
        self.run(scene, "fetch.py", bucket, keys, "latest", &[])
    }
}

#[test]
fn a_backup_goes_to_the_bucket_and_comes_back() {
    let (scene, s3) = (Scene::new(), S3::new());
    let before = scene.state();
    s3.fetch(&scene, "backups", s3.right()).with(1, &["error: there is no backup"]);
    scene.dump(&[]).with(0, &[]);
    for _ in 0..3 {
        s3.keep(&scene, "backups", s3.right()).with(0, &["is kept: 1 parts"]);
    }
    scene.as_user("DROP TABLE tag CASCADE");
    fs::remove_file(scene.at("scratch/database.dump")).unwrap();
    s3.fetch(&scene, "backups", s3.right()).with(0, &["is fetched: 5 tables"]);
    scene.restore().ends().with(0, &["is restored"]);
    assert_eq!(scene.state(), before);
    // The third made the first go.
    let listed = s3.run(&scene, "fetch.py", "backups", s3.right(), "list", &[]);
    listed.with(1, &["nothing is restored"]);
    assert_eq!(listed.output.matches("of release 3.18.0").count(), 2, "{}", listed.output);
}

#[test]
fn what_the_storage_refuses_is_said_in_plain_words_and_without_its_keys() {
    let (scene, s3) = (Scene::new(), S3::new());
    scene.dump(&[]).with(0, &[]);
    s3.keep(&scene, "backups", [&s3.keys[0], "wrong"])
        .with(1, &["error: the storage refuses: the secret key is wrong"]);
    s3.keep(&scene, "backups", ["unknown", "wrong"])
        .with(1, &["error: the storage refuses: the access key is not known"]);
    s3.keep(&scene, "vanished", s3.right()).with(1, &["error: the storage refuses: the bucket is not there"]);
    s3.fetch(&scene, "vanished", s3.right()).with(1, &["error: the storage refuses: the bucket is not there"]);
    let gone = S3 {
        port: "9".to_owned(),
        keys: s3.keys.clone(),
        _server: Script::start(&mut command(Path::new("/bin/true")), &[]),
    };
    gone.keep(&scene, "backups", s3.right()).with(1, &["error: the storage cannot be asked (EndpointConnectionError)"]);
}
