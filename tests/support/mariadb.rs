//! A MariaDB server for one test.

use super::process::{command, free_port, must, program, server_command, until};
use std::process::{Child, Command, Stdio};

/// A server in a temporary folder; it stops when it is dropped.
pub struct MariaDb {
    folder: tempfile::TempDir,
    /// Port on 127.0.0.1.
    pub port: u16,
    server: Child,
}

impl MariaDb {
    /// A server that accepts connections.
    pub fn running() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let data = format!("--datadir={}/data", folder.path().display());
        must(server_command(&program("mariadb-install-db"), folder.path()).args([
            "--no-defaults",
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
            &data,
        ]));
        let server = server_command(&program("mariadbd"), folder.path())
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve", &data])
            .arg(format!("--port={port}"))
            .arg(format!("--socket={}/socket", folder.path().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mariadb = Self { folder, port, server };
        until("the start of MariaDB", || mariadb.client("SELECT 1").output().unwrap().status.success());
        mariadb
    }

    /// Runs statements as root.
    pub fn sql(&self, statements: &str) {
        must(&mut self.client(statements));
    }

    fn client(&self, statements: &str) -> Command {
        let mut command = command(&program("mariadb"));
        command.args(["--no-defaults", "--user=root", "--execute", statements]);
        command.arg(format!("--socket={}/socket", self.folder.path().display()));
        command
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        let _ended_already = self.server.kill();
        let _ended_already = self.server.wait();
    }
}
