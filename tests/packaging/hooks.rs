//! The hooks, run by pre-commit itself, offline: the repository is a local clone, and cargo a stand-in that installs
//! the program with which the tests were built.

use super::{CARGO, PROGRAM, path_with, succeeds};
use crate::support::files::copy;
use crate::support::repository;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A repository with the hooks, one of a user, and the programs on pre-commit's path.
struct Workshop {
    folder: tempfile::TempDir,
    path: String,
}

impl Workshop {
    fn new(has_program: bool, stand_ins: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = path_with(&folder.path().join("path"), has_program, stand_ins);
        let workshop = Self { folder, path };
        for name in ["hooks", "user"] {
            fs::create_dir(workshop.at(name)).unwrap();
            succeeds(&mut workshop.command("git", &["init", "--quiet"], name), "");
        }
        copy(&repository().join(".pre-commit-hooks.yaml"), &workshop.at("hooks/.pre-commit-hooks.yaml"));
        workshop.commit("hooks");
        workshop
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>, arguments: &[&str], folder: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.at(folder)).env_clear().env("PATH", &self.path);
        command.env("HOME", self.at("home")).env("PRE_COMMIT_HOME", self.at("home/pre-commit"));
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("NOTES", self.at("notes")).env("PROGRAM", PROGRAM);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "t").env(format!("GIT_{role}_EMAIL"), "t@example.com");
        }
        command
    }

    fn commit(&self, folder: &str) {
        succeeds(&mut self.command("git", &["add", "--all"], folder), "");
        succeeds(&mut self.command("git", &["commit", "--quiet", "-m", "state"], folder), "");
    }

    fn pre_commit(&self, arguments: &[&str]) -> Output {
        let program = pre_commit();
        self.command(program, arguments, "user").output().unwrap()
    }

    /// The configuration in `docs/ci.md`, for this local repository of hooks.
    fn configure(&self, more: &str) {
        let page = fs::read_to_string(repository().join("docs/ci.md")).unwrap();
        let block = page.split("```yaml\n# .pre-commit-config.yaml\n").nth(1).unwrap().split("```").next().unwrap();
        let revision = succeeds(&mut self.command("git", &["rev-parse", "HEAD"], "hooks"), "");
        let text = block.replace("https://git.example.com/OWNER/quay-render", self.at("hooks").to_str().unwrap());
        let text = text.replace("REVISION", revision.trim()).replace("    args:", &format!("{more}    args:"));
        fs::write(self.at("user/.pre-commit-config.yaml"), text).unwrap();
    }

    /// A registry, and its up-to-date output.
    fn write_registry(&self) {
        copy(&repository().join("examples/referenced"), &self.at("user/my-registry"));
        let build = ["build", "my-registry", "--out", "deploy/my-registry"];
        succeeds(&mut self.command(PROGRAM, &build, "user"), "");
        self.commit("user");
    }
}

/// pre-commit, as `.ci/setup` installs it.
fn pre_commit() -> PathBuf {
    let variable = std::env::var_os("QUAY_RENDER_TEST_PRE_COMMIT");
    let path = variable.map_or_else(|| repository().join("target/test-pre-commit/bin/pre-commit"), PathBuf::from);
    assert!(
        path.is_file(),
        "this test needs pre-commit at {}: run .ci/setup, which makes it, or set QUAY_RENDER_TEST_PRE_COMMIT",
        path.display()
    );
    path
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

fn edit(path: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(path).unwrap();
    assert!(text.contains(old), "{text}");
    fs::write(path, text.replace(old, new)).unwrap();
}

#[test]
fn the_hooks_of_the_page_pass_and_refuse() {
    // Built by pre-commit, then the one on the path.
    for (more, has_program) in [("", false), ("    language: system\n", true)] {
        let stand_ins = [("cargo", CARGO)];
        let workshop = Workshop::new(has_program, if has_program { &[] } else { &stand_ins });
        workshop.write_registry();
        workshop.configure(more);
        workshop.commit("user");
        let passed = workshop.pre_commit(&["run", "--all-files"]);
        assert!(passed.status.success(), "{}", said(&passed));
        assert_eq!(said(&passed).matches("Passed").count(), 2, "{}", said(&passed));
        let notes = fs::read_to_string(workshop.at("notes")).unwrap_or_default();
        assert_eq!(
            notes.lines().filter(|line| line.starts_with("install ")).count(),
            usize::from(!has_program),
            "{notes}"
        );
        let config = workshop.at("user/my-registry/config-bundle/config.yaml");
        edit(&config, "LDAP_UID_ATTR: uid", "LDAP_UID_ATTR: name");
        let differs = workshop.pre_commit(&["run", "--all-files"]);
        assert!(!differs.status.success() && said(&differs).contains("changed join/configmap-"), "{}", said(&differs));
        edit(&config, "LDAP_BASE_DN:", "LDAP_BASE_DM:");
        let refused = workshop.pre_commit(&["run", "quay-render-validate", "--all-files"]);
        assert!(!refused.status.success() && said(&refused).contains("error[ldap]"), "{}", said(&refused));
    }
}

#[test]
fn pre_commit_takes_the_list_of_hooks() {
    let workshop = Workshop::new(false, &[]);
    let list = repository().join(".pre-commit-hooks.yaml");
    let checked = workshop.pre_commit(&["validate-manifest", list.to_str().unwrap()]);
    assert!(checked.status.success(), "{}", said(&checked));
}

#[test]
fn the_hooks_can_be_tried_on_a_registry_at_the_top() {
    let workshop = Workshop::new(false, &[("cargo", CARGO)]);
    copy(&repository().join("examples/referenced"), &workshop.at("user/registry"));
    for entry in fs::read_dir(workshop.at("user/registry")).unwrap().map(Result::unwrap) {
        fs::rename(entry.path(), workshop.at("user").join(entry.file_name())).unwrap();
    }
    fs::remove_dir(workshop.at("user/registry")).unwrap();
    succeeds(&mut workshop.command(PROGRAM, &["build", ".", "--out", "deploy"], "user"), "");
    workshop.commit("user");
    let hooks = workshop.at("hooks");
    let tried = workshop.pre_commit(&["try-repo", hooks.to_str().unwrap(), "--all-files"]);
    assert!(tried.status.success() && said(&tried).matches("Passed").count() == 2, "{}", said(&tried));
}
