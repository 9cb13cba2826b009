//! What the benchmarks measure with.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a command takes.
pub fn time(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status().expect("the command starts").success(), "{command:?}");
    start.elapsed()
}

/// The one in the middle.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The largest resident memory of one build in KiB, as the kernel's accounting has it.
pub fn memory(input: &Path, out: &Path) -> Option<u64> {
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

/// How many times one is the other.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
