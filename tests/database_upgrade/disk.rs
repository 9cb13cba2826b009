//! Volumes without room.

use super::{FIRST, OF_QUAY, Scene, command, must, program};
use std::path::PathBuf;

/// A small volume in the place of a claim; this needs root.
struct Small(PathBuf);

impl Small {
    fn new(scene: &Scene, claim: &str, kilobytes: u32) -> Self {
        let path = scene.at(claim);
        let options = format!("size={kilobytes}k,mode=0777");
        must(command(&program("mount")).args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&path));
        Self(path)
    }

    fn grow(&self, kilobytes: u32) {
        let options = format!("remount,size={kilobytes}k");
        must(command(&program("mount")).args(["-o", &options]).arg(&self.0));
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        must(command(&program("umount")).arg("--lazy").arg(&self.0));
    }
}

#[test]
fn a_new_claim_that_is_full_fails_the_move_until_it_has_grown() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(10, "first");
    server.sql(
        "SET ROLE \"quay-user\"; CREATE TABLE large (id integer, content text);
         INSERT INTO large SELECT n, (SELECT string_agg(md5(n::text || m::text), '') FROM generate_series(1, 1000) m)
            FROM generate_series(1, 400) n",
    );
    let state = server.state();
    server.stop();
    let small = Small::new(&scene, "second", 16);
    for kilobytes in [16, 40, 64, 4_000] {
        small.grow(kilobytes);
        let ended = scene.dump(FIRST).ends();
        ended.with(1, &["No space left on device", "upgrade-dump: the new claim is full: 0 of "]);
        assert!(!scene.at("second/upgrade/dump").exists());
    }
    // While the image makes its server, then the database, and while the rows come.
    for (kilobytes, says) in [
        (12_000, "error: the image does not start its server: "),
        (40_000, "error: the image does not start its server: "),
        (50_000, "error: the image does not start its server: "),
        (62_000, "error: the dump cannot be restored"),
    ] {
        small.grow(kilobytes);
        scene.dump(FIRST).ends().with(0, &[]);
        let ended = scene.restore(FIRST).ends();
        let full = ["No space left on device", "Check free disk space"];
        assert!(full.iter().any(|words| ended.output.contains(words)), "{}", ended.output);
        ended.with(1, &[says]);
        assert!(!scene.at("second/userdata").exists());
    }
    small.grow(400_000);
    scene.restore(FIRST).ends().with(0, &["is moved"]);
    scene.same(13, "second", &state);
    // A full volume keeps no server from its start that had moved before.
    must(
        command(&program("sh")).args(["-c", "cat /dev/zero >fill 2>/dev/null || true"]).current_dir(scene.at("second")),
    );
    scene.moves(FIRST);
}

#[test]
fn an_old_claim_that_is_full_fails_the_move_until_it_has_grown() {
    let scene = Scene::new(OF_QUAY);
    let server = scene.server(10, "first");
    server.sql("INSERT INTO tag (name) VALUES ('late')");
    let state = server.state();
    server.container.kill();
    let small = Small::new(&scene, "third", 400_000);
    must(command(&program("cp")).arg("-a").arg(scene.at("first/userdata")).arg(scene.at("third")));
    let it = super::Move { previous: "third", ..FIRST };
    must(
        command(&program("sh")).args(["-c", "cat /dev/zero >fill 2>/dev/null || true"]).current_dir(scene.at("third")),
    );
    for _ in 0..2 {
        let ended = scene.dump(it).ends();
        assert_ne!(ended.code, Some(0));
        assert!(ended.output.contains("upgrade-dump: the old claim is full: 0 of 391M are left"), "{}", ended.output);
        assert_eq!(scene.names("second/upgrade"), ["lock", "unfinished"]);
    }
    small.grow(600_000);
    scene.moves(it);
    scene.same(13, "second", &state.replace("tag_id_seq|90001|", "tag_id_seq|90033|"));
}
