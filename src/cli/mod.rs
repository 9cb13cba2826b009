//! The command line: one file a subcommand. Only here are the environment and the streams of the process touched.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one module that talks to a terminal")]

mod build;
mod explain;
mod init;
mod keys;
mod secrets;
mod show;
mod validate;

use crate::diagnostic::{Diagnostics, Severity};
use crate::input::{self, Inputs, Options, Unreadable};
use crate::model::render_config::IMAGE_NAMES;
use crate::output::Failure;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Compile a QuayRegistry and its config bundle into the manifests that the Quay operator would create.
#[derive(Parser)]
#[command(name = "quay-render", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  quay-render init my-registry                           write a starting input for a new registry
  quay-render keys my-registry                           make the random values, once
  quay-render build my-registry --out deploy/my-registry render everything into a directory
  quay-render show components my-registry                which components are managed, and why
  quay-render explain component-fields                   what a diagnostic means

Exit codes: 0 done; 1 the input is refused; 2 usage, or the system refused to read or write.";

#[derive(Subcommand)]
enum Command {
    /// Write a starting input for a new registry
    Init(init::Init),
    /// Render a registry into a directory, or onto standard output
    Build(build::Build),
    /// Check a registry, or a config bundle alone, and name every problem
    Validate(validate::Validate),
    /// Make the random values of a registry, once, and keep what is there
    Keys(keys::Keys),
    /// Show what would be rendered: status, components, config, images or secrets
    Show(show::Show),
    /// Print the page of a diagnostic's code
    Explain(explain::Explain),
}

/// How strictly an input is looked at.
#[derive(Args)]
struct Strictness {
    /// Report what would not pass on a FIPS cluster as well
    #[arg(long)]
    fips: bool,
    /// Let warnings refuse the input
    #[arg(long, value_name = "warnings")]
    deny: Option<Denied>,
}

/// What can be denied.
#[derive(Clone, Copy, ValueEnum)]
enum Denied {
    /// All warnings.
    Warnings,
}

impl Strictness {
    fn options(&self) -> Options {
        Options { fips: self.fips, deny_warnings: self.deny.is_some() }
    }
}

/// What a command ends in.
enum Outcome {
    /// Exit code 0.
    Done,
    /// Exit code 1: the input is refused, and why has been said.
    Refused,
}

/// What ends a command at once: exit code 2.
struct Fatal(String);

impl<E: std::error::Error> From<E> for Fatal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Init(init) => init.run(),
        Command::Build(build) => build.run(),
        Command::Validate(validate) => validate.run(),
        Command::Keys(keys) => keys.run(),
        Command::Show(show) => show.run(),
        Command::Explain(explain) => explain.run(),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused) => ExitCode::from(1),
        Err(Fatal(message)) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Reads an input, and the operator's image variables where the user asked for them (guide 7.1.5.1).
fn read(name: &str, output: Option<&Path>, env_images: bool) -> Result<Inputs, Fatal> {
    let mut inputs = input::read(name, output).map_err(unreadable)?;
    if env_images {
        #[allow(clippy::disallowed_methods, reason = "asked for with --env-images, and these four alone")]
        let variables = IMAGE_NAMES.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
        inputs.images = variables.collect();
    }
    Ok(inputs)
}

fn unreadable(error: Unreadable) -> Fatal {
    Fatal(format!("{}: {}", error.path.display(), error.source))
}

/// Says everything, and how much of it there is, on standard error.
fn report(diagnostics: &Diagnostics) {
    for diagnostic in diagnostics.iter() {
        eprintln!("{diagnostic}");
    }
    let errors = diagnostics.count(Severity::Error);
    if errors > 0 {
        let warnings = diagnostics.count(Severity::Warning);
        eprintln!("refused: {} and {}; nothing was written", count(errors, "error"), count(warnings, "warning"));
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Ends a command whose writing failed.
fn failed(failure: Failure) -> Result<Outcome, Fatal> {
    match failure {
        Failure::Refused(diagnostics) => {
            report(&diagnostics);
            Ok(Outcome::Refused)
        }
        failure @ Failure::Io { .. } => Err(failure.into()),
    }
}

/// Writes data to standard output; a reader that went away is no error.
fn print(text: impl Display) -> Result<(), Fatal> {
    match write!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Fatal(format!("standard output: {error}"))),
        _ => Ok(()),
    }
}
