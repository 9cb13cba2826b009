//! Which release runs.

use crate::catalog::{Catalog, Release, number};
use crate::diagnostic::{Diagnostic, Diagnostics, codes};
use crate::live::registry::Registry;
use crate::model;
use crate::object::POD_SPEC;
use crate::quote;
use std::sync::Arc;

/// The Deployment of the application.
const APPLICATION: &str = "quay-app";
/// What the name of an operator's ClusterServiceVersion begins with.
const CSV: &str = "quay-operator.v";

/// The release that runs: the exact version where it is known, else the release that it is one of.
pub(super) fn find(
    registry: &Registry<'_>,
    given: Option<&str>,
    notes: &mut Vec<String>,
    problems: &mut Diagnostics,
) -> Option<Arc<Release>> {
    let status = registry.text(&["status", "currentVersion"]).trim_start_matches('v');
    let running = running(registry);
    let installed = installed(registry);
    if let (Some(said), Some(runs)) = (number(status), running.and_then(number))
        && said != runs
    {
        let message = format!(
            "the operator is in the midst of an upgrade: status.currentVersion is {}, and the Deployment of the application is of {}",
            quote::bare_number(status),
            quote::bare_number(running.unwrap_or_default())
        );
        let problem = Diagnostic::new(codes::ADOPT_CONTRADICTION, message).at(registry.at());
        problems.push(problem.hint("wait until it is through, and export everything again"));
    }
    let said = [
        ("status.currentVersion of the QuayRegistry", (!status.is_empty()).then_some(status)),
        ("QUAY_VERSION of the application's Deployment", running),
        ("the ClusterServiceVersion of the operator", installed),
    ];
    let said = said.into_iter().find_map(|(place, version)| Some((place, version?)));
    let agrees = |given: &&str| said.is_none_or(|(_, version)| number(version) == number(given));
    if let (Some(given), Some((place, version))) = (given.filter(|given| !agrees(given)), said) {
        let (given, version) = (quote::bare_number(given), quote::bare_number(version));
        let message = format!("--release is {given}, and {place} says {version}");
        let problem = Diagnostic::new(codes::ADOPT_CONTRADICTION, message).at(registry.at());
        let hint = "leave --release out: it is for an export that does not say which release runs, and another release is an upgrade, \
                    after the registry is taken over";
        problems.push(problem.hint(hint));
    }
    let Some(version) = given.filter(agrees).or((!status.is_empty()).then_some(status)).or(running).or(installed)
    else {
        let (name, namespace) = (registry.name, registry.namespace);
        let problem = Diagnostic::new(codes::ADOPT_RELEASE, "nothing in the export says which release runs");
        let hint = format!(
            "say it with --release; the operator writes it into the status: kubectl get quayregistry {name} -n {namespace} -o \
             jsonpath='{{.status.currentVersion}}'"
        );
        problems.push(problem.at(registry.at()).hint(hint));
        return None;
    };
    if status.is_empty() {
        notes.push(
            "The QuayRegistry has no status.currentVersion: the operator has not finished the installation. Wait for it, unless it \
             never will."
                .to_owned(),
        );
    }
    let catalog = Catalog::embedded();
    let family = number(version).map(|(major, minor)| format!("{major}.{minor}"));
    let found = catalog.release(version).or_else(|| catalog.release(&family?));
    match found {
        Some(Ok(release)) => {
            if release.version != version && release.name != version {
                notes.push(format!(
                    "{} is not a version that this quay-render knows: the RenderConfig says {}, with the images that run.",
                    quote::bare_number(version),
                    release.name
                ));
            }
            Some(release)
        }
        Some(Err(broken)) => {
            problems.push(model::broken_diagnostic(&broken));
            None
        }
        None => {
            let names: Vec<&str> = catalog.names().collect();
            let message = format!("{} is no release that quay-render renders", quote::bare_number(version));
            let problem = Diagnostic::new(codes::ADOPT_RELEASE, message).at(registry.at());
            problems.push(problem.hint(format!("it knows {}", names.join(", "))));
            None
        }
    }
}

/// The version that the application's Deployment says.
fn running<'a>(registry: &Registry<'a>) -> Option<&'a str> {
    let pod = registry.find("Deployment", APPLICATION)?.value.at(POD_SPEC)?;
    let containers = pod.at(&["containers"])?.as_seq()?;
    let variables = containers.iter().filter_map(|container| container.at(&["env"])?.as_seq()).flatten();
    let mut versions = variables.filter(|it| it.str_at(&["name"]) == "QUAY_VERSION").map(|it| it.str_at(&["value"]));
    versions.next().filter(|version| number(version).is_some())
}

/// The version of the operator that is installed, if the export holds one only.
fn installed<'a>(registry: &Registry<'a>) -> Option<&'a str> {
    let versions = registry.export.of_kind("ClusterServiceVersion").filter_map(|live| live.name().strip_prefix(CSV));
    let versions: std::collections::BTreeSet<&str> = versions.filter(|version| number(version).is_some()).collect();
    versions.first().copied().filter(|_| versions.len() == 1)
}
