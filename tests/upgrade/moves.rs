//! Databases that come to another PostgreSQL: the commits that `upgrade` writes, and what `build` refuses meanwhile.

use super::World;
use std::fs;

const UPGRADE: [&str; 4] = ["upgrade", "reg", "--to", "3.9"];

/// A registry of 3.8 in a directory, after this many commits of its upgrade to 3.9, each built.
fn after(commits: usize) -> World {
    let world = World::new("3.8");
    world.build(0);
    for _ in 0..commits {
        world.run(0, &UPGRADE);
        world.build(0);
    }
    world
}

/// The id of its move.
fn id(world: &World) -> String {
    let config = world.config();
    let line = config.lines().find_map(|line| line.trim().strip_prefix("id: ")).unwrap();
    line.trim_matches('"').to_owned()
}

fn edit(world: &World, from: &str, to: &str) {
    let config = world.config();
    assert!(config.contains(from), "{from:?} is not in\n{config}");
    fs::write(world.file(), config.replace(from, to)).unwrap();
}

fn deployment(world: &World, name: &str) -> String {
    let folder = if name == "quay-database" { "postgres" } else { "clairpostgres" };
    fs::read_to_string(world.0.path().join(format!("out/{folder}/deployment-reg-{name}.yaml"))).unwrap()
}

#[test]
fn it_is_four_commits_and_the_former_claims_stay_until_the_last() {
    let world = after(0);
    let before = world.config();
    let release = "  release: \"3.8\"\n";
    let seen: [&dyn Fn(&str) -> String; 4] = [
        &|_| "  release: \"3.8\"\n  paused: true\n".to_owned(),
        &|id| format!("  release: \"3.9\"\n  databaseUpgrade:\n    from: \"3.8\"\n    id: \"{id}\"\n  paused: true\n"),
        &|id| format!("  release: \"3.9\"\n  databaseUpgrade:\n    from: \"3.8\"\n    id: \"{id}\"\n"),
        &|id| format!("  release: \"3.9\"\n  databaseUpgrade:\n    from: \"3.8\"\n    id: \"{id}\"\n    done: true\n"),
    ];
    for (step, fields) in seen.iter().enumerate() {
        let said = world.run(0, &UPGRADE);
        assert!(said.contains("edited; build, commit and apply it"), "{said}");
        let named = if step == 0 { String::new() } else { id(&world) };
        assert_eq!(world.config(), before.replace(release, &fields(&named)), "step {}", step + 1);
        world.build(0);
        world.run(0, &["build", "reg", "--out", "out", "--check"]);
        let former = world.0.path().join("out/postgres/persistentvolumeclaim-reg-quay-database.yaml");
        assert_eq!(former.is_file(), step < 3, "step {}", step + 1);
        for name in ["quay-database", "clair-postgres"] {
            let text = deployment(&world, name);
            let has = |what: &str| text.contains(what);
            assert_eq!(has("name: dump-previous"), step == 1 || step == 2, "step {}: {name}", step + 1);
            assert_eq!(has("name: restore-previous"), step > 0, "step {}: {name}", step + 1);
            // What only the migration may write to until the registry runs.
            let is_read_only = name == "quay-database" && step == 1;
            assert_eq!(has("default_transaction_read_only=on"), is_read_only, "step {}: {name}", step + 1);
        }
    }
    assert!(world.run(0, &UPGRADE).contains("reg is at 3.9: nothing to do"));
}

#[test]
fn the_next_upgrade_takes_the_former_one_away_or_has_one_of_its_own() {
    let world = after(3);
    let said = world.run(1, &["upgrade", "reg", "--to", "3.10"]);
    assert!(said.contains("the upgrade to 3.9 has not been finished"), "{said}");
    world.run(0, &UPGRADE);
    world.build(0);
    for (to, has_moves) in [("3.10", false), ("3.12", false), ("3.13", true)] {
        let upgrade = ["upgrade", "reg", "--to", to];
        for _ in 0..if has_moves { 4 } else { 3 } {
            world.run(0, &upgrade);
            world.build(0);
        }
        assert_eq!(world.config().contains("databaseUpgrade:"), has_moves, "{to}: {}", world.config());
        assert!(world.run(0, &upgrade).contains("nothing to do"));
    }
    // Of 3.13 Clair's alone.
    assert!(
        world.config().contains("    from: \"3.12\"\n") && deployment(&world, "clair-postgres").contains("UPGRADE_ID")
    );
    assert!(!deployment(&world, "quay-database").contains("UPGRADE_ID"));
}

#[test]
fn a_build_refuses_what_would_leave_data_behind() {
    let refused = |world: &World, wanted: &str| {
        for build in [&["build", "reg", "--out", "out"][..], &["build", "reg", "--out", "out", "--force"]] {
            let said = world.run(1, build);
            assert!(said.contains("error[output-release]: ") && said.contains(wanted), "{wanted:?} is not in\n{said}");
        }
    };
    // Without a move.
    let world = after(1);
    edit(&world, "\"3.8\"", "\"3.9\"");
    refused(
        &world,
        "this step takes Quay's database from PostgreSQL 10 to 13, Clair's database from PostgreSQL 10 to 13",
    );
    // From a release that does not run.
    edit(&world, "release: \"3.9\"\n", "release: \"3.9\"\n  databaseUpgrade: {from: \"3.10\", id: \"00000001\"}\n");
    let said = world.run(1, &["build", "reg", "--out", "out"]);
    assert!(said.contains("error[database-upgrade]") && said.contains("no upgrade leads from 3.10 to 3.9"), "{said}");
    // Not stopped.
    let world = after(0);
    edit(&world, "\"3.8\"\n", "\"3.9\"\n  paused: true\n  databaseUpgrade: {from: \"3.8\", id: \"00000001\"}\n");
    refused(&world, "reg-quay-mirror and reg-quay-app would run while the migration to 3.9 changes its database");
    // Before the registry has run with what was moved.
    let world = after(2);
    edit(&world, "\n  paused: true", "");
    edit(&world, &format!("    id: \"{}\"\n", id(&world)), &format!("    id: \"{}\"\n    done: true\n", id(&world)));
    refused(&world, "nothing would look for the data of reg-clair-postgres any more");
    let world = after(2);
    let block = format!("  databaseUpgrade:\n    from: \"3.8\"\n    id: \"{}\"\n", id(&world));
    edit(&world, &block, "");
    refused(&world, "reg-clair-postgres would not wait for its data any more");
    // And another time once it has.
    let world = after(3);
    edit(&world, &id(&world), "00000002");
    refused(&world, "the data of reg-clair-postgres would be moved again");
}

#[test]
fn a_move_begins_anew_with_another_id_while_the_registry_has_not_run() {
    let world = after(2);
    let before = world.config();
    let former = id(&world);
    world.run(0, &["upgrade", "reg", "--again", "--plan"]);
    assert_eq!(world.config(), before);
    world.run(0, &["upgrade", "reg", "--again"]);
    assert_ne!(id(&world), former);
    assert_eq!(world.config(), before.replace(&former, &id(&world)));
    world.build(0);
    world.run(0, &UPGRADE);
    world.build(0);
    assert!(
        world.run(2, &["upgrade", "reg", "--again"]).contains("the registry has run with what the move has brought")
    );
    assert!(after(0).run(2, &["upgrade", "reg", "--again"]).contains("spec.databaseUpgrade is not there"));
}

#[test]
fn what_there_is_nothing_to_move_for_is_refused() {
    let world = World::new("3.9");
    let said = |from: &str| {
        let config = world.config();
        edit(&world, "\"3.9\"\n", &format!("\"3.9\"\n  databaseUpgrade: {{from: \"{from}\", id: \"00000001\"}}\n"));
        let said = world.run(1, &["validate", "reg"]);
        fs::write(world.file(), config).unwrap();
        said
    };
    for (from, wanted) in [
        ("3.9", "spec.databaseUpgrade.from: no upgrade leads from 3.9 to 3.9"),
        ("3.4", "spec.databaseUpgrade.from: "),
        ("4", "spec.databaseUpgrade.from: is not a release"),
        ("2.9", "spec.databaseUpgrade.from: there is no release \"2.9\""),
    ] {
        let said = said(from);
        assert!(said.contains(wanted) && said.contains("render-config.yaml:"), "{wanted:?} is not in\n{said}");
    }
    let own = World::new("3.9");
    let registry = own.0.path().join("reg/quayregistry.yaml");
    let text = fs::read_to_string(&registry).unwrap();
    let unmanaged = "  components:\n    - {kind: postgres, managed: false}\n    - {kind: clair, managed: false}\n    - {kind: clairpostgres, managed: false}\n";
    assert!(text.contains("\n  components:\n"), "{text}");
    fs::write(&registry, text.replace("  components:\n", unmanaged)).unwrap();
    edit(&own, "\"3.9\"\n", "\"3.9\"\n  databaseUpgrade: {from: \"3.8\", id: \"00000001\"}\n");
    let said = own.run(1, &["validate", "reg"]);
    assert!(said.contains("no database here gets another PostgreSQL from 3.8 to 3.9"), "{said}");
}

#[test]
fn own_images_of_the_new_servers_need_those_of_the_former_ones() {
    let world = after(1);
    let digest = "a".repeat(64);
    let config = world.config();
    let images = format!(
        "  images:\n    RELATED_IMAGE_COMPONENT_POSTGRES: registry.example.com/postgresql-13@sha256:{digest}\n"
    );
    let release = "  release: \"3.8\"\n";
    let moves = "  release: \"3.9\"\n  databaseUpgrade:\n    from: \"3.8\"\n    id: \"00000001\"\n";
    fs::write(world.file(), config.replace(release, &format!("{moves}{images}"))).unwrap();
    let said = world.run(1, &["build", "reg", "--out", "out"]);
    for field in ["postgres", "clairPostgres"] {
        assert!(
            said.contains(&format!("spec.databaseUpgrade.images.{field}: spec.images names the new server's image")),
            "{said}"
        );
    }
    let former = format!(
        "    images:\n      postgres: registry.example.com/postgresql-10@sha256:{digest}\n      clairPostgres: registry.example.com/clair-10@sha256:{digest}\n"
    );
    fs::write(world.file(), config.replace(release, &format!("{moves}{former}{images}"))).unwrap();
    world.build(0);
    assert!(
        deployment(&world, "quay-database")
            .contains(&format!("image: registry.example.com/postgresql-10@sha256:{digest}"))
    );
    assert!(
        deployment(&world, "clair-postgres").contains(&format!("image: registry.example.com/clair-10@sha256:{digest}"))
    );
    assert!(world.run(0, &["show", "images", "reg"]).contains("registry.example.com/postgresql-10@"));
}
