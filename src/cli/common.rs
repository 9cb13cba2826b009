//! The options that every command has.

use super::terminal::{self, Volume};
use anstream::ColorChoice;
use clap::{Args, ValueEnum};

/// How much is said, and in which colors.
#[derive(Args)]
#[command(next_help_heading = "Common options")]
pub struct Common {
    /// Say errors and warnings alone: no notes, no summary, no progress
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Say every note, also those that every run repeats
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Whether to use colors; auto: on a terminal, unless NO_COLOR, or wherever CLICOLOR_FORCE is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Common {
    /// Makes the rest of the run obey.
    pub fn apply(&self) {
        let choice = match self.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        choice.write_global();
        terminal::set_volume(match (self.quiet, self.verbose) {
            (true, _) => Volume::Quiet,
            (false, true) => Volume::Verbose,
            (false, false) => Volume::Normal,
        });
    }

    /// The colors of help and of errors in the command line, which are printed before it is parsed.
    pub fn color_of_help() -> clap::ColorChoice {
        let given: Vec<String> = std::env::args_os().map(|it| it.to_string_lossy().into_owned()).collect();
        let after = |name: &String| given.iter().skip_while(|it| *it != name).nth(1).map(String::as_str);
        let value = given.iter().rev().find_map(|it| match it.as_str() {
            "--color" => after(it),
            other => other.strip_prefix("--color="),
        });
        match value {
            Some("always") => clap::ColorChoice::Always,
            Some("never") => clap::ColorChoice::Never,
            _ => clap::ColorChoice::Auto,
        }
    }
}
