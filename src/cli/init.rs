//! `quay-render init`: a starting input for a new registry. Nothing that exists is ever changed.

use super::terminal::tell;
use super::{Fatal, Outcome, failed, print_lines};
use crate::catalog::{Broken, Catalog, Release};
use crate::check;
use crate::diagnostic::{Diagnostics, Severity};
use crate::host::Host;
use crate::input::{Folder, Inputs, Source};
use crate::model;
use crate::output::{self, Failure, File, FileSet};
use crate::report::visible;
use crate::schemas::comments;
use crate::sensitive;
use crate::template;
use clap::{Args, ValueEnum};
use indexmap::IndexMap;
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Write a starting input.
#[derive(Args)]
pub struct Init {
    /// The registry's name: lower-case letters, digits and -
    name: String,
    /// The kind of cluster
    #[arg(long, default_value = "openshift")]
    platform: Platform,
    /// The registry's namespace
    #[arg(long, default_value = "quay")]
    namespace: String,
    /// The release, or a version of it: 3.18 or 3.18.0 [default: the newest]
    #[arg(long)]
    release: Option<String>,
    /// The registry's host name [default on OpenShift: made from name, namespace and apps domain]
    #[arg(long, value_parser = host)]
    hostname: Option<String>,
    /// The domain of an OpenShift cluster's Routes [default: a placeholder]
    #[arg(long, value_name = "DOMAIN")]
    apps_domain: Option<String>,
    /// Where the values of secrets are kept
    #[arg(long, value_name = "MODE", default_value = "referenced")]
    secrets: Mode,
    /// Also write an Application for Argo CD
    #[arg(long)]
    argocd: bool,
    /// Render layers, and write the Flux Kustomizations that apply them
    #[arg(long, conflicts_with = "argocd")]
    flux: bool,
    /// The Git repository that Argo CD or Flux reads
    #[arg(long, value_name = "URL", default_value = "https://git.example.com/registries.git", value_parser = url)]
    repository: String,
    /// The Git repository that the CI workflow builds quay-render from; the workflow fails until it is set
    #[arg(long, value_name = "URL", requires = "revision", value_parser = url)]
    source: Option<String>,
    /// The commit of that repository, as a full hash
    #[arg(long, value_name = "COMMIT", requires = "source", value_parser = commit)]
    revision: Option<String>,
    /// The directory to write, new or empty [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Platform {
    /// OpenShift, with Routes, bucket claims and monitoring
    Openshift,
    /// Any other Kubernetes: you provide object storage and access from outside
    Kubernetes,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// In Secrets of the output
    Inline,
    /// In Secrets that you create in the cluster
    Referenced,
    /// In a store that External Secrets Operator reads
    External,
    /// In SealedSecrets that only the cluster can decrypt
    Sealed,
}

/// Where the files are, as they are written: path and content.
type Files = Vec<(&'static str, String)>;

/// The file of the config bundle, and its folder.
const CONFIG: &str = "config-bundle/config.yaml";
const BUNDLE_FOLDER: &str = "config-bundle";

impl Init {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.platform == Platform::Kubernetes && self.apps_domain.is_some() {
            return Err(Fatal("--apps-domain goes with --platform openshift".to_owned()));
        }
        let files = self.files(&self.release()?)?;
        refuse_wrong(&files)?;
        let out = self.out.unwrap_or_else(|| PathBuf::from(&self.name));
        if !is_free(&out)? {
            tell(format_args!("error: {}: is there and not an empty directory; nothing was written", out.display()));
            tell(format_args!("  hint: choose another with --out DIR"));
            return Ok(Outcome::Refused);
        }
        if let Err(failure) = write(&out, &files) {
            return failed(failure);
        }
        let mut text = String::new();
        for (path, _) in &files {
            writeln!(text, "{}", visible(&out.join(path).display().to_string()))?;
        }
        print_lines(text)?;
        tell(format_args!("{}: {} files written; {NEXT_STEPS} says what comes next", out.display(), files.len()));
        Ok(Outcome::Done)
    }

    /// The release that is asked for, or the newest.
    fn release(&self) -> Result<Arc<Release>, Fatal> {
        let newest = || Catalog::embedded().names().last().map(str::to_owned);
        let name = self.release.clone().or_else(newest).unwrap_or_default();
        super::releases::find(&name)
    }

    /// Every file, rendered.
    fn files(&self, release: &Arc<Release>) -> Result<Files, Broken> {
        let facts = self.facts(release);
        let text = |path: &str| template::text(release, &format!("init/{path}"), &facts);
        let of_platform = |file: &str| text(&format!("{}/{file}", facts.platform));
        let mut files = vec![
            ("quayregistry.yaml", of_platform("quayregistry.yaml")?),
            ("render-config.yaml", comments(&text("render-config.yaml")?)),
            (CONFIG, of_platform("config.yaml")?),
            (".gitignore", text("gitignore")?),
            (".github/workflows/quay-render.yml", text("workflow.yaml")?),
            (NEXT_STEPS, text("NEXT-STEPS.md")?),
        ];
        for (_, path) in CONTROLLED.iter().filter(|(controller, _)| *controller == facts.controller) {
            files.push((*path, text(path)?));
        }
        Ok(files)
    }

    /// SERVER_HOSTNAME, where it must stand in the bundle.
    fn server(&self) -> Option<&str> {
        let placeholder = (self.platform == Platform::Kubernetes).then_some("registry.example.com");
        self.hostname.as_deref().or(placeholder)
    }

    fn facts(&self, release: &Release) -> Facts {
        let tagged = release.images.iter().filter(|(_, image)| !image.contains('@'));
        let repository = |image: &str| image.rsplit_once(':').map_or(image, |(repository, _)| repository).to_owned();
        let domain = self.apps_domain.as_deref().unwrap_or("apps.example.com").to_owned();
        let server = self.server().map(str::to_owned);
        let generated = || format!("{}-quay-{}.{domain}", self.name, self.namespace);
        let controller = if self.argocd { "argocd" } else { "flux" };
        Facts {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            release: self.release.clone().unwrap_or_else(|| release.name.clone()),
            components: release.components.iter().map(|component| component.name.clone()).collect(),
            tags: tagged.map(|(name, image)| (name.clone(), repository(image))).collect(),
            platform: word(self.platform),
            mode: word(self.secrets),
            controller: if self.argocd || self.flux { controller } else { "kubectl" },
            flux: self.flux,
            host: server.clone().unwrap_or_else(generated),
            server,
            repository: self.repository.clone(),
            source: self.source.clone().unwrap_or_else(|| "https://git.example.com/OWNER/quay-render".to_owned()),
            revision: self.revision.clone().unwrap_or_else(|| "REVISION".to_owned()),
            argocd_namespace: if self.platform == Platform::Openshift { "openshift-gitops" } else { "argocd" },
            domain,
        }
    }
}

/// What the files of `components/init` are told.
#[derive(Serialize)]
struct Facts {
    name: String,
    namespace: String,
    /// The release, or a version of it.
    release: String,
    /// The components of it.
    components: Vec<String>,
    /// The repositories of the images that it names by a tag, by the images' names.
    tags: IndexMap<String, String>,
    /// `openshift` or `kubernetes`, a folder of them.
    platform: String,
    /// How secrets come into the cluster, a file of `secrets/` and of `steps/`.
    mode: String,
    /// What applies the output, a file of `apply/`.
    controller: &'static str,
    /// Whether the output is in layers.
    flux: bool,
    /// The default domain of Routes.
    domain: String,
    /// SERVER_HOSTNAME, where it must stand in the bundle.
    server: Option<String>,
    /// The host name that the registry will have.
    host: String,
    /// The repository of the input.
    repository: String,
    /// Where the workflow gets quay-render from.
    source: String,
    /// The commit of it.
    revision: String,
    argocd_namespace: &'static str,
}

const NEXT_STEPS: &str = "NEXT-STEPS.md";

/// What controllers are told, by where it is below `components/init` and in the input.
const CONTROLLED: &[(&str, &str)] =
    &[("argocd", "argocd/application.yaml"), ("flux", "flux/source.yaml"), ("flux", "flux/registry.yaml")];

/// A choice as it is written.
fn word(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// A host as Quay's validator takes it.
fn host(text: &str) -> Result<String, &'static str> {
    Host::read(text).validator_objection().map_or_else(|| Ok(text.to_owned()), Err)
}

/// An address of a repository, as far as it fits a line.
fn url(text: &str) -> Result<String, &'static str> {
    // `git@host:path` and `ssh://git@host/path`: a user by that name is nobody's secret.
    let rest = text.strip_prefix("ssh://git@").or(text.strip_prefix("git@")).unwrap_or(text);
    if text.is_empty() || !text.chars().all(|c: char| c.is_ascii_graphic() && !"'\"`\\<>$;&|".contains(c)) {
        Err("no URL")
    } else if !sensitive::is_harmless(rest, false) {
        Err(
            "a user, password, parameter or fragment of a URL may be a secret, and the workflow is committed; give Git its \
             credentials where the workflow runs",
        )
    } else {
        Ok(text.to_owned())
    }
}

/// A commit: whatever is shorter, or is a name, may come to mean another one.
fn commit(text: &str) -> Result<String, &'static str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if matches!(text.len(), 40 | 64) && text.bytes().all(is_digit) {
        Ok(text.to_owned())
    } else {
        Err("no commit in 40 or 64 hexadecimal digits, as git rev-parse prints it")
    }
}

/// Refuses names that a build would refuse, by the rules of the build, before anything is written.
fn refuse_wrong(files: &Files) -> Result<(), Fatal> {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), bytes: text.as_bytes().to_vec() };
    let mut inputs = Inputs::default();
    for (path, text) in files {
        if *path == CONFIG {
            let files = vec![("config.yaml".to_owned(), source(path, text))];
            inputs.bundle = Some(Folder { name: BUNDLE_FOLDER.to_owned(), files });
        } else if matches!(*path, "quayregistry.yaml" | "render-config.yaml") {
            inputs.sources.push(source(path, text));
        }
    }
    let mut diagnostics = Diagnostics::new();
    if let Some(model) = model::read(&inputs, &mut diagnostics) {
        let _ = check::host_names(&model, &mut diagnostics);
    }
    let mut errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    let Some(error) = errors.next() else { return Ok(()) };
    // The place is in a file that nobody will see.
    let field = error.field.as_ref().map(|field| format!("{field}: ")).unwrap_or_default();
    let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    Err(Fatal(format!("{field}{}{hint}", error.message)))
}

/// Whether a directory can be made there: nothing is there, or an empty directory.
pub(super) fn is_free(out: &Path) -> Result<bool, Fatal> {
    match fs::symlink_metadata(out) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(unreadable(out, &error)),
        Ok(found) if found.is_dir() => Ok(fs::read_dir(out).map_err(|error| unreadable(out, &error))?.next().is_none()),
        Ok(_) => Ok(false),
    }
}

fn unreadable(path: &Path, error: &io::Error) -> Fatal {
    Fatal(format!("{}: {error}", path.display()))
}

/// Writes the directory: all or nothing.
fn write(out: &Path, files: &Files) -> Result<(), Failure> {
    let mut set = FileSet::default();
    for (path, text) in files {
        set.insert(*path, File { bytes: text.clone().into_bytes(), secret: false });
    }
    output::create_directory(out, &set)
}
