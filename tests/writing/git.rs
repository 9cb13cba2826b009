//! What Git tracks of an output with secrets inline, in every layout: after `git add .` with real Git there is no
//! secret in it.

use crate::support::output::{LOCK, STAGING};
use crate::support::registry::Registry;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::output::{IGNORE, Wanted, prepare};
use quay_render::{compile, input};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    let output = git.output().expect("this test needs git");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The secrets in the keys files below a folder, as written there and as in a Secret.
fn markers(registry: &Registry, inputs: &[&str]) -> BTreeSet<String> {
    let mut markers = BTreeSet::new();
    for input in inputs {
        let keys: serde_json::Value = serde_yaml::from_str(&registry.read(&format!("{input}/keys.yaml"))).unwrap();
        for (name, value) in keys["stringData"].as_object().unwrap() {
            if !name.ends_with(".cert") {
                let value = value.as_str().unwrap();
                let line = value.lines().max_by_key(|line| line.len()).unwrap().to_owned();
                markers.extend([line, STANDARD.encode(value).trim_end_matches('=').to_owned()]);
            }
        }
    }
    assert!(markers.len() > 10);
    markers
}

/// The files that Git tracks below `folder`, which becomes a repository.
#[track_caller]
fn taken(registry: &Registry, folder: &str, inputs: &[&str]) -> BTreeSet<String> {
    let folder = registry.at(folder);
    git(&folder, &["init", "--quiet"]);
    git(&folder, &["add", "."]);
    let taken: BTreeSet<String> = git(&folder, &["ls-files", "-z"]).split_terminator('\0').map(str::to_owned).collect();
    let markers = markers(registry, inputs);
    for path in &taken {
        let text = String::from_utf8_lossy(&fs::read(folder.join(path)).unwrap()).into_owned();
        let found = markers.iter().find(|marker| text.contains(marker.as_str()));
        assert!(found.is_none(), "Git takes {path}, which holds a secret");
    }
    fs::remove_dir_all(folder.join(".git")).unwrap();
    taken
}

/// The files with secrets, which exist all the same.
fn secrets(registry: &Registry, out: &str) -> Vec<String> {
    let lock: serde_json::Value = serde_json::from_str(&registry.read(&format!("{out}/{LOCK}"))).unwrap();
    let files = lock["files"].as_object().unwrap().iter();
    files.filter(|(_, entry)| entry.as_str().unwrap().starts_with("hmac-")).map(|(path, _)| path.clone()).collect()
}

#[test]
fn git_takes_all_but_what_holds_a_secret() {
    // A Route and a Secret of an Ingress hold a pair.
    let cases = [("minimal", 6), ("access-route-edge-pair", 6), ("access-ingress-nginx", 5), ("own-keys", 6)];
    for (example, least) in cases {
        let registry = Registry::new(example);
        for out in ["deploy", "deploy/my-registry", "my-registry/deploy", "a b/c"] {
            registry.succeed(&["build", "my-registry", "--out", out]);
            let taken = taken(&registry, ".", &["my-registry"]);
            let secrets = secrets(&registry, out);
            assert!(secrets.len() >= least, "{example}: {secrets:?}");
            for file in &secrets {
                assert!(!taken.contains(&format!("{out}/{file}")), "{example}: {out}/{file}");
            }
            for file in [IGNORE, LOCK, "kustomization.yaml"] {
                assert!(taken.contains(&format!("{out}/{file}")), "{example}: {taken:?}");
            }
            let other = |path: &&String| path.starts_with(&format!("{out}/")) && path.contains("deployment-");
            assert!(taken.iter().any(|path| other(&path)), "{taken:?}");
            fs::remove_dir_all(registry.at(out)).unwrap();
        }
    }
}

#[test]
fn an_output_that_is_a_repository_of_its_own_is_no_other() {
    let registry = Registry::new("minimal");
    // What stands above has no say.
    fs::write(registry.at(IGNORE), "!secret-*\n!*.yaml\n").unwrap();
    registry.succeed(&["build", "my-registry", "--out", "deploy"]);
    assert!(taken(&registry, ".", &["my-registry"]).len() > 20);
    assert!(taken(&registry, "deploy", &["my-registry"]).len() > 20);
}

#[test]
fn layers_and_fleets_are_layouts_like_any_other() {
    let registry = Registry::new("minimal");
    let layers = "  output: layers\n  flux: {sourceRef: {name: r}, path: ./deploy}\n";
    let config = registry.read("my-registry/render-config.yaml") + layers;
    fs::write(registry.at("my-registry/render-config.yaml"), config).unwrap();
    registry.succeed(&["build", "my-registry", "--out", "deploy"]);
    assert!(secrets(&registry, "deploy").iter().all(|path| path.starts_with("base/")));
    let all = taken(&registry, ".", &["my-registry"]);
    assert!(all.contains("deploy/flux/kustomization.yaml") && all.contains("deploy/.gitignore"), "{all:?}");

    let registry = Registry::new("minimal");
    fs::create_dir_all(registry.at("fleet/team")).unwrap();
    fs::rename(registry.at("my-registry"), registry.at("fleet/team/one")).unwrap();
    let other = Registry::new("access-route-edge-pair");
    fs::rename(other.at("my-registry"), registry.at("fleet/two")).unwrap();
    registry.succeed(&["build", "fleet", "--out", "deploy"]);
    let all = taken(&registry, ".", &["fleet/team/one", "fleet/two"]);
    assert!(all.contains("deploy/team/one/.gitignore") && all.contains("deploy/two/.gitignore"), "{all:?}");
    assert!(secrets(&registry, "deploy/two").iter().any(|path| path.contains("/route-")));
}

#[test]
fn what_a_killed_run_leaves_is_not_taken_either() {
    let registry = Registry::new("minimal");
    let inputs = input::read(registry.at("my-registry").to_str().unwrap(), None).unwrap_or_else(|_| panic!("no input"));
    let rendered = compile(&inputs).registry.unwrap();
    let (target, files, key) = (registry.at("deploy"), rendered.files(), rendered.lock_key());
    let wanted =
        Wanted { target: &target, within: None, files: Some(&files), key: key.as_ref(), force: false, review: None };
    // Killed between its two parts: nobody cleans up.
    std::mem::forget(prepare(wanted).unwrap());
    assert!(registry.at("deploy").join(STAGING).is_dir());
    let taken = taken(&registry, ".", &["my-registry"]);
    assert!(taken.iter().all(|path| !path.contains(STAGING)), "{taken:?}");
}

#[test]
fn where_no_file_holds_a_secret_git_is_told_nothing() {
    let registry = Registry::new("minimal");
    registry.succeed(&["build", "my-registry", "--out", "deploy"]);
    assert!(registry.at("deploy/.gitignore").is_file());
    registry.edit("my-registry/render-config.yaml", "mode: inline", "mode: referenced");
    registry.succeed(&["build", "my-registry", "--out", "deploy"]);
    assert!(!registry.at("deploy/.gitignore").exists());
}

#[test]
fn keys_are_kept_from_git_where_nothing_else_does() {
    let registry = Registry::given("minimal");
    fs::remove_file(registry.at("my-registry/keys.yaml")).unwrap();
    fs::write(registry.at("my-registry/.gitignore"), "mine\n").unwrap();
    let said = registry.succeed(&["keys", "my-registry"]);
    assert!(said.contains("add the line /keys.yaml"), "{said}");
    assert_eq!(registry.read("my-registry/.gitignore"), "mine\n");
    let registry = Registry::given("minimal");
    fs::remove_file(registry.at("my-registry/keys.yaml")).unwrap();
    fs::write(registry.at("my-registry/.gitignore"), "*.key\n/keys.yaml\n").unwrap();
    let said = registry.succeed(&["keys", "my-registry"]);
    assert!(!said.contains(".gitignore"), "{said}");
    // Also where all of them are there already.
    fs::remove_file(registry.at("my-registry/.gitignore")).unwrap();
    let said = registry.succeed(&["keys", "my-registry"]);
    assert!(
        said.contains("nothing was changed") && registry.read("my-registry/.gitignore").contains("/keys.yaml\n"),
        "{said}"
    );
    fs::write(registry.at("my-registry/.gitignore"), "keys.yaml\n!keys.yaml\n").unwrap();
    assert!(registry.succeed(&["keys", "my-registry"]).contains("add the line /keys.yaml"));
}

/// Git reads a line of `.gitignore` as a pattern.
#[test]
fn keys_are_kept_from_git_whatever_their_file_is_called() {
    for name in
        ["keys [prod].yaml", "#keys.yaml", "!keys.yaml", "a*b?.yaml", "back\\slash.yaml", " a b .yaml", "é.yaml"]
    {
        let registry = Registry::given("minimal");
        let keys = registry.read("my-registry/keys.yaml");
        fs::remove_file(registry.at("my-registry/keys.yaml")).unwrap();
        fs::write(registry.at("my-registry").join(name), &keys).unwrap();
        let said = registry.succeed(&["keys", "my-registry"]);
        assert!(said.contains("written, so that Git does not take"), "{name}: {said}");
        let folder = registry.at("my-registry");
        git(&folder, &["init", "--quiet"]);
        git(&folder, &["add", "."]);
        let taken = git(&folder, &["ls-files", "-z"]);
        assert!(taken.contains("render-config.yaml") && !taken.contains(name), "{name}: {taken}");
        // What it wrote is understood when it is read.
        let said = registry.succeed(&["keys", "my-registry"]);
        assert!(!said.contains("add the line"), "{name}: {said}");
    }
}

/// Git keeps tracking files that it has, even if they are ignored later: so a path holds secrets always or never,
/// whatever settings change.
#[test]
fn no_path_holds_a_secret_with_some_settings_and_none_with_others() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let (mut secret, mut plain) = (BTreeSet::new(), BTreeSet::new());
    let entries = fs::read_dir(examples).unwrap().map(|entry| entry.unwrap().path());
    for folder in entries.filter(|path| path.is_dir()) {
        let inputs = input::read(folder.to_str().unwrap(), None).unwrap_or_else(|error| panic!("{}", error.source));
        let Some(rendered) = compile(&inputs).registry else { continue };
        let name = rendered.resolved.name.clone();
        for (path, file) in rendered.files().iter() {
            // The layer's folder is Flux's; the name is another in some examples.
            let path = path.replace(&name, "NAME");
            if file.secret {
                secret.insert(path)
            } else {
                plain.insert(path)
            };
        }
    }
    assert!(secret.len() > 8 && plain.len() > 60, "{} and {}", secret.len(), plain.len());
    assert!(secret.iter().any(|path| path == "route/route-NAME-quay.secret.yaml"), "{secret:?}");
    let both: Vec<&String> = secret.intersection(&plain).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// A `.gitignore` in a folder below has precedence over the output's own.
#[test]
fn no_secret_is_written_below_a_gitignore_that_takes_something_back_in() {
    let registry = Registry::new("minimal");
    for (text, is_refused) in
        [("!*\n", true), ("*.bak\n!secret-*\r\n", true), ("\u{feff}!*", true), ("*.bak\n# !*\n\\!x\n", false)]
    {
        for folder in ["quay", "postgres"] {
            fs::create_dir_all(registry.at("deploy").join(folder)).unwrap();
            fs::write(registry.at("deploy").join(folder).join(IGNORE), text).unwrap();
            // Without --force a directory with other files is refused anyhow.
            let arguments = ["build", "my-registry", "--out", "deploy", "--force"];
            if is_refused {
                let said = registry.says(&arguments, 1);
                assert!(said.contains("output-foreign") && said.contains("begins with `!`"), "{text:?}: {said}");
                assert!(!registry.at("deploy").join(LOCK).exists(), "{text:?}");
            } else {
                registry.succeed(&arguments);
                let taken = taken(&registry, ".", &["my-registry"]);
                assert!(taken.contains(&format!("deploy/{folder}/.gitignore")), "{taken:?}");
            }
            fs::remove_dir_all(registry.at("deploy")).unwrap();
        }
    }
}
