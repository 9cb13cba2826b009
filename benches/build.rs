//! Compares `build` of the minimal example with `cp -r` of its output and `kubectl kustomize` of it, and `validate`
//! with the start of the process, in turn on one machine.
//!
//! `cargo bench` prints medians of whole processes and their ratios. Nothing is asserted: numbers depend on the
//! machine, and on what else it does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and may fail loudly"
)]

#[path = "../tests/support/every_field.rs"]
#[allow(dead_code, reason = "the tests use the rest of it")]
mod every_field;
mod measure;

use measure::{median, memory, ratio, time};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const ROUNDS: usize = 41;

/// `validate` of a valid bundle with every field of the tables, and the start of the process alone.
fn validation(bundle: &Path) -> (Duration, Duration) {
    fs::create_dir(bundle).unwrap();
    let config = every_field::yaml(&every_field::Maker::new(1).every_field());
    fs::write(bundle.join("config.yaml"), config).unwrap();
    for (name, bytes) in every_field::files() {
        fs::write(bundle.join(name), bytes).unwrap();
    }
    let program = || Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let (mut checks, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        checks.push(time(program().arg("validate").arg(bundle)));
        starts.push(time(program().arg("--version")));
    }
    (median(checks), median(starts))
}

fn main() {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/minimal");
    let folder = tempfile::tempdir().unwrap();
    let (out, copy, reference) =
        (folder.path().join("out"), folder.path().join("copy"), folder.path().join("reference"));
    let build = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        command.arg("build").arg(&input).arg("--out").arg(out);
        command
    };
    time(&mut build(&reference));
    let (mut fresh, mut again, mut copies, mut kustomize) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        fresh.push(time(&mut build(&out)));
        again.push(time(&mut build(&out)));
        copies.push(time(Command::new("cp").arg("-r").arg(&reference).arg(&copy)));
        kustomize.push(time(Command::new("kubectl").arg("kustomize").arg(&reference)));
        fs::remove_dir_all(&out).unwrap();
        fs::remove_dir_all(&copy).unwrap();
    }
    let (fresh, again, copies, kustomize) = (median(fresh), median(again), median(copies), median(kustomize));
    println!("build into a new directory  {fresh:>10.2?}  {:.2} times cp -r", ratio(fresh, copies));
    println!("build again, unchanged      {again:>10.2?}  {:.2} times cp -r", ratio(again, copies));
    println!("cp -r of the output         {copies:>10.2?}");
    println!("kubectl kustomize of it     {kustomize:>10.2?}  {:.1} times build", ratio(kustomize, fresh));
    let (check, start) = validation(&folder.path().join("bundle"));
    println!("validate of every field     {check:>10.2?}  {:.2} times --version", ratio(check, start));
    let bytes = memory(&input, &folder.path().join("memory"));
    println!("memory of build             {:>7.1} MiB", bytes as f64 / f64::from(1 << 20));
}
