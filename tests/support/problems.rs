//! Reports problems that many cases share.

use std::collections::BTreeMap;

/// Fails if there is a problem. Each is reported once, with the first case.
pub fn assert_none(problems: impl IntoIterator<Item = (String, String)>) {
    let mut cases: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (case, problem) in problems {
        cases.entry(problem).or_insert((case, 0)).1 += 1;
    }
    let told: Vec<String> =
        cases.iter().map(|(problem, (case, count))| format!("{problem}\n    {count} cases, as {case}")).collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}
