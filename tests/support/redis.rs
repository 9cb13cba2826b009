//! A Redis server of one test.

use super::process::{command, free_port, program, until};
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

/// Its configuration is a file, so no password stands on its command line; it stops when it is dropped.
pub struct Redis {
    _folder: tempfile::TempDir,
    /// Port on 127.0.0.1.
    pub port: u16,
    server: Child,
}

impl Redis {
    /// A server that takes nobody without this password.
    pub fn with_password(password: &str) -> Self {
        let port = free_port();
        Self::start(port, &format!("port {port}\nrequirepass {password}\n"))
    }

    /// A server that takes nobody without TLS and this password, and shows this certificate; clients `yes`, `no` or
    /// `optional` show one of that CA.
    pub fn with_tls(password: &str, [authority, certificate, key]: [&Path; 3], clients: &str) -> Self {
        let port = free_port();
        let [authority, certificate, key] = [authority, certificate, key].map(|path| path.display().to_string());
        let settings = format!(
            "port 0\ntls-port {port}\nrequirepass {password}\ntls-auth-clients {clients}\ntls-ca-cert-file {authority}\n\
             tls-cert-file {certificate}\ntls-key-file {key}\n"
        );
        Self::start(port, &settings)
    }

    fn start(port: u16, settings: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("redis.conf");
        fs::write(&file, format!("bind 127.0.0.1\nsave \"\"\ndir {}\n{settings}", folder.path().display())).unwrap();
        let mut command = command(&program("redis-server"));
        let server = command.arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("the start of Redis", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Self { _folder: folder, port, server }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ended_already = self.server.kill();
        let _ended_already = self.server.wait();
    }
}
