//! `build` of the minimal example against `cp -r` of its output and `kubectl kustomize` of it, and `validate` against the start
//! of the process, in turn on one machine.
//!
//! `cargo bench` prints medians of whole processes and their ratios. Nothing is asserted: a number depends on the
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
#[allow(dead_code, reason = "shared with the tests of late binding")]
mod every_field;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 41;

fn time(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status().expect("the command starts").success(), "{command:?}");
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The largest resident memory of one build in KiB, as the kernel's accounting has it.
fn memory(input: &Path, out: &Path) -> Option<u64> {
    let script = "import resource, subprocess, sys\n\
        subprocess.run(sys.argv[1:], check=True, stderr=subprocess.DEVNULL)\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let output = Command::new("python3")
        .args(["-c", script, env!("CARGO_BIN_EXE_quay-render"), "build"])
        .arg(input)
        .arg("--out")
        .arg(out)
        .output()
        .ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// `validate` of a valid bundle with every field of the tables, against the start of the process alone.
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
    let ratio = |a: Duration, b: Duration| a.as_secs_f64() / b.as_secs_f64();
    println!("build into a new directory  {fresh:>10.2?}  {:.2} times cp -r", ratio(fresh, copies));
    println!("build again, unchanged      {again:>10.2?}  {:.2} times cp -r", ratio(again, copies));
    println!("cp -r of the output         {copies:>10.2?}");
    println!("kubectl kustomize of it     {kustomize:>10.2?}  {:.1} times build", ratio(kustomize, fresh));
    let (check, start) = validation(&folder.path().join("bundle"));
    println!("validate of every field     {check:>10.2?}  {:.2} times --version", ratio(check, start));
    if let Some(kib) = memory(&input, &folder.path().join("memory")) {
        println!("memory of build             {:>7.1} MiB", kib as f64 / 1024.0);
    }
}
