//! Databases that take over the data of a server of another PostgreSQL (`spec.databaseUpgrade`, guide 5.2): which ones, from
//! which claim, and with which image their former server is started once more.

use super::image_names::{has_digest, no_image};
use crate::catalog::{Catalog, Release};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::database_upgrade::DatabaseUpgrade;
use crate::model::{Model, Spanned, broken_diagnostic};
use crate::upgrade::{self, CLAIR, Databases, Path, QUAY, Server};
use serde::Serialize;

const FIELD: &str = "spec.databaseUpgrade";

/// The databases that take over data; nothing for one that stays as it is.
#[derive(Clone, Default, Serialize)]
pub struct Moves {
    /// Quay's.
    pub quay: Option<Move>,
    /// Clair's.
    pub clair: Option<Move>,
}

/// A database that takes over the data of its former server.
#[derive(Clone, Serialize)]
pub struct Move {
    /// The PostgreSQL of the former server.
    pub from: String,
    /// That of the server.
    pub to: String,
    /// The former server's image.
    pub image: String,
    /// The name of the override of its image.
    #[serde(skip)]
    pub image_name: String,
    /// The claim with its data, without the registry's name.
    pub claim: String,
    /// The claim of the server.
    #[serde(skip)]
    pub present_claim: String,
    /// What this move is called: another name begins it anew.
    pub id: String,
    /// How far it is.
    pub stage: Stage,
}

/// How far a move is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The data is moved, and the registry has not run since: the former claim has all of it.
    Moves,
    /// The registry runs: the former claim has nothing of what was written since, and no server starts there again.
    Serves,
    /// The former claim is not looked at any more.
    Done,
}

impl Moves {
    /// Those that there are.
    pub fn all(&self) -> impl Iterator<Item = &Move> {
        [&self.quay, &self.clair].into_iter().flatten()
    }

    /// The former claim and the present one of each whose former claim is mounted, without the registry's name.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &str)> {
        let mounted = self.all().filter(|one| one.stage != Stage::Done);
        mounted.map(|one| (one.claim.as_str(), one.present_claim.as_str()))
    }

    /// The images of the former servers that are started once more.
    pub fn images(&mut self) -> impl Iterator<Item = &mut String> {
        let all = [&mut self.quay, &mut self.clair].into_iter().flatten();
        all.filter(|one| one.stage != Stage::Done).map(|one| &mut one.image)
    }
}

/// Decides it, and reports a move that leads nowhere. `databases` are those that are rendered.
pub(super) fn resolve(model: &Model, catalog: &Catalog, databases: &Databases, diagnostics: &mut Diagnostics) -> Moves {
    let Some(wanted) = &model.config.database_upgrade else { return Moves::default() };
    if !has_form(wanted, diagnostics) {
        return Moves::default();
    }
    let mut refuse = |at: &Location, field: &str, message: String, hint: &str| {
        let problem = Diagnostic::new(codes::DATABASE_UPGRADE, message).at(at.clone());
        diagnostics.push(problem.field(format!("{FIELD}{field}")).hint(hint));
        Moves::default()
    };
    if model.config.operator.is_some() {
        let message = "is not for this delivery: the operator moves the data of its databases itself".to_owned();
        return refuse(&wanted.at, "", message, "take it out");
    }
    let (from, to) = (&wanted.from, &*model.release);
    let former = match catalog.release(&from.value) {
        None => {
            let message = format!("there is no release {}", crate::quote::name(&from.value));
            return refuse(&from.at, ".from", message, "`quay-render releases` lists the releases");
        }
        Some(Err(broken)) => {
            diagnostics.push(broken_diagnostic(&broken));
            return Moves::default();
        }
        Some(Ok(former)) => former,
    };
    match upgrade::path(catalog, &from.value, to) {
        Err(broken) => {
            diagnostics.push(broken_diagnostic(&broken));
            return Moves::default();
        }
        // It stays while later releases follow.
        Ok(Path::Direct | Path::Through(_)) => {}
        Ok(_) => {
            let message = format!("no upgrade leads from {} to {}", former.name, to.name);
            let hint = "the release that ran before this one; `quay-render upgrade` writes both";
            return refuse(&from.at, ".from", message, hint);
        }
    }
    let majors = upgrade::majors(&former, to, databases);
    if majors.is_empty() {
        let message = format!("no database here gets another PostgreSQL from {} to {}", former.name, to.name);
        return refuse(&wanted.at, "", message, "take it out: there is nothing to move");
    }
    let mut one = |server: Server, given: &Option<Spanned<String>>| {
        let major = majors.iter().find(|major| major.server == server)?;
        Some(Move {
            from: major.from.clone(),
            to: major.to.clone(),
            image: image(model, wanted, &former, server, given.as_ref(), diagnostics)?,
            image_name: server.image_name(to)?.clone(),
            claim: server.claim(&former)?.to_owned(),
            present_claim: server.claim(to)?.to_owned(),
            id: wanted.id.value.clone(),
            stage: match () {
                () if wanted.is_done => Stage::Done,
                () if model.config.paused => Stage::Moves,
                () => Stage::Serves,
            },
        })
    };
    Moves { quay: one(QUAY, &wanted.postgres), clair: one(CLAIR, &wanted.clair_postgres) }
}

/// The field of the image of a former server.
fn field_of(server: Server) -> &'static str {
    if server == QUAY { "postgres" } else { "clairPostgres" }
}

/// Whether its texts are what they are for; reports those that are not.
fn has_form(wanted: &DatabaseUpgrade, diagnostics: &mut Diagnostics) -> bool {
    let before = diagnostics.iter().count();
    let mut refuse = |text: &Spanned<String>, field: &str, message: &str, hint: &str| {
        let problem = Diagnostic::new(codes::FIELD_VALUE, message).at(text.at.clone());
        diagnostics.push(problem.field(format!("{FIELD}.{field}")).hint(hint));
    };
    let numbers: Vec<&str> = wanted.from.value.split('.').collect();
    let is_number = |text: &&str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(2..=3).contains(&numbers.len()) || !numbers.iter().all(is_number) {
        refuse(&wanted.from, "from", "is not a release", "from: \"3.8\"   # the release that ran before spec.release");
    }
    let id = &wanted.id;
    if id.value.len() != 8 || !id.value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        let hint = "id: \"5f3a9c01\"   # any that no move of this registry has had";
        refuse(id, "id", "is not eight hexadecimal digits", hint);
    }
    for (given, server) in [(&wanted.postgres, QUAY), (&wanted.clair_postgres, CLAIR)] {
        if let Some(given) = given.as_ref().filter(|given| !has_digest(&given.value)) {
            diagnostics.push(no_image(given, &format!("{FIELD}.images.{}", field_of(server))));
        }
    }
    diagnostics.iter().count() == before
}

/// The image of a former server: the one that is given, else its release's. Where `spec.images` names the new server's, it named
/// the former one's too.
fn image(
    model: &Model,
    wanted: &DatabaseUpgrade,
    former: &Release,
    server: Server,
    given: Option<&Spanned<String>>,
    diagnostics: &mut Diagnostics,
) -> Option<String> {
    if let Some(given) = given {
        return Some(given.value.clone());
    }
    let is_named = |name: &&String| model.config.images.contains_key(*name) && !wanted.is_done;
    if let Some(own) = server.image_name(&model.release).filter(is_named) {
        let field = field_of(server);
        let message = format!("spec.images names the new server's image, {own}, and nothing the former server's");
        let problem = Diagnostic::new(codes::DATABASE_UPGRADE, message).at(wanted.at.clone());
        let hint = format!("images: {{{field}: …}}   # what spec.images said before this upgrade");
        diagnostics.push(problem.field(format!("{FIELD}.images.{field}")).hint(hint));
        return None;
    }
    former.images.get(server.image_name(former)?).cloned()
}
