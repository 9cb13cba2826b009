//! Compares `validate` and `build` of 1, 10, 100 and 1,000 registries with `cp -r` of the output, in one run: time, how
//! it grows, and the largest resident memory.
//!
//! `cargo bench --bench fleet` prints medians of whole processes and their ratios. It fails if a build takes more than
//! 2.5 times as long as `cp -r`, if the time of one registry grows with their number, or if the memory exceeds 64 MiB
//! and 16 times the input. All times are of one run on one machine, which should have nothing else to do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and may fail loudly"
)]

mod measure;

use measure::{median, memory, ratio, time};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

/// Numbers of registries, and how often each is measured.
const SIZES: [(usize, usize); 4] = [(1, 41), (10, 15), (100, 7), (1000, 3)];
/// How many times as long as `cp -r` a build may take.
const RATIO: f64 = 2.5;
/// The largest exponent of the time, from 10 registries on: for fewer, the start of the process dominates.
const EXPONENT: f64 = 1.1;
/// The memory allowed in any case and for each byte of the input.
const MEMORY: u64 = 64 << 20;
const MEMORY_EACH: u64 = 16;

const SHARED: &str = "apiVersion: quay-render.dev/v1alpha1
kind: RenderConfig
spec:
  release: \"3.5\"
  cluster: {platform: openshift, appsDomain: apps.example.com}
  secrets: {mode: referenced}
";

/// A fleet like one that a user might start with, and the size of its files.
fn fleet(folder: &Path, size: usize) -> u64 {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("render-config.yaml"), SHARED).unwrap();
    for number in 0..size {
        let own = folder.join(format!("registry-{number}"));
        fs::create_dir_all(own.join("config-bundle")).unwrap();
        // Ten share a namespace.
        let metadata = format!("metadata: {{name: registry-{number}, namespace: space-{}}}", number / 10);
        let registry = format!("apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\n{metadata}\n");
        fs::write(own.join("quayregistry.yaml"), registry).unwrap();
        fs::write(own.join("config-bundle/config.yaml"), format!("REGISTRY_TITLE: Registry {number}\n")).unwrap();
    }
    let files = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().metadata().unwrap());
    files.filter(fs::Metadata::is_file).map(|file| file.len()).sum()
}

struct Times {
    validate: Duration,
    fresh: Duration,
    again: Duration,
    copy: Duration,
}

/// Times of checks, fresh builds, repeated builds, and copies.
fn times(input: &Path, folder: &Path, rounds: usize) -> Times {
    let (out, copy, reference) = (folder.join("out"), folder.join("copy"), folder.join("reference"));
    let program = |word: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        command.arg(word).arg(input);
        command
    };
    let build = |out: &Path| time(program("build").arg("--out").arg(out));
    build(&reference);
    let (mut validate, mut fresh, mut again, mut copies) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        validate.push(time(&mut program("validate")));
        fresh.push(build(&out));
        again.push(build(&out));
        copies.push(time(Command::new("cp").arg("-r").arg(&reference).arg(&copy)));
        fs::remove_dir_all(&out).unwrap();
        fs::remove_dir_all(&copy).unwrap();
    }
    Times { validate: median(validate), fresh: median(fresh), again: median(again), copy: median(copies) }
}

/// The exponent of the time between two sizes: 1 if it grows as they do.
fn exponent((small, short): (usize, Duration), (large, long): (usize, Duration)) -> f64 {
    ratio(long, short).ln() / (large as f64 / small as f64).ln()
}

fn main() -> ExitCode {
    let mut failures = Vec::new();
    let mut before: Option<(usize, Times)> = None;
    println!(
        "registries  validate  exp  fresh build         exp  unchanged            cp -r     memory of allowed MiB"
    );
    for (size, rounds) in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("registries");
        let bytes = fleet(&input, size);
        let now = times(&input, folder.path(), rounds);
        let grown = |time: fn(&Times) -> Duration| match &before {
            Some((smaller, then)) if *smaller > 1 => exponent((*smaller, time(then)), (size, time(&now))),
            _ => 0.0,
        };
        let (validate, build) = (grown(|times| times.validate), grown(|times| times.fresh));
        let (memory, allowed) = (memory(&input, &folder.path().join("memory")), MEMORY + MEMORY_EACH * bytes);
        println!(
            "{size:>10} {:>9.1?} {validate:>4.2} {:>12.1?} {:>4.2}x {build:>4.2} {:>10.1?} {:>4.2}x {:>10.1?} {:>10.1} of {:>5.1}",
            now.validate,
            now.fresh,
            ratio(now.fresh, now.copy),
            now.again,
            ratio(now.again, now.copy),
            now.copy,
            memory as f64 / f64::from(1 << 20),
            allowed as f64 / f64::from(1 << 20)
        );
        if ratio(now.fresh, now.copy) > RATIO {
            failures.push(format!("build of {size} takes more than {RATIO} times as long as cp -r"));
        }
        if validate.max(build) > EXPONENT {
            failures.push(format!("a registry of {size} takes longer than one of fewer"));
        }
        if memory > allowed {
            failures.push(format!("build of {size} needs more memory than is allowed"));
        }
        before = Some((size, now));
    }
    failures.iter().for_each(|failure| println!("FAILED: {failure}"));
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
