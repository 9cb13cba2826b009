//! Which release may follow which, and what stands in the way (guide 5.2 and 5.3).
//!
//! The schema of Quay's database belongs to its release and is never taken back, and a PostgreSQL reads no data directory of
//! another major version. So a release is rendered over another one only where Red Hat documents that step
//! (`upgrades_from` of a release), where every database stays the PostgreSQL that it is, and, from one minor release to the
//! next, after the application has been stopped: the operator stops it too (measured).

use crate::catalog::{Broken, Catalog, Release, number};
use crate::diagnostic::Diagnostics;
use crate::object::{Object, Value};
use crate::quote;
use crate::yaml::{self, Origin};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The init container that holds a pod back until the schema is that of its image: the pods that have it use Quay's database.
const SCHEMA_GATE: &str = "wait-for-schema";

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
#[derive(Clone, Copy, Debug)]
pub struct Databases {
    /// Quay's.
    pub quay: bool,
    /// Clair's.
    pub clair: bool,
}

/// A database that another release runs with another PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Major {
    /// Whose it is.
    pub of: &'static str,
    /// The version that it has.
    pub from: String,
    /// The version that it would have.
    pub to: String,
}

/// The databases that change their PostgreSQL from one release to another.
#[must_use]
pub fn majors(old: &Release, new: &Release, databases: Databases) -> Vec<Major> {
    let rows = [("Quay", "database", databases.quay), ("Clair", "clair_database", databases.clair)];
    let version = |release: &Release, fact: &str| {
        release.facts.at(&[fact, "version"]).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let major = |(of, fact, is_rendered): (&'static str, &str, bool)| {
        let (from, to) = (version(old, fact), version(new, fact));
        (is_rendered && from != to).then_some(Major { of, from, to })
    };
    rows.into_iter().filter_map(major).collect()
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
    databases: Databases,
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
    if majors.is_empty() {
        return Ok(None);
    }
    let said = |major: &Major| format!("{}'s database from PostgreSQL {} to {}", major.of, major.from, major.to);
    let message = format!("this step takes {}", majors.iter().map(said).collect::<Vec<_>>().join(", "));
    let hint = "nothing here moves their data yet: it would start with an empty volume. Move it by dump and restore into a \
                database of your own, and list the component as unmanaged";
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
        object.kind() == "Deployment" && gates.iter().any(|gate| gate.str_at(&["name"]) == SCHEMA_GATE)
    };
    objects.iter().filter(waits)
}

/// The Deployments that use Quay's database and have not been stopped, of what another release rendered: its files by their
/// paths, and the objects that take their place.
#[must_use]
pub fn running(old: &BTreeMap<String, Vec<u8>>, objects: &[Object]) -> Vec<String> {
    let names: BTreeSet<&str> = users(objects).map(|object| object.value.str_at(NAME)).collect();
    let mut found = Vec::new();
    for (path, bytes) in old {
        let origin = Origin { file: path, within: None };
        for document in yaml::parse_own(&String::from_utf8_lossy(bytes), &origin, &mut Diagnostics::new()) {
            let was = document.root.to_value();
            let name = was.str_at(NAME);
            let is_one = was.str_at(&["kind"]) == "Deployment" && names.contains(name);
            if is_one && was.at(&["spec", "replicas"]) != Some(&Value::Int("0".to_owned())) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

const NAME: &[&str] = &["metadata", "name"];
