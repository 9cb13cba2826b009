//! What a build did to a directory, or would do.

use crate::diagnostic::{Diagnostics, codes};
use crate::output::{self, Change, Failure, Report, Wanted};
use crate::{Rendered, immutable};
use std::collections::BTreeMap;
use std::path::Path;

/// What a cluster would make of the files of a directory that are replaced.
pub(super) fn reviewed(out: &Path, old: &BTreeMap<String, Vec<u8>>, rendered: &Rendered) -> Diagnostics {
    let named = old.iter().map(|(path, bytes)| (out.join(path).display().to_string(), bytes.as_slice()));
    immutable::review(named, &rendered.objects, &rendered.resolved.release)
}

/// What a run did, in numbers.
pub(super) fn counts(report: &Report) -> String {
    let resumed = if report.completed_journal { "an interrupted run was completed; " } else { "" };
    format!(
        "{resumed}{} added, {} changed, {} removed, {} unchanged",
        report.added.len(),
        report.changed.len(),
        report.removed.len(),
        report.unchanged
    )
}

/// How a directory differs from what a build would leave.
pub(super) struct Checked {
    /// Each file that does, behind what is the matter with it:
    ///
    /// - `missing`: it is not there;
    /// - `changed`: it is as an earlier build left it, and the input asks for something else;
    /// - `edited`: a person changed it, or it was written with other keys;
    /// - `foreign`: it is in the way, and quay-render has not written it;
    /// - `stale`: it is no longer part of the output.
    pub lines: Vec<(&'static str, String)>,
    /// What is in the way of a file and is not a file.
    pub problems: Diagnostics,
    /// How many files there are.
    pub total: usize,
}

impl Checked {
    /// A directory that has nothing but what a killed run left.
    pub fn scrap() -> Self {
        Self { lines: vec![("stale", output::STAGING.to_owned())], problems: Diagnostics::new(), total: 0 }
    }

    pub fn differs(&self) -> bool {
        !self.lines.is_empty() || self.problems.has_errors()
    }
}

/// Compares a directory with what is wanted, by force.
///
/// # Errors
/// Where that cannot be told.
pub(super) fn checked(wanted: Wanted<'_>) -> Result<Checked, Failure> {
    let plan = match output::compare_with(wanted) {
        Ok(plan) => plan,
        // A link or a directory in the way of a file is a difference; in every other case nobody can tell.
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

/// The files that a build would refuse to overwrite, and why, by their place.
fn touched(problems: &Diagnostics) -> BTreeMap<String, &'static str> {
    let word = |code| if code == codes::OUTPUT_EDITED { "edited" } else { "foreign" };
    let places = problems.iter().filter_map(|it| Some((it.location.as_ref()?.file.clone(), word(it.code))));
    places.collect()
}
