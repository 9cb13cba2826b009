//! Odd things where a file is expected: no command opens them, waits for them or writes through them.

use crate::support::example;
use crate::support::files::{copy, make_pipe};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a busy machine, short enough to see a command that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command, which must end in time.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
    command.args(arguments).current_dir(folder);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    // What it says fits the buffer of a pipe.
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// What can be there instead of a file.
#[derive(Clone, Copy, Debug)]
enum Odd {
    Pipe,
    Link(&'static str),
}

const ODDITIES: [Odd; 7] = [
    Odd::Pipe,
    // Regular files, by their metadata, of which reading waits for ever, or has an effect.
    Odd::Link("/proc/kmsg"),
    Odd::Link("/proc/self/environ"),
    Odd::Link("/dev/tty"),
    Odd::Link("/dev/zero"),
    Odd::Link("../outside"),
    Odd::Link("loop.yaml"),
];

impl Odd {
    fn put(self, path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(path);
        match self {
            Self::Link(goal) => symlink(goal, path).unwrap(),
            Self::Pipe => make_pipe(path),
        }
    }
}

#[test]
fn what_is_no_file_of_the_input_is_told_and_not_opened() {
    let places = [
        ("one/l.yaml", &["build", "one", "--stdout"][..]),
        ("one/l.json", &["validate", "one"]),
        ("one/config-bundle/extra_ca_cert_x.crt", &["show", "config", "one"]),
        ("one/render-config.yaml", &["keys", "one"]),
        ("one/keys.yaml", &["seal", "one"]),
        ("one/keys.yaml", &["build", "one/quayregistry.yaml", "--stdout"]),
        ("bundle/config.yaml", &["validate", "bundle"]),
        ("bundle/ssl.key", &["validate", "bundle"]),
        ("fleet/render-config.yaml", &["build", "fleet", "--stdout"]),
        ("fleet/team-a/l.yaml", &["build", "fleet", "--stdout"]),
        ("fleet/team-b/l.yaml", &["show", "status", "fleet", "--only", "team-b"]),
        ("old/quay/l.yaml", &["diff", "old", "one"]),
    ];
    for odd in ODDITIES {
        for (place, arguments) in places {
            let dir = tempfile::tempdir().unwrap();
            for name in ["own-keys", "fleet"] {
                copy(&example(name), &dir.path().join(if name == "fleet" { "fleet" } else { "one" }));
            }
            copy(&example("own-keys").join("config-bundle"), &dir.path().join("bundle"));
            fs::create_dir_all(dir.path().join("old/quay")).unwrap();
            fs::write(dir.path().join("outside"), "kind: Secret\nstringData: {key: hunter2}\n").unwrap();
            odd.put(&dir.path().join(place));
            let output = run(dir.path(), arguments);
            assert!(!output.status.success(), "{odd:?} {place}: {}", said(&output));
            assert!(
                said(&output).contains(&format!("error[input-file]: {place}: ")),
                "{odd:?} {place}: {}",
                said(&output)
            );
            assert!(!said(&output).contains("hunter2"), "{odd:?} {place}");
        }
    }
}

#[test]
fn what_is_no_file_of_the_output_is_told_and_not_opened() {
    for odd in ODDITIES {
        for place in ["deploy/kustomization.yaml", "deploy/quay-render.lock", "deploy/.quay-render.staging"] {
            let dir = tempfile::tempdir().unwrap();
            copy(&example("minimal"), &dir.path().join("one"));
            odd.put(&dir.path().join(place));
            for arguments in [&["build", "one", "--out", "deploy"][..], &["build", "one", "--out", "deploy", "--force"]]
            {
                let output = run(dir.path(), arguments);
                assert_eq!(output.status.code(), Some(1), "{odd:?} {place}: {}", said(&output));
                // What is no part of an output makes the directory one of somebody else, who has to say --force.
                let is_others = place.ends_with(".yaml") && !arguments.contains(&"--force");
                let at = if is_others { "deploy" } else { place };
                assert!(said(&output).contains(&format!("]: {at}: ")), "{odd:?} {place}: {}", said(&output));
                assert_eq!(fs::read_dir(dir.path().join("deploy")).unwrap().count(), 1, "{odd:?} {place}");
            }
        }
    }
}

/// The files below a folder with their content, links with their target.
fn tree(root: &Path) -> std::collections::BTreeMap<String, Vec<u8>> {
    let entries = walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap);
    let content = |entry: &walkdir::DirEntry| match entry.file_type() {
        kind if kind.is_symlink() => fs::read_link(entry.path()).unwrap().into_os_string().into_encoded_bytes(),
        kind if kind.is_file() => fs::read(entry.path()).unwrap(),
        _ => Vec::new(),
    };
    let name = |entry: &walkdir::DirEntry| entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| (name(&entry), content(&entry))).collect()
}

/// Each command that writes a file of its own, with that file.
const WRITERS: [(&[&str], &str); 3] = [
    (&["keys", "plain"], "plain/keys.yaml"),
    (&["seal", "sealed"], "sealed/sealed.yaml"),
    (&["man", "--dir", "pages"], "pages/quay-render-build.1"),
];

/// A folder in which each of these commands has something to write.
fn writers() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&example("own-keys"), &dir.path().join("plain"));
    copy(&example("sealed"), &dir.path().join("sealed"));
    fs::create_dir(dir.path().join("pages")).unwrap();
    for (_, file) in WRITERS {
        let _ = fs::remove_file(dir.path().join(file));
    }
    let keys = run(dir.path(), &["keys", "sealed"]);
    assert!(keys.status.success(), "{}", said(&keys));
    dir
}

#[test]
fn nothing_is_written_through_a_link_or_into_a_pipe() {
    for (arguments, file) in WRITERS {
        for goal in ["config.yaml", "../nothing", "pipe", "folder"] {
            let dir = writers();
            let path = dir.path().join(file);
            let folder = path.parent().unwrap();
            fs::write(folder.join("config.yaml"), "").unwrap();
            match goal {
                "pipe" => Odd::Pipe.put(&path),
                "folder" => fs::create_dir(&path).unwrap(),
                _ => symlink(goal, &path).unwrap(),
            }
            let before = tree(folder);
            let output = run(dir.path(), arguments);
            assert!(!output.status.success(), "{file} {goal}: {}", said(&output));
            assert!(said(&output).contains(&format!("]: {file}: ")), "{file} {goal}: {}", said(&output));
            if file.starts_with("pages/") {
                assert_eq!(tree(folder).get("config.yaml"), before.get("config.yaml"), "{file} {goal}");
            } else {
                // That Git shall not take the keys is said before there are any.
                let mut after = tree(folder);
                if !before.contains_key(".gitignore") {
                    after.remove(".gitignore");
                }
                assert_eq!(after, before, "{file} {goal}");
            }
        }
    }
}

#[test]
fn what_lies_beside_is_not_used_and_what_was_left_is_removed() {
    for (arguments, file) in WRITERS {
        let dir = writers();
        let path = dir.path().join(file);
        let folder = path.parent().unwrap();
        // What names that can be guessed led to once, and what a killed run leaves.
        let victim = folder.join("victim");
        fs::write(&victim, "mine").unwrap();
        symlink("victim", dir.path().join(format!("{file}.new"))).unwrap();
        let left = folder.join(".quay-render.new-abcdefabcdef");
        fs::create_dir(&left).unwrap();
        fs::write(left.join("keys.yaml"), "a secret").unwrap();
        // Of the sealed example some values are in no file, which is told once the others are sealed.
        let output = run(dir.path(), arguments);
        assert!(
            output.status.success() || said(&output).contains("all others are sealed"),
            "{file}: {}",
            said(&output)
        );
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert!(path.symlink_metadata().unwrap().is_file() && !left.exists(), "{file}");
        assert!(!tree(folder).keys().any(|name| name.starts_with(".quay-render")), "{file}");
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, if file.ends_with("keys.yaml") { 0o600 } else { 0o644 }, "{file}");
    }
}

#[test]
fn another_name_of_the_old_file_keeps_what_it_had() {
    for (arguments, file) in WRITERS {
        let dir = writers();
        let path = dir.path().join(file);
        fs::write(&path, "# an old file\n").unwrap();
        fs::hard_link(&path, dir.path().join("other-name")).unwrap();
        // Of the sealed example some values are in no file, which is told once the others are sealed.
        let output = run(dir.path(), arguments);
        assert!(
            output.status.success() || said(&output).contains("all others are sealed"),
            "{file}: {}",
            said(&output)
        );
        assert_eq!(fs::read_to_string(dir.path().join("other-name")).unwrap(), "# an old file\n");
        assert_ne!(fs::read_to_string(&path).unwrap(), "# an old file\n");
    }
}

#[test]
fn of_several_runs_at_once_none_loses_silently() {
    for _ in 0..4 {
        let dir = writers();
        let start = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
            command.args(["keys", "plain"]).current_dir(dir.path()).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        let running: Vec<_> = (0..6).map(|_| start()).collect();
        let ended: Vec<Output> = running.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
        let says = |text: &str| ended.iter().filter(|output| said(output).contains(text)).count();
        let refused = says("changed while this command was at work");
        assert_eq!((says(": made "), says("; nothing was changed") + refused), (1, 5), "{}", said(&ended[0]));
        assert!(ended.iter().all(|output| matches!(output.status.code(), Some(0 | 1))));
        assert!(said(&run(dir.path(), &["keys", "plain"])).contains("complete; nothing was changed"));
    }
}

#[test]
fn a_directory_is_made_where_nothing_is_and_whole() {
    for odd in ODDITIES {
        let dir = tempfile::tempdir().unwrap();
        odd.put(&dir.path().join("new"));
        let before = tree(dir.path()).into_keys().collect::<Vec<_>>();
        let output = run(dir.path(), &["init", "registry", "--out", "new"]);
        assert!(!output.status.success(), "{odd:?}");
        assert_eq!(tree(dir.path()).into_keys().collect::<Vec<_>>(), before, "{odd:?}");
    }
    let dir = tempfile::tempdir().unwrap();
    symlink("nowhere", dir.path().join(".new.quay-render.init")).unwrap();
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_quay-render"));
            command.args(["init", "registry", "--out", "deep/new"]).current_dir(dir.path());
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let well = children.into_iter().map(|mut child| child.wait().unwrap()).filter(|status| status.success()).count();
    assert_eq!(well, 1);
    assert!(dir.path().join("deep/new/quayregistry.yaml").is_file());
    assert_eq!(fs::read_dir(dir.path().join("deep")).unwrap().count(), 1);
}

/// Names that control a terminal, forge a line of a log, or are a command to the runner of a workflow.
const DRIVING: [&str; 6] = [
    "a\n::stop-commands::x",
    "::add-mask::x",
    "a\u{1b}[2J\u{1b}]0;title\u{7}",
    "a ##[add-path]x",
    "##vso[task.setvariable]x",
    "a\r\u{202e}b",
];

#[test]
fn no_name_is_more_than_text_in_what_a_command_says() {
    for name in DRIVING {
        let dir = tempfile::tempdir().unwrap();
        for (from, to) in
            [("minimal", name.to_owned()), ("fleet", format!("f {name}")), ("sealed", format!("s {name}"))]
        {
            copy(&example(from), &dir.path().join(to));
        }
        copy(&example("minimal"), &dir.path().join(format!("f {name}/{name}")));
        let (fleet, sealed) = (format!("f {name}"), format!("s {name}"));
        let config = fs::read_to_string(example("referenced").join("render-config.yaml")).unwrap();
        copy(&example("referenced"), &dir.path().join("keyed"));
        let extra = "    names:\n      config: {name: of-mine, keys: {SECRET_KEY: \"::stop-commands::x\"}}\n";
        fs::write(dir.path().join("keyed/render-config.yaml"), config + extra).unwrap();
        let missing = format!("{name} is missing");
        let commands: [&[&str]; 16] = [
            &["build", name, "--out", &missing],
            &["build", name, "--out", name],
            &["build", &missing, "--stdout"],
            &["build", name, "--out", &missing, "--check"],
            &["build", &fleet, "--out", "deploy"],
            &["build", &fleet, "--out", "deploy", "--only", name],
            &["keys", &fleet],
            &["keys", name],
            &["keys", &fleet, "--only", "nothing"],
            &["seal", &sealed],
            &["init", "registry", "--out", &format!("new {name}")],
            &["init", "registry", "--out", name],
            &["validate", name],
            &["diff", &missing, name],
            &["show", "secrets", "keyed"],
            &["man", "--dir", &format!("{name}/quayregistry.yaml")],
        ];
        for arguments in commands {
            let output = run(dir.path(), arguments);
            let said = said(&output);
            assert!(!said.is_empty(), "{arguments:?}");
            for line in said.lines() {
                assert!(!line.trim_start().starts_with("::"), "{arguments:?}: {line:?}");
                assert!(!line.contains("##[") && !line.contains("##vso["), "{arguments:?}: {line:?}");
                let drives = |c: char| c.is_control() || c == '\u{202e}';
                assert!(!line.contains(drives), "{arguments:?}: {line:?}");
            }
        }
    }
}
