//! `quay-render upgrade`: the steps from one release to another, each an edit of the RenderConfig and a commit.

mod edit;

use super::fleet::One;
use super::terminal::{Volume, mention, tell, volume};
use super::{Fatal, Outcome, failed, input_file, only_errors, print_lines, releases, report};
use crate::catalog::{Catalog, Release};
use crate::compare::compare;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, codes};
use crate::immutable::Table;
use crate::input::Inputs;
use crate::object::{Value, base_names};
use crate::report::visible;
use crate::upgrade::{Databases, Major};
use crate::{Rendered, compile, upgrade};
use clap::Args;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

/// Upgrade a registry to another release: each call edits the RenderConfig for the next commit.
#[derive(Args)]
pub struct Upgrade {
    /// A directory or a file
    input: String,
    /// The release, or a version of it: 3.15 or 3.15.0
    #[arg(long, value_name = "RELEASE", required_unless_present = "again")]
    to: Option<String>,
    /// Begin the move of the databases anew, after the former servers have run again
    #[arg(long, conflicts_with = "to")]
    again: bool,
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
    /// Does without what the databases had before they came to another PostgreSQL.
    Finish,
    /// Installs the operator of the other release, which does all of that.
    Install,
}

impl Step {
    fn title(self, way: &Way) -> String {
        let to = &way.to.name;
        match self {
            Self::Stop => "spec.paused: true: application and mirror stop".to_owned(),
            Self::Migrate if way.has_moves => format!(
                "spec.release: \"{to}\" and spec.databaseUpgrade: the data of the databases is moved to their new PostgreSQL, then \
                 the schema is migrated"
            ),
            Self::Migrate => format!("spec.release: \"{to}\": the new images, and the migration of the schema"),
            Self::Start => "spec.paused goes: application and mirror start".to_owned(),
            Self::Finish => "spec.databaseUpgrade.done: true: the former claims are not needed any more".to_owned(),
            Self::Install => {
                format!("spec.release: \"{to}\": the operator of that channel, which upgrades the registry")
            }
        }
    }

    /// What is waited for, once it is applied.
    fn then(self, name: &str, way: &Way) -> String {
        match self {
            Self::Stop => {
                format!("wait until no pod of {name}-quay-app and {name}-quay-mirror is left, and back the database up")
            }
            Self::Migrate => format!("wait until the Job {name}-quay-app-upgrade-… is complete"),
            Self::Start if way.has_moves => {
                format!(
                    "wait for deployment/{name}-quay-app; keep the former claims as long as you may want to look at them"
                )
            }
            Self::Start => format!("wait for deployment/{name}-quay-app"),
            Self::Finish => format!("the former claims may be deleted: {}", way.former_claims.join(", ")),
            Self::Install => format!("wait until status.currentVersion of the QuayRegistry {name} is of that release"),
        }
    }

    const fn is_last(self, way: &Way) -> bool {
        match self {
            Self::Finish | Self::Install => true,
            Self::Start => !way.has_moves,
            Self::Stop | Self::Migrate => false,
        }
    }
}

/// An upgrade, and what is known of it.
struct Way {
    to: Arc<Release>,
    /// The databases that come to another PostgreSQL with the next commits.
    majors: Vec<Major>,
    /// Whether there are any now or with the next commits.
    has_moves: bool,
    /// The names of the claims that they had.
    former_claims: Vec<String>,
    steps: Vec<Step>,
}

impl Way {
    /// From what a registry is now. A version of the same release keeps the schema, so its pods take turns.
    fn of(now: &Rendered, to: Arc<Release>) -> Self {
        let (config, resolved) = (&now.model.config, &now.resolved);
        let running = &config.release.value;
        let is_there = *running == to.name;
        let majors = upgrade::majors(&resolved.release, &to, &resolved.databases);
        let has_moves = !majors.is_empty() || (is_there && config.database_upgrade.is_some());
        let claims = resolved.moves.claims().map(|(former, _)| base_names::named(&resolved.name, former));
        let former_claims = claims.collect();
        let mut steps = match () {
            () if resolved.operator.is_some() => vec![Step::Install],
            () if is_there || upgrade::stops(running, &to) => vec![Step::Stop, Step::Migrate, Step::Start],
            () => vec![Step::Migrate],
        };
        steps.extend(has_moves.then_some(Step::Finish));
        Self { to, majors, has_moves, former_claims, steps }
    }

    /// What a step edits.
    fn edit<'a>(&'a self, step: Step, now: &'a Rendered, id: &'a str) -> edit::Edit<'a> {
        let config = &now.model.config;
        let moves = match () {
            () if !self.majors.is_empty() => Some(edit::Moves::From { release: &config.release.value, id }),
            // Of an upgrade before this one, which is done.
            () => config.database_upgrade.as_ref().map(|_| edit::Moves::Gone),
        };
        match step {
            Step::Stop => edit::Edit { paused: Some(true), ..edit::Edit::default() },
            Step::Migrate | Step::Install => {
                edit::Edit { release: Some(&self.to.name), moves, ..edit::Edit::default() }
            }
            Step::Start => edit::Edit { paused: Some(false), ..edit::Edit::default() },
            Step::Finish => edit::Edit { moves: Some(edit::Moves::Done), ..edit::Edit::default() },
        }
    }
}

impl Upgrade {
    pub(super) fn run(self) -> Result<Outcome, Fatal> {
        if self.input == "-" {
            return Err(Fatal("upgrade edits a file: name a directory or a file, not -".to_owned()));
        }
        let to = self.to.as_deref().map(releases::find).transpose()?;
        let mut inputs = self.one.read(&self.input, false)?;
        let Some((now, warned)) = rendered(&inputs) else { return Ok(Outcome::Refused) };
        let Some(to) = to else { return again(&mut inputs, &now, self.plan) };
        let (config, name) = (&now.model.config, &now.resolved.name);
        let running = &config.release.value;
        let is_done = config.database_upgrade.as_ref().is_none_or(|moves| moves.is_done);
        let way = Way::of(&now, to);
        let mut text = format!("{}: {running} to {}\n", visible(name), way.to.name);
        let (step, changes) = if *running == way.to.name {
            text = format!("{}: to {running}\n", visible(name));
            match (config.paused, is_done) {
                (true, _) => (Step::Start, String::new()),
                (false, false) => (Step::Finish, String::new()),
                (false, true) => {
                    mention(format_args!("{name} is at {running}: nothing to do"));
                    return Ok(Outcome::Done);
                }
            }
        } else {
            let refuse = |message: String, hint: String| {
                let mut problems = Diagnostics::new();
                let problem = Diagnostic::new(codes::RELEASE_PATH, message).at(config.release.at.clone());
                problems.push(problem.field("spec.release").hint(hint));
                report(&problems, Some(&inputs));
                Ok(Outcome::Refused)
            };
            let databases = Databases { moved_from: Some(running.clone()), ..now.resolved.databases.clone() };
            if let Some(objection) = upgrade::objection(Catalog::embedded(), running, &way.to, &databases)? {
                return refuse(objection.message, objection.hint);
            }
            if !is_done {
                let message =
                    format!("the upgrade to {running} has not been finished: spec.databaseUpgrade is not done");
                return refuse(message, format!("`quay-render upgrade {} --to {running}` first", visible(&self.input)));
            }
            inputs.release = Some(way.to.name.clone());
            let then = rendered(&inputs);
            inputs.release = None;
            let Some((then, warns)) = then else { return Ok(Outcome::Refused) };
            let mut changes = self.changes(&now, &then, &way)?;
            // Fields that are gone or idle, and what else only the other release has to say.
            for warning in warns.difference(&warned) {
                writeln!(changes, "{}", visible(warning))?;
            }
            let is_stopped = config.paused || !upgrade::stops(running, &way.to);
            let step = match () {
                () if now.resolved.operator.is_some() => Step::Install,
                () if is_stopped => Step::Migrate,
                () => Step::Stop,
            };
            (step, changes)
        };
        for (number, known) in way.steps.iter().enumerate() {
            let mark = if *known == step { "  <- now" } else { "" };
            writeln!(text, "  {}. {}{mark}", number + 1, known.title(&way))?;
        }
        text += &changes;
        // The plan is what is asked for; where the file is edited, it is said beside.
        if self.plan || volume() != Volume::Quiet {
            print_lines(text)?;
        }
        if self.plan {
            return Ok(Outcome::Done);
        }
        let id = new_id()?;
        let outcome = edit(&mut inputs, &now, way.edit(step, &now, &id), &step.title(&way))?;
        if matches!(outcome, Outcome::Done) {
            let last = if step.is_last(&way) { "" } else { "; then call this command again" };
            mention(format_args!("then {}{last}", step.then(name, &way)));
        }
        Ok(outcome)
    }

    /// What the other release changes, in a few lines, and what cannot be taken back.
    fn changes(&self, now: &Rendered, then: &Rendered, way: &Way) -> Result<String, Fatal> {
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
        for Major { server, from, to } in &way.majors {
            writeln!(text, "{}'s database: PostgreSQL {from} -> {to}, its data moved to a new claim", server.of)?;
        }
        let values = |it: &Rendered| it.objects.iter().map(|object| object.value.clone()).collect::<Vec<Value>>();
        let comparison = compare(&values(now), &values(then), &Table::newest()?);
        writeln!(text, "objects: {}", comparison.totals())?;
        let only = self.one.only.as_ref().map(|name| format!(" --only {name}")).unwrap_or_default();
        let input = visible(&format!("{}{only}", self.input));
        writeln!(text, "  quay-render releases diff {from} {} {input} lists them", to.name)?;
        if !way.majors.is_empty() {
            writeln!(
                text,
                "the way back: revert the commits, until the registry starts with {}: the former claims have all data up to then",
                to.name
            )?;
        } else if upgrade::stops(from, to) {
            writeln!(
                text,
                "the way back: revert the commit, as long as the migration has not begun. Nothing takes a migration back: after it \
                 restore\n  the database from the backup, and build {from} into a new directory"
            )?;
        }
        Ok(text)
    }
}

/// Draws another id for a move that is under way, so that it begins anew.
fn again(inputs: &mut Inputs, now: &Rendered, only_plan: bool) -> Result<Outcome, Fatal> {
    let config = &now.model.config;
    match &config.database_upgrade {
        None => return Err(Fatal("--again begins a move anew, and spec.databaseUpgrade is not there".to_owned())),
        Some(moves) if moves.is_done || !config.paused => {
            return Err(Fatal(
                "the registry has run with what the move has brought: to move the former data again would lose what was written \
                 since"
                    .to_owned(),
            ));
        }
        Some(_) => {}
    }
    let what = "spec.databaseUpgrade.id: another one, with which the move begins anew";
    if only_plan || volume() != Volume::Quiet {
        print_lines(format!("{}: {what}\n", visible(&now.resolved.name)))?;
    }
    if only_plan {
        return Ok(Outcome::Done);
    }
    let id = new_id()?;
    let outcome =
        edit(inputs, now, edit::Edit { moves: Some(edit::Moves::Again { id: &id }), ..edit::Edit::default() }, what)?;
    if matches!(outcome, Outcome::Done) {
        tell(format_args!(
            "that is for a registry which has not run since the move: where it has, dump-previous refuses, and the id that it had \
             is the one to go on with"
        ));
    }
    Ok(outcome)
}

/// What a move is called; no other one must have had the name.
fn new_id() -> Result<String, Fatal> {
    let mut bytes = [0_u8; 4];
    getrandom::fill(&mut bytes).map_err(|error| Fatal(format!("the system's random source: {error}")))?;
    Ok(base16ct::lower::encode_string(&bytes))
}

/// Edits the RenderConfig. `title` says what it edits, to somebody who has to do it by hand.
fn edit(inputs: &mut Inputs, now: &Rendered, wanted: edit::Edit<'_>, title: &str) -> Result<Outcome, Fatal> {
    let config = &now.model.config;
    let path = Path::new(&config.release.at.file);
    let block = match wanted.moves {
        Some(edit::Moves::From { release, id }) => {
            format!("\n  databaseUpgrade: {{from: \"{release}\", id: \"{id}\"}}")
        }
        _ => String::new(),
    };
    let by_hand = |why: &str| Fatal(format!("{}: {why}; write it yourself: {title}{block}", path.display()));
    let Some(before) = input_file::content(inputs, path).map(<[u8]>::to_vec) else {
        return Err(by_hand("is shared with other registries"));
    };
    let Some(edited) = edit::edited(&String::from_utf8_lossy(&before), &wanted) else {
        return Err(by_hand("is written in a form that cannot be edited here"));
    };
    // What will be written is read: no other field may change its meaning.
    input_file::put(inputs, path, edited.clone().into_bytes());
    let read = rendered(inputs).map(|(it, _)| {
        let config = it.model.config;
        (config.release.value, config.paused, config.database_upgrade.map(|moves| (moves.id.value, moves.is_done)))
    });
    input_file::put(inputs, path, before);
    let had = config.database_upgrade.as_ref().map(|moves| (moves.id.value.clone(), moves.is_done));
    let moves = match wanted.moves {
        None => had,
        Some(edit::Moves::From { id, .. } | edit::Moves::Again { id }) => Some((id.to_owned(), false)),
        Some(edit::Moves::Done) => had.map(|(id, _)| (id, true)),
        Some(edit::Moves::Gone) => None,
    };
    let release = wanted.release.unwrap_or(&config.release.value).to_owned();
    if read != Some((release, wanted.paused.unwrap_or(config.paused), moves)) {
        return Err(by_hand("would not mean that once it is edited"));
    }
    if let Err(failure) = input_file::write(inputs, path, &edited, false) {
        return failed(failure);
    }
    mention(format_args!("{}: edited; build, commit and apply it", path.display()));
    Ok(Outcome::Done)
}

/// A registry, rendered, and its warnings; nothing where it is refused, which has been said.
fn rendered(inputs: &Inputs) -> Option<(Rendered, BTreeSet<String>)> {
    let compiled = compile(inputs);
    report(&only_errors(&compiled.diagnostics), Some(inputs));
    let warnings = compiled.diagnostics.iter().filter(|it| it.severity == Severity::Warning);
    Some((compiled.registry?, warnings.map(ToString::to_string).collect()))
}
