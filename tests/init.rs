//! The input that `init` writes: it builds at once, key files stay out of Git, and existing files are never changed.
//!
//! `.ci/bless` writes `tests/init/` anew. It never does so if `CI` is set.

mod pairings;

use crate::support::golden;
use crate::support::golden::read_tree;
use quay_render::catalog::Catalog;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const PLATFORMS: [&str; 2] = ["openshift", "kubernetes"];
const MODES: [&str; 4] = ["inline", "referenced", "external", "sealed"];

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_quay-render")).current_dir(folder).args(arguments).output().unwrap()
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
    let output = git.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The newest release in every variant of `init`, and each other release in one.
fn each_case(mut check: impl FnMut(&Path, &str, &str)) {
    let mut run = |platform, mode, options: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["init", "reg", "--platform", platform, "--secrets", mode];
        succeed(folder.path(), &[&arguments, options].concat());
        check(&folder.path().join("reg"), &format!("{platform} {options:?}"), mode);
    };
    for platform in PLATFORMS {
        for mode in MODES {
            run(platform, mode, &[]);
        }
    }
    for (index, release) in Catalog::embedded().names().enumerate() {
        run(PLATFORMS[index % 2], ["inline", "referenced", "external"][index % 3], &["--release", release]);
    }
}

#[test]
fn an_input_of_which_everything_is_said_builds_at_once() {
    for release in Catalog::embedded().names() {
        let folder = tempfile::tempdir().unwrap();
        succeed(folder.path(), &["init", "reg", "--release", release, "--apps-domain", "apps.example.org"]);
        let input = folder.path().join("reg");
        succeed(&input, &["build", ".", "--out", "deploy", "--deny", "warnings"]);
    }
}

#[test]
fn every_file_is_well_formed() {
    each_case(|input, platform, mode| {
        let files = read_tree(input);
        assert_eq!(files.len(), 6, "{platform} {mode}");
        for (path, text) in files {
            let place = format!("{platform} {mode} {}", path.display());
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{place}");
            assert!(text.lines().all(|line| line.trim_end() == line), "{place}: trailing whitespace");
            let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "@-".contains(c)));
            let blank = words.into_iter().find(|word| word.len() > 2 && word.starts_with('@') && word.ends_with('@'));
            assert_eq!(blank, None, "{place}");
            if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
                let value: serde_json::Value = serde_yaml::from_str(&text).unwrap_or_else(|e| panic!("{place}: {e}"));
                assert!(value.is_object(), "{place}");
            }
        }
    });
}

#[test]
fn the_newest_release_is_written_unless_another_is_asked_for() {
    let newest = Catalog::embedded().names().last().unwrap();
    for (options, wanted) in [(&[][..], newest), (&["--release", "3.9"], "3.9"), (&["--release", "3.9.0"], "3.9.0")] {
        let folder = tempfile::tempdir().unwrap();
        succeed(folder.path(), &[&["init", "reg"], options].concat());
        let config = fs::read_to_string(folder.path().join("reg/render-config.yaml")).unwrap();
        let config: serde_json::Value = serde_yaml::from_str(&config).unwrap();
        assert_eq!(config["spec"]["release"], wanted);
    }
}

/// Images by tag are reported as allowed until they are pinned, and refused if nobody allows them.
#[test]
fn images_by_tag_are_allowed_in_so_many_words() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init", "reg", "--apps-domain", "apps.example.org"]);
    let said = succeed(folder.path(), &["validate", "reg"]);
    assert!(said.contains("image-tag") && said.contains("not pinned yet"), "{said}");
    let config = folder.path().join("reg/render-config.yaml");
    let text = fs::read_to_string(&config).unwrap();
    let start = text.find("  diagnostics:").unwrap();
    let end = start + text[start..].find("not pinned yet}\n").unwrap() + "not pinned yet}\n".len();
    fs::write(config, text[..start].to_owned() + &text[end..]).unwrap();
    let refused = run(folder.path(), &["validate", "reg", "--deny", "warnings"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stdout).contains("error[image-tag]"), "{refused:?}");
}

#[test]
fn options_stand_where_they_belong() {
    let folder = tempfile::tempdir().unwrap();
    let options = ["--hostname", "quay.example.org", "--apps-domain", "apps.example.org", "--namespace", "images"];
    let said = succeed(folder.path(), &[&["init", "true", "--out", "a/b"], options.as_slice()].concat());
    let input = folder.path().join("a/b");
    for path in read_tree(&input).keys() {
        assert!(said.contains(&format!("a/b/{}\n", path.display())), "{}: {said}", path.display());
    }
    let status = succeed(&input, &["show", "status", "."]);
    assert!(status.contains("https://quay.example.org\n"), "{status}");
    let steps = fs::read_to_string(input.join("NEXT-STEPS.md")).unwrap();
    assert!(steps.contains("https://quay.example.org,") && steps.contains("kubectl -n images"), "{steps}");
}

#[test]
fn what_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("full")).unwrap();
    fs::write(folder.path().join("full/mine"), "mine\n").unwrap();
    fs::write(folder.path().join("file"), "mine\n").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    let before = read_tree(folder.path());
    for out in ["full", "file", "link"] {
        let output = run(folder.path(), &["init", "reg", "--out", out]);
        assert_eq!(output.status.code(), Some(1), "{out}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.is_empty(), "{out}");
    }
    assert_eq!(read_tree(folder.path()), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3, "nothing is left beside");
    fs::create_dir(folder.path().join("empty")).unwrap();
    succeed(folder.path(), &["init", "reg", "--out", "empty"]);
    assert_eq!(read_tree(&folder.path().join("empty")).len(), 6);
}

#[test]
fn what_a_build_would_refuse_is_refused_before_anything_is_written() {
    let wrong: [&[&str]; 20] = [
        &["reg", "--release", "3.99"],
        &["Reg"],
        &["reg.istry"],
        &["../reg"],
        &["reg\n  labels: {}"],
        &["a-name-that-is-longer-than-the-suffixes-leave-room"],
        &["reg", "--namespace", "Quay"],
        &["reg", "--apps-domain", "apps example com"],
        &["reg", "--hostname", "https://registry.example.com/"],
        &["reg", "--platform", "kubernetes", "--hostname", "registry example"],
        &["reg", "--platform", "kubernetes", "--hostname", "https://registry.example.com/"],
        &["reg", "--platform", "kubernetes", "--apps-domain", "apps.example.com"],
        &["reg", "--platform", "kubernetes", "--access", "route"],
        &["reg", "--platform", "kubernetes", "--storage", "claim"],
        &["reg", "--access", "gateway", "--certificate", "own"],
        &["reg", "--access", "service", "--certificate", "controller"],
        &["reg", "--fleet", "prod,prod"],
        &["reg", "--fleet", "prod,flux"],
        &["reg", "--fleet", "prod", "--hostname", "reg.example.org"],
        &["reg", "--fleet", "prod,a-name-that-is-longer-than-the-suffixes-leave-room"],
    ];
    let folder = tempfile::tempdir().unwrap();
    for arguments in wrong {
        let output = run(folder.path(), &[&["init"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
        assert!(!output.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_files_are_as_they_were_reviewed() {
    let written = |options: &[&str]| {
        let folder = tempfile::tempdir().unwrap();
        succeed(folder.path(), &[&["init", "my-registry"], options].concat());
        read_tree(&folder.path().join("my-registry"))
    };
    let plain = written(&[]);
    let mut problems = Vec::new();
    let mut compare = |case: &str, found: &golden::Tree| {
        let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/init").join(case);
        problems.extend(golden::compare_tree(case, &golden, found));
    };
    compare("openshift-referenced", &plain);
    let kubernetes = "--platform kubernetes --certificate cert-manager --database own --secrets external";
    let fleet = "--fleet prod,stage --apps-domain apps.example.org --argocd";
    for (case, options) in
        [("argocd", "--argocd"), ("flux", "--flux"), ("kubernetes-external", kubernetes), ("fleet", fleet)]
    {
        let mut found = written(&options.split(' ').collect::<Vec<_>>());
        found.retain(|path, text| plain.get(path) != Some(text));
        compare(case, &found);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What is said of the files is for programs too, and nothing where quiet is asked for.
#[test]
fn what_was_written_is_said_as_asked() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(folder.path(), &["init", "fleet", "--fleet", "prod,stage", "--format", "json"]);
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    let files: Vec<&str> = said["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(files.len(), read_tree(&folder.path().join("fleet")).len());
    assert!(files.iter().all(|file| folder.path().join(file).is_file()), "{files:?}");
    assert_eq!(said["placeholders"][0]["name"], "FILL_IN_APPS_DOMAIN");
    assert_eq!(said["placeholders"][0]["files"], serde_json::json!(["render-config.yaml"]));
    assert_eq!(succeed(folder.path(), &["init", "reg", "-q"]), "");
}

/// The folder of a registry may hold nothing: it would become a part of the input.
#[test]
fn the_registries_of_a_fleet_have_folders_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    fs::create_dir(folder.path().join("stage")).unwrap();
    fs::write(folder.path().join("stage/mine.yaml"), "mine\n").unwrap();
    let before = read_tree(folder.path());
    let refused = run(folder.path(), &["init", "all", "--fleet", "prod,stage", "--out", "."]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains("./stage: is there and not an empty directory"), "{said}");
    assert_eq!(read_tree(folder.path()), before);
}

/// The workflow of a registry `reg` that has no Git repository around it.
const WORKFLOW: &str = "reg/.github/workflows/quay-render-reg.yml";

/// The steps of a workflow.
fn steps(workflow: &Path) -> Vec<serde_json::Value> {
    let workflow = fs::read_to_string(workflow).unwrap();
    let workflow: serde_json::Value = serde_yaml::from_str(&workflow).unwrap();
    workflow["jobs"]["check"]["steps"].as_array().unwrap().clone()
}

/// Runs a step as GitHub does. `cargo` and `gh` are stand-ins; the first one records how it was called.
fn run_step(step: &serde_json::Value, folder: &Path, variables: &[(&str, &str)]) -> Output {
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).unwrap();
    for name in ["cargo", "gh"] {
        fs::write(programs.join(name), format!("#!/bin/sh\necho {name} \"$@\" >>'{}/calls'\n", folder.display()))
            .unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(programs.join(name), mode).unwrap();
    }
    let _there = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_quay-render"), programs.join("quay-render"));
    let work = folder.join("work");
    fs::create_dir_all(&work).unwrap();
    let mut bash = Command::new("bash");
    bash.args(["-e", "-c", step["run"].as_str().unwrap()]).current_dir(work);
    bash.env("PATH", format!("{}:{}", programs.display(), std::env::var("PATH").unwrap()));
    for (name, value) in step["env"].as_object().into_iter().flatten() {
        let value = value.as_str().unwrap();
        let secret = value.strip_prefix("${{ secrets.").and_then(|rest| rest.strip_suffix(" }}"));
        let known = secret.and_then(|name| variables.iter().find(|(other, _)| *other == name));
        bash.env(name, known.map_or(value, |(_, value)| value));
    }
    bash.env("GIT_CONFIG_GLOBAL", "/dev/null").envs(variables.iter().copied()).output().unwrap()
}

/// Nobody can substitute another program for the intended one: not by a name in a registry, nor by moving a tag.
#[test]
fn the_workflow_installs_nothing_until_it_is_told_what() {
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let named = ["--source", "https://git.example.org/team/quay-render", "--revision", commit];
    for (options, calls) in [
        (&[][..], String::new()),
        (
            &named[..],
            format!(
                "cargo install --git https://git.example.org/team/quay-render --rev {commit} --locked quay-render\n"
            ),
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        succeed(folder.path(), &[&["init", "reg", "--secrets", "inline"], options].concat());
        let steps = steps(&folder.path().join(WORKFLOW));
        assert!(steps.iter().all(|step| step.get("uses").is_none()), "{steps:?}");
        let install = steps.iter().find(|step| step["name"] == "Install quay-render").unwrap();
        let output = run_step(install, folder.path(), &[]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.success(), !calls.is_empty(), "{said}");
        assert_eq!(said.contains("::error title=quay-render::fill in SOURCE and REVISION"), calls.is_empty(), "{said}");
        assert_eq!(fs::read_to_string(folder.path().join("calls")).unwrap_or_default(), calls);
    }
    for source in [
        "https://u:hunter2@h/x",
        "https://h/x?token=hunter2",
        "https://hunter2@h/x#a",
        "ssh://git:hunter2@h/x",
        "$(hunter2)",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let refused = run(folder.path(), &["init", "reg", "--source", source, "--revision", commit]);
        let said = [refused.stdout, refused.stderr].concat();
        assert_eq!(refused.status.code(), Some(2), "{source}");
        assert!(!String::from_utf8_lossy(&said).contains("hunter2") && !folder.path().join("reg").exists(), "{source}");
    }
    for source in ["git@git.example.org:team/quay-render.git", "ssh://git@git.example.org/team/quay-render"] {
        let folder = tempfile::tempdir().unwrap();
        succeed(folder.path(), &["init", "reg", "--source", source, "--revision", commit]);
    }
    let folder = tempfile::tempdir().unwrap();
    for wrong in
        [&named[..2], &named[2..], &[named[0], named[1], named[2], "main"], &[named[0], named[1], named[2], "0123456"]]
    {
        assert_eq!(run(folder.path(), &[&["init", "reg"], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
    assert!(!folder.path().join("reg").exists());
}

#[test]
fn the_workflow_checks_out_the_commit_that_it_is_about() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), &["init", "reg"]);
    let input = folder.path().join("reg");
    git(&input, &["init", "--quiet"]);
    git(&input, &["add", "."]);
    git(&input, &["commit", "--quiet", "-m", "start"]);
    let commit = git(&input, &["rev-parse", "HEAD"]);
    let server = format!("file://{}", folder.path().display());
    let variables =
        [("GITHUB_SERVER_URL", server.as_str()), ("GITHUB_REPOSITORY", "reg"), ("GITHUB_SHA", commit.trim())];
    let steps = steps(&folder.path().join(WORKFLOW));
    let output = run_step(&steps[0], folder.path(), &variables);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(git(&folder.path().join("work"), &["rev-parse", "HEAD"]), commit);
    assert!(folder.path().join("work/quayregistry.yaml").is_file());
}

/// The controller applies what is committed: the paths in its objects lead to the output.
#[test]
fn a_controller_finds_the_output() {
    for (controller, platform) in [("--argocd", "openshift"), ("--flux", "kubernetes")] {
        let folder = tempfile::tempdir().unwrap();
        let choices = ["--platform", platform, "--access", "none", "--hostname", "reg.example.org", "--storage", "s3"];
        let arguments = ["init", "reg", controller, "--repository", "ssh://git@a.b/c"];
        succeed(folder.path(), &[&arguments, choices.as_slice()].concat());
        let input = folder.path().join("reg");
        let config = input.join("config-bundle/config.yaml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(config, text.replace("FILL_IN_S3_HOST", "s3.example.org").replace("FILL_IN_BUCKET", "reg")).unwrap();
        succeed(&input, &["build", ".", "--out", "deploy"]);
        let mut paths = Vec::new();
        for (path, text) in read_tree(&input) {
            let path = path.to_str().unwrap().to_owned();
            if path.starts_with("argocd/") || path.starts_with("flux/") || path.starts_with("deploy/flux/k") {
                let object: serde_json::Value = serde_yaml::from_str(&text).unwrap();
                let places = ["/spec/path", "/spec/source/path"].iter().filter_map(|place| object.pointer(place));
                paths.extend(places.map(|place| place.as_str().unwrap().to_owned()));
                let url = ["/spec/url", "/spec/source/repoURL"].iter().find_map(|place| object.pointer(place));
                assert!(url.is_none_or(|url| url == "ssh://git@a.b/c"), "{path}: {url:?}");
            }
        }
        assert!(paths.len() == 1 || paths.len() > 5, "{controller}: {paths:?}");
        for path in paths {
            assert!(input.join(&path).join("kustomization.yaml").is_file(), "{controller}: {path}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for wrong in [["--argocd", "--flux"].as_slice(), &["--flux", "--repository", "a b"]] {
        assert_eq!(run(folder.path(), &[&["init", "reg"], wrong].concat()).status.code(), Some(2), "{wrong:?}");
    }
}

/// In a Git repository the workflow stands where GitHub reads it, and every path is seen from its root.
#[test]
fn a_folder_of_a_repository_is_known_as_one() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    fs::create_dir_all(folder.path().join("clusters/prod")).unwrap();
    let written = succeed(&folder.path().join("clusters/prod"), &["init", "reg"]);
    let workflow = folder.path().join(".github/workflows/quay-render-clusters-prod-reg.yml");
    assert!(written.contains(&format!("{}\n", workflow.canonicalize().unwrap().display())), "{written}");
    assert!(!folder.path().join("clusters/prod/reg/.github").exists());
    let steps = fs::read_to_string(folder.path().join("clusters/prod/reg/NEXT-STEPS.md")).unwrap();
    assert!(steps.contains("quay-render build clusters/prod/reg --out deploy/clusters/prod/reg\n"), "{steps}");
    // A second registry has a workflow of its own; one whose workflow would be replaced is refused.
    assert!(succeed(folder.path(), &["init", "reg"]).contains("\n.github/workflows/quay-render-reg.yml\n"));
    fs::remove_dir_all(folder.path().join("reg")).unwrap();
    let before = read_tree(folder.path());
    let refused = run(folder.path(), &["init", "reg"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains(".github/workflows/quay-render-reg.yml: is there"));
    assert_eq!(read_tree(folder.path()), before);
}

/// The root of a clone may have files, but none that `init` writes.
#[test]
fn the_root_of_a_clone_is_written_around_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    fs::write(folder.path().join("README.md"), "mine\n").unwrap();
    let written = succeed(folder.path(), &["init", "reg", "--out", "."]);
    assert!(written.contains("./.github/workflows/quay-render-reg.yml\n"), "{written}");
    assert!(folder.path().join("render-config.yaml").is_file());
    let before = read_tree(folder.path());
    let refused = run(folder.path(), &["init", "reg", "--out", "."]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("./quayregistry.yaml: is there"));
    assert_eq!(read_tree(folder.path()), before);
    let odd = folder.path().join("odd name");
    fs::create_dir(&odd).unwrap();
    assert_eq!(run(&odd, &["init", "reg"]).status.code(), Some(2), "its path needs quotes");
    assert_eq!(fs::read_dir(odd).unwrap().count(), 0);
}
