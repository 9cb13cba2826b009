//! The workflows of the repository: a tag makes a release, of the tagged version alone. Their steps are run in bash, with
//! stand-ins for what speaks to GitHub.

use super::{path_with, run};
use crate::support::repository;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const NOTE: &str = "echo \"$(basename \"$0\") $*\" >>\"$NOTES\"";

fn workflow(name: &str) -> Json {
    let text = fs::read_to_string(repository().join(".github/workflows").join(name)).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

/// The scripts of a job, by the names of its steps.
fn scripts<'a>(workflow: &'a Json, job: &str) -> Vec<(&'a str, &'a str)> {
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
    steps.iter().map(|step| (step["name"].as_str().unwrap(), step["run"].as_str().unwrap())).collect()
}

fn script<'a>(workflow: &'a Json, job: &str, name: &str) -> &'a str {
    scripts(workflow, job).into_iter().find(|(step, _)| *step == name).unwrap().1
}

/// Runs a step for the tag of version 1.2.3 in `folder`.
fn step(folder: &Path, script: &str, runner: &str) -> Output {
    let path = path_with(&folder.join("path"), false, &[("gh", NOTE), ("docker", NOTE)]);
    let mut bash = Command::new("bash");
    bash.args(["-e", "-o", "pipefail", "-c", script]).current_dir(folder).env_clear().env("PATH", path);
    bash.env("GITHUB_REF_NAME", "v1.2.3").env("GITHUB_REPOSITORY", "Own/quay-render").env("RUNNER_TEMP", folder);
    bash.env("RUNNER_ARCH", runner).env("GITHUB_SHA", "0".repeat(40)).env("GITHUB_ACTOR", "me").env("GH_TOKEN", "t");
    bash.env("NOTES", folder.join("notes"));
    run(&mut bash, "")
}

#[test]
fn every_step_is_a_script_of_the_repository_or_of_the_runner() {
    for name in ["advisories.yml", "ci.yml", "release.yml"] {
        let workflow = workflow(name);
        for job in workflow["jobs"].as_object().unwrap().keys() {
            for (step, script) in scripts(&workflow, job) {
                let checked = run(Command::new("bash").args(["-n", "-c", script]), "");
                assert!(checked.status.success(), "{name}: {step}: {}", String::from_utf8_lossy(&checked.stderr));
                for word in script.split_whitespace().filter(|word| word.starts_with(".ci/")) {
                    assert!(repository().join(word).is_file(), "{name}: {step}: there is no {word}");
                }
            }
        }
    }
    assert_eq!(script(&workflow("ci.yml"), "ci", "Run"), ".ci/run");
}

#[test]
fn a_tag_of_another_version_or_without_a_word_in_the_changelog_makes_no_release() {
    let workflow = workflow("release.yml");
    let compare = script(&workflow, "draft", "Compare the tag with the package");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    for (version, changes, refused) in [
        ("1.2.3", "## 1.2.3 (2030-01-01)\n\n- New.\n", None),
        ("1.2.4", "## 1.2.3\n", Some("the tag is v1.2.3, and the version 1.2.4")),
        ("1.2.3", "## Unreleased\n", Some("nothing is said of 1.2.3")),
    ] {
        write("Cargo.toml", &format!("[package]\nname = \"quay-render\"\nversion = \"{version}\"\n"));
        write("CHANGELOG.md", changes);
        let output = step(folder.path(), compare, "X64");
        assert_eq!(output.status.success(), refused.is_none(), "{version}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(refused.unwrap_or_default()), "{said}");
    }
}

#[test]
fn the_release_has_the_words_of_its_version_and_each_file_once() {
    let workflow = workflow("release.yml");
    let folder = tempfile::tempdir().unwrap();
    let changes = "# Changelog\n\n## 1.2.3 (2030-01-01)\n\n- This one.\n\n## 1.2.2\n\n- The one before.\n";
    fs::write(folder.path().join("CHANGELOG.md"), changes).unwrap();
    assert!(step(folder.path(), script(&workflow, "draft", "Draft the release"), "X64").status.success());
    assert_eq!(fs::read_to_string(folder.path().join("notes.md")).unwrap(), "\n- This one.\n\n");
    for runner in ["X64", "ARM64"] {
        let dist = folder.path().join("dist");
        fs::create_dir_all(&dist).unwrap();
        for name in ["a.tar.gz", "a.crate", "a.cdx.json"] {
            fs::write(dist.join(name), "").unwrap();
        }
        fs::write(dist.join("SHA256SUMS-a"), "0  a.tar.gz\n0  a.crate\n0  a.cdx.json\n").unwrap();
        assert!(step(folder.path(), script(&workflow, "files", "Upload them"), runner).status.success());
        let sums = fs::read_to_string(dist.join("SHA256SUMS-a")).unwrap();
        assert_eq!(sums.contains("a.crate"), runner == "X64", "{sums}");
        fs::remove_dir_all(&dist).unwrap();
        assert!(
            step(folder.path(), script(&workflow, "image", "Build the image, and push it"), runner).status.success()
        );
    }
    assert!(
        step(folder.path(), script(&workflow, "publish", "Join the images of the platforms"), "X64").status.success()
    );
    assert!(step(folder.path(), script(&workflow, "publish", "Publish the release"), "X64").status.success());
    let notes = fs::read_to_string(folder.path().join("notes")).unwrap();
    let crates = notes.lines().filter(|line| line.contains("upload") && line.contains("a.crate")).count();
    assert_eq!(crates, 1, "{notes}");
    let image = "ghcr.io/own/quay-render:1.2.3";
    let joined = format!("docker buildx imagetools create --tag {image} {image}-x64 {image}-arm64\n");
    assert!(notes.contains(&joined), "{notes}");
    for runner in ["x64", "arm64"] {
        assert!(notes.contains(&format!("docker push {image}-{runner}\n")), "{notes}");
    }
    // Last of all.
    assert!(notes.ends_with("gh release edit v1.2.3 --repo Own/quay-render --draft=false\n"), "{notes}");
}
