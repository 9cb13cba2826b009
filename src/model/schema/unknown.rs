//! Fields that are not in the tables: whether they may be shown, and which known field was meant.

use super::tables::fields;
use crate::catalog::Number;
use crate::object::Value;
use crate::quote;
use crate::sensitive;
use std::sync::LazyLock;

/// Whether the value of a field that is not in the tables is public: it may be shown, and stays in the open where
/// secrets are left to the cluster. A boolean is. A number is, unless the name suggests a secret or is nearly that of
/// one. Texts and lists are only if the user declared the field (`spec.knownFields`); a map never is, for nothing
/// declares its members.
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

/// Whether a name may be a typo of a secret field's.
fn is_nearly_secret(name: &str) -> bool {
    static NAMES: LazyLock<Vec<&str>> =
        LazyLock::new(|| fields().iter().filter(|fact| fact.is_secret()).map(|fact| fact.name).collect());
    quote::nearest(name, &NAMES).is_some()
}

/// The field of a release with the name nearest to an unknown one.
#[must_use]
pub fn nearest(name: &str, release: Number) -> Option<&'static str> {
    let names: Vec<&'static str> = fields().iter().filter(|fact| fact.is_in(release)).map(|fact| fact.name).collect();
    quote::nearest(name, &names)
}
