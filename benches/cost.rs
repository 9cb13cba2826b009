//! What each command costs as its input grows: for every kind of input the exponent of the CPU seconds, and the largest
//! resident memory.
//!
//! `cargo bench --bench cost [WORDS]` measures what has one of the words in its name, or everything, and prints a table. It
//! ends in a failure where the cost grows faster than the size to the power of 1.1, or the memory beyond 64 MiB and 16 times
//! the input. Seconds of the CPU, and the exponent of them, are compared within one run on one machine: neither what else
//! the machine does nor how fast it is changes much.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark measures and may fail loudly"
)]

#[path = "cost/kinds.rs"]
mod kinds;

use kinds::{Case, Grows, KINDS, Kind};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use wait4::Wait4 as _;

/// The sizes of an input, in bytes.
const SIZES: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// The largest exponent, and the memory for nothing and for each byte.
const EXPONENT: f64 = 1.1;
const MEMORY: usize = 64 << 20;
const MEMORY_EACH: usize = 16;
/// What Argo CD's sidecar may have.
const SIDECAR: usize = 256 << 20;
/// Less than so many seconds beyond those of a small input are noise.
const NOISE: f64 = 0.02;
/// A run is ended after so many seconds of CPU.
const LONGEST: u32 = 60;
/// A short run is measured so often; the shortest counts.
const ROUNDS: usize = 3;

/// A command: its name, its arguments (`IN`, `OUT` and `OLD` are filled in), and what it must be grown with.
struct Called {
    name: &'static str,
    arguments: &'static str,
    grows: Grows,
}

const fn called(name: &'static str, arguments: &'static str) -> Called {
    Called { name, arguments, grows: Grows::Files }
}

const COMMANDS: &[Called] = &[
    called("validate", "validate IN"),
    called("validate json", "validate IN --format json"),
    called("validate sarif", "validate IN --format sarif"),
    called("validate github", "validate IN --format github"),
    called("build", "build IN --out OUT"),
    called("build again", "build IN --out OUT"),
    called("build --check", "build IN --out OUT --check"),
    called("build --stdout", "build IN --stdout"),
    called("diff", "diff OLD IN"),
    called("diff markdown", "diff OLD IN --format markdown"),
    called("show status", "show status IN"),
    called("show components", "show components IN"),
    called("show config", "show config IN"),
    called("show render-config", "show render-config IN"),
    called("show images", "show images IN"),
    called("show secrets", "show secrets IN"),
    called("show access", "show access IN"),
    called("argocd generate", "argocd generate"),
    called("keys", "keys IN"),
    called("seal", "seal IN"),
    Called { name: "krm", arguments: "krm", grows: Grows::Request },
    Called { name: "argocd with parameters", arguments: "argocd generate", grows: Grows::Parameters },
    Called { name: "argocd parameters", arguments: "argocd parameters", grows: Grows::Parameters },
];

/// What a run took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    memory: usize,
    /// The exit code; nothing where the run was ended.
    code: Option<i32>,
}

/// Where the inputs are.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("old"), &(KINDS[0].make)(4_096));
        Self { folder }
    }

    fn put(&self, case: &Case) {
        for name in ["in", "out"] {
            let _ = fs::remove_dir_all(self.folder.path().join(name));
        }
        write(&self.folder.path().join("in"), case);
        fs::write(self.folder.path().join("request"), &case.request).unwrap();
    }

    fn run(&self, called: &Called, parameters: &str) -> Cost {
        let path = |name: &str| self.folder.path().join(name);
        // What a command of a shell may use is bounded, and the program takes the shell's place.
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("ulimit -t {LONGEST}; exec \"$0\" \"$@\""))
            .arg(env!("CARGO_BIN_EXE_quay-render"));
        for argument in called.arguments.split(' ') {
            match argument {
                "IN" => command.arg(path("in")),
                "OUT" => command.arg(path("out")),
                "OLD" => command.arg(path("old")),
                word => command.arg(word),
            };
        }
        if called.arguments.starts_with("argocd") {
            command.current_dir(path("in")).env("ARGOCD_APP_PARAMETERS", parameters);
        }
        command.stdin(File::open(path("request")).unwrap()).stdout(Stdio::null()).stderr(Stdio::null());
        let ended = command.spawn().unwrap().wait4().unwrap();
        let memory = usize::try_from(ended.rusage.maxrss).unwrap();
        Cost { seconds: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(), memory, code: ended.status.code() }
    }

    /// The shortest of some runs.
    fn measure(&self, called: &Called, parameters: &str) -> Cost {
        let mut best = self.run(called, parameters);
        for _ in 1..if best.seconds < 2.0 { ROUNDS } else { 1 } {
            let next = self.run(called, parameters);
            best.seconds = best.seconds.min(next.seconds);
            best.memory = best.memory.max(next.memory);
        }
        best
    }
}

fn write(folder: &Path, case: &Case) {
    for (path, text) in &case.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// The exponent of costs by sizes: the steepest line between two that are sixteen times apart or more. What a small input
/// costs is taken off. Nothing where too little is left to tell. An input beyond a limit is refused and costs little, so the
/// last of them alone would not show.
fn exponent(start: f64, costs: &[(usize, Cost)]) -> Option<f64> {
    let told: Vec<(f64, f64)> = costs
        .iter()
        .filter(|(_, cost)| cost.seconds - start > NOISE)
        .map(|(size, cost)| (*size as f64, cost.seconds - start))
        .collect();
    let pairs =
        told.iter().enumerate().flat_map(|(index, first)| told.iter().skip(index + 1).map(move |next| (first, next)));
    let is_far = |(first, next): &(&(f64, f64), &(f64, f64))| next.0 / first.0 > 15.0 || told.len() == 2;
    let slope = |(first, next): (&(f64, f64), &(f64, f64))| (next.1 / first.1).ln() / (next.0 / first.0).ln();
    pairs.filter(is_far).map(slope).max_by(f64::total_cmp)
}

/// Measures one cell of the table, prints it, and tells what is wrong with it.
fn cell(place: &Place, kind: &Kind, called: &Called) -> Option<String> {
    let make = |bytes: usize| {
        let case = (kind.make)(bytes);
        if called.name == "seal" { case.sealed() } else { case }
    };
    let measure = |case: Case| {
        place.put(&case);
        if called.name == "build again" || called.name == "build --check" {
            place.run(&COMMANDS[4], "");
        }
        let (size, parameters) = (case.size(), case.parameters.clone());
        // The memory of this process must not be taken for that of the next.
        drop(case);
        (size, place.measure(called, &parameters))
    };
    let (_, start) = measure(make(8_192));
    let mut costs = Vec::new();
    for size in SIZES {
        let (size, cost) = measure(make(size));
        costs.push((size, cost));
        if cost.code.is_none() || cost.seconds > f64::from(LONGEST) / 4.0 {
            break;
        }
    }
    let exponent = exponent(start.seconds, &costs);
    let over = |(size, cost): &&(usize, Cost)| {
        let bound = MEMORY + MEMORY_EACH * size;
        cost.memory > if called.name == "argocd generate" { bound.min(SIDECAR) } else { bound }
    };
    let most = costs.iter().map(|(_, cost)| cost.memory).max().unwrap_or_default();
    let (size, last) = costs[costs.len() - 1];
    let wrong = match last.code {
        None => Some("ended".to_owned()),
        Some(code) if code > 2 => Some(format!("exit code {code}")),
        _ if costs.len() < SIZES.len() => Some("too slow".to_owned()),
        _ if exponent.is_some_and(|it| it >= EXPONENT) => Some("cost".to_owned()),
        _ => costs.iter().find(over).map(|_| "memory".to_owned()),
    };
    let seconds: Vec<String> = costs.iter().map(|(_, cost)| format!("{:>7.3}", cost.seconds)).collect();
    println!(
        "{:<32}{:<24}{:>8} KiB {:<32}{:>6} {:>7.1} MiB  {} {}",
        kind.name,
        called.name,
        size >> 10,
        seconds.join(" "),
        exponent.map_or("-".to_owned(), |it| format!("{it:.2}")),
        most as f64 / f64::from(1 << 20),
        last.code.map_or("-".to_owned(), |code| code.to_string()),
        wrong.as_deref().unwrap_or_default()
    );
    wrong.map(|wrong| format!("{}, {}: {wrong}", kind.name, called.name))
}

/// `explain` of a code that is not there, which looks for the nearest.
fn explain(place: &Place) -> Option<String> {
    place.put(&(KINDS[0].make)(4_096));
    let of = |size: usize| {
        let arguments: &'static str = format!("explain {}", "a-b-".repeat(size / 4)).leak();
        (size, place.measure(&called("explain", arguments), ""))
    };
    let start = of(8).1.seconds;
    let costs = [8 << 10, 32 << 10, 120 << 10].map(of);
    let exponent = exponent(start, &costs);
    println!("{:<32}{:<24}{:>8} KiB {:>7.3} {exponent:?}", "a long code", "explain", 120, costs[2].1.seconds);
    exponent.is_some_and(|it| it >= EXPONENT).then(|| "explain: cost".to_owned())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let place = Place::new();
    let mut wrong = Vec::new();
    println!("{:<32}{:<24}{:>12} {:<32}{:>6} {:>11}", "input", "command", "largest", "CPU seconds", "power", "memory");
    for kind in KINDS {
        for called in COMMANDS.iter().filter(|called| called.grows == kind.grows) {
            let name = format!("{}, {}", kind.name, called.name);
            if words.is_empty() || words.iter().any(|word| name.contains(word.as_str())) {
                wrong.extend(cell(&place, kind, called));
            }
        }
    }
    if words.is_empty() || words.iter().any(|word| word == "explain") {
        wrong.extend(explain(&place));
    }
    for wrong in &wrong {
        println!("{wrong}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
