//! `quay-render adopt`: the input of a registry that an operator runs, out of exported objects, and what taking it over takes.

use super::keys::random_digest_key;
use super::terminal::{mention, tell};
use super::{Fatal, Outcome, count, failed, only_errors, print_lines, report};
use crate::compile;
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::input::{self, Source};
use crate::live::adopt::{self, Options, Platform};
use crate::live::drift::Drift;
use crate::live::export::Export;
use crate::live::plan::Plan;
use crate::live::registry::{self, Registry};
use crate::live::verify::verify;
use crate::output;
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Take over what an operator of 3.5 to 3.18 runs: write the input that renders the same objects, and print the plan.
///
/// The files are what `kubectl get -o yaml` printed, lists and directories of them included, and the Secrets among them. No
/// cluster is asked, and nothing in one is changed.
#[derive(Args)]
pub struct Adopt {
    /// Exported objects: files, directories, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The directory of the input to write, new or empty
    #[arg(long, value_name = "DIR", required_unless_present = "verify")]
    out: Option<PathBuf>,
    /// The registry, where the files hold several
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = registry_name)]
    registry: Option<(String, String)>,
    /// The release that runs, where nothing in the files says it: 3.15, or 3.15.0
    #[arg(long)]
    release: Option<String>,
    /// What the cluster is, where the files say it wrongly
    #[arg(long)]
    platform: Option<PlatformName>,
    /// Write nothing: check that no object of a second export belongs to the QuayRegistry any more
    #[arg(long, conflicts_with = "out")]
    verify: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PlatformName {
    /// OpenShift
    Openshift,
    /// Any other Kubernetes
    Kubernetes,
}

/// A registry, by namespace and name.
pub(super) fn registry_name(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('/') {
        Some((namespace, name)) if !namespace.is_empty() && !name.is_empty() => {
            Ok((namespace.to_owned(), name.to_owned()))
        }
        _ => Err("not a namespace, `/` and a name"),
    }
}

/// Reads exported files.
pub(super) fn exported(files: &[String], problems: &mut Diagnostics) -> Result<Export, Fatal> {
    let sources = sources(files, problems)?;
    Ok(Export::read(&sources, problems))
}

/// The same, as they are.
pub(super) fn sources(files: &[String], problems: &mut Diagnostics) -> Result<Vec<Source>, Fatal> {
    if files.iter().filter(|name| *name == "-").count() > 1 {
        return Err(Fatal("standard input can be read once".to_owned()));
    }
    let mut sources = Vec::new();
    for name in files {
        let mut inputs = input::read_export(name)?;
        problems.extend(std::mem::take(&mut inputs.problems));
        sources.append(&mut inputs.sources);
    }
    Ok(sources)
}

impl Adopt {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        let mut problems = Diagnostics::new();
        let export = exported(&self.files, &mut problems)?;
        if problems.has_errors() {
            // What could not be read would be missing everywhere else.
            return Ok(refused(problems));
        }
        let registry = registry::choose(&export, self.registry.as_ref(), &mut problems);
        let Some(registry) = registry else { return Ok(refused(problems)) };
        match &self.out {
            Some(out) if !self.verify => self.adopt(&registry, out, problems),
            _ => Ok(verified(&registry, problems)),
        }
    }

    fn adopt(&self, registry: &Registry<'_>, out: &Path, mut problems: Diagnostics) -> Result<Outcome, Fatal> {
        if !super::init::is_free(out)? {
            let problem = Diagnostic::new(
                codes::OUTPUT_FOREIGN,
                format!("{} is there and not an empty directory", out.display()),
            );
            problems.push(problem.hint("choose another with --out DIR"));
        }
        let options = Options {
            release: self.release.clone(),
            platform: self.platform.map(|platform| match platform {
                PlatformName::Openshift => Platform::Openshift,
                PlatformName::Kubernetes => Platform::Kubernetes,
            }),
        };
        let directory = out.display().to_string();
        let adopted = adopt::adopt(registry, &options, random_digest_key()?, &mut problems);
        let Some(adopted) = adopted else { return Ok(refused(problems)) };
        let inputs = adopted.inputs(registry, &directory);
        let compiled = compile(&inputs);
        let mut problems_of_input = only_errors(&compiled.diagnostics);
        problems_of_input.extend(problems);
        let Some(rendered) = compiled.registry.filter(|_| !problems_of_input.has_errors()) else {
            let outcome = refused(problems_of_input);
            tell(format_args!(
                "  the files are those that would have been written: mend the registry's own (QuayRegistry, the Secret of the config \
                 bundle), and export it again"
            ));
            return Ok(outcome);
        };
        let drift = Drift::of(registry, &rendered.objects, &rendered.resolved.release)?;
        let plan = Plan { registry, rendered: &rendered, drift: &drift, notes: &adopted.notes, input: &directory };
        let mut problems = Diagnostics::new();
        plan.refuse(&mut problems);
        if problems.has_errors() {
            return Ok(refused(problems));
        }
        let files = adopted.files(registry);
        if let Err(failure) = output::create_directory(out, &files) {
            return failed(failure);
        }
        print_lines(plan.markdown())?;
        mention(format_args!(
            "{directory}: {} written; keys.yaml and config-bundle/ hold secrets, and Git ignores them",
            count(files.iter().count(), "file")
        ));
        Ok(Outcome::Done)
    }
}

fn verified(registry: &Registry<'_>, mut problems: Diagnostics) -> Outcome {
    let seen = verify(registry, &mut problems);
    if problems.has_errors() {
        return refused(problems);
    }
    mention(format_args!(
        "{}/{}: none of {} belongs to the QuayRegistry, and it has no finalizer of the operator",
        registry.namespace,
        registry.name,
        count(seen, "object")
    ));
    Outcome::Done
}

fn refused(mut problems: Diagnostics) -> Outcome {
    problems.sort();
    report(&only_errors(&problems), None);
    Outcome::Refused
}
