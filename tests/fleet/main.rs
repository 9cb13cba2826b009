//! Many registries, from outside: what is written where, what refuses all of it, and what happens over time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

mod build;
#[path = "../support/files.rs"]
mod files;
mod gone;
mod history;
mod killed;
mod paths;
mod refused;
mod shared;

use files::copy;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quay-render"))
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fleet")
}

/// What a run printed and how it ended.
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Checks that it ended well, and gives what it said.
    fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Checks that it was refused, and that each of these is in what it said.
    fn refused(self, parts: &[&str]) -> Self {
        assert_eq!(self.code, 1, "{}{}", self.stdout, self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in\n{}", self.stderr);
        }
        self
    }
}

/// The example's input in a directory of its own, and a place for its output.
struct World {
    folder: TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        copy(&example(), &world.input());
        world
    }

    /// With the output that belongs to it.
    fn built() -> Self {
        let world = Self::new();
        world.build(&[]).well();
        world
    }

    fn input(&self) -> PathBuf {
        self.folder.path().join("registries")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("deploy")
    }

    /// A command in the folder that holds both, so that what it says names relative paths.
    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(program().args(arguments).current_dir(self.folder.path()).output().unwrap())
    }

    fn build(&self, options: &[&str]) -> Ran {
        self.run(&[&["build", "registries", "--out", "deploy"], options].concat())
    }

    fn check(&self) -> Ran {
        self.build(&["--check"])
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn has(&self, path: &str) -> bool {
        self.folder.path().join(path).symlink_metadata().is_ok()
    }

    fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path}: {text}");
        self.put(path, &text.replace(from, to));
    }

    fn remove(&self, path: &str) {
        fs::remove_dir_all(self.folder.path().join(path)).unwrap();
    }

    fn tree(&self) -> Tree {
        tree(&self.out())
    }
}

/// The files below a directory.
type Tree = BTreeMap<String, Vec<u8>>;

fn tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    files.map(|entry| (name(entry.path()), fs::read(entry.path()).unwrap())).collect()
}

/// A QuayRegistry.
fn registry(name: &str, namespace: &str) -> String {
    format!("apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: {name}\n  namespace: {namespace}\n")
}

/// A RenderConfig with these lines in its spec.
fn config(spec: &str) -> String {
    format!("apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n{spec}")
}
