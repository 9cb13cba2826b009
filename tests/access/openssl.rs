//! Certificates made and verified by openssl.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use tempfile::TempDir;

/// A certificate with its chain, and its key, PEM.
#[derive(Clone)]
pub struct Pair {
    pub cert: Vec<u8>,
    pub key: Vec<u8>,
}

/// An issuer of certificates.
pub struct Authority {
    folder: TempDir,
    /// Its own certificate, PEM.
    pub cert: Vec<u8>,
}

/// The one in `caBundle` of the examples.
pub static EXAMPLE: LazyLock<Authority> = LazyLock::new(|| {
    let read = |name: &str| fs::read(format!("tests/access/data/{name}")).unwrap();
    Authority::with(&read("authority.cert"), &read("authority.key"))
});
/// One that every client trusts.
pub static PUBLIC: LazyLock<Authority> = LazyLock::new(|| Authority::new("Public Authority"));
/// OpenShift's service CA.
pub static SERVICE: LazyLock<Authority> = LazyLock::new(|| Authority::new("Service CA"));

impl Authority {
    pub fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ca = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.cert -days 365 \
                  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign";
        let mut words: Vec<&str> = ["req", "-x509"].into_iter().chain(ca.split_whitespace()).collect();
        let subject = format!("/CN={name}");
        words.extend(["-subj", &subject]);
        must(folder.path(), &words);
        let cert = fs::read(folder.path().join("ca.cert")).unwrap();
        Self { folder, cert }
    }

    fn with(cert: &[u8], key: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.cert"), cert).unwrap();
        fs::write(folder.path().join("ca.key"), key).unwrap();
        Self { folder, cert: cert.to_vec() }
    }

    /// A certificate and key for these hosts, with the authority's own certificate after the leaf.
    pub fn issue(&self, hosts: &[&str]) -> Pair {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = hosts.iter().map(|host| format!("DNS:{host}")).collect();
        let names = format!("subjectAltName={}", names.join(","));
        let ca = |part: &str| self.folder.path().join(part).to_str().unwrap().to_owned();
        let leaf = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.key -out leaf.cert -days 90 \
                    -subj /CN=leaf -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=serverAuth";
        let mut words: Vec<&str> = ["req", "-x509"].into_iter().chain(leaf.split_whitespace()).collect();
        let (cert, key) = (ca("ca.cert"), ca("ca.key"));
        words.extend(["-addext", &names, "-CA", &cert, "-CAkey", &key]);
        must(folder.path(), &words);
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
        Pair { cert: [read("leaf.cert"), self.cert.clone()].concat(), key: read("leaf.key") }
    }
}

/// Why a client that trusts only `authorities` rejects a chain for a host; nothing if it accepts it. The date is
/// ignored.
pub fn objection(chain: &[u8], authorities: &[u8], host: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("chain", chain), ("authorities", authorities)] {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let words = "verify -no_check_time -no-CApath -no-CAstore -purpose sslserver -CAfile authorities -untrusted chain";
    let mut words: Vec<&str> = words.split(' ').collect();
    // Of `chain` the first certificate is judged.
    words.extend(["-verify_hostname", host, "chain"]);
    let output = openssl(folder.path(), &words);
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Whether a certificate and a key belong together.
pub fn is_pair(cert: &[u8], key: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cert"), cert).unwrap();
    fs::write(folder.path().join("key"), key).unwrap();
    let public = |words: &[&str]| must(folder.path(), words);
    public(&["x509", "-in", "cert", "-noout", "-pubkey"]) == public(&["pkey", "-in", "key", "-pubout"])
}

fn must(folder: &Path, words: &[&str]) -> Vec<u8> {
    let output = openssl(folder, words);
    assert!(output.status.success(), "openssl {words:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn openssl(folder: &Path, words: &[&str]) -> Output {
    let program: PathBuf = crate::support::process::program("openssl");
    Command::new(program).args(words).current_dir(folder).output().unwrap()
}

#[test]
fn openssl_judges_names_and_authorities() {
    let (host, other) = ("registry.example.com", "other.example.com");
    let pair = EXAMPLE.issue(&[host]);
    assert_eq!(objection(&pair.cert, &EXAMPLE.cert, host), None);
    assert!(objection(&pair.cert, &EXAMPLE.cert, other).is_some_and(|why| why.contains("hostname mismatch")));
    assert!(objection(&pair.cert, &PUBLIC.cert, host).is_some());
    assert!(is_pair(&pair.cert, &pair.key) && !is_pair(&pair.cert, &PUBLIC.issue(&[host]).key));
}
