//! `build` of a fleet: all directories or none.

use super::super::checked::{Checked, checked, reviewed, reviewed_shared, upgraded};
use super::super::terminal::{print_whole, tell};
use super::super::words::Form;
use super::super::{Fatal, Outcome, only_errors, print, report, report_all, told};
use super::top::{self, Known, Top, part};
use super::{Run, refused};
use crate::fleet::{NAMESPACES, shared};
use crate::object::{Object, Value};
use crate::output::{Failure, FileSet, Old, Prepared, Report, Wanted};
use crate::{emit, output};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

/// How many directories are locked against other runs at once: each takes an open file, and the limit is 256 at least.
const MOST_LOCKS: usize = 100;

/// Writes the output of a fleet: everything is compiled, compared and staged before the first directory changes.
pub(in super::super) fn write(run: &Run, out: &Path, force: bool, form: Form) -> Result<Outcome, Fatal> {
    let release = run.release();
    let targets: Vec<PathBuf> = top::directories(run).iter().map(|name| out.join(name)).collect();
    let new = output::missing(targets.iter().map(PathBuf::as_path));
    let is_large = targets.len() > MOST_LOCKS;
    let top = Top::take(run, out, force);
    let survey = run.compile(|member, rendered| {
        let (target, files, key) = (out.join(&member.name), rendered.files(), rendered.lock_key());
        let review = |old: &Old<'_>| reviewed(&target, old, rendered);
        let wanted = Wanted { key: key.as_ref(), review: Some(&review), ..part(out, &target, Some(&files), force) };
        output::prepare(wanted).map(|prepared| if is_large { prepared.released() } else { prepared })
    });
    let mut staged = Staged::default();
    staged.new = new;
    match top {
        Ok(top) => staged.top = top,
        Err(failure) => staged.failures.push(failure),
    }
    let mut survey = survey?;
    staged.extend(std::mem::take(&mut survey.made).into_iter().map(|(_, made)| made));
    let registries: Vec<String> = staged.gone().filter(|path| *path != NAMESPACES).map(str::to_owned).collect();
    survey.diagnostics.extend(run.gone(out, &registries));
    run.report(&survey);
    if survey.diagnostics.has_errors() {
        for directory in targets.iter().filter(|path| output::unfinished(path)) {
            tell(format_args!("{}: an earlier run was interrupted; the next build completes it", directory.display()));
        }
        return Ok(Outcome::Refused);
    }
    if run.is_whole {
        staged.stage_rest(out, &shared(&survey.facts), &release, force);
    }
    if !staged.failures.is_empty() {
        refused(std::mem::take(&mut staged.failures))?;
        return Ok(Outcome::Refused);
    }
    staged.commit(run, out, force, form)
}

fn emit_shared(objects: &[Object], release: &str) -> Option<FileSet> {
    (!objects.is_empty()).then(|| emit::directory(objects, release))
}

/// What is staged so far.
#[derive(Default)]
struct Staged {
    top: Option<Top>,
    ready: Vec<Prepared>,
    failures: Vec<Failure>,
    /// The directories that were not there before.
    new: Vec<PathBuf>,
}

/// Discards what was not committed, from the bottom up: directories made for nothing are empty when their turn comes.
impl Drop for Staged {
    fn drop(&mut self) {
        while let Some(prepared) = self.ready.pop() {
            drop(prepared);
        }
        self.top = None;
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

    /// The directories that are dropped from the output.
    fn gone(&self) -> impl Iterator<Item = &str> {
        self.top.iter().flat_map(|top| top.gone.iter().map(String::as_str))
    }

    /// Stages what belongs to no single registry: shared objects, dropped directories, and leftovers of killed runs.
    fn stage_rest(&mut self, out: &Path, objects: &[Object], release: &str, force: bool) {
        let (target, files) = (out.join(NAMESPACES), emit_shared(objects, release));
        let review = |old: &Old<'_>| reviewed_shared(&target, old, objects);
        let shared =
            files.as_ref().map(|files| Wanted { review: Some(&review), ..part(out, &target, Some(files), force) });
        self.extend(shared.map(|wanted| output::prepare(wanted).map(Prepared::released)));
        let given_up: Vec<_> = self.gone().map(|path| out.join(path)).collect();
        let given_up = given_up.iter().map(|target| part(out, target, None, force));
        self.extend(given_up.map(|wanted| output::prepare(wanted).map(Prepared::released)));
        for path in self.top.iter().flat_map(|top| &top.scraps) {
            match output::recover(&out.join(path), out, force) {
                Ok(()) => output::remove_empty(&output::ways_up(out, path)),
                Err(failure) => self.failures.push(failure),
            }
        }
    }

    /// Commits everything that is staged.
    fn commit(mut self, run: &Run, out: &Path, force: bool, form: Form) -> Result<Outcome, Fatal> {
        let (total, mut done) = (self.ready.len() + usize::from(self.top.is_some()), 0);
        let mut all = Report::default();
        if let Err(failure) = self.commit_all(run, out, force, &mut all, &mut done) {
            refused(vec![failure])?;
            tell(format_args!("{}: {done} of {total} directories are written; build again", out.display()));
            return Ok(Outcome::Refused);
        }
        all.review.sort();
        report(&all.review, None);
        told::written(out, Some(run.fleet.members.len()), &all, form)?;
        Ok(Outcome::Done)
    }

    fn commit_all(
        &mut self,
        run: &Run,
        out: &Path,
        force: bool,
        all: &mut Report,
        done: &mut usize,
    ) -> Result<(), Failure> {
        let top = self.top.take().map(|top| Ok((top.prepared.commit_held()?, top.gone))).transpose()?;
        while let Some(next) = self.ready.pop() {
            let front = next.target().strip_prefix(out).unwrap_or(out).display().to_string();
            add(all, next.commit()?, &front);
            *done += 1;
        }
        let Some(((mut listed, held), gone)) = top else { return Ok(()) };
        gone.iter().for_each(|path| output::remove_empty(&output::ways_up(out, path)));
        if let Some(held) = held.filter(|_| !gone.is_empty()) {
            let files = top::list(run, &top::directories(run));
            let shorter = held.prepare(part(out, out, Some(&files), force))?.commit()?;
            listed = Report { completed_journal: listed.completed_journal, ..shorter };
        }
        add(all, listed, "");
        Ok(())
    }
}

/// Adds what was done to a directory, by its path in the output.
fn add(all: &mut Report, report: Report, front: &str) {
    let named = |files: Vec<String>| {
        files.into_iter().map(move |file| if front.is_empty() { file } else { format!("{front}/{file}") })
    };
    all.added.extend(named(report.added));
    all.changed.extend(named(report.changed));
    all.removed.extend(named(report.removed));
    all.unchanged += report.unchanged;
    all.review.extend(report.review);
    all.completed_journal |= report.completed_journal;
}

/// Prints each file that [`write`] would change.
pub(in super::super) fn check(run: &Run, out: &Path, form: Form) -> Result<Outcome, Fatal> {
    let survey = run.compile(|member, rendered| {
        let (target, files, key) = (out.join(&member.name), rendered.files(), rendered.lock_key());
        let review = |old: &Old<'_>| upgraded(&target, old, rendered);
        checked(Wanted { key: key.as_ref(), review: Some(&review), ..part(out, &target, Some(&files), true) })
    })?;
    let known = Known::find(run, out);
    run.report(&survey);
    if survey.diagnostics.has_errors() {
        return Ok(Outcome::NotCompared);
    }
    let mut found: Vec<(String, Result<Checked, Failure>)> = survey.made;
    let mut look = |path: &str, files: Option<&FileSet>| {
        let target = if path.is_empty() { out.to_owned() } else { out.join(path) };
        found.push((path.to_owned(), checked(part(out, &target, files, true))));
    };
    if run.is_whole {
        let shared = emit_shared(&shared(&survey.facts), &run.release());
        shared.iter().for_each(|files| look(NAMESPACES, Some(files)));
    }
    match known {
        Ok(known) => {
            known.list.iter().for_each(|directories| look("", Some(&top::list(run, directories))));
            known.gone.iter().for_each(|path| look(path, None));
            found.extend(known.scraps.into_iter().map(|path| (path, Ok(Checked::scrap()))));
        }
        Err(failure) => found.push((String::new(), Err(failure))),
    }
    compared(out, found, form)
}

/// Tells what was found in each directory.
fn compared(out: &Path, mut found: Vec<(String, Result<Checked, Failure>)>, form: Form) -> Result<Outcome, Fatal> {
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for (path, checked) in found {
        match checked {
            Err(failure) => failures.push(failure),
            Ok(checked) => {
                report(&checked.problems, None);
                all.push((path, checked));
            }
        }
    }
    if !failures.is_empty() {
        refused(failures)?;
        return Ok(Outcome::NotCompared);
    }
    told::checked(out, &all, form)?;
    Ok(if all.iter().any(|(_, checked)| checked.differs()) { Outcome::Differs } else { Outcome::Done })
}

/// Prints all objects of a fleet as one stream.
pub(in super::super) fn stream(run: &Run) -> Result<Outcome, Fatal> {
    let survey = run.compile(|_, rendered| emit::stream(&rendered.objects))?;
    run.report(&survey);
    if survey.diagnostics.has_errors() {
        return Ok(Outcome::Refused);
    }
    print_whole(emit::stream(&shared(&survey.facts)))?;
    survey.made.iter().try_for_each(|(_, text)| print(text))?;
    Ok(Outcome::Done)
}

/// All objects of a fleet; nothing if it is refused, which has already been reported.
pub(in super::super) fn objects(run: &Run) -> Result<Option<Vec<Value>>, Fatal> {
    let values = |objects: &[Object]| objects.iter().map(|object| object.value.clone()).collect::<Vec<_>>();
    let survey = run.compile(|_, rendered| values(&rendered.objects))?;
    report_all(&only_errors(&survey.diagnostics), &run.noisy(&survey, io::stderr().is_terminal()));
    if survey.diagnostics.has_errors() {
        return Ok(None);
    }
    let shared = values(&shared(&survey.facts));
    Ok(Some(shared.into_iter().chain(survey.made.into_iter().flat_map(|(_, values)| values)).collect()))
}
