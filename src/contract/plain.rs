//! The plain values that an input holds of what is left to the cluster: for sealing them, and for nothing else.
//!
//! What is rendered never comes near them: [`crate::check::resolve`] puts stand-ins where the keys file's values would be,
//! and the secret members of config.yaml are cut out before there is a plan.

use super::join::{Form, JoinValue, Step};
use super::{BUCKET, Contract, Entry, Made, Wanted};
use crate::check::Resolved;
use crate::model::secrets::reference;
use crate::model::{Model, placeholder};
use crate::object::Value;
use crate::sensitive::uri;
use crate::yaml;
use zeroize::Zeroizing;

/// A plain value of an entry of the contract. It cannot be printed.
pub struct Plain {
    /// The contract's Secret.
    pub secret: &'static str,
    /// The entry.
    pub entry: String,
    /// The bytes that belong into the Secret.
    pub value: Zeroizing<Vec<u8>>,
}

/// The Secrets that somebody has to make: those of the contract, without the one that the bucket claim makes and those
/// that the input names itself.
pub fn made_here(contract: &Contract) -> impl Iterator<Item = (&'static str, &Wanted)> {
    let secrets = contract.secrets.iter().filter_map(|wanted| Some((wanted.id?, wanted)));
    secrets.filter(|(id, _)| *id != BUCKET)
}

/// The values that the keys file and the config bundle hold, in the order of the contract. An empty one counts as one
/// that is not there: `postgresql://quay:@db/quay` says that there is a password, and not which.
#[must_use]
pub fn plain_values(model: &Model, resolved: &Resolved, contract: &Contract) -> Vec<Plain> {
    let values = made_here(contract).flat_map(|(secret, wanted)| {
        wanted.entries.iter().filter_map(move |entry| {
            let value = plain(model, resolved, contract, secret, entry)?;
            (!value.is_empty()).then(|| Plain { secret, entry: entry.id.clone(), value })
        })
    });
    values.collect()
}

/// The value of an entry, where the keys file or the config bundle holds it.
pub(super) fn plain(
    model: &Model,
    resolved: &Resolved,
    contract: &Contract,
    secret: &str,
    entry: &Entry,
) -> Option<Zeroizing<Vec<u8>>> {
    match secret {
        "config" => {
            let value = set_from(contract, secret, entry)?;
            of_config(resolved, value)
        }
        "clair" if entry.made == Made::Given => {
            let from = format!("{secret}/{}", entry.key);
            let files = contract.clair.iter().flat_map(|late| &late.join.files);
            let value = files.flat_map(|file| &file.values).find(|value| value.from == from)?;
            let given = model.bundle.clair.as_ref()?.root.to_value();
            let text = at(&given, &value.path)?.as_str()?;
            Some(Zeroizing::new(text.as_bytes().to_vec()))
        }
        "files" => model.bundle.file(&entry.id).map(|file| Zeroizing::new(file.bytes.clone())),
        _ => {
            // The two keys of config.yaml may stand in it, as the operator takes them from there.
            let in_bundle = || model.bundle.config.as_ref()?.root.get(&entry.id)?.as_str();
            let own = model.keys.get(&entry.id).or_else(|| (secret == "keys").then(in_bundle).flatten());
            own.map(|text| Zeroizing::new(text.as_bytes().to_vec()))
        }
    }
}

/// The value of config.yaml that pods set from an entry.
fn set_from<'a>(contract: &'a Contract, secret: &str, entry: &Entry) -> Option<&'a JoinValue> {
    let from = format!("{secret}/{}", entry.key);
    let files = contract.quay.iter().flat_map(|late| &late.join.files);
    files.flat_map(|file| &file.values).find(|value| value.from == from)
}

/// What stands in the merged config.yaml at that place.
fn found<'a>(resolved: &'a Resolved, value: &JoinValue) -> Option<&'a Value> {
    let [Step::Key(field), path @ ..] = value.path.as_slice() else { return None };
    at(&resolved.config.get(field)?.value, path)
}

/// Whether what stands in config.yaml for an entry is nothing but what other programs fill in.
pub(super) fn is_filled_in(resolved: &Resolved, contract: &Contract, entry: &Entry, bytes: &[u8]) -> bool {
    fn is_filler(value: &Value) -> bool {
        match value {
            Value::Str(text) => placeholder::whole(text).is_some(),
            Value::Seq(items) => !items.is_empty() && items.iter().all(is_filler),
            Value::Map(map) => !map.is_empty() && map.iter().all(|(_, value)| is_filler(value)),
            _ => false,
        }
    }
    let whole = set_from(contract, "config", entry).filter(|value| value.around.is_none());
    whole.and_then(|value| found(resolved, value)).is_some_and(is_filler)
        || std::str::from_utf8(bytes).is_ok_and(|text| placeholder::whole(text).is_some())
}

/// The bytes of what stands in config.yaml where the pods will set a value.
fn of_config(resolved: &Resolved, value: &JoinValue) -> Option<Zeroizing<Vec<u8>>> {
    let found = found(resolved, value)?;
    // What the input leaves to a Secret stands nowhere in it.
    if reference(found).is_some() {
        return None;
    }
    match (value.form, &value.around, found) {
        (Form::Uri, Some(_), Value::Str(text)) => {
            let (_, password, _) = uri::password_of(text)?;
            Some(Zeroizing::new(uri::decoded(password)))
        }
        (Form::Yaml, _, found) => Some(Zeroizing::new(yaml::emit(found).into_bytes())),
        (_, _, Value::Str(text)) => Some(Zeroizing::new(text.as_bytes().to_vec())),
        _ => None,
    }
}

/// What stands at a path.
fn at<'a>(value: &'a Value, path: &[Step]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.as_map()?.get(key),
        Step::Index(index) => value.as_seq()?.get(*index),
    })
}
