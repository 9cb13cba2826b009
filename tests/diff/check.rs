//! `build --check`.

use super::{build, stderr, stdout};
use crate::support::files::copy;
use crate::support::{example, quay_render};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const FILE: &str = "redis/service-my-registry-quay-redis.yaml";

fn built() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    build("minimal", &out);
    (folder, out)
}

/// What `--check` prints, with its exit code.
fn check(input: &Path, out: &Path) -> (i32, String) {
    let checked = quay_render().args(["build", "--check"]).arg(input).arg("--out").arg(out).output().unwrap();
    (checked.status.code().unwrap(), stdout(&checked).to_owned())
}

#[test]
fn it_is_clean_right_after_a_build_and_a_file_of_somebody_else_does_not_matter() {
    let (_folder, out) = built();
    assert_eq!(check(&example("minimal"), &out), (0, String::new()));
    fs::write(out.join("mine.yaml"), "kind: Mine\n").unwrap();
    assert_eq!(check(&example("minimal"), &out), (0, String::new()));
}

#[test]
fn each_difference_is_named_and_nothing_is_written() {
    let (_folder, out) = built();
    let original = fs::read(out.join(FILE)).unwrap();
    fs::write(out.join(FILE), "edited\n").unwrap();
    fs::remove_file(out.join("kustomization.yaml")).unwrap();
    let found = format!("missing kustomization.yaml\nedited  {FILE}\n");
    assert_eq!(check(&example("minimal"), &out), (1, found));
    assert_eq!(fs::read(out.join(FILE)).unwrap(), b"edited\n");
    assert!(!out.join("kustomization.yaml").exists());
    fs::write(out.join(FILE), original).unwrap();
    assert_eq!(check(&example("minimal"), &out), (1, "missing kustomization.yaml\n".to_owned()));
}

#[test]
fn another_input_changes_some_files_and_leaves_others_without_a_purpose() {
    let (folder, out) = built();
    let input = folder.path().join("in");
    copy(&example("minimal"), &input);
    let config = fs::read_to_string(input.join("render-config.yaml")).unwrap();
    fs::write(input.join("render-config.yaml"), format!("{config}  configEditor: false\n  protectData: false\n"))
        .unwrap();
    let (code, found) = check(&input, &out);
    assert_eq!(code, 1);
    for line in
        ["stale   configeditor/service-my-registry-quay-config-editor.yaml", "changed namespace/namespace-quay.yaml"]
    {
        assert!(found.lines().any(|known| known == line), "{line} is not in\n{found}");
    }
}

#[test]
fn the_lock_counts() {
    let (_folder, out) = built();
    fs::remove_file(out.join("quay-render.lock")).unwrap();
    assert_eq!(check(&example("minimal"), &out), (1, "changed quay-render.lock\n".to_owned()));
    fs::write(out.join(FILE), "of a person\n").unwrap();
    assert_eq!(check(&example("minimal"), &out), (1, format!("foreign {FILE}\n")));
}

#[test]
fn a_directory_that_is_not_there_lacks_everything() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("none");
    let (code, found) = check(&example("minimal"), &out);
    assert_eq!(code, 1);
    assert!(found.lines().count() > 30 && found.lines().all(|line| line.starts_with("missing ")), "{found}");
    assert!(!out.exists());
}

#[test]
fn what_cannot_be_compared_ends_in_2() {
    let (folder, out) = built();
    let none = folder.path().join("none");
    assert_eq!(check(&none, &out).0, 2);
    fs::create_dir(&none).unwrap();
    assert_eq!(check(&none, &out).0, 2, "a refused input");
    fs::create_dir(out.join(".quay-render.staging")).unwrap();
    fs::write(out.join(".quay-render.staging/journal"), "{}").unwrap();
    assert_eq!(check(&example("minimal"), &out).0, 2, "an interrupted run");
    let usage = quay_render().args(["build", "--check"]).arg(example("minimal")).output().unwrap();
    assert_eq!(usage.status.code(), Some(2), "{}", stderr(&usage));
}

#[test]
fn a_link_in_the_way_is_a_difference() {
    let (folder, out) = built();
    fs::rename(out.join(FILE), folder.path().join("moved")).unwrap();
    symlink(folder.path().join("moved"), out.join(FILE)).unwrap();
    let checked =
        quay_render().args(["build", "--check"]).arg(example("minimal")).arg("--out").arg(&out).output().unwrap();
    assert_eq!(checked.status.code(), Some(1));
    assert!(stderr(&checked).contains("error[output-foreign]"), "{}", stderr(&checked));
}
