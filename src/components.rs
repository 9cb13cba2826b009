//! The files of `components/`, carried in the program.

use crate::diagnostic::Diagnostics;
use crate::object::Map;
use crate::yaml::{self, Origin};

/// Path below `components/` and content, in the order of the paths.
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// The content of a file below `components/`.
#[must_use]
pub fn file(path: &str) -> Option<&'static str> {
    let index = FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    FILES.get(index).map(|(_, content)| *content)
}

/// The files of one folder, without those of folders below it.
pub fn folder(name: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let prefix = format!("{name}/");
    FILES.iter().copied().filter(move |(path, _)| path.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/')))
}

/// The map that a file of data holds; nothing where there is no such file.
#[must_use]
pub fn map(path: &str) -> Option<Map> {
    let origin = Origin { file: path, within: None };
    let document = yaml::parse_own(file(path)?, &origin, &mut Diagnostics::new()).into_iter().next()?;
    document.root.to_value().as_map().cloned()
}

/// The folders that are components: those with a `component.yaml`.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter_map(|(path, _)| path.strip_suffix("/component.yaml"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_files_are_ordered_so_that_one_is_found() {
        assert!(super::FILES.is_sorted_by_key(|(path, _)| *path));
        assert!(super::file("releases/3.5.yaml").is_some());
        assert!(super::file("releases/none.yaml").is_none());
    }
}
