//! Whether the files compiled into the program are valid: its tables, and the parts of a release that need them.

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

/// Checks everything that is read without an input, so that nothing of it fails later.
///
/// # Errors
/// If a file of the program is invalid.
pub fn check_integrity() -> Result<(), Broken> {
    WHOLE.clone()
}

/// Checks that the config.yaml fields a release writes exist and have the right type.
///
/// # Errors
/// If one does not.
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
