//! What registries share: settings, and Namespaces.

use crate::support::fleet::{World, config, registry};
use std::fs;

const OWN: &str = "deploy/team-a/prod/namespace/namespace-team-a.yaml";
const SHARED: &str = "deploy/namespaces/namespace/namespace-team-a.yaml";

#[test]
fn a_namespace_moves_as_it_is_shared_and_no_longer_shared() {
    let world = World::built();
    assert!(world.has(SHARED) && !world.has(OWN));
    assert!(!world.text("deploy/team-a/prod/kustomization.yaml").contains("namespace"));
    let shared = world.text(SHARED);
    assert!(shared.contains("openshift.io/cluster-monitoring: \"true\""), "what one needs, all get: {shared}");
    assert!(shared.contains("Prune=false,Delete=false") && !shared.contains("quay-operator/quayregistry"), "{shared}");
    world.put("registries/team-a/stage/render-config.yaml", &config("  cluster: {namespace: external}\n"));
    let built = world.build(&[]).well().stderr;
    assert!(!built.contains("fleet-gone"), "{built}");
    assert!(world.has(OWN) && !world.has("deploy/namespaces"));
    assert!(world.text(OWN).contains("quay-operator/quayregistry: prod"));
    world.put("registries/team-a/third/quayregistry.yaml", &registry("third", "team-a"));
    world.build(&[]).well();
    assert!(world.has(SHARED) && !world.has(OWN));
    assert!(!world.has("deploy/team-a/third/namespace"));
}

#[test]
fn a_shared_namespace_needs_no_label_and_no_protection() {
    let world = World::new();
    for name in ["prod", "stage"] {
        let text = "  protectData: false\n";
        world.put(&format!("registries/team-a/{name}/render-config.yaml"), &config(text));
    }
    let unmanaged = "spec: {components: [{kind: monitoring, managed: false}]}\n";
    let own = world.text("registries/team-a/prod/quayregistry.yaml");
    world.put("registries/team-a/prod/quayregistry.yaml", &(own + unmanaged));
    world.build(&[]).well();
    let wave = "  annotations:\n    argocd.argoproj.io/sync-wave: \"0\"\n";
    assert_eq!(world.text(SHARED), format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team-a\n{wave}"));
}

#[test]
fn settings_of_folders_above_are_the_base_and_each_has_its_place() {
    let world = World::new();
    let shown = |name: &str| world.run(&["show", "render-config", "registries", "--only", name]).well().stdout;
    let stage = shown("team-a/stage");
    for part in [
        "# registries/render-config.yaml:6:12\nspec.release: \"3.5\"\n",
        "# registries/team-a/render-config.yaml:6:14\nspec.namespace: team-a\n",
        "# registries/team-a/stage/render-config.yaml:9:19\nspec.secrets.names.tls.name: stage-certificate\n",
        "# registries/render-config.yaml:13:58\nspec.secrets.names.tls.keys[\"ssl.cert\"]: \"********\"\n",
    ] {
        assert!(stage.contains(part), "{part:?} is not in\n{stage}");
    }
    assert!(!stage.contains("registry-certificate"), "{stage}");
    assert!(shown("team-b").contains("spec.secrets.names: null\n"));
    assert!(
        world.run(&["show", "secrets", "registries", "--only", "team-b"]).well().stdout.contains("-quay-secret-tls")
    );
    let json =
        world.run(&["show", "render-config", "registries", "--only", "team-b", "--format", "json"]).well().stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["field"], "spec.release");
    // It is shown whatever there is to say against it.
    world.put("registries/team-b/render-config.yaml", &config("  relase: \"3.5\"\n"));
    assert!(shown("team-b").contains("spec.relase: \"********\"\n"));
}

#[test]
fn keys_of_a_bucket_are_not_shown() {
    let world = World::new();
    let bucket = "host: h.example.com, name: n, accessKey: AKIAHIDDEN, secretKey: hidden2hidden2";
    world.put("registries/team-b/render-config.yaml", &config(&format!("  objectStorage: {{bucket: {{{bucket}}}}}\n")));
    for format in ["text", "json"] {
        let arguments = ["show", "render-config", "registries", "--only", "team-b", "--format", format];
        let shown = world.run(&arguments).well();
        assert!(shown.stdout.contains("h.example.com") && shown.stdout.contains("********"), "{}", shown.stdout);
        for secret in ["AKIAHIDDEN", "hidden2"] {
            assert!(!shown.stdout.contains(secret) && !shown.stderr.contains(secret), "{}", shown.stdout);
        }
    }
}

#[test]
fn a_registry_may_have_no_settings_of_its_own() {
    let world = World::new();
    world.put("registries/bare/quayregistry.yaml", &registry("bare", "bare"));
    world.build(&[]).well();
    assert!(world.has("deploy/bare/kustomization.yaml"));
    // By itself it is not a whole input.
    world.run(&["build", "registries/bare", "--out", "x"]).refused(&["the input holds no RenderConfig"]);
}

/// What a registry read by its folder lacks is in the folders above it, and the hint says how to name it.
#[test]
fn a_registry_named_by_its_folder_is_led_to_its_fleet() {
    let world = World::new();
    // Whatever lies around the test's own folder.
    fs::create_dir(world.input().parent().unwrap().join(".git")).unwrap();
    for (folder, arguments) in [
        ("registries/team-a/prod", "registries --only team-a/prod"),
        ("registries/team-a/stage", "registries --only team-a/stage"),
        ("registries/team-b", "registries --only team-b"),
        ("./registries/team-a/../team-b/.", "--only team-b"),
    ] {
        world.run(&["show", "components", folder]).refused(&["it belongs to a fleet", arguments]);
        let named: Vec<&str> = arguments.split(' ').collect();
        if let ["registries", ..] = named.as_slice() {
            world.run(&[&["show", "components"], named.as_slice()].concat()).well();
        }
    }
    // A Git repository ends it: what is around that is nobody's fleet.
    fs::create_dir(world.input().join("team-a/.git")).unwrap();
    let alone =
        world.run(&["show", "components", "registries/team-a/prod"]).refused(&["the input holds no RenderConfig"]);
    assert!(alone.stderr.contains("--only prod"), "{}", alone.stderr);
    fs::create_dir(world.input().join("team-a/prod/.git")).unwrap();
    let alone =
        world.run(&["show", "components", "registries/team-a/prod"]).refused(&["the input holds no RenderConfig"]);
    assert!(!alone.stderr.contains("--only"), "{}", alone.stderr);
}
