//! The program from outside: commands, exit codes, streams, and that its surroundings never change a byte.

use crate::support::files::copy;
use crate::support::{example, quay_render};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str]) -> Output {
    quay_render().args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = walkdir::WalkDir::new(root).into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().strip_prefix(root).unwrap().to_owned(), fs::read(entry.path()).unwrap())).collect()
}

#[test]
fn build_writes_the_golden_directory_and_then_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let arguments = ["build", example("minimal").to_str().unwrap(), "--out", out.to_str().unwrap()].map(str::to_owned);
    let first = quay_render().args(&arguments).output().unwrap();
    assert_eq!(first.status.code(), Some(0), "{}", text(&first.stderr));
    assert!(first.stdout.is_empty());
    let mut golden = tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/minimal"));
    for beside in ["diagnostics.txt", "access.txt"] {
        golden.remove(Path::new(beside));
    }
    // Under its own name this repository would obey it.
    let ignored = golden.remove(Path::new("gitignore")).unwrap();
    golden.insert(PathBuf::from(".gitignore"), ignored);
    assert_eq!(tree(&out).keys().collect::<Vec<_>>(), golden.keys().collect::<Vec<_>>());
    assert!(tree(&out) == golden, "the program and the library differ");
    let second = quay_render().args(&arguments).output().unwrap();
    assert!(text(&second.stderr).contains("0 added, 0 changed, 0 removed"), "{}", text(&second.stderr));
}

#[test]
fn nothing_around_the_program_changes_a_byte() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    copy(&example("all-unmanaged"), &input);
    let reference = quay_render().args(["build", "--stdout"]).arg(&input).output().unwrap();
    assert!(reference.status.success(), "{}", text(&reference.stderr));
    // Another order of files, other names, another surrounding.
    fs::rename(input.join("quayregistry.yaml"), input.join("zz.yml")).unwrap();
    fs::rename(input.join("keys.yaml"), input.join("aa.yaml")).unwrap();
    let mut shell = Command::new("/bin/sh");
    shell.arg("-c").arg("umask 077; cd / && exec \"$0\" build --stdout \"$1\"");
    shell.arg(env!("CARGO_BIN_EXE_quay-render")).arg(&input).env_clear();
    shell.env("TZ", "Pacific/Kiritimati").env("LC_ALL", "tr_TR.UTF-8").env("HOME", "/nonexistent");
    shell.env("RELATED_IMAGE_COMPONENT_QUAY", "ignored.example.com/quay:latest").env("PATH", "/usr/bin:/bin");
    let other = shell.output().unwrap();
    assert!(other.status.success(), "{}", text(&other.stderr));
    assert!(reference.stdout == other.stdout);
}

#[test]
fn image_variables_count_where_they_are_asked_for() {
    let image = format!("mirror.example.com/quay@sha256:{}", "b".repeat(64));
    let mut command = quay_render();
    command
        .args(["show", "images", "--env-images"])
        .arg(example("minimal"))
        .env("RELATED_IMAGE_COMPONENT_QUAY", &image);
    assert!(text(&command.output().unwrap().stdout).contains(&image));
    command.env("RELATED_IMAGE_COMPONENT_QUAY", "quay.io/quay/quay:latest");
    assert_eq!(command.output().unwrap().status.code(), Some(1));
}

#[test]
fn an_image_without_a_registry_is_taken_with_a_warning() {
    for (short, whole) in [("team/quay", "docker.io/team/quay"), ("quay", "docker.io/library/quay")] {
        let digest = format!("@sha256:{}", "b".repeat(64));
        let mut command = quay_render();
        command.args(["show", "images", "--env-images"]).arg(example("minimal"));
        let output = command.env("RELATED_IMAGE_COMPONENT_QUAY", format!("{short}{digest}")).output().unwrap();
        assert!(output.status.success() && text(&output.stdout).contains(&format!("{short}{digest}")));
        let said = text(&output.stderr);
        let warning = "warning[image-host]: environment variable RELATED_IMAGE_COMPONENT_QUAY: ";
        assert!(said.contains(warning) && said.contains(&format!("  hint: {whole}{digest}: ")), "{said}");
    }
}

#[test]
fn the_order_of_fields_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    copy(&example("all-unmanaged"), &input);
    let stream = |input: &Path| quay_render().args(["build", "--stdout"]).arg(input).output().unwrap().stdout;
    let before = stream(&input);
    let path = input.join("config-bundle/config.yaml");
    let config = fs::read_to_string(&path).unwrap();
    let (hostname, rest) = config.split_once('\n').unwrap();
    fs::write(&path, format!("{rest}{hostname}\n")).unwrap();
    assert!(before == stream(&input));
}

#[test]
fn keys_are_made_once_for_the_owner_alone_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    copy(&example("minimal"), &input);
    let path = input.join("keys.yaml");
    fs::remove_file(&path).unwrap();
    let refused = quay_render().args(["build", "--stdout"]).arg(&input).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    assert!(text(&refused.stderr).contains(&format!("quay-render keys {}", input.display())));
    let keys = || quay_render().arg("keys").arg(&input).output().unwrap();
    assert!(keys().status.success());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let first = fs::read_to_string(&path).unwrap();
    assert!(keys().status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), first);
    // What others could read is closed to them, also where nothing is made.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let closed = keys();
    assert!(text(&closed.stderr).contains("others could read it; its mode is 0600 now"), "{}", text(&closed.stderr));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!text(&keys().stderr).contains("others"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    // One value is lost: it alone is made anew.
    let line = first.lines().find(|line| line.contains("CONFIG_EDITOR_PW")).unwrap();
    fs::write(&path, first.replace(&format!("{line}\n"), "")).unwrap();
    let again = keys();
    assert!(text(&again.stderr).contains("made CONFIG_EDITOR_PW;"), "{}", text(&again.stderr));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let second = fs::read_to_string(&path).unwrap();
    let lost = |line: &&str| line.contains("CONFIG_EDITOR_PW");
    assert!(first.lines().filter(|line| !lost(line)).all(|line| second.contains(line)), "another value changed");
    assert_ne!(second.lines().find(lost), Some(line));
    assert!(quay_render().args(["build", "--stdout"]).arg(&input).output().unwrap().status.success());
}

#[test]
fn a_pair_that_no_longer_fits_the_host_is_reissued_by_the_same_ca() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    copy(&example("minimal"), &input);
    let config = input.join("render-config.yaml");
    let moved = fs::read_to_string(&config).unwrap().replace("apps.example.com", "apps.example.org");
    fs::write(&config, moved).unwrap();
    let build = || quay_render().args(["build", "--stdout"]).arg(&input).output().unwrap();
    let refused = build();
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("error[tls-pair]"), "{}", text(&refused.stderr));
    let keys = quay_render().arg("keys").arg(&input).output().unwrap();
    assert!(text(&keys.stderr).contains("made ssl.cert;"), "{}", text(&keys.stderr));
    assert!(build().status.success());
}

#[test]
fn standard_input_is_an_input() {
    let all: String = ["quayregistry.yaml", "render-config.yaml", "keys.yaml"]
        .map(|file| format!("---\n{}", fs::read_to_string(example("minimal").join(file)).unwrap()))
        .concat();
    let mut child = quay_render()
        .args(["build", "-", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(all.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let folder = run(&["build", example("minimal").to_str().unwrap(), "--stdout"]);
    assert!(output.stdout == folder.stdout);
}

#[test]
fn an_output_directory_inside_the_input_is_no_input() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    let out = folder.path().join("deploy");
    for _ in 0..2 {
        let built = quay_render().arg("build").arg(folder.path()).arg("--out").arg(&out).output().unwrap();
        assert!(built.status.success(), "{}", text(&built.stderr));
    }
}

#[test]
fn show_status_says_that_a_registry_is_paused() {
    for (example, paused) in [("examples/paused", true), ("examples/referenced", false)] {
        let shown = run(&["show", "status", example]);
        let text = String::from_utf8_lossy(&shown.stdout).into_owned();
        assert_eq!(text.contains("reason: Paused"), paused, "{text}");
    }
}

#[test]
fn show_tells_what_a_status_would_and_masks_every_secret() {
    let minimal = example("minimal");
    let minimal = minimal.to_str().unwrap();
    let status: serde_json::Value =
        serde_json::from_slice(&run(&["show", "status", minimal, "--format", "json"]).stdout).unwrap();
    assert_eq!(status["registryEndpoint"], "https://my-registry-quay-quay.apps.example.com");
    assert_eq!(status["configEditorEndpoint"], "https://my-registry-quay-config-editor-quay.apps.example.com");
    assert_eq!(status["currentVersion"], "3.5.0");
    assert!(
        status["configEditorCredentialsSecret"]
            .as_str()
            .unwrap()
            .starts_with("my-registry-quay-config-editor-credentials-")
    );
    assert_eq!(status["conditions"][0]["type"], "RolloutBlocked");
    let components = text(&run(&["show", "components", example("kubernetes").to_str().unwrap()]).stdout);
    assert!(components.contains("route                    unmanaged  listed as unmanaged"), "{components}");
    for case in ["minimal", "all-unmanaged", "own-keys"] {
        let input = example(case);
        let keys = fs::read_to_string(input.join("keys.yaml")).unwrap();
        let secrets: Vec<&str> = keys
            .lines()
            .filter(|line| line.contains("_PW") || line.contains("PASSWORD") || line.contains("KEY:"))
            .filter_map(|line| line.split(": ").nth(1))
            .map(|value| value.trim_matches('"'))
            .collect();
        assert!(secrets.len() >= 3);
        for what in ["status", "components", "config", "images"] {
            for format in ["text", "json"] {
                let shown = run(&["show", what, input.to_str().unwrap(), "--format", format]);
                assert!(shown.status.success());
                let shown = text(&shown.stdout) + &text(&shown.stderr);
                for secret in secrets.iter().copied().chain([
                    "EXAMPLESECRETKEY",
                    "EXAMPLEACCESSKEY",
                    "quay:EXAMPLE",
                    "example-secret-key",
                ]) {
                    assert!(!shown.contains(secret), "show {what} of {case} tells a secret");
                }
            }
        }
    }
}

#[test]
fn exit_codes_tell_a_refusal_from_a_failure() {
    assert_eq!(run(&["build", "/nonexistent", "--stdout"]).status.code(), Some(2));
    assert_eq!(run(&["build"]).status.code(), Some(2));
    assert_eq!(run(&["explain", "component-unknwon"]).status.code(), Some(2));
    assert!(text(&run(&["explain", "component-unknwon"]).stderr).contains("component-unknown"));
    assert_eq!(run(&["explain", "component-unknown"]).status.code(), Some(0));
    assert_eq!(run(&["--version"]).status.code(), Some(0));
}

#[test]
fn a_refused_input_leaves_the_output_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (input, out) = (folder.path().join("in"), folder.path().join("out"));
    copy(&example("minimal"), &input);
    let build = || quay_render().arg("build").arg(&input).arg("--out").arg(&out).output().unwrap();
    assert!(build().status.success());
    let before = tree(&out);
    fs::write(
        input.join("quayregistry.yaml"),
        "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: [}\n",
    )
    .unwrap();
    let refused = build();
    assert_eq!(refused.status.code(), Some(1));
    assert!(tree(&out) == before);
}

#[test]
fn files_that_cannot_be_input_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    fs::write(folder.path().join("latin.yaml"), b"caf\xe9: 1\n").unwrap();
    fs::write(folder.path().join("large.yaml"), vec![b'#'; (4 << 20) + 1]).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link.yaml")).unwrap();
    let refused = quay_render().args(["build", "--stdout"]).arg(folder.path()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    let said = text(&refused.stderr);
    for words in ["latin.yaml: is not UTF-8", "large.yaml: is larger than 4 MiB", "link.yaml: is a link that leads out"]
    {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn an_input_that_is_too_large_as_a_whole_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path();
    copy(&example("minimal"), input);
    let validate = || {
        let done = quay_render().arg("validate").arg(input).output().unwrap();
        (done.status.code(), text(&done.stdout))
    };
    // Together with these, what `minimal` has is more than 8 MiB.
    let comment = vec![b'#'; 4 << 20];
    fs::write(input.join("a.yaml"), &comment).unwrap();
    let (code, said) = validate();
    assert_eq!(code, Some(0), "{said}");
    fs::write(input.join("b.yaml"), &comment).unwrap();
    let (code, said) = validate();
    assert_eq!(code, Some(1));
    assert!(said.contains("does not fit into the input, which has at most 8 MiB"), "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");
    fs::remove_file(input.join("b.yaml")).unwrap();
    for file in 0..10_000 {
        fs::write(input.join(format!("{file}.txt")), "").unwrap();
    }
    let (code, said) = validate();
    assert_eq!(code, Some(1));
    assert!(said.contains("at most 10000 files, folders and keys of generators"), "{said}");
    assert_eq!(said.matches("error[").count(), 1, "{said}");
}

/// Large parts of an output are refused with a message, or rendered: a small text that becomes large, many values,
/// control characters, each of which becomes four characters when written.
#[test]
fn nothing_that_becomes_large_is_an_internal_error() {
    let large = format!("MAIL_SERVER: &it {}\nUSERS: [{}]\n", "x".repeat(100_000), "*it,".repeat(140));
    let aliases = format!("A: &it [{}]\nB: [{}]\n", "1,".repeat(900), "*it,".repeat(180));
    let control = format!("REGISTRY_TITLE: \"{}\"\n", "\\x07".repeat(1_000_000));
    for (what, config) in [("aliases of a text", large), ("aliases of values", aliases), ("control", control)] {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path();
        copy(&example("minimal"), input);
        fs::create_dir(input.join("config-bundle")).unwrap();
        fs::write(input.join("config-bundle/config.yaml"), config).unwrap();
        let done = quay_render().args(["build", "--stdout"]).arg(input).output().unwrap();
        let said = text(&done.stderr);
        assert!(!said.contains("[internal]"), "{what}: {}", said.chars().take(2_000).collect::<String>());
        assert!(matches!(done.status.code(), Some(0 | 1)), "{what}");
    }
}

/// The hint repeats a few overrides as settings to write instead, but not thousands of them.
#[test]
fn overrides_are_not_said_again_where_there_are_many() {
    for (count, is_said) in [(2, true), (20_000, false)] {
        let env: String = (0..count).map(|n| format!("          - {{name: VARIABLE_{n}, value: x}}\n")).collect();
        let registry = "apiVersion: quay.redhat.com/v1\nkind: QuayRegistry\nmetadata: {name: registry, namespace: quay}\n\
                        spec:\n  components:\n    - kind: mirror\n      managed: true\n      overrides:\n        env:\n";
        let folder = tempfile::tempdir().unwrap();
        fs::copy(example("minimal").join("render-config.yaml"), folder.path().join("render-config.yaml")).unwrap();
        fs::write(folder.path().join("quayregistry.yaml"), format!("{registry}{env}")).unwrap();
        let done = quay_render().arg("validate").arg(folder.path()).output().unwrap();
        let said = text(&done.stderr) + &text(&done.stdout);
        assert!(said.contains("error[field-later]") && said.contains("spec.components of the RenderConfig"), "{said}");
        assert_eq!(said.contains("VARIABLE_1"), is_said, "{count}");
        assert!(said.len() < 32 << 10, "{count}: {}", said.len());
    }
}

#[test]
fn keys_never_lose_what_else_stands_in_their_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.yaml");
    let read = |name: &str| fs::read_to_string(example("minimal").join(name)).unwrap();
    let keys: String =
        read("keys.yaml").lines().filter(|line| !line.contains("DB_ROOT_PW")).map(|line| format!("{line}\n")).collect();
    let all = format!("{}---\n{}---\n{keys}", read("quayregistry.yaml"), read("render-config.yaml"));
    fs::write(&file, &all).unwrap();
    let refused = quay_render().arg("keys").arg(&file).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("a file of its own"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_to_string(&file).unwrap(), all);
}

#[test]
fn a_field_of_a_merged_file_reaches_route_and_certificate() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    let bundle = folder.path().join("config-bundle");
    fs::create_dir(&bundle).unwrap();
    fs::write(bundle.join("config.yaml"), "FEATURE_BUILD_SUPPORT: true\n").unwrap();
    let call =
        |command: &str, more: &[&str]| quay_render().arg(command).arg(folder.path()).args(more).output().unwrap();
    // Nothing tells builders whom to call, so the Route has the name that the cluster would generate.
    assert!(call("keys", &[]).status.success());
    let warned = call("build", &["--stdout"]);
    assert!(text(&warned.stderr).contains("warning[builds-host]"), "{}", text(&warned.stderr));
    assert!(text(&warned.stdout).contains("host: my-registry-quay-builder-quay.apps.example.com"));
    let builds = "BUILDMAN_HOSTNAME: builds.example.com:443\nBUILD_MANAGER:\n- ephemeral\n- ORCHESTRATOR: {REDIS_HOST: \
                  redis.example.com}\n  EXECUTORS: [{EXECUTOR: kubernetes}]\n";
    fs::write(bundle.join("builds.config.yaml"), builds).unwrap();
    let refused = call("build", &["--stdout"]);
    assert!(text(&refused.stderr).contains("not builds.example.com"), "{}", text(&refused.stderr));
    assert!(text(&call("keys", &[]).stderr).contains("made ssl.cert;"));
    let built = call("build", &["--stdout"]);
    assert!(built.status.success(), "{}", text(&built.stderr));
    assert!(text(&built.stdout).contains("host: builds.example.com\n"));
}

#[test]
fn a_namespace_of_the_cluster_is_warned_about_where_it_is_rendered() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    let config = folder.path().join("render-config.yaml");
    let system = fs::read_to_string(&config).unwrap().replace("namespace: quay", "namespace: openshift-quay");
    fs::write(&config, &system).unwrap();
    fs::remove_file(folder.path().join("keys.yaml")).unwrap();
    assert!(quay_render().arg("keys").arg(folder.path()).output().unwrap().status.success());
    let build = || quay_render().args(["build", "--stdout", "-v"]).arg(folder.path()).output().unwrap();
    assert!(text(&build().stderr).contains("warning[namespace-system]"));
    fs::write(&config, system.replace("platform: openshift\n", "platform: openshift\n    namespace: external\n"))
        .unwrap();
    let external = build();
    assert!(text(&external.stderr).contains("note[namespace-external]"), "{}", text(&external.stderr));
    assert!(!text(&external.stderr).contains("namespace-system"));
    assert!(!text(&external.stdout).contains("kind: Namespace\n"));
}

#[test]
fn standard_error_that_is_full_changes_no_exit_code() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status =
        |arguments: &[&str]| quay_render().args(arguments).stdout(Stdio::null()).stderr(full()).status().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    assert_eq!(status(&["build", missing.to_str().unwrap()]).code(), Some(2));
    assert_eq!(status(&["validate", folder.path().to_str().unwrap()]).code(), Some(1));
    assert_eq!(status(&["no-such-command"]).code(), Some(2));
}

#[test]
fn an_argument_with_line_breaks_adds_no_line_to_what_is_said_of_it() {
    for arguments in [
        &["build", "x", "--as-of", "x\n::error::pwn"][..],
        &["build", "x", "--x\n::error::pwn"],
        &["no\n::error::pwn"],
        &["build", "x", "--deny", "x\n::error::pwn"],
    ] {
        let output = run(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("\\n::error::pwn") || said.contains("'********'"), "{said}");
        assert!(!said.lines().any(|line| line.trim_start().starts_with("::")), "{said}");
    }
}

/// A bundle alone names no release; a registry does.
#[test]
fn a_bundle_is_validated_for_a_release() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("config.yaml", "FEATURE_ORG_MIRROR: true\n");
    let validate = |more: &[&str]| {
        let done = quay_render().arg("validate").arg(folder.path()).args(more).output().unwrap();
        (text(&done.stdout) + &text(&done.stderr), done.status.code())
    };
    assert!(validate(&[]).0.contains("config-unknown"));
    assert!(!validate(&["--release", "3.18"]).0.contains("config-unknown"));
    let (said, code) = validate(&["--release", "3.99"]);
    assert!(said.contains("there is no release \"3.99\"") && code == Some(2), "{said}");
    let registry = quay_render().args(["validate", "--release", "3.18"]).arg(example("minimal")).output().unwrap();
    assert!(text(&registry.stderr).contains("a RenderConfig names its release itself"), "{registry:?}");
    assert_eq!(registry.status.code(), Some(2));
}
