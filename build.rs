//! Lists the files below `components/`, so that the program carries them and a new component is a new folder; and finds out
//! which commit is built.

#![allow(clippy::disallowed_methods, reason = "a build script reads the sources and writes its list")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(commit) = commit() {
        println!("cargo::rustc-env=QUAY_RENDER_BUILT_FROM={commit}");
    }
    // Then the files are read from disk as they are.
    if env::var_os("CARGO_FEATURE_LIVE_COMPONENTS").is_some() {
        return Ok(());
    }
    println!("cargo::rerun-if-changed=components");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("components");
    let mut files = Vec::new();
    collect(&root, &mut files)?;
    files.sort();
    let mut text = String::from("&[\n");
    for file in &files {
        // A table is part of the code that reads it.
        if file.extension().is_some_and(|end| end == "tsv") {
            check_table(file)?;
            continue;
        }
        let name = file.strip_prefix(&root).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        writeln!(text, "    ({name:?}, include_str!({:?})),", file).map_err(io::Error::other)?;
    }
    text.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("components.rs");
    fs::write(out, text)
}

/// The commit: as who packages the program says, as cargo noted it in the crate, or as Git says. Git is asked for a release alone:
/// what is built to be tested would be built anew after every commit.
fn commit() -> Option<String> {
    const GIVEN: &str = "QUAY_RENDER_COMMIT";
    println!("cargo::rerun-if-env-changed={GIVEN}");
    let given = || env::var(GIVEN).ok();
    let noted = || {
        let text = fs::read_to_string(".cargo_vcs_info.json").ok()?;
        Some(text.split_once("\"sha1\": \"")?.1.split_once('"')?.0.to_owned())
    };
    let of_git = || {
        let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
        let git = |what: &[&str]| {
            let asked = Command::new("git").args(what).output().ok().filter(|asked| asked.status.success())?;
            Some(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
        };
        // Another repository around this folder says nothing of it.
        let _own = is_release.then(|| git(&["ls-files", "--error-unmatch", "build.rs"])).flatten()?;
        for file in ["HEAD", "logs/HEAD"] {
            println!("cargo::rerun-if-changed={}", git(&["rev-parse", "--git-path", file])?);
        }
        git(&["rev-parse", "HEAD"])
    };
    let commit = given().or_else(noted).or_else(of_git)?;
    (!commit.is_empty() && commit.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(commit)
}

/// Every row of a table has as many columns as its head.
fn check_table(file: &Path) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let mut rows = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let columns = |line: &str| line.split('\t').count();
    let head = rows.next().map_or(0, |(_, line)| columns(line));
    match rows.find(|(_, line)| columns(line) != head) {
        Some((at, line)) => {
            let (file, line) = (file.display(), format!("{} columns and not {head}", columns(line)));
            Err(io::Error::other(format!("{file}:{}: {line}", at + 1)))
        }
        None => Ok(()),
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']));
        // A page for people; the program has no use for it.
        let page = path.file_name().is_some_and(|name| name == "README.md");
        if hidden || page {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
