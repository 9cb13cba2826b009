//! A registry that is no longer in the input.

use crate::support::fleet::World;
use std::fs;

const GONE: &str =
    "warning[fleet-gone]: deploy/team-b: its registry is no longer in the input, and its files are removed";

#[test]
fn its_files_go_and_what_is_not_quay_renders_stays() {
    let world = World::built();
    world.put("deploy/team-b/mine.yaml", "kind: Mine\n");
    world.put("deploy/other/quay-render.lock", "not a directory of this fleet");
    world.remove("registries/team-b");
    let checked = world.check();
    assert_eq!(checked.code, 1);
    assert!(checked.stdout.contains("stale   team-b/kustomization.yaml\n"), "{}", checked.stdout);
    assert!(checked.stdout.contains("changed quay-render.fleet\n"), "{}", checked.stdout);
    let files = world.tree().keys().filter(|path| path.starts_with("team-b/")).count();
    let built = world.build(&[]).well().stderr;
    assert!(built.contains(GONE), "{built}");
    assert!(built.contains(&format!("2 registries: 0 added, 1 changed, {} removed", files - 2)), "{built}");
    let left: Vec<String> = world.tree().into_keys().filter(|path| path.starts_with("team-b/")).collect();
    assert_eq!(left, ["team-b/mine.yaml"]);
    assert!(world.has("deploy/other/quay-render.lock"));
    assert_eq!(world.check().code, 0);
    assert!(!world.build(&[]).well().stderr.contains("fleet-gone"));
}

#[test]
fn its_directory_goes_with_the_last_file_and_so_do_those_above() {
    let world = World::built();
    fs::create_dir(world.input().join("team-c")).unwrap();
    for part in ["prod", "stage"] {
        let (from, to) = (format!("team-a/{part}"), format!("team-c/{part}"));
        fs::rename(world.input().join(from), world.input().join(to)).unwrap();
    }
    fs::rename(world.input().join("team-a/render-config.yaml"), world.input().join("team-c/render-config.yaml"))
        .unwrap();
    let diff = world.run(&["diff", "deploy", "registries"]);
    assert_eq!(diff.code, 0, "a folder that is renamed changes nothing in a cluster: {}", diff.stdout);
    world.build(&[]).well();
    assert!(!world.has("deploy/team-a") && world.has("deploy/team-c/prod"));
}

#[test]
fn an_edit_in_it_keeps_everything_as_it_is() {
    let world = World::built();
    world.put("deploy/team-b/redis/service-registry-quay-redis.yaml", "edited\n");
    world.remove("registries/team-b");
    let before = world.tree();
    world.build(&[]).refused(&["error[output-edited]: deploy/team-b/redis/service-registry-quay-redis.yaml: edited"]);
    assert_eq!(world.tree(), before);
    world.build(&["--force"]).well();
    assert!(!world.has("deploy/team-b"));
}

#[test]
fn it_stays_where_others_are_built_alone_and_where_warnings_are_denied() {
    let world = World::built();
    world.remove("registries/team-b");
    assert!(!world.build(&["--only", "team-a"]).well().stderr.contains("fleet-gone"));
    world.build(&["--deny", "warnings"]).refused(&["error[fleet-gone]: deploy/team-b: "]);
    assert!(world.has("deploy/team-b/kustomization.yaml"));
}

#[test]
fn one_that_was_only_built_alone_goes_as_well() {
    let world = World::new();
    world.build(&["--only", "team-b"]).well();
    assert_eq!(world.build(&["--only", "team-b", "--check"]).well().stdout, "");
    world.build(&["--only", "team-a"]).well();
    let list = world.text("deploy/quay-render.fleet");
    assert!(list.ends_with("fleet.\nteam-a/prod\nteam-a/stage\nteam-b\n"), "{list}");
    world.remove("registries/team-b");
    let again = world.build(&["--only", "team-a"]).well().stderr;
    assert!(again.contains("2 registries: 0 added, 0 changed, 0 removed"), "{again}");
    assert_eq!(world.text("deploy/quay-render.fleet"), list);
    assert!(world.build(&[]).well().stderr.contains(GONE));
    assert!(!world.has("deploy/team-b"));
}

#[test]
fn what_is_there_and_stands_in_no_list_comes_into_it_again() {
    let world = World::built();
    let list = world.text("deploy/quay-render.fleet");
    fs::remove_file(world.out().join("quay-render.fleet")).unwrap();
    let checked = world.build(&["--check", "--only", "team-b"]);
    assert_eq!((checked.code, checked.stdout.as_str()), (1, "missing quay-render.fleet\n"));
    world.build(&["--only", "team-b"]).well();
    assert_eq!(world.text("deploy/quay-render.fleet"), list);
    world.put("deploy/quay-render.fleet", "team-b\n");
    world.build(&["--only", "team-a"]).refused(&["error[output-edited]: deploy/quay-render.fleet: "]);
    world.build(&["--only", "team-a", "--force"]).well();
    assert_eq!(world.text("deploy/quay-render.fleet"), list);
}

#[test]
fn only_what_the_fleet_itself_wrote_is_taken_for_gone() {
    let world = World::built();
    // Another input that was built beside, and a list that somebody changed: nothing follows from it.
    let minimal = world.folder.path().join("minimal");
    crate::support::files::copy(&crate::support::example("minimal"), &minimal);
    world.run(&["build", "minimal", "--out", "deploy/minimal"]).well();
    world.build(&[]).well();
    assert!(world.has("deploy/minimal/kustomization.yaml"));
    let list = world.text("deploy/quay-render.fleet");
    world.put("deploy/quay-render.fleet", &format!("{list}minimal\n../minimal\n/etc\n"));
    world.build(&[]).refused(&["error[output-edited]: deploy/quay-render.fleet: "]);
    world.build(&["--force"]).well();
    assert!(world.has("deploy/minimal/kustomization.yaml"));
}

#[test]
fn a_link_is_not_followed_to_what_is_removed() {
    let world = World::built();
    fs::rename(world.out().join("team-b"), world.folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", world.out().join("team-b")).unwrap();
    world.remove("registries/team-b");
    world.build(&[]).well();
    assert!(world.has("elsewhere/kustomization.yaml") && world.has("deploy/team-b"));
}

#[test]
fn secrets_of_a_registry_that_is_gone_cannot_be_told_from_an_edit() {
    let world = World::new();
    crate::support::files::copy(&crate::support::example("own-keys"), &world.input().join("own"));
    world.edit("registries/team-b/quayregistry.yaml", "name: registry", "name: other");
    world.edit("registries/team-a/prod/config-bundle/config.yaml", "registry.example.com", "prod.example.com");
    world.edit("registries/own/render-config.yaml", "    mode: inline\n", "    mode: inline\n    names: null\n");
    world.build(&[]).well();
    world.remove("registries/own");
    let refused = world.build(&[]).refused(&["error[output-edited]: deploy/own/"]);
    assert!(!refused.stderr.contains("deployment-"), "only what holds a secret: {}", refused.stderr);
    world.remove("deploy/own");
    world.build(&[]).well();
}
