//! `build` of 1, 10 and 100 registries against `cp -r` of what it writes: time, and the largest resident memory.
//!
//! `cargo bench --bench fleet` prints medians of whole processes and their ratios. Nothing is asserted: a number depends on
//! the machine, and on what else it does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time and may fail loudly"
)]

mod measure;

use measure::{median, memory, ratio, time};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// How many registries, and how often each is measured.
const SIZES: [(usize, usize); 3] = [(1, 41), (10, 15), (100, 7)];

const SHARED: &str = "apiVersion: quay-render.dev/v1alpha1
kind: RenderConfig
spec:
  release: \"3.5\"
  cluster: {platform: openshift, appsDomain: apps.example.com}
  secrets: {mode: referenced}
";

fn fleet(folder: &Path, size: usize) {
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
}

/// Fresh builds, builds again, and copies.
fn times(input: &Path, folder: &Path, rounds: usize) -> [Duration; 3] {
    let (out, copy, reference) = (folder.join("out"), folder.join("copy"), folder.join("reference"));
    let build = |out: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
        command.arg("build").arg(input).arg("--out").arg(out);
        command
    };
    time(&mut build(&reference));
    let (mut fresh, mut again, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        fresh.push(time(&mut build(&out)));
        again.push(time(&mut build(&out)));
        copies.push(time(Command::new("cp").arg("-r").arg(&reference).arg(&copy)));
        fs::remove_dir_all(&out).unwrap();
        fs::remove_dir_all(&copy).unwrap();
    }
    [fresh, again, copies].map(median)
}

fn main() {
    println!("registries  fresh build           each    unchanged             cp -r       memory");
    for (size, rounds) in SIZES {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("registries");
        fleet(&input, size);
        let [fresh, again, copy] = times(&input, folder.path(), rounds);
        let kib = memory(&input, &folder.path().join("memory")).unwrap_or_default();
        println!(
            "{size:>10} {fresh:>9.1?} {:>5.2} x cp {:>8.2?} {again:>9.1?} {:>5.2} x cp {copy:>9.1?} {:>8.1} MiB",
            ratio(fresh, copy),
            fresh / u32::try_from(size).unwrap(),
            ratio(again, copy),
            kib as f64 / 1024.0
        );
    }
}
