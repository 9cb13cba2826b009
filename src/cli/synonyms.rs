//! Words that other programs use for what quay-render has under another name, and for what it does not do.

use super::help;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Commands, each with the answer to it.
const COMMANDS: &[(&[&str], &str)] = &[
    (
        &["render", "template", "generate", "compile", "make", "kustomize"],
        "`quay-render build INPUT --out DIR` renders a registry; with --stdout onto standard output",
    ),
    (
        &["check", "lint", "test", "verify", "vet"],
        "`quay-render validate INPUT` checks an input; `quay-render build INPUT --out DIR --check` an output",
    ),
    (&["plan", "compare"], "`quay-render diff OLD NEW` says what a change does to a cluster"),
    (
        &["apply", "install", "deploy", "sync"],
        "no cluster is changed by quay-render: `kubectl apply -k DIR` applies what it built",
    ),
    (
        &["delete", "uninstall", "destroy"],
        "no cluster is changed by quay-render: `quay-render show delete INPUT` prints how to delete",
    ),
    (&["new", "create"], "`quay-render init NAME` writes a starting input"),
    (&["get", "describe", "list", "ls"], "`quay-render show WHAT INPUT` shows it: see `quay-render show --help`"),
    (&["completion"], "`quay-render completions SHELL` prints the script"),
    (&["rule"], "`quay-render explain CODE` explains a diagnostic"),
    (&["rollback"], "revert the commit and build: docs/going-back.md says how far that leads"),
];

/// Options, each with the answer to it.
const OPTIONS: &[(&[&str], &str)] = &[
    (
        &["--output", "--output-dir"],
        "the directory is --out DIR, or -o DIR, and the form of what is printed is --format",
    ),
    (&["-o"], "-o names the directory of the commands that write one, and the form of what is printed is --format"),
    (&["--output-format", "--message-format"], "the form of what is printed is --format"),
    (&["--json"], "it is --format json"),
    (
        &["--dry-run"],
        "`quay-render build INPUT --out DIR --check` writes nothing; `quay-render diff OLD NEW` says what a change does",
    ),
    (&["--strict", "--warnings-as-errors"], "it is --deny warnings"),
    (&["--no-color"], "it is --color never"),
    (&["--silent"], "it is --quiet, or -q"),
    (
        &["-f", "--file", "--filename", "-k"],
        "INPUT is named without an option: a directory, a file, or - for standard input",
    ),
    (
        &["--set", "--values"],
        "what a registry is like stands in its RenderConfig and config.yaml: `quay-render explain FIELD`",
    ),
    (
        &["-n", "--namespace"],
        "the namespace is metadata.namespace of the QuayRegistry, so that the same input gives the same output",
    ),
    (&["--context", "--kubeconfig", "--server"], "quay-render asks no cluster: what it shows comes from files"),
    (&["--overwrite", "-y", "--yes"], "it is --force"),
];

/// The answer to a command line that cannot be parsed because of such a word.
pub fn answer(error: &clap::Error) -> Option<String> {
    let (kind, table, what) = match error.kind() {
        ErrorKind::UnknownArgument => (ContextKind::InvalidArg, OPTIONS, "option"),
        ErrorKind::InvalidSubcommand => (ContextKind::InvalidSubcommand, COMMANDS, "command"),
        _ => return None,
    };
    let Some(ContextValue::String(word)) = error.get(kind) else { return None };
    if kind == ContextKind::InvalidSubcommand && shows(word) {
        return Some(format!("there is no command {word} here: `quay-render show {word} INPUT` shows it"));
    }
    let (word, answer) = find(table, word)?;
    Some(format!("there is no {what} {word} here: {answer}"))
}

/// Whether `show` shows it by that word.
fn shows(word: &str) -> bool {
    let root = help::command();
    let what = root.find_subcommand("show").and_then(|show| show.get_arguments().find(|arg| arg.get_id() == "what"));
    what.is_some_and(|what| what.get_possible_values().iter().any(|value| value.get_name() == word))
}

/// The word as the table has it, and the answer to it.
fn find(table: &'static [(&'static [&'static str], &'static str)], word: &str) -> Option<(&'static str, &'static str)> {
    let name = word.split(['=', ' ']).next()?;
    table.iter().find_map(|(words, answer)| Some((*words.iter().find(|known| **known == name)?, *answer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use help::command;

    #[test]
    fn no_word_is_one_of_ours_and_every_answer_names_commands_and_options_that_are_there() {
        let root = command();
        let is_command = |word: &str| root.find_subcommand(word).is_some();
        let words = |table: &'static [(&[&str], &str)]| table.iter().flat_map(|(words, _)| words.iter().copied());
        assert!(!words(COMMANDS).any(is_command));
        let longs: Vec<String> = root
            .get_subcommands()
            .chain([&root])
            .flat_map(|command| command.get_arguments().filter_map(|it| Some(format!("--{}", it.get_long()?))))
            .collect();
        assert!(!words(OPTIONS).any(|word| longs.iter().any(|known| known == word && word != "--namespace")));
        for (_, answer) in COMMANDS.iter().chain(OPTIONS) {
            for call in answer.split("quay-render ").skip(1).filter(|rest| rest.starts_with(|c: char| c.is_lowercase()))
            {
                let name = call.split([' ', '`']).next().unwrap_or_default();
                assert!(is_command(name) || name == "asks", "{answer}");
            }
            for option in answer.split([' ', ',', ';', ':', '`']).filter(|word| word.starts_with("--")) {
                assert!(option == "--help" || longs.iter().any(|known| known == option), "{answer}: {option}");
            }
        }
    }
}
