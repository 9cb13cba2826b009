//! `quay-render completions`.

use super::{Fatal, Outcome, help, print};
use crate::input;
use clap::Args;
use clap_complete::{Shell, generate};
use std::path::Path;

/// Print a script for a shell.
#[derive(Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
    /// A command line: print what completes `--only` in it
    #[arg(last = true, hide = true)]
    words: Vec<String>,
}

/// What bash does after `--only`, as it is generated, and in place of it.
const IN_BASH: [&str; 2] = [
    r#"--only)
                    COMPREPLY=($(compgen -f "${cur}"))"#,
    r#"--only)
                    COMPREPLY=($(compgen -W "$("$1" completions bash -- "${COMP_WORDS[@]}" 2>/dev/null)" -- "${cur}"))"#,
];
/// The same for zsh, where `words` begins with the command, and what it calls.
const IN_ZSH: [&str; 2] = [":NAME:_default'", ":NAME:_quay-render_registries'"];
const REGISTRIES: &str = r#"
_quay-render_registries() {
    local -a registries
    registries=(${(f)"$(quay-render completions zsh -- quay-render "${(Q)words[@]}" 2>/dev/null)"})
    compadd -a registries
}
"#;
/// The same for fish.
const IN_FISH: [&str; 2] =
    [" -l only ", " -l only -f -a '(quay-render completions fish -- (commandline -opc) 2>/dev/null)' "];

/// A script that completes registries after `--only`.
fn with_registries(shell: Shell, script: &str) -> String {
    let [generated, wanted] = match shell {
        Shell::Bash => IN_BASH,
        Shell::Zsh => IN_ZSH,
        Shell::Fish => IN_FISH,
        _ => return script.to_owned(),
    };
    if shell == Shell::Bash {
        return script.replace(generated, wanted);
    }
    let line = |line: &str| if line.contains("only") { line.replace(generated, wanted) } else { line.to_owned() };
    let mut lines: Vec<String> = script.lines().map(line).collect();
    if shell == Shell::Zsh {
        // Behind `#compdef`, which must be the first line.
        lines.insert(1.min(lines.len()), REGISTRIES.trim_end().to_owned());
    }
    lines.join("\n") + "\n"
}

impl Completions {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if !self.words.is_empty() {
            for name in registries(&self.words) {
                print(name + "\n")?;
            }
            return Ok(Outcome::Done);
        }
        let mut script = Vec::new();
        let mut command = help::command();
        let name = command.get_name().to_owned();
        generate(self.shell, &mut command, name.clone(), &mut script);
        // clap_complete 4.6 mistakes the hyphen of the name for the start of a subcommand in half of the places, so
        // bash would complete no option.
        let [wrong, right] = ["__subcmd__", "__"].map(|between| name.replace('-', between));
        print(with_registries(self.shell, &String::from_utf8_lossy(&script).replace(&wrong, &right)))?;
        Ok(Outcome::Done)
    }
}

/// The registries of the first fleet that a command line names, or else of the working directory.
fn registries(words: &[String]) -> Vec<String> {
    let named = words.iter().skip(2).map(String::as_str).filter(|word| Path::new(word).is_dir());
    let mut fleets = named.chain(["."]).filter_map(|input| input::find(input, None).ok().flatten());
    let members = fleets.next().map(|fleet| fleet.members).unwrap_or_default();
    members.into_iter().map(|member| member.name).collect()
}
