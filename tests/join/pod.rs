//! The volumes of one pod and the script in it.

use crate::support::process::{Ended, Script, command, python};
use crate::support::repository;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Shorter values are words that may well occur in a log.
const SHORTEST_SECRET: usize = 6;

/// Loads join.py from the path in the first argument as `join`; code after it may change it before `join.main()`.
const LOAD: &str = "import importlib.util, os, sys\n\
                    spec = importlib.util.spec_from_file_location('join', sys.argv.pop(1))\n\
                    join = importlib.util.module_from_spec(spec)\n\
                    spec.loader.exec_module(join)\n";

/// The script.
pub fn script() -> PathBuf {
    repository().join("components/join/files/join.py")
}

/// A plan, the volumes with the sources, and the folder to write to.
pub struct Pod {
    folder: tempfile::TempDir,
    /// What the output must not contain: the values of all sources.
    secrets: Vec<String>,
    /// The time limit in seconds.
    pub timeout: &'static str,
}

impl Pod {
    /// A pod with a plan and without volumes.
    pub fn new(plan: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("plan.yaml"), plan).unwrap();
        fs::create_dir(folder.path().join("pieces")).unwrap();
        fs::create_dir(folder.path().join("target")).unwrap();
        Self { folder, secrets: vec!["Traceback".to_owned()], timeout: "30" }
    }

    /// A pod whose `config.yaml` has one value, FIELD, from the source `given/value`.
    pub fn with_value(entry: &str, value: &[u8]) -> Self {
        let values = format!("[{{path: [FIELD], from: given/value, {entry}}}]");
        let mut pod = Self::new(&format!("files: [{{to: config.yaml, from: base/config.yaml, values: {values}}}]"));
        pod.mount("base", &[("config.yaml", b"FIELD: null\n")]);
        pod.mount("given", &[("value", value)]);
        pod
    }

    /// Gives a volume this content, as the kubelet does: a new folder, the link `..data` changed to it, and links for
    /// the keys.
    pub fn mount(&mut self, volume: &str, pieces: &[(&str, &[u8])]) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let root = self.pieces().join(volume);
        fs::create_dir_all(&root).unwrap();
        let old = fs::read_link(root.join("..data"));
        let new = format!("..2026_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        fs::create_dir(root.join(&new)).unwrap();
        for (key, value) in pieces {
            fs::write(root.join(&new).join(key), value).unwrap();
            self.keep_secret(&String::from_utf8_lossy(value));
        }
        symlink(&new, root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
        for (key, _) in pieces {
            let _is_there_already = symlink(Path::new("..data").join(key), root.join(key));
        }
        if let Ok(old) = old {
            fs::remove_dir_all(root.join(old)).unwrap();
        }
    }

    /// Adds a text that no output may contain.
    pub fn keep_secret(&mut self, text: &str) {
        if text.len() >= SHORTEST_SECRET {
            self.secrets.push(text.to_owned());
        }
    }

    /// The folder of the volumes.
    pub fn pieces(&self) -> PathBuf {
        self.folder.path().join("pieces")
    }

    /// The folder to write to.
    pub fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    /// Starts the script.
    pub fn start(&self) -> Script {
        let mut command = command(&python());
        command.arg("-B").arg(script());
        self.go(&mut command)
    }

    /// Starts the script after `change`, lines of Python, has changed its module `join`.
    pub fn start_changed(&self, change: &str) -> Script {
        let mut command = command(&python());
        command.args(["-B", "-c", &format!("{LOAD}{change}\nsys.exit(join.main())")]).arg(script());
        self.go(&mut command)
    }

    fn go(&self, command: &mut Command) -> Script {
        command.arg(self.folder.path().join("plan.yaml")).arg(self.pieces()).arg(self.target());
        command.args(["--interval", "0.05", "--timeout", self.timeout]);
        Script::start(command, &self.secrets.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs it to its end.
    pub fn run(&self) -> Ended {
        self.start().ends()
    }

    /// Runs it to its end; it must succeed.
    #[track_caller]
    pub fn joins(&self) -> &Self {
        self.run().with(0, &["join: written: "]);
        self
    }

    /// Runs it to its end; it must refuse and write nothing.
    #[track_caller]
    pub fn refuses(&self, says: &[&str]) {
        let ended = self.run();
        ended.with(1, &["join: error: "]);
        ended.with(1, says);
        assert_eq!(self.written(), [""; 0]);
    }

    /// The bytes of a written file.
    #[track_caller]
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.target().join(name)).unwrap()
    }

    /// The text of a written file.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// The names at the top of the folder to write to.
    pub fn written(&self) -> Vec<String> {
        let entries = fs::read_dir(self.target()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The permissions of a written file or folder.
    pub fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.target().join(name)).unwrap().permissions().mode() & 0o7777
    }
}
