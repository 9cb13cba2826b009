//! A CA, and the certificates that it issues.

use crate::support::process::{command, must, program};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A CA in a folder of its own.
pub struct Authority(TempDir);

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let it = Self(tempfile::tempdir().unwrap());
        it.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=authority");
        it
    }

    /// Issues `<name>.crt`, with its key in `<name>.key`.
    pub fn issue(&self, name: &str, subject: &str) -> &Self {
        self.openssl(&format!(
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {name}.key -out {name}.csr -subj /CN={subject}"
        ));
        fs::write(self.path("names"), format!("subjectAltName=DNS:{subject}")).unwrap();
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -extfile names -out {name}.crt"
        ));
        self
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    pub fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap()
    }

    fn openssl(&self, line: &str) {
        must(command(&program("openssl")).args(line.split(' ')).current_dir(self.0.path()));
    }
}
