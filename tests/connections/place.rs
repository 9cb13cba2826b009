//! A container, laid out in a folder: its files as it finds them, and programs that run in it.

use crate::support::pod::{Cluster, Pod, cluster};
use crate::support::process::{command, python};
use crate::support::repository;
use crate::support::wait::fixture;
use quay_render::input::{self, Folder, Inputs, Source};
use quay_render::{Rendered, analyze, compile};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Absolute paths that programs are told, which lead below the folder here.
const ROOTS: [&str; 6] = ["/conf/stack", "/quay-registry/", "/scripts/", "/clair/", "/run/certs/", "/.postgresql"];

/// An example with other documents, and a bundle of these files.
pub fn inputs(example: &str, edits: &[(&str, &str)], files: &[(&str, Vec<u8>)]) -> Inputs {
    let mut inputs = input::read(&format!("examples/{example}"), None).unwrap();
    for source in &mut inputs.sources {
        let mut text = String::from_utf8(std::mem::take(&mut source.bytes)).unwrap();
        for (old, new) in edits {
            text = text.replace(old, new);
        }
        // It is a new registry in whatever release.
        text = text.replace("status:\n  currentVersion: 3.5.0\n", "");
        source.bytes = text.into_bytes();
    }
    let source =
        |name: &str, bytes: &[u8]| (name.to_owned(), Source { name: format!("bundle/{name}"), bytes: bytes.to_vec() });
    let mut files: Vec<_> = files.iter().map(|(name, bytes)| source(name, bytes)).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    inputs.bundle = Some(Folder { name: "bundle".to_owned(), files });
    inputs
}

/// What an input is compiled to, and what is in its cluster.
pub struct Registry {
    rendered: Rendered,
    made: Cluster,
}

impl Registry {
    pub fn new(inputs: &Inputs) -> Self {
        let compiled = compile(inputs);
        let said: String = compiled.diagnostics.iter().map(|problem| format!("{problem}\n")).collect();
        let rendered = compiled.registry.unwrap_or_else(|| panic!("{said}"));
        let analysis = analyze(inputs, &mut quay_render::diagnostic::Diagnostics::new()).0.unwrap();
        Self { rendered, made: cluster(&analysis) }
    }

    /// With a Secret more in the cluster.
    pub fn with_secret(self, name: &str, entries: &[(&str, Vec<u8>)]) -> Self {
        self.with("Secret", name, entries)
    }

    /// With an object more in the cluster, or another in its place.
    pub fn with(mut self, kind: &'static str, name: &str, entries: &[(&str, Vec<u8>)]) -> Self {
        let entries = entries.iter().map(|(key, bytes)| ((*key).to_owned(), bytes.clone())).collect();
        self.made.insert((kind, name.to_owned()), entries);
        self
    }

    /// A container of the pod that a Deployment or Job makes, by its name without the registry's.
    pub fn container(&self, owner: &str, container: &str) -> Place {
        let pod = Pod::new(&self.rendered.objects, &self.made, &format!("registry-{owner}"));
        let place = Place {
            folder: tempfile::tempdir().unwrap(),
            variables: pod.variables(container),
            words: pod.words(container),
            secrets: pod.secrets(container),
        };
        pod.lay_out(container, place.folder.path());
        place.settle();
        place
    }
}

/// A container.
pub struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
    /// What it runs.
    pub words: Vec<String>,
    /// The variables that it takes from Secrets.
    secrets: BTreeMap<String, String>,
}

impl Place {
    /// The folder in which its programs run, and what they are told in its place.
    fn settle(&self) {
        fs::create_dir_all(self.path("quay-registry")).unwrap();
        fs::create_dir_all(self.path("conf/init")).unwrap();
        symlink("../conf", self.path("quay-registry/conf")).unwrap();
        if self.path("var/run").exists() {
            symlink("var/run", self.path("run")).unwrap();
        }
        for file in ["conf/stack/config.yaml", "clair/config.yaml"] {
            let Ok(text) = fs::read_to_string(self.path(file)) else { continue };
            fs::remove_file(self.path(file)).unwrap();
            fs::write(self.path(file), self.below(&text)).unwrap();
        }
    }

    /// A variable that it takes from a Secret.
    pub fn secret(&self, name: &str) -> Option<String> {
        self.secrets.get(name).cloned()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A text with the container's absolute paths as they are here.
    fn below(&self, text: &str) -> String {
        let root = self.folder.path().display();
        ROOTS.iter().fold(text.to_owned(), |text, path| {
            let text = ["\"", "=", " ", "'"]
                .iter()
                .fold(text, |text, before| text.replace(&format!("{before}{path}"), &format!("{before}{root}{path}")));
            if text.starts_with(path) { format!("{root}{text}") } else { text }
        })
    }

    /// A program in it, with its variables; nothing of the machine's own is found.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = command(program);
        command.current_dir(self.path("quay-registry")).env("HOME", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, self.below(value))));
        command
    }

    /// One of Quay's clients.
    pub fn client(&self, words: &[&str]) -> Command {
        self.client_of(&python(), words)
    }

    /// One of Quay's clients, in another Python.
    pub fn client_of(&self, python: &Path, words: &[&str]) -> Command {
        let mut command = self.command(python);
        command.arg(repository().join("tests/connections/clients.py")).arg(words[0]).arg("conf/stack/config.yaml");
        command.args(&words[1..]);
        command
    }

    /// What it runs itself, where it waits for the database.
    pub fn waits(&self) -> Command {
        let mut command = self.entry();
        command.args(["--config", "conf/stack/config.yaml", "--timeout", "20", "--interval", "0.2", "--versions"]);
        command.arg(fixture());
        command
    }

    /// Leaves the variables out whose names begin so.
    pub fn forget(&mut self, start: &str) {
        self.variables.retain(|(name, _)| !name.starts_with(start));
    }

    /// What Quay's image does at its start: it copies certificates to where libpq looks for them, the key for itself.
    pub fn write_copier(&self) {
        let root = self.folder.path().display();
        let script = "#!/bin/bash -e\n\
                      install -m 444 @/run/secrets/postgresql/ca.crt @/.postgresql/root.crt\n\
                      install -m 444 @/run/secrets/postgresql/tls.crt @/.postgresql/postgresql.crt\n\
                      install -m 600 @/run/secrets/postgresql/tls.key @/.postgresql/postgresql.key\n";
        let path = self.path("conf/init/client_certs.sh");
        fs::write(&path, script.replace('@', &root.to_string())).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }

    /// What it runs itself.
    pub fn entry(&self) -> Command {
        let (first, rest) = self.words.split_first().unwrap();
        let python = python();
        let mut command = self.command(if first == "python3" { &python } else { Path::new(first) });
        let search = format!("{}:{}", python.parent().unwrap().display(), std::env::var("PATH").unwrap());
        command.env("PATH", search).args(rest.iter().map(|word| self.below(word)));
        command
    }
}

/// What a program says that comes to nothing.
#[track_caller]
pub fn refused(command: &mut Command) -> String {
    let output: Output = command.output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!output.status.success(), "{said}");
    said
}
