//! The controller's part: it makes a key and a certificate, and decrypts what was sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quay_render::seal::ControllerCertificate;
use serde_json::{Value as Json, json};
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// A key pair.
pub struct Controller {
    pub key: String,
    pub pem: String,
}

/// One for all tests that accept any, with a key of the minimal length.
pub static CONTROLLER: LazyLock<Controller> = LazyLock::new(|| Controller::new(&rsa(2048)));

/// The arguments of `openssl genpkey` for an RSA key.
pub fn rsa(bits: u32) -> String {
    format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}")
}

impl Controller {
    /// A new key, and a certificate as the controller makes it: self-signed, without a name, for encryption only.
    pub fn new(algorithm: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        openssl(&folder, &format!("genpkey -out key.pem {algorithm}"), "");
        let usage = "-addext keyUsage=encipherOnly";
        let pem = openssl(&folder, &format!("req -x509 -key key.pem -days 3650 -subj / {usage}"), "");
        Self { key: std::fs::read_to_string(folder.path().join("key.pem")).unwrap(), pem }
    }

    pub fn certificate(&self) -> ControllerCertificate {
        ControllerCertificate::parse(self.pem.as_bytes()).unwrap()
    }

    /// Decrypts all of `(label, sealed)` in one process.
    pub fn open(&self, values: &[(&str, &str)]) -> Vec<Opened> {
        let values: Vec<_> = values.iter().map(|(label, sealed)| json!({"label": label, "sealed": sealed})).collect();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seal/open.py");
        let mut command = Command::new(python());
        command.arg("-B").arg(script);
        let answer = run(&mut command, &json!({"key": self.key, "values": values}).to_string());
        let answers: Vec<Json> = serde_json::from_str(&answer).expect("a JSON list");
        assert_eq!(answers.len(), values.len());
        answers.iter().map(Opened::read).collect()
    }
}

/// The result of decrypting a sealed value.
#[derive(PartialEq, Eq)]
pub enum Opened {
    /// The session key and the plain value.
    Value([u8; 32], Vec<u8>),
    /// The session key cannot be decrypted with that label or key.
    NoSession,
    /// The session key can be decrypted, but the value was changed.
    Tampered,
}

impl Opened {
    fn read(answer: &Json) -> Self {
        let bytes = |name: &str| STANDARD.decode(answer[name].as_str().unwrap()).unwrap();
        match answer["fault"].as_str() {
            None => Self::Value(bytes("session").try_into().expect("32 bytes"), bytes("value")),
            Some("session") => Self::NoSession,
            Some("value") => Self::Tampered,
            Some(other) => panic!("{other}"),
        }
    }

    /// The plain value.
    #[track_caller]
    pub fn value(&self) -> &[u8] {
        match self {
            Self::Value(_, value) => value,
            Self::NoSession => panic!("the session key does not come out"),
            Self::Tampered => panic!("the value does not come out"),
        }
    }
}

fn python() -> PathBuf {
    const VARIABLE: &str = "QUAY_RENDER_TEST_SEAL_PYTHON";
    let path = env::var_os(VARIABLE)
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-seal/bin/python"), PathBuf::from);
    assert!(
        path.is_file(),
        "this test needs Python with tests/requirements-seal.txt at {}: run .ci/setup, which makes it, or set {VARIABLE}",
        path.display()
    );
    path
}

/// The output of openssl, run in `folder` with the words of `line`.
pub fn openssl(folder: &TempDir, line: &str, input: &str) -> String {
    run(Command::new("openssl").args(line.split_whitespace()).current_dir(folder.path()), input)
}

fn run(command: &mut Command, input: &str) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child =
        child.unwrap_or_else(|error| panic!("this test needs {program}: run .ci/setup, which installs it ({error})"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_bytes().to_vec();
    // openssl may end without reading what it has no use for.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
