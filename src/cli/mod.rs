//! The command line: one file for each subcommand. No other module touches the process's environment and streams.

mod access;
mod adopt;
mod argocd;
mod backups;
mod build;
mod checked;
mod clair_config;
mod common;
mod completions;
mod delete;
mod diff;
mod explain;
mod fleet;
mod help;
mod images;
mod init;
mod input_file;
mod keys;
mod krm;
mod live;
mod man;
mod map;
mod markdown;
mod migrate;
mod parallel;
mod place;
mod releases;
mod resources;
mod rights;
mod schema;
mod seal;
mod secrets;
mod show;
mod synonyms;
mod terminal;
mod told;
mod upgrade;
mod validate;
mod version;
mod words;

use crate::catalog::{Broken, Catalog, Names, Release};
use crate::diagnostic::{Diagnostics, Severity};
use crate::input::{self, Given, Inputs, Options};
use crate::model;
use crate::output::Failure;
use crate::pki::Date;
use crate::quote;
use crate::report::{Report, Sources, visible};
use crate::sensitive;
use anstream::{AutoStream, ColorChoice, stream::RawStream};
use clap::{Args, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use common::Common;
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use terminal::{Volume, print, print_lines, tell, tell_raw};

/// Compile a QuayRegistry and its config bundle into the manifests that the Quay operator would create.
#[derive(Parser)]
#[command(name = "quay-render", version)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write a starting input for a new registry
    Init(init::Init),
    /// Render a registry into a directory, or onto standard output
    Build(build::Build),
    /// Show what differs between two states of a registry, and the effect on the cluster
    Diff(diff::Diff),
    /// Check a registry, or a config bundle alone, and name every problem
    Validate(validate::Validate),
    /// Make the random values of a registry, once; existing ones are kept
    Keys(keys::Keys),
    /// Seal the values of a registry for the Sealed Secrets controller; sealed ones are kept
    Seal(seal::Seal),
    /// Run as a KRM function of kustomize or kpt: a ResourceList on standard input and output
    Krm(krm::Krm),
    /// Show what would be rendered: status, components, config, images, secrets, access and more
    Show(show::Show),
    /// List the releases, show one, or compare two
    Releases(releases::Releases),
    /// Upgrade a registry to another release, one commit at a time
    Upgrade(upgrade::Upgrade),
    /// Take over what an operator runs: write its input from exported objects, and print the plan
    Adopt(adopt::Adopt),
    /// Migrate a QuayEcosystem: write the input of its QuayRegistry, and print what is left to do by hand
    Migrate(migrate::Migrate),
    /// Explain a diagnostic, an alert, or a field of the input
    Explain(explain::Explain),
    /// Print a JSON Schema, for completion and checks in an editor
    Schema(schema::Schema),
    /// Commands that Argo CD's plugin calls, in the directory of an Application
    Argocd(argocd::Argocd),
    /// Print a script that completes commands and options in a shell
    Completions(completions::Completions),
    /// Print a manual page, or write all of them
    Man(man::Man),
    /// Print the version, the commit it was built from, and the releases that it knows
    Version(version::Version),
}

/// How strictly an input is checked.
#[derive(Args)]
struct Strictness {
    /// Also report what a cluster in FIPS mode would refuse
    #[arg(long)]
    fips: bool,
    /// Report certificates that have expired by this day, YYYY-MM-DD; without it, only when they expire is shown
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
    /// Treat warnings as errors
    #[arg(long, value_name = "warnings")]
    deny: Option<Denied>,
    /// Refuse documents meant for other programs, which are skipped otherwise
    #[arg(long)]
    strict_input: bool,
}

/// What can be denied.
#[derive(Clone, Copy, ValueEnum)]
enum Denied {
    /// All warnings.
    Warnings,
}

impl Strictness {
    fn options(&self) -> Options {
        Options {
            fips: self.fips,
            as_of: self.as_of,
            deny_warnings: self.deny.is_some(),
            strict_input: self.strict_input,
        }
    }
}

/// How a command ends.
enum Outcome {
    /// Exit code 0.
    Done,
    /// Exit code 1: the input is refused, and the reason has been reported.
    Refused,
    /// Exit code 1 of a command that compares: there is a difference, which has been shown.
    Differs,
    /// Exit code 2 of a command that compares: one side is refused, and the reason has been reported.
    NotCompared,
}

/// An error in one line that ends a command at once: exit code 2.
struct Fatal(String);

impl<E: std::error::Error> From<E> for Fatal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let command = || help::command().color(Common::color_of_help());
    let arguments = match command().try_get_matches().and_then(|given| Arguments::from_arg_matches(&given)) {
        Ok(arguments) => arguments,
        Err(error) => return misused(command(), error),
    };
    arguments.common.apply();
    if let Err(broken) = model::check_integrity() {
        tell(format_args!("error: {broken}"));
        return ExitCode::from(2);
    }
    let outcome = match arguments.command {
        Command::Init(init) => init.run(),
        Command::Build(build) => build.run(),
        Command::Diff(diff) => diff.run(),
        Command::Validate(validate) => validate.run(),
        Command::Keys(keys) => keys.run(),
        Command::Seal(seal) => seal.run(),
        Command::Krm(krm) => krm.run(),
        Command::Show(show) => show.run(),
        Command::Upgrade(upgrade) => upgrade.run(),
        Command::Adopt(adopt) => adopt.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Releases(releases) => releases.run(),
        Command::Explain(explain) => explain.run(),
        Command::Schema(schema) => schema.run(),
        Command::Argocd(argocd) => argocd.run(),
        Command::Completions(completions) => completions.run(),
        Command::Man(man) => man.run(),
        Command::Version(version) => version.run(),
    };
    match outcome {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Refused | Outcome::Differs) => ExitCode::from(1),
        Ok(Outcome::NotCompared) => ExitCode::from(2),
        Err(Fatal(message)) => {
            tell(format_args!("error: {message}"));
            ExitCode::from(2)
        }
    }
}

/// Ends a command line that asks for help or cannot be parsed. Because clap repeats arguments as they are, they are
/// parsed again with their line breaks escaped, so that no argument can add a line to the message.
fn misused(command: clap::Command, error: clap::Error) -> ExitCode {
    let shown = std::env::args_os().map(|argument| visible(&argument.to_string_lossy()));
    let mut error = command.try_get_matches_from(shown).err().unwrap_or(error);
    if let Some(answer) = synonyms::answer(&error) {
        tell(format_args!("error: {answer}"));
        return ExitCode::from(2);
    }
    mask_values(&mut error);
    show_default(&mut error);
    // If the message cannot be printed, the exit code still reports the error.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Shows INPUT in the usage as what it is: clap takes what was given for required.
fn show_default(error: &mut clap::Error) {
    use clap::error::{ContextKind, ContextValue};
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return };
    let usage = usage.ansi().to_string().replace("<INPUT>", "[INPUT]");
    error.insert(ContextKind::Usage, ContextValue::StyledStr(usage.into()));
}

/// Masks an argument that clap repeats, unless it resembles a value that is valid there: it may be a secret.
fn mask_values(error: &mut clap::Error) {
    use clap::error::{ContextKind, ContextValue, ErrorKind};
    let words = match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(words)) => words.clone(),
        _ => Vec::new(),
    };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let unknown = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => ContextKind::InvalidValue,
    };
    let Some(ContextValue::String(value)) = error.get(unknown) else { return };
    let may_show =
        if words.is_empty() { quote::bare_name(value) == value } else { quote::word(value, &words) != sensitive::MASK };
    if !may_show {
        error.insert(unknown, ContextValue::String(sensitive::MASK.to_owned()));
        error.remove(ContextKind::Suggested);
    }
}

/// Reads an input, and the operator's image variables where the user asked for them (guide 7.1.5.1).
fn read(name: &str, output: Option<&Path>, env_images: bool) -> Result<Inputs, Fatal> {
    let mut inputs = input::read(name, output)?;
    if env_images {
        inputs.images = image_variables()?;
    }
    Ok(inputs)
}

/// The operator's image variables.
fn image_variables() -> Result<BTreeMap<String, Given>, Fatal> {
    #[allow(clippy::disallowed_methods, reason = "asked for with --env-images, and these alone")]
    let variable = |name: &str| std::env::var(name).ok();
    let given = |name: &&str| {
        let given = Given { value: variable(name)?, from: format!("environment variable {name}") };
        Some(((*name).to_owned(), given))
    };
    Ok(image_names()?.iter().filter_map(given).collect())
}

/// The names of the operator's image variables.
fn image_names() -> Result<&'static [&'static str], Broken> {
    static IMAGES: Names = Names::new(Release::image_names);
    Catalog::shipped().map_err(Broken::clone)?;
    Ok(IMAGES.all())
}

/// Prints the diagnostics that matter and the number of errors on standard error, and on a terminal also the lines of `inputs`
/// they point to.
fn report(diagnostics: &Diagnostics, inputs: Option<&Inputs>) {
    say(diagnostics, inputs.map(Sources::new));
}

/// Like [`report`], for several inputs.
fn report_all(diagnostics: &Diagnostics, inputs: &[&Inputs]) {
    say(diagnostics, Some(Sources::of_all(inputs)));
}

fn say(diagnostics: &Diagnostics, sources: Option<Sources<'_>>) {
    let is_person = io::stderr().is_terminal();
    let sources = sources.filter(|_| is_person);
    let said = said(diagnostics);
    tell_raw(format_args!("{}", Report::new(&said).text(sources.as_ref(), wants_color(&io::stderr()))));
    let errors = diagnostics.count(Severity::Error);
    if errors > 0 {
        let warnings = diagnostics.count(Severity::Warning);
        tell(format_args!(
            "refused: {} and {}; nothing was written",
            count(errors, "error"),
            count(warnings, "warning")
        ));
    }
}

/// The diagnostics that are said: of the notes only those that matter, unless more or less is asked for.
fn said(diagnostics: &Diagnostics) -> Diagnostics {
    let mut said = diagnostics.clone();
    match terminal::volume() {
        Volume::Verbose => {}
        Volume::Normal => said.retain(|it| it.severity != Severity::Note || it.code.matters()),
        Volume::Quiet => said.retain(|it| it.severity != Severity::Note),
    }
    said
}

/// Whether to write to a stream in colors: as `--color` says, else as NO_COLOR, CLICOLOR_FORCE, CLICOLOR and TERM say, else if
/// it is a terminal.
fn wants_color(stream: &impl RawStream) -> bool {
    AutoStream::choice(stream) != ColorChoice::Never
}

/// The errors alone: for a command that stops at errors and leaves warnings to the `build` that comes next.
fn only_errors(diagnostics: &Diagnostics) -> Diagnostics {
    let mut errors = diagnostics.clone();
    errors.retain(|diagnostic| diagnostic.severity == Severity::Error);
    errors
}

fn count(number: usize, what: &str) -> String {
    match what.strip_suffix('y').filter(|_| number != 1) {
        Some(stem) => format!("{number} {stem}ies"),
        None => format!("{number} {what}{}", if number == 1 { "" } else { "s" }),
    }
}

/// Ends a command that failed to write.
fn failed(failure: Failure) -> Result<Outcome, Fatal> {
    match failure {
        Failure::Refused(diagnostics) => {
            report(&diagnostics, None);
            Ok(Outcome::Refused)
        }
        failure @ Failure::Io { .. } => Err(failure.into()),
    }
}
