//! A folder of registries that a test builds, changes and builds again.

use super::{example, quay_render};
use crate::support::files::copy;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use tempfile::TempDir;

/// The output of a run and its exit code.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Checks that it succeeded, and returns its output.
    pub fn well(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    /// Checks that it was refused, with each of these texts in its output.
    pub fn refused(self, parts: &[&str]) -> Self {
        assert_eq!(self.code, 1, "{}{}", self.stdout, self.stderr);
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is not in\n{}", self.stderr);
        }
        self
    }
}

/// The example's input in a directory of its own, and a directory for its output.
pub struct World {
    pub folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let world = Self { folder: tempfile::tempdir().unwrap() };
        copy(&example("fleet"), &world.input());
        world
    }

    /// The same with its output.
    pub fn built() -> Self {
        let world = Self::new();
        world.build(&[]).well();
        world
    }

    pub fn input(&self) -> PathBuf {
        self.folder.path().join("registries")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("deploy")
    }

    /// A command in the folder that holds both, so that its output has relative paths.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(quay_render().args(arguments).current_dir(self.folder.path()).output().unwrap())
    }

    pub fn build(&self, options: &[&str]) -> Ran {
        self.run(&[&["build", "registries", "--out", "deploy"], options].concat())
    }

    pub fn check(&self) -> Ran {
        self.build(&["--check"])
    }

    pub fn put(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    pub fn has(&self, path: &str) -> bool {
        self.folder.path().join(path).symlink_metadata().is_ok()
    }

    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert!(text.contains(from), "{path}: {text}");
        self.put(path, &text.replace(from, to));
    }

    pub fn remove(&self, path: &str) {
        fs::remove_dir_all(self.folder.path().join(path)).unwrap();
    }

    pub fn tree(&self) -> Tree {
        tree(&self.out())
    }
}

/// The files below a directory.
pub type Tree = BTreeMap<String, Vec<u8>>;

pub fn tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    files.map(|entry| (name(entry.path()), fs::read(entry.path()).unwrap())).collect()
}

/// A QuayRegistry.
pub fn registry(name: &str, namespace: &str) -> String {
    format!("apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata:\n  name: {name}\n  namespace: {namespace}\n")
}

/// A RenderConfig with these lines in its spec.
pub fn config(spec: &str) -> String {
    format!("apiVersion: quay-render.dev/v1alpha1\nkind: RenderConfig\nspec:\n{spec}")
}
