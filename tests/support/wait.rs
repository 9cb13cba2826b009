//! One run of wait-for-database.py.

use super::process::{Ended, Script, command, python};
use super::repository;
use std::fs;
use std::path::{Path, PathBuf};

/// Password of the registry's user.
pub const PASSWORD: &str = "user-secret-4711";

/// A file below `components/`.
pub fn component(path: &str) -> PathBuf {
    repository().join("components").join(path)
}

/// A folder of revisions with two branches that merge.
pub fn fixture() -> PathBuf {
    repository().join("tests/data/migrations/versions")
}

/// One call of wait-for-database.py with a config.yaml of its own.
pub struct Wait {
    /// The folder with config.yaml.
    pub folder: tempfile::TempDir,
    versions: PathBuf,
    timeout: &'static str,
    /// More arguments.
    pub more: Vec<String>,
    /// What the output must not contain.
    pub secrets: Vec<String>,
}

impl Wait {
    /// With a config.yaml; `secrets` must not be in the output.
    pub fn new(config: &str, secrets: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("config.yaml"), config).unwrap();
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        Self { folder, versions: fixture(), timeout: "30", more: Vec::new(), secrets }
    }

    /// With a DB_URI for the user `quay` of a server on the loopback interface.
    pub fn uri(scheme: &str, port: u16, password: &str, database: &str) -> Self {
        let uri = format!("{scheme}://quay:{password}@127.0.0.1:{port}/{database}");
        Self::new(&format!("DB_URI: {uri}\n"), &[password, &uri])
    }

    /// The same with DB_CONNECTION_ARGS, for the database `quay`.
    pub fn uri_with(scheme: &str, port: u16, arguments: &str) -> Self {
        let uri = format!("{scheme}://quay:{PASSWORD}@127.0.0.1:{port}/quay");
        Self::new(&format!("DB_URI: {uri}\nDB_CONNECTION_ARGS: {arguments}\n"), &[PASSWORD, &uri, "Traceback"])
    }

    /// Starts it in a mode.
    pub fn start(&self, mode: &str) -> Script {
        let mut command = command(&python());
        command.arg("-B").arg(component("quay/files/wait-for-database.py")).arg(mode);
        command.arg("--config").arg(self.folder.path().join("config.yaml")).arg("--versions").arg(&self.versions);
        command.args(["--interval", "0.05", "--timeout", self.timeout]).args(&self.more);
        Script::start(&mut command, &self.secrets.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs it to its end.
    pub fn run(&self, mode: &str) -> Ended {
        self.start(mode).ends()
    }

    /// Runs until `text` is printed as the reason to wait, however busy the machine is.
    pub fn waits(&self, mode: &str, text: &str) {
        let mut script = self.start(mode);
        script.prints(&format!("waiting: {text}"));
        script.terminate();
        script.ends().with(143, &[]);
    }

    /// With another time limit, in seconds.
    pub fn with_timeout(mut self, timeout: &'static str) -> Self {
        self.timeout = timeout;
        self
    }

    /// For a database that is restored from a server first.
    pub fn restored_from(mut self, host: &str) -> Self {
        self.more = vec!["--restored-from".to_owned(), host.to_owned()];
        self
    }

    /// With another folder of revisions.
    pub fn with_versions(mut self, versions: &Path) -> Self {
        versions.clone_into(&mut self.versions);
        self
    }
}
