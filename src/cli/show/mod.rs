//! `quay-render show`: what would be rendered, as text or as JSON. Secrets are masked.

mod components;
mod registries;
mod settings;
mod status;

use super::clair_config::ClairConfig;
use super::fleet::One;
use super::images::{self, Form, Resolved};
use super::terminal::tell;
use super::{
    Fatal, Outcome, access, backups, delete, live, only_errors, print, print_lines, report, resources, rights, secrets,
    words,
};
use crate::check::backup::Database;
use crate::diagnostic::Diagnostics;
use crate::input::Inputs;
use crate::object::Value;
use crate::report::visible;
use crate::{Compiled, Rendered, compile, model, yaml};
use clap::{Args, ValueEnum};
use settings::SettingRow;

/// Show what would be rendered.
#[derive(Args)]
pub struct Show {
    /// What to show
    what: What,
    /// A directory, a file, or - for standard input
    input: String,
    /// The format
    #[arg(long, default_value = "text")]
    format: words::Form,
    /// Also read image overrides from the operator's variables RELATED_IMAGE_COMPONENT_*
    #[arg(long)]
    env_images: bool,
    #[command(flatten)]
    one: One,
    /// With secrets: print the commands that create them in the cluster
    #[arg(long)]
    make: bool,
    /// With access: print the CA that clients must trust, as PEM
    #[arg(long)]
    ca: bool,
    /// With resources: check against the ResourceQuotas and LimitRanges in this file; exit code 1 if they refuse anything
    #[arg(long, value_name = "FILE")]
    against: Option<String>,
    /// With status or upgrade: read exported objects; exit code 1 if anything differs, is not ready, or is left to do
    #[arg(long, value_name = "FILE", num_args = 1..)]
    live: Vec<String>,
    /// With images: the form, for a tool that copies them or a cluster that finds their copies
    #[arg(long, default_value = "list")]
    form: Form,
    /// With images: take the digests of images that are named by a tag from this file, as the form resolve finds them
    #[arg(long, value_name = "FILE")]
    resolved: Option<String>,
    /// With clair-config: print the secrets too, where they are in the input
    #[arg(long)]
    reveal: bool,
    /// With restore: whose database
    #[arg(long, default_value = "quay")]
    database: DatabaseOf,
    /// With restore: the name of a backup, in place of the newest; list names them all
    #[arg(long, value_name = "NAME", value_parser = backup_name)]
    backup: Option<String>,
    /// With restore: print the Job, for kubectl create
    #[arg(long)]
    manifest: bool,
    /// With rights: also bind them to this service account
    #[arg(long, value_name = "NAMESPACE:NAME", value_parser = account)]
    serviceaccount: Option<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// What the operator would report in the QuayRegistry's status
    Status,
    /// Where an upgrade stands, by exported objects: what comes next, and which way leads back
    Upgrade,
    /// Every registry of a fleet in a line: its name, release, host, way in and mode of secrets
    Registries,
    /// Every component, whether it is managed, and why
    Components,
    /// The merged config.yaml, each field with its source
    Config,
    /// The RenderConfig merged with those of the folders above it, each field with the file and line that sets it
    RenderConfig,
    /// Every setting of every component, with its source
    Settings,
    /// The sum of what pods and claims request, and the nodes needed for it
    Resources,
    /// Every image, and what uses it
    Images,
    /// Clair's configuration as its pods have it, secrets masked
    ClairConfig,
    /// How to delete the registry: the order, what holds data, what is left; nothing is deleted
    Delete,
    /// The Secrets that the pods read: what reads them, how they are made, how to change them
    Secrets,
    /// The path of a request, the certificates along it, and the CA that clients must trust
    Access,
    /// The permissions that applying the output needs, as Roles
    Rights,
    /// What is backed up, when and where to, and what is not
    Backup,
    /// The steps by which a backup is restored
    Restore,
}

/// Whose database.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DatabaseOf {
    Quay,
    Clair,
}

/// The name of a backup, or a word in its place.
fn backup_name(text: &str) -> Result<String, &'static str> {
    let is_right = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_name = (1..=32).contains(&text.len()) && text.chars().all(is_right);
    is_name.then(|| text.to_owned()).ok_or("not the name of a backup, such as 20261130T023000Z-3f9a1c")
}

/// A service account: namespace and name.
fn account(text: &str) -> Result<(String, String), &'static str> {
    let is_right = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    let is_name = |name: &str| !name.is_empty() && name.chars().all(is_right);
    match text.split_once(':') {
        Some((namespace, name)) if is_name(namespace) && is_name(name) => Ok((namespace.to_owned(), name.to_owned())),
        _ => Err("not a namespace, `:` and a name"),
    }
}

impl Show {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        self.check()?;
        if self.what == What::Registries {
            let rows = registries::rows(&self.input, &self.one, self.env_images)?;
            return rows.map_or(Ok(Outcome::Refused), |rows| self.print(&rows, registries::text));
        }
        let inputs = self.one.read(&self.input, self.env_images)?;
        if self.what == What::RenderConfig {
            return self.render_config(&inputs);
        }
        let Compiled { registry, diagnostics, .. } = compile(&inputs);
        report(&diagnostics, Some(&inputs));
        // There may be tens of thousands of diagnostics.
        drop(diagnostics);
        let Some(rendered) = registry else { return Ok(Outcome::Refused) };
        if rendered.resolved.operator.is_some() {
            self.refuse_of_operator(&rendered)?;
        }
        match self.what {
            What::Status if !self.live.is_empty() => self.live_status(&rendered),
            What::Upgrade => self.upgrade(&rendered),
            What::Status => self.print(&status::status(&rendered), |rows| Ok(yaml::emit(rows))),
            What::Components => self.print(&components::rows(&rendered), components::text),
            What::Config => self.print_settings(settings::config(&rendered)),
            What::Images => {
                let resolved = self.resolved.as_deref().map(Resolved::read).transpose()?.unwrap_or_default();
                images::show(&rendered, self.form, &resolved, self.format == words::Form::Json)
            }
            What::ClairConfig => {
                let config = ClairConfig::of(&rendered, self.reveal)?;
                self.print(&config.value, |_| Ok(config.text()))
            }
            What::Delete => {
                let steps = delete::steps(&rendered);
                self.print(&delete::rows(&steps), |_| Ok(delete::text(&rendered, &steps)))
            }
            What::Resources => self.resources(&rendered),
            What::Settings => self.print_settings(settings::settings(&rendered)),
            // Handled before compiling.
            What::RenderConfig | What::Registries => Ok(Outcome::Done),
            What::Secrets if self.make => {
                print(secrets::commands(&rendered))?;
                Ok(Outcome::Done)
            }
            What::Secrets => self.print(&secrets::rows(&rendered), |_| Ok(secrets::text(&rendered))),
            What::Backup => match backups::rows(&rendered) {
                Some(rows) => self.print(&rows, |rows| Ok(yaml::emit(rows))),
                None => Ok(nothing(backups::NONE)),
            },
            What::Restore => self.restore(&rendered),
            What::Access if self.ca => print_ca(&rendered),
            What::Access => self.print(&access::rows(&rendered), |_| Ok(access::text(&rendered))),
            What::Rights => {
                let account = self.serviceaccount.as_ref().map(|(namespace, name)| (namespace.as_str(), name.as_str()));
                let objects = Value::Seq(rights::objects(&rendered, account));
                self.print(&objects, |rows| Ok(rights::text(rows.as_seq().unwrap_or_default())))
            }
        }
    }

    /// Refuses what is known of rendered pods alone, where an operator makes them.
    fn refuse_of_operator(&self, rendered: &Rendered) -> Result<(), Fatal> {
        let (namespace, name) = (visible(&rendered.resolved.namespace), visible(&rendered.resolved.name));
        match self.what {
            What::Resources => Err(Fatal(
                "show resources counts rendered pods, and the operator makes those of this registry".to_owned(),
            )),
            What::Status if self.live.is_empty() => Ok(()),
            What::Status | What::Upgrade => Err(Fatal(format!(
                "the operator reports that itself: kubectl --namespace {namespace} get quayregistry {name} -o yaml, in its status"
            ))),
            _ => Ok(()),
        }
    }

    /// Refuses options that say nothing of what is shown.
    fn check(&self) -> Result<(), Fatal> {
        let of_restore = self.backup.is_some() || self.manifest || self.database == DatabaseOf::Clair;
        let options: [(bool, &[What], &str); 8] = [
            (self.make, &[What::Secrets], "--make goes with `show secrets`"),
            (self.ca, &[What::Access], "--ca goes with `show access`"),
            (self.serviceaccount.is_some(), &[What::Rights], "--serviceaccount goes with `show rights`"),
            (
                !self.live.is_empty(),
                &[What::Status, What::Upgrade],
                "--live goes with `show status` and `show upgrade`",
            ),
            (self.against.is_some(), &[What::Resources], "--against goes with `show resources`"),
            (
                self.form != Form::List || self.resolved.is_some(),
                &[What::Images],
                "--form and --resolved go with `show images`",
            ),
            (self.reveal, &[What::ClairConfig], "--reveal goes with `show clair-config`"),
            (of_restore, &[What::Restore], "--database, --backup and --manifest go with `show restore`"),
        ];
        let is_lost = |(is_given, with, _): &&(bool, &[What], &str)| *is_given && !with.contains(&self.what);
        match options.iter().find(is_lost) {
            Some((.., message)) => Err(Fatal((*message).to_owned())),
            None => Ok(()),
        }
    }

    fn print(&self, rows: &Value, text: impl FnOnce(&Value) -> Result<String, Fatal>) -> Result<Outcome, Fatal> {
        match self.format {
            words::Form::Json => print(serde_json::to_string_pretty(rows)? + "\n")?,
            // YAML output may hold line breaks only where it quotes them; comments in it were made safe.
            words::Form::Text => print_lines(text(rows)?)?,
        }
        Ok(Outcome::Done)
    }

    /// The state of the exported objects: different if anything differs, or is not ready.
    fn live_status(&self, rendered: &Rendered) -> Result<Outcome, Fatal> {
        let Value::Map(rows) = status::status(rendered) else { return Ok(Outcome::NotCompared) };
        let Some((rows, is_well)) = live::status(&self.live, rendered, rows, status::paused(rendered))? else {
            return Ok(Outcome::NotCompared);
        };
        self.print(&rows, |rows| Ok(yaml::emit(rows)))?;
        Ok(if is_well { Outcome::Done } else { Outcome::Differs })
    }

    /// Where an upgrade stands by the exported objects: different if anything is left to do.
    fn upgrade(&self, rendered: &Rendered) -> Result<Outcome, Fatal> {
        if self.live.is_empty() {
            let namespace = visible(&rendered.resolved.namespace);
            return Err(Fatal(format!(
                "show upgrade reads exported objects: {} -n {namespace} -o yaml > live.yaml, and \
                 --live live.yaml",
                live::PODS
            )));
        }
        let Some((rows, is_done)) = live::upgrade(&self.live, rendered, &visible(&self.input))? else {
            return Ok(Outcome::NotCompared);
        };
        self.print(&rows, |rows| Ok(yaml::emit(rows)))?;
        Ok(if is_done { Outcome::Done } else { Outcome::Differs })
    }

    /// The steps of a restore, or its Job.
    fn restore(&self, rendered: &Rendered) -> Result<Outcome, Fatal> {
        let database = match self.database {
            DatabaseOf::Quay => Database::Quay,
            DatabaseOf::Clair => Database::Clair,
        };
        let name = self.backup.as_deref();
        if let Some(reason) = backups::refused(rendered, database, name) {
            return Ok(nothing(reason));
        }
        if self.manifest {
            let job = backups::manifest(rendered, database, name);
            print(job.ok_or_else(|| Fatal("no Job restores this database".to_owned()))?)?;
            return Ok(Outcome::Done);
        }
        let steps = backups::steps(rendered, &visible(&self.input), database, name);
        let steps = steps.ok_or_else(|| Fatal("no Job restores this database".to_owned()))?;
        self.print(&steps, |steps| Ok(backups::steps_text(steps)))
    }

    /// The needs compared with the bounds: refused if these refuse anything.
    fn resources(&self, rendered: &Rendered) -> Result<Outcome, Fatal> {
        let mut diagnostics = Diagnostics::new();
        let bounds = match &self.against {
            Some(path) => resources::bounds(path, &mut diagnostics)?,
            None => None,
        };
        if diagnostics.has_errors() {
            report(&only_errors(&diagnostics), None);
            return Ok(Outcome::Refused);
        }
        let found = resources::resources(rendered, bounds.as_ref());
        self.print(&found.rows(), |_| found.text())?;
        Ok(if found.is_refused() { Outcome::Refused } else { Outcome::Done })
    }

    /// Prints the RenderConfig as written, even if it has problems.
    fn render_config(&self, inputs: &Inputs) -> Result<Outcome, Fatal> {
        let mut diagnostics = inputs.problems.clone();
        let Some(settings) = model::settings(inputs, &mut diagnostics) else {
            diagnostics.sort();
            report(&only_errors(&diagnostics), Some(inputs));
            return Ok(Outcome::Refused);
        };
        self.print_settings(settings::render_config(settings))
    }

    /// Prints rows one at a time: a configuration may have tens of thousands of fields.
    fn print_settings(&self, rows: impl Iterator<Item = SettingRow>) -> Result<Outcome, Fatal> {
        match self.format {
            words::Form::Json => print(serde_json::to_string_pretty(&rows.collect::<Vec<_>>())? + "\n")?,
            words::Form::Text => {
                let mut out = String::new();
                for row in rows {
                    row.write(&mut out)?;
                }
                print_lines(out)?;
            }
        }
        Ok(Outcome::Done)
    }
}

/// Says why there is nothing to show.
fn nothing(reason: &str) -> Outcome {
    tell(format_args!("{reason}"));
    Outcome::Refused
}

/// Prints the CA on standard output, so that it can be piped, or the reason why there is none on standard error.
fn print_ca(rendered: &Rendered) -> Result<Outcome, Fatal> {
    match access::ca(rendered) {
        Ok(ca) => {
            print(ca)?;
            Ok(Outcome::Done)
        }
        Err(reason) => {
            tell(format_args!("{reason}"));
            Ok(Outcome::Refused)
        }
    }
}
