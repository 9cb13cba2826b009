//! Commands on the registries of a fleet.

mod build;
mod top;

pub(super) use build::{check, objects, stream, write};

use super::{Fatal, image_variables, parallel, read, report, report_all};
use crate::diagnostic::{Allowed, Diagnostic, Diagnostics, Location, codes};
use crate::fleet::{self, Facts, Shared};
use crate::input::{self, Fleet, Given, Inputs, Member, Options};
use crate::model::{Outline, outline, severities};
use crate::output::Failure;
use crate::quote::{self, nearest_hint};
use crate::{Rendered, compile};
use clap::Args;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal as _};
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which registries of a fleet, and how many at once.
#[derive(Args)]
pub(super) struct Choice {
    /// In a fleet, only the registry in this folder, or all below it; may be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// How many registries to compile at once [default: one per processor]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,
}

/// Finds the registries of an input; nothing if it is a single registry.
pub(super) fn find(
    input: &str,
    output: Option<&Path>,
    choice: &Choice,
    options: Options,
    env_images: bool,
) -> Result<Option<Run>, Fatal> {
    match input::find(input, output)? {
        None if !choice.only.is_empty() => Err(Fatal(format!("{input}: --only chooses among several registries"))),
        None => Ok(None),
        Some(mut fleet) => {
            fleet.refuse_names(fleet::objection);
            let images = if env_images { image_variables()? } else { BTreeMap::new() };
            Run::new(fleet, choice, options, images).map(Some)
        }
    }
}

/// Which registry of a fleet to use, for a command that handles only one.
#[derive(Args)]
pub(super) struct One {
    /// In a fleet, the registry in this folder
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

impl One {
    /// Reads the chosen registry.
    pub fn read(&self, input: &str, env_images: bool) -> Result<Inputs, Fatal> {
        let choice = Choice { only: self.only.clone().into_iter().collect(), jobs: None };
        let Some(mut run) = find(input, None, &choice, Options::default(), env_images)? else {
            return read(input, None, env_images);
        };
        match (run.fleet.members.pop(), run.fleet.members.len()) {
            (Some(member), 0) => Ok(member.inputs?),
            (last, _) => {
                run.fleet.members.extend(last);
                let members = &run.fleet.members;
                Err(Fatal(format!("{input} holds {} registries; choose one: {}", members.len(), listed(members))))
            }
        }
    }
}

fn listed(members: &[Member]) -> String {
    let names: Vec<String> = members.iter().map(|member| format!("--only {}", member.name)).collect();
    names.join(", ")
}

/// A run over the registries of a fleet.
pub(super) struct Run {
    /// The fleet, with the chosen registries only.
    pub fleet: Fleet,
    /// What is known of each registry before it is compiled, chosen or not, by its folder.
    outlines: BTreeMap<String, Option<Outline>>,
    /// What several of all registries render.
    pub shared: Shared,
    /// Whether all registries were chosen.
    pub is_whole: bool,
    options: Options,
    jobs: NonZero<usize>,
}

/// The result of compiling the chosen registries.
pub(super) struct Survey<T> {
    /// All diagnostics, in order.
    pub diagnostics: Diagnostics,
    /// The rules that were switched off.
    pub allowed: Vec<Allowed>,
    /// Facts of each registry that was compiled.
    pub facts: Vec<Facts>,
    /// What was made of each registry, with its folder. If one was refused, others may be missing too.
    pub made: Vec<(String, T)>,
    /// The names of the registries that have diagnostics.
    noisy: BTreeSet<String>,
}

/// The result of compiling one registry.
struct Seen<T> {
    diagnostics: Diagnostics,
    allowed: Vec<Allowed>,
    facts: Option<Facts>,
    made: Option<T>,
}

impl Run {
    fn new(
        mut fleet: Fleet,
        choice: &Choice,
        options: Options,
        images: BTreeMap<String, Given>,
    ) -> Result<Self, Fatal> {
        let jobs = choice.jobs.unwrap_or_else(parallel::processors);
        for inputs in fleet.members.iter_mut().filter_map(|member| member.inputs.as_mut().ok()) {
            (inputs.images, inputs.options) = (images.clone(), options);
        }
        let outlines = parallel::each(&fleet.members, jobs, "registries read", |member| {
            // A registry that cannot be read is reported when it is compiled.
            (member.name.clone(), member.inputs.as_ref().ok().and_then(outline))
        })?;
        let outlines: BTreeMap<String, Option<Outline>> = outlines.into_iter().collect();
        let shared = Shared::of(outlines.values().flatten());
        let is_whole = choice.only.is_empty();
        if !is_whole && let Err(name) = fleet.keep(&choice.only) {
            let names: Vec<&str> = outlines.keys().map(String::as_str).collect();
            let all = listed(&fleet.members);
            let (name, near) = (quote::bare_name(name), nearest_hint(name, &names));
            return Err(Fatal(format!("--only {name}: {near}the registries are: {all}")));
        }
        Ok(Self { fleet, outlines, shared, is_whole, options, jobs })
    }

    /// The release of the objects that the registries share.
    pub fn release(&self) -> String {
        fleet::release(self.outlines.values().flatten())
    }

    /// Compiles all chosen registries in parallel. Calls `make` on each as long as none is refused.
    ///
    /// # Errors
    /// Where the system refused to read one, after all others are compiled and their diagnostics are reported.
    pub fn compile<T: Send>(&self, make: impl Fn(&Member, &Rendered) -> T + Sync) -> Result<Survey<T>, Fatal> {
        let is_refused = AtomicBool::new(self.fleet.problems.has_errors());
        let seen = parallel::each(&self.fleet.members, self.jobs, "registries", |member| -> Result<Seen<T>, Fatal> {
            let inputs = member.inputs.as_ref().inspect_err(|_| is_refused.store(true, Ordering::Relaxed))?;
            let compiled = compile(inputs);
            let mut seen =
                Seen { diagnostics: compiled.diagnostics, allowed: compiled.allowed, facts: None, made: None };
            match compiled.registry {
                None => is_refused.store(true, Ordering::Relaxed),
                Some(mut rendered) => {
                    seen.facts = Some(fleet::take(&member.name, &mut rendered, &self.shared));
                    seen.made = (!is_refused.load(Ordering::Relaxed)).then(|| make(member, &rendered));
                }
            }
            Ok(seen)
        })?;
        self.survey(seen)
    }

    fn survey<T>(&self, seen: Vec<Result<Seen<T>, Fatal>>) -> Result<Survey<T>, Fatal> {
        let diagnostics = self.fleet.problems.clone();
        let mut survey =
            Survey { diagnostics, allowed: Vec::new(), facts: Vec::new(), made: Vec::new(), noisy: BTreeSet::new() };
        let mut unread = None;
        for (member, seen) in self.fleet.members.iter().zip(seen) {
            match seen {
                Ok(seen) => {
                    if seen.diagnostics.iter().next().is_some() {
                        survey.noisy.insert(member.name.clone());
                    }
                    survey.diagnostics.extend(seen.diagnostics);
                    add_allowed(&mut survey.allowed, seen.allowed);
                    survey.facts.extend(seen.facts);
                    survey.made.extend(seen.made.map(|made| (member.name.clone(), made)));
                }
                Err(fatal) => unread = unread.or(Some(fatal)),
            }
        }
        let chosen: BTreeSet<&str> = self.fleet.members.iter().map(|member| member.name.as_str()).collect();
        let others = self.outlines.iter().filter(|(name, _)| !chosen.contains(name.as_str()));
        let others = others.filter_map(|(name, outline)| Some((name.as_str(), outline.as_ref()?)));
        survey.diagnostics.extend(fleet::collisions(&survey.facts, others));
        survey.diagnostics.sort();
        match unread {
            None => Ok(survey),
            Some(fatal) => {
                self.report(&survey);
                Err(fatal)
            }
        }
    }

    /// Reports all diagnostics.
    pub fn report<T>(&self, survey: &Survey<T>) {
        report_all(&survey.diagnostics, &self.noisy(survey, io::stderr().is_terminal()));
    }

    /// The inputs of the registries that have diagnostics, if a person is to see their lines.
    fn noisy<T>(&self, survey: &Survey<T>, is_person: bool) -> Vec<&Inputs> {
        let noisy = self.fleet.members.iter().filter(|member| is_person && survey.noisy.contains(&member.name));
        noisy.filter_map(|member| member.inputs.as_ref().ok()).collect()
    }

    /// The same, when the run is over.
    pub fn into_noisy<T>(self, survey: &Survey<T>, is_person: bool) -> Vec<Inputs> {
        let members = self.fleet.members.into_iter();
        let noisy = members.filter(|member| is_person && survey.noisy.contains(&member.name));
        noisy.filter_map(|member| member.inputs.ok()).collect()
    }

    /// Warnings for registries that are gone and whose directories are still in the output.
    pub fn gone(&self, out: &Path, directories: &[String]) -> Diagnostics {
        let mut found = Diagnostics::new();
        for directory in directories {
            found.push(
                Diagnostic::new(codes::FLEET_GONE, "its registry is no longer in the input, and its files are removed")
                    .at(Location::file(out.join(directory).display().to_string()))
                    .hint(
                        "its claims stay in the cluster where their annotations say so; quay-render explain fleet-gone",
                    ),
            );
        }
        severities::apply(&[], self.options.deny_warnings, &mut found);
        found
    }
}

/// Adds up how often rules were switched off for the same reason.
pub(super) fn add_allowed(all: &mut Vec<Allowed>, more: Vec<Allowed>) {
    for allowed in more {
        match all.iter_mut().find(|known| known.code == allowed.code && known.reason == allowed.reason) {
            Some(known) => known.count += allowed.count,
            None => all.push(allowed),
        }
    }
}

/// Reports why an output is refused, or passes on the system's error.
fn refused(failures: Vec<Failure>) -> Result<(), Fatal> {
    let (mut problems, mut broken) = (Diagnostics::new(), None);
    for failure in failures {
        match failure {
            Failure::Refused(found) => problems.extend(found),
            failure @ Failure::Io { .. } => broken = broken.or(Some(failure)),
        }
    }
    problems.sort();
    report(&problems, None);
    broken.map_or(Ok(()), |failure| Err(failure.into()))
}
