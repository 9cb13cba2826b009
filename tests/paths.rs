//! What lies where a file is expected and is none, or leads elsewhere: no command opens it, waits for it or writes through it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly"
)]

#[path = "support/files.rs"]
mod files;

use files::copy;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Long enough for a busy machine, short enough to see a command that hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command to its end, which must come.
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

fn example(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// What can be in the place of a file.
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
            Self::Pipe => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
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
                assert!(said(&output).contains(&format!("]: {place}: ")), "{odd:?} {place}: {}", said(&output));
                assert_eq!(fs::read_dir(dir.path().join("deploy")).unwrap().count(), 1, "{odd:?} {place}");
            }
        }
    }
}
