//! What `.ci/release` makes, without the optimization of a release: a program that runs with nothing beside it, the same bytes
//! for the same commit, and a bill of materials that names what is in it.

use super::{PROGRAM, inside, run, succeeds};
use crate::support::repository;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const VERSION: &str = env!("CARGO_PKG_VERSION");
const TARGET: &str = "x86_64-unknown-linux-gnu";

fn name() -> String {
    format!("quay-render-{VERSION}-{TARGET}")
}

fn release(folder: &Path) {
    let mut command = Command::new(repository().join(".ci/release"));
    command.arg(folder).arg("dev").env("SOURCE_DATE_EPOCH", "1700000000").env_remove("CARGO_TARGET_DIR");
    succeeds(&mut command, "");
}

/// What a program prints, without what it says to its user.
fn printed(command: &mut Command) -> String {
    let output = run(command, "");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The packages that cargo compiles into the program, as `name version`.
fn packages() -> BTreeSet<String> {
    let mut tree = Command::new(env!("CARGO"));
    tree.current_dir(repository()).args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"]);
    let printed = printed(tree.args(["--target", TARGET, "--format", "{p}"]));
    let words = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ").replace(" v", " ");
    printed.lines().filter(|line| !line.is_empty()).map(words).collect()
}

/// The folder with a release, made once, and unpacked.
fn files() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let folder = repository().join("target/test-release");
        let _there_was_none = fs::remove_dir_all(&folder);
        release(&folder);
        let archive = folder.join(format!("{}.tar.gz", name()));
        succeeds(Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&folder), "");
        folder
    })
}

/// What is in its archive.
pub fn released() -> PathBuf {
    files().join(name())
}

/// The files that cargo packages, one a line.
pub fn listed() -> String {
    let list = ["package", "--list", "--allow-dirty", "--offline"];
    printed(Command::new(env!("CARGO")).current_dir(repository()).args(list))
}

#[test]
fn a_release_runs_alone_and_says_what_is_in_it() {
    let sums = format!("SHA256SUMS-{TARGET}");
    let made = BTreeSet::from([
        format!("{}.tar.gz", name()),
        format!("quay-render-{VERSION}.crate"),
        format!("{}.cdx.json", name()),
        sums.clone(),
    ]);
    assert_eq!(names(files()), &made | &BTreeSet::from([name()]));
    succeeds(Command::new("sha256sum").args(["--check", "--strict", &sums]).current_dir(files()), "");
    assert_eq!(fs::read_to_string(files().join(&sums)).unwrap().lines().count(), 3);

    let wanted = ["CHANGELOG.md", "LICENSE", "README.md", "completions", "man", "quay-render"];
    assert_eq!(names(&released()), wanted.map(str::to_owned).into());
    assert!(names(&released().join("man")).contains("quay-render-build.1"));
    assert_eq!(names(&released().join("completions")).len(), 3);
    let version_of = |command: &mut Command| succeeds(command.arg("--version"), "");
    let alone = version_of(&mut inside(&released(), &["/quay-render".to_owned()]));
    assert_eq!(alone, version_of(&mut Command::new(PROGRAM)));

    let again = tempfile::tempdir().unwrap();
    release(again.path());
    for file in &made {
        let bytes = [files(), again.path()].map(|folder| fs::read(folder.join(file)).unwrap());
        assert!(bytes[0] == bytes[1], "{file} differs between two runs");
        let root = repository().canonicalize().unwrap().to_str().unwrap().to_owned();
        assert!(memchr::memmem::find(&bytes[0], root.as_bytes()).is_none(), "{file} names {root}");
    }
}

#[test]
fn the_bill_of_materials_names_each_package_of_the_program() {
    let bill: Json = serde_json::from_slice(&fs::read(files().join(format!("{}.cdx.json", name()))).unwrap()).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let said = |component: &Json| Some(format!("{} {}", component["name"].as_str()?, component["version"].as_str()?));
    let mut listed: BTreeSet<String> = bill["components"].as_array().unwrap().iter().filter_map(said).collect();
    listed.extend(said(&bill["metadata"]["component"]));
    let compiled = packages();
    assert!(compiled.len() > 50 && compiled.is_subset(&listed), "{:?}", compiled.difference(&listed));
}

/// The crate builds from what is in it: every file that the source includes is packaged.
#[test]
fn the_crate_has_every_file_that_its_source_includes() {
    let listed = listed();
    let listed: BTreeSet<&str> = listed.lines().collect();
    let tracked = succeeds(Command::new("git").current_dir(repository()).args(["ls-files", "src", "components"]), "");
    let missing: Vec<&str> = tracked.lines().filter(|file| !listed.contains(file)).collect();
    assert!(missing.is_empty(), "not packaged: {missing:?}");
    // What stands outside of both folders and is read by include_str!, from a file two or three folders deep.
    let found = run(
        Command::new("grep").current_dir(repository()).args([
            "-rhoE",
            r#"include_str!\("(\.\./)+(docs|golden|examples)[^"]*"#,
            "src",
        ]),
        "",
    );
    let found = String::from_utf8(found.stdout).unwrap();
    let outside: BTreeSet<&str> = found.lines().map(|line| line.rsplit_once("../").unwrap().1).collect();
    assert!(!outside.is_empty() && outside.iter().all(|file| listed.contains(file)), "{outside:?}");
    for file in ["LICENSE", "README.md", "build.rs", "Cargo.lock"] {
        assert!(listed.contains(file), "{file} is not packaged");
    }
    for stray in ["Dockerfile", "action.yml", ".gitignore", "tests/fast.rs", "deny.toml"] {
        assert!(!listed.contains(stray), "{stray} is packaged");
    }
}
