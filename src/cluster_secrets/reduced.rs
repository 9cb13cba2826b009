//! Part of what a kind of pod joins. A Job is named by its content and so by that of its configuration: with all of it every
//! change of what it does not read would run it anew.

use super::join::{Join, JoinFile, JoinValue};
use super::{BASE, PodJoin};
use std::collections::BTreeSet;

/// The files that are of use, with the values that are read, and the pieces of these; `base` is the object that holds what
/// the compiler knows of them.
pub(super) fn reduced(
    of: &PodJoin,
    base: &str,
    is_of_use: impl Fn(&str) -> bool,
    is_read: impl Fn(&JoinValue) -> bool,
) -> PodJoin {
    let files = of.join.files.iter().filter(|file| is_of_use(&file.to));
    let values = |file: &JoinFile| file.values.iter().filter(|value| is_read(value)).cloned().collect();
    let files: Vec<JoinFile> = files.map(|file| JoinFile { values: values(file), ..file.clone() }).collect();
    let folder = |from: &str| from.split('/').next().unwrap_or_default().to_owned();
    let values = files.iter().flat_map(|file| &file.values).map(|value| folder(&value.from));
    let used: BTreeSet<String> = files.iter().map(|file| folder(&file.from)).chain(values).collect();
    let mut sources: Vec<_> = of.sources.iter().filter(|source| used.contains(&source.folder)).cloned().collect();
    for source in sources.iter_mut().filter(|source| source.folder == BASE) {
        base.clone_into(&mut source.object);
    }
    PodJoin { join: Join { files }, sources }
}
