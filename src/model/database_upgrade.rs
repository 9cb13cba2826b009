//! `spec.databaseUpgrade` of the RenderConfig: databases that take over the data of a server of another PostgreSQL.

use super::Spanned;
use super::fields::Fields;
use crate::diagnostic::{Diagnostics, Location};

/// `spec.databaseUpgrade`.
pub struct DatabaseUpgrade {
    /// Where it begins.
    pub at: Location,
    /// `from`: the release whose databases they were, or a version of it.
    pub from: Spanned<String>,
    /// `id`: another one begins the move anew.
    pub id: Spanned<String>,
    /// `done`: the data on the former claims is not needed any more.
    pub is_done: bool,
    /// `images.postgres`: that of the former server of Quay's database, if it is not the release's.
    pub postgres: Option<Spanned<String>>,
    /// `images.clairPostgres`: the same of Clair's.
    pub clair_postgres: Option<Spanned<String>>,
}

/// Reads it; `None` without one, or if something required is missing.
pub(super) fn read(spec: &Fields<'_>, diagnostics: &mut Diagnostics) -> Option<DatabaseUpgrade> {
    let map = spec.map("databaseUpgrade", diagnostics)?;
    let (from, id) = (map.any_text("from", diagnostics), map.text("id", diagnostics));
    let images = map.map("images", diagnostics);
    let mut image = |name| images.as_ref().and_then(|images| images.text(name, diagnostics));
    let (postgres, clair_postgres) = (image("postgres"), image("clairPostgres"));
    let is_done = map.flag_or_default("done", diagnostics);
    Some(DatabaseUpgrade { at: map.place(), from: from?, id: id?, is_done, postgres, clair_postgres })
}
