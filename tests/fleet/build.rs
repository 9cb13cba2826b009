//! Where files of a fleet are written, which must not depend on how it is built.

use crate::support::fleet::{Ran, World, config, registry, tree};
use crate::support::quay_render;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn the_bytes_are_the_same_side_by_side_and_one_by_one() {
    let world = World::built();
    let whole = world.tree();
    for jobs in ["1", "3", "16"] {
        let out = world.folder.path().join(format!("out-{jobs}"));
        let built =
            quay_render().args(["build", "--jobs", jobs]).arg(world.input()).arg("--out").arg(&out).output().unwrap();
        Ran::of(built).well();
        assert_eq!(tree(&out), whole, "{jobs}");
    }
    fs::remove_dir_all(world.out()).unwrap();
    for name in ["team-b", "team-a/stage", "team-a/prod"] {
        let said = world.build(&["--only", name]).well().stderr;
        assert!(said.contains("deploy: 1 registry: "), "{said}");
    }
    let mut parts = whole.clone();
    parts.retain(|path, _| path.starts_with("team-"));
    let mut built = world.tree();
    assert!(built.remove("quay-render.fleet").is_some() && built.remove("quay-render.lock").is_some());
    assert!(built == parts, "--only writes the directories of registries and their list, and nothing else");
    world.build(&[]).well();
    assert!(world.tree() == whole);
    let stream = world.run(&["build", "registries", "--stdout"]).well().stdout;
    let file = world.folder.path().join("stream.yaml");
    fs::write(&file, stream).unwrap();
    assert_eq!(world.run(&["diff", "deploy", "stream.yaml"]).code, 0);
}

#[test]
fn a_summary_counts_all_of_them_and_nothing_else_is_said_where_no_terminal_is() {
    let world = World::new();
    let built = world.build(&[]).well();
    let files = world.tree().keys().filter(|path| !path.ends_with("quay-render.lock")).count();
    assert_eq!(built.stderr, format!("deploy: 3 registries: {files} added, 0 changed, 0 removed, 0 unchanged\n"));
    assert_eq!(built.stdout, "");
    let again = world.build(&[]).well().stderr;
    assert_eq!(again, format!("deploy: 3 registries: 0 added, 0 changed, 0 removed, {files} unchanged\n"));
    let valid = world.run(&["validate", "registries"]).well();
    assert_eq!(valid.stdout, "registries: valid: 0 errors and 0 warnings in 3 registries\n");
}

#[test]
fn a_folder_stands_for_all_in_it_and_a_name_that_means_nothing_is_told() {
    let world = World::new();
    world.build(&["--only", "team-a/"]).well();
    assert!(world.has("deploy/team-a/prod") && world.has("deploy/team-a/stage") && !world.has("deploy/team-b"));
    let unknown = world.build(&["--only", "team-a/prd"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("the nearest is \"team-a/prod\""), "{}", unknown.stderr);
    let one = world.run(&["build", "registries/team-b", "--out", "x", "--only", "team-b"]);
    assert_eq!(one.code, 2, "{}", one.stderr);
    assert_eq!(world.build(&["--jobs", "0"]).code, 2);
}

#[test]
fn a_command_about_one_registry_asks_which() {
    let world = World::new();
    let all = world.run(&["show", "status", "registries"]);
    assert_eq!(all.code, 2);
    assert!(all.stderr.contains("holds 3 registries; choose one: --only team-a/prod, --only "), "{}", all.stderr);
    let status = world.run(&["show", "status", "registries", "--only", "team-a/prod"]).well().stdout;
    assert!(status.contains("registryEndpoint: https://registry.example.com"), "{status}");
    let made = world.run(&["keys", "registries", "--only", "team-b"]).well().stderr;
    assert!(made.contains("registries/team-b/keys.yaml: made "), "{made}");
    assert!(world.has("registries/team-b/keys.yaml"));
    let two = world.run(&["keys", "registries", "--only", "team-a"]);
    assert!(two.stderr.contains("holds 2 registries"), "{}", two.stderr);
}

#[test]
fn a_hint_names_the_command_that_works() {
    let world = World::new();
    world.put("registries/own/render-config.yaml", &config("  secrets: {mode: inline, names: null}\n"));
    world.put("registries/own/quayregistry.yaml", &registry("own", "own"));
    let refused = world.build(&[]).refused(&["error[keys-missing]: registries/own: "]);
    let command = "quay-render keys registries --only own";
    assert!(refused.stderr.contains(command), "{}", refused.stderr);
    world.run(&["keys", "registries", "--only", "own"]).well();
    world.build(&[]).well();
}

#[test]
fn check_names_files_by_their_directories() {
    let world = World::built();
    let clean = world.check();
    assert_eq!((clean.code, clean.stdout.as_str()), (0, ""), "{}", clean.stderr);
    world.edit("registries/team-a/prod/config-bundle/config.yaml", "Registry of team A", "Other");
    world.put("deploy/team-b/redis/service-registry-quay-redis.yaml", "edited\n");
    fs::remove_file(world.out().join("namespaces/kustomization.yaml")).unwrap();
    let found = world.check();
    assert_eq!(found.code, 1);
    for line in [
        "missing namespaces/kustomization.yaml",
        "changed team-a/prod/join/configmap-prod-quay-config.yaml",
        "edited  team-b/redis/service-registry-quay-redis.yaml",
    ] {
        assert!(found.stdout.lines().any(|known| known == line), "{line} is not in\n{}", found.stdout);
    }
    assert!(!found.stdout.contains("team-a/stage"), "{}", found.stdout);
    let some = world.build(&["--check", "--only", "team-a/stage"]);
    assert_eq!((some.code, some.stdout.as_str()), (0, ""), "{}", some.stderr);
    world.put("registries/team-b/more.yaml", "kind: [");
    assert_eq!(world.check().code, 2, "what cannot be compared");
    assert_eq!(world.run(&["build", "registries", "--out", "deploy", "--check", "--stdout"]).code, 2);
}

#[test]
fn a_fleet_can_be_a_side_of_a_diff() {
    let world = World::built();
    let same = world.run(&["diff", "deploy", "registries"]).well().stdout;
    assert!(same.starts_with("0 destroyed, "), "{same}");
    world.edit("registries/render-config.yaml", "apps.example.com", "apps.example.org");
    let found = world.run(&["diff", "deploy", "registries"]);
    assert_eq!(found.code, 1);
    for part in ["Route team-a/stage-quay", "Route team-b/registry-quay"] {
        assert!(found.stdout.contains(part), "{}", found.stdout);
    }
    world.put("registries/team-b/more.yaml", "kind: [");
    assert_eq!(world.run(&["diff", "deploy", "registries"]).code, 2);
}

#[test]
fn what_is_no_registry_is_left_alone_and_the_output_is_no_input() {
    let world = World::new();
    world.put("registries/docs/example.yaml", "kind: Anything\n");
    world.put("registries/.hidden/quayregistry.yaml", &registry("hidden", "hidden"));
    world.put("registries/empty/README.md", "nothing here");
    symlink("team-b", world.input().join("linked")).unwrap();
    let built = world.run(&["build", "registries", "--out", "registries/deploy"]).well().stderr;
    assert!(built.contains("note[input-skipped]: registries/linked: is a link to a folder"), "{built}");
    assert!(built.contains("registries/deploy: 3 registries: "), "{built}");
    let again = world.run(&["build", "registries", "--out", "registries/deploy"]).well().stderr;
    assert!(again.contains(" 0 added, 0 changed, 0 removed, "), "{again}");
}

#[test]
fn a_link_may_lead_to_a_file_of_the_fleet_and_not_out_of_it() {
    let world = World::new();
    world.put("registries/shared/title.txt", "REGISTRY_TITLE: Shared\n");
    let bundle = world.input().join("team-b/config-bundle");
    fs::create_dir(&bundle).unwrap();
    symlink("../../shared/title.txt", bundle.join("config.yaml")).unwrap();
    world.build(&[]).well();
    assert!(world.text("deploy/team-b/join/configmap-registry-quay-config.yaml").contains("Shared"));
    fs::rename(world.input().join("shared"), world.folder.path().join("shared")).unwrap();
    fs::remove_file(bundle.join("config.yaml")).unwrap();
    symlink("../../../shared/title.txt", bundle.join("config.yaml")).unwrap();
    world.build(&[]).refused(&["error[input-file]: registries/team-b/config-bundle/config.yaml: is a link"]);
}
