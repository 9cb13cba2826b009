//! Argo CD's plugin: its commands as the sidecar runs them, and the files that install it.

use crate::support::files::copy;
use crate::support::process::copy_program;
use crate::support::repository;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Where the program is in the image.
const INSTALLED: &str = "/usr/local/bin/quay-render";
/// The user of the sidecar.
const USER: &str = "999";

fn plugin_file(name: &str) -> String {
    fs::read_to_string(repository().join("components/argocd").join(name)).unwrap()
}

fn yaml(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The sidecar: the program where its user can run it, and the source of an Application, read-only.
struct Sidecar {
    folder: TempDir,
}

impl Sidecar {
    fn new(example: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("quay-render");
        copy_program(Path::new(env!("CARGO_BIN_EXE_quay-render")), &program);
        let sidecar = Self { folder };
        copy(&repository().join("examples").join(example), &sidecar.source());
        sidecar.lock();
        sidecar
    }

    fn source(&self) -> PathBuf {
        self.folder.path().join("source")
    }

    fn lock(&self) {
        for entry in walkdir::WalkDir::new(self.folder.path()).into_iter().map(Result::unwrap) {
            let mode = if entry.file_type().is_dir() || entry.path().ends_with("quay-render") { 0o555 } else { 0o444 };
            fs::set_permissions(entry.path(), Permissions::from_mode(mode)).unwrap();
        }
    }

    fn unlock(&self) {
        for entry in walkdir::WalkDir::new(self.folder.path()).into_iter().map(Result::unwrap) {
            fs::set_permissions(entry.path(), Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// Runs a command of plugin.yaml with only these variables.
    fn run(&self, place: &str, variables: &[(&str, &str)]) -> Output {
        let plugin = yaml(&plugin_file("plugin.yaml"));
        let step = plugin.pointer(place).unwrap();
        let words = |name: &str| -> Vec<String> { serde_json::from_value(step[name].clone()).unwrap() };
        assert_eq!(words("command"), [INSTALLED]);
        let program = self.folder.path().join("quay-render");
        // Where the tests' own user may not become another, it is that one.
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let mut command = Command::new(if is_root { Path::new("setpriv") } else { &program });
        if is_root {
            command.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--no-new-privs"]).arg(&program);
        }
        let standard = [("ARGOCD_APP_NAME", "registry"), ("ARGOCD_APP_REVISION", "0"), ("KUBE_VERSION", "1.33")];
        command.args(words("args")).current_dir(self.source()).env_clear();
        // setpriv itself is found by the path of the tests; what it starts has an absolute one.
        if is_root {
            command.env("PATH", std::env::var_os("PATH").unwrap());
        }
        command.envs(standard).envs(variables.iter().copied()).output().unwrap()
    }

    fn generate(&self, variables: &[(&str, &str)]) -> Output {
        self.run("/spec/generate", variables)
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        self.unlock();
    }
}

fn built(source: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    let output = command.args(["build", ".", "--stdout"]).current_dir(source).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).to_owned()
}

#[test]
fn the_sidecar_generates_what_a_build_prints() {
    for example in ["minimal", "referenced", "sealed", "flux", "all-unmanaged"] {
        let sidecar = Sidecar::new(example);
        let output = sidecar.generate(&[]);
        assert_eq!(output.status.code(), Some(0), "{example}: {}", text(&output.stderr));
        assert_eq!(text(&output.stdout), built(&sidecar.source()), "{example}");
        let documents: Vec<Json> = text(&output.stdout).split("\n---\n").map(yaml).collect();
        assert!(documents.len() > 10, "{example}");
        for object in documents {
            let wave = &object["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"];
            assert!(object["kind"].is_string() && wave.is_string(), "{example}: {object}");
        }
    }
}

#[test]
fn a_refused_input_prints_nothing_to_apply() {
    let sidecar = Sidecar::new("minimal");
    sidecar.unlock();
    fs::write(sidecar.source().join("render-config.yaml"), "kind: RenderConfig\n").unwrap();
    sidecar.lock();
    let output = sidecar.generate(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty() && text(&output.stderr).contains("error["), "{}", text(&output.stderr));
    // What may be set can be shown all the same.
    assert_eq!(sidecar.run("/spec/parameters/dynamic", &[]).status.code(), Some(0));
}

const IMAGE: &str = "RELATED_IMAGE_COMPONENT_REDIS";

fn another_image() -> String {
    format!("mirror.example.com/redis@sha256:{}", "ab".repeat(32))
}

#[test]
fn what_an_application_sets_counts_and_is_announced() {
    let sidecar = Sidecar::new("minimal");
    let image = another_image();
    let parameters = json!([{"name": "images", "map": {IMAGE: &image}}]).to_string();
    let variables = [("ARGOCD_APP_PARAMETERS", parameters.as_str())];
    let generated = sidecar.generate(&variables);
    assert!(text(&generated.stdout).contains(&image), "{}", text(&generated.stderr));
    let announced = sidecar.run("/spec/parameters/dynamic", &variables);
    let announced: Json = serde_json::from_slice(&announced.stdout).unwrap();
    assert_eq!(announced[0]["map"][IMAGE], json!(image));
    for parameter in announced.as_array().unwrap() {
        let kind = parameter["collectionType"].as_str().unwrap_or("string");
        assert!(parameter["name"].is_string() && parameter.get(kind).is_some(), "{parameter}");
    }
    let wrong = sidecar.generate(&[("ARGOCD_APP_PARAMETERS", r#"[{"name": "image"}]"#)]);
    assert!(wrong.status.code() == Some(2) && wrong.stdout.is_empty());
}

#[test]
fn the_namespace_of_the_destination_stands_in_where_the_files_name_none() {
    let sidecar = Sidecar::new("flux");
    let named = built(&sidecar.source());
    let variables = [("ARGOCD_APP_NAMESPACE", "elsewhere")];
    assert_eq!(text(&sidecar.generate(&variables).stdout), named, "the files win");
    sidecar.unlock();
    for file in ["quayregistry.yaml", "render-config.yaml"] {
        let path = sidecar.source().join(file);
        let lines = fs::read_to_string(&path).unwrap();
        let kept: Vec<&str> = lines.lines().filter(|line| !line.trim_start().starts_with("namespace: ")).collect();
        fs::write(path, kept.join("\n") + "\n").unwrap();
    }
    sidecar.lock();
    assert_eq!(sidecar.generate(&[]).status.code(), Some(1));
    let output = sidecar.generate(&variables);
    assert!(text(&output.stdout).contains("\n  namespace: elsewhere\n"), "{}", text(&output.stderr));
}

#[test]
fn no_other_command_reads_these_variables() {
    let sidecar = Sidecar::new("minimal");
    let parameters = json!([{"name": "images", "map": {IMAGE: another_image()}}]).to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_quay-render"))
        .args(["build", ".", "--stdout"])
        .current_dir(sidecar.source())
        .env("ARGOCD_APP_PARAMETERS", parameters)
        .env(format!("PARAM_IMAGES_{IMAGE}"), another_image())
        .env("ARGOCD_APP_NAMESPACE", "elsewhere")
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), built(&sidecar.source()));
}

#[test]
fn what_init_writes_is_discovered() {
    let plugin = yaml(&plugin_file("plugin.yaml"));
    let file = plugin["spec"]["discover"]["fileName"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut init = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    assert!(init.args(["init", "reg"]).current_dir(folder.path()).output().unwrap().status.success());
    assert!(folder.path().join("reg").join(file).is_file());
    // The output beside it is not.
    assert!(!repository().join("golden/minimal").join(file).exists());
}

/// The file has only fields in Argo CD's documentation; Argo CD itself ignores unknown ones.
#[test]
fn the_plugin_file_has_no_field_that_argo_cd_would_drop() {
    let keys = |value: &Json| -> BTreeSet<String> { value.as_object().unwrap().keys().cloned().collect() };
    let known = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let plugin = yaml(&plugin_file("plugin.yaml"));
    assert_eq!(keys(&plugin), known(&["apiVersion", "kind", "metadata", "spec"]));
    // A version would become part of the name that Applications write.
    assert_eq!(keys(&plugin["spec"]), known(&["generate", "discover", "parameters"]));
    assert_eq!(keys(&plugin["spec"]["generate"]), known(&["command", "args"]));
    assert_eq!(keys(&plugin["spec"]["discover"]), known(&["fileName"]));
    assert_eq!(keys(&plugin["spec"]["parameters"]), known(&["dynamic"]));
}

/// kubectl merges the patch into a repo-server like Argo CD's own.
#[test]
fn the_patch_adds_the_sidecar_to_the_repo_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = folder.path().join("server.yaml");
    let own = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "argocd-repo-server", "namespace": "argocd"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"labels": {"a": "b"}},
            "spec": {
                "containers": [{"name": "argocd-repo-server", "image": "argocd"}],
                "volumes": [{"name": "var-files", "emptyDir": {}}, {"name": "plugins", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}],
            },
        }},
    });
    fs::write(&server, own.to_string()).unwrap();
    let output = Command::new("kubectl")
        .args(["patch", "--local", "-o", "json", "-f"])
        .arg(&server)
        .arg("--patch-file")
        .arg(repository().join("components/argocd/repo-server-patch.yaml"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let patched: Json = serde_json::from_slice(&output.stdout).unwrap();
    let pod = &patched["spec"]["template"]["spec"];
    let names = |list: &Json| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    let volumes = names(&pod["volumes"]);
    assert_eq!(volumes.len(), 4);
    let containers = pod["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 2);
    let sidecar = containers.iter().find(|it| it["name"] == "quay-render").unwrap();
    assert_eq!(sidecar["securityContext"]["runAsUser"], json!(999));
    assert_eq!(sidecar["command"], json!(["/var/run/argocd/argocd-cmp-server"]));
    assert!(names(&sidecar["volumeMounts"]).is_subset(&volumes) && !names(&sidecar["volumeMounts"]).contains("tmp"));
}

/// The image can be built from what the Dockerfile copies, and has the program and plugin.yaml in the right places.
#[test]
fn the_dockerfile_copies_what_the_build_needs() {
    let folder = tempfile::tempdir().unwrap();
    let dockerfile = plugin_file("Dockerfile");
    let copies = dockerfile.lines().filter_map(|line| line.strip_prefix("COPY "));
    let (mut installed, mut into_build) = (Vec::new(), 0);
    for copied in copies {
        let words: Vec<&str> = copied.split(' ').filter(|word| !word.starts_with("--from=")).collect();
        let (target, sources) = words.split_last().unwrap();
        if target.starts_with('/') {
            installed.push(*target);
            continue;
        }
        for source in sources {
            let target = folder.path().join(if *target == "./" { source } else { target });
            copy(&repository().join(source), &target);
            into_build += 1;
        }
    }
    assert_eq!(into_build, 13);
    assert_eq!(installed, [INSTALLED, "/home/argocd/cmp-server/config/plugin.yaml"]);
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let metadata = ["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"];
    let output = Command::new(cargo).args(metadata).current_dir(folder.path()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let metadata: Json = serde_json::from_slice(&output.stdout).unwrap();
    for target in metadata["packages"][0]["targets"].as_array().unwrap() {
        assert!(Path::new(target["src_path"].as_str().unwrap()).is_file(), "{target}");
    }
}
