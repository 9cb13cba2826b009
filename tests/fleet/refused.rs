//! Fleets that are refused: every problem is reported, and nothing is written.

use crate::support::fleet::{Tree, World, config, registry};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

#[test]
fn one_broken_registry_keeps_all_from_being_written_and_every_problem_is_told() {
    for built in [false, true] {
        let world = if built { World::built() } else { World::new() };
        let before: Option<Tree> = built.then(|| world.tree());
        world.edit("registries/team-a/prod/config-bundle/config.yaml", "Registry of team A", "Other");
        world.edit("registries/team-a/stage/quayregistry.yaml", "kind: mirror", "kind: mirrow");
        world.put("registries/team-b/render-config.yaml", &config("  configEditor: perhaps\n"));
        let refused = world.build(&[]).refused(&[
            "error[component-unknown]: registries/team-a/stage/quayregistry.yaml:",
            "error[field-type]: registries/team-b/render-config.yaml:4:17: spec.configEditor: ",
            "refused: 2 errors and 0 warnings; nothing was written\n",
        ]);
        assert!(!refused.stderr.contains("registries:"), "{}", refused.stderr);
        match before {
            Some(before) => assert_eq!(world.tree(), before),
            None => assert!(!world.has("deploy")),
        }
        let validated = world.run(&["validate", "registries"]);
        assert_eq!(validated.code, 1);
        assert!(validated.stdout.ends_with("registries: refused: 2 errors and 0 warnings in 3 registries\n"));
        assert_eq!(world.run(&["build", "registries", "--stdout"]).refused(&[]).stdout, "");
        // The others can still be built by themselves.
        world.build(&["--only", "team-a/prod"]).well();
    }
}

#[test]
fn one_directory_that_is_refused_keeps_all_from_being_written() {
    let world = World::built();
    world.edit("registries/render-config.yaml", "apps.example.com", "apps.example.org");
    world.put("deploy/team-b/redis/service-registry-quay-redis.yaml", "edited\n");
    world.put("deploy/team-a/prod/quay-render.lock", "{");
    world.put("deploy/namespaces/namespace/namespace-team-a.yaml", "edited\n");
    let before = world.tree();
    // Only what is to change is refused; the Namespace is not.
    world.edit("registries/team-a/prod/quayregistry.yaml", "name: prod", "name: production");
    world.edit("registries/team-b/quayregistry.yaml", "name: registry", "name: other");
    world.build(&[]).refused(&[
        "error[output-edited]: deploy/team-b/redis/service-registry-quay-redis.yaml: ",
        "error[output-lock]: deploy/team-a/prod/quay-render.lock:1:",
        "error[output-edited]: deploy/namespaces/namespace/namespace-team-a.yaml: ",
        "refused: 3 errors",
    ]);
    assert_eq!(world.tree(), before);
    let staging: Vec<_> = walkdir::WalkDir::new(world.out()).into_iter().map(Result::unwrap).collect();
    assert!(staging.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with('.')), "{staging:?}");
}

#[test]
fn registries_that_cannot_be_in_one_cluster_are_refused() {
    let world = World::new();
    world.put("registries/copy/quayregistry.yaml", &registry("registry", "team-b"));
    world.build(&[]).refused(&[
        "error[fleet-collision]: registries/team-b/quayregistry.yaml:5:9: registry team-b/registry is in the folder copy too\n",
        "refused: 1 error",
    ]);
    // What is not compiled is seen too.
    world.build(&["--only", "team-b"]).refused(&["registry team-b/registry is in the folder copy too"]);
    // Two names that make one of two objects, in one namespace.
    world.put("registries/copy/quayregistry.yaml", &registry("registry-clair", "team-b"));
    for folder in ["copy", "team-b"] {
        world.put(&format!("registries/{folder}/render-config.yaml"), &config("  secrets: {mode: inline}\n"));
        assert_eq!(world.run(&["keys", "registries", "--only", folder]).code, 0);
    }
    world.build(&[]).refused(&["/registry-clair-postgres", " is also rendered by the registry in the folder copy\n"]);
    // One name in two namespaces is fine, dashboards in the namespace of all of them included.
    for folder in ["copy", "team-b"] {
        world.put(&format!("registries/{folder}/render-config.yaml"), &config("  secrets: {mode: referenced}\n"));
        fs::remove_file(world.folder.path().join(format!("registries/{folder}/keys.yaml"))).unwrap();
    }
    world.put("registries/copy/quayregistry.yaml", &registry("registry", "elsewhere"));
    world.build(&[]).well();
    world.put("registries/copy/quayregistry.yaml", &registry("copy", "elsewhere"));
    world.put("registries/copy/config-bundle/config.yaml", "SERVER_HOSTNAME: registry.example.com\n");
    world.build(&[]).refused(&["the host registry.example.com is also that of the registry in the folder copy"]);
    world.put("registries/copy/config-bundle/config.yaml", "SERVER_HOSTNAME: copy.example.com\n");
    world.build(&[]).well();
}

#[test]
fn folders_that_cannot_be_registries_are_refused() {
    let world = World::new();
    world.put("registries/team-b/inner/quayregistry.yaml", &registry("inner", "inner"));
    world.put("registries/namespaces/quayregistry.yaml", &registry("other", "other"));
    world.put("registries/new\\line/quayregistry.yaml", &registry("third", "third"));
    world.build(&[]).refused(&[
        "error[fleet-folder]: registries/team-b/inner: lies inside another registry, team-b\n",
        "error[fleet-folder]: registries/namespaces: ",
        "error[fleet-folder]: registries/new\\line: ",
        "refused: 3 errors",
    ]);
    assert!(!world.has("deploy"));
}

#[test]
fn a_registry_that_is_hard_to_know_is_not_passed_over() {
    for (path, text, said) in [
        (
            "registries/a/quayregistry.yaml",
            "kind: QuayRegistry\nmetadata: {name: [}\n",
            "error[yaml-syntax]: registries/a/",
        ),
        ("registries/a/render-config.yaml", &config("  release: \"3.5\"\n") as &str, "the input holds no QuayRegistry"),
        ("registries/a/config-bundle/config.yaml", "TESTING: true\n", "the input holds no QuayRegistry"),
        ("registries/a/r.yaml", "apiVersion: quay-render.dev/v1\nkind: QuayRegistri\n", "error[input-document]"),
        ("registries/a/r.json", "{\"apiVersion\": \"v2\", \"kind\": \"QuayRegistry\"}", "error[input-document]"),
    ] {
        let world = World::new();
        world.put(path, text);
        world.build(&[]).refused(&[said]);
    }
}

#[test]
fn what_stands_in_a_shared_file_is_told_once_at_its_place() {
    let world = World::new();
    world.edit("registries/render-config.yaml", "appsDomain", "appDomain");
    world.edit("registries/team-a/render-config.yaml", "configEditor: false", "configEditor: no-thing");
    let refused = world.build(&[]).refused(&[
        "error[field-unknown]: registries/render-config.yaml:9:5: spec.cluster.appDomain: ",
        "error[field-type]: registries/team-a/render-config.yaml:7:17: spec.configEditor: ",
        // Of what is missing in all of them the place is the innermost map that it belongs to.
        "error[field-missing]: registries/team-b/render-config.yaml:",
    ]);
    assert_eq!(refused.stderr.matches("spec.cluster.appDomain").count(), 1, "{}", refused.stderr);
    assert_eq!(refused.stderr.matches("no-thing").count() + refused.stderr.matches("spec.configEditor").count(), 1);
}

#[test]
fn a_folder_above_holds_a_render_config_and_nothing_else_of_a_registry() {
    let world = World::new();
    let keys = "apiVersion: v1\nkind: Secret\nmetadata: {name: x-quay-registry-managed-secret-keys}\nstringData: {a: hunter2}\n";
    world.put("registries/team-a/keys.yaml", keys);
    let bundle = "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {config.yaml: hunter2}\n";
    world.put("registries/bundle.yaml", bundle);
    world.put("registries/pull.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData: {a: hunter2}\n");
    world.put("registries/second.yaml", &config("  configEditor: true\n"));
    world.put("registries/kustomization.yaml", "resources: []\n");
    world.put("registries/other.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    let refused = world.build(&[]).refused(&[
        "error[input-document]: registries/team-a/keys.yaml:1:1: Secret belongs to one registry, and this folder holds several",
        "error[input-document]: registries/bundle.yaml:1:1: Secret belongs to one registry, and this folder holds several",
        "error[input-duplicate]: registries/second.yaml:1:1: a second RenderConfig",
        "1 ConfigMap, 1 Kustomization, 1 Secret",
        "refused: 3 errors",
    ]);
    assert!(!refused.stderr.contains("hunter2"), "{}", refused.stderr);
}

#[test]
fn what_the_system_refuses_to_read_ends_in_2_behind_what_is_wrong_with_the_others() {
    let world = World::new();
    world.edit("registries/team-a/stage/quayregistry.yaml", "kind: mirror", "kind: mirrow");
    fs::create_dir(world.input().join("team-b/config-bundle")).unwrap();
    let secret = world.input().join("team-b/config-bundle/config.yaml");
    fs::write(&secret, "TESTING: true\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o0)).unwrap();
    if fs::read(&secret).is_ok() {
        return; // nothing is forbidden to root
    }
    let refused = world.build(&[]);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("error[component-unknown]") && refused.stderr.contains("config-bundle/config.yaml")
    );
    assert!(!world.has("deploy"));
}

#[test]
fn what_a_cluster_would_refuse_in_one_directory_refuses_all() {
    let world = World::built();
    let claim = "deploy/team-b/postgres/persistentvolumeclaim-registry-quay-database.yaml";
    world.edit(claim, "50Gi", "100Gi");
    world.edit("registries/render-config.yaml", "apps.example.com", "apps.example.org");
    let before = world.tree();
    world.build(&["--force"]).refused(&[&format!("error[output-immutable]: {claim}:"), "refused: 1 error"]);
    assert_eq!(world.tree(), before);
}

#[test]
fn what_is_said_does_not_depend_on_who_is_first() {
    let world = World::built();
    for name in ["team-a/prod/join/configmap-prod-quay-join", "team-a/stage/redis/service-stage-quay-redis"] {
        world.put(&format!("deploy/{name}.yaml"), "edited\n");
    }
    let said = |world: &World| ["1", "2", "9"].map(|jobs| world.build(&["--jobs", jobs]).refused(&[]).stderr);
    let output = said(&world);
    assert!(output.iter().all(|text| text.matches("output-edited").count() == 2 && *text == output[0]), "{output:?}");
    world.edit("registries/team-a/prod/quayregistry.yaml", "kind: QuayRegistry", "kind: QuayRegistry\nspec: 1");
    world.edit("registries/team-b/quayregistry.yaml", "kind: QuayRegistry", "kind: QuayRegistry\nspec: 1");
    let input = said(&world);
    assert!(input.iter().all(|text| text.matches("error[").count() == 2 && *text == input[0]), "{input:?}");
}
