//! What a build would change in a directory, and what a cluster would make of it.

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::object::Object;
use crate::output::{self, Change, Failure, Old, Wanted};
use crate::{Rendered, immutable, model, upgrade};
use std::collections::BTreeMap;
use std::path::Path;

/// What a cluster would make of the files of a directory that are replaced, and of another release in their place.
pub(super) fn reviewed(out: &Path, old: &Old<'_>, rendered: &Rendered) -> Diagnostics {
    let release = &rendered.resolved.release;
    let named = old.files.iter().map(|(path, bytes)| (out.join(path).display().to_string(), bytes.as_slice()));
    let mut found = immutable::review(named, &rendered.objects, &rendered.shared, release);
    found.extend(upgraded(out, old, rendered));
    found
}

/// The same for what several registries of a fleet share.
pub(super) fn reviewed_shared(out: &Path, old: &Old<'_>, objects: &[Object]) -> Diagnostics {
    let named = old.files.iter().map(|(path, bytes)| (out.join(path).display().to_string(), bytes.as_slice()));
    match Catalog::embedded().standard() {
        Ok(release) => immutable::review(named, objects, &[], &release),
        Err(broken) => {
            let mut found = Diagnostics::new();
            found.push(model::broken_diagnostic(&broken));
            found
        }
    }
}

/// Why the release of a directory may not be followed by the one that is rendered.
pub(super) fn upgraded(out: &Path, old: &Old<'_>, rendered: &Rendered) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Some(locked) = old.release else { return found };
    let (release, databases) = (&rendered.resolved.release, &rendered.resolved.databases);
    let at = Location { file: out.join(output::LOCK).display().to_string(), line: 1, column: 1 };
    let mut refuse = |message: &str, hint: &str| {
        found.push(Diagnostic::new(codes::OUTPUT_RELEASE, message).at(at.clone()).hint(hint));
    };
    if locked != release.name {
        match upgrade::objection(Catalog::embedded(), locked, release, databases) {
            Ok(None) => {}
            Ok(Some(objection)) => {
                refuse(&objection.message, &objection.hint);
                return found;
            }
            Err(broken) => {
                found.push(model::broken_diagnostic(&broken));
                return found;
            }
        }
    }
    let deployments = upgrade::deployments(old.files);
    let running = upgrade::running(&deployments, &rendered.objects);
    if upgrade::stops(locked, release) && !running.is_empty() {
        let names = running.join(" and ");
        let message = format!("{names} would run while the migration to {} changes its database", release.name);
        let hint = "stop it in a commit before this one: spec.paused: true with the release that runs. \
                    `quay-render upgrade` goes through the steps";
        refuse(&message, hint);
    }
    let former = upgrade::moves(deployments.iter());
    if upgrade::stops(locked, release) && former.values().any(|one| !one.is_done) {
        let message = format!("the upgrade to {locked} has not been finished: spec.databaseUpgrade is not done");
        refuse(&message, "finish it first: `quay-render upgrade` goes through the steps");
        return found;
    }
    let moves = upgrade::moves(rendered.objects.iter().map(|object| &object.value));
    let is_stopped = !upgrade::has_run(&deployments, &rendered.objects);
    if let Some((message, hint)) = upgrade::refused_move(&former, &moves, is_stopped) {
        refuse(&message, hint);
    }
    // A database of yours is not restored.
    if let Some((message, hint)) = upgrade::refused_restore(&deployments, &rendered.objects).filter(|_| databases.quay)
    {
        refuse(&message, hint);
    }
    found
}

/// How a directory differs from the output of a build.
pub(super) struct Checked {
    /// Each differing file, after a word that says how it differs:
    ///
    /// - `missing`: it is not there;
    /// - `changed`: it is as an earlier build left it, and the input asks for something else;
    /// - `edited`: a person changed it, or it was written with other keys;
    /// - `foreign`: quay-render did not write it, and it is where a file of the output belongs;
    /// - `stale`: it is no longer part of the output.
    pub lines: Vec<(&'static str, String)>,
    /// Links and directories that are where a file of the output belongs.
    pub problems: Diagnostics,
    /// How many files there are.
    pub total: usize,
}

impl Checked {
    /// A directory that holds nothing but the leftovers of a killed run.
    pub fn scrap() -> Self {
        Self { lines: vec![("stale", output::STAGING.to_owned())], problems: Diagnostics::new(), total: 0 }
    }

    pub fn differs(&self) -> bool {
        !self.lines.is_empty() || self.problems.has_errors()
    }
}

/// Compares a directory with the wanted output, as if `--force` were given.
///
/// # Errors
/// Where they cannot be compared.
pub(super) fn checked(wanted: Wanted<'_>) -> Result<Checked, Failure> {
    let plan = match output::compare_with(wanted) {
        Ok(plan) => plan,
        // A link or a directory where a file belongs is a difference; after any other problem the comparison is
        // impossible.
        Err(Failure::Refused(problems)) if problems.iter().all(|problem| problem.code == codes::OUTPUT_FOREIGN) => {
            return Ok(Checked { lines: Vec::new(), problems, total: 0 });
        }
        Err(failure) => return Err(failure),
    };
    let touched = match output::compare_with(Wanted { force: false, ..wanted }) {
        Err(Failure::Refused(problems)) => touched(&problems),
        _ => BTreeMap::new(),
    };
    let mut lines = Vec::new();
    for (path, change) in plan.changes() {
        let by_person = touched.get(&wanted.target.join(path).display().to_string());
        let word = match change {
            Change::Unchanged => continue,
            Change::Added => "missing",
            Change::Changed => by_person.copied().unwrap_or("changed"),
            Change::Removed => by_person.copied().unwrap_or("stale"),
        };
        lines.push((word, path.to_owned()));
    }
    if output::is_scrap(wanted.target) {
        lines.push(("stale", output::STAGING.to_owned()));
    }
    if lines.is_empty() && !plan.is_empty() {
        let word = if wanted.files.is_some() { "changed" } else { "stale" };
        lines.push((word, output::LOCK.to_owned()));
    }
    Ok(Checked { lines, problems: Diagnostics::new(), total: plan.changes().count() })
}

/// The files that a build would refuse to overwrite, by path, and why.
fn touched(problems: &Diagnostics) -> BTreeMap<String, &'static str> {
    let word = |code| if code == codes::OUTPUT_EDITED { "edited" } else { "foreign" };
    let places = problems.iter().filter_map(|it| Some((it.location.as_ref()?.file.clone(), word(it.code))));
    places.collect()
}
