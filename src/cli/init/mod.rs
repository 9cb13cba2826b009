//! `quay-render init`: a starting input for a new registry. Nothing that exists is ever changed.

mod ask;
mod choices;
mod facts;
mod files;
mod place;
mod values;

use super::terminal::{Volume, mention, tell, volume};
use super::told::print_json;
use super::words::Form;
use super::{Fatal, Outcome, failed, print_lines};
use crate::catalog::{Catalog, Release};
use crate::report::visible;
use crate::schemas::VERSION;
use ask::Asked;
use choices::{Access, Certificate, Choices, Controller, Database, Mode, Platform, Storage, word};
use clap::{Args, ValueEnum as _};
use facts::{Facts, Placeholder};
pub(super) use files::is_free;
use files::{Files, NEXT_STEPS, Workflow};
use place::Place;
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use values::{Registries, commit, host, registries, url};

/// Write a starting input. On a terminal init asks for each choice that no option makes.
#[derive(Args)]
pub struct Init {
    /// The name of the registry or of the fleet: lower-case letters, digits and -
    name: String,
    /// Make a fleet: the names of its registries, such as prod,stage. What they share is written once
    #[arg(long, value_name = "NAMES", value_parser = registries)]
    fleet: Option<Registries>,
    /// The kind of cluster [default: openshift]
    #[arg(long)]
    platform: Option<Platform>,
    /// The registry's namespace; in a fleet that of each is this one, - and its name
    #[arg(long, default_value = "quay")]
    namespace: String,
    /// The release, or a version of it: 3.18 or 3.18.0 [default: the newest]
    #[arg(long)]
    release: Option<String>,
    /// The registry's host name [default on OpenShift: made from name, namespace and apps domain]
    #[arg(long, value_parser = host, conflicts_with = "fleet")]
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
    /// The format of what is said of the files: text, or json, which asks nothing
    #[arg(long, default_value = "text")]
    format: Form,
}

impl Init {
    pub(super) fn run(mut self) -> Result<Outcome, Fatal> {
        let release = self.release()?;
        let choices = self.choose()?;
        let place = Place::find(self.out.take().unwrap_or_else(|| PathBuf::from(&self.name)))?;
        let mut facts = self.facts(&release, choices, &place);
        let registries: Vec<Facts> = facts.fleet.iter().map(|name| facts.of(name)).collect();
        let first = registries.first().cloned();
        let mut files = if registries.is_empty() {
            facts.members = vec![facts.member()];
            Files::of_registry(&facts, &release)?
        } else {
            facts.members = registries.iter().map(Facts::member).collect();
            for registry in &registries {
                Files::of_registry(&registry.alone(), &release)?.refuse_wrong()?;
            }
            Files::of_fleet(&facts, &registries, &release)?
        };
        if registries.is_empty() {
            files.refuse_wrong()?;
        }
        let workflow = Workflow::new(&facts, &release, &place)?;
        if let Some((there, hint)) = files.taken(&place, &facts.fleet, &workflow)? {
            tell(format_args!("error: {}: {}", there.display(), hint.0));
            tell(format_args!("  hint: {}", hint.1));
            return Ok(Outcome::Refused);
        }
        let placeholders = files.add_next_steps(first.unwrap_or(facts), &workflow, &release, &place)?;
        match files.write(&place, workflow) {
            Ok(written) => self.told(&place, &written, &placeholders),
            Err(failure) => failed(failure),
        }
    }

    /// Tells which files were written.
    fn told(&self, place: &Place, written: &[PathBuf], placeholders: &[Placeholder]) -> Result<Outcome, Fatal> {
        let (folder, count) = (place.folder.display(), written.len());
        let files = written.iter().map(|path| path.display().to_string());
        match self.format {
            Form::Json => print_json(&json!({
                "version": VERSION,
                "directory": folder.to_string(),
                "files": files.collect::<Vec<_>>(),
                "placeholders": placeholders,
            }))?,
            Form::Text if volume() == Volume::Quiet => {}
            Form::Text => {
                let mut text = String::new();
                for path in files {
                    writeln!(text, "{}", visible(&path))?;
                }
                print_lines(text)?;
            }
        }
        mention(format_args!("{folder}: {count} files written; {NEXT_STEPS} says what comes next"));
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
        let mut asked = Asked::new(!self.defaults && self.format == Form::Text);
        let question = "Is it a fleet? The names of its registries, with commas (nothing: it is one registry)";
        self.fleet = asked.text(self.fleet.take(), question, registries)?;
        let all = Platform::value_variants();
        let platform = asked.choice(self.platform, "What is the cluster?", all, Platform::Openshift)?;
        if platform == Platform::Openshift {
            let question = "What is the domain of its Routes? (nothing: fill it in later)";
            self.apps_domain = asked.text(self.apps_domain.take(), question, host)?;
        } else if self.apps_domain.is_some() {
            return Err(Fatal("--apps-domain goes with --platform openshift".to_owned()));
        }
        let usual = if platform == Platform::Openshift { Access::Route } else { Access::Ingress };
        let access = asked.choice(self.access, "How do clients reach the registry?", platform.ways(), usual)?;
        if access != Access::Route && self.fleet.is_none() {
            let question = "By which host name? (nothing: fill it in later)";
            self.hostname = asked.text(self.hostname.take(), question, host)?;
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
        let origin = || place.origin().filter(|origin| url(origin).is_ok());
        let top = if place.input == "." { String::new() } else { format!("{}/", place.input) };
        Facts {
            title: self.name.clone(),
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
            host: None,
            server,
            repository: self.repository.clone().or_else(origin).unwrap_or_else(|| "FILL_IN_REPOSITORY".to_owned()),
            source: self.source.clone().unwrap_or_else(|| "FILL_IN_SOURCE".to_owned()),
            revision: self.revision.clone().unwrap_or_else(|| "FILL_IN_REVISION".to_owned()),
            argocd_namespace: if is_openshift { "openshift-gitops" } else { "argocd" },
            domain: self.apps_domain.clone().or(generates_host.then(|| "FILL_IN_APPS_DOMAIN".to_owned())),
            is_part: place.input != ".",
            before: top.clone(),
            top,
            one: place.input.clone(),
            input: place.input.clone(),
            directory: place.output(),
            output: place.output(),
            suffix: String::new(),
            base: "quay".to_owned(),
            fleet: self.fleet.clone().map(|registries| registries.0).unwrap_or_default(),
            others: Vec::new(),
            members: Vec::new(),
            placeholders: Vec::new(),
        }
        .with_host(self.hostname.as_deref())
    }
}
