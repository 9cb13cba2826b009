//! Shared by the tests: a directory with the `openssl` program, a certificate and key, a comparison.

use super::issue_leaf;
use quay_render::pki::{Pair, PairFile, Problem, ProblemKind, issue_ca};
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub const HOST: &str = "quay.example.com";

/// A directory in which `openssl` runs.
pub struct Workshop(TempDir);

impl Workshop {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// Runs openssl with the words of `line`; it must succeed.
    pub fn openssl(&self, line: &str) -> String {
        let output = self.attempt(line);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "openssl {line}: {text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    pub fn attempt(&self, line: &str) -> Output {
        Command::new("openssl")
            .args(line.split(' '))
            .current_dir(self.path())
            .output()
            .expect("these tests need the `openssl` program, version 1.1.1 or newer")
    }

    /// A new key in `key.pem`, made by `openssl genpkey` with `arguments`, and a certificate of it for `names`.
    pub fn self_signed(&self, arguments: &str, names: &str) -> (Vec<u8>, Vec<u8>) {
        self.openssl(&format!("genpkey -out key.pem {arguments}"));
        self.openssl(&format!("req -x509 -key key.pem -out cert.pem -days 30 -subj /CN=test{}", san(names)));
        (self.read("cert.pem"), self.read("key.pem"))
    }
}

pub fn san(names: &str) -> String {
    if names.is_empty() { String::new() } else { format!(" -addext subjectAltName={names}") }
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

pub fn kinds(problems: &[Problem]) -> Vec<(PairFile, ProblemKind)> {
    problems.iter().map(|problem| (problem.file, problem.kind)).collect()
}

#[track_caller]
pub fn assert_kinds(problems: &[Problem], wanted: &[(PairFile, ProblemKind)]) {
    assert_eq!(kinds(problems), wanted, "{problems:#?}");
    for problem in problems {
        assert!(!problem.message.ends_with('.') && problem.hint.is_some(), "{problem:?}");
    }
}

/// A CA and a leaf for [`HOST`], made by quay-render, for tests that accept any.
pub static MADE: LazyLock<(Pair, Pair)> = LazyLock::new(|| {
    let ca = issue_ca("registry", now()).unwrap();
    let leaf = issue_leaf(&ca, &[HOST], now()).unwrap();
    (ca, leaf)
});
