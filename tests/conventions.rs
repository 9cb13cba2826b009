//! `docs/reference/conventions.md`, row by row: what other programs have, and what quay-render does.

use crate::support::files::copy;
use crate::support::fleet::{Ran, World};
use crate::support::printed::fits;
use crate::support::{example, quay_render, repository};
use quay_render::schemas::Printed;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Each row of the page by its first column, with what holds it.
const ROWS: [(&str, fn()); 38] = [
    ("input is the working directory", input_is_the_working_directory),
    ("`-` as input", standard_input),
    ("several inputs", several_inputs),
    ("`-o`", short_out),
    ("`-` as output", standard_output),
    ("`--output`", || answered(&["build", "--output", "x"], "the directory is --out DIR, or -o DIR")),
    ("`-q`, `--quiet`", quiet),
    ("`-v`, `--verbose`", verbose),
    ("`--color auto|always|never`", color),
    ("no color where nobody looks", || assert!(!is_colored(&["validate", "-v"], &[]))),
    ("`NO_COLOR`", || assert!(!is_colored(&["validate"], &["NO_COLOR", "CLICOLOR_FORCE"]))),
    ("`CLICOLOR_FORCE`", || assert!(is_colored(&["validate"], &["CLICOLOR_FORCE"]))),
    ("`-h`, `--help`", help),
    ("commands by task", || {
        has_all(&stdout(&["--help"]), &["Write an input:\n  init  ", "Check and build:\n  validate  "])
    }),
    ("examples in the help", || each_help_has("\nExamples:\n  # ")),
    ("exit codes in the help", || each_help_has("\nExit codes:\n  0 ")),
    ("lines of 80 columns", narrow),
    ("optional words in brackets", || {
        for arguments in [&["upgrade", "x", "--no"][..], &["build", "x", "--force"]] {
            answered(arguments, " [INPUT]\n");
        }
    }),
    ("nothing asked for", nothing),
    ("`-V`, `--version`", || assert_eq!(stdout(&["-V"]), stdout(&["--version"]))),
    ("`version`", version),
    ("manual pages", manual),
    ("completion", completion),
    ("misspelt words", misspelt),
    ("commands of others", commands_of_others),
    ("options of others", options_of_others),
    ("exit codes", exit_codes),
    ("a difference is exit code 1", differences),
    ("data and words apart", apart),
    ("reader that leaves", reader_that_leaves),
    ("closed standard output", closed),
    ("a table with a head", table),
    ("JSON for programs", json),
    ("published schemas", schemas),
    ("reports for CI", reports),
    ("check without writing", check),
    ("not over other files", not_over_other_files),
    ("`explain`", explain),
];

/// The commands that are about an input, with what else they need.
const OF_AN_INPUT: [&[&str]; 5] =
    [&["validate"], &["build", "--stdout"], &["show", "components"], &["keys"], &["upgrade", "--to", "3.5", "--plan"]];

/// Runs the program in the folder of an example, in which it must write nothing.
fn run(arguments: &[&str]) -> Ran {
    run_in(&example("minimal"), arguments)
}

fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    Ran::of(quay_render().args(arguments).current_dir(folder).output().unwrap())
}

fn stdout(arguments: &[&str]) -> String {
    run(arguments).well().stdout
}

#[track_caller]
fn has_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

/// Checks that a command line is refused with these words.
#[track_caller]
fn answered(arguments: &[&str], words: &str) {
    let ran = run(arguments);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
    has_all(&ran.stderr, &[words]);
}

/// Every command, but for those below others.
fn commands() -> Vec<String> {
    let help = stdout(&["--help"]);
    let (list, _) = help.split_once("\nOptions:\n").unwrap();
    let names = list.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<String> = names.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
    assert!(names.len() > 15, "{names:?}");
    names.into_iter().filter(|name| name != "help").collect()
}

fn each_help_has(part: &str) {
    for command in commands() {
        has_all(&stdout(&[&command, "--help"]), &[part]);
    }
}

fn input_is_the_working_directory() {
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    for arguments in OF_AN_INPUT {
        let named = run_in(folder.path(), &[arguments, &["."]].concat());
        let unnamed = run_in(folder.path(), arguments);
        assert_eq!((unnamed.code, &unnamed.stdout), (named.code, &named.stdout), "{arguments:?}");
        assert_eq!(unnamed.code, 0, "{arguments:?}: {}", unnamed.stderr);
    }
    let world = World::built();
    let diff = quay_render().args(["diff", "../deploy"]).current_dir(world.input()).output().unwrap();
    assert_eq!(diff.status.code(), Some(0));
}

fn standard_input() {
    let all: String = ["quayregistry.yaml", "render-config.yaml", "keys.yaml"]
        .map(|file| format!("---\n{}", fs::read_to_string(example("minimal").join(file)).unwrap()))
        .concat();
    for arguments in &OF_AN_INPUT[..4] {
        let mut command = quay_render();
        command.args(*arguments).arg("-").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(all.as_bytes()).unwrap();
        Ran::of(child.wait_with_output().unwrap()).well();
    }
    answered(&["upgrade", "--to", "3.5", "-"], "upgrade edits a file");
}

fn several_inputs() {
    let world = World::new();
    copy(&example("minimal"), &world.folder.path().join("one"));
    let both = world.run(&["validate", "one", "registries"]).well().stdout;
    has_all(&both, &["\none: valid: 0 errors", "\nregistries: valid: 0 errors and 0 warnings in 3 registries\n"]);
    let number = |inputs: &[&str]| {
        let shown = world.run(&[&["validate", "--format", "json"], inputs].concat()).stdout;
        parsed(&shown)["diagnostics"].as_array().unwrap().len()
    };
    assert_eq!(number(&["one", "registries"]), number(&["one"]) + number(&["registries"]));
    world.put("registries/team-b/more.yaml", "kind: [");
    let refused = world.run(&["validate", "one", "registries"]);
    assert_eq!(refused.code, 1);
    has_all(&refused.stdout, &["one: valid: ", "registries: refused: 1 error"]);
    answered(&["validate", "-", "-"], "standard input can be read once");
}

fn short_out() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    run(&["build", "-o", out.to_str().unwrap()]).well();
    assert!(out.join("quay-render.lock").is_file());
    answered(&["build", "-o", "json"], "--format, and a directory of that name ./json");
    answered(&["show", "components", "-o", "json"], "the form of what is printed is --format");
}

fn standard_output() {
    assert_eq!(stdout(&["build", "--out", "-"]), stdout(&["build", "--stdout"]));
    answered(&["build", "--out", "-", "--check"], "about a directory");
    for arguments in [&["init", "x", "-o", "-"][..], &["adopt", "x", "-o", "-"], &["migrate", "x", "--out", "-"]] {
        answered(arguments, "an input of several files, some of them secret: name a directory");
    }
}

fn quiet() {
    let world = World::new();
    let ran = world.build(&["-q"]).well();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert_eq!(stdout(&["validate", "--quiet"]), "");
    world.put("registries/team-b/more.yaml", "kind: [");
    assert!(world.run(&["validate", "registries", "-q"]).stdout.starts_with("error["));
    world.build(&["-q"]).refused(&["error[", "refused: 1 error"]);
    let folder = tempfile::tempdir().unwrap();
    let edited = [
        &["init", "reg", "-q", "--apps-domain", "apps.example.org", "--release", "3.17"][..],
        &["upgrade", "reg", "--to", "3.18", "-q"],
    ];
    for arguments in edited {
        let ran = run_in(folder.path(), arguments).well();
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{arguments:?}");
    }
    let plan = run_in(folder.path(), &["upgrade", "reg", "--to", "3.18", "-q", "--plan"]).well();
    has_all(&plan.stdout, &["3.17 to 3.18\n"]);
}

fn verbose() {
    let note = "note[tls-valid-until]";
    assert!(!run(&["build", "--stdout"]).well().stderr.contains(note));
    assert!(run(&["build", "--stdout", "-v"]).well().stderr.contains(note));
    // What was skipped is said unasked.
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    fs::write(folder.path().join("other.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n").unwrap();
    let ran = Ran::of(quay_render().args(["build", "--stdout"]).arg(folder.path()).output().unwrap()).well();
    assert!(ran.stderr.contains("note[input-skipped]"), "{}", ran.stderr);
}

fn is_colored(arguments: &[&str], variables: &[&str]) -> bool {
    let mut command = quay_render();
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let ran = command.args(arguments).envs(variables.iter().map(|name| (name, "1"))).current_dir(example("minimal"));
    Ran::of(ran.output().unwrap()).stdout.contains('\u{1b}')
}

fn color() {
    for command in commands() {
        has_all(&stdout(&[&command, "-h"]), &["-q, --quiet", "-v, --verbose", "--color <WHEN>"]);
    }
    assert!(is_colored(&["validate", "--color", "always"], &["NO_COLOR"]));
    assert!(!is_colored(&["validate", "--color=never"], &["CLICOLOR_FORCE"]));
    assert!(is_colored(&["--color", "always", "build", "--help"], &["NO_COLOR"]));
    assert!(!is_colored(&["build", "--help", "--color", "never"], &["CLICOLOR_FORCE"]));
    assert_eq!(run(&["validate", "--color", "sometimes"]).code, 2);
}

fn help() {
    for command in commands() {
        let (short, long) = (stdout(&[&command, "-h"]), stdout(&[&command, "--help"]));
        assert!(short.len() < long.len() && !short.contains("Examples:"), "{command}");
        assert_eq!(stdout(&["help", &command]), long);
        let (_, pages) = long.split_once("\nSee also:\n").unwrap();
        for page in pages.split([' ', ',', '\n']).filter(|word| !word.is_empty()) {
            assert!(repository().join(page).is_file(), "{command}: {page}");
        }
    }
}

fn narrow() {
    for command in commands() {
        for option in ["-h", "--help"] {
            let help = stdout(&[&command, option]);
            let wide: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
            assert!(wide.is_empty(), "{command}: {wide:#?}");
        }
    }
}

fn nothing() {
    let ran = run(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    has_all(&ran.stderr, &["Usage: quay-render"]);
}

fn version() {
    let one_line = stdout(&["--version"]);
    has_all(&stdout(&["version"]), &[&one_line, "\ncommit    ", "\nreleases  3.5 "]);
}

fn manual() {
    let folder = tempfile::tempdir().unwrap();
    run(&["man", "--dir", folder.path().to_str().unwrap()]).well();
    for command in commands() {
        let page = fs::read_to_string(folder.path().join(format!("quay-render-{command}.1"))).unwrap();
        has_all(&page, &[".SH EXAMPLES\n", ".SH EXIT CODES\n", ".SH SEE ALSO\n"]);
    }
}

fn completion() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        has_all(&stdout(&["completions", shell]), &["validate", "format"]);
    }
    has_all(&stdout(&["completions", "zsh"]), &["component-unknown", "render-config", "sarif"]);
    has_all(&stdout(&["completions", "bash"]), &["component-unknown", "QuayDown", "text json sarif github"]);
    answered(&["completion", "bash"], "`quay-render completions SHELL`");
    let words = ["completions", "bash", "--", "quay-render", "build", "registries", "--only", ""];
    assert_eq!(World::new().run(&words).well().stdout, "team-a/prod\nteam-a/stage\nteam-b\n");
    has_all(&stdout(&["completions", "bash"]), &["\"$1\" completions bash -- \"${COMP_WORDS[@]}\""]);
    let zsh = stdout(&["completions", "zsh"]);
    has_all(&zsh, &["#compdef quay-render\n\n_quay-render_registries() {", ":NAME:_quay-render_registries' \\\n"]);
    assert!(!zsh.lines().any(|line| line.contains("--only=") && line.contains("_default'")));
    let fish = stdout(&["completions", "fish"]);
    let only: Vec<&str> = fish.lines().filter(|line| line.contains(" -l only ")).collect();
    let asks = |line: &&str| line.contains("-f -a '(quay-render completions fish -- (commandline -opc) 2>/dev/null)'");
    assert!(only.len() > 3 && only.iter().all(asks), "{only:#?}");
}

fn misspelt() {
    answered(&["biuld"], "'build'");
    answered(&["build", "--stdot"], "'--stdout'");
    answered(&["validate", "--format", "jsn"], "'json'");
    answered(&["explain", "component-unknwon"], "\"component-unknown\"");
    answered(&["explain", "spec.backp"], "\"spec.backup\"");
}

fn commands_of_others() {
    for (word, right) in [
        ("render", "`quay-render build INPUT --out DIR`"),
        ("template", "`quay-render build INPUT --out DIR`"),
        ("check", "`quay-render validate INPUT`"),
        ("apply", "`kubectl apply -k DIR`"),
        ("plan", "`quay-render diff OLD NEW`"),
        ("uninstall", "`quay-render show delete INPUT`"),
        ("secrets", "`quay-render show secrets INPUT`"),
        ("status", "`quay-render show status INPUT`"),
    ] {
        answered(&[word, "x", "--whatever"], right);
    }
}

fn options_of_others() {
    for (option, right) in [
        ("--dry-run", "--check` writes nothing"),
        ("--dry-run=client", "--check` writes nothing"),
        ("--json", "--format json"),
        ("--set", "RenderConfig"),
        ("--namespace", "metadata.namespace"),
        ("-n", "metadata.namespace"),
        ("-f", "INPUT is named without an option"),
        ("--context", "asks no cluster"),
        ("--no-color", "--color never"),
        ("--strict", "--deny warnings"),
    ] {
        answered(&["build", option], right);
    }
}

fn exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yaml"), "kind: [").unwrap();
    let refused = run(&["validate", folder.path().to_str().unwrap()]);
    assert_eq!((run(&["validate"]).code, refused.code, run(&["validate", "--no"]).code), (0, 1, 2));
}

fn differences() {
    let world = World::built();
    assert_eq!((world.check().code, world.run(&["diff", "deploy", "registries"]).code), (0, 0));
    world.edit("registries/team-a/prod/config-bundle/config.yaml", "Registry of team A", "Other");
    assert_eq!((world.check().code, world.run(&["diff", "deploy", "registries"]).code), (1, 1));
    world.put("registries/team-b/more.yaml", "kind: [");
    assert_eq!((world.check().code, world.run(&["diff", "deploy", "registries"]).code), (2, 2));
    assert_eq!(run(&["releases", "diff", "3.15", "3.18"]).code, 1);
}

fn apart() {
    let ran = run(&["build", "--stdout", "-v"]).well();
    assert!(ran.stdout.starts_with("---\napiVersion: ") && ran.stderr.starts_with("note["), "{}", ran.stderr);
    let world = World::new();
    let ran = world.build(&[]).well();
    assert!(ran.stdout.is_empty() && ran.stderr.contains(" added, "), "{}", ran.stderr);
}

fn reader_that_leaves() {
    let mut child =
        quay_render().args(["build", "--stdout"]).arg(example("minimal")).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

fn closed() {
    let run = |redirection: &str| {
        let script = format!("\"$0\" build --stdout {redirection}");
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_quay-render")]).current_dir(example("minimal"));
        Ran::of(shell.output().unwrap())
    };
    assert_eq!(run(">/dev/null").code, 0);
    let closed = run(">&-");
    assert_eq!(closed.code, 2);
    has_all(&closed.stderr, &["standard output: is closed, and nothing was written"]);
    assert_eq!(run(">/dev/full").code, 2);
}

fn table() {
    let world = World::new();
    let shown = world.run(&["show", "registries", "registries"]).well().stdout;
    let rows: Vec<Vec<&str>> = shown.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["FOLDER", "NAMESPACE", "NAME", "RELEASE", "HOST", "ACCESS", "SECRETS"]);
    assert_eq!(rows[1], ["team-a/prod", "team-a", "prod", "3.5", "registry.example.com", "route", "referenced"]);
    assert_eq!(rows.len(), 4);
    let one = world.run(&["show", "registries", "registries", "--only", "team-b"]).well().stdout;
    assert_eq!((one.lines().count(), one.lines().nth(1).map(|line| &line[..6])), (2, Some("team-b")));
    has_all(&stdout(&["show", "registries"]), &["\n.       quay "]);
    world.put("registries/team-b/more.yaml", "kind: [");
    world.run(&["show", "registries", "registries"]).refused(&["error[", "refused: "]);
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn json() {
    for arguments in [&["validate"][..], &["show", "components"], &["releases"], &["version"], &["diff", "."]] {
        parsed(&stdout(&[arguments, &["--format", "json"]].concat()));
    }
}

fn schemas() {
    let world = World::new();
    let built = fits(Printed::Build, &world.build(&["--format", "json"]).well().stdout);
    assert_eq!(built["registries"], 3);
    let added: Vec<&str> = built["added"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert!(added.contains(&"team-a/prod/kustomization.yaml") && added.contains(&"quay-render.fleet"), "{added:#?}");
    assert!(added.iter().all(|file| world.out().join(file).is_file()), "{added:#?}");
    world.put("deploy/team-b/kustomization.yaml", "edited\n");
    let found = world.build(&["--check", "--format", "json"]);
    let found = fits(Printed::Check, &found.stdout);
    assert_eq!(found["differing"], serde_json::json!([{"file": "team-b/kustomization.yaml", "state": "edited"}]));
    let folder = tempfile::tempdir().unwrap();
    copy(&example("minimal"), folder.path());
    fs::remove_file(folder.path().join("keys.yaml")).unwrap();
    for is_new in [true, false] {
        let made = quay_render().args(["keys", "--format", "json"]).arg(folder.path()).output().unwrap();
        let made = fits(Printed::Keys, &Ran::of(made).well().stdout);
        assert_eq!(made["made"].as_array().unwrap().is_empty(), !is_new, "{made}");
    }
    fits(Printed::Version, &stdout(&["version", "--format", "json"]));
    fits(Printed::Init, &run_in(folder.path(), &["init", "reg", "--format", "json"]).well().stdout);
    fits(Printed::Registries, &world.run(&["show", "registries", "registries", "--format", "json"]).well().stdout);
    fits(Printed::Status, &stdout(&["show", "status", "--format", "json"]));
    let found = fits(Printed::Validate, &run_in(folder.path(), &["validate", "reg", "--format", "json"]).stdout);
    assert!(found["summary"]["errors"].as_u64() > Some(0), "{found}");
    for (name, printed) in [
        ("init-result", Printed::Init),
        ("validate-result", Printed::Validate),
        ("build-result", Printed::Build),
        ("check-result", Printed::Check),
        ("keys-result", Printed::Keys),
        ("registries-result", Printed::Registries),
        ("status-result", Printed::Status),
        ("upgrade-result", Printed::Upgrade),
        ("version-result", Printed::Version),
    ] {
        assert_eq!(stdout(&["schema", name]), printed.text());
    }
    answered(&["schema", "build-result", "--release", "3.18"], "what a command prints has no release");
}

fn reports() {
    assert_eq!(parsed(&stdout(&["validate", "--format", "sarif"]))["version"], "2.1.0");
    has_all(&stdout(&["validate", "--format", "github"]), &["quay-render: 0 errors"]);
}

fn check() {
    let world = World::built();
    let before = world.tree();
    world.edit("registries/team-a/prod/config-bundle/config.yaml", "Registry of team A", "Other");
    fs::remove_file(world.out().join("team-b/kustomization.yaml")).unwrap();
    let found = world.check();
    assert_eq!(found.code, 1);
    has_all(&found.stdout, &["changed team-a/prod/", "missing team-b/kustomization.yaml\n"]);
    has_all(&found.stderr, &["team-b: 1 of ", " files differ: 1 missing\n", ", in 2 of 5 directories\n"]);
    assert!(!found.stderr.contains("team-a/stage: "), "{}", found.stderr);
    assert_eq!(world.tree().len(), before.len() - 1);
}

fn not_over_other_files() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    copy(&example("minimal"), &at("in"));
    let build = |out: &str, more: &[&str]| {
        let mut command = quay_render();
        Ran::of(command.args(["build", "in", "--out", out]).args(more).current_dir(folder.path()).output().unwrap())
    };
    fs::create_dir(at("other")).unwrap();
    fs::write(at("other/.keep"), "").unwrap();
    build("other", &[]).well();
    fs::create_dir(at("mine")).unwrap();
    fs::write(at("mine/notes.txt"), "mine").unwrap();
    build("mine", &[]).refused(&["error[output-foreign]: mine: holds files", "--force"]);
    build("in", &[]).refused(&["error[output-foreign]: in: is the directory of the input"]);
    build(".", &[]).refused(&["error[output-foreign]"]);
    assert_eq!(fs::read_dir(at("mine")).unwrap().count(), 1);
    build("mine", &["--force"]).well();
    build("mine", &[]).well();
    assert_eq!(fs::read_to_string(at("mine/notes.txt")).unwrap(), "mine");
    let world = World::new();
    world.put("deploy/notes.txt", "mine");
    world.build(&[]).refused(&["error[output-foreign]: deploy: holds files"]);
    world.build(&["--force"]).well();
}

fn explain() {
    let list = stdout(&["explain"]);
    for code in quay_render::diagnostic::codes::ALL {
        let row = list.lines().find(|line| line.split_whitespace().nth(1) == Some(code.as_str())).unwrap();
        assert!(row.split_whitespace().count() > 4, "{row}: a title");
    }
    has_all(
        &stdout(&["explain", "DISTRIBUTED_STORAGE_CONFIG"]),
        &["| type |", "| default |", "| since |", "| until |", "| secret |", "| owner | objectstorage"],
    );
    has_all(&stdout(&["explain", "spec.backup"]), &["# spec.backup\n", "| of | RenderConfig |", "| `schedule` |"]);
    let page = fs::read_to_string(repository().join("src/diagnostic/pages/tls-pair.md")).unwrap();
    assert_eq!(stdout(&["explain", "tls-pair"]), page);
    let laid_out = stdout(&["explain", "tls-pair", "--color", "always"]);
    has_all(&laid_out, &["\u{1b}[1mtls-pair\u{1b}[0m\n"]);
    assert!(!laid_out.contains('`'), "{laid_out}");
}

/// The first cells of the page's rows.
fn first_cells() -> Vec<String> {
    let page = fs::read_to_string(repository().join(Path::new("docs/reference/conventions.md"))).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    rows.map(|row| row.replace("\\|", "\u{0}").split(" | ").next().unwrap().replace('\u{0}', "|")).collect()
}

#[test]
fn each_row_of_the_page_is_true() {
    assert_eq!(first_cells(), ROWS.map(|(name, _)| name));
    let failed = ROWS.iter().filter(|(_, holds)| std::panic::catch_unwind(holds).is_err());
    let failed: Vec<&str> = failed.map(|(name, _)| *name).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}
