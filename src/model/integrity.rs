//! Whether what the program carries is whole: its tables, and what of a release only they can judge.

use super::{declared, schema};
use crate::catalog::{Broken, Catalog, Release};
use crate::kubernetes;
use std::sync::LazyLock;

static WHOLE: LazyLock<Result<(), Broken>> = LazyLock::new(|| {
    kubernetes::check()?;
    schema::check()?;
    declared::check()?;
    of_release(Catalog::shipped().map_err(Broken::clone)?)
});

/// Looks at all that is read without an input: then nothing of it is missing later on.
///
/// # Errors
/// When a file of the program is broken.
pub fn check_integrity() -> Result<(), Broken> {
    WHOLE.clone()
}

/// Looks at the fields of config.yaml that a release writes: each is one, and of its type.
///
/// # Errors
/// When one is not.
pub(super) fn of_release(release: &Release) -> Result<(), Broken> {
    for (name, value) in release.defaults.iter().chain(release.rules.forced.iter()) {
        let reason = match schema::field(name) {
            None => format!("config.yaml has no field {name}"),
            Some(fact) if !fact.kind.is_whole(value) => format!("the value of {name} is not of its type"),
            Some(_) => continue,
        };
        return Err(Broken::new(&release.file(), reason));
    }
    Ok(())
}
