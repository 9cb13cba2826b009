//! Called by kpt itself.

use crate::support::examples::built;
use crate::support::golden::{Tree, read_tree};
use crate::support::krm::{LOCAL, applied, documents, expected, identity};
use crate::support::repository;
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const KPTFILE: &str = "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: package\n";
const OTHERS: &str = "# a comment of ours\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine # and another\ndata:\n  \
                      yes: \"no\"\n  count: '0123'\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata:\n  name: thing\nspec:\n  \
                      octal: 0644\n  large: 123456789012345678901234567890\n  float: 1.50\n  y: 1\n  day: 2001-01-01\n";

/// Runs kpt in a folder; if it is missing, the test fails, because it would otherwise prove nothing.
fn kpt(folder: &Path, arguments: &[&str]) -> Output {
    let mut kpt = Command::new("kpt");
    kpt.args(arguments).current_dir(folder).env("HOME", folder);
    kpt.output().unwrap_or_else(|error| panic!("this test needs kpt, which comes from no package registry: {error}"))
}

fn eval(folder: &Path) -> Output {
    kpt(folder, &["fn", "eval", "package", "--exec", concat!(env!("CARGO_BIN_EXE_quay-render"), " krm")])
}

fn succeeds(output: &Output) {
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert_eq!(output.status.code(), Some(0), "{said}");
}

/// A package with the files of an example and one of somebody else.
fn package(case: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    fs::create_dir_all(package.join("others")).unwrap();
    fs::write(package.join("Kptfile"), KPTFILE).unwrap();
    fs::write(package.join("others/mine.yaml"), OTHERS).unwrap();
    for entry in fs::read_dir(repository().join("examples").join(case)).unwrap().map(Result::unwrap) {
        let text = fs::read_to_string(entry.path()).unwrap();
        // kpt asks for a name.
        let text = text.replace("kind: RenderConfig\n", "kind: RenderConfig\nmetadata:\n  name: facts\n");
        fs::write(package.join(entry.file_name()), text).unwrap();
    }
    folder
}

fn files(folder: &tempfile::TempDir) -> Tree {
    read_tree(&folder.path().join("package"))
}

fn objects(tree: &Tree) -> Vec<Json> {
    let made = |path: &Path| path.components().count() == 2 && !path.starts_with("others");
    tree.iter().filter(|(path, _)| made(path)).flat_map(|(_, text)| documents(text)).collect()
}

#[test]
fn kpt_writes_the_files_of_build_and_then_changes_nothing() {
    for case in ["kubernetes", "minimal", "external"] {
        let folder = package(case);
        succeeds(&eval(folder.path()));
        let first = files(&folder);
        assert_eq!(first[Path::new("others/mine.yaml")], OTHERS, "{case}: nothing of others is touched");
        let mut wanted = built(case);
        wanted.retain(|path, _| path.components().count() == 2);
        let mut made = first.clone();
        made.retain(|path, _| path.components().count() == 2 && !path.starts_with("others"));
        assert_eq!(made.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{case}");
        for (path, text) in &made {
            assert_eq!(documents(text), documents(&wanted[path]), "{case} {}", path.display());
        }
        let inputs = first.iter().filter(|(path, _)| path.components().count() == 1);
        for input in inputs.filter(|(path, _)| *path != Path::new("Kptfile")).flat_map(|(_, text)| documents(text)) {
            assert_eq!(input["metadata"]["annotations"], json!({LOCAL: "true"}), "{case} {}", identity(&input));
        }
        assert!(first[Path::new("quayregistry.yaml")].starts_with('#'), "{case}: comments stay");
        succeeds(&eval(folder.path()));
        assert_eq!(files(&folder), first, "{case}");
    }
}

#[test]
fn kpt_removes_what_is_no_longer_made() {
    let folder = package("minimal");
    succeeds(&eval(folder.path()));
    let registry = folder.path().join("package/quayregistry.yaml");
    let text = fs::read_to_string(&registry).unwrap();
    fs::write(&registry, format!("{text}spec:\n  components:\n  - kind: clair\n    managed: false\n")).unwrap();
    succeeds(&eval(folder.path()));
    let after = files(&folder);
    assert!(after.keys().all(|path| !path.starts_with("clair")), "{:#?}", after.keys());
    let mut wanted = expected("unmanaged-clair");
    wanted.retain(|object| object["kind"] == "Route");
    let routes: Vec<Json> = applied(&objects(&after)).into_iter().filter(|object| object["kind"] == "Route").collect();
    assert_eq!(routes.len(), wanted.len());
}

#[test]
fn kpt_shows_a_refusal_and_leaves_the_package() {
    let folder = package("kubernetes");
    succeeds(&eval(folder.path()));
    let registry = folder.path().join("package/quayregistry.yaml");
    let text = fs::read_to_string(&registry).unwrap();
    fs::write(&registry, text.replace("kind: route", "kind: rout").replace("kind: objectstorage", "kind: storge"))
        .unwrap();
    let before = files(&folder);
    let output = eval(folder.path());
    assert_ne!(output.status.code(), Some(0));
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(said.contains("[error] quay.redhat.com/v1/QuayRegistry/"), "{said}");
    assert!(
        said.contains("spec.components[") && said.contains("unknown component") && said.contains("Exit code: 1"),
        "{said}"
    );
    assert_eq!(files(&folder), before);
}

#[test]
fn kpt_renders_a_pipeline_with_the_render_config_as_its_configuration() {
    let folder = package("kubernetes");
    let pipeline = format!(
        "{KPTFILE}pipeline:\n  mutators:\n  - exec: {} krm\n    configPath: render-config.yaml\n",
        env!("CARGO_BIN_EXE_quay-render")
    );
    fs::write(folder.path().join("package/Kptfile"), pipeline).unwrap();
    for _ in 0..2 {
        succeeds(&kpt(folder.path(), &["fn", "render", "package", "--allow-exec"]));
        assert_eq!(applied(&objects(&files(&folder))), expected("kubernetes"));
    }
}
