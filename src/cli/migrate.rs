//! `quay-render migrate`: the input of a QuayRegistry out of a QuayEcosystem and its Secrets, and what is left to do.

use super::keys;
use super::terminal::{mention, tell};
use super::{Fatal, Outcome, adopt, count, failed, only_errors, print_lines, report};
use crate::compile;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::export::Export;
use crate::migrate::{self, Options, RELEASE};
use crate::model::ecosystem::{self, Ecosystem};
use crate::output;
use clap::Args;
use std::path::{Path, PathBuf};

/// Migrate a QuayEcosystem: write the input of its QuayRegistry, and print what is left to do by hand.
///
/// The files are what `kubectl get -o yaml` printed, lists and directories of them included: the QuayEcosystem, the Secret
/// quay-enterprise-config-secret, and the Secrets that the QuayEcosystem names. No cluster is asked, and nothing in one is
/// changed.
#[derive(Args)]
pub struct Migrate {
    /// The QuayEcosystem and its Secrets: files, directories, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The directory of the input to write, new or empty
    #[arg(long, value_name = "DIR", required_unless_present = "report")]
    out: Option<PathBuf>,
    /// Write nothing: print what would be migrated, needing no Secrets
    #[arg(long, conflicts_with = "out")]
    report: bool,
    /// The QuayEcosystem, where the files hold several
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = adopt::registry_name)]
    registry: Option<(String, String)>,
    /// What the cluster is
    #[arg(long, default_value = "openshift")]
    platform: adopt::PlatformName,
    /// The domain of an OpenShift cluster's Routes, where the registry's host name does not say it
    #[arg(long, value_name = "DOMAIN")]
    apps_domain: Option<String>,
}

impl Migrate {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.platform == adopt::PlatformName::Kubernetes && self.apps_domain.is_some() {
            return Err(Fatal("--apps-domain goes with --platform openshift".to_owned()));
        }
        let mut problems = Diagnostics::new();
        let sources = adopt::sources(&self.files, &mut problems)?;
        let export = Export::read(&sources, &mut problems);
        if problems.has_errors() {
            // What could not be read would be missing everywhere else.
            return Ok(refused(problems));
        }
        let found = ecosystem::read_all(&sources, &mut problems);
        if found.is_empty() && problems.has_errors() {
            return Ok(refused(problems));
        }
        let Some(ecosystem) = migrate::choose(found, self.registry.as_ref(), &mut problems) else {
            return Ok(refused(problems));
        };
        match &self.out {
            Some(out) if !self.report => self.migrate(&ecosystem, &export, out, problems),
            _ => told(&ecosystem, &export, problems),
        }
    }

    fn migrate(
        &self,
        ecosystem: &Ecosystem,
        export: &Export,
        out: &Path,
        mut problems: Diagnostics,
    ) -> Result<Outcome, Fatal> {
        if !super::init::is_free(out)? {
            let message = format!("{} is there and not an empty directory", out.display());
            problems.push(Diagnostic::new(codes::OUTPUT_FOREIGN, message).hint("choose another with --out DIR"));
        }
        let release = super::releases::find(RELEASE)?;
        let options = Options {
            is_openshift: self.platform == adopt::PlatformName::Openshift,
            apps_domain: self.apps_domain.clone(),
        };
        let migration = migrate::migrate(ecosystem, export, &release, &options, &mut problems);
        let Some(migration) = migration else { return Ok(refused(problems)) };
        let directory = out.display().to_string();
        let Some(keys) = keys::complete(&migration.inputs(&directory, None), &mut problems)? else {
            return Ok(refused_input(problems));
        };
        let compiled = compile(&migration.inputs(&directory, Some(&keys)));
        problems.extend(only_errors(&compiled.diagnostics));
        if problems.has_errors() {
            return Ok(refused_input(problems));
        }
        let files = migration.files(&keys);
        // First: where the report cannot be printed, nothing is written, and the command may be repeated.
        print_lines(text(ecosystem, migrate::has_own_database(ecosystem, export)))?;
        if let Err(failure) = output::create_directory(out, &files) {
            return failed(failure);
        }
        mention(format_args!(
            "{directory}: {} written; keys.yaml and config-bundle/ hold secrets, and Git ignores them",
            count(files.iter().count(), "file")
        ));
        Ok(Outcome::Done)
    }
}

fn text(ecosystem: &Ecosystem, has_own_database: bool) -> String {
    migrate::report(ecosystem, &migrate::rows(ecosystem, has_own_database))
}

/// Prints the report alone, and what is not supported.
fn told(ecosystem: &Ecosystem, export: &Export, mut problems: Diagnostics) -> Result<Outcome, Fatal> {
    let is_own = migrate::has_own_database(ecosystem, export);
    print_lines(text(ecosystem, is_own))?;
    migrate::refuse(ecosystem, is_own, &mut problems);
    if problems.has_errors() {
        return Ok(refused(problems));
    }
    Ok(Outcome::Done)
}

fn refused(mut problems: Diagnostics) -> Outcome {
    problems.sort();
    report(&only_errors(&problems), None);
    Outcome::Refused
}

fn refused_input(problems: Diagnostics) -> Outcome {
    let outcome = refused(problems);
    tell(format_args!(
        "  the files are those that would have been written: mend config.yaml in the exported Secret quay-enterprise-config-secret, or \
         what it leads to, and migrate again"
    ));
    outcome
}
