//! Manual pages, read by mandoc.

use super::{PROGRAM, commands, printed, run, succeeds};
use crate::support::repository;
use std::fs;
use std::process::Command;

/// mandoc's warnings for every page, and why they do not matter: the pages have no date, because they do not depend on
/// the day, and a line break next to a blank line shows as one blank line.
const NO_MATTER: [&str; 2] = ["missing date", "skipping paragraph macro: br"];

#[test]
fn every_command_has_a_page_that_mandoc_reads() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("share/man/man1");
    for _ in 0..2 {
        printed(&["man", "--dir", dir.to_str().unwrap()]);
    }
    let mut wanted: Vec<String> = commands().into_iter().filter(|command| command != "help").collect();
    wanted.extend(["argocd-generate", "argocd-parameters", "releases-diff", "releases-show"].map(str::to_owned));
    wanted = wanted.into_iter().map(|command| format!("quay-render-{command}.1")).collect();
    wanted.push("quay-render.1".to_owned());
    wanted.sort();
    let mut found: Vec<String> =
        fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    found.sort();
    assert_eq!(found, wanted);
    for page in found {
        let output = run(Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(dir.join(&page)), "");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        let matters: Vec<&str> = said.lines().filter(|line| !NO_MATTER.iter().any(|no| line.contains(no))).collect();
        assert!(matters.is_empty(), "{page}: {matters:#?}");
    }
}

#[test]
fn the_first_page_shows_the_examples_line_by_line() {
    let text = succeeds(Command::new("mandoc").args(["-T", "ascii", "-O", "width=200"]), &printed(&["man"]));
    let text: String = text.chars().filter(|c| *c != '\u{8}').collect();
    for line in [
        "EEXXAAMMPPLLEESS",
        "  # make the random values, once\n",
        "  quay-render keys my-registry\n",
        "EEXXIITT CCOODDEESS",
    ] {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let file = repository().join("Cargo.toml");
    let output = run(Command::new(PROGRAM).args(["man", "--dir"]).arg(&file), "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Cargo.toml: "), "{:?}", output.stderr);
}
