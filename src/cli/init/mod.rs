//! `quay-render init`: a starting input for a new registry. Nothing that exists is ever changed.

mod ask;
mod choices;
mod place;

use super::terminal::tell;
use super::{Fatal, Outcome, failed, print_lines};
use crate::catalog::{Broken, Catalog, Release};
use crate::check;
use crate::diagnostic::{Diagnostics, Severity, codes};
use crate::host::Host;
use crate::input::{Folder, Inputs, Source};
use crate::model::{self, fill_in, placeholder};
use crate::output::{self, Failure, File, FileSet};
use crate::report::visible;
use crate::schemas::comments;
use crate::sensitive;
use crate::template;
use ask::Asked;
use choices::{Access, Certificate, Choices, Controller, Database, Mode, Platform, Storage, word};
use clap::{Args, ValueEnum as _};
use indexmap::IndexMap;
use place::Place;
use serde::Serialize;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Write a starting input. On a terminal init asks for each choice that no option makes.
#[derive(Args)]
pub struct Init {
    /// The registry's name: lower-case letters, digits and -
    name: String,
    /// The kind of cluster [default: openshift]
    #[arg(long)]
    platform: Option<Platform>,
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
    #[arg(long, value_name = "DOMAIN", value_parser = host)]
    apps_domain: Option<String>,
    /// How clients reach the registry [default: route on OpenShift, else ingress]
    #[arg(long, value_name = "WAY")]
    access: Option<Access>,
    /// Whose certificate they meet [default: own; with --access gateway: controller]
    #[arg(long, value_name = "WHOSE")]
    certificate: Option<Certificate>,
    /// Where images are kept [default: claim on OpenShift, else s3]
    #[arg(long, value_name = "WHERE")]
    storage: Option<Storage>,
    /// Whose PostgreSQL the registry uses [default: managed]
    #[arg(long, value_name = "WHOSE")]
    database: Option<Database>,
    /// Where the values of secrets are kept [default: referenced]
    #[arg(long, value_name = "MODE")]
    secrets: Option<Mode>,
    /// Also write an Application for Argo CD
    #[arg(long)]
    argocd: bool,
    /// Render layers, and write the Flux Kustomizations that apply them
    #[arg(long, conflicts_with = "argocd")]
    flux: bool,
    /// The Git repository that Argo CD or Flux reads [default: where this one was cloned from, else a placeholder]
    #[arg(long, value_name = "URL", value_parser = url)]
    repository: Option<String>,
    /// The Git repository that the CI workflow builds quay-render from; the workflow fails until it is set
    #[arg(long, value_name = "URL", requires = "revision", value_parser = url)]
    source: Option<String>,
    /// The commit of that repository, as a full hash
    #[arg(long, value_name = "COMMIT", requires = "source", value_parser = commit)]
    revision: Option<String>,
    /// The directory to write: new, empty, or the root of a Git repository [default: ./NAME]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Ask nothing: the defaults count where no option says something
    #[arg(long)]
    defaults: bool,
}

/// Where the files are, as they are written: path and content.
type Files = Vec<(&'static str, String)>;

/// The file of the config bundle, and its folder.
const CONFIG: &str = "config-bundle/config.yaml";
const BUNDLE_FOLDER: &str = "config-bundle";

impl Init {
    pub(super) fn run(mut self) -> Result<Outcome, Fatal> {
        let release = self.release()?;
        let choices = self.choose()?;
        let place = Place::find(self.out.take().unwrap_or_else(|| PathBuf::from(&self.name)))?;
        let facts = self.facts(&release, choices, &place);
        let files = files(&facts, &release)?;
        refuse_wrong(&files)?;
        let workflow = Workflow::new(&facts, &release, &place)?;
        if let Some((there, hint)) = taken(&place, &files, &workflow)? {
            tell(format_args!("error: {}: {}", there.display(), hint.0));
            tell(format_args!("  hint: {}", hint.1));
            return Ok(Outcome::Refused);
        }
        let next = next_steps(facts, &files, &workflow, &release, &place)?;
        let written = match write(&place, files, next, workflow) {
            Ok(written) => written,
            Err(failure) => return failed(failure),
        };
        let mut text = String::new();
        for path in &written {
            writeln!(text, "{}", visible(&path.display().to_string()))?;
        }
        print_lines(text)?;
        let (folder, count) = (place.folder.display(), written.len());
        tell(format_args!("{folder}: {count} files written; {NEXT_STEPS} says what comes next"));
        Ok(Outcome::Done)
    }

    /// The release that is asked for, or the newest.
    fn release(&self) -> Result<Arc<Release>, Fatal> {
        let newest = || Catalog::embedded().names().last().map(str::to_owned);
        let name = self.release.clone().or_else(newest).unwrap_or_default();
        super::releases::find(&name)
    }

    /// Every choice: what options say, else what the person at the terminal answers, else what is usual.
    fn choose(&mut self) -> Result<Choices, Fatal> {
        let mut asked = Asked::new(!self.defaults);
        let all = Platform::value_variants();
        let platform = asked.choice(self.platform, "What is the cluster?", all, Platform::Openshift)?;
        if platform == Platform::Openshift {
            let question = "What is the domain of its Routes?";
            self.apps_domain = asked.text(self.apps_domain.take(), question, host)?;
        } else if self.apps_domain.is_some() {
            return Err(Fatal("--apps-domain goes with --platform openshift".to_owned()));
        }
        let usual = if platform == Platform::Openshift { Access::Route } else { Access::Ingress };
        let access = asked.choice(self.access, "How do clients reach the registry?", platform.ways(), usual)?;
        if access != Access::Route {
            self.hostname = asked.text(self.hostname.take(), "By which host name?", host)?;
        }
        let usual = if access == Access::Gateway { Certificate::Controller } else { Certificate::Own };
        let question = "Which certificate do they meet?";
        let certificate = asked.choice(self.certificate, question, access.certificates(), usual)?;
        let usual = if platform == Platform::Openshift { Storage::Claim } else { Storage::S3 };
        let storage = asked.choice(self.storage, "Where are images kept?", platform.storages(), usual)?;
        let all = Database::value_variants();
        let database = asked.choice(self.database, "Which PostgreSQL does it use?", all, Database::Managed)?;
        let question = "Where are the values of secrets kept?";
        let secrets = asked.choice(self.secrets, question, Mode::value_variants(), Mode::Referenced)?;
        let said = match (self.argocd, self.flux) {
            (true, _) => Some(Controller::Argocd),
            (_, true) => Some(Controller::Flux),
            _ => None,
        };
        let all = Controller::value_variants();
        let controller = asked.choice(said, "Who applies the output?", all, Controller::Kubectl)?;
        let choices = Choices { platform, access, certificate, storage, database, secrets, controller };
        choices.check()?;
        Ok(choices)
    }

    fn facts(&self, release: &Release, choices: Choices, place: &Place) -> Facts {
        let tagged = release.images.iter().filter(|(_, image)| !image.contains('@'));
        let repository = |image: &str| image.rsplit_once(':').map_or(image, |(repository, _)| repository).to_owned();
        let is_openshift = choices.platform == Platform::Openshift;
        let generates_host = choices.access == Access::Route;
        let server = self.hostname.clone().or((!generates_host).then(|| "FILL_IN_HOST_NAME".to_owned()));
        let generated = || Some(format!("{}-quay-{}.{}", self.name, self.namespace, self.apps_domain.as_ref()?));
        let origin = || place.origin().filter(|origin| url(origin).is_ok());
        Facts {
            name: self.name.clone(),
            namespace: self.namespace.clone(),
            release: self.release.clone().unwrap_or_else(|| release.name.clone()),
            components: release.components.iter().map(|component| component.name.clone()).collect(),
            tags: tagged.map(|(name, image)| (name.clone(), repository(image))).collect(),
            platform: word(choices.platform),
            access: word(choices.access),
            certificate: word(choices.certificate),
            storage: word(choices.storage),
            database: word(choices.database),
            mode: word(choices.secrets),
            controller: word(choices.controller),
            holds_secrets: choices.holds_secrets(),
            says_access: !(choices.access == Access::Route && choices.certificate == Certificate::Own),
            serves_pair: choices.serves_pair(),
            tls: match (choices.access, choices.certificate) {
                (Access::Ingress | Access::Gateway, _) | (_, Certificate::Controller) => "edge",
                _ => "passthrough",
            },
            host: self.hostname.clone().or_else(|| generates_host.then(generated).flatten()),
            server,
            repository: self.repository.clone().or_else(origin).unwrap_or_else(|| "FILL_IN_REPOSITORY".to_owned()),
            source: self.source.clone().unwrap_or_else(|| "FILL_IN_SOURCE".to_owned()),
            revision: self.revision.clone().unwrap_or_else(|| "FILL_IN_REVISION".to_owned()),
            argocd_namespace: if is_openshift { "openshift-gitops" } else { "argocd" },
            domain: self.apps_domain.clone().or(generates_host.then(|| "FILL_IN_APPS_DOMAIN".to_owned())),
            folder: place.folder.display().to_string(),
            is_part: place.input != ".",
            before: if place.input == "." { String::new() } else { format!("{}/", place.input) },
            input: place.input.clone(),
            output: place.output(),
            placeholders: Vec::new(),
        }
    }
}

/// Every file of the input's folder but the next steps, rendered.
fn files(facts: &Facts, release: &Release) -> Result<Files, Broken> {
    let text = |path: &str| template::text(release, &format!("init/{path}"), facts);
    let mut files = vec![
        ("quayregistry.yaml", text("quayregistry.yaml")?),
        ("render-config.yaml", comments(&text("render-config.yaml")?)),
        (CONFIG, text("config.yaml")?),
        (".gitignore", text("gitignore")?),
    ];
    for (_, path) in CONTROLLED.iter().filter(|(controller, _)| *controller == facts.controller) {
        files.push((*path, text(path)?));
    }
    Ok(files)
}

/// The workflow, at the root of the repository: GitHub reads it nowhere else.
struct Workflow {
    /// Its path from the root.
    path: String,
    /// The same, as the user would write it.
    shown: PathBuf,
    text: String,
}

impl Workflow {
    fn new(facts: &Facts, release: &Release, place: &Place) -> Result<Self, Broken> {
        let name = if facts.is_part { place.input.replace('/', "-") } else { facts.name.clone() };
        let path = format!(".github/workflows/quay-render-{name}.yml");
        let is_here = place.folder == Path::new(&place.input);
        let shown = match &place.root {
            Some(root) if !place.is_root() && !is_here => root.join(&path),
            Some(_) if !place.is_root() => PathBuf::from(&path),
            _ => place.folder.join(&path),
        };
        let text = template::text(release, "init/workflow.yaml", facts)?;
        Ok(Self { path, shown, text })
    }
}

/// The next steps: they name the placeholders that are in the other files.
fn next_steps(
    facts: Facts,
    files: &Files,
    workflow: &Workflow,
    release: &Release,
    place: &Place,
) -> Result<String, Broken> {
    let own = files.iter().map(|(path, text)| (place.file(path), text.as_str()));
    let all: Vec<_> = own.chain([(workflow.path.clone(), workflow.text.as_str())]).collect();
    let found = |(name, hint): &(&'static str, &'static str)| {
        let mut rest = all.iter().filter(|(_, text)| fill_in::holds(text, name)).map(|(path, _)| path.clone());
        Some(Placeholder { name, hint, file: rest.next()? })
    };
    let placeholders = fill_in::ALL.iter().filter_map(found).collect();
    template::text(release, "init/NEXT-STEPS.md", &Facts { placeholders, ..facts })
}

/// A placeholder, and the file that it is in.
#[derive(Serialize)]
struct Placeholder {
    name: &'static str,
    hint: &'static str,
    file: String,
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
    platform: String,
    access: String,
    certificate: String,
    storage: String,
    database: String,
    /// How secrets come into the cluster, a file of `secrets/` and of `steps/`.
    mode: String,
    /// What applies the output, a file of `apply/`.
    controller: String,
    /// Whether config.yaml has secrets: those of services that are not rendered.
    holds_secrets: bool,
    /// Whether `spec.access` is written.
    says_access: bool,
    /// Whether Quay itself serves the pair of the config bundle.
    serves_pair: bool,
    /// Where TLS ends.
    tls: &'static str,
    /// The domain of Routes, where host names are made of it.
    domain: Option<String>,
    /// SERVER_HOSTNAME, where it must stand in the bundle.
    server: Option<String>,
    /// The host name that the registry will have, if it is known.
    host: Option<String>,
    /// The repository of the input.
    repository: String,
    /// Where the workflow gets quay-render from.
    source: String,
    /// The commit of it.
    revision: String,
    argocd_namespace: &'static str,
    /// The input's folder as the user named it.
    folder: String,
    /// Whether it is a part of a repository, and not the whole.
    is_part: bool,
    /// The input as commands at the root of the repository name it, and what stands before a file of it.
    input: String,
    before: String,
    /// The output, for commands at the root of the repository.
    output: String,
    placeholders: Vec<Placeholder>,
}

const NEXT_STEPS: &str = "NEXT-STEPS.md";

/// What controllers are told, by where it is below `components/init` and in the input.
const CONTROLLED: &[(&str, &str)] =
    &[("argocd", "argocd/application.yaml"), ("flux", "flux/source.yaml"), ("flux", "flux/registry.yaml")];

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
    placeholder::drop_consequences(&mut diagnostics);
    let is_wrong = |severity, code| severity == Severity::Error && code != codes::PLACEHOLDER;
    let mut errors = diagnostics.iter().filter(|found| is_wrong(found.severity, found.code));
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

/// What is in the way, and what is said of it with a hint; nothing where all files can be written.
fn taken(place: &Place, files: &Files, workflow: &Workflow) -> Result<Option<(PathBuf, Said)>, Fatal> {
    let is_there = |path: &PathBuf| path.symlink_metadata().is_ok();
    let own = files.iter().map(|(path, _)| *path).chain([NEXT_STEPS]).map(|path| place.folder.join(path));
    let in_folder: Said = ("is there; nothing was written", "leave out --out, for a folder of its own");
    let in_way = own.filter(|_| place.is_root()).find(is_there).map(|path| (path, in_folder));
    if !place.is_root() && !is_free(&place.folder)? {
        let said = ("is there and not an empty directory; nothing was written", "choose another with --out DIR");
        return Ok(Some((place.folder.clone(), said)));
    }
    let there = place.root.as_ref().map(|root| root.join(&workflow.path)).filter(is_there);
    let said = ("is there; nothing was written", "move it away, or choose another name");
    Ok(in_way.or_else(|| there.map(|_| (workflow.shown.clone(), said))))
}

/// A message and its hint.
type Said = (&'static str, &'static str);

/// Writes all files or none; returns their paths as the user would write them.
fn write(place: &Place, files: Files, next: String, workflow: Workflow) -> Result<Vec<PathBuf>, Failure> {
    let mut set = FileSet::default();
    let mut written = Vec::new();
    let mut put = |path: String, text: String| set.insert(path, File { bytes: text.into_bytes(), secret: false });
    for (path, text) in files.into_iter().chain([(NEXT_STEPS, next)]) {
        put(place.file(path), text);
        written.push(place.folder.join(path));
    }
    put(workflow.path, workflow.text);
    written.push(workflow.shown);
    match &place.root {
        Some(root) => output::add_files(root, &set)?,
        // `.`, which is there.
        None if place.folder.file_name().is_none() => output::add_files(&place.folder, &set)?,
        None => output::create_directory(&place.folder, &set)?,
    }
    Ok(written)
}
