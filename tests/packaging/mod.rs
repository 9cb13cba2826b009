//! What is shipped with the program: completions, manual pages, the image, releases, the workflows that make them, the action
//! for GitHub, the hooks for pre-commit.

mod action;
mod completions;
mod hooks;
mod image;
mod man;
mod release;
mod workflows;

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_quay-render");

/// What the program prints.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with the program, as `quay-render`, and with stand-ins for other programs, by name and script.
fn path_with(folder: &Path, has_program: bool, stand_ins: &[(&str, &str)]) -> String {
    fs::create_dir_all(folder).unwrap();
    if has_program {
        symlink(PROGRAM, folder.join("quay-render")).unwrap();
    }
    for (name, script) in stand_ins {
        let file = folder.join(name);
        fs::write(&file, format!("#!/bin/bash\n{script}")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    format!("{}:/usr/bin:/bin", folder.display())
}

/// Records how cargo was called. `install --root DIR` installs the program there; anything else does nothing.
const CARGO: &str = r#"echo "$@" >>"$NOTES"
root=
while (($#)); do [[ $1 == --root ]] && root=$2; shift; done
if [[ -n $root ]]; then mkdir -p "$root/bin" && cp "$PROGRAM" "$root/bin/quay-render"; fi"#;

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = printed(&["--help"]);
    let (_, list) = help.split_once("\n\nUsage: ").unwrap();
    let (list, _) = list.split_once("\nOptions:\n").unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

/// Runs a program to its end. A missing one fails the test, which would otherwise prove nothing.
fn run(command: &mut Command, input: &str) -> Output {
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("this test needs {name} ({error}): run .ci/setup"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let _ended_early = writer.join().unwrap();
    output
}

/// The whole output of a program, which must succeed.
fn succeeds(command: &mut Command, input: &str) -> String {
    let output = run(command, input);
    let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
    assert!(output.status.success(), "{command:?}: {said}");
    said
}

/// A command in another, otherwise empty, root.
fn inside(root: &Path, words: &[String]) -> Command {
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let mut command = Command::new(if is_root { "chroot" } else { "unshare" });
    if !is_root {
        command.args(["--map-root-user", "chroot"]);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.arg(root).args(words).env_clear().env("PATH", path);
    command
}
