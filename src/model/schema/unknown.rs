//! Fields that the tables do not know: whether they may be shown, and which known one is meant.

use super::tables::fields;
use crate::catalog::Number;
use crate::object::Value;
use crate::quote;
use crate::sensitive;
use std::sync::LazyLock;

/// Whether anybody may read the value of a field that the tables do not know: it stays in the open where secrets are left
/// to the cluster, and is shown. A truth value hides nothing. A number may, so it must not be one of a field whose name
/// speaks of a secret, or is nearly that of one. A text, and a list, are a secret unless the user declared the field
/// (`spec.knownFields`); a map always is, for nobody said anything of its members.
#[must_use]
pub fn may_show_unknown(name: &str, value: &Value, is_declared: bool) -> bool {
    match value {
        Value::Bool(_) | Value::Null => true,
        _ if sensitive::name::is_secret_variable(name) => false,
        Value::Int(_) | Value::Float(_) => is_declared || !is_nearly_secret(name),
        Value::Str(text) => is_declared && sensitive::is_harmless(text, false),
        Value::Date(_) => is_declared,
        Value::Seq(items) => is_declared && items.iter().all(|item| may_show_unknown(name, item, true)),
        Value::Map(_) => false,
    }
}

/// Whether a name may be that of a secret field, misspelt.
fn is_nearly_secret(name: &str) -> bool {
    static NAMES: LazyLock<Vec<&str>> =
        LazyLock::new(|| fields().iter().filter(|fact| fact.is_secret()).map(|fact| fact.name).collect());
    quote::nearest(name, &NAMES).is_some()
}

/// The field of a release whose name is nearest to one that it does not know.
#[must_use]
pub fn nearest(name: &str, release: Number) -> Option<&'static str> {
    let names: Vec<&'static str> = fields().iter().filter(|fact| fact.is_in(release)).map(|fact| fact.name).collect();
    quote::nearest(name, &names)
}
