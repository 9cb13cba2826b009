//! The command line as a whole: what all commands have in common, and what `--help` and the manual pages say beside the options:
//! examples, exit codes, and the pages of the documentation.

use super::Arguments;
use super::markdown::paragraph;
use clap::builder::{PathBufValueParser, TypedValueParser as _};
use clap::{Arg, Command, CommandFactory as _};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The widest line of a help text.
const WIDTH: usize = 80;
/// Where the description of a command begins.
const INDENT: usize = 15;

/// How a command ends.
#[derive(Clone, Copy)]
enum Exit {
    /// It reads an input.
    Input,
    /// It compares.
    Compares,
    /// Both: with the options that are named it compares.
    Either(&'static str),
    /// It prints what the program knows by itself.
    Prints,
}

impl Exit {
    fn text(self) -> String {
        const INPUT: &str = "0 done; 1 the input is refused; 2 usage, or the system refused to\n  read or write.";
        const COMPARES: &str = "0 the same; 1 different; 2 anything else.";
        match self {
            Self::Input => INPUT.to_owned(),
            Self::Compares => COMPARES.to_owned(),
            Self::Either(options) => format!("{INPUT}\n  With {options}: {COMPARES}"),
            Self::Prints => "0 done; 2 usage, or the system refused to write.".to_owned(),
        }
    }
}

/// What is said of a command below its options.
struct Topic {
    /// The command, with those above it.
    name: &'static str,
    exit: Exit,
    /// Pages below `docs/`.
    pages: &'static [&'static str],
    /// What a call does, and the call without the program's name.
    examples: &'static [(&'static str, &'static str)],
}

/// The commands by task; `help` is clap's own.
const GROUPS: &[(&str, &[&str])] = &[
    ("Write an input", &["init", "keys", "seal"]),
    ("Check and build", &["validate", "build", "diff"]),
    ("Look", &["show", "releases", "explain", "schema"]),
    ("Change what runs", &["upgrade", "adopt", "migrate"]),
    ("Called by other programs", &["krm", "argocd"]),
    ("The program itself", &["completions", "man", "version", "help"]),
];

const TOPICS: &[Topic] = &[
    Topic {
        name: "",
        exit: Exit::Either("diff, build --check and show --live"),
        pages: &["SUMMARY", "reference/commands", "reference/conventions"],
        examples: &[
            ("write a starting input for a new registry", "init my-registry"),
            ("make the random values, once", "keys my-registry"),
            ("render everything into a directory", "build my-registry -o deploy/my-registry"),
            ("what the next build changes, and its effect", "diff deploy/my-registry my-registry"),
            ("render every registry in the folders of a directory", "build registries -o deploy"),
            ("what a diagnostic means, or a field", "explain component-fields"),
        ],
    },
    Topic {
        name: "init",
        exit: Exit::Input,
        pages: &["first-registry", "kubernetes", "fleet"],
        examples: &[
            ("for OpenShift", "init my-registry --apps-domain apps.example.com"),
            ("for another Kubernetes", "init my-registry --platform kubernetes"),
            ("a fleet of two registries", "init registries --fleet prod,stage"),
        ],
    },
    Topic {
        name: "keys",
        exit: Exit::Input,
        pages: &["reference/keys", "secrets-in-the-cluster"],
        examples: &[
            ("make what is missing; what is there stays", "keys my-registry"),
            ("one registry of a fleet", "keys registries --only team-a/prod"),
        ],
    },
    Topic {
        name: "seal",
        exit: Exit::Input,
        pages: &["secrets-in-the-cluster", "reference/secrets"],
        examples: &[("seal what changed; what is sealed stays", "seal my-registry")],
    },
    Topic {
        name: "validate",
        exit: Exit::Input,
        pages: &["validation", "reference/reports", "ci"],
        examples: &[
            ("the input in this directory", "validate"),
            ("several registries, in one report", "validate my-registry other-registry"),
            ("in CI: warnings count too", "validate my-registry --deny warnings"),
            ("a config bundle alone", "validate config.yaml --release 3.18"),
            ("for a code scanner", "validate my-registry --format sarif"),
        ],
    },
    Topic {
        name: "build",
        exit: Exit::Either("--check"),
        pages: &["reference/output", "fleet", "argo-cd"],
        examples: &[
            ("render into a directory", "build my-registry -o deploy/my-registry"),
            ("one stream of documents", "build my-registry --stdout"),
            ("what a build would change", "build my-registry -o deploy/my-registry --check"),
            ("a fleet, or one registry of it", "build registries -o deploy --only team-a/prod"),
        ],
    },
    Topic {
        name: "diff",
        exit: Exit::Compares,
        pages: &["reviewing-changes"],
        examples: &[
            ("what the next build changes", "diff deploy/my-registry my-registry"),
            ("a comment for a pull request", "diff old new --format markdown"),
        ],
    },
    Topic {
        name: "show",
        exit: Exit::Either("--live"),
        pages: &["reference/commands", "comparing-with-the-cluster"],
        examples: &[
            ("which components are managed, and why", "show components my-registry"),
            ("the registries of a fleet, each in a line", "show registries registries"),
            ("the commands that make its Secrets", "show secrets my-registry --make"),
            ("whether the cluster has what was rendered", "show status my-registry --live live.yaml"),
        ],
    },
    Topic {
        name: "releases",
        exit: Exit::Prints,
        pages: &["reference/releases"],
        examples: &[("all of them", "releases"), ("what a later one changes", "releases diff 3.15 3.18 my-registry")],
    },
    Topic {
        name: "releases show",
        exit: Exit::Prints,
        pages: &["reference/releases"],
        examples: &[("what a release consists of", "releases show 3.18")],
    },
    Topic {
        name: "releases diff",
        exit: Exit::Compares,
        pages: &["reference/releases", "upgrading"],
        examples: &[
            ("of a registry with everything managed", "releases diff 3.15 3.18"),
            ("of yours", "releases diff 3.15 3.18 my-registry"),
        ],
    },
    Topic {
        name: "explain",
        exit: Exit::Prints,
        pages: &["reference/diagnostics", "alerts", "reference/fields"],
        examples: &[
            ("all codes and alerts", "explain"),
            ("the page of a diagnostic", "explain component-unknown"),
            ("a field of config.yaml", "explain DISTRIBUTED_STORAGE_CONFIG"),
            ("a field of the RenderConfig", "explain spec.backup"),
        ],
    },
    Topic {
        name: "schema",
        exit: Exit::Prints,
        pages: &["editors", "reference/fields"],
        examples: &[("for an editor", "schema render-config")],
    },
    Topic {
        name: "upgrade",
        exit: Exit::Input,
        pages: &["upgrading", "reference/upgrades"],
        examples: &[
            ("what the steps are", "upgrade my-registry --to 3.18 --plan"),
            ("edit the RenderConfig for the next of them", "upgrade my-registry --to 3.18"),
        ],
    },
    Topic {
        name: "adopt",
        exit: Exit::Input,
        pages: &["coming-from-the-operator"],
        examples: &[
            ("write the input", "adopt export.yaml -o my-registry"),
            ("whether the operator lets go", "adopt export.yaml --verify"),
        ],
    },
    Topic {
        name: "migrate",
        exit: Exit::Input,
        pages: &["coming-from-quay-ecosystem"],
        examples: &[
            ("what would be migrated", "migrate export.yaml --report"),
            ("write the input", "migrate export.yaml -o my-registry"),
        ],
    },
    Topic {
        name: "krm",
        exit: Exit::Input,
        pages: &["kustomize-and-kpt"],
        examples: &[("answer a ResourceList on standard input", "krm")],
    },
    Topic {
        name: "argocd",
        exit: Exit::Input,
        pages: &["argo-cd"],
        examples: &[("the objects of the registry in this directory", "argocd generate")],
    },
    Topic {
        name: "argocd generate",
        exit: Exit::Input,
        pages: &["argo-cd"],
        examples: &[("the objects of the registry in this directory", "argocd generate")],
    },
    Topic {
        name: "argocd parameters",
        exit: Exit::Prints,
        pages: &["argo-cd"],
        examples: &[("what an Application may set", "argocd parameters")],
    },
    Topic {
        name: "completions",
        exit: Exit::Prints,
        pages: &["installing"],
        examples: &[("for bash", "completions bash")],
    },
    Topic {
        name: "man",
        exit: Exit::Prints,
        pages: &["installing"],
        examples: &[("write every page", "man --dir share/man/man1")],
    },
    Topic {
        name: "version",
        exit: Exit::Prints,
        pages: &["reference/releases"],
        examples: &[("for programs", "version --format json")],
    },
];

/// The command line.
pub fn command() -> Command {
    let command = Arguments::command().max_term_width(WIDTH).mut_subcommands(|command| {
        let streams = command.get_name() == "build";
        command.mut_args(|arg| alike(arg, streams))
    });
    let (groups, head) = (groups(&command), command.get_styles().get_header());
    let options = format!("{head}Options:{head:#}");
    // Long help alone: -h stays short.
    with_topics(command, "").help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}\n\n{options}\n{{options}}{{after-help}}"
    ))
}

/// What an argument of this name is in every command; `streams` says whether the command can write to standard output.
fn alike(arg: Arg, streams: bool) -> Arg {
    match arg.get_id().as_str() {
        "input" => arg.required(false).default_value("."),
        "out" => arg.short('o').value_parser(PathBufValueParser::new().try_map(move |path| directory(path, streams))),
        _ => arg,
    }
}

/// Refuses the words that kubectl takes after `-o`: a directory of that name is hardly meant.
fn directory(path: PathBuf, streams: bool) -> Result<PathBuf, String> {
    const FORMS: [&str; 7] = ["json", "yaml", "wide", "name", "markdown", "text", "sarif"];
    if path.as_os_str() == "-" && !streams {
        return Err("what is written is an input of several files, some of them secret: name a directory".to_owned());
    }
    match path.to_str().filter(|name| FORMS.contains(name)) {
        Some(name) => Err(format!(
            "it is a directory here: the form of what is printed is --format, and a directory of that name ./{name}"
        )),
        None => Ok(path),
    }
}

fn with_topics(command: Command, path: &str) -> Command {
    let command = match TOPICS.iter().find(|topic| topic.name == path) {
        Some(topic) => command.after_long_help(topic.text()),
        None => command,
    };
    command.mut_subcommands(|command| {
        let name = command.get_name().to_owned();
        let path = if path.is_empty() { name } else { format!("{path} {name}") };
        with_topics(command, &path)
    })
}

impl Topic {
    fn text(&self) -> String {
        let mut text = String::from("Examples:\n");
        for (what, call) in self.examples {
            let _ = writeln!(text, "  # {what}\n  quay-render {call}");
        }
        let pages: Vec<String> = self.pages.iter().map(|page| format!("docs/{page}.md")).collect();
        let _ = write!(text, "\nExit codes:\n  {}\n\nSee also:\n  {}", self.exit.text(), pages.join(", "));
        text
    }
}

/// The commands, each below its task.
fn groups(command: &Command) -> String {
    let about = |name: &str| match command.find_subcommand(name).and_then(Command::get_about) {
        Some(about) => about.to_string(),
        None => "Print this, or the help of a command".to_owned(),
    };
    let head = command.get_styles().get_header();
    let mut text = String::new();
    for (task, names) in GROUPS {
        let _ = writeln!(text, "{head}{task}:{head:#}");
        for name in *names {
            for (number, line) in paragraph(&about(name), WIDTH - INDENT).iter().enumerate() {
                let name = if number == 0 { name } else { "" };
                let _ = writeln!(text, "  {name:<12} {line}");
            }
        }
        text.push('\n');
    }
    text.trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// Every command with those above it, but for the ones that clap adds.
    fn commands(command: &Command, path: &str) -> Vec<(String, Command)> {
        let mut all = vec![(path.to_owned(), command.clone())];
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let path = format!("{path} {}", sub.get_name()).trim().to_owned();
            all.extend(commands(sub, &path));
        }
        all
    }

    #[test]
    fn every_command_has_a_group_and_a_topic_and_each_example_can_be_called() {
        let root = command();
        let all: BTreeSet<String> = commands(&root, "").into_iter().map(|(path, _)| path).collect();
        assert_eq!(all, TOPICS.iter().map(|topic| topic.name.to_owned()).collect());
        let grouped: BTreeSet<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let top = root.get_subcommands().map(Command::get_name).chain(["help"]);
        assert_eq!(grouped, top.collect());
        for topic in TOPICS {
            for (_, call) in topic.examples {
                assert!(call.starts_with(topic.name), "{call}");
                let words = std::iter::once("quay-render").chain(call.split(' '));
                assert!(root.clone().try_get_matches_from(words).is_ok(), "{call}");
            }
            for page in topic.pages {
                let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/{page}.md"));
                assert!(file.is_file(), "{}", file.display());
            }
        }
    }

    #[test]
    fn no_line_of_help_is_wider_than_a_terminal() {
        let mut root = command();
        root.build();
        for (path, mut command) in commands(&root, "") {
            for text in [command.render_help(), command.render_long_help()] {
                let text = text.to_string();
                let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > WIDTH).collect();
                assert!(wide.is_empty(), "{path}: {wide:#?}");
            }
        }
    }
}
