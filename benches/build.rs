//! `build` of the minimal example against `cp -r` of its output and `kubectl kustomize` of it, and `validate` against the start
//! of the process, in turn on one machine.
//!
//! `cargo bench` prints medians of whole processes and their ratios. Nothing is asserted: a number depends on the
//! machine, and on what else it does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and may fail loudly"
)]

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

/// `validate` of a bundle in which every field of the table has its default, against the start of the process alone.
fn validation(folder: &Path) -> (Duration, Duration) {
    let mut config = serde_json::Map::new();
    for fact in quay_render::model::schema::fields().iter().filter(|fact| !fact.name.starts_with('<')) {
        let default = serde_json::from_str(fact.default).unwrap_or_else(|_| "none".into());
        config.insert(fact.name.to_owned(), default);
    }
    fs::write(folder.join("config.yaml"), serde_json::to_string_pretty(&config).unwrap()).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        command.status().expect("the command starts");
        start.elapsed()
    };
    let bundle = folder.to_string_lossy().into_owned();
    let (mut checks, mut starts) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        checks.push(run(&["validate", &bundle]));
        starts.push(run(&["--version"]));
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
    let bundle = folder.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    let (check, start) = validation(&bundle);
    println!("validate of every field     {check:>10.2?}  {:.2} times --version", ratio(check, start));
    if let Some(kib) = memory(&input, &folder.path().join("memory")) {
        println!("memory of build             {:>7.1} MiB", kib as f64 / 1024.0);
    }
}
