//! Programs that tests run: their paths, and running programs whose output can be followed.

use super::repository;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, thread};

/// Long enough for a machine that does other things too, short enough to see a test that hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Uid and gid of `nobody`: database servers refuse to run as root.
const NOBODY: u32 = 65534;

/// The path of a program that `.ci/setup` installs; Debian keeps servers outside of PATH.
pub fn program(name: &str) -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/bin".into()])
        .chain(versions.map(|version| version.path().join("bin")))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("this test needs the program {name}: run .ci/setup, which installs it"))
}

/// Copies a program, by a process of its own: a file that this one writes is inherited, open, by what other threads start
/// meanwhile, and cannot be run as long as they have it.
pub fn copy_program(from: &Path, to: &Path) {
    let status = Command::new("cp").arg(from).arg(to).status().unwrap();
    assert!(status.success(), "{} is not copied to {}", from.display(), to.display());
}

/// The Python with the libraries in Quay's image.
pub fn python() -> PathBuf {
    let path = env::var_os("QUAY_RENDER_TEST_PYTHON")
        .map_or_else(|| repository().join("target/test-python/bin/python"), PathBuf::from);
    assert!(
        path.is_file(),
        "this test needs Python with tests/requirements.txt at {}: run .ci/setup, which makes it, or set \
         QUAY_RENDER_TEST_PYTHON",
        path.display()
    );
    path
}

/// The Python with another version of the client of Redis: `3.3` or `7`.
pub fn python_with_redis(version: &str) -> PathBuf {
    let path = repository().join(format!("target/test-redis-{version}/bin/python"));
    assert!(path.is_file(), "this test needs {}: run .ci/setup, which makes it", path.display());
    path
}

/// A command without the caller's environment, in which libpq finds passwords and TLS settings.
pub fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
    command
}

/// A command run as a server's user, who becomes the owner of `folder`.
pub fn server_command(program: &Path, folder: &Path) -> Command {
    let owner = fs::metadata(folder).unwrap().uid();
    if owner != 0 && owner != NOBODY {
        return command(program);
    }
    chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut command = command(&self::program("setpriv"));
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]).arg(program).current_dir(folder);
    command
}

/// Runs a command to its end, and panics with its output if it fails.
pub fn must(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "{command:?} failed:\n{text}");
    text
}

/// Calls `attempt` until it returns true.
pub fn until(what: &str, mut attempt: impl FnMut() -> bool) {
    let start = Instant::now();
    while !attempt() {
        assert!(start.elapsed() < PATIENCE, "{what} did not happen in {PATIENCE:?}");
        thread::sleep(Duration::from_millis(30));
    }
}

/// A free port of the loopback interface. It is below the ports that the system gives to clients: one of them could
/// take it before the server starts.
pub fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(97).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let port = 20_000 + u16::try_from(number).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// A running script. Its output must not contain any of `secrets` when it ends.
pub struct Script {
    child: Child,
    output: tempfile::NamedTempFile,
    secrets: Vec<String>,
}

/// The result of a script.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: Option<i32>,
    /// Everything it printed.
    pub output: String,
}

impl Script {
    /// Starts it; standard output and error go to the same place.
    pub fn start(command: &mut Command, secrets: &[&str]) -> Self {
        let output = tempfile::NamedTempFile::new().unwrap();
        let end = || File::options().append(true).open(output.path()).unwrap();
        let child = command.stdout(end()).stderr(end()).spawn().unwrap();
        Self { child, output, secrets: secrets.iter().map(|secret| (*secret).to_owned()).collect() }
    }

    /// Waits until `text` has been printed.
    #[track_caller]
    pub fn prints(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            let ended = self.child.try_wait().unwrap().is_some();
            if self.text().contains(text) {
                return;
            }
            assert!(!ended && start.elapsed() < PATIENCE, "{text:?} was not printed but:\n{}", self.text());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends SIGTERM.
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        must(command(&program("kill")).args(["-s", name]).arg(self.child.id().to_string()));
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub fn ends(mut self) -> Ended {
        until("the end of the script", || self.child.try_wait().unwrap().is_some());
        let code = self.child.wait().unwrap().code();
        let output = self.text();
        for secret in &self.secrets {
            assert!(!output.contains(secret.as_str()), "the output holds the secret {secret:?}:\n{output}");
        }
        Ended { code, output }
    }

    /// Everything that it has printed.
    pub fn text(&self) -> String {
        fs::read_to_string(self.output.path()).unwrap()
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        let _ended_already = self.child.kill();
        let _ended_already = self.child.wait();
    }
}

impl Ended {
    /// Checks the exit code and that each text has been printed.
    #[track_caller]
    pub fn with(&self, code: i32, texts: &[&str]) {
        assert_eq!(self.code, Some(code), "{}", self.output);
        for text in texts {
            assert!(self.output.contains(text), "no {text:?} in:\n{}", self.output);
        }
    }
}
