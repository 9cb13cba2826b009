//! Random histories: an input is edited again and again and built into the same directory, which must each time be the
//! same as a fresh build.

use crate::support::fleet::{World, config, registry, tree};
use crate::support::quay_render;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The registry in one of the folders.
#[derive(Clone, Debug)]
struct Member {
    /// Its name and namespace; two with the same number would collide, so the name depends on the folder.
    namespace: usize,
    title: usize,
    monitoring: bool,
    editor: bool,
    namespace_is_rendered: bool,
}

#[derive(Clone, Debug)]
enum Edit {
    /// A folder gets a registry, or another one.
    Set(usize, Member),
    /// A folder loses its registry.
    Drop(usize),
    /// The settings shared by all registries.
    Shared { domain: usize, protect: bool },
    /// A person's file, in a directory of the output or at the top.
    Put(usize),
}

const FOLDERS: [&str; 4] = ["one", "two", "deep/three", "deep/er/four"];

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let member = (0..3_usize, 0..3_usize, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(namespace, title, monitoring, editor, namespace_is_rendered)| Member {
            namespace,
            title,
            monitoring,
            editor,
            namespace_is_rendered,
        },
    );
    let edit = prop_oneof![
        5 => (0..FOLDERS.len(), member).prop_map(|(at, member)| Edit::Set(at, member)),
        2 => (0..FOLDERS.len()).prop_map(Edit::Drop),
        1 => (0..2_usize, any::<bool>()).prop_map(|(domain, protect)| Edit::Shared { domain, protect }),
        1 => (0..FOLDERS.len()).prop_map(Edit::Put),
    ];
    prop::collection::vec(edit, 3..7)
}

fn shared(domain: usize, protect: bool) -> String {
    config(&format!(
        "  release: \"3.5\"\n  cluster: {{platform: openshift, appsDomain: apps{domain}.example.com}}\n  \
         secrets: {{mode: referenced}}\n  protectData: {protect}\n"
    ))
}

fn apply(world: &World, edit: &Edit, mine: &mut Vec<String>) {
    match edit {
        Edit::Set(at, member) => {
            let folder = format!("registries/{}", FOLDERS[*at]);
            let components = format!("spec: {{components: [{{kind: monitoring, managed: {}}}]}}\n", member.monitoring);
            let text = registry(&format!("registry-{at}"), &format!("space-{}", member.namespace)) + &components;
            world.put(&format!("{folder}/quayregistry.yaml"), &text);
            let namespace = if member.namespace_is_rendered { "render" } else { "external" };
            let text = format!("  configEditor: {}\n  cluster: {{namespace: {namespace}}}\n", member.editor);
            world.put(&format!("{folder}/render-config.yaml"), &config(&text));
            world.put(
                &format!("{folder}/config-bundle/config.yaml"),
                &format!("REGISTRY_TITLE: Title {}\n", member.title),
            );
        }
        Edit::Drop(at) => drop(fs::remove_dir_all(world.input().join(FOLDERS[*at]))),
        Edit::Shared { domain, protect } => world.put("registries/render-config.yaml", &shared(*domain, *protect)),
        Edit::Put(at) => {
            for path in [format!("{}/quay/mine.yaml", FOLDERS[*at]), "mine.txt".to_owned()] {
                world.put(&format!("deploy/{path}"), "a person's\n");
                mine.push(path);
            }
        }
    }
}

/// Checks that the directory is like a fresh build, except for a person's files, and that `--check` agrees.
fn assert_fresh(world: &World, input: &str, mine: &[String]) {
    let fresh = world.folder.path().join("fresh");
    let built = |out: &Path| {
        let mut command: Command = quay_render();
        command.arg("build").arg(input).arg("--out").arg(out).current_dir(world.folder.path());
        crate::support::fleet::Ran::of(command.output().unwrap())
    };
    let check = || world.run(&["build", input, "--out", "deploy", "--check"]);
    built(&fresh).well();
    let (before, wanted) = (own(world, mine), tree(&fresh));
    let is_clean = check();
    assert_eq!(is_clean.code == 0, before == wanted, "{}{}", is_clean.stdout, is_clean.stderr);
    built(&world.out()).well();
    assert_eq!(own(world, mine), wanted);
    let is_clean = check();
    assert_eq!((is_clean.code, is_clean.stdout.as_str()), (0, ""), "{}", is_clean.stderr);
    for path in mine {
        assert_eq!(world.text(&format!("deploy/{path}")), "a person's\n");
    }
    fs::remove_dir_all(fresh).unwrap();
}

fn own(world: &World, mine: &[String]) -> crate::support::fleet::Tree {
    let mut found = if world.has("deploy") { world.tree() } else { crate::support::fleet::Tree::new() };
    found.retain(|path, _| !mine.contains(path));
    found
}

/// Edits of one registry: file, old text, new text.
const ONE: &[(&str, &str, &str)] = &[
    ("keys.yaml", "DB_PASSWORD: b8nAT", "DB_PASSWORD: AT8nb"),
    (
        "quayregistry.yaml",
        "kind: QuayRegistry\n",
        "kind: QuayRegistry\nspec: {components: [{kind: mirror, managed: false}]}\n",
    ),
    ("render-config.yaml", "mode: inline", "mode: referenced"),
    ("render-config.yaml", "platform: openshift\n", "platform: openshift\n    kubernetesVersion: \"1.24\"\n"),
    ("render-config.yaml", "spec:\n", "spec:\n  configEditor: false\n"),
    ("render-config.yaml", "spec:\n", "spec:\n  protectData: false\n"),
    (
        "render-config.yaml",
        "spec:\n",
        "spec:\n  images: {RELATED_IMAGE_COMPONENT_REDIS: \"a.example.com/r@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_fleet_over_time_is_what_a_fresh_build_gives(edits in edits()) {
        let world = World::new();
        world.remove("registries");
        world.put("registries/render-config.yaml", &shared(0, true));
        world.put("registries/always/quayregistry.yaml", &registry("always", "space-0"));
        let mut mine = Vec::new();
        assert_fresh(&world, "registries", &mine);
        for edit in &edits {
            apply(&world, edit, &mut mine);
            assert_fresh(&world, "registries", &mine);
        }
    }

    #[test]
    fn a_registry_over_time_is_what_a_fresh_build_gives(toggles in prop::collection::vec((0..ONE.len(), any::<bool>()), 3..8)) {
        let world = World::new();
        world.remove("registries");
        let original = crate::support::example("minimal");
        let mut on = vec![false; ONE.len()];
        let mut mine = Vec::new();
        for (toggle, put) in toggles {
            on[toggle] = !on[toggle];
            let _ = fs::remove_dir_all(world.folder.path().join("input"));
            crate::support::files::copy(&original, &world.folder.path().join("input"));
            for (file, from, to) in ONE.iter().zip(&on).filter(|(_, on)| **on).map(|(edit, _)| edit) {
                world.edit(&format!("input/{file}"), from, to);
            }
            // Before the first build it would be refused.
            if put && world.has("deploy") {
                world.put("deploy/quay/mine.yaml", "a person's\n");
                mine = vec!["quay/mine.yaml".to_owned()];
            }
            assert_fresh(&world, "input", &mine);
        }
    }
}
