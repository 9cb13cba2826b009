//! Completions in bash itself.

use super::{PROGRAM, commands, printed, run, succeeds};
use std::process::Command;

/// The completions that bash offers for the last of these words.
fn offered(words: &[&str]) -> Vec<String> {
    let script = "source <(\"$0\" completions bash)
        COMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))
        \"$(complete -p quay-render | sed 's/.*-F \\([^ ]*\\) .*/\\1/')\" quay-render \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD - 1]}\"
        printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script, PROGRAM, "quay-render"]).args(words);
    succeeds(&mut bash, "").lines().map(str::to_owned).collect()
}

#[test]
fn bash_parses_the_script() {
    let output = run(Command::new("bash").args(["--norc", "-n"]), &printed(&["completions", "bash"]));
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn bash_completes_commands_options_and_values() {
    assert_eq!(offered(&["bu"]), ["build"]);
    assert_eq!(offered(&["validate", "--form"]), ["--format"]);
    assert_eq!(offered(&["init", "--platform", "op"]), ["openshift"]);
    assert_eq!(offered(&["schema", "render"]), ["render-config", "render-config-part"]);
    let all = offered(&[""]);
    assert!(commands().iter().all(|command| all.contains(command)), "{all:?}");
}

#[test]
fn every_shell_has_a_script_with_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        let missing: Vec<String> = commands().into_iter().filter(|command| !script.contains(command)).collect();
        assert!(missing.is_empty(), "{shell}: {missing:?}");
    }
}
