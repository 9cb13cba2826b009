//! Inputs as users write them: whole Git folders, exports, generators, placeholders.
mod folders;
mod levels;
mod mixed;
mod placeholders;

use quay_render::diagnostic::{Diagnostics, Severity};
use quay_render::input::{self, Inputs};
use quay_render::{Compiled, compile};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const REGISTRY: &str = "
apiVersion: quay.redhat.com/v1
kind: QuayRegistry
metadata: {name: registry, namespace: quay}
spec: {configBundleSecret: bundle}
";
const CONFIG: &str = "
apiVersion: quay-render.dev/v1alpha1
kind: RenderConfig
spec:
  release: '3.5'
  cluster: {platform: openshift, appsDomain: apps.example.com}
  secrets: {mode: referenced}
";
const BUNDLE: &str = "
apiVersion: v1
kind: Secret
metadata: {name: bundle, namespace: quay}
stringData:
  config.yaml: 'REGISTRY_TITLE: Example'
";

/// A folder with files; parent folders are created.
struct Input(TempDir);

impl Input {
    fn of(files: &[(&str, &str)]) -> Self {
        let input = Self(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| input.write(name, text));
        input
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn read(&self) -> Inputs {
        input::read(self.path().to_str().unwrap(), None).unwrap_or_else(|error| panic!("{}", error.source))
    }

    fn compile(&self) -> Compiled {
        compile(&self.read())
    }

    /// Compiles it; there must be no error.
    fn rendered(&self) -> (Compiled, String) {
        let compiled = self.compile();
        assert_eq!(of(&compiled.diagnostics, Severity::Error), Vec::<String>::new());
        let title = compiled.registry.as_ref().unwrap().files().iter().map(|(_, file)| text(&file.bytes)).collect();
        (compiled, title)
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Code and message of the diagnostics of one severity.
fn of(diagnostics: &Diagnostics, severity: Severity) -> Vec<String> {
    let said = diagnostics.iter().filter(|problem| problem.severity == severity);
    said.map(|problem| format!("{}: {}", problem.code.as_str(), problem.message)).collect()
}

/// The notes and warnings with one code.
fn coded(diagnostics: &Diagnostics, code: &str) -> Vec<String> {
    let said = diagnostics.iter().filter(|problem| problem.code.as_str() == code);
    said.map(|problem| problem.to_string()).collect()
}
