//! Which lines of two texts differ, in time that grows with their length and not with its square.
//!
//! Lines that occur exactly once in each text anchor the comparison (patience). Between two anchors, a short range is
//! compared line by line, and a long range counts as different as a whole.

use similar::{Algorithm, DiffOp, capture_diff_slices};
use std::ops::Range;

/// How many lines of a difference are shown.
pub(super) const MOST_LINES: usize = 24;
/// The most lines, on both sides together, that are compared line by line: the time grows with the square.
const SHORT: usize = 512;

/// A text as lines, each with its line break. The offsets take half the memory of slices.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let ends = text.match_indices('\n').map(|(at, _)| at + 1).filter(|at| *at < text.len());
        let first = (!text.is_empty()).then_some(0);
        Self { text, starts: first.into_iter().chain(ends).map(place).collect() }
    }

    fn count(&self) -> usize {
        self.starts.len()
    }

    fn get(&self, line: usize) -> &'a str {
        let place = |line: usize| self.starts.get(line).map_or(self.text.len(), |at| *at as usize);
        self.text.get(place(line)..place(line + 1)).unwrap_or_default()
    }

    fn some(&self, lines: Range<usize>) -> Vec<&'a str> {
        lines.map(|line| self.get(line)).collect()
    }

    /// The lines of a range that occur in it once, ordered by their text.
    fn unique(&self, lines: Range<usize>) -> Vec<u32> {
        let mut ordered: Vec<u32> = lines.filter_map(|line| u32::try_from(line).ok()).collect();
        ordered.sort_by(|a, b| self.get(*a as usize).cmp(self.get(*b as usize)));
        let alike = |a: &u32, b: &u32| self.get(*a as usize) == self.get(*b as usize);
        let single = |lines: &[u32]| if let [line] = lines { Some(*line) } else { None };
        ordered.chunk_by(alike).filter_map(single).collect()
    }
}

/// A run of lines that is the same in both texts.
#[derive(Clone, Copy)]
struct Same {
    old: usize,
    new: usize,
    count: usize,
}

/// The lines that differ, each after `+`, `-` or a space, with one line of context; `…` stands between two places.
/// Lines beyond [`MOST_LINES`] are only counted.
pub(super) fn differences(old: &str, new: &str) -> Vec<String> {
    let (old, new) = (Lines::of(old), Lines::of(new));
    let mut shown = Shown::default();
    let (mut old_at, mut new_at) = (0, 0);
    for same in runs(&old, &new) {
        (old_at..same.old).for_each(|line| shown.line('-', old.get(line)));
        (new_at..same.new).for_each(|line| shown.line('+', new.get(line)));
        let has_before = same.old > 0 || same.new > 0;
        (old_at, new_at) = (same.old + same.count, same.new + same.count);
        let has_behind = old_at < old.count() || new_at < new.count();
        if has_before && same.count > 0 {
            shown.line(' ', old.get(same.old));
        }
        if has_before && has_behind && same.count > 2 {
            shown.push("…".to_owned());
        }
        if has_behind && same.count > usize::from(has_before) {
            shown.line(' ', old.get(old_at - 1));
        }
    }
    shown.finish()
}

/// The lines shown of a difference.
#[derive(Default)]
struct Shown {
    lines: Vec<String>,
    more: usize,
}

impl Shown {
    fn line(&mut self, sign: char, line: &str) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(format!("{sign}{}", line.trim_end_matches(['\n', '\r'])));
        } else {
            self.more += 1;
        }
    }

    fn push(&mut self, line: String) {
        if self.lines.len() < MOST_LINES {
            self.lines.push(line);
        } else {
            self.more += 1;
        }
    }

    fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.lines.push(format!("… {} more lines", self.more));
        }
        self.lines
    }
}

/// The runs that are the same in both texts, in order; the last one is at their end and may be empty.
fn runs(old: &Lines<'_>, new: &Lines<'_>) -> Vec<Same> {
    let mut runs = Runs { old, new, found: Vec::new() };
    let whole = (0..old.count(), 0..new.count());
    runs.between(whole.0, whole.1, true);
    runs.add(Same { old: old.count(), new: new.count(), count: 0 });
    runs.found
}

struct Runs<'t, 'a> {
    old: &'t Lines<'a>,
    new: &'t Lines<'a>,
    found: Vec<Same>,
}

impl Runs<'_, '_> {
    /// Adds a run, or extends the last one if the run continues it.
    fn add(&mut self, same: Same) {
        match self.found.last_mut() {
            Some(last) if last.old + last.count == same.old && last.new + last.count == same.new => {
                last.count += same.count;
            }
            _ => self.found.push(same),
        }
    }

    fn alike(&self, old: usize, new: usize) -> bool {
        self.old.get(old) == self.new.get(new)
    }

    /// The runs within two ranges; `splits` says whether lines that occur once may divide them.
    fn between(&mut self, old: Range<usize>, new: Range<usize>, splits: bool) {
        let start = old.clone().zip(new.clone()).take_while(|(old, new)| self.alike(*old, *new)).count();
        self.add(Same { old: old.start, new: new.start, count: start });
        let (old, new) = (old.start + start..old.end, new.start + start..new.end);
        let end = old.clone().rev().zip(new.clone().rev()).take_while(|(old, new)| self.alike(*old, *new)).count();
        let (old, new) = (old.start..old.end - end, new.start..new.end - end);
        match old.len() + new.len() {
            _ if old.is_empty() || new.is_empty() => {}
            0..=SHORT => self.short(old.clone(), new.clone()),
            _ if splits => self.long(old.clone(), new.clone()),
            _ => {}
        }
        self.add(Same { old: old.end, new: new.end, count: end });
    }

    fn short(&mut self, old: Range<usize>, new: Range<usize>) {
        for operation in capture_diff_slices(Algorithm::Myers, &self.old.some(old.clone()), &self.new.some(new.clone()))
        {
            if let DiffOp::Equal { old_index, new_index, len } = operation {
                self.add(Same { old: old.start + old_index, new: new.start + new_index, count: len });
            }
        }
    }

    fn long(&mut self, old: Range<usize>, new: Range<usize>) {
        let (mut old_at, mut new_at) = (old.start, new.start);
        for (old_line, new_line) in ascending(self.held(old.clone(), new.clone())) {
            let (old_line, new_line) = (old_line as usize, new_line as usize);
            // An earlier run may already cover these lines.
            if old_line >= old_at && new_line >= new_at {
                self.between(old_at..old_line, new_at..new_line, false);
                self.add(Same { old: old_line, new: new_line, count: 1 });
                (old_at, new_at) = (old_line + 1, new_line + 1);
            }
        }
        if old_at > old.start {
            self.between(old_at..old.end, new_at..new.end, false);
        }
    }

    /// The lines that occur once in both ranges, in the order of the old text, each with its place in the new one.
    fn held(&self, old: Range<usize>, new: Range<usize>) -> Vec<(u32, u32)> {
        let (old, new) = (self.old.unique(old), self.new.unique(new));
        let mut others = new.iter().peekable();
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for line in old {
            let text = self.old.get(line as usize);
            while others.next_if(|other| self.new.get(**other as usize) < text).is_some() {}
            let same = others.next_if(|other| self.new.get(**other as usize) == text);
            pairs.extend(same.map(|other| (line, *other)));
        }
        pairs.sort_unstable();
        pairs
    }
}

/// The longest selection of pairs in which both members ascend.
fn ascending(pairs: Vec<(u32, u32)>) -> Vec<(u32, u32)> {
    // The last pair of the best chain of each length, and for each pair its predecessor in the chain.
    let mut ends: Vec<u32> = Vec::new();
    let mut before: Vec<u32> = Vec::with_capacity(pairs.len());
    let second = |at: u32| pairs.get(at as usize).map_or(0, |pair| pair.1);
    for (at, (_, new)) in (0..).zip(&pairs) {
        let length = ends.partition_point(|end| second(*end) < *new);
        before.push(length.checked_sub(1).and_then(|last| ends.get(last).copied()).unwrap_or(u32::MAX));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let last = ends.last().copied();
    let chain = std::iter::successors(last, |at| before.get(*at as usize).copied().filter(|at| *at != u32::MAX));
    let mut chain: Vec<(u32, u32)> = chain.filter_map(|at| pairs.get(at as usize).copied()).collect();
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use similar::TextDiff;

    fn numbers(count: usize) -> String {
        (0..count).map(|n| format!("{n}\n")).collect()
    }

    #[test]
    fn the_lines_that_differ_are_shown_with_one_around_them() {
        let old = numbers(60);
        assert_eq!(differences(&old, &old.replace("30\n", "x\n")), [" 29", "-30", "+x", " 31"]);
        let two = old.replace("\n30\n", "\nx\n").replace("\n34\n", "\n");
        assert_eq!(differences(&old, &two), [" 29", "-30", "+x", " 31", "…", " 33", "-34", " 35"]);
        let near = old.replace("\n30\n", "\nx\n").replace("\n33\n", "\n");
        assert_eq!(differences(&old, &near), [" 29", "-30", "+x", " 31", " 32", "-33", " 34"]);
        assert_eq!(differences("a\nb", "a\nb\n"), [" a", "-b", "+b"]);
        assert_eq!(differences("\n", "x\n\n"), ["+x", " "]);
        let all = differences(&old, &old.replace('\n', "!\n"));
        assert_eq!((all.len(), all.last().map(String::as_str)), (MOST_LINES + 1, Some("… 96 more lines")));
    }

    #[test]
    fn what_is_found_of_long_texts_makes_the_new_one_of_the_old_one() {
        let line = |seed: usize| match seed % 5 {
            0 => "}\n".to_owned(),
            1 => "\n".to_owned(),
            _ => format!("{seed}\n"),
        };
        let old: Vec<String> = (0..4000).map(line).collect();
        for (from, to, put) in [(100, 101, 1), (0, 0, 700), (3000, 4000, 0), (10, 3990, 3980), (2000, 2400, 5)] {
            let mut new = old.clone();
            new.splice(from..to, (0..put).map(|n| format!("new {n}\n")));
            new.swap(1, 7);
            let (old, new) = (old.concat(), new.concat());
            let (old, new) = (Lines::of(&old), Lines::of(&new));
            let (mut old_at, mut new_at, mut same) = (0, 0, 0);
            for run in runs(&old, &new) {
                assert!(run.old >= old_at && run.new >= new_at);
                assert!((0..run.count).all(|n| old.get(run.old + n) == new.get(run.new + n)));
                (old_at, new_at) = (run.old + run.count, run.new + run.count);
                same += run.count;
            }
            assert_eq!((old_at, new_at), (old.count(), new.count()));
            assert!(same + (to - from) + 2 >= old.count(), "{from}..{to}: {same}");
        }
    }

    #[test]
    fn short_texts_differ_as_a_line_by_line_comparison_says() {
        let (old, new) = ("a\nb\nc\nd\ne\nf\ng\n", "a\nc\nd\nx\ne\ng\nh\n");
        let unified = TextDiff::from_lines(old, new).unified_diff().context_radius(1).to_string();
        let wanted: Vec<&str> = unified.lines().filter(|line| !line.starts_with("@@")).collect();
        assert_eq!(differences(old, new), wanted);
    }
}
