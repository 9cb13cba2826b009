//! All diagnostics of a run, in bounded space: of many similar ones in a file, those beyond a hundred are only counted.
//! A file of a few MiB can hold a million mistakes, and nobody reads that many.

use super::{Code, Diagnostic, Location, Severity, codes};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// How many with the same code and severity are kept for a file, and how many with the same severity are shown for it.
pub const MOST_OF_FILE: usize = 100;
/// How many with the same code and severity are kept in total.
const MOST_OF_CODE: usize = 1_000;
/// How many are shown in total, errors before warnings before notes.
pub const MOST: usize = 500;
/// Codes that the program itself evaluates, so all are kept. Their number is bounded by what is rendered.
const KEPT_WHOLE: &[Code] = &[
    codes::SECRET_ABSENT,
    codes::OUTPUT_EDITED,
    codes::OUTPUT_RELEASE,
    codes::OUTPUT_LOCK,
    codes::OUTPUT_FOREIGN,
    codes::OUTPUT_IMMUTABLE,
];
const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

type Kind = (&'static str, Severity);

/// Collects every diagnostic of a run, without duplicates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    kept: Vec<Diagnostic>,
    /// The digest of each one, kept or not.
    seen: BTreeSet<u64>,
    in_all: BTreeMap<Kind, usize>,
    /// By file name; empty for those without a file.
    files: BTreeMap<String, BTreeMap<Kind, Group>>,
}

/// The diagnostics with one code and severity in one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    kept: usize,
    /// Those that are not kept, with their code.
    others: Option<(Code, Vec<Other>)>,
}

/// A diagnostic that is only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Other {
    digest: u64,
    /// The digest of its location, from [`place`].
    place: u64,
}

impl Group {
    fn others(&self) -> usize {
        self.others.as_ref().map_or(0, |(_, others)| others.len())
    }
}

impl Diagnostics {
    /// No diagnostics yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.add(diagnostic, |_| {});
    }

    /// Adds a diagnostic with a hint that is expensive to find; it is computed only if the diagnostic is kept.
    pub fn push_with_hint(&mut self, diagnostic: Diagnostic, hint: impl FnOnce() -> String) {
        self.add(diagnostic, |it| it.hint = Some(hint()));
    }

    fn add(&mut self, mut diagnostic: Diagnostic, complete: impl FnOnce(&mut Diagnostic)) {
        let digest = digest(&diagnostic);
        if !self.seen.insert(digest) {
            return;
        }
        let kind = (diagnostic.code.as_str(), diagnostic.severity);
        let has_room = self.has_room(file(&diagnostic), kind) || KEPT_WHOLE.contains(&diagnostic.code);
        let group = self.group(file(&diagnostic), kind);
        if has_room {
            group.kept += 1;
            *self.in_all.entry(kind).or_default() += 1;
            complete(&mut diagnostic);
            self.kept.push(diagnostic);
        } else {
            let other = Other { digest, place: place(&diagnostic) };
            group.others.get_or_insert_with(|| (diagnostic.code, Vec::new())).1.push(other);
        }
    }

    fn has_room(&self, file: &str, kind: Kind) -> bool {
        let of_file = self.files.get(file).and_then(|kinds| kinds.get(&kind)).map_or(0, |group| group.kept);
        of_file < MOST_OF_FILE && self.in_all.get(&kind).is_none_or(|kept| *kept < MOST_OF_CODE)
    }

    fn group(&mut self, file: &str, kind: Kind) -> &mut Group {
        if !self.files.contains_key(file) {
            self.files.insert(file.to_owned(), BTreeMap::new());
        }
        self.files.entry(file.to_owned()).or_default().entry(kind).or_default()
    }

    /// Adds all diagnostics of another run.
    pub fn extend(&mut self, others: Diagnostics) {
        others.kept.into_iter().for_each(|diagnostic| self.push(diagnostic));
        for (file, kinds) in others.files {
            for (kind, group) in kinds {
                self.count_others(&file, kind, group);
            }
        }
    }

    /// Counts the diagnostics of a group that were not kept.
    fn count_others(&mut self, file: &str, kind: Kind, group: Group) {
        let Some((code, others)) = group.others else { return };
        let new: Vec<Other> = others.into_iter().filter(|other| self.seen.insert(other.digest)).collect();
        if !new.is_empty() {
            self.group(file, kind).others.get_or_insert_with(|| (code, Vec::new())).1.extend(new);
        }
    }

    /// Applies a change to each diagnostic.
    #[must_use]
    pub fn map(self, change: impl FnMut(Diagnostic) -> Diagnostic) -> Self {
        let mut changed = Self::new();
        self.kept.into_iter().map(change).for_each(|diagnostic| changed.push(diagnostic));
        for (file, kinds) in self.files {
            for (kind, group) in kinds {
                changed.count_others(&file, kind, group);
            }
        }
        changed
    }

    /// Gives each diagnostic the severity that `judge` returns, and removes it if that is `None`. `judge` is also given
    /// how many it judges at once: those that are only counted have no field or message.
    pub fn judge(&mut self, mut judge: impl FnMut(&Diagnostic, usize) -> Option<Severity>) {
        let mut judged = Self::new();
        for mut diagnostic in std::mem::take(&mut self.kept) {
            if let Some(severity) = judge(&diagnostic, 1) {
                diagnostic.severity = severity;
                judged.push(diagnostic);
            }
        }
        for (file, kinds) in std::mem::take(&mut self.files) {
            for ((name, severity), group) in kinds {
                let Some((code, others)) = &group.others else { continue };
                let one = Diagnostic { severity, ..Diagnostic::new(*code, "").at(Location::file(&file)) };
                if let Some(severity) = judge(&one, others.len()) {
                    judged.count_others(&file, (name, severity), group);
                }
            }
        }
        *self = judged;
    }

    /// Removes those for which `keep` is false; those that are only counted have no field or message.
    pub fn retain(&mut self, mut keep: impl FnMut(&Diagnostic) -> bool) {
        self.judge(|diagnostic, _| keep(diagnostic).then_some(diagnostic.severity));
    }

    /// Removes diagnostics at the location of one, kept or not, whose code `is_cause` of the others there.
    pub fn drop_beside(&mut self, is_cause: impl Fn(Code) -> bool) {
        let places = self.kept.iter().filter(|it| is_cause(it.code)).map(place);
        let groups = self.files.values().flat_map(BTreeMap::values).filter_map(|group| group.others.as_ref());
        let others =
            groups.filter(|(code, _)| is_cause(*code)).flat_map(|(_, others)| others.iter().map(|it| it.place));
        let places: BTreeSet<u64> = places.chain(others).filter(|place| *place != NOWHERE).collect();
        if places.is_empty() {
            return;
        }
        for group in self.files.values_mut().flat_map(BTreeMap::values_mut) {
            if let Some((_, others)) = group.others.as_mut().filter(|(code, _)| !is_cause(*code)) {
                others.retain(|it| !places.contains(&it.place));
            }
        }
        self.retain(|it| is_cause(it.code) || !places.contains(&place(it)));
    }

    /// Whether any of them refuses the input.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many have `severity`, including those not kept.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let groups = self.files.values().flatten().filter(|((_, of), _)| *of == severity);
        groups.map(|(_, group)| group.kept + group.others()).sum()
    }

    /// Sorts by location, then by code and message.
    pub fn sort(&mut self) {
        self.kept.sort_by(|a, b| {
            (&a.location, a.severity, a.code.as_str(), &a.field, &a.message).cmp(&(
                &b.location,
                b.severity,
                b.code.as_str(),
                &b.field,
                &b.message,
            ))
        });
    }

    /// The kept diagnostics, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.kept.iter()
    }

    /// The diagnostics for a report: as many as people can read, then one `more-problems` per file and severity with
    /// the number of the rest.
    #[must_use]
    pub fn shown(&self) -> Vec<Cow<'_, Diagnostic>> {
        let mut shown = BTreeSet::new();
        let mut rest: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
        let mut files: BTreeMap<(Severity, &str), usize> = BTreeMap::new();
        for severity in SEVERITIES {
            for (index, diagnostic) in self.kept.iter().enumerate().filter(|(_, it)| it.severity == severity) {
                let of_file = files.entry((severity, file(diagnostic))).or_default();
                if *of_file < MOST_OF_FILE && shown.len() < MOST {
                    *of_file += 1;
                    shown.insert(index);
                } else {
                    *rest.entry((severity, file(diagnostic))).or_default() += 1;
                }
            }
        }
        for (file, kinds) in &self.files {
            for ((_, severity), group) in kinds.iter().filter(|(_, group)| group.others() > 0) {
                *rest.entry((*severity, file)).or_default() += group.others();
            }
        }
        let kept = shown.into_iter().filter_map(|index| self.kept.get(index)).map(Cow::Borrowed);
        kept.chain(more(&rest, &files).into_iter().map(Cow::Owned)).collect()
    }
}

/// The counts of diagnostics that are not shown: per file for files with some shown, and together for all others.
fn more(rest: &BTreeMap<(Severity, &str), usize>, shown: &BTreeMap<(Severity, &str), usize>) -> Vec<Diagnostic> {
    let mut lines = Vec::new();
    let mut others: BTreeMap<Severity, (usize, usize)> = BTreeMap::new();
    for ((severity, file), count) in rest {
        if !file.is_empty() && shown.get(&(*severity, file)).is_some_and(|shown| *shown > 0) {
            lines.push(line(*severity, *count, "in this file").at(Location::file(*file)));
        } else {
            let other = others.entry(*severity).or_default();
            *other = (other.0 + count, other.1 + 1);
        }
    }
    let together = others.into_iter().map(|(severity, (count, files))| {
        line(severity, count, &if files == 1 { "elsewhere".to_owned() } else { format!("in {files} other files") })
    });
    lines.extend(together);
    lines
}

fn line(severity: Severity, count: usize, place: &str) -> Diagnostic {
    let plural = if count == 1 { "" } else { "s" };
    let message = format!("and {count} more {}{plural} {place}", severity.as_str());
    let line = Diagnostic::new(codes::MORE_PROBLEMS, message).hint("mend what is shown, and look again");
    Diagnostic { severity, ..line }
}

fn file(diagnostic: &Diagnostic) -> &str {
    diagnostic.location.as_ref().map_or("", |at| at.file.as_str())
}

/// A digest that is equal for diagnostics that say the same.
fn digest(diagnostic: &Diagnostic) -> u64 {
    let mut hasher = DefaultHasher::new();
    diagnostic.code.as_str().hash(&mut hasher);
    diagnostic.severity.as_str().hash(&mut hasher);
    (file(diagnostic), diagnostic.location.as_ref().map(|at| (at.line, at.column))).hash(&mut hasher);
    (&diagnostic.field, &diagnostic.message).hash(&mut hasher);
    hasher.finish()
}

/// The digest of a location in a file; [`NOWHERE`] for a file as a whole.
fn place(diagnostic: &Diagnostic) -> u64 {
    let Some(at) = diagnostic.location.as_ref().filter(|at| at.line > 0) else { return NOWHERE };
    let mut hasher = DefaultHasher::new();
    (&at.file, at.line, at.column).hash(&mut hasher);
    hasher.finish()
}

const NOWHERE: u64 = 0;

#[cfg(test)]
mod tests {
    use super::*;

    fn at(code: Code, file: &str, line: u32) -> Diagnostic {
        Diagnostic::new(code, "wrong").at(Location { file: file.to_owned(), line, column: 1 })
    }

    fn many(code: Code, file: &str, count: u32) -> Diagnostics {
        let mut all = Diagnostics::new();
        (1..=count).for_each(|line| all.push(at(code, file, line)));
        all
    }

    fn said(all: &Diagnostics) -> Vec<String> {
        all.shown().iter().filter(|it| it.code == codes::MORE_PROBLEMS).map(ToString::to_string).collect()
    }

    /// The number in `and 12 more errors`.
    fn counted(line: &str) -> usize {
        line.split("and ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn what_is_beyond_the_most_of_a_file_is_counted() {
        let all = many(codes::FIELD_VALUE, "a.yaml", 100);
        assert_eq!((all.shown().len(), said(&all).len()), (100, 0));
        let all = many(codes::FIELD_VALUE, "a.yaml", 1_234);
        assert_eq!((all.iter().count(), all.count(Severity::Error)), (100, 1_234));
        assert_eq!(all.shown().len(), 101);
        let hint = "\n  hint: mend what is shown, and look again";
        assert_eq!(said(&all), [format!("error[more-problems]: a.yaml: and 1134 more errors in this file{hint}")]);
    }

    #[test]
    fn no_warning_takes_the_place_of_an_error() {
        let mut all = Diagnostics::new();
        for file in 0..20 {
            all.extend(many(codes::CONFIG_UNKNOWN, &format!("a{file}.yaml"), 200));
        }
        all.extend(many(codes::FIELD_VALUE, "z.yaml", 200));
        all.sort();
        let shown = all.shown();
        let of =
            |severity| shown.iter().filter(|it| it.severity == severity && it.code != codes::MORE_PROBLEMS).count();
        assert_eq!((of(Severity::Error), of(Severity::Warning)), (100, 400));
        assert_eq!((all.count(Severity::Error), all.count(Severity::Warning)), (200, 4_000));
        // Each one is either shown or counted.
        let beyond: usize = said(&all).iter().map(|line| counted(line)).sum();
        assert_eq!(beyond + 500, 4_200);
        assert!(said(&all).iter().any(|line| line.contains("in 16 other files")), "{:#?}", said(&all));
    }

    #[test]
    fn a_hint_is_asked_for_where_it_is_kept() {
        let mut all = Diagnostics::new();
        let mut asked = 0;
        for line in 1..=500 {
            all.push_with_hint(at(codes::FIELD_VALUE, "a.yaml", line), || {
                asked += 1;
                "mend it".to_owned()
            });
        }
        assert_eq!((asked, all.count(Severity::Error)), (100, 500));
        assert!(all.iter().all(|it| it.hint.as_deref() == Some("mend it")));
    }

    #[test]
    fn what_is_said_twice_is_one_however_often() {
        let mut all = Diagnostics::new();
        for _ in 0..300 {
            all.push(at(codes::FIELD_VALUE, "a.yaml", 1));
            all.extend(many(codes::FIELD_VALUE, "b.yaml", 150));
        }
        assert_eq!(all.count(Severity::Error), 151);
    }

    #[test]
    fn those_that_are_counted_are_judged_with_the_others() {
        let mut all = many(codes::CONFIG_UNKNOWN, "a.yaml", 250);
        all.extend(many(codes::CONFIG_TYPE, "a.yaml", 7));
        let mut allowed = 0;
        let mut denied = all.clone();
        denied.judge(|_, _| Some(Severity::Error));
        assert_eq!((denied.count(Severity::Error), denied.count(Severity::Warning)), (257, 0));
        all.judge(|it, count| {
            allowed += if it.code == codes::CONFIG_UNKNOWN { count } else { 0 };
            (it.code != codes::CONFIG_UNKNOWN).then_some(it.severity)
        });
        assert_eq!((allowed, all.count(Severity::Error), all.count(Severity::Warning)), (250, 7, 0));
    }

    #[test]
    fn what_follows_from_a_cause_goes_with_it_however_many_there_are() {
        let mut all = many(codes::PLACEHOLDER, "a.yaml", 250);
        all.extend(many(codes::CONFIG_TYPE, "a.yaml", 260));
        all.extend(many(codes::CONFIG_TYPE, "b.yaml", 3));
        all.drop_beside(|code| code == codes::PLACEHOLDER);
        assert_eq!(all.count(Severity::Error), 250 + 10 + 3);
        let left: usize = all.shown().iter().filter(|it| it.code == codes::CONFIG_TYPE).count();
        assert_eq!(left, 3, "of the ten none is among the first hundred, so they are only counted");
    }

    #[test]
    fn what_the_program_goes_by_is_kept_whole() {
        assert_eq!(many(codes::SECRET_ABSENT, "a.yaml", 3_000).iter().count(), 3_000);
    }
}
