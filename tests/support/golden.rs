//! Files with expected results, and the one switch that accepts new ones: `BLESS=1`, never if `CI` is set.

use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The texts below a folder, by path.
pub type Tree = BTreeMap<PathBuf, String>;

/// Whether new results are accepted.
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some() && std::env::var_os("CI").is_none()
}

/// The difference between a file and the result, if there is one; none if the result was accepted.
pub fn compare(path: &str, found: &str) -> Option<String> {
    if blessing() {
        fs::create_dir_all(Path::new(path).parent().unwrap()).unwrap();
        fs::write(path, found).unwrap();
        return None;
    }
    let wanted = fs::read_to_string(path).unwrap_or_default();
    (wanted != found).then(|| format!("{path}\n{}", TextDiff::from_lines(wanted.as_str(), found).unified_diff()))
}

/// All files below a folder.
pub fn read_tree(root: &Path) -> Tree {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().filter_map(Result::ok);
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_owned();
            (path, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

/// The differences between a tree and its base: for each file the changed lines, each group below the lines that it is
/// nested in. No context is repeated, so that a change of the base does not appear here.
pub fn difference(base: &Tree, found: &Tree) -> String {
    let paths: BTreeSet<&PathBuf> = base.keys().chain(found.keys()).collect();
    let mut text = String::new();
    for path in paths {
        let name = path.display();
        match (base.get(path), found.get(path)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => text.push_str(&format!("changed {name}\n{}", changed(old, new))),
            (Some(_), None) => text.push_str(&format!("without {name}\n")),
            (None, new) => {
                let lines = new.into_iter().flat_map(|new| new.lines()).map(|line| format!("+{line}\n"));
                text.push_str(&format!("added {name}\n{}", lines.collect::<String>()));
            }
        }
    }
    text
}

fn changed(old: &str, new: &str) -> String {
    let lines: Vec<&str> = new.lines().collect();
    let diff = TextDiff::from_lines(old, new);
    let mut text = String::new();
    for group in diff.grouped_ops(0) {
        let first = group.first().map_or(0, |change| change.new_range().start);
        text.push_str(&format!("@ {}\n", above(&lines, first).join(" > ")));
        for change in group.iter().flat_map(|change| diff.iter_changes(change)) {
            text.push_str(&format!("{}{}\n", change.tag(), change.value().trim_end_matches('\n')));
        }
    }
    text
}

/// The lines that a line of YAML is nested in, outermost first.
fn above<'a>(lines: &[&'a str], index: usize) -> Vec<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut limit = lines.get(index).map_or(usize::MAX, |line| depth(line));
    let mut found = Vec::new();
    for line in lines.iter().take(index).rev().filter(|line| !line.trim().is_empty()) {
        if depth(line) < limit {
            limit = depth(line);
            found.push(line.trim());
        }
    }
    found.reverse();
    found
}

/// The differences between a folder and the result, including missing and unexpected files. If the result is accepted,
/// stale files are removed.
pub fn compare_tree(case: &str, golden: &Path, found: &Tree) -> Vec<String> {
    if blessing() {
        if golden.exists() {
            fs::remove_dir_all(golden).unwrap();
        }
        for (path, text) in found {
            let path = golden.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        return Vec::new();
    }
    let wanted = read_tree(golden);
    let paths: BTreeSet<&PathBuf> = wanted.keys().chain(found.keys()).collect();
    let differing = paths.into_iter().filter_map(|path| match (wanted.get(path), found.get(path)) {
        (Some(old), Some(new)) if old == new => None,
        (Some(old), Some(new)) => {
            let diff = TextDiff::from_lines(old.as_str(), new.as_str());
            Some(format!("{case}/{}\n{}", path.display(), diff.unified_diff().context_radius(2)))
        }
        (Some(_), None) => Some(format!("{case}/{} is missing", path.display())),
        _ => Some(format!("{case}/{} is not in golden", path.display())),
    });
    differing.collect()
}
