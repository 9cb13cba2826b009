//! The programs that the tests use. A missing one fails the test: it would otherwise prove nothing.

use serde_json::Value as Json;
use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One of the two Pythons: no version of kubernetes-validate has all the schemas.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Python {
    /// Kubernetes 1.25 and later.
    Kubernetes,
    /// Kubernetes 1.18 to 1.24.
    OldKubernetes,
}

impl Python {
    fn path(self) -> PathBuf {
        let (variable, folder, requirements) = match self {
            Self::Kubernetes => {
                ("QUAY_RENDER_TEST_KUBERNETES_PYTHON", "test-kubernetes", "requirements-kubernetes.txt")
            }
            Self::OldKubernetes => {
                ("QUAY_RENDER_TEST_KUBERNETES_1_24_PYTHON", "test-kubernetes-1.24", "requirements-kubernetes-1.24.txt")
            }
        };
        let path = env::var_os(variable).map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(folder).join("bin/python"),
            PathBuf::from,
        );
        assert!(
            path.is_file(),
            "this test needs Python with tests/{requirements} at {}: run .ci/setup, which makes it, or set {variable}",
            path.display()
        );
        path
    }

    /// The problems that validate.py finds for a request.
    pub fn ask(self, question: &str, request: &Json) -> Vec<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/validate.py");
        let mut command = Command::new(self.path());
        command.arg("-B").arg(script).arg(question);
        serde_json::from_str(&run(&mut command, &request.to_string())).expect("a JSON list")
    }
}

/// What kubectl prints.
pub fn kubectl(arguments: &[&str]) -> String {
    run(Command::new("kubectl").args(arguments), "")
}

fn run(command: &mut Command, input: &str) -> String {
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| {
        panic!("this test needs {program}, and running it failed: {error}. .ci/setup installs all but kubectl")
    });
    let mut stdin = child.stdin.take().unwrap();
    let input = input.as_bytes().to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program}: {errors}");
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap()
}
