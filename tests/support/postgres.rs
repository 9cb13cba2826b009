//! A PostgreSQL server for one test.

use super::process::{command, free_port, must, program, server_command, until};
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// Password of the superuser `postgres` over TCP.
pub const ROOT_PASSWORD: &str = "root-secret-0815";

/// A cluster in a temporary folder; the server stops when it is dropped.
pub struct Postgres {
    folder: tempfile::TempDir,
    /// Port on 127.0.0.1.
    pub port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// A server that accepts connections.
    pub fn running() -> Self {
        let mut postgres = Self::prepared();
        postgres.start();
        postgres
    }

    /// A new cluster whose server is not running yet.
    pub fn prepared() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let password = folder.path().join("password");
        fs::write(&password, ROOT_PASSWORD).unwrap();
        let socket = folder.path().display();
        must(
            server_command(&program("initdb"), folder.path())
                .args(["--no-sync", "--username=postgres", "--encoding=UTF8", "--locale=C"])
                .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
                .arg(format!("--pwfile={}", password.display()))
                .arg(format!("--pgdata={socket}/data")),
        );
        let settings = folder.path().join("data/postgresql.auto.conf");
        fs::write(
            settings,
            format!(
                "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{socket}'\nfsync = off\n\
                 shared_buffers = 4MB\n"
            ),
        )
        .unwrap();
        Self { folder, port, server: None }
    }

    /// The folder with its socket, at which every user is let in.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Lets clients in over TCP with TLS alone, and with a certificate of this CA in their own name.
    pub fn demand_certificates(&self, authority: &Path, certificate: &Path, key: &Path) {
        let data = self.folder.path().join("data");
        for (file, name) in [(authority, "ca.crt"), (certificate, "server.crt"), (key, "server.key")] {
            let to = data.join(name);
            fs::copy(file, &to).unwrap();
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
            let owner = fs::metadata(&data).unwrap();
            chown(&to, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
        let mut settings = File::options().append(true).open(data.join("postgresql.auto.conf")).unwrap();
        settings.write_all(b"ssl = on\nssl_ca_file = 'ca.crt'\n").unwrap();
        let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full\n";
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
    }

    /// Starts the server and waits until it accepts connections.
    pub fn start(&mut self) {
        let mut command = server_command(&program("postgres"), self.folder.path());
        command.arg("-D").arg(self.folder.path().join("data")).stdout(Stdio::null()).stderr(Stdio::null());
        self.server = Some(command.spawn().unwrap());
        until("the start of PostgreSQL", || self.psql("postgres").args(["-c", ""]).output().unwrap().status.success());
    }

    /// Stops the server; its data is kept.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            // SIGINT: a fast stop, which also ends the server's own children
            let _ended_already = command(&program("kill")).args(["-INT", &server.id().to_string()]).status();
            let _ended_already = server.wait();
        }
    }

    /// Makes a user and a database of its own.
    pub fn create(&self, user: &str, password: &str, database: &str) {
        self.sql("postgres", &format!("CREATE ROLE \"{user}\" LOGIN PASSWORD '{password}'"));
        self.sql("postgres", &format!("CREATE DATABASE \"{database}\" OWNER \"{user}\""));
    }

    /// Runs statements as the superuser and returns their results.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        must(self.psql(database).args(["--quiet", "--tuples-only", "--no-align", "--command", statements]))
    }

    fn psql(&self, database: &str) -> std::process::Command {
        let mut command = command(&psql());
        command.env("PGHOST", self.folder.path()).env("PGPORT", self.port.to_string());
        command.env("PGUSER", "postgres").env("PGDATABASE", database).args(["--no-psqlrc", "--set=ON_ERROR_STOP=1"]);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

fn psql() -> PathBuf {
    program("psql")
}
