//! A container of the databases' image, with its volume: configured by its pod, and run by the image's start script.

use super::process::{Script, command, free_port, program, server_command, until};
use super::repository;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The home of the image's user; the volume is mounted below it.
const HOME: &str = "/var/lib/pgsql";

/// A container; its volume stays until it is dropped.
pub struct Container {
    home: tempfile::TempDir,
    port: u16,
    /// The container of the pod.
    pub spec: Json,
    /// Its environment variables, including those from Secrets.
    pub variables: BTreeMap<String, String>,
}

impl Container {
    /// The container of a Deployment's pod; `value` returns the value of a key of a Secret.
    pub fn new(deployment: &Json, value: impl Fn(&str, &str) -> String) -> Self {
        let spec = deployment["spec"]["template"]["spec"]["containers"][0].clone();
        let text = |value: &Json| value.as_str().unwrap().to_owned();
        let variables = spec["env"].as_array().unwrap().iter().map(|variable| {
            let key = &variable["valueFrom"]["secretKeyRef"];
            let content =
                if key.is_null() { text(&variable["value"]) } else { value(&text(&key["name"]), &text(&key["key"])) };
            (text(&variable["name"]), content)
        });
        let mounts = spec["volumeMounts"].as_array().unwrap();
        assert!(mounts.iter().any(|mount| mount["mountPath"] == format!("{HOME}/data")), "{mounts:?}");
        let (variables, home) = (variables.collect(), tempfile::tempdir().unwrap());
        fs::create_dir(home.path().join("data")).unwrap();
        let _for_its_user = server_command(Path::new("true"), &home.path().join("data"));
        Self { home, port: free_port(), spec, variables }
    }

    /// Starts it.
    pub fn start(&self) -> Script {
        Script::start(self.command(&program("bash")).arg(repository().join("tests/data/postgresql-image.sh")), &[])
    }

    /// Starts it and waits until its server accepts clients.
    pub fn started(&self) -> Script {
        let mut script = self.start();
        script.prints("Starting server...");
        until("a server that takes clients", || self.is_open());
        script
    }

    /// Whether it answers clients from outside.
    pub fn is_open(&self) -> bool {
        let mut asked = self.command(&program("pg_isready"));
        asked.args(["--quiet", "--host", "127.0.0.1"]).status().unwrap().success()
    }

    /// Starts a command of the pod in the container, as the kubelet does.
    pub fn exec(&self, command: &Json) -> Script {
        let home = self.home.path().to_str().unwrap();
        let words: Vec<String> = command.as_array().unwrap().iter().map(|word| word.as_str().unwrap().into()).collect();
        let words = words.iter().map(|word| word.replace(HOME, home));
        let mut words = words.collect::<Vec<_>>().into_iter();
        Script::start(self.command(&program(&words.next().unwrap())).args(words), &[])
    }

    /// Adds a script that the image runs at one step of its start.
    pub fn add_script(&self, step: &str, script: &str) {
        let folder = self.home.path().join("app/src").join(step);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("added.sh"), script).unwrap();
    }

    /// A file in the home of its user.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// psql as a client from outside: with a URI or a connection string, whose host is replaced by the local one.
    pub fn client(&self, target: &str, statement: &str) -> Command {
        let target = match target.split_once('@').filter(|_| target.contains("://")) {
            Some((user, rest)) => format!("{user}@127.0.0.1:{}/{}", self.port, rest.rsplit('/').next().unwrap()),
            None => format!("{target} host=127.0.0.1 port={}", self.port),
        };
        let mut psql = command(&program("psql"));
        psql.args(["--no-psqlrc", "--no-password", "--tuples-only", "--no-align", "--command", statement]).arg(target);
        psql
    }

    /// A client that connects and sends nothing more.
    pub fn idle_client(&self) -> Idle {
        let mut psql = self.command(&program("psql"));
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut idle = Idle(psql.spawn().unwrap());
        idle.0.stdin.as_mut().unwrap().write_all(b"SELECT 'connected';\n").unwrap();
        let mut said = String::new();
        BufReader::new(idle.0.stdout.as_mut().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "connected\n");
        idle
    }

    /// A command in the container, with its variables, those of its image, and its user.
    fn command(&self, program: &Path) -> Command {
        let mut command = server_command(program, self.home.path());
        let postgres = self::program("postgres");
        let path = format!("{}:{}", postgres.parent().unwrap().display(), std::env::var("PATH").unwrap());
        command.envs(&self.variables).env("PATH", path).env("HOME", self.home.path());
        command.env("APP_DATA", self.home.path().join("app")).env("PORT", self.port.to_string());
        // The socket of the image is where its own clients look for it.
        command.env("PGUSER", "postgres").env("PGHOST", self.home.path()).env("PGPORT", self.port.to_string());
        command
    }
}

/// A client that stays connected until it is dropped.
pub struct Idle(Child);

impl Drop for Idle {
    fn drop(&mut self) {
        let _ended_already = self.0.kill();
        let _ended_already = self.0.wait();
    }
}
