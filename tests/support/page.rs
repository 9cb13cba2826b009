//! A page of `docs/` that is followed: its blocks of shell, run as they stand.

use super::process::must;
use super::repository;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A person's computer: a home, a folder to work in, and the programs that the page calls.
pub struct Computer {
    folder: tempfile::TempDir,
}

impl Computer {
    /// With git, with quay-render, which notes how each call ends, and with a kubectl that does what this shell script does.
    pub fn new(kubectl: &str) -> Self {
        let computer = Self { folder: tempfile::tempdir().unwrap() };
        for folder in ["bin", "home", "work"] {
            fs::create_dir(computer.at(folder)).unwrap();
        }
        let calls = computer.at("calls").display().to_string();
        let program = env!("CARGO_BIN_EXE_quay-render");
        let quay_render = format!("\"{program}\" \"$@\"\ncode=$?\necho \"$code $*\" >>\"{calls}\"\nexit $code\n");
        for (name, script) in [("quay-render", quay_render.as_str()), ("kubectl", kubectl)] {
            let path = computer.at("bin").join(name);
            fs::write(&path, format!("#!/bin/bash\n{script}")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        computer
    }

    /// The same, with the input of `my-registry` and its output committed; `init` has more arguments of `quay-render init`.
    pub fn with_registry(kubectl: &str, init: &str) -> Self {
        let computer = Self::new(kubectl);
        computer.run(&format!(
            "git init --quiet\nquay-render init my-registry --apps-domain apps.example.com{init}\nquay-render build my-registry --out deploy/my-registry\n\
             git add .\ngit commit --quiet --message 'Add my-registry'"
        ));
        computer
    }

    /// A path on it: below `home`, `work`, or next to them.
    pub fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs a script in the folder to work in; each command must succeed but for those of quay-render, whose exit codes are
    /// returned with their arguments.
    pub fn run(&self, script: &str) -> Vec<String> {
        let _none_yet = fs::remove_file(self.at("calls"));
        let may_end = |line: &str| {
            if line.starts_with("quay-render ") { format!("{line} || true\n") } else { format!("{line}\n") }
        };
        let script: String = script.lines().map(may_end).collect();
        let path = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command.args(["-e", "-c", &script]).current_dir(self.at("work")).env("PATH", path).env("HOME", self.at("home"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "tests").env(format!("GIT_{who}_EMAIL"), "tests@example.com");
        }
        must(&mut command);
        let calls = fs::read_to_string(self.at("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }
}

/// The blocks of shell of a page, in their order.
pub fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join(Path::new("docs")).join(page)).unwrap();
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(block, _)| block.to_owned()).collect()
}
