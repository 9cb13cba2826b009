//! Names and links that could lead a fleet's output elsewhere.

use crate::support::files::copy;
use crate::support::fleet::{World, registry, tree};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;

#[test]
fn a_folder_whose_name_no_output_can_have_is_refused_and_nothing_is_written() {
    let names: [&[u8]; 16] = [
        b"namespaces",
        b"NameSpaces/of/mine",
        b"quay-render.lock",
        b"Quay-Render.Lock",
        b"quay-render.fleet",
        b"below/quay-render.fleet",
        b"#comment",
        b"#",
        b" leading",
        b"trailing ",
        b"below/ /name",
        b"\tblank",
        b"two\nlines",
        b"one\r",
        b"back\\slash",
        b"no-text-\xff",
    ];
    for name in names {
        let world = World::new();
        let folder = world.input().join(OsStr::from_bytes(name));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("quayregistry.yaml"), registry("other", "other")).unwrap();
        let refused = world.build(&[]).refused(&["error[fleet-folder]: registries/"]);
        assert!(!world.has("deploy"), "{name:?}: {}", refused.stderr);
        assert!(refused.stderr.lines().all(|line| !line.starts_with("lines")), "{name:?}: {}", refused.stderr);
    }
    let world = World::new();
    for name in ["#within/registry", "a #/registry"] {
        copy(&world.input().join("team-b"), &world.input().join(name));
    }
    world.build(&[]).refused(&["error[fleet-folder]: registries/#within/registry: ", "begins with #"]);
}

#[test]
fn folders_that_some_disks_have_once_are_refused() {
    for (one, other) in [("lower", "LOWER"), ("o\u{308}ne", "\u{f6}ne"), ("a/b", "A/b"), ("c", "C/d")] {
        let world = World::new();
        for (number, name) in [one, other].into_iter().enumerate() {
            let folder = world.input().join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("quayregistry.yaml"), registry("other", &format!("other-{number}"))).unwrap();
        }
        world.build(&[]).refused(&["error[fleet-folder]: registries/", "but for the case of letters"]);
        assert!(!world.has("deploy"), "{one} {other}");
    }
}

/// Content outside of the output, with somebody else's output of a registry.
fn elsewhere(world: &World) -> std::path::PathBuf {
    let elsewhere = world.folder.path().join("elsewhere");
    copy(&world.out().join("team-b"), &elsewhere);
    fs::write(elsewhere.join("kustomization.yaml"), "somebody else's\n").unwrap();
    elsewhere
}

#[test]
fn below_the_output_no_link_is_followed() {
    for link in ["team-a", "team-a/prod", "team-b", "namespaces"] {
        for is_there in [true, false] {
            let world = World::built();
            let elsewhere = elsewhere(&world);
            fs::remove_dir_all(world.out().join(link)).unwrap();
            let goal = if is_there { elsewhere.clone() } else { world.folder.path().join("nowhere") };
            symlink(&goal, world.out().join(link)).unwrap();
            let (before, outside) = (world.tree(), tree(&elsewhere));
            for force in [&[][..], &["--force"]] {
                world.build(force).refused(&[&format!("error[output-foreign]: deploy/{link}: a link is in the way")]);
                assert_eq!(world.tree(), before, "{link}");
                assert_eq!(tree(&elsewhere), outside, "{link}");
                assert!(!world.has("nowhere"), "{link}");
            }
            assert_eq!(world.check().code, 1, "{link}");
            assert!(!world.has("deploy/.quay-render.staging"));
        }
    }
}

#[test]
fn the_output_itself_may_be_a_link() {
    let world = World::built();
    let before = world.tree();
    fs::rename(world.out(), world.folder.path().join("real")).unwrap();
    symlink("real", world.out()).unwrap();
    world.edit("registries/team-b/quayregistry.yaml", "name: registry", "name: renamed");
    world.build(&[]).well();
    world.edit("registries/team-b/quayregistry.yaml", "name: renamed", "name: registry");
    world.build(&[]).well();
    assert_eq!(tree(&world.folder.path().join("real")), before);
}

#[test]
fn what_a_killed_run_left_is_no_output_that_is_well() {
    let world = World::built();
    // Of a registry that has left since, of one that never was in the list, and behind a link.
    for folder in ["team-b/.quay-render.staging", "never/was/.quay-render.staging"] {
        world.put(&format!("deploy/{folder}/0"), "a secret");
    }
    let outside = world.folder.path().join("outside");
    fs::create_dir_all(outside.join(".quay-render.staging")).unwrap();
    symlink(&outside, world.out().join("link")).unwrap();
    fs::remove_file(world.out().join("team-b/quay-render.lock")).unwrap();
    world.remove("registries/team-b");
    let checked = world.check();
    assert_eq!(checked.code, 1);
    for folder in ["team-b", "never/was"] {
        assert!(checked.stdout.contains(&format!("stale   {folder}/.quay-render.staging\n")), "{}", checked.stdout);
    }
    world.build(&[]).well();
    assert!(!world.has("deploy/team-b/.quay-render.staging") && !world.has("deploy/never"));
    assert!(outside.join(".quay-render.staging").exists());
}
