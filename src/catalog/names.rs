//! Names in any release. Reading a release takes a while, and most runs need only one: the others are read only when a
//! name is not in the standard one.

use super::{Catalog, Release};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Names of one kind.
pub struct Names {
    of: fn(&'static Release) -> Vec<&'static str>,
    standard: OnceLock<BTreeSet<&'static str>>,
    every: OnceLock<(Vec<&'static str>, BTreeSet<&'static str>)>,
}

impl Names {
    /// The names that `of` finds in a release.
    pub const fn new(of: fn(&'static Release) -> Vec<&'static str>) -> Self {
        Self { of, standard: OnceLock::new(), every: OnceLock::new() }
    }

    /// Whether any release has this name.
    pub fn has(&self, name: &str) -> bool {
        let standard = || Catalog::shipped().into_iter().flat_map(self.of).collect();
        self.standard.get_or_init(standard).contains(name) || self.every().1.contains(name)
    }

    /// The names of all releases without duplicates, oldest release first.
    pub fn all(&self) -> &[&'static str] {
        &self.every().0
    }

    fn every(&self) -> &(Vec<&'static str>, BTreeSet<&'static str>) {
        self.every.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let names = Catalog::every().flat_map(self.of).filter(|name| seen.insert(*name)).collect();
            (names, seen)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_whichever_release_has_it() {
        let names = Names::new(|release| release.kinds().into_iter().map(|(name, _)| name).collect());
        for release in Catalog::every() {
            assert!(release.kinds().iter().all(|(name, _)| names.has(name) && names.all().contains(name)));
        }
        assert!(!names.has("postgre") && names.every.get().is_some());
        let distinct: BTreeSet<&&str> = names.all().iter().collect();
        assert_eq!(distinct.len(), names.all().len());
    }
}
