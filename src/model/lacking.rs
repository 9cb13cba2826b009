//! Warns of parts of a RenderConfig that have no effect because its release lacks what they are about.

use super::fields::Fields;
use crate::catalog::{Catalog, Release};
use crate::diagnostic::{Diagnostics, codes};
use crate::yaml::Node;

/// Refuses every member of the map that no release knows, warns of those that only other releases know, and returns all
/// known ones.
pub fn check<'r>(
    map: &Fields<'_>,
    what: &str,
    release: &'r Release,
    names: fn(&Release) -> Vec<&str>,
    diagnostics: &mut Diagnostics,
) -> Vec<&'r str> {
    let mut known = names(release);
    if map.entries().iter().any(|entry| !known.contains(&entry.key.as_str())) {
        for name in Catalog::every().flat_map(names) {
            if !known.contains(&name) {
                known.push(name);
            }
        }
    }
    map.only(&known, diagnostics);
    warn_of_members(map, what, release, names, diagnostics);
    known
}

/// Warns of every member of the map that only other releases know; `names` lists what a release knows. Members that no
/// release knows are not reported here.
pub fn warn_of_members(
    map: &Fields<'_>,
    what: &str,
    release: &Release,
    names: impl Fn(&Release) -> Vec<&str>,
    diagnostics: &mut Diagnostics,
) {
    let known = names(release);
    let is_empty = |node: &Node| node.is_null() || node.as_map().is_some_and(<[_]>::is_empty);
    let given = map.entries().iter().filter(|entry| !is_empty(&entry.value)).map(|entry| entry.key.as_str());
    for name in given.filter(|name| !known.contains(name)) {
        warn(map, name, what, release, |other| names(other).contains(&name), diagnostics);
    }
}

/// Warns that a field of the map has no effect because the release lacks what it is about; `has` tells which releases
/// have it. Says nothing if none does.
pub fn warn(
    map: &Fields<'_>,
    field: &str,
    what: &str,
    release: &Release,
    has: impl Fn(&Release) -> bool,
    diagnostics: &mut Diagnostics,
) {
    if let Some(reason) = reason(what, release, has) {
        map.refuse(codes::SETTING_UNUSED, field, format!("has no effect: {reason}"), "take it out", diagnostics);
    }
}

/// Why a release has no effect of a field: `release 3.5 has no such thing, it came with 3.7`; nothing if no release has it.
pub fn reason(what: &str, release: &Release, has: impl Fn(&Release) -> bool) -> Option<String> {
    let having: Vec<&Release> = Catalog::every().filter(|other| has(other)).collect();
    let (first, last) = (having.first()?, having.last()?);
    let since = if first.number() > release.number() {
        format!("it came with {}", first.name)
    } else {
        format!("{} was the last that had one", last.name)
    };
    Some(format!("release {} has no {what}, {since}", release.name))
}
