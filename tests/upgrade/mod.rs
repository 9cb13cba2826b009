//! From one release to another: which steps there are, that each builds over the output before it, and what the command edits.

mod cluster;
mod machine;
mod majors;
mod moves;
mod standing;

use crate::support::golden;
use crate::support::quay_render;
use crate::support::releases::{Case, kinds, of, releases};
use quay_render::catalog::Catalog;
use quay_render::compare::{Class, compare};
use quay_render::immutable::Table;
use quay_render::upgrade::{self, Databases, Path};
use quay_render::{Rendered, compile, immutable};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path as File;

const EVERY: Databases = Databases { quay: true, clair: true, moved_from: None };

fn path(from: &str, to: &str) -> Path {
    upgrade::path(Catalog::embedded(), from, &of(to)).unwrap()
}

/// The databases that change their PostgreSQL.
fn majors(from: &str, to: &str) -> Vec<String> {
    let majors = upgrade::majors(&of(from), &of(to), &EVERY);
    majors.iter().map(|it| format!("{} {} to {}", it.server.of, it.from, it.to)).collect()
}

#[test]
fn every_pair_of_releases_is_a_step_or_refused() {
    let mut table = String::from("# from\tto\tstep\tPostgreSQL of\n");
    for from in releases() {
        for to in releases().iter().filter(|to| **to != from) {
            let step = match path(&from, to) {
                Path::Direct => "direct".to_owned(),
                Path::Through(steps) => format!("through {}", steps.join(", ")),
                other => format!("{other:?}").to_lowercase(),
            };
            writeln!(table, "{from}\t{to}\t{step}\t{}", majors(&from, to).join(", ")).unwrap();
        }
    }
    assert_eq!(golden::compare("tests/upgrade/steps.tsv", &table), None);
}

#[test]
fn versions_of_a_release_follow_one_another_forwards() {
    for (from, to, wanted) in [
        ("3.15.0", "3.15", Path::Patch),
        ("3.15", "3.15", Path::Patch),
        ("3.15", "3.15.0", Path::Back),
        ("3.15.0", "3.16", Path::Direct),
        ("v3.15.99", "3.16", Path::Direct),
        ("3.15.99", "3.15", Path::Back),
        ("3.4.7", "3.5", Path::Direct),
        ("3.3.0", "3.6", Path::Direct),
        ("3.3.0", "3.7", Path::Through(vec!["3.6".to_owned()])),
        ("2.9.1", "3.18", Path::Unknown),
        ("latest", "3.18", Path::Unknown),
    ] {
        assert_eq!(path(from, to), wanted, "{from} to {to}");
    }
}

fn rendered(case: &Case) -> Rendered {
    let compiled = compile(&case.inputs());
    let said: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    compiled.registry.unwrap_or_else(|| panic!("{case} is refused:\n{}", said.join("\n")))
}

/// What a build finds in a directory.
fn files(rendered: &Rendered) -> BTreeMap<String, Vec<u8>> {
    rendered.files().iter().map(|(path, file)| (path.to_owned(), file.bytes.clone())).collect()
}

/// What `diff` counts between two outputs, and the objects that come and go.
fn difference(old: &Rendered, new: &Rendered) -> String {
    let values = |it: &Rendered| it.objects.iter().map(|object| object.value.clone()).collect::<Vec<_>>();
    let comparison = compare(&values(old), &values(new), &Table::newest().unwrap());
    let of = |class: Class| {
        let found = comparison.changes.iter().filter(|change| change.class == class);
        found.map(|change| change.identity.to_string()).collect::<Vec<_>>().join(", ")
    };
    format!("{}\t{}\t{}", comparison.totals(), of(Class::New), of(Class::Destroyed))
}

/// The steps that the releases name, with everything managed, and with nothing managed.
#[test]
fn each_step_builds_over_the_output_of_the_release_before() {
    let mut table = String::from("# from\tto\tmanaged\twhat diff counts\tobjects that come\tobjects that go\n");
    for to in releases() {
        for from in of(&to).upgrades_from.iter().filter(|from| releases().contains(from)) {
            for is_managed in [true, false] {
                let case = |release: &str, is_paused: bool| {
                    let mut case = Case { more: vec![("paused", json!(is_paused))], ..Case::of(release) };
                    if !is_managed {
                        case.unmanaged = kinds(&of(release)).into_iter().filter(|kind| *kind != "quay").collect();
                    }
                    case
                };
                let mut after = case(&to, true);
                if is_managed && !majors(from, &to).is_empty() {
                    after.more.push(("databaseUpgrade", json!({"from": from, "id": "5f3a9c01"})));
                }
                let (stopped, new) = (rendered(&case(from, true)), rendered(&after));
                let databases = &new.resolved.databases;
                let objection =
                    upgrade::objection(Catalog::embedded(), from, &new.resolved.release, databases).unwrap();
                assert_eq!(objection, None, "{from} to {to}");
                let old = files(&stopped);
                let named = old.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice()));
                let review = immutable::review(named, &new.objects, &[], &new.resolved.release);
                assert!(!review.has_errors(), "{from} to {to}: {:?}", review.iter().collect::<Vec<_>>());
                assert_eq!(upgrade::running(&upgrade::deployments(&old), &new.objects), [""; 0], "{from} to {to}");
                let serving = files(&rendered(&case(from, false)));
                let mirror = is_managed.then_some("registry-quay-mirror");
                let wanted: Vec<&str> = mirror.into_iter().chain(["registry-quay-app"]).collect();
                assert_eq!(upgrade::running(&upgrade::deployments(&serving), &new.objects), wanted, "{from} to {to}");
                let managed = if is_managed { "all" } else { "none" };
                writeln!(table, "{from}\t{to}\t{managed}\t{}", difference(&stopped, &new)).unwrap();
            }
        }
    }
    assert_eq!(golden::compare("tests/upgrade/differences.tsv", &table), None);
}

struct World(tempfile::TempDir);

impl World {
    fn new(release: &str) -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        world.run(0, &["init", "reg", "--release", release, "--apps-domain", "apps.example.com"]);
        world
    }

    fn run(&self, code: i32, arguments: &[&str]) -> String {
        let output = quay_render().current_dir(self.0.path()).args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        said
    }

    fn build(&self, code: i32) -> String {
        self.run(code, &["build", "reg", "--out", "out"])
    }

    fn config(&self) -> String {
        fs::read_to_string(self.file()).unwrap()
    }

    fn file(&self) -> impl AsRef<File> {
        self.0.path().join("reg/render-config.yaml")
    }
}

#[test]
fn an_upgrade_is_three_commits_and_a_version_one() {
    let world = World::new("3.15");
    world.build(0);
    let (before, upgrade) = (world.config(), ["upgrade", "reg", "--to", "3.18"]);
    let planned = world.run(0, &[&upgrade[..], &["--plan"]].concat());
    assert!(planned.contains("1. spec.paused: true") && planned.contains("quay:3.15.8 -> "), "{planned}");
    assert_eq!(world.config(), before);
    let seen =
        ["  release: \"3.15\"\n  paused: true\n", "  release: \"3.18\"\n  paused: true\n", "  release: \"3.18\"\n"];
    for (step, fields) in seen.into_iter().enumerate() {
        let said = world.run(0, &upgrade);
        assert!(said.contains("edited; build, commit and apply it"), "{said}");
        assert_eq!(world.config(), before.replace("  release: \"3.15\"\n", fields), "step {}", step + 1);
        world.build(0);
        world.run(0, &["build", "reg", "--out", "out", "--check"]);
    }
    assert!(world.run(0, &upgrade).contains("reg is at 3.18: nothing to do"));

    let world = World::new("3.15.0");
    world.build(0);
    world.run(0, &["upgrade", "reg", "--to", "3.15"]);
    assert!(world.config().contains("  release: \"3.15\"\n"), "{}", world.config());
    world.build(0);
}

#[test]
fn a_build_refuses_what_the_command_refuses() {
    for (from, to, wanted) in [
        ("3.15", "3.18", "reg-quay-mirror and reg-quay-app would run while the migration to 3.18 changes its database"),
        ("3.15", "3.14", "its database cannot be taken back"),
        ("3.10", "3.18", "3.10 is not upgraded to 3.18 in one step"),
    ] {
        let world = World::new(from);
        world.build(0);
        let old = fs::read(world.0.path().join("out/quay-render.lock")).unwrap();
        let text = world.config().replace(&format!("\"{from}\""), &format!("\"{to}\""));
        fs::write(world.file(), text).unwrap();
        for force in [&["build", "reg", "--out", "out"][..], &["build", "reg", "--out", "out", "--force"]] {
            let said = world.run(1, force);
            assert!(
                said.contains("error[output-release]: out/quay-render.lock:1:1: ") && said.contains(wanted),
                "{said}"
            );
        }
        assert!(world.run(2, &["build", "reg", "--out", "out", "--check"]).contains(wanted));
        assert_eq!(fs::read(world.0.path().join("out/quay-render.lock")).unwrap(), old);
        if to != "3.18" || from == "3.10" {
            let world = World::new(from);
            assert!(world.run(1, &["upgrade", "reg", "--to", to]).contains(wanted));
        }
    }
}

#[test]
fn what_the_operator_said_is_running_counts_too() {
    let world = World::new("3.18");
    let registry = world.0.path().join("reg/quayregistry.yaml");
    let text = fs::read_to_string(&registry).unwrap();
    for (running, code, wanted) in [
        ("3.15.2", 0, ""),
        ("3.9.1", 1, "error[release-path]: reg/quayregistry.yaml:15:19: status.currentVersion: 3.9.1 is not upgraded"),
        ("3.99.0", 1, "error[release-downgrade]: "),
    ] {
        fs::write(&registry, format!("{text}status:\n  currentVersion: {running}\n")).unwrap();
        let said = world.run(code, &["validate", "reg"]);
        assert!(said.contains(wanted), "{said}");
    }
    world.run(1, &["releases", "diff", "3.15", "3.18", "reg"]);
}

#[test]
fn what_cannot_be_edited_is_left_to_the_user() {
    let world = World::new("3.15");
    let flow = "{apiVersion: quay-render.dev/v1alpha1, kind: RenderConfig, spec: {release: \"3.15\", secrets: {mode: \
                referenced}, cluster: {platform: openshift, appsDomain: apps.example.com}}}\n";
    fs::write(world.file(), flow).unwrap();
    let said = world.run(2, &["upgrade", "reg", "--to", "3.16"]);
    assert!(said.contains("write it yourself: spec.paused: true"), "{said}");
    assert_eq!(world.config(), flow);
    assert!(world.run(2, &["upgrade", "-", "--to", "3.16"]).contains("name a directory or a file"));
}
