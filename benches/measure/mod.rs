//! Measurements for the benchmarks.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4 as _;

/// How long a command takes.
pub fn time(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status().expect("the command starts").success(), "{command:?}");
    start.elapsed()
}

/// The median.
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The largest resident memory of one build in bytes, of this process only.
pub fn memory(input: &Path, out: &Path) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    command.arg("build").arg(input).arg("--out").arg(out).stdout(Stdio::null()).stderr(Stdio::null());
    let ended = command.spawn().and_then(|child| child.wait4()).expect("the command starts");
    assert!(ended.status.success(), "{command:?}");
    ended.rusage.maxrss
}

/// The ratio of two durations.
pub fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}
