//! Secrets in plain text in the config bundle although pods get them from the cluster: they have no effect there, but
//! everybody who can read the input can read them.

use super::kept::is_kept;
use super::plain::{Held, made_here};
use super::{ClusterSecrets, Made, RequiredKey, RequiredSecret};
use crate::catalog::secret::{CLAIR, CONFIG, FILES};
use crate::check::{Origin, Resolved};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::model::secrets::Mode;
use crate::model::{Model, schema};

/// How many of them a message names.
const NAMED: usize = 12;

/// A secret that is in the bundle.
struct Written<'a> {
    id: &'a str,
    wanted: &'a RequiredSecret,
    entry: &'a RequiredKey,
}

/// Warns of all of them at once, by name. The keys file is not part of the bundle: its users keep it out of Git.
pub fn check(model: &Model, resolved: &Resolved, cluster_secrets: &ClusterSecrets, diagnostics: &mut Diagnostics) {
    if !model.config.secrets.are_referenced() {
        return;
    }
    let held = Held::new(model, resolved, cluster_secrets);
    let is_written = |written: &Written<'_>| {
        place(&held, written.id, written.entry).is_some()
            && held
                .value(written.id, written.entry)
                .is_some_and(|value| !value.is_empty() && !held.is_filled_in(written.entry, &value))
    };
    let found: Vec<Written<'_>> = made_here(cluster_secrets)
        .flat_map(|(id, wanted)| wanted.entries.iter().map(move |entry| Written { id, wanted, entry }))
        .filter(is_written)
        .collect();
    let Some((first, at)) = found.first().and_then(|first| Some((first, place(&held, first.id, first.entry)?))) else {
        return;
    };
    let names: Vec<&str> = found.iter().take(NAMED).map(|written| written.entry.id.as_str()).collect();
    let more = found.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let message = format!("the input holds what counts as a secret in the clear: {}{more}", names.join(", "));
    let problem = Diagnostic::new(codes::SECRET_IN_INPUT, message).at(at).field(&first.entry.id);
    let operator = resolved.operator.as_ref().map(|operator| operator.bundle.as_deref().unwrap_or_default());
    diagnostics.push(problem.hint(match operator {
        Some(bundle) => hint_of_operator(&model.config.secrets.mode, bundle),
        None => hint(&model.config.secrets.mode, &found),
    }));
}

/// Where the bundle has an entry; nothing if it is elsewhere in the input, or nowhere. Unknown fields have a warning of
/// their own.
fn place(held: &Held<'_>, id: &str, entry: &RequiredKey) -> Option<Location> {
    let (model, resolved) = (held.model, held.resolved);
    let name = entry.id.split('.').next().unwrap_or_default();
    match id {
        CONFIG => {
            let field = resolved.config.get(name)?;
            let is_known = schema::field(name).is_some() || model.config.declares(name);
            match &field.origin {
                Origin::Bundle(at) | Origin::Fragment(at) if is_known => Some(at.clone()),
                _ => None,
            }
        }
        CLAIR if entry.made == Made::Given => {
            let file = model.bundle.clair.as_ref()?;
            Some(file.location(file.root.pos))
        }
        FILES => held.file(&entry.id).map(|file| file.at.clone()),
        _ if is_kept(model, name) => {
            let config = model.bundle.config.as_ref()?;
            let written = held.written(name).filter(|written| written.value.as_str().is_some())?;
            Some(config.location(written.key_pos))
        }
        _ => None,
    }
}

/// What to do where an operator reads one Secret, with the whole config bundle.
fn hint_of_operator(mode: &Mode, bundle: &str) -> String {
    let first = match mode {
        Mode::Sealed(_) => SEALED.to_owned(),
        _ => format!(
            "the operator takes them from Secret {bundle} of the cluster, and what stands here has no effect: take it out"
        ),
    };
    format!("{first}\n{CHANGE}")
}

/// Where values are sealed.
const SEALED: &str = "`quay-render seal` reads them here, and `build` does not: keep them out of Git, and take them out once they are sealed";
/// What was readable.
const CHANGE: &str = "whatever was committed, or given to others, has to be changed";

/// What to do, with a line to copy for each kind of place.
fn hint(mode: &Mode, found: &[Written<'_>]) -> String {
    let mut lines = vec![
        match mode {
            Mode::Sealed(_) => SEALED,
            _ => "pods take them from Secrets of the cluster, and what stands here has no effect: take it out",
        }
        .to_owned(),
    ];
    let is_password = |written: &&Written<'_>| written.entry.id == "DB_URI.password";
    let is_file = |written: &&Written<'_>| written.wanted.id.as_deref() == Some(FILES);
    let secret = |written: &Written<'_>| format!("{{name: {}, key: {}}}", written.wanted.name, written.entry.key);
    if let Some(other) = found.iter().find(|it| !is_password(it) && !is_file(it)) {
        lines.push(format!("{}: {{fromSecret: {}}}", other.entry.id, secret(other)));
    }
    if found.iter().any(|it| is_password(&it)) {
        lines.push(
            "DB_URI: take out the password alone; the colon before the @ stays, and says that there is one".to_owned(),
        );
    }
    if let Some(file) = found.iter().find(is_file) {
        lines.push(format!("spec.secrets.files of the RenderConfig: {{{}: {}}}", file.entry.id, secret(file)));
    }
    lines.push(CHANGE.to_owned());
    lines.join("\n")
}
