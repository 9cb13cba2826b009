//! A pod stops while one of its programs works: the hook, then SIGTERM.

use crate::support::process::{Script, command, must, program, until};
use crate::support::wait::component;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// A container from the view of its programs: a folder of processes.
struct Container {
    folder: tempfile::TempDir,
}

impl Container {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("proc")).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program with this name, which works until the file `done` exists and prints how it ended.
    fn start(&self, name: &str, at_sigterm: &str) -> Script {
        let text = format!(
            "trap '{at_sigterm}' TERM\nprintf '%s\\n' $$ >pid\n\
             until [[ -e done ]]; do sleep 0.05; done\nprintf 'all of it\\n'\n"
        );
        fs::write(self.path(name), text).unwrap();
        let mut command = command(&program("bash"));
        command.current_dir(self.folder.path()).arg(self.path(name)).args(["upgrade", "head"]);
        let script = Script::start(&mut command, &[]);
        until("the program", || fs::read_to_string(self.path("pid")).is_ok_and(|pid| pid.ends_with('\n')));
        let pid = fs::read_to_string(self.path("pid")).unwrap();
        symlink(format!("/proc/{}", pid.trim()), self.path("proc").join(pid.trim())).unwrap();
        script
    }

    fn hook(&self, arguments: &[&str]) -> Script {
        let mut command = command(&program("bash"));
        command.arg(component("quay/files/finish.sh")).args(arguments).env("PROC", self.path("proc"));
        Script::start(&mut command, &[])
    }
}

#[test]
fn a_migration_ends_before_its_pod_does() {
    let container = Container::new();
    let migration = container.start("alembic", "exit 1");
    let mut hook = container.hook(&["30", "alembic"]);
    hook.prints("the pod is to stop: alembic ends its work first");
    fs::write(container.path("done"), "").unwrap();
    hook.ends().with(0, &["finish: alembic has ended"]);
    migration.ends().with(0, &["all of it"]);
}

/// SIGTERM alone, without the hook, to show that the test above can fail.
#[test]
fn without_the_hook_a_migration_is_cut() {
    let migration = Container::new().start("alembic", "exit 1");
    migration.terminate();
    let ended = migration.ends();
    assert!(ended.code != Some(0) && !ended.output.contains("all of it"), "{}", ended.output);
}

/// A worker that does one task after the other is told to start no more.
#[test]
fn a_worker_is_told_to_end_and_ends_its_work() {
    let container = Container::new();
    let name = "workers.repomirrorworker.repomirrorworker";
    let worker = container.start(name, ": >told");
    let hook = container.hook(&["30", name, "TERM"]);
    until("the signal", || container.path("told").exists());
    fs::write(container.path("done"), "").unwrap();
    hook.ends().with(0, &["has ended"]);
    worker.ends().with(0, &["all of it"]);
}

#[test]
fn the_hook_ends_in_time_whatever_runs() {
    let container = Container::new();
    container.hook(&["30", "alembic"]).ends().with(0, &["finish: alembic does not run"]);
    let _other = container.start("alembics", "exit 1");
    container.hook(&["30", "alembic"]).ends().with(0, &["finish: alembic does not run"]);
    let container = Container::new();
    let _migration = container.start("alembic", "exit 1");
    container.hook(&["0", "alembic"]).ends().with(0, &["alembic is cut: it has not ended within 0 s"]);
}

/// The hook's own command line contains the name, but the hook does not wait for itself.
#[test]
fn the_hook_does_not_wait_for_itself() {
    let mut command = command(&program("bash"));
    command.arg(component("quay/files/finish.sh")).args(["30", "no-program-of-this-name"]);
    Script::start(&mut command, &[]).ends().with(0, &["does not run"]);
    must(crate::support::process::command(&program("bash")).arg("-n").arg(component("quay/files/finish.sh")));
}
