//! The random values: read from the keys Secret, never made here.

use super::components::{Choice, managed};
use crate::catalog::{self, Key};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::Inputs;
use crate::model::keys::DIGEST_KEY;
use crate::model::secrets::Mode;
use crate::model::{self, Model};
use crate::secret::Secret;
use crate::template;
use serde::Serialize;
use std::collections::BTreeMap;

/// The random values that a registry's components need.
#[derive(Default)]
pub struct Values(BTreeMap<String, Secret>);

impl Values {
    /// Stand-ins, so that the rules about config.yaml see a complete file if values are missing, or stay in the
    /// cluster. In the latter case no real value gets near the output.
    pub fn stand_in(needed: &[String]) -> Self {
        Self(needed.iter().map(|name| (name.clone(), Secret::new("0".repeat(32)))).collect())
    }

    /// A value by its name; empty where no component needs it.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", Secret::expose)
    }

    /// Whether a component needs this value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// All of them by their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }
}

/// The facts for conditions of random values: decided before the values are chosen.
#[derive(Serialize)]
struct Facts<'a> {
    managed: BTreeMap<&'a str, bool>,
    config_editor: bool,
    redis_password: bool,
}

/// The names of the random values that the rendered components need, in the order of the catalog; nothing if a
/// condition is broken, which is reported.
pub fn needed(model: &Model, components: &[Choice], diagnostics: &mut Diagnostics) -> Option<Vec<String>> {
    let release = &model.release;
    let managed = release.known.iter().map(|name| (name.as_str(), managed(components, name))).collect();
    let facts = Facts {
        managed,
        config_editor: model.config.config_editor,
        redis_password: model.config.redis_password.is_some(),
    };
    let facts = template::Facts::of(&facts);
    let is_needed = |secret: &catalog::Secret| match release.component(&secret.component) {
        Some(component) if !secret.keys.is_empty() => template::is_wanted(release, component, &facts),
        _ => Ok(false),
    };
    let mut needed = Vec::new();
    for secret in &release.secrets {
        match is_needed(secret) {
            Ok(true) => needed.extend(secret.keys.keys().cloned()),
            Ok(false) => {}
            Err(broken) => {
                diagnostics.push(model::broken_diagnostic(&broken));
                return None;
            }
        }
    }
    Some(needed)
}

/// Takes each value that is needed; reports all that are missing, with the command that makes them.
pub fn choose(model: &Model, needed: &[String], inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Values> {
    // An operator makes its own.
    if model.config.secrets.are_referenced() || model.config.operator.is_some() {
        return Some(Values::stand_in(needed));
    }
    let mut missing = Vec::new();
    let mut values = Values::default();
    for (name, key, _) in model.release.keys().filter(|(name, ..)| needed.iter().any(|it| it == name)) {
        match value(model, name, key, diagnostics) {
            Some(value) => drop(values.0.insert(name.to_owned(), Secret::new(value))),
            None => missing.push(format!("{name} ({})", key.what)),
        }
    }
    for (name, ..) in model.release.keys().filter(|(_, key, _)| key.unquoted) {
        refuse_unsafe(model, name, values.get(name), diagnostics);
    }
    report(model, &missing, inputs, diagnostics);
    missing.is_empty().then_some(values)
}

/// Notes the lack of a DIGEST_KEY, in an older keys file or without one: then no digests are made with which others
/// could test guesses. Sealed values can be built without keys; then there is nothing to note.
pub fn note_digest_key(model: &Model, inputs: &Inputs, diagnostics: &mut Diagnostics) {
    let is_delivered = model.config.operator.is_some();
    let lost = match model.config.secrets.mode {
        Mode::Inline if is_delivered && model.bundle.at.is_none() => return,
        Mode::Inline if is_delivered => "quay-render.lock does not tell whether a file with a secret was edited",
        Mode::Inline => {
            "quay-render.lock does not tell whether a file with a secret was edited, and the hash in a Secret's name lets \
             others test guesses of its values"
        }
        Mode::Sealed(_) if model.keys.at.is_some() => {
            "whether the sealed values are those of the input cannot be checked"
        }
        _ => return,
    };
    if model.keys.digest_key().is_some() || model.keys.is_unread {
        return;
    }
    let place = model.keys.at.clone().unwrap_or_else(|| Location::file(&inputs.name));
    let who = if model.keys.at.is_some() { "the keys Secret has" } else { "there is" };
    diagnostics.push(
        Diagnostic::new(codes::DIGEST_KEY_MISSING, format!("{who} no {}: {lost}", DIGEST_KEY))
            .at(place)
            .hint(format!("quay-render keys {}   # adds it, and keeps what is there", inputs.argument())),
    );
}

/// Says which of two values is used.
const USED: &str = "differs from the keys Secret, and this value is used";
const NOT_USED: &str = "differs from the keys Secret, whose value is used";

/// A value from the keys, else from the bundle, where the operator accepts the two keys of config.yaml; in some
/// releases the bundle comes first.
fn value<'a>(model: &'a Model, name: &str, key: &Key, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    let keys = model.keys.get(name);
    let config = || model.bundle.config.as_ref()?.root.get(name)?.as_str();
    let bundle = key.in_bundle.then(config).flatten();
    let bundle_first = model.release.rules.bundle_keys_first;
    if let (Some(keys), Some(bundle), Some(config)) = (keys, bundle, &model.bundle.config)
        && keys != bundle
    {
        let pos = config.root.get(name).map(|node| node.pos).unwrap_or_default();
        diagnostics.push(
            Diagnostic::new(codes::KEYS_DIFFER, if bundle_first { USED } else { NOT_USED })
                .at(config.location(pos))
                .field(name)
                .hint("remove it from config.yaml; where this one is the right one, put it into the keys Secret"),
        );
    }
    if bundle_first { bundle.filter(|text| !text.is_empty()).or(keys) } else { keys.or(bundle) }
}

/// These passwords become part of a URI and of a connection string, where other characters would mean something else.
fn refuse_unsafe(model: &Model, name: &str, value: &str, diagnostics: &mut Diagnostics) {
    if !value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~')) {
        diagnostics.push(
            Diagnostic::new(codes::KEYS_VALUE, format!("{name} has characters that a database URI cannot carry"))
                .at(model.keys.at.clone().unwrap_or_default())
                .hint("letters, digits, `-`, `_`, `.` and `~`; the migration decodes the URI twice"),
        );
    }
}

fn report(model: &Model, missing: &[String], inputs: &Inputs, diagnostics: &mut Diagnostics) {
    if missing.is_empty() || model.keys.is_unread {
        return;
    }
    let place = model.keys.at.clone().unwrap_or_else(|| Location::file(&inputs.name));
    diagnostics.push(
        Diagnostic::new(codes::KEYS_MISSING, format!("random values are missing: {}", missing.join(", ")))
            .at(place)
            .hint(format!("quay-render keys {}   # makes them once, and keeps what is there", inputs.argument())),
    );
}
