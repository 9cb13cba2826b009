//! `docs/` as mdBook builds it: `.ci/setup` installs it. tests/book.rs checks what needs no other program.

use crate::support::repository;
use std::fs;
use std::process::Command;

#[test]
fn the_book_is_built_without_a_warning_and_has_every_page() {
    let program = repository().join("target/test-mdbook/bin/mdbook");
    assert!(program.is_file(), "this test needs {}: run .ci/setup, which makes it", program.display());
    let folder = tempfile::tempdir().unwrap();
    let mut build = Command::new(program);
    build.arg("build").arg(repository().join("docs")).arg("--dest-dir").arg(folder.path());
    let output = build.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
    let summary = fs::read_to_string(repository().join("docs/SUMMARY.md")).unwrap();
    let pages: Vec<&str> =
        summary.split("](").skip(1).filter_map(|rest| rest.split_once(".md)")).map(|it| it.0).collect();
    assert!(pages.len() > 50, "{pages:?}");
    for page in pages {
        let html = fs::read_to_string(folder.path().join(page).with_extension("html")).unwrap();
        assert!(html.contains("<main>") && html.contains("</h1>"), "{page}");
    }
}
