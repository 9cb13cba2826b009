//! The random values: from the keys Secret, never made here.

use super::components::{self, Choice, managed};
use crate::diagnostic::{Diagnostic, Diagnostics, Location, codes};
use crate::input::Inputs;
use crate::model::Model;
use crate::model::keys::{DIGEST_KEY, Fact, VALUES};
use crate::model::registry::kind;
use crate::model::secrets::Mode;
use zeroize::Zeroizing;

/// The random values of a registry; empty where its components need none.
#[derive(Default)]
pub struct Values {
    /// SECRET_KEY of config.yaml.
    pub secret_key: Zeroizing<String>,
    /// DATABASE_SECRET_KEY of config.yaml.
    pub database_secret_key: Zeroizing<String>,
    /// The database user's password.
    pub database_password: Zeroizing<String>,
    /// The database superuser's password.
    pub database_root_password: Zeroizing<String>,
    /// The password of Clair's database.
    pub clair_database_password: Zeroizing<String>,
    /// The key that Quay and Clair share.
    pub clair_psk: Zeroizing<String>,
    /// The config editor's password.
    pub editor_password: Zeroizing<String>,
}

impl Values {
    /// Stand-ins, so that the rules about config.yaml can look at a whole one where values are missing, or where they stay
    /// in the cluster: then no real one is near what is rendered.
    pub fn stand_in() -> Self {
        let value = || Zeroizing::new("0".repeat(32));
        Self {
            secret_key: value(),
            database_secret_key: value(),
            database_password: value(),
            database_root_password: value(),
            clair_database_password: value(),
            clair_psk: value(),
            editor_password: value(),
        }
    }
}

/// Takes each value that is needed; names all that are missing, with the command that makes them.
pub fn choose(model: &Model, components: &[Choice], inputs: &Inputs, diagnostics: &mut Diagnostics) -> Option<Values> {
    if model.config.secrets.are_referenced() {
        return Some(Values::stand_in());
    }
    let postgres = managed(components, kind::POSTGRES);
    let clair = managed(components, kind::CLAIR);
    let clair_database = components::has_clair_database(&model.release, components);
    let mut missing = Vec::new();
    let mut values = Values::default();
    {
        let slots: [(&str, bool, &mut Zeroizing<String>); 7] = [
            ("SECRET_KEY", true, &mut values.secret_key),
            ("DATABASE_SECRET_KEY", true, &mut values.database_secret_key),
            ("DB_PASSWORD", postgres, &mut values.database_password),
            ("DB_ROOT_PW", postgres, &mut values.database_root_password),
            ("CLAIR_DB_PASSWORD", clair_database, &mut values.clair_database_password),
            ("SECURITY_SCANNER_V4_PSK", clair, &mut values.clair_psk),
            ("CONFIG_EDITOR_PW", model.config.config_editor, &mut values.editor_password),
        ];
        for (name, needed, slot) in slots {
            if !needed {
                continue;
            }
            match value(model, name, diagnostics) {
                Some(value) => *slot = Zeroizing::new(value.to_owned()),
                None => missing.extend(VALUES.iter().find(|fact| fact.name == name)),
            }
        }
    }
    for (name, value) in
        [("DB_PASSWORD", &values.database_password), ("CLAIR_DB_PASSWORD", &values.clair_database_password)]
    {
        refuse_unsafe(model, name, value, diagnostics);
    }
    report(model, &missing, inputs, diagnostics);
    missing.is_empty().then_some(values)
}

/// Says what is missing where the keys file is older than DIGEST_KEY, or there is none: nothing is digested then that
/// others might test guesses with. Sealed values are built without keys as well, and then there is nothing to say.
pub fn note_digest_key(model: &Model, inputs: &Inputs, diagnostics: &mut Diagnostics) {
    let lost = match model.config.secrets.mode {
        Mode::Inline => {
            "quay-render.lock does not tell whether a file with a secret was edited, and the hash in a Secret's name lets \
             others test guesses of its values"
        }
        Mode::Sealed(_) if model.keys.at.is_some() => {
            "nobody can tell whether the sealed values are those of the input"
        }
        _ => return,
    };
    if model.keys.digest_key().is_some() {
        return;
    }
    let place = model.keys.at.clone().unwrap_or_else(|| Location::file(&inputs.name));
    let who = if model.keys.at.is_some() { "the keys Secret has" } else { "there is" };
    diagnostics.push(
        Diagnostic::new(codes::DIGEST_KEY_MISSING, format!("{who} no {}: {lost}", DIGEST_KEY.name))
            .at(place)
            .hint(format!("quay-render keys {}   # adds it, and keeps what is there", inputs.argument())),
    );
}

/// Which of two values is used.
const USED: &str = "differs from the keys Secret, and this value is used";
const NOT_USED: &str = "differs from the keys Secret, whose value is used";

/// A value of the keys, else of the bundle, or the other way round as the release has it, which the operator takes the two keys of config.yaml from.
fn value<'a>(model: &'a Model, name: &str, diagnostics: &mut Diagnostics) -> Option<&'a str> {
    let keys = model.keys.get(name);
    let config = || model.bundle.config.as_ref()?.root.get(name)?.as_str();
    let bundle = matches!(name, "SECRET_KEY" | "DATABASE_SECRET_KEY").then(config).flatten();
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

fn report(model: &Model, missing: &[&Fact], inputs: &Inputs, diagnostics: &mut Diagnostics) {
    if missing.is_empty() {
        return;
    }
    let list: Vec<String> = missing.iter().map(|fact| format!("{} ({})", fact.name, fact.what)).collect();
    let place = model.keys.at.clone().unwrap_or_else(|| Location::file(&inputs.name));
    diagnostics.push(
        Diagnostic::new(codes::KEYS_MISSING, format!("random values are missing: {}", list.join(", ")))
            .at(place)
            .hint(format!("quay-render keys {}   # makes them once, and keeps what is there", inputs.argument())),
    );
}
