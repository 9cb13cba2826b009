//! From a fresh clone to a green pull request, for fifteen pairings of choices.

use super::{git, run_step, steps, succeed};
use crate::support::repository;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// What `init` is told, and the folder of the clone that the input goes to.
const PAIRINGS: [(&str, &str); 15] = [
    ("--apps-domain apps.example.org", "reg"),
    ("--certificate cert-manager --argocd", "reg"),
    ("--certificate router --secrets external", "."),
    ("--storage s3 --database own --flux", "registries/prod"),
    ("--database own --secrets sealed", "reg"),
    ("--secrets inline", "."),
    ("--access ingress --certificate cert-manager --release 3.9", "reg"),
    ("--platform kubernetes", "."),
    ("--platform kubernetes --certificate controller --database own --secrets external --flux", "reg"),
    ("--platform kubernetes --access gateway --secrets sealed --argocd", "a/b/reg"),
    ("--platform kubernetes --access service --database own --secrets inline", "reg"),
    ("--platform kubernetes --access none --hostname reg.example.org --certificate cert-manager", "reg"),
    ("--fleet prod,stage --storage s3 --secrets inline --argocd", "registries"),
    ("--fleet prod,stage-2 --platform kubernetes --database own --secrets sealed --flux", "."),
    ("--fleet prod,stage --access ingress --secrets external", "clusters/one"),
];

/// A clone of an empty repository, and the folder beside it for the steps of the workflow.
struct Clone {
    folder: tempfile::TempDir,
    input: &'static str,
}

impl Clone {
    fn new(input: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet", "--bare", "origin"]);
        git(folder.path(), &["clone", "--quiet", "origin", "clone"]);
        git(
            folder.path(),
            &["-C", "clone", "remote", "set-url", "origin", "https://git.example.org/team/registries.git"],
        );
        Self { folder, input }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    fn run(&self, arguments: &[&str]) -> String {
        succeed(&self.root(), arguments)
    }

    /// Writes what a person would write in the place of each placeholder; the secrets among it are returned.
    fn fill_in(&self) -> Vec<String> {
        let sealed = fs::read_to_string(repository().join("examples/sealed/render-config.yaml")).unwrap();
        let certificate = sealed.split_once("      certificate: ").unwrap().1.split("-----END").next().unwrap();
        let certificate = format!("{certificate}-----END CERTIFICATE-----");
        let secrets = ["hunter2access", "hunter2secret", "hunter2database"];
        let values = [
            ("FILL_IN_APPS_DOMAIN", "apps.example.org"),
            ("FILL_IN_S3_HOST", "s3.eu-central-1.amazonaws.com"),
            ("FILL_IN_ACCESS_KEY", secrets[0]),
            ("FILL_IN_SECRET_KEY", secrets[1]),
            ("FILL_IN_DATABASE_HOST", "db.example.org"),
            ("FILL_IN_DATABASE_PASSWORD", secrets[2]),
            ("FILL_IN_ISSUER", "internal-ca"),
            ("FILL_IN_GATEWAY_NAMESPACE", "gateways"),
            ("FILL_IN_GATEWAY", "public"),
            ("FILL_IN_STORE", "vault"),
            ("FILL_IN_SEALING_CERTIFICATE", certificate.as_str()),
            ("FILL_IN_SOURCE", "https://git.example.org/team/quay-render"),
            ("FILL_IN_REVISION", "0123456789abcdef0123456789abcdef01234567"),
        ];
        for (path, text) in texts(&self.root()).into_iter().filter(|(path, _)| !path.ends_with("NEXT-STEPS.md")) {
            // The registries of a fleet have hosts and buckets of their own.
            let folder = path.ancestors().nth(2).and_then(Path::file_name).map_or("reg", |name| name.to_str().unwrap());
            let text = text.replace("FILL_IN_HOST_NAME", &format!("{folder}.example.org"));
            let text = text.replace("FILL_IN_BUCKET", folder);
            let filled = values.iter().fold(text, |text, (name, value)| text.replace(name, value));
            assert!(!filled.contains("FILL_IN_"), "{}: {filled}", path.display());
            fs::write(self.root().join(path), filled).unwrap();
        }
        secrets.map(str::to_owned).to_vec()
    }

    /// Makes what the mode of secrets needs, for one registry; the random values are returned.
    fn keys(&self, mode: &str, registry: &str) -> Vec<String> {
        if !matches!(mode, "inline" | "sealed") {
            return Vec::new();
        }
        let only: &[&str] = if registry.is_empty() { &[] } else { &["--only", registry] };
        self.run(&[&["keys", self.input], only].concat());
        if mode == "sealed" {
            self.run(&[&["seal", self.input], only].concat());
        }
        let keys = fs::read_to_string(self.root().join(self.input).join(registry).join("keys.yaml")).unwrap();
        let keys: serde_json::Value = serde_yaml::from_str(&keys).unwrap();
        let values = keys["stringData"].as_object().unwrap().iter();
        let is_secret = |(name, _): &(&String, &serde_json::Value)| !name.ends_with(".cert");
        let last_line = |text: &str| text.lines().rev().nth(1).unwrap_or(text).to_owned();
        values.filter(is_secret).map(|(_, value)| last_line(value.as_str().unwrap())).collect()
    }
}

/// The files below a folder, but for those of Git, which are no text.
fn texts(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries =
        WalkDir::new(folder).into_iter().filter_entry(|entry| entry.file_name() != ".git").map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    let text = |path: &Path| (path.strip_prefix(folder).unwrap().to_owned(), fs::read_to_string(path).unwrap());
    files.map(|entry| text(entry.path())).collect()
}

/// The word behind an option.
fn option<'a>(options: &'a str, name: &str) -> Option<&'a str> {
    options.split_once(name).and_then(|(_, rest)| rest.split_whitespace().next())
}

/// The registries of the fleet, or the nameless one that there is.
fn registries(options: &str) -> Vec<&str> {
    option(options, "--fleet ").unwrap_or_default().split(',').collect()
}

/// The steps of the workflow, each run as GitHub runs it.
fn run_workflow(clone: &Clone, workflow: &Path, case: &str) {
    let root = clone.root();
    let mut secrets = Vec::new();
    for registry in registries(case) {
        let read =
            |path: &str| fs::read_to_string(root.join(clone.input).join(registry).join(path)).unwrap_or_default();
        let suffix = format!("_{}", registry.to_uppercase().replace('-', "_"));
        let suffix = if registry.is_empty() { "" } else { suffix.as_str() };
        secrets.push((format!("QUAY_RENDER_KEYS{suffix}"), read("keys.yaml")));
        secrets.push((format!("QUAY_RENDER_CONFIG{suffix}"), read("config-bundle/config.yaml")));
    }
    let server = format!("file://{}", clone.folder.path().display());
    let commit = git(&root, &["rev-parse", "HEAD"]);
    let mut variables =
        vec![("GITHUB_SERVER_URL", server.as_str()), ("GITHUB_REPOSITORY", "clone"), ("GITHUB_SHA", commit.trim())];
    variables.extend(secrets.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let steps = steps(workflow);
    assert!(steps.len() >= 5, "{case}");
    for step in steps {
        let output = run_step(&step, clone.folder.path(), &variables);
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "{case}: {}: {said}", step["name"]);
    }
}

#[test]
fn the_first_pull_request_is_green() {
    for (options, input) in PAIRINGS {
        let clone = Clone::new(input);
        let root = clone.root();
        let mut arguments = vec!["init", "reg", "--out", input];
        arguments.extend(options.split(' '));
        clone.run(&arguments);
        let refused = super::run(&root, &["validate", input]);
        let said = String::from_utf8(refused.stdout).unwrap();
        let has_placeholder = texts(&root.join(input)).iter().any(|(path, text)| {
            (path.ends_with("render-config.yaml") || path.ends_with("config.yaml")) && text.contains("FILL_IN_")
        });
        assert_eq!(said.contains("error[placeholder]"), has_placeholder, "{options}: {said}");

        let mut secrets = clone.fill_in();
        for registry in registries(options) {
            secrets.extend(clone.keys(option(options, "--secrets ").unwrap_or("referenced"), registry));
            assert!(root.join(input).join(registry).join("quayregistry.yaml").is_file(), "{options}");
        }
        let output = if input == "." { "deploy".to_owned() } else { format!("deploy/{input}") };
        clone.run(&["build", input, "--out", &output]);
        clone.run(&["validate", input, "--deny", "warnings"]);
        fs::write(root.join(input).join("ssl.key"), "hunter2key").unwrap();
        git(&root, &["add", "."]);
        let staged = git(&root, &["diff", "--cached", "--text"]);
        assert!(staged.contains("quay-render.lock") && !staged.contains("hunter2"), "{options}");
        assert_eq!(secrets.iter().find(|secret| staged.contains(secret.as_str())), None, "{options}");
        git(&root, &["commit", "--quiet", "--message", "Add reg"]);

        let name = if input == "." { "reg".to_owned() } else { input.replace('/', "-") };
        let workflow = root.join(format!(".github/workflows/quay-render-{name}.yml"));
        run_workflow(&clone, &workflow, options);
        assert_controllers(&root, input);
    }
}

/// What a controller is told leads from the root of the repository to the output.
fn assert_controllers(root: &Path, input: &str) {
    for (path, text) in texts(&root.join(input)) {
        if !path.starts_with("argocd") && !path.starts_with("flux") {
            continue;
        }
        let object: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        let found = ["/spec/path", "/spec/source/path"].iter().find_map(|place| object.pointer(place));
        if let Some(path) = found {
            assert!(root.join(path.as_str().unwrap()).join("kustomization.yaml").is_file(), "{input}: {path}");
        }
        let url = ["/spec/url", "/spec/source/repoURL"].iter().find_map(|place| object.pointer(place));
        assert!(url.is_none_or(|url| url == "https://git.example.org/team/registries.git"), "{input}: {url:?}");
    }
}
