//! What commands do with the registries of a fleet.

mod build;
mod top;

pub(super) use build::{check, objects, stream, write};

use super::{Fatal, image_variables, parallel, read, report, report_all};
use crate::diagnostic::{Allowed, Diagnostic, Diagnostics, Location, codes};
use crate::fleet::{self, Facts};
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
    /// Of several registries only this one, by its folder, or those in this folder; may be repeated
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// How many registries are compiled at once; one for each processor where it is not said
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZero<usize>>,
}

/// Finds the registries of an input; nothing where it is one by itself.
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

/// Which registry of a fleet a command is about that is about one.
#[derive(Args)]
pub(super) struct One {
    /// Of several registries this one, by its folder
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
}

impl One {
    /// Reads it.
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
    /// The fleet, with those registries that were chosen.
    pub fleet: Fleet,
    /// What is known of each, chosen or not, by its folder.
    outlines: BTreeMap<String, Option<Outline>>,
    /// The namespaces that several of all render.
    pub shared: BTreeSet<String>,
    /// Whether all were chosen.
    pub is_whole: bool,
    options: Options,
    jobs: NonZero<usize>,
}

/// What became of them.
pub(super) struct Survey<T> {
    /// Everything that there is to say of the input, in order.
    pub diagnostics: Diagnostics,
    /// The rules that were switched off.
    pub allowed: Vec<Allowed>,
    /// What is known of each that was compiled.
    pub facts: Vec<Facts>,
    /// What was made of each, with its folder. Some are not there where one was refused.
    pub made: Vec<(String, T)>,
    /// The names of those of which there is something to say.
    noisy: BTreeSet<String>,
}

/// What became of one.
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
            // What cannot be read is told when it is compiled.
            (member.name.clone(), member.inputs.as_ref().ok().and_then(outline))
        })?;
        let outlines: BTreeMap<String, Option<Outline>> = outlines.into_iter().collect();
        let shared = fleet::shared_namespaces(outlines.values().flatten());
        let is_whole = choice.only.is_empty();
        if !is_whole && let Err(name) = fleet.keep(&choice.only) {
            let names: Vec<&str> = outlines.keys().map(String::as_str).collect();
            let all = listed(&fleet.members);
            let (name, near) = (quote::bare_name(name), nearest_hint(name, &names));
            return Err(Fatal(format!("--only {name}: {near}the registries are: {all}")));
        }
        Ok(Self { fleet, outlines, shared, is_whole, options, jobs })
    }

    /// The release of what they have in common.
    pub fn release(&self) -> String {
        fleet::release(self.outlines.values().flatten())
    }

    /// Compiles all that were chosen, side by side, and makes something of each that is not refused, as long as none is.
    ///
    /// # Errors
    /// Where the system refused to read one, once all others are compiled and what is wrong with them is said.
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

    /// Says everything that there is to say of the input.
    pub fn report<T>(&self, survey: &Survey<T>) {
        report_all(&survey.diagnostics, &self.noisy(survey, io::stderr().is_terminal()));
    }

    /// The files of those of which there is something to say, for a person to see.
    pub fn noisy<T>(&self, survey: &Survey<T>, is_person: bool) -> Vec<&Inputs> {
        let noisy = self.fleet.members.iter().filter(|member| is_person && survey.noisy.contains(&member.name));
        noisy.filter_map(|member| member.inputs.as_ref().ok()).collect()
    }

    /// The warnings that registries are no longer there, of which the output still has these directories.
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

/// Adds up what rules were allowed for the same reason.
fn add_allowed(all: &mut Vec<Allowed>, more: Vec<Allowed>) {
    for allowed in more {
        match all.iter_mut().find(|known| known.code == allowed.code && known.reason == allowed.reason) {
            Some(known) => known.count += allowed.count,
            None => all.push(allowed),
        }
    }
}

/// Says what refuses an output, or gives the system's refusal on.
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
