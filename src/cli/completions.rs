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
const FILES: &str = r#"--only)
                    COMPREPLY=($(compgen -f "${cur}"))"#;
const REGISTRIES: &str = r#"--only)
                    COMPREPLY=($(compgen -W "$("$1" completions bash -- "${COMP_WORDS[@]}" 2>/dev/null)" -- "${cur}"))"#;

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
        print(String::from_utf8_lossy(&script).replace(&wrong, &right).replace(FILES, REGISTRIES))?;
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
