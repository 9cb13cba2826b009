//! `quay-render upgrade`: the steps from one release to another, each an edit of the RenderConfig and a commit.

mod edit;

use super::fleet::One;
use super::terminal::tell;
use super::{Fatal, Outcome, failed, input_file, only_errors, print_lines, releases, report};
use crate::catalog::{Catalog, Release};
use crate::compare::compare;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::immutable::Table;
use crate::input::Inputs;
use crate::object::Value;
use crate::report::visible;
use crate::{Rendered, compile, upgrade};
use clap::Args;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// Upgrade a registry to another release: each call edits the RenderConfig for the next commit.
#[derive(Args)]
pub struct Upgrade {
    /// A directory or a file
    input: String,
    /// The release, or a version of it: 3.15 or 3.15.0
    #[arg(long, value_name = "RELEASE")]
    to: String,
    /// Write nothing: print the steps and what each changes
    #[arg(long)]
    plan: bool,
    #[command(flatten)]
    one: One,
}

/// What a commit does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Stops application and mirror.
    Stop,
    /// Renders the other release; its Job migrates the schema.
    Migrate,
    /// Starts application and mirror.
    Start,
    /// Installs the operator of the other release, which does all of that.
    Install,
}

impl Step {
    /// The steps of an upgrade: a version of the same release keeps the schema, so its pods take turns.
    fn all(stops: bool, has_operator: bool) -> &'static [Self] {
        match (has_operator, stops) {
            (true, _) => &[Self::Install],
            (false, true) => &[Self::Stop, Self::Migrate, Self::Start],
            (false, false) => &[Self::Migrate],
        }
    }

    /// What it edits.
    fn edit(self, to: &str) -> edit::Edit<'_> {
        match self {
            Self::Stop => edit::Edit { release: None, paused: Some(true) },
            Self::Migrate | Self::Install => edit::Edit { release: Some(to), paused: None },
            Self::Start => edit::Edit { release: None, paused: Some(false) },
        }
    }

    fn title(self, to: &str) -> String {
        match self {
            Self::Stop => "spec.paused: true: application and mirror stop".to_owned(),
            Self::Migrate => format!("spec.release: \"{to}\": the new images, and the migration of the schema"),
            Self::Start => "spec.paused goes: application and mirror start".to_owned(),
            Self::Install => {
                format!("spec.release: \"{to}\": the operator of that channel, which upgrades the registry")
            }
        }
    }

    /// What is waited for, once it is applied.
    fn then(self, name: &str) -> String {
        match self {
            Self::Stop => {
                format!("wait until no pod of {name}-quay-app and {name}-quay-mirror is left, and back the database up")
            }
            Self::Migrate => format!("wait until the Job {name}-quay-app-upgrade-… is complete"),
            Self::Start => format!("wait for deployment/{name}-quay-app"),
            Self::Install => format!("wait until status.currentVersion of the QuayRegistry {name} is of that release"),
        }
    }
}

impl Upgrade {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.input == "-" {
            return Err(Fatal("upgrade edits a file: name a directory or a file, not -".to_owned()));
        }
        let to = releases::find(&self.to)?;
        let mut inputs = self.one.read(&self.input, false)?;
        let Some((now, warned)) = rendered(&inputs) else { return Ok(Outcome::Refused) };
        let (config, name) = (&now.model.config, &now.resolved.name);
        let (running, has_operator) = (&config.release.value, now.resolved.operator.is_some());
        let mut text = format!("{}: {running} to {}\n", visible(name), to.name);
        let (step, changes) = if *running == to.name {
            if !config.paused {
                tell(format_args!("{name} is at {running}: nothing to do"));
                return Ok(Outcome::Done);
            }
            text = format!("{}: to {running}\n", visible(name));
            (Step::Start, String::new())
        } else {
            if let Some(objection) = upgrade::objection(Catalog::embedded(), running, &to, now.resolved.databases())? {
                let mut problems = Diagnostics::new();
                let problem = Diagnostic::new(codes::RELEASE_PATH, objection.message).at(config.release.at.clone());
                problems.push(problem.field("spec.release").hint(objection.hint));
                report(&problems, Some(&inputs));
                return Ok(Outcome::Refused);
            }
            inputs.release = Some(to.name.clone());
            let Some((then, warns)) = rendered(&inputs) else { return Ok(Outcome::Refused) };
            inputs.release = None;
            let is_stopped = config.paused || !upgrade::stops(running, &to);
            let mut changes = self.changes(&now, &then)?;
            // Fields that are gone or idle, and what else only the other release has to say.
            for warning in warns.difference(&warned) {
                writeln!(changes, "{}", visible(warning))?;
            }
            let step = match () {
                () if has_operator => Step::Install,
                () if is_stopped => Step::Migrate,
                () => Step::Stop,
            };
            (step, changes)
        };
        let stops = step == Step::Start || upgrade::stops(running, &to);
        for (number, known) in Step::all(stops, has_operator).iter().enumerate() {
            let mark = if *known == step { "  <- now" } else { "" };
            writeln!(text, "  {}. {}{mark}", number + 1, known.title(&to.name))?;
        }
        text += &changes;
        print_lines(text)?;
        if self.plan {
            return Ok(Outcome::Done);
        }
        edit(&mut inputs, &now, step, &to)
    }

    /// What the other release changes, in a few lines, and what cannot be taken back.
    fn changes(&self, now: &Rendered, then: &Rendered) -> Result<String, Fatal> {
        let (from, to) = (&now.resolved.release.name, &then.resolved.release);
        let mut text = String::from("images:\n");
        for (name, image) in &then.resolved.images {
            let old = now.resolved.images.get(name).map_or("-", String::as_str);
            if old != image {
                writeln!(text, "  {name}: {} -> {}", visible(old), visible(image))?;
            }
        }
        let schema = |of: &Release| of.facts.get("schema").and_then(Value::as_str).unwrap_or_default().to_owned();
        match (schema(&now.resolved.release), schema(to)) {
            (old, new) if old == new => writeln!(text, "schema: stays at {new}")?,
            (old, new) => writeln!(text, "schema: {old} -> {new}")?,
        }
        let values = |it: &Rendered| it.objects.iter().map(|object| object.value.clone()).collect::<Vec<Value>>();
        let comparison = compare(&values(now), &values(then), &Table::newest()?);
        writeln!(text, "objects: {}", comparison.totals())?;
        let only = self.one.only.as_ref().map(|name| format!(" --only {name}")).unwrap_or_default();
        let input = visible(&format!("{}{only}", self.input));
        writeln!(text, "  quay-render releases diff {from} {} {input} lists them", to.name)?;
        if upgrade::stops(from, to) {
            writeln!(
                text,
                "the way back: revert the commit, as long as the migration has not begun. Nothing takes a migration back: after it \
                 restore\n  the database from the backup, and build {from} into a new directory"
            )?;
        }
        Ok(text)
    }
}

/// Edits the RenderConfig for a step.
fn edit(inputs: &mut Inputs, now: &Rendered, step: Step, to: &Release) -> Result<Outcome, Fatal> {
    let config = &now.model.config;
    let path = Path::new(&config.release.at.file);
    let by_hand = |why: &str| {
        let what = step.title(&to.name);
        Fatal(format!("{}: {why}; write it yourself: {what}", path.display()))
    };
    let Some(before) = input_file::content(inputs, path).map(<[u8]>::to_vec) else {
        return Err(by_hand("is shared with other registries"));
    };
    let wanted = step.edit(&to.name);
    let Some(edited) = edit::edited(&String::from_utf8_lossy(&before), &wanted) else {
        return Err(by_hand("is written in a form that cannot be edited here"));
    };
    // What will be written is read: no other field may change its meaning.
    input_file::put(inputs, path, edited.clone().into_bytes());
    let read = rendered(inputs).map(|(it, _)| (it.model.config.release.value, it.model.config.paused));
    input_file::put(inputs, path, before);
    let release = wanted.release.unwrap_or(&config.release.value).to_owned();
    if read != Some((release, wanted.paused.unwrap_or(config.paused))) {
        return Err(by_hand("would not mean that once it is edited"));
    }
    if let Err(failure) = input_file::write(inputs, path, &edited, false) {
        return failed(failure);
    }
    tell(format_args!("{}: edited; build, commit and apply it", path.display()));
    let last = if matches!(step, Step::Start | Step::Install) { "" } else { "; then call this command again" };
    tell(format_args!("then {}{last}", step.then(&now.resolved.name)));
    Ok(Outcome::Done)
}

/// A registry, rendered, and its warnings; nothing where it is refused, which has been said.
fn rendered(inputs: &Inputs) -> Option<(Rendered, BTreeSet<String>)> {
    let compiled = compile(inputs);
    report(&only_errors(&compiled.diagnostics), Some(inputs));
    let warnings = compiled.diagnostics.iter().filter(|it| it.severity == Severity::Warning);
    Some((compiled.registry?, warnings.map(ToString::to_string).collect()))
}
