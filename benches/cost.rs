//! How the cost of each command grows with its input: for every kind of input the exponent of the CPU seconds, and the
//! largest resident memory.
//!
//! `cargo bench --bench cost [WORDS]` measures commands and inputs with one of the words in their names, or all, and
//! prints a table. It fails if the cost grows faster than the size to the power of 1.1, the memory exceeds 64 MiB and
//! 16 times the input, or the output of diagnostics exceeds 1 MiB. CPU seconds and their exponent are compared within
//! one run on one machine: other load and the machine's speed change little.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark measures and may fail loudly"
)]

#[path = "cost/kinds/mod.rs"]
mod kinds;

use kinds::{Case, Grows, Kind};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, ExitCode};
use wait4::Wait4 as _;

/// The sizes of an input, in bytes.
const SIZES: [usize; 4] = [64 << 10, 256 << 10, 1 << 20, 4 << 20];
/// The largest exponent, and the memory allowed in any case and for each byte.
const EXPONENT: f64 = 1.1;
const MEMORY: usize = 64 << 20;
const MEMORY_EACH: usize = 16;
/// The memory limit of Argo CD's sidecar.
const SIDECAR: usize = 256 << 20;
/// The most bytes of diagnostics: beyond some hundred in a file, they are only counted.
const SAID: u64 = 1 << 20;
/// A difference of fewer seconds to a small input is noise.
const NOISE: f64 = 0.03;
/// A run is killed after so many CPU seconds.
const LONGEST: u32 = 60;
/// Slow results are measured so often; the shortest run counts.
const ROUNDS: usize = 3;

/// A command: its name, its arguments (`IN`, `OUT` and `OLD` are filled in), and the kind of input that it needs.
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
    called("diff json", "diff OLD IN --format json"),
    called("show status", "show status IN"),
    called("show components", "show components IN"),
    called("show config", "show config IN"),
    called("show render-config", "show render-config IN"),
    called("show images", "show images IN"),
    called("show secrets", "show secrets IN"),
    called("show secrets --make", "show secrets IN --make"),
    called("show access", "show access IN"),
    called("show rights", "show rights IN"),
    called("show settings", "show settings IN"),
    called("argocd generate", "argocd generate"),
    called("keys", "keys IN"),
    called("seal", "seal IN"),
    Called { name: "krm", arguments: "krm", grows: Grows::Request },
    Called { name: "validate -", arguments: "validate -", grows: Grows::Stream },
    Called { name: "build -", arguments: "build - --stdout", grows: Grows::Stream },
    Called { name: "keys -", arguments: "keys -", grows: Grows::Stream },
    Called { name: "diff", arguments: "diff OLD IN", grows: Grows::Compared },
    Called { name: "diff markdown", arguments: "diff OLD IN --format markdown", grows: Grows::Compared },
    Called { name: "diff json", arguments: "diff OLD IN --format json", grows: Grows::Compared },
    Called { name: "argocd with parameters", arguments: "argocd generate", grows: Grows::Parameters },
    Called { name: "argocd parameters", arguments: "argocd parameters", grows: Grows::Parameters },
];

/// The cost of a run.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    memory: usize,
    /// The bytes on standard error, and those that `validate` prints.
    said: u64,
    /// The exit code; nothing if the run was killed.
    code: Option<i32>,
}

/// The folders of the inputs.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // A copy, so that what is built meanwhile is not measured.
        fs::copy(env!("CARGO_BIN_EXE_quay-render"), folder.path().join("quay-render")).unwrap();
        Self { folder }
    }

    fn put(&self, case: &Case) {
        for name in ["in", "out", "old"] {
            let _ = fs::remove_dir_all(self.folder.path().join(name));
        }
        write(&self.folder.path().join("in"), &case.files);
        let old = if case.old.is_empty() { smallest().files } else { case.old.clone() };
        write(&self.folder.path().join("old"), &old);
        fs::write(self.folder.path().join("request"), &case.request).unwrap();
    }

    fn run(&self, called: &Called, parameters: &str) -> Cost {
        let path = |name: &str| self.folder.path().join(name);
        // What a command of a shell may use is bounded, and the program takes the shell's place.
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("ulimit -t {LONGEST}; exec \"$0\" \"$@\"")).arg(path("quay-render"));
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
        let printed = if called.name.starts_with("validate") { "said" } else { "printed" };
        command.stdin(File::open(path("request")).unwrap());
        command.stderr(File::create(path("said-aside")).unwrap()).stdout(File::create(path(printed)).unwrap());
        let ended = command.spawn().unwrap().wait4().unwrap();
        let said = ["said", "said-aside"].map(|name| fs::metadata(path(name)).map_or(0, |it| it.len()));
        let _ = fs::remove_file(path(printed));
        Cost {
            seconds: (ended.rusage.utime + ended.rusage.stime).as_secs_f64(),
            memory: usize::try_from(ended.rusage.maxrss).unwrap(),
            said: said.iter().sum(),
            code: ended.status.code(),
        }
    }

    /// The shortest of several runs, unless one takes long.
    fn measure(&self, called: &Called, parameters: &str, rounds: usize) -> Cost {
        let mut best = self.run(called, parameters);
        for _ in 1..if best.seconds < 2.0 { rounds } else { 1 } {
            let next = self.run(called, parameters);
            best.seconds = best.seconds.min(next.seconds);
            best.memory = best.memory.max(next.memory);
        }
        best
    }
}

fn write(folder: &Path, files: &[(String, String)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A minimal input.
fn smallest() -> Case {
    let first = kinds::all().next().unwrap();
    (first.make)(4_096)
}

/// The exponent of costs by sizes: the steepest line between two sizes that differ by a factor of sixteen or more and
/// have the same exit code, since a refused input is neither rendered nor compared. The cost of a small input with that
/// exit code (`start`) is subtracted, and the rest counts as no less than the noise: so the true exponent is at least
/// the result. Nothing if no cost is above the noise.
fn exponent(start: impl Fn(Option<i32>) -> f64, costs: &[(usize, Cost)]) -> Option<f64> {
    let over = |cost: &Cost| cost.seconds - start(cost.code);
    let above = |cost: &Cost| over(cost).max(NOISE);
    let pairs =
        costs.iter().enumerate().flat_map(|(index, first)| costs.iter().skip(index + 1).map(move |it| (first, it)));
    pairs
        .filter(|((_, small), (_, large))| small.code == large.code)
        .filter(|((small, _), (large, cost))| *large as f64 / *small as f64 > 15.0 && over(cost) > NOISE)
        .map(|((small, first), (large, next))| (above(next) / above(first)).ln() / (*large as f64 / *small as f64).ln())
        .max_by(f64::total_cmp)
}

/// One cell of the table: an input of one kind, at each size, and a command.
struct Cell {
    costs: Vec<(usize, Cost)>,
    exponent: Option<f64>,
    wrong: Option<String>,
}

impl Cell {
    fn measure(place: &Place, kind: &Kind, command: &Called, rounds: usize) -> Self {
        let measure = |bytes: usize| {
            let case = (kind.make)(bytes);
            let case = if command.name == "seal" { case.sealed() } else { case };
            place.put(&case);
            if command.name == "build again" || command.name == "build --check" {
                place.run(&COMMANDS[4], "");
            }
            let (size, parameters) = (case.size(), case.parameters.clone());
            // The memory of this process must not be taken for that of the next.
            drop(case);
            (size, place.measure(command, &parameters, rounds))
        };
        let (_, start) = measure(8_192);
        let mut costs = Vec::new();
        for size in SIZES {
            let (size, cost) = measure(size);
            costs.push((size, cost));
            if cost.code.is_none() || cost.seconds > f64::from(LONGEST) / 4.0 {
                break;
            }
        }
        // What is refused costs no less than to read a registry.
        let bare = || {
            place.put(&smallest());
            place.measure(&called("validate", "validate IN"), "", ROUNDS).seconds
        };
        let bare = if costs.iter().any(|(_, cost)| cost.code != start.code) { bare() } else { 0.0 };
        let exponent = exponent(|code| if code == start.code { start.seconds } else { bare }, &costs);
        let wrong = wrong(command, &costs, exponent);
        Self { costs, exponent, wrong }
    }

    fn print(&self, kind: &Kind, called: &Called) {
        let most = self.costs.iter().map(|(_, cost)| cost.memory).max().unwrap_or_default();
        let (size, last) = self.costs[self.costs.len() - 1];
        let seconds: Vec<String> = self.costs.iter().map(|(_, cost)| format!("{:>7.3}", cost.seconds)).collect();
        println!(
            "{:<32}{:<24}{:>8} KiB {:<32}{:>6} {:>7.1} MiB  {} {}",
            kind.name,
            called.name,
            size >> 10,
            seconds.join(" "),
            self.exponent.map_or("-".to_owned(), |it| format!("{it:.2}")),
            most as f64 / f64::from(1 << 20),
            last.code.map_or("-".to_owned(), |code| code.to_string()),
            self.wrong.as_deref().unwrap_or_default()
        );
    }
}

/// What is wrong with the costs of a command.
fn wrong(called: &Called, costs: &[(usize, Cost)], exponent: Option<f64>) -> Option<String> {
    let over = |(size, cost): &&(usize, Cost)| {
        let bound = MEMORY + MEMORY_EACH * size;
        cost.memory > if called.name == "argocd generate" { bound.min(SIDECAR) } else { bound }
    };
    match costs[costs.len() - 1].1.code {
        None => Some("ended".to_owned()),
        Some(code) if code > 2 => Some(format!("exit code {code}")),
        _ if costs.len() < SIZES.len() => Some("too slow".to_owned()),
        _ if exponent.is_some_and(|it| it >= EXPONENT) => Some("cost".to_owned()),
        _ if costs.iter().any(|(_, cost)| cost.said > SAID) => Some("too much is said".to_owned()),
        _ => costs.iter().find(over).map(|_| "memory".to_owned()),
    }
}

/// Measures one cell of the table, prints it, and returns what is wrong with it. Slow results are measured again,
/// because another program may be the reason.
fn cell(place: &Place, kind: &Kind, called: &Called) -> Option<String> {
    let mut cell = Cell::measure(place, kind, called, 1);
    if cell.wrong.as_deref() == Some("cost") {
        cell = Cell::measure(place, kind, called, ROUNDS);
    }
    cell.print(kind, called);
    cell.wrong.map(|wrong| format!("{}, {}: {wrong}", kind.name, called.name))
}

/// `explain` of an unknown code, which searches for the nearest.
fn explain(place: &Place) -> Option<String> {
    place.put(&smallest());
    let of = |size: usize| {
        let arguments: &'static str = format!("explain {}", "a-b-".repeat(size / 4)).leak();
        (size, place.measure(&called("explain", arguments), "", ROUNDS))
    };
    let start = of(8).1.seconds;
    let costs = [8 << 10, 32 << 10, 120 << 10].map(of);
    let exponent = exponent(|_| start, &costs);
    println!("{:<32}{:<24}{:>8} KiB {:>7.3} {exponent:?}", "a long code", "explain", 120, costs[2].1.seconds);
    exponent.is_some_and(|it| it >= EXPONENT).then(|| "explain: cost".to_owned())
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let place = Place::new();
    let mut wrong = Vec::new();
    println!("{:<32}{:<24}{:>12} {:<32}{:>6} {:>11}", "input", "command", "largest", "CPU seconds", "power", "memory");
    for called in COMMANDS {
        for kind in kinds::all().filter(|kind| kind.grows == called.grows) {
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
