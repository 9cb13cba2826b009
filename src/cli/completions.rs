//! `quay-render completions`.

use super::{Arguments, Fatal, Outcome, print};
use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

/// Print a script for a shell.
#[derive(Args)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut script = Vec::new();
        let mut command = Arguments::command();
        let name = command.get_name().to_owned();
        generate(self.shell, &mut command, name.clone(), &mut script);
        // clap_complete 4.6 mistakes the hyphen of the name for the start of a subcommand in half of the places, so
        // bash would complete no option.
        let [wrong, right] = ["__subcmd__", "__"].map(|between| name.replace('-', between));
        print(String::from_utf8_lossy(&script).replace(&wrong, &right))?;
        Ok(Outcome::Done)
    }
}
