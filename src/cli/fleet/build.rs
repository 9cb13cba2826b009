//! `build` of a fleet: all directories or none.

use super::super::build::{Checked, checked, counts, reviewed};
use super::super::{Fatal, Outcome, count, only_errors, print, report, report_all};
use super::{Run, refused};
use crate::fleet::{LIST, listed, namespaces, top};
use crate::input::NAMESPACES;
use crate::object::{Object, Value};
use crate::output::{Failure, FileSet, Prepared, Report, Wanted};
use crate::{emit, output};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// The directories that an earlier run of the fleet wrote and this one does not, as far as they are there.
fn gone(run: &Run, out: &Path) -> Result<Vec<String>, Failure> {
    if !run.is_whole {
        return Ok(Vec::new());
    }
    let Some(bytes) = output::own_file(out, LIST)? else { return Ok(Vec::new()) };
    let (list, wanted) = (String::from_utf8_lossy(&bytes), directories(run));
    let is_gone = |path: &&str| !wanted.iter().any(|wanted| wanted == path) && output::is_output(out, path);
    Ok(listed(&list).filter(is_gone).map(str::to_owned).collect())
}

/// The directories that the output consists of.
fn directories(run: &Run) -> Vec<String> {
    let shared = (!run.shared.is_empty()).then(|| NAMESPACES.to_owned());
    shared.into_iter().chain(run.fleet.members.iter().map(|member| member.name.clone())).collect()
}

/// How many directories are kept from other runs at the same time: each takes an open file, of which there are 256 at least.
const MOST_CLAIMS: usize = 100;

/// Writes the output of a fleet: everything is compiled, compared and staged before the first directory changes.
pub(in super::super) fn write(run: &Run, out: &Path, force: bool) -> Result<Outcome, Fatal> {
    let gone = gone(run, out);
    let release = run.release();
    let targets: Vec<PathBuf> = directories(run).iter().map(|name| out.join(name)).collect();
    let new = output::missing(targets.iter().map(PathBuf::as_path));
    let is_large = targets.len() > MOST_CLAIMS;
    // The uppermost directory is claimed all the time, so that two runs over a fleet exclude each other.
    let top_files = top(&directories(run), &release);
    let on_top = run
        .is_whole
        .then(|| output::prepare(Wanted { target: out, files: Some(&top_files), key: None, force, review: None }));
    let survey = run.compile(|member, rendered| {
        let (target, files, key) = (out.join(&member.name), rendered.files(), rendered.lock_key());
        let review = |old: &BTreeMap<String, Vec<u8>>| reviewed(&target, old, &rendered.objects);
        let wanted = Wanted { target: &target, files: Some(&files), key: key.as_ref(), force, review: Some(&review) };
        output::prepare(wanted).map(|prepared| if is_large { prepared.released() } else { prepared })
    });
    let mut staged = Staged::default();
    staged.new = new;
    staged.extend(on_top);
    let mut survey = survey?;
    staged.extend(std::mem::take(&mut survey.made).into_iter().map(|(_, made)| made));
    match gone {
        Ok(gone) => {
            let registries: Vec<String> = gone.iter().filter(|path| *path != NAMESPACES).cloned().collect();
            survey.diagnostics.extend(run.gone(out, &registries));
            staged.gone = gone;
        }
        Err(failure) => staged.failures.push(failure),
    }
    run.report(&survey);
    if survey.diagnostics.has_errors() {
        for directory in targets.iter().filter(|path| output::unfinished(path)) {
            eprintln!("{}: an earlier run was interrupted; the next build completes it", directory.display());
        }
        return Ok(Outcome::Refused);
    }
    if run.is_whole {
        staged.stage_rest(out, &emit_namespaces(&namespaces(&survey.facts), &release), force);
    }
    if !staged.failures.is_empty() {
        refused(std::mem::take(&mut staged.failures))?;
        return Ok(Outcome::Refused);
    }
    staged.commit(run, out)
}

fn emit_namespaces(objects: &[Object], release: &str) -> Option<FileSet> {
    (!objects.is_empty()).then(|| emit::directory(objects, release))
}

/// What is staged, the uppermost directory first.
#[derive(Default)]
struct Staged {
    ready: Vec<Prepared>,
    failures: Vec<Failure>,
    gone: Vec<String>,
    /// The directories that were not there before.
    new: Vec<PathBuf>,
}

/// What is left is given up, from below: directories that were made for nothing are empty when their turn comes.
impl Drop for Staged {
    fn drop(&mut self) {
        while let Some(prepared) = self.ready.pop() {
            drop(prepared);
        }
        output::remove_empty(&self.new);
    }
}

impl Staged {
    fn extend(&mut self, prepared: impl IntoIterator<Item = Result<Prepared, Failure>>) {
        for prepared in prepared {
            match prepared {
                Ok(prepared) => self.ready.push(prepared),
                Err(failure) => self.failures.push(failure),
            }
        }
    }

    /// What is not of one registry: the Namespaces, and what is given up.
    fn stage_rest(&mut self, out: &Path, namespaces: &Option<FileSet>, force: bool) {
        let shared = out.join(NAMESPACES);
        self.extend(namespaces.as_ref().map(|files| {
            output::prepare(Wanted { target: &shared, files: Some(files), key: None, force, review: None })
                .map(Prepared::released)
        }));
        let given_up: Vec<_> = self.gone.iter().map(|path| out.join(path)).collect();
        self.extend(given_up.iter().map(|target| {
            output::prepare(Wanted { target, files: None, key: None, force, review: None }).map(Prepared::released)
        }));
    }

    /// Carries everything out, the uppermost directory last.
    fn commit(mut self, run: &Run, out: &Path) -> Result<Outcome, Fatal> {
        let total = self.ready.len();
        let mut all = Report::default();
        while let Some(next) = self.ready.pop() {
            match next.commit() {
                Ok(report) => add(&mut all, report),
                Err(failure) => {
                    let done = total - self.ready.len() - 1;
                    refused(vec![failure])?;
                    eprintln!("{}: {done} of {total} directories are written; build again", out.display());
                    return Ok(Outcome::Refused);
                }
            }
        }
        all.review.sort();
        report(&all.review, None);
        self.gone.iter().for_each(|path| output::remove_empty(&output::ways_up(out, path)));
        eprintln!("{}: {}: {}", out.display(), count(run.fleet.members.len(), "registry"), counts(&all));
        Ok(Outcome::Done)
    }
}

fn add(all: &mut Report, report: Report) {
    all.added.extend(report.added);
    all.changed.extend(report.changed);
    all.removed.extend(report.removed);
    all.unchanged += report.unchanged;
    all.review.extend(report.review);
    all.completed_journal |= report.completed_journal;
}

/// Prints each file that is not as [`write`] would leave it.
pub(in super::super) fn check(run: &Run, out: &Path) -> Result<Outcome, Fatal> {
    let survey = run.compile(|member, rendered| {
        let (target, files, key) = (out.join(&member.name), rendered.files(), rendered.lock_key());
        checked(Wanted { target: &target, files: Some(&files), key: key.as_ref(), force: true, review: None })
    })?;
    let gone = gone(run, out);
    run.report(&survey);
    if survey.diagnostics.has_errors() {
        return Ok(Outcome::NotCompared);
    }
    let mut found: Vec<(String, Result<Checked, Failure>)> = survey.made;
    let gone = match gone {
        Ok(gone) => gone,
        Err(failure) => {
            found.push((String::new(), Err(failure)));
            Vec::new()
        }
    };
    if run.is_whole {
        let release = run.release();
        let top = top(&directories(run), &release);
        let namespaces = emit_namespaces(&namespaces(&survey.facts), &release);
        let mut look = |path: &str, files: Option<&FileSet>| {
            let target = if path.is_empty() { out.to_owned() } else { out.join(path) };
            found.push((
                path.to_owned(),
                checked(Wanted { target: &target, files, key: None, force: true, review: None }),
            ));
        };
        look("", Some(&top));
        namespaces.iter().for_each(|files| look(NAMESPACES, Some(files)));
        gone.iter().for_each(|path| look(path, None));
    }
    told(out, found)
}

/// Prints what was found in each directory.
fn told(out: &Path, mut found: Vec<(String, Result<Checked, Failure>)>) -> Result<Outcome, Fatal> {
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (mut differing, mut total, mut failures) = (0, 0, Vec::new());
    let mut outcome = Outcome::Done;
    for (path, checked) in found {
        match checked {
            Err(failure) => failures.push(failure),
            Ok(checked) => {
                report(&checked.problems, None);
                let front = if path.is_empty() { path } else { path + "/" };
                for (word, file) in &checked.lines {
                    print(format_args!("{word:<7} {front}{file}\n"))?;
                }
                differing += checked.lines.len();
                total += checked.total;
                if checked.differs() {
                    outcome = Outcome::Differs;
                }
            }
        }
    }
    if !failures.is_empty() {
        refused(failures)?;
        return Ok(Outcome::NotCompared);
    }
    eprintln!("{}: {differing} of {total} files differ", out.display());
    Ok(outcome)
}

/// Prints all objects of a fleet as one stream.
pub(in super::super) fn stream(run: &Run) -> Result<Outcome, Fatal> {
    let survey = run.compile(|_, rendered| emit::stream(&rendered.objects))?;
    run.report(&survey);
    if survey.diagnostics.has_errors() {
        return Ok(Outcome::Refused);
    }
    print(emit::stream(&namespaces(&survey.facts)))?;
    survey.made.iter().try_for_each(|(_, text)| print(text))?;
    Ok(Outcome::Done)
}

/// All objects of a fleet; nothing where it is refused, which has been said.
pub(in super::super) fn objects(run: &Run) -> Result<Option<Vec<Value>>, Fatal> {
    let values = |objects: &[Object]| objects.iter().map(|object| object.value.clone()).collect::<Vec<_>>();
    let survey = run.compile(|_, rendered| values(&rendered.objects))?;
    report_all(&only_errors(&survey.diagnostics), &run.noisy(&survey, io::stderr().is_terminal()));
    if survey.diagnostics.has_errors() {
        return Ok(None);
    }
    let shared = values(&namespaces(&survey.facts));
    Ok(Some(shared.into_iter().chain(survey.made.into_iter().flat_map(|(_, values)| values)).collect()))
}
