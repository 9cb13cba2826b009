//! `build --check` and `diff` from outside: their output, their exit codes, and that no secret is in them.

mod assigned;
mod check;
mod nested;
mod secrets;
mod sides;

use crate::support::{example, quay_render};
use std::path::Path;
use std::process::Output;

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// Builds an example into a directory.
fn build(name: &str, out: &Path) {
    let built = quay_render().arg("build").arg(example(name)).arg("--out").arg(out).output().unwrap();
    assert!(built.status.success(), "{}", stderr(&built));
}
