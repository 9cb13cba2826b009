//! Which release may follow which, and what stands in the way (guide 5.2 and 5.3).
//!
//! The schema of Quay's database belongs to its release and is never taken back, and a PostgreSQL reads no data directory of
//! another major version. So a release is rendered over another one only where Red Hat documents that step
//! (`upgrades_from` of a release), where every database stays the PostgreSQL that it is or takes over the data of its former
//! one (`spec.databaseUpgrade`), and, from one minor release to the next, after the application has been stopped: the operator
//! stops it too (measured).

use crate::catalog::{Broken, Catalog, Release, number};
use crate::diagnostic::Diagnostics;
use crate::object::{Object, Value};
use crate::quote;
use crate::yaml::{self, Origin};
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The init container that holds a pod back until the schema is that of its image: the pods that have it use Quay's database.
const SCHEMA_GATE: &str = "wait-for-schema";

/// Its option that names the server from which the database is restored first.
const RESTORED_FROM: &str = "--restored-from";

/// How a release leads to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Path {
    /// Both are versions of one release, and the second is no older.
    Patch,
    /// In one step.
    Direct,
    /// In more steps, by way of these releases.
    Through(Vec<String>),
    /// The second is older.
    Back,
    /// No documented steps lead there.
    Unknown,
}

/// How `from`, a release or any version of one, leads to the release `to`.
///
/// # Errors
/// When a file of a release is broken.
pub fn path(catalog: &Catalog, from: &str, to: &Release) -> Result<Path, Broken> {
    let known = catalog.release(from).transpose()?;
    let version = known.as_ref().map_or(from, |release| release.version.as_str());
    let Some(family) = family(version) else { return Ok(Path::Unknown) };
    if parts(version) > parts(&to.version) {
        return Ok(Path::Back);
    }
    if !stops(version, to) {
        return Ok(Path::Patch);
    }
    Ok(match between(catalog, &family, to)? {
        None => Path::Unknown,
        Some(steps) if steps.is_empty() => Path::Direct,
        Some(steps) => Path::Through(steps),
    })
}

/// The name of the release that a version is one of.
fn family(version: &str) -> Option<String> {
    number(version).map(|(major, minor)| format!("{major}.{minor}"))
}

/// The numbers of a version; what is no number counts as 0.
fn parts(version: &str) -> Vec<u32> {
    version.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// The releases on the shortest way from one to another, both left out: of two ways the one over the newer releases. Nothing
/// where no way leads there.
fn between(catalog: &Catalog, from: &str, to: &Release) -> Result<Option<Vec<String>>, Broken> {
    let mut ways = VecDeque::from([(to.family.clone(), Vec::new())]);
    let mut seen = BTreeSet::new();
    while let Some((name, way)) = ways.pop_front() {
        let Some(release) = catalog.release(&name).transpose()?.filter(|_| seen.insert(name.clone())) else { continue };
        if release.upgrades_from.iter().any(|earlier| earlier == from) {
            return Ok(Some(way));
        }
        let further = |earlier: &String| (earlier.clone(), [std::slice::from_ref(earlier), &way].concat());
        ways.extend(release.upgrades_from.iter().rev().map(further));
    }
    Ok(None)
}

/// Which databases a registry has of this output.
#[derive(Clone, Debug)]
pub struct Databases {
    /// Quay's.
    pub quay: bool,
    /// Clair's.
    pub clair: bool,
    /// The release whose data they take over, where that is one with another PostgreSQL.
    pub moved_from: Option<String>,
}

/// A database, and where a release says what it has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// Whose it is.
    pub of: &'static str,
    /// The facts of a release.
    fact: &'static str,
    /// Its image, by the name that templates use.
    image: &'static str,
}

/// Quay's.
pub const QUAY: Server = Server { of: "Quay", fact: "database", image: "postgres" };
/// Clair's.
pub const CLAIR: Server = Server { of: "Clair", fact: "clair_database", image: "clair_postgres" };

impl Server {
    fn version(self, release: &Release) -> &str {
        release.facts.at(&[self.fact, "version"]).and_then(Value::as_str).unwrap_or_default()
    }

    /// Its claim, without the registry's name.
    #[must_use]
    pub fn claim(self, release: &Release) -> Option<&str> {
        release.facts.at(&[self.fact, "claim"]).and_then(Value::as_str)
    }

    /// The name of the override of its image.
    #[must_use]
    pub fn image_name(self, release: &Release) -> Option<&String> {
        release.components.iter().find_map(|component| component.images.get(self.image))
    }
}

/// A database that another release runs with another PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Major {
    /// Which one.
    pub server: Server,
    /// The version that it has.
    pub from: String,
    /// The version that it would have.
    pub to: String,
}

/// The databases that change their PostgreSQL from one release to another.
#[must_use]
pub fn majors(old: &Release, new: &Release, databases: &Databases) -> Vec<Major> {
    let rendered =
        [(QUAY, databases.quay), (CLAIR, databases.clair)].into_iter().filter(|(_, is_rendered)| *is_rendered);
    let versions = rendered.map(|(server, _)| (server, server.version(old), server.version(new)));
    let changed = versions.filter(|(_, from, to)| from != to);
    changed.map(|(server, from, to)| Major { server, from: from.to_owned(), to: to.to_owned() }).collect()
}

/// Why a release cannot be rendered where another one runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Whether the other one is later.
    pub is_back: bool,
    /// What is wrong.
    pub message: String,
    /// What can be done.
    pub hint: String,
}

/// Looks at the step from `running`, a release or a version, to the release `to`; nothing where it may be done.
///
/// # Errors
/// When a file of a release is broken.
pub fn objection(
    catalog: &Catalog,
    running: &str,
    to: &Release,
    databases: &Databases,
) -> Result<Option<Objection>, Broken> {
    let (shown, wanted) = (quote::bare_number(running), &to.name);
    let no = |message: String, hint: String| Ok(Some(Objection { is_back: false, message, hint }));
    match path(catalog, running, to)? {
        Path::Patch => return Ok(None),
        Path::Direct => {}
        Path::Back => {
            let message =
                format!("{shown} is running, and {wanted} would be rendered: its database cannot be taken back");
            let hint = format!("render {shown}, or restore a backup of {wanted} into a registry of its own");
            return Ok(Some(Objection { is_back: true, message, hint }));
        }
        Path::Through(steps) => {
            let message = format!("{shown} is not upgraded to {wanted} in one step");
            let hint = format!("upgrade to {} first, one after the other", steps.join(", then "));
            return no(message, hint);
        }
        Path::Unknown => {
            let message = format!("no upgrade leads from {shown} to {wanted}");
            return no(message, "`quay-render releases` lists the releases".to_owned());
        }
    }
    // A version of it that is not known has the databases of the release.
    let old = catalog.release(running).or_else(|| catalog.release(&family(running)?));
    let Some(old) = old.transpose()? else { return Ok(None) };
    let majors = majors(&old, to, databases);
    let moved_from = databases.moved_from.as_ref().and_then(|from| catalog.release(from)).transpose()?;
    if majors.is_empty() || moved_from.is_some_and(|from| self::majors(&from, to, databases) == majors) {
        return Ok(None);
    }
    let said = |major: &Major| format!("{}'s database from PostgreSQL {} to {}", major.server.of, major.from, major.to);
    let message = format!("this step takes {}", majors.iter().map(said).collect::<Vec<_>>().join(", "));
    let hint = "`quay-render upgrade` writes spec.databaseUpgrade, with which their data is moved: without it they would start \
                with empty volumes";
    no(message, hint.to_owned())
}

/// Whether the application is stopped before the schema is migrated: a version of the same release keeps the schema.
#[must_use]
pub fn stops(running: &str, to: &Release) -> bool {
    number(running) != number(&to.version)
}

/// The Deployments whose pods use Quay's database: application and mirror.
pub fn users(objects: &[Object]) -> impl Iterator<Item = &Object> {
    let waits = |object: &&Object| {
        let path = ["spec", "template", "spec", "initContainers"];
        let gates = object.value.at(&path).and_then(Value::as_seq).unwrap_or_default();
        object.kind() == DEPLOYMENT && gates.iter().any(|gate| gate.str_at(&["name"]) == SCHEMA_GATE)
    };
    objects.iter().filter(waits)
}

/// The Deployments of an output, from its files by their paths. The others are not read.
#[must_use]
pub fn deployments(files: &BTreeMap<String, Vec<u8>>) -> Vec<Value> {
    let mut found = Vec::new();
    for (path, bytes) in files.iter().filter(|(_, bytes)| memmem::find(bytes, DEPLOYMENT.as_bytes()).is_some()) {
        let origin = Origin { file: path, within: None };
        let documents = yaml::parse_own(&String::from_utf8_lossy(bytes), &origin, &mut Diagnostics::new());
        let values = documents.iter().map(|document| document.root.to_value());
        found.extend(values.filter(|value| value.str_at(&["kind"]) == DEPLOYMENT));
    }
    found
}

/// The Deployments that use Quay's database and have not been stopped, of those that were rendered before, and of the objects
/// that take their place.
#[must_use]
pub fn running(old: &[Value], objects: &[Object]) -> Vec<String> {
    let names: BTreeSet<&str> = users(objects).map(|object| object.value.str_at(NAME)).collect();
    let found = old.iter().filter(|was| names.contains(was.str_at(NAME))).filter(|was| runs(was));
    found.map(|was| was.str_at(NAME).to_owned()).collect()
}

/// Whether a registry ran with an output: `replaced` are its Deployments that another output of these objects replaces.
#[must_use]
pub fn has_run(replaced: &[Value], objects: &[Object]) -> bool {
    users(objects).any(|now| {
        let was = replaced.iter().find(|was| was.str_at(NAME) == now.value.str_at(NAME));
        runs(was.unwrap_or(&now.value))
    })
}

fn runs(deployment: &Value) -> bool {
    deployment.at(&["spec", "replicas"]) != Some(&Value::Int("0".to_owned()))
}

/// Why an output may not replace another one of which no pod has run yet: its pods wait for a restore from another server, and
/// nothing would wait for it any more.
#[must_use]
pub fn refused_restore(old: &[Value], objects: &[Object]) -> Option<(String, &'static str)> {
    users(objects).find_map(|now| {
        let name = now.value.str_at(NAME);
        let host = old.iter().find(|was| was.str_at(NAME) == name && !runs(was)).and_then(restored_from)?;
        let message = format!("{name} has not run yet, and would not wait any more for its database from {host}");
        let hint =
            "take spec.paused out in a commit before this one, alone; spec.restoreFrom goes once the registry runs";
        restored_from(&now.value).is_none().then_some((message, hint))
    })
}

/// The server from which the database of a pod is restored before it starts.
fn restored_from(deployment: &Value) -> Option<&str> {
    let containers = deployment.at(&["spec", "template", "spec", "initContainers"])?.as_seq()?;
    let gate = containers.iter().find(|container| container.str_at(&["name"]) == SCHEMA_GATE)?;
    let words = ["command", "args"].into_iter().filter_map(|field| gate.at(&[field])?.as_seq()).flatten();
    words.filter_map(Value::as_str).skip_while(|word| *word != RESTORED_FROM).nth(1)
}

/// The databases whose data is moved from another PostgreSQL, by the names of their Deployments.
#[must_use]
pub fn moves<'a>(deployments: impl Iterator<Item = &'a Value>) -> BTreeMap<&'a str, Move<'a>> {
    deployments
        .filter_map(|deployment| {
            let containers = deployment.at(&["spec", "template", "spec", "initContainers"])?.as_seq()?;
            let mover = containers.iter().find(|container| container.str_at(&["name"]) == MOVER)?;
            let variables = mover.at(&["env"])?.as_seq()?;
            let value = |name: &str| {
                variables.iter().find(|it| it.str_at(&["name"]) == name).map_or("", |it| it.str_at(&["value"]))
            };
            Some((deployment.str_at(NAME), Move { id: value("UPGRADE_ID"), is_done: value("STAGE") == "done" }))
        })
        .collect()
}

/// A move of a database's data, as its Deployment has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move<'a> {
    /// What it is called.
    pub id: &'a str,
    /// Whether the former claim is not looked at any more.
    pub is_done: bool,
}

/// Why an output may not replace another one of the same release, or of a later one: the data of a database would be moved
/// again, or would not be there. `is_stopped` says whether the registry has not run since it was to be moved.
#[must_use]
pub fn refused_move(
    old: &BTreeMap<&str, Move<'_>>,
    new: &BTreeMap<&str, Move<'_>>,
    is_stopped: bool,
) -> Option<(String, &'static str)> {
    old.iter().find_map(|(name, was)| match new.get(name) {
        Some(now) if now.id != was.id && !is_stopped => Some((
            format!(
                "the data of {name} would be moved again, and it has run with what the move {} has brought",
                was.id
            ),
            "give spec.databaseUpgrade the id that it had",
        )),
        Some(now) if now.id == was.id && now.is_done && !was.is_done && is_stopped => Some((
            format!("nothing would look for the data of {name} any more, and the registry has not run with it yet"),
            "start the registry in a commit before this one: `quay-render upgrade` goes through the steps",
        )),
        None if !was.is_done => Some((
            format!("{name} would not wait for its data any more, before the move is said to be done"),
            "keep spec.databaseUpgrade, with done: true once the registry runs: `quay-render upgrade` goes through the steps",
        )),
        _ => None,
    })
}

const DEPLOYMENT: &str = "Deployment";
/// The init container that brings the data of the former server to its place.
pub const MOVER: &str = "restore-previous";
/// How the names of all end that have to do with it.
pub const MOVERS: &str = "-previous";
const NAME: &[&str] = &["metadata", "name"];
