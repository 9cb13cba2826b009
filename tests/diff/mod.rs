//! `build --check` and `diff` from outside: what they print, what they end in, and that no secret is in it.

mod assigned;
mod check;
mod nested;
mod secrets;
mod sides;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_quay-render"))
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Builds an example into a directory.
fn build(name: &str, out: &Path) {
    let built = program().arg("build").arg(example(name)).arg("--out").arg(out).output().unwrap();
    assert!(built.status.success(), "{}", stderr(&built));
}
